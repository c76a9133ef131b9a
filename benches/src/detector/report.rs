//! Medians over the rounds as Markdown, and the aims beside them.

use clap::ValueEnum;

use super::target::Target;
use super::throughput::{Filled, Run};

/// What a run comes to.
#[derive(Debug, Clone, Copy)]
struct Figures {
    /// Events a second from the start of the process, and from the first batch.
    events: [f64; 2],
    /// CPU seconds per million events, of the same spans.
    cpu: [f64; 2],
    /// Most bytes of memory.
    peak: u64,
}

impl Figures {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    fn of(run: &Run, filled: &Filled) -> Self {
        let events = filled.sums.events as f64;
        Self {
            events: run.seconds.map(|seconds| events / seconds),
            cpu: run.cpu.map(|cpu| cpu / events * 1e6),
            peak: run.memory.peak,
        }
    }

    fn median(runs: &[Run], target: Target, filled: &Filled) -> Option<Self> {
        let of_target = runs.iter().filter(|run| run.target == target);
        let all: Vec<Self> = of_target.map(|run| Self::of(run, filled)).collect();
        let middle = |value: &dyn Fn(&Self) -> f64| middle_of(all.iter().map(value).collect());
        Some(Self {
            events: [0, 1].map(|span| middle(&|figures| figures.events[span])),
            cpu: [0, 1].map(|span| middle(&|figures| figures.cpu[span])),
            peak: all.iter().map(|figures| figures.peak).max()?,
        })
    }
}

/// The value in the middle; of an even number, the mean of the two there.
fn middle_of(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied();
    let lower = values.get(values.len().saturating_sub(1) / 2).copied();
    f64::midpoint(lower.unwrap_or_default(), upper.unwrap_or_default())
}

/// What was put into the topic.
pub(crate) fn filled(filled: &Filled) -> String {
    format!(
        "{} events of {} sessions in {} records; {:.0} events or {:.0} bytes a batch",
        filled.sums.events, filled.sessions, filled.records, filled.batch.0, filled.batch.1
    )
}

/// One run in a line.
pub(crate) fn line(run: &Run, filled: &Filled) -> String {
    let figures = Figures::of(run, filled);
    format!(
        "{:22} {:>9.0} events/s ({:>9.0} from the first batch)  {:.2} CPU-s/M events ({:.2})  {} MB",
        run.target.name(),
        figures.events[0],
        figures.events[1],
        figures.cpu[0],
        figures.cpu[1],
        figures.peak / 1_000_000
    )
}

/// A table of all targets, and how far the aims are met.
pub(crate) fn throughput(runs: &[Run], topic: &Filled) -> String {
    let mut text = format!(
        "\n**Throughput**: {}\n\n| target | events/s | from the first batch | CPU-s per million events | from the first batch | RSS peak MB | CPU × floor | events/s × floor |\n|---|---:|---:|---:|---:|---:|---:|---:|\n",
        filled(topic)
    );
    let floor = Figures::median(runs, Target::Floor, topic);
    for target in Target::value_variants() {
        let Some(figures) = Figures::median(runs, *target, topic) else {
            continue;
        };
        let times = |value: &dyn Fn(&Figures) -> f64| {
            let ratio = floor.map(|floor| format!("{:.2}", value(&figures) / value(&floor)));
            ratio.unwrap_or_else(|| "–".to_owned())
        };
        text.push_str(&format!(
            "| {} | {:.0} | {:.0} | {:.2} | {:.2} | {} | {} | {} |\n",
            target.name(),
            figures.events[0],
            figures.events[1],
            figures.cpu[0],
            figures.cpu[1],
            figures.peak / 1_000_000,
            times(&|figures| figures.cpu[1]),
            times(&|figures| figures.events[1]),
        ));
    }
    if let Some(candor) = Figures::median(runs, Target::Candor, topic) {
        text.push_str(&format!(
            "\n| candor | measured | aim |\n|---|---:|---:|\n| CPU-s per million events, with start | {:.2} | ≤ 1.0 |\n| events/s, from the first batch | {:.0} | ≥ 1,000,000 |\n",
            candor.cpu[0], candor.events[1]
        ));
    }
    text
}

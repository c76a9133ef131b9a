//! Medians over the rounds as Markdown, and the aims beside them.

use super::Sample;
use super::target::Target;

/// One measurement in a line.
pub(crate) fn line(sample: &Sample) -> String {
    format!(
        "{:13} {:>4} connections  {:>8.0} events/s  p50 {:.1} ms  p99 {:.1} ms  {:.2} CPU-s/M events  {} MB  {} failed",
        sample.target,
        sample.connections,
        sample.events_per_second(),
        sample.p50,
        sample.p99,
        sample.cpu_per_million,
        megabytes(sample.memory.peak),
        sample.failed
    )
}

/// A table for each number of connections, and how far the aims are met.
pub(crate) fn markdown(samples: &[Sample], connections: &[usize]) -> String {
    let mut text = String::new();
    for connections in connections {
        text.push_str(&format!(
            "\n{connections} connections\n\n| target | requests/s | events/s | p50 ms | p99 ms | CPU-s per million events | RSS MB, peak | not 202 | CPU × floor | events/s × floor | p99 × floor |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        ));
        let floor = median(samples, Target::FloorKafka, *connections);
        for target in Target::ALL {
            if let Some(figures) = median(samples, target, *connections) {
                text.push_str(&row(target, &figures, floor.as_ref()));
            }
        }
    }
    text.push_str(&aims(samples));
    text
}

/// Medians of one target.
#[derive(Debug, Clone)]
struct Figures {
    requests: f64,
    events: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
    resident: u64,
    peak: u64,
    failed: u64,
}

fn median(samples: &[Sample], target: Target, connections: usize) -> Option<Figures> {
    let of_target = |sample: &&Sample| sample.target == target && sample.connections == connections;
    let chosen: Vec<&Sample> = samples.iter().filter(of_target).collect();
    if chosen.is_empty() {
        return None;
    }
    let middle =
        |value: fn(&Sample) -> f64| middle_of(chosen.iter().map(|sample| value(sample)).collect());
    Some(Figures {
        requests: middle(|sample| sample.requests_per_second),
        events: middle(Sample::events_per_second),
        p50: middle(|sample| sample.p50),
        p99: middle(|sample| sample.p99),
        cpu: middle(|sample| sample.cpu_per_million),
        resident: chosen.iter().map(|sample| sample.memory.resident).max()?,
        peak: chosen.iter().map(|sample| sample.memory.peak).max()?,
        failed: chosen.iter().map(|sample| sample.failed).sum(),
    })
}

/// The value in the middle; of an even number, the mean of the two there.
fn middle_of(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied();
    let lower = values.get(values.len().saturating_sub(1) / 2).copied();
    f64::midpoint(lower.unwrap_or_default(), upper.unwrap_or_default())
}

fn row(target: Target, figures: &Figures, floor: Option<&Figures>) -> String {
    let times = |value: fn(&Figures) -> f64| {
        floor.map_or_else(
            || "–".to_owned(),
            |floor| format!("{:.2}", value(figures) / value(floor)),
        )
    };
    format!(
        "| {target} | {:.0} | {:.0} | {:.1} | {:.1} | {:.2} | {}, {} | {} | {} | {} | {} |\n",
        figures.requests,
        figures.events,
        figures.p50,
        figures.p99,
        figures.cpu,
        megabytes(figures.resident),
        megabytes(figures.peak),
        figures.failed,
        times(|figures| figures.cpu),
        times(|figures| figures.events),
        times(|figures| figures.p99),
    )
}

/// What the gateway is to reach beside what it did.
fn aims(samples: &[Sample]) -> String {
    let pair = |connections| {
        let floor = median(samples, Target::FloorKafka, connections)?;
        Some((median(samples, Target::Candor, connections)?, floor))
    };
    let mut text = "\n| candor beside floor-kafka | measured | aim |\n|---|---:|---:|\n".to_owned();
    if let Some((candor, floor)) = pair(64) {
        let (cpu, p99) = (candor.cpu / floor.cpu, candor.p99 / floor.p99);
        text.push_str(&format!(
            "| CPU-s per million events, 64 connections | {cpu:.2} × | ≤ 2 × |\n"
        ));
        text.push_str(&format!("| p99, 64 connections | {p99:.2} × | ≤ 1.5 × |\n"));
    }
    if let Some((candor, floor)) = pair(512) {
        let events = candor.events / floor.events;
        text.push_str(&format!(
            "| events/s, 512 connections | {events:.2} × | ≥ 0.5 × |\n"
        ));
        let peak = megabytes(candor.peak);
        text.push_str(&format!(
            "| resident memory, 512 connections, peak | {peak} MB | ≤ 200 MB |\n"
        ));
    }
    text
}

/// Millions of bytes, rounded up.
pub(crate) fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::Memory;

    fn sample(target: Target, connections: usize, scale: f64) -> Sample {
        Sample {
            target,
            connections,
            requests_per_second: 1000.0 * scale,
            p50: scale,
            p99: 2.0 * scale,
            cpu_per_million: scale,
            memory: Memory {
                resident: 40_000_000,
                peak: 50_000_001,
            },
            failed: 1,
        }
    }

    #[test]
    fn the_middle_is_no_mean() {
        assert_eq!(middle_of(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(middle_of(vec![4.0, 1.0, 2.0, 90.0]), 3.0);
        assert_eq!(middle_of(Vec::new()), 0.0);
    }

    #[test]
    fn a_target_is_compared_with_the_floor_of_the_same_connections() {
        let samples = [
            sample(Target::FloorKafka, 64, 1.0),
            sample(Target::Candor, 64, 1.5),
            sample(Target::FloorKafka, 512, 4.0),
            sample(Target::Candor, 512, 1.0),
            sample(Target::Candor, 512, 1.0),
        ];
        let text = markdown(&samples, &[64, 512]);
        assert!(
            text.contains(
                "| candor | 1500 | 75000 | 1.5 | 3.0 | 1.50 | 40, 51 | 1 | 1.50 | 1.50 | 1.50 |"
            ),
            "{text}"
        );
        assert!(
            text.contains("| 40, 51 | 2 | 0.25 | 0.25 | 0.25 |"),
            "{text}"
        );
        assert!(
            text.contains("| events/s, 512 connections | 0.25 × |"),
            "{text}"
        );
        let alone = markdown(&samples[1..2], &[64]);
        assert!(alone.contains("| 40, 51 | 1 | – | – | – |"), "{alone}");
    }
}

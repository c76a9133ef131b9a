//! The figures as Markdown, ready for `RESULTS.md`.

use crate::latency::Latency;
use crate::stages::Stage;

/// A table of stages and a table of latencies.
pub(crate) fn markdown(stages: &[Stage], latency: &Latency) -> String {
    let mut text = "| service | events | events/s | CPU-s per million events | remark |\n|---|---:|---:|---:|---|\n".to_owned();
    for stage in stages {
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let events = stage.events as f64;
        let (rate, cpu) = (events / stage.seconds, stage.cpu_seconds / events * 1e6);
        text.push_str(&format!(
            "| {} | {} | {rate:.0} | {cpu:.2} | {} |\n",
            stage.name, stage.events, stage.remark
        ));
    }
    text.push_str("\n| latency, ms | p50 | p95 | p99 |\n|---|---:|---:|---:|\n");
    for (name, [p50, p95, p99]) in [
        ("post → verdict readable in the API", latency.readable),
        ("analyze, request to answer", latency.analyzed),
    ] {
        text.push_str(&format!(
            "| {name}, {} times | {p50:.1} | {p95:.1} | {p99:.1} |\n",
            latency.samples
        ));
    }
    text
}

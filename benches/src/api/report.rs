//! The figures as Markdown, ready for `RESULTS.md`, with the aims beside them.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::clients::{Clients, Load};
use super::database::Database;
use super::end_to_end::EndToEnd;
use super::export::Export;
use super::pages::{Depth, Page, Pages};
use super::tenants::Tenants;
use crate::times::Times;

/// What was read.
pub(crate) fn database(database: &Database, tenants: &Tenants) -> String {
    let largest = tenants.all.first().map_or(0, |tenant| tenant.sessions);
    format!(
        "{} sessions of {} organisations (the largest has {largest}), {:.1} GB with indexes; {}.\n\n",
        tenants.sessions,
        tenants.all.len(),
        gigabytes(database.bytes.unsigned_abs()),
        database.settings
    )
}

/// One reader at a time.
pub(crate) fn pages(pages: &Pages) -> String {
    let mut text = "| overview, one reader, ms | times | p50 | p95 | p99 | aim |\n|---|---:|---:|---:|---:|---:|\n".to_owned();
    for (name, times) in &pages.overviews {
        line(&mut text, name, times, "p95 ≤ 20");
    }
    text.push_str(&format!(
        "\nA deep cursor has {} sessions before it.\n\n",
        pages.deep
    ));
    table(&mut text, "page of 50, one reader, ms", &pages.indexed);
    table(&mut text, "page of a rare combination, ms", &pages.rare);
    text
}

fn table(text: &mut String, title: &str, pages: &BTreeMap<(&str, Depth), Page>) {
    let _ = writeln!(
        text,
        "| {title} | times | p50 | p95 | p99 | partial |\n|---|---:|---:|---:|---:|---:|"
    );
    for ((name, depth), Page { times, partial }) in pages {
        let name = format!("{name}, {}", depth.as_str());
        line(text, &name, times, &partial.to_string());
    }
    text.push('\n');
}

/// The clients' loads.
pub(crate) fn clients(clients: &Clients) -> String {
    let mut text = String::new();
    let form = if clients.gzip {
        "compressed answers"
    } else {
        "answers as they are"
    };
    let titles = [
        (
            &clients.open,
            "clients, one request a second each, from the moment a request was due",
        ),
        (&clients.peak, "connections, one request after the other"),
    ];
    for (load, title) in titles {
        let _ = writeln!(text, "{} {title}; {form}:\n", load.clients);
        text.push_str(&of_load(load));
    }
    text
}

fn of_load(load: &Load) -> String {
    let mut text =
        "| read, ms | requests | p50 | p95 | p99 | aim |\n|---|---:|---:|---:|---:|---:|\n"
            .to_owned();
    let Ok(all) = load.seen.all() else {
        return text;
    };
    for (name, times) in &load.seen.times {
        line(&mut text, name, times, "");
    }
    line(&mut text, "all", &all, "p95 ≤ 50");
    let [api, postgres, generator] = load.cores;
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let rate = all.count() as f64 / load.seconds;
    let _ = writeln!(
        text,
        "\n{rate:.0} requests a second, {} errors{}; cores: API {api:.2}, PostgreSQL {postgres:.2}, load generator {generator:.2}.\n",
        load.seen.errors,
        load.seen
            .example
            .as_ref()
            .map(|text| format!(" ({text})"))
            .unwrap_or_default()
    );
    text
}

/// The export.
pub(crate) fn export(export: &Export) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let rate = export.rows as f64 / export.seconds;
    let above = export.peak.saturating_sub(export.idle);
    format!(
        "| export to CSV | measured | aim |\n|---|---:|---:|\n| rows | {} | |\n| rows a second | {rate:.0} | |\n| size | {:.2} GB | |\n\
         | memory of the API above idle, peak | {} MB (idle {} MB) | ≤ 100 MB |\n| CPU-seconds of API, PostgreSQL | {:.1}, {:.1} | |\n\n",
        export.rows,
        gigabytes(export.bytes),
        above / 1_000_000,
        export.idle / 1_000_000,
        export.cpu[0],
        export.cpu[1],
    )
}

/// The pipeline under half load.
pub(crate) fn end_to_end(measured: &EndToEnd) -> String {
    let mut text = format!(
        "The whole pipeline does {:.0} batches of 50 events a second; {:.0} a second while probing{}.\n\n",
        measured.peak,
        measured.load,
        match measured.settings.as_slice() {
            [] => String::new(),
            settings => format!(
                " ({})",
                settings
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }
    );
    text.push_str(
        "| latency, ms | probes | p50 | p95 | p99 | aim |\n|---|---:|---:|---:|---:|---:|\n",
    );
    line(&mut text, "post due → accepted", &measured.accepted, "");
    line(
        &mut text,
        "post due → running verdict readable in the API",
        &measured.readable,
        "p50 ≤ 100, p99 ≤ 400",
    );
    let [gateway, worker, sink, api] = measured.cores;
    let _ = writeln!(
        text,
        "\n{} errors; cores: gateway {gateway:.2}, worker {worker:.2}, sink {sink:.2}, API {api:.2}.\n",
        measured.errors
    );
    text
}

fn line(text: &mut String, name: &str, times: &Times, last: &str) {
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| times.at(share));
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "| {name} | {} | {p50:.1} | {p95:.1} | {p99:.1} | {last} |",
        times.count()
    );
}

fn gigabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a size")]
    let bytes = bytes as f64;
    bytes / 1e9
}

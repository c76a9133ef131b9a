//! The documents say what the code does.

use std::collections::BTreeSet;

use ingest_gateway::code::Code;

#[test]
fn the_error_table_lists_exactly_the_codes_and_their_statuses() {
    let document = include_str!("../../../docs/errors.md");
    let from = document.find("\n## Ingest gateway\n").unwrap() + 1;
    let section = &document[from..];
    let section = section[3..]
        .find("\n## ")
        .map_or(section, |end| &section[..end + 3]);
    let rows: Vec<(String, String)> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(code, rest)| (code.to_owned(), rest[..3].to_owned()))
        .collect();
    let listed: BTreeSet<(String, String)> = rows.iter().cloned().collect();
    assert_eq!(listed.len(), rows.len(), "a code is listed twice");
    let known: BTreeSet<(String, String)> = Code::ALL
        .iter()
        .map(|code| (code.as_str().to_owned(), code.status().as_u16().to_string()))
        .collect();
    let (missing, unknown): (Vec<_>, Vec<_>) = (
        known.difference(&listed).collect(),
        listed.difference(&known).collect(),
    );
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing {missing:?}, unknown {unknown:?}"
    );
}

#[test]
fn the_readme_lists_every_setting_and_metric() {
    let readme = include_str!("../../README.md");
    let help = runtime::config::help::<ingest_gateway::GatewayConfig>();
    let settings = help
        .split_whitespace()
        .filter(|word| word.starts_with("CANDOR_"));
    let metrics = include_str!("../fixtures/metrics.txt").lines();
    let metrics = metrics.filter_map(|line| line.split(' ').next());
    for name in settings.chain(metrics) {
        assert!(
            readme.contains(&format!("`{name}`")),
            "{name} is not in the README"
        );
    }
}

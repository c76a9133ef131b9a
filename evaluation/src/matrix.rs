//! The features of every session as a table for other programs.

use std::io::{self, Write};

use detection::Features;

use crate::dataset::DataSet;

/// Writes one row a session as CSV: what the recording says of it, then the features. Nothing is written where a
/// feature could not be measured.
///
/// # Errors
/// When `output` cannot be written.
pub fn write(set: &DataSet, mut output: impl Write) -> io::Result<()> {
    let head = ["session_id", "label", "source", "kind", "user"];
    let names: Vec<&str> = head.into_iter().chain(Features::NAMES).collect();
    writeln!(output, "{}", names.join(","))?;
    for session in &set.sessions {
        let label = match session.bot {
            Some(true) => "bot",
            Some(false) => "human",
            None => "",
        };
        let user = session.user.as_deref().unwrap_or_default();
        let mut cells: Vec<String> = [&session.name, label, &session.source, &session.kind, user]
            .map(quoted)
            .into();
        for value in session.window.features().values() {
            cells.push(if value.is_nan() {
                String::new()
            } else {
                value.to_string()
            });
        }
        writeln!(output, "{}", cells.join(","))?;
    }
    output.flush()
}

/// A cell of RFC 4180.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_cell_for_every_name() {
        let mut set = DataSet::default();
        set.simulate(2, 1);
        set.sessions[0].source = "one, two".to_owned();
        let mut bytes = Vec::new();
        write(&set, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.lines().count(), set.sessions.len() + 1);
        let mut lines = text.lines();
        let columns = lines.next().unwrap().split(',').count();
        assert_eq!(columns, 5 + Features::COUNT);
        let first = lines.next().unwrap();
        assert!(first.contains("\"one, two\""), "{first}");
        assert!(lines.all(|line| line.split(',').count() == columns));
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
    }
}

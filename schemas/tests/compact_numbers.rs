//! The numbers of the compact form: frozen, and documented.

use std::path::{Path, PathBuf};

use schemas::compact::{LAYOUTS, describe};
use schemas::event::{Field, Rule};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `CANDOR_WRITE_SCHEMAS=1` writes the file anew, if lines only grew at their ends.
#[test]
fn the_numbers_of_the_form_only_ever_grow() {
    let path = repository("golden/compact-v1.txt");
    let (frozen, now) = (read(&path), describe());
    for line in frozen.lines() {
        let kept = now.lines().any(|new| {
            new.strip_prefix(line)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        assert!(
            kept,
            "{} is frozen, but this line has changed: {line}",
            path.display()
        );
    }
    if option_env!("CANDOR_WRITE_SCHEMAS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    assert_eq!(read(&path), now, "{} is out of date", path.display());
}

#[test]
fn the_document_lists_every_layout_and_word() {
    let document = read(&repository("../docs/compact-form.md"));
    for (number, layout) in LAYOUTS.iter().enumerate() {
        let fields: Vec<String> = layout
            .fields
            .iter()
            .map(|field| format!("`{}`", field.name()))
            .collect();
        let fields = if fields.is_empty() {
            "name, object".to_owned()
        } else {
            fields.join(" ")
        };
        let row = format!("| {number} | `{}` | {fields} |", layout.event_type.as_str());
        assert!(document.contains(&row), "docs/compact-form.md lacks: {row}");
    }
    for field in Field::ALL {
        if let Rule::Word(words) = field.rule() {
            let words: Vec<String> = words
                .iter()
                .enumerate()
                .map(|(index, word)| format!("{index} {word}"))
                .collect();
            let row = format!("| `{}` | {} |", field.name(), words.join(", "));
            assert!(document.contains(&row), "docs/compact-form.md lacks: {row}");
        }
    }
}

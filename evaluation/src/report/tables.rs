//! Markdown tables.

/// A table whose columns are as wide as they need be.
pub(super) struct MarkdownTable {
    rows: Vec<Vec<String>>,
}

impl MarkdownTable {
    pub(super) fn new(head: &[&str]) -> Self {
        Self {
            rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()],
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // A bar would end the cell.
        let cells = cells.into_iter().map(|cell| cell.replace('|', "\\|"));
        self.rows
            .push(cells.map(|cell| cell.replace('\n', " ")).collect());
    }

    /// The table, followed by an empty line; a sentence when there are no rows.
    pub(super) fn finish(self) -> String {
        if self.rows.len() == 1 {
            return "Nothing to show.\n\n".to_owned();
        }
        let mut text = String::new();
        for (index, row) in self.rows.iter().enumerate() {
            text.push_str(&format!("| {} |\n", row.join(" | ")));
            if index == 0 {
                text.push_str(&format!("|{}\n", "---|".repeat(row.len())));
            }
        }
        text.push('\n');
        text
    }
}

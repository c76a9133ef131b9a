//! CSV by RFC 4180: a header, lines that end with CR LF, UTF-8.
//!
//! A respondent's name may be chosen by the respondent, and spreadsheets run cells that look like formulas.
//! Text that begins like one gets an apostrophe in front, which spreadsheets take as "this is text".

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use csv::{Terminator, Writer, WriterBuilder};

use crate::error::ApiError;
use crate::export::rows::{COLUMNS, ExportedSession};
use crate::verdict::{RiskLevel, SessionClass};

/// What a formula may begin with: the signs, their full-width forms, and the white space that programs skip.
const FORMULA: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}',
];

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new())
}

fn finish(writer: Writer<Vec<u8>>) -> Result<Vec<u8>, ApiError> {
    writer
        .into_inner()
        .map_err(|error| ApiError::Encoding(error.into_error().into()))
}

/// The header line.
pub(crate) fn header() -> Result<Vec<u8>, ApiError> {
    let mut writer = writer();
    writer.write_record(COLUMNS)?;
    finish(writer)
}

/// The lines of some sessions.
pub(crate) fn lines(rows: &[ExportedSession]) -> Result<Vec<u8>, ApiError> {
    let mut writer = writer();
    for row in rows {
        write(&mut writer, row)?;
    }
    finish(writer)
}

fn write(writer: &mut Writer<Vec<u8>>, row: &ExportedSession) -> Result<(), csv::Error> {
    writer.write_field(row.session_id.to_string())?;
    writer.write_field(time(row.created_at))?;
    writer.write_field(time(row.updated_at))?;
    writer.write_field(row.status.as_str())?;
    for value in [&row.platform, &row.survey_id, &row.respondent_id] {
        text(writer, value.as_deref())?;
    }
    writer.write_field(row.windows.to_string())?;
    writer.write_field(row.events.to_string())?;
    writer.write_field(match row.is_bot {
        Some(true) => "true",
        Some(false) => "false",
        None => "",
    })?;
    number(writer, row.confidence_score)?;
    for risk in [row.risk_level, row.effective_risk] {
        writer.write_field(risk.map_or("", RiskLevel::as_str))?;
    }
    number(writer, row.effective_score)?;
    writer.write_field(row.class.map_or("", SessionClass::as_str))?;
    text(writer, row.recommended_action.as_deref())?;
    writer.write_field(row.findings.to_string())?;
    text(writer, row.summary.as_deref())?;
    text(writer, Some(&row.reason_codes.join(";")))?;
    for score in row.method_scores() {
        number(writer, score)?;
    }
    for value in [&row.ruleset, &row.model] {
        text(writer, value.as_deref())?;
    }
    writer.write_record(None::<&[u8]>)
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Scores are from 0 to 1: no sign, no exponent that a spreadsheet would change.
fn number(writer: &mut Writer<Vec<u8>>, value: Option<f64>) -> Result<(), csv::Error> {
    writer.write_field(value.map(|value| value.to_string()).unwrap_or_default())
}

fn text(writer: &mut Writer<Vec<u8>>, value: Option<&str>) -> Result<(), csv::Error> {
    writer.write_field(harmless(value.unwrap_or_default()).as_bytes())
}

fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::rows::tests::{bare, example};

    fn cells(rows: &[ExportedSession]) -> Vec<Vec<String>> {
        let mut text = header().unwrap();
        text.extend(lines(rows).unwrap());
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_slice());
        reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn lines_end_with_crlf_and_quotes_are_doubled() {
        let text = String::from_utf8(lines(&[example()]).unwrap()).unwrap();
        assert!(text.ends_with(",builtin-1,none\r\n"), "{text}");
        assert!(text.contains(",\"Presses last 1 ms, \"\"always\"\"; moves are straight.\","));
        assert!(text.contains(",2026-09-21T14:13:20.123Z,2026-09-21T14:14:20Z,completed,"));
    }

    #[test]
    fn every_row_has_every_column_and_what_is_absent_is_empty() {
        let table = cells(&[example(), bare()]);
        assert_eq!(table[0], COLUMNS);
        assert!(table.iter().all(|row| row.len() == COLUMNS.len()));
        assert!(
            table[1].iter().all(|cell| !cell.is_empty()),
            "{:?}",
            table[1]
        );
        let filled = table[2].iter().filter(|cell| !cell.is_empty()).count();
        assert_eq!(filled, 7, "{:?}", table[2]);
    }

    #[test]
    fn a_cell_that_would_be_a_formula_is_text() {
        for start in FORMULA {
            let row = ExportedSession {
                respondent_id: Some(format!("{start}cmd|' /C calc'!A0")),
                survey_id: Some(format!("{start}1+1")),
                summary: Some(format!("{start}HYPERLINK(\"http://x\",\"y\")")),
                reason_codes: vec![format!("{start}x")],
                ..example()
            };
            let table = cells(&[row]);
            for column in [5, 6, 17, 18] {
                let cell = &table[1][column];
                assert!(cell.starts_with('\'') && cell.contains(start), "{cell}");
            }
        }
        assert_eq!(harmless("anna-1"), "anna-1");
    }
}

//! One line of a bulk upload: a batch, and beside its members those that name the session.

use std::borrow::Cow;

use super::members::Members;
use super::{BatchError, BatchLimits, ScannedBatch};
use crate::json::{Cursor, Token};

/// A scanned line. Which of its members belong together is judged by the gateway.
#[derive(Debug, Default)]
pub struct ScannedLine<'a> {
    /// The session's id.
    pub session_id: Option<&'a str>,
    /// The platform's own name of the session.
    pub external_id: Option<Cow<'a, str>>,
    /// When the session began: RFC 3339 text or milliseconds, as text.
    pub started_at: Option<Cow<'a, str>>,
    /// The platform's name of the survey.
    pub survey_id: Option<Cow<'a, str>>,
    /// The JSON of `start`.
    pub start: Option<&'a str>,
    /// Whether the session is over.
    pub complete: bool,
    /// Its events; `None` when it has no such member.
    pub batch: Option<ScannedBatch<'a>>,
}

/// Scans one line of a bulk upload.
///
/// # Errors
/// [`BatchError`] when nothing of the line can be used.
pub fn scan_line<'a>(text: &'a str, limits: &BatchLimits) -> Result<ScannedLine<'a>, BatchError> {
    let mut line = ScannedLine::default();
    let mut members = Members::default();
    let mut cursor = Cursor::new(text);
    if cursor.token()? != Token::ObjectStart {
        return Err(BatchError::NotABatch);
    }
    let mut first = true;
    while let Some(key) = cursor.next_key(first)? {
        first = false;
        let start = cursor.start_of_value();
        let token = cursor.token()?;
        match (key, token) {
            ("complete", Token::Bool(complete)) => line.complete = complete,
            ("session_id", Token::Text { raw, .. }) => line.session_id = Some(raw),
            ("external_id", token) => line.external_id = Some(name(text, start, token, &cursor)?),
            ("survey_id", token) => line.survey_id = Some(name(text, start, token, &cursor)?),
            ("started_at", Token::Number(_)) => {
                line.started_at = Some(Cow::Borrowed(&text[start..cursor.position()]));
            }
            ("started_at", token) => line.started_at = Some(name(text, start, token, &cursor)?),
            ("start", Token::ObjectStart) => {
                cursor.skip_rest(token)?;
                line.start = Some(&text[start..cursor.position()]);
            }
            ("start" | "complete" | "session_id", _) => return Err(BatchError::NotABatch),
            _ => members.take(&mut cursor, (key, start, token), limits)?,
        }
    }
    cursor.finish()?;
    line.batch = members.finish(limits)?;
    Ok(line)
}

/// A text member; with escapes it is unescaped.
fn name<'a>(
    text: &'a str,
    start: usize,
    token: Token<'a>,
    cursor: &Cursor<'a>,
) -> Result<Cow<'a, str>, BatchError> {
    match token {
        Token::Text {
            raw,
            escaped: false,
        } => Ok(Cow::Borrowed(raw)),
        Token::Text { escaped: true, .. } => {
            let unescaped = serde_json::from_str(&text[start..cursor.position()]);
            unescaped.map(Cow::Owned).map_err(|_| BatchError::NotABatch)
        }
        _ => Err(BatchError::NotABatch),
    }
}

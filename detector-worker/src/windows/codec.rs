//! The bytes of a stored row: a window put away, or a session that is remembered.
//!
//! A row begins with a head that never changes its form: version, kind, and the offset of the first
//! record known of the session. A reader of another version needs no more, for it rebuilds the session
//! from the log. Behind it lie a checksum and postcard: times, facts, and for a window its progress and
//! features. Equal windows give equal bytes, floating point included.
//!
//! Any change of what follows the head needs a new [`VERSION`]; a golden file pins the current one.

use chrono::{DateTime, Utc};
use schemas::control::Shadow;
use schemas::ids::SessionId;
use schemas::session::StampedVersions;
use schemas::verdict::RiskLevel;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, Shared, SharedParts};
use super::open::{Emitted, OpenWindow};
use super::times::Span;

/// Version of everything behind the head.
pub(super) const VERSION: u8 = 2;
const WINDOW: u8 = 1;
const REMEMBERED: u8 = 2;
/// Version, kind, first offset.
const HEAD: usize = 10;
/// Head and checksum.
const BODY: usize = HEAD + 4;

/// What can be said of a row without reading more than its beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Peeked {
    /// A window of this version.
    Window(Span),
    /// A remembered session of this version, and the time of its last record.
    Remembered(i64),
    /// Another version, or damaged: the session must be read again from there.
    Unusable {
        /// Offset of the first record known of it.
        first_offset: i64,
    },
}

/// Looks at a row; `None` when not even its head can be read.
pub(super) fn peek(row: &[u8]) -> Option<Peeked> {
    let first_offset = i64::from_le_bytes(row.get(2..HEAD)?.try_into().ok()?);
    let usable = row[0] == VERSION && row.get(HEAD..BODY) == Some(&checksum(row)[..]);
    let known = match row[1] {
        WINDOW if usable => span(row).map(Peeked::Window),
        REMEMBERED if usable => last_ms(row).map(Peeked::Remembered),
        _ => None,
    };
    Some(known.unwrap_or(Peeked::Unusable { first_offset }))
}

/// The times of a stored window.
pub(super) fn span(row: &[u8]) -> Option<Span> {
    Some(take(row.get(BODY..)?)?.0)
}

/// The time of the last record of a remembered session.
pub(super) fn last_ms(row: &[u8]) -> Option<i64> {
    Some(take(row.get(BODY..)?)?.0)
}

/// [`Facts`] as they are written.
#[derive(Serialize, Deserialize)]
struct FactsRow<'a> {
    #[serde(borrow)]
    shared: &'a [u8],
    respondent_id: Option<&'a str>,
    created_at: (i64, u32),
    expires_at: Option<(i64, u32)>,
    stamped: bool,
}

/// What a window has come to.
#[derive(Serialize, Deserialize)]
struct Progress {
    first_offset: i64,
    last_offset: i64,
    emitted_events: u64,
    emitted_ms: i64,
    emitted_risk: Option<RiskLevel>,
}

/// A window as a row.
pub(super) fn encode_window(window: &OpenWindow) -> Vec<u8> {
    let progress = Progress {
        first_offset: window.first_offset,
        last_offset: window.last_offset,
        emitted_events: window.emitted.events,
        emitted_ms: window.emitted.broker_ms,
        emitted_risk: window.emitted.risk,
    };
    let mut row = begin(WINDOW, window.facts.first_offset);
    row = append(row, &window.span);
    row = append(row, &facts_row(&window.facts));
    row = append(row, &progress);
    row = append(row, &window.features);
    seal(row)
}

/// A session that is remembered as a row.
pub(super) fn encode_remembered(facts: &Facts, last_ms: i64) -> Vec<u8> {
    let mut row = begin(REMEMBERED, facts.first_offset);
    row = append(row, &last_ms);
    row = append(row, &facts_row(facts));
    seal(row)
}

/// A stored window with the ruleset still to be found; `None` when the bytes are none.
pub(super) fn decode_window(
    row: &[u8],
    session_id: SessionId,
    table: &mut SharedParts,
) -> Option<OpenWindow> {
    let (span, facts, rest) = decode_beginning::<Span>(row, table)?;
    let (progress, rest): (Progress, _) = take(rest)?;
    let (features, rest) = take(rest)?;
    rest.is_empty().then_some(OpenWindow {
        session_id,
        first_offset: progress.first_offset,
        last_offset: progress.last_offset,
        facts,
        features,
        span,
        emitted: Emitted {
            events: progress.emitted_events,
            broker_ms: progress.emitted_ms,
            risk: progress.emitted_risk,
        },
    })
}

/// The facts of a stored session, whether its window is kept or it is remembered.
pub(super) fn decode_facts(row: &[u8], table: &mut SharedParts) -> Option<Facts> {
    match *row.get(1)? {
        WINDOW => Some(decode_beginning::<Span>(row, table)?.1),
        REMEMBERED => Some(decode_beginning::<i64>(row, table)?.1),
        _ => None,
    }
}

fn decode_beginning<'a, T: Deserialize<'a>>(
    row: &'a [u8],
    table: &mut SharedParts,
) -> Option<(T, Facts, &'a [u8])> {
    let first_offset = i64::from_le_bytes(row.get(2..HEAD)?.try_into().ok()?);
    let (times, rest) = take(row.get(BODY..)?)?;
    let (facts, rest): (FactsRow<'_>, _) = take(rest)?;
    let facts = Facts {
        shared: table.find(facts.shared)?,
        respondent_id: facts.respondent_id.map(Box::from),
        created_at: time(facts.created_at)?,
        expires_at: match facts.expires_at {
            Some(parts) => Some(time(parts)?),
            None => None,
        },
        stamped: facts.stamped,
        first_offset,
    };
    Some((times, facts, rest))
}

/// [`Shared`] as it is written.
#[derive(Serialize, Deserialize)]
struct SharedRow<'a> {
    organisation: &'a str,
    ruleset: &'a str,
    model: &'a str,
    experiment: Option<&'a str>,
    /// Ruleset and model.
    shadow: Option<(&'a str, &'a str)>,
    platform: Option<&'a str>,
    survey_id: Option<&'a str>,
}

/// The bytes of a shared part.
pub(super) fn encode_shared(shared: &Shared) -> Vec<u8> {
    let shadow = shared.versions.shadow.as_ref();
    let row = SharedRow {
        organisation: shared.organisation.as_str(),
        ruleset: &shared.versions.ruleset,
        model: &shared.versions.model,
        experiment: shared.versions.experiment.as_deref(),
        shadow: shadow.map(|shadow| (shadow.ruleset.as_str(), shadow.model.as_str())),
        platform: shared.platform.as_deref(),
        survey_id: shared.survey_id.as_deref(),
    };
    append(Vec::new(), &row)
}

/// Reads them.
pub(super) fn decode_shared(bytes: &[u8]) -> Option<Shared> {
    let (row, rest): (SharedRow<'_>, _) = take(bytes)?;
    let shared = Shared {
        organisation: row.organisation.parse().ok()?,
        versions: StampedVersions {
            ruleset: row.ruleset.to_owned(),
            model: row.model.to_owned(),
            experiment: row.experiment.map(str::to_owned),
            shadow: row.shadow.map(|(ruleset, model)| Shadow {
                ruleset: ruleset.to_owned(),
                model: model.to_owned(),
            }),
        },
        platform: row.platform.map(str::to_owned),
        survey_id: row.survey_id.map(str::to_owned),
    };
    rest.is_empty().then_some(shared)
}

fn facts_row(facts: &Facts) -> FactsRow<'_> {
    let parts =
        |time: DateTime<Utc>| -> (i64, u32) { (time.timestamp(), time.timestamp_subsec_nanos()) };
    FactsRow {
        shared: &facts.shared.encoded,
        respondent_id: facts.respondent_id.as_deref(),
        created_at: parts(facts.created_at),
        expires_at: facts.expires_at.map(parts),
        stamped: facts.stamped,
    }
}

fn time((seconds, nanoseconds): (i64, u32)) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, nanoseconds)
}

fn begin(kind: u8, first_offset: i64) -> Vec<u8> {
    let mut row = Vec::with_capacity(512);
    row.extend([VERSION, kind]);
    row.extend(first_offset.to_le_bytes());
    row.extend([0; BODY - HEAD]);
    row
}

fn seal(mut row: Vec<u8>) -> Vec<u8> {
    let sum = checksum(&row);
    row[HEAD..BODY].copy_from_slice(&sum);
    row
}

/// FNV-1a (Fowler, Noll, Vo), 64 bits folded to 32, of everything but its own place. The broker's
/// checksums guard the way; this one tells a row of ours from bytes that only look like one.
fn checksum(row: &[u8]) -> [u8; 4] {
    let head = row.iter().take(HEAD);
    let body = row.iter().skip(BODY);
    let hash = head
        .chain(body)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let [a, b, c, d, e, f, g, h] = hash.to_le_bytes();
    [a ^ e, b ^ f, c ^ g, d ^ h]
}

#[expect(
    clippy::expect_used,
    reason = "a vector takes any number of bytes, and every sequence here knows its length"
)]
fn append(row: Vec<u8>, value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, row).expect("postcard writes to memory")
}

fn take<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<(T, &'a [u8])> {
    postcard::take_from_bytes(bytes).ok()
}

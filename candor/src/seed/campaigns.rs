//! Findings: automated sessions of one survey that have something in common.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use detection::Thresholds;
use detection::survey::Coordinated;
use detector_worker::coordination::counter::Tally;
use detector_worker::coordination::policy::Rules;
use schemas::coordination::{CoordinationFinding, Fingerprint, FingerprintKind, FingerprintRecord};
use schemas::verdict::VerdictRecord;

use super::draw::Draw;
use super::session::Session;

/// Share of the groups of automated sessions that have something in common.
const COORDINATED: f64 = 0.12;
/// Share of these that are copies of one recording; the others come from one device.
const COPIED: f64 = 0.3;
/// Most sessions of one device.
const MOST: usize = 60;

/// Findings among `sessions`, which were written together. `copies` are groups of copied sessions to draw from.
pub(super) fn findings(
    sessions: &[Session],
    copies: &[Vec<Coordinated>],
    draw: &mut Draw,
) -> Vec<CoordinationFinding> {
    let mut groups: BTreeMap<(&str, &str), Vec<&VerdictRecord>> = BTreeMap::new();
    for session in sessions.iter().filter(|session| session.automated) {
        let Some(record) = session.records.last() else {
            continue;
        };
        if let Some(survey) = &record.session.survey_id {
            let group = groups
                .entry((record.organisation.as_str(), survey))
                .or_default();
            group.push(record);
        }
    }
    let mut findings = Vec::new();
    for members in groups.into_values() {
        if draw.chance(COORDINATED) {
            let copied = draw.chance(COPIED).then(|| draw.one_of(copies)).flatten();
            let low = draw.bits();
            let fingerprint = Fingerprint::new(u128::from(draw.bits()) << 64 | u128::from(low));
            match copied.filter(|group| group.len() <= members.len()) {
                Some(group) => findings.extend(copied_from_one(&members, group, fingerprint)),
                None => findings.extend(from_one_device(&members, fingerprint)),
            }
        }
    }
    findings
}

/// What all of them are told of their device, as the detector tells it; nothing when they are too few.
fn from_one_device(
    members: &[&VerdictRecord],
    fingerprint: Fingerprint,
) -> Vec<CoordinationFinding> {
    let members = &members[..members.len().min(MOST)];
    let (first, last) = span(members);
    let tally = Tally {
        sessions: u32::try_from(members.len()).unwrap_or(u32::MAX),
        first_ms: first.timestamp_millis(),
        last_ms: last.timestamp_millis(),
    };
    let told = members.iter().filter_map(|member| {
        let record = FingerprintRecord {
            session_id: member.session_id,
            organisation: member.organisation.clone(),
            survey_id: member.session.survey_id.clone(),
            window: member.window,
            kind: FingerprintKind::Device,
            fingerprint,
            sketch: None,
            observed_at: member.session.updated_at,
        };
        Rules::default().finding(&record, member.session_id, tally)
    });
    told.collect()
}

/// What the first of them are told of the movements or keys that they share, in the words of `group`.
fn copied_from_one(
    members: &[&VerdictRecord],
    group: &[Coordinated],
    fingerprint: Fingerprint,
) -> Vec<CoordinationFinding> {
    let members = &members[..members.len().min(group.len())];
    let (first_at, last_at) = span(members);
    let told = members.iter().zip(group).map(|(member, found)| {
        let kind = match found.code {
            "coordination.rhythm" => FingerprintKind::Rhythm,
            _ => FingerprintKind::Trajectory,
        };
        CoordinationFinding {
            session_id: member.session_id,
            organisation: member.organisation.clone(),
            survey_id: member.session.survey_id.clone(),
            kind,
            fingerprint,
            sessions: found.sessions,
            first_at,
            last_at,
            score: found.weight,
            risk_level: Thresholds::default().level(found.weight),
            revision: found.sessions,
            code: found.code.to_owned(),
            text: found.text.clone(),
            evidence: found
                .evidence
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
        }
    });
    told.collect()
}

fn span(members: &[&VerdictRecord]) -> (DateTime<Utc>, DateTime<Utc>) {
    let times = || members.iter().map(|member| member.session.updated_at);
    (
        times().min().unwrap_or_default(),
        times().max().unwrap_or_default(),
    )
}

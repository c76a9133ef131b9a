//! A realistic stream of verdicts: thousands of sessions at once, each told in six revisions, a seventh of them bots.
//!
//! Organisations and surveys are skewed: the first has most sessions. The stream depends on its seed alone.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use schemas::coordination::{CoordinationFinding, Fingerprint, FingerprintKind};
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use schemas::session::StampedVersions;
use schemas::verdict::{
    DataSufficiency, Method, Phase, Reason, RecommendedAction, Revision, RiskLevel, SessionClass,
    SessionFacts, Verdict, VerdictRecord, WindowStatus,
};

use crate::process::SECRET;

const ORGANISATIONS: usize = 20;
const SURVEYS: usize = 40;
/// Revisions of a session: begun, four running ones, final.
const REVISIONS: u8 = 6;
/// Of a hundred sessions.
const BOTS: u32 = 15;
const SHARED_DEVICE: u32 = 2;

const JUDGED: [Method; 5] = [
    Method::Keystroke,
    Method::Mouse,
    Method::Timing,
    Method::Focus,
    Method::Scroll,
];

/// A record of the stream.
#[derive(Debug)]
pub(crate) enum Told {
    Verdict(Box<VerdictRecord>),
    Finding(Box<CoordinationFinding>),
}

/// A session on its way.
#[derive(Debug, Clone)]
struct Open {
    id: SessionId,
    organisation: usize,
    survey: usize,
    is_bot: bool,
    first: i64,
    begun: DateTime<Utc>,
    told: u8,
    respondent: u64,
}

/// The stream.
#[derive(Debug)]
pub(crate) struct Stream {
    random: StdRng,
    secret: SessionSecret,
    organisations: Vec<OrganisationId>,
    open: Vec<Open>,
    /// When the next record is made; a day's third passes in a million records.
    clock: DateTime<Utc>,
    offset: i64,
}

impl Stream {
    /// A stream with so many sessions open at a time, from `begin` on.
    pub(crate) fn new(sessions: usize, begin: DateTime<Utc>) -> anyhow::Result<Self> {
        let names = (1..=ORGANISATIONS).map(|number| format!("org-{number}").parse());
        let mut stream = Self {
            random: StdRng::seed_from_u64(7),
            secret: SessionSecret::new(SECRET)?,
            organisations: names.collect::<Result<_, _>>()?,
            open: Vec::new(),
            clock: begin,
            offset: 0,
        };
        for _ in 0..sessions {
            let opened = stream.begin();
            stream.open.push(opened);
        }
        Ok(stream)
    }

    /// One of `of`, the first ones more often.
    fn skewed(&mut self, of: usize) -> usize {
        let (a, b) = (
            self.random.random_range(0..of),
            self.random.random_range(0..of),
        );
        let c = self.random.random_range(0..of);
        a.min(b).min(c)
    }

    fn begin(&mut self) -> Open {
        let organisation = self.skewed(ORGANISATIONS);
        let survey = self.skewed(SURVEYS);
        let id = self.secret.mint(
            &self.organisations[organisation],
            self.clock,
            self.random.random(),
        );
        Open {
            id,
            organisation,
            survey,
            is_bot: self.random.random_ratio(BOTS, 100),
            first: self.offset,
            begun: self.clock,
            told: 0,
            respondent: self.random.random(),
        }
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> Told {
        self.clock += TimeDelta::milliseconds(25);
        self.offset += 1;
        let place = self.random.random_range(0..self.open.len());
        if self.open[place].told == REVISIONS {
            let next = self.begin();
            let ended = std::mem::replace(&mut self.open[place], next);
            if self.random.random_ratio(SHARED_DEVICE, 100) {
                return Told::Finding(Box::new(self.finding(&ended)));
            }
        }
        let mut open = self.open[place].clone();
        open.told += 1;
        let record = self.verdict(&open);
        self.open[place] = open;
        Told::Verdict(Box::new(record))
    }

    fn verdict(&mut self, open: &Open) -> VerdictRecord {
        let last = open.told == REVISIONS;
        let risk_changed = open.told == 2 || (open.is_bot && open.told == 3);
        let updated_at = self.clock;
        VerdictRecord {
            session_id: open.id,
            organisation: self.organisations[open.organisation].clone(),
            window: open.first,
            revision: Revision {
                generation: 1,
                offset: self.offset,
                phase: if last { Phase::Final } else { Phase::Running },
            },
            status: if last {
                WindowStatus::Completed
            } else {
                WindowStatus::Active
            },
            session: SessionFacts {
                created_at: open.begun,
                updated_at,
                expires_at: Some(open.begun + TimeDelta::hours(24)),
                platform: Some(["qualtrics", "decipher", "web"][open.survey % 3].to_owned()),
                survey_id: Some(format!("SV_{:04}", open.survey)),
                respondent_id: Some(format!("R_{:016x}", open.respondent)),
            },
            verdict: (open.told > 1).then(|| self.judgement(open)),
            risk_changed,
            request_id: None,
        }
    }

    fn judgement(&mut self, open: &Open) -> Verdict {
        let suspicious = open.is_bot && open.told > 2;
        let base = if suspicious { 0.7 } else { 0.02 };
        let confidence_score = base + self.random.random_range(0.0..0.25);
        let (risk_level, class) = match open.told {
            2 => (RiskLevel::Low, SessionClass::InsufficientData),
            _ if suspicious => (RiskLevel::High, SessionClass::ScriptedBot),
            _ => (RiskLevel::Low, SessionClass::Human),
        };
        let method_scores =
            JUDGED.map(|method| (method, base + self.random.random_range(0.0..0.25)));
        Verdict {
            is_bot: suspicious,
            confidence_score,
            risk_level,
            class,
            method_scores: BTreeMap::from(method_scores),
            reasons: reasons(
                if suspicious {
                    3
                } else {
                    usize::from(open.told == 4)
                },
                confidence_score,
            ),
            recommended_action: if suspicious {
                RecommendedAction::Review
            } else {
                RecommendedAction::Accept
            },
            event_count: u64::from(open.told) * 70,
            processing_time_ms: 0.21,
            versions: StampedVersions {
                ruleset: "builtin-1".to_owned(),
                model: "builtin-1".to_owned(),
                experiment: None,
                shadow: None,
            },
            data_sufficiency: sufficiency(open.told > 2),
            summary: "Nothing that five methods saw speaks for automation.".to_owned(),
            shadow: None,
        }
    }

    fn finding(&mut self, open: &Open) -> CoordinationFinding {
        let device = self.random.random_range(0..200_u32);
        let sessions = 3 + device % 5;
        CoordinationFinding {
            session_id: open.id,
            organisation: self.organisations[open.organisation].clone(),
            survey_id: Some(format!("SV_{:04}", open.survey)),
            kind: FingerprintKind::Device,
            fingerprint: Fingerprint::new(u128::from(device)),
            sessions,
            first_at: open.begun,
            last_at: self.clock,
            score: 0.35,
            risk_level: RiskLevel::Medium,
            revision: sessions,
            code: "coordination.same_device".to_owned(),
            text: format!("{sessions} sessions came from one device."),
            evidence: BTreeMap::from([("sessions".to_owned(), f64::from(sessions))]),
        }
    }
}

fn sufficiency(sufficient: bool) -> DataSufficiency {
    DataSufficiency {
        sufficient,
        judged: JUDGED.to_vec(),
        too_little: vec![Method::Answers],
        absent: vec![Method::Device, Method::Network],
    }
}

fn reasons(count: usize, weight: f64) -> Vec<Reason> {
    let each = [
        (
            "mouse.instant_press",
            Method::Mouse,
            "14 presses have no duration, 93 % of all.",
        ),
        (
            "timing.regular",
            Method::Timing,
            "140 intervals between events deviate by 1.3 % only.",
        ),
        (
            "keystroke.uniform",
            Method::Keystroke,
            "Keys follow each other after 50 ms, with a deviation of 2 ms.",
        ),
    ];
    let reason = |(code, method, text): (&str, Method, &str)| Reason {
        code: code.to_owned(),
        method,
        weight,
        evidence: BTreeMap::from([("count".to_owned(), 140.0), ("share".to_owned(), 0.93)]),
        text: text.to_owned(),
    };
    each.into_iter().take(count).map(reason).collect()
}

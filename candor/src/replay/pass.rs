//! One partition, read once: the worker's windows over the sessions in scope.
//!
//! The log alone decides (INV-3): a session is in scope if the first record met of it is its first one and lies
//! in the range, and a window if its first record does. Time is the broker's, of every record of the
//! partition, as for the worker; the wall clock only ends windows at the end of the log, where the
//! worker's would, too. So a range whose windows are over gives the same verdicts in the same order
//! whenever it is replayed.

use std::collections::HashMap;
use std::ops::ControlFlow;

use anyhow::{Context, ensure};
use chrono::Utc;
use detection::Window;
use detector_worker::config::WindowConfig;
use detector_worker::decode;
use detector_worker::windows::{Content, Emit, Input, Outcome, PartitionWindows, Refused};
use kafka::Record;
use kafka::consumer::StartPosition;
use kafka::scan::{ScanOptions, Span, scan_spans};
use schemas::header::RecordHeaders;
use schemas::ids::SessionId;
use schemas::session::SessionStarted;
use schemas::verdict::{Phase, VerdictRecord};

use super::results::{Key, Results, Side};
use super::{PATIENCE, Plan};

/// Most sessions of one partition, in scope or not: 300 MB.
const MOST_SESSIONS: usize = 5_000_000;
/// Most bytes of windows; colder ones are packed beyond.
const WINDOW_BYTES: usize = 1 << 30;
/// Looks at ended windows for each record.
const LOOKS: usize = 16;

/// Where the range lies in a partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// From the range's first record to the end of the log.
    pub(super) span: Span,
    /// Offset of the first record after the range.
    pub(super) to: i64,
}

/// What was met, and what is not compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Counts {
    /// Records read.
    pub(super) records: u64,
    /// Sessions in scope.
    pub(super) sessions: u64,
    /// Windows in scope.
    pub(super) windows: u64,
    /// Sessions met in the range whose first record is not in it.
    pub(super) began_before: u64,
    /// Sessions in scope whose stamped versions are not known here.
    pub(super) version_missing: u64,
    /// Records of the range that cannot be processed.
    pub(super) poison: u64,
}

/// What is done with records of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Scored,
    Left,
}

/// Final verdicts of windows in scope.
struct Finals {
    until: i64,
    records: Vec<VerdictRecord>,
}

impl Emit for Finals {
    fn emit(&mut self, record: VerdictRecord, _features: &Window) {
        if record.revision.phase == Phase::Final && record.window < self.until {
            self.records.push(record);
        }
    }
}

/// The reading of one partition.
pub(super) struct Pass<'a> {
    plan: &'a Plan,
    reach: Reach,
    windows: PartitionWindows,
    sessions: HashMap<SessionId, Fate>,
    sides: HashMap<Key, Option<Side>>,
    finals: Finals,
    /// Broker time of the latest record of a window in scope.
    last_ms: i64,
    /// How long after its last record a window may still take one.
    horizon_ms: i64,
}

impl<'a> Pass<'a> {
    pub(super) fn new(plan: &'a Plan, reach: Reach) -> anyhow::Result<Self> {
        let start = StartPosition {
            offset: reach.span.from,
            metadata: String::new(),
        };
        let config = plan.config.windows;
        let restored = PartitionWindows::restore(config, plan.versions.clone(), &start, [])?;
        Ok(Self {
            plan,
            reach,
            windows: restored.windows,
            sessions: HashMap::new(),
            sides: HashMap::new(),
            finals: Finals {
                until: reach.to,
                records: Vec::new(),
            },
            last_ms: i64::MIN,
            horizon_ms: horizon(&config),
        })
    }

    /// Reads until every window in scope is over, or the log ends; returns what was said of each.
    pub(super) fn run(
        mut self,
        results: &mut Results,
        counts: &mut Counts,
    ) -> anyhow::Result<HashMap<Key, Option<Side>>> {
        let options = ScanOptions {
            topic: &self.plan.config.events_topic,
            since_ms: None,
            patience: PATIENCE,
        };
        let span = [self.reach.span];
        let mut failed = None;
        scan_spans(&self.plan.config.kafka, options, &span, |record| {
            let taken = self.take(record, counts);
            match taken.and_then(|flow| self.publish(record.partition, results).map(|()| flow)) {
                Ok(flow) => flow,
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        // Here the worker's wall clock ends what is over. It changes no verdict that is out.
        let now = Utc::now().timestamp_millis();
        self.windows
            .advance(Some(now), usize::MAX, &mut self.finals);
        self.publish(self.reach.span.partition, results)?;
        Ok(self.sides)
    }

    fn take(
        &mut self,
        record: &Record<'_>,
        counts: &mut Counts,
    ) -> anyhow::Result<ControlFlow<()>> {
        let is_later = record.offset >= self.reach.to;
        let over = self.last_ms.saturating_add(self.horizon_ms);
        if is_later && record.timestamp_ms > over {
            return Ok(ControlFlow::Break(()));
        }
        counts.records += 1;
        let time = Some(record.timestamp_ms);
        let headers = RecordHeaders::decode(record.headers()).ok();
        let input = headers
            .as_ref()
            .and_then(|headers| decode(record, headers).ok());
        match input {
            Some(input) => self.input(input, is_later, counts)?,
            None => counts.poison += u64::from(!is_later),
        }
        self.windows.advance(time, LOOKS, &mut self.finals);
        let bytes = self.windows.memory().bytes;
        if bytes > WINDOW_BYTES {
            self.windows.pack(bytes - WINDOW_BYTES);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn input(
        &mut self,
        mut input: Input<'_>,
        is_later: bool,
        counts: &mut Counts,
    ) -> anyhow::Result<()> {
        let (id, offset, time) = (input.session_id, input.offset, input.broker_ms);
        let fate = match self.sessions.get(&id) {
            Some(fate) => *fate,
            None if is_later => return Ok(()),
            None => self.meet(&input, counts)?,
        };
        if fate == Fate::Left {
            return Ok(());
        }
        if let Content::Started(started) = &mut input.content {
            self.plan.judge.stamp(&mut started.versions);
        }
        match self.windows.record(input, &mut self.finals) {
            Ok(Outcome::NewWindow) if is_later => {
                // The session goes on, but its windows in scope are over.
                self.sessions.insert(id, Fate::Left);
            }
            Ok(Outcome::NewWindow) => {
                counts.windows += 1;
                self.sides.insert((id, offset), None);
                self.last_ms = self.last_ms.max(time);
            }
            Ok(Outcome::Folded) => self.last_ms = self.last_ms.max(time),
            Ok(Outcome::Duplicate | Outcome::Requested | Outcome::Rebuilt) => {}
            Err(Refused::Poison(_)) => counts.poison += u64::from(!is_later),
            Err(Refused::VersionMissing(_)) => {
                counts.version_missing += 1;
                self.sessions.insert(id, Fate::Left);
            }
        }
        Ok(())
    }

    /// The first record that is met of a session.
    fn meet(&mut self, input: &Input<'_>, counts: &mut Counts) -> anyhow::Result<Fate> {
        ensure!(
            self.sessions.len() < MOST_SESSIONS,
            "partition {} has more than {MOST_SESSIONS} sessions in this range; name a shorter one",
            self.reach.span.partition
        );
        let organisation = self.plan.options.organisation.as_ref();
        let is_ours = organisation.is_none_or(|organisation| *organisation == input.organisation);
        let fate = match &input.content {
            Content::Started(started) if is_ours && self.is_of_survey(started) => {
                counts.sessions += 1;
                Fate::Scored
            }
            Content::Started(_) => Fate::Left,
            _ => {
                counts.began_before += u64::from(is_ours);
                Fate::Left
            }
        };
        self.sessions.insert(input.session_id, fate);
        Ok(fate)
    }

    fn is_of_survey(&self, started: &SessionStarted) -> bool {
        let survey = self.plan.options.survey.as_ref();
        survey.is_none_or(|survey| started.survey_id.as_ref() == Some(survey))
    }

    /// Writes what has come out, and keeps of each window what is compared.
    fn publish(&mut self, partition: i32, results: &mut Results) -> anyhow::Result<()> {
        for record in &mut self.finals.records {
            let key = (record.session_id, record.window);
            let verdict = record
                .verdict
                .as_mut()
                .context("a final verdict is empty")?;
            verdict.processing_time_ms = 0.0;
            let side = Side::of(verdict, record.revision);
            let held = self.sides.entry(key).or_default();
            if held.is_none_or(|held| held.revision < side.revision) {
                *held = Some(side);
            }
            results.write(partition, record)?;
        }
        self.finals.records.clear();
        Ok(())
    }
}

/// How long after its last record a window may take another one, and a while for clocks, ms.
fn horizon(config: &WindowConfig) -> i64 {
    let all = config.gap + config.grace + config.clock_margin;
    i64::try_from(all.as_millis()).map_or(i64::MAX, |millis| millis.saturating_add(1))
}

//! How long people and bots stay on the pages of a survey, from the raw events of its newest sessions.
//!
//! There is no count of it: events are read and taken apart for each answer. So the work is bounded three times, by the number
//! of sessions, by the batches of each, and by a time; the answer says how many sessions it is made of.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::events::RawEvent;
use super::scan::Search;
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::{Period, SessionFilter};

/// Most sessions that are looked at, the newest.
const SESSIONS: usize = 500;
/// How long is read.
const TIME: Duration = Duration::from_millis(300);
/// Sessions of one question.
const GROUP: usize = 20;
/// Most batches of a session that are read.
const BATCHES: i64 = 200;
/// Most pages that are answered: those that most sessions have seen.
const PAGES: usize = 200;

/// The verdict and the batches of the sessions `$1`, whose ids are from `$2` to `$3`; of each `$4` batches at most.
pub(crate) const SQL: &str = "SELECT s.id, s.is_bot, b.generation, b.log_offset, b.events \
    FROM unnest($1::uuid[]) d(id) \
    CROSS JOIN LATERAL (SELECT id, is_bot FROM sessions \
        WHERE id = d.id AND id >= $2 AND id <= $3 AND is_bot IS NOT NULL LIMIT 1) s \
    CROSS JOIN LATERAL (SELECT generation, log_offset, events FROM behavior_batches \
        WHERE session_id = s.id AND session_id >= $2 AND session_id <= $3 \
        ORDER BY generation, log_offset LIMIT $4) b";

/// How long the pages of a survey are looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SurveyTimings {
    /// The survey.
    pub(crate) survey_id: String,
    /// First instant of the period.
    pub(crate) from: DateTime<Utc>,
    /// First instant after it.
    pub(crate) to: DateTime<Utc>,
    /// Sessions with a verdict and stored events that were looked at, the newest; 500 at most.
    pub(crate) sessions: i64,
    /// Those of them that their verdict does not call a bot.
    pub(crate) people: i64,
    /// Those that it does.
    pub(crate) bots: i64,
    /// There are more sessions than were looked at: too many, or the time was over.
    pub(crate) partial: bool,
    /// The pages in the order in which they are first seen, 200 at most.
    pub(crate) pages: Vec<PageTiming>,
}

/// How long one page is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PageTiming {
    /// The survey's name of it.
    pub(crate) page: String,
    /// Of sessions that their verdict does not call a bot; absent without any.
    pub(crate) people: Option<TimeSpent>,
    /// Of sessions that it does; absent without any.
    pub(crate) bots: Option<TimeSpent>,
}

/// Times that sessions spent on a page, all visits of a session together, in milliseconds by the clients' clocks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TimeSpent {
    /// How many sessions.
    pub(crate) count: i64,
    /// A tenth is below.
    pub(crate) p10: f64,
    /// A quarter is below.
    pub(crate) p25: f64,
    /// A half is below.
    pub(crate) p50: f64,
    /// Three quarters are below.
    pub(crate) p75: f64,
    /// Nine tenths are below.
    pub(crate) p90: f64,
}

impl TimeSpent {
    fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_unstable_by(f64::total_cmp);
        let last = times.len().checked_sub(1)?;
        let at = |percent: usize| times[last * percent / 100];
        Some(Self {
            count: i64::try_from(times.len()).unwrap_or(i64::MAX),
            p10: at(10),
            p25: at(25),
            p50: at(50),
            p75: at(75),
            p90: at(90),
        })
    }
}

/// The pages of one session: time on each, and which came first.
#[derive(Debug, Default)]
struct Visit {
    times: HashMap<String, f64>,
    order: Vec<String>,
    /// The page that is shown, and since when.
    shown: Option<(String, f64)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageData<'a> {
    #[serde(borrow)]
    page: Option<std::borrow::Cow<'a, str>>,
}

impl Visit {
    /// Another page is shown. The same one again is no visit of its own.
    fn turn(&mut self, page: &str, at: f64) {
        if self.shown.as_ref().is_some_and(|(shown, _)| shown == page) {
            return;
        }
        self.leave(at);
        if !self.order.iter().any(|known| known == page) {
            self.order.push(page.to_owned());
        }
        self.shown = Some((page.to_owned(), at));
    }

    /// The page that is shown is left, or the session ends there.
    fn leave(&mut self, at: f64) {
        if let Some((page, since)) = self.shown.take() {
            *self.times.entry(page).or_default() += (at - since).max(0.0);
        }
    }

    fn add(&mut self, event: &RawEvent<'_>) -> Option<f64> {
        let at = event.millis()?;
        if matches!(event.kind(), "page_view" | "page") {
            let text = event.data.map_or("{}", RawValue::get);
            let data: PageData<'_> = serde_json::from_str(text).unwrap_or_default();
            if let Some(page) = data.page {
                self.turn(&page, at);
            }
        }
        Some(at)
    }

    /// What the batches of a session tell, in their order; a session with more batches ends somewhere else.
    fn of_rows(mut rows: Vec<&Row>) -> Result<Self, ApiError> {
        let mut batches = Vec::with_capacity(rows.len());
        for row in rows.drain(..) {
            let place: (i32, i64) = (row.try_get("generation")?, row.try_get("log_offset")?);
            batches.push((place, row));
        }
        batches.sort_unstable_by_key(|(place, _)| *place);
        let mut visit = Self::default();
        let mut last = None;
        for (_, row) in &batches {
            let events = row.try_get::<_, Json<Vec<RawEvent<'_>>>>("events")?.0;
            // Times are only read where they matter: of pages, and of the last event.
            for event in &events {
                if matches!(event.kind(), "page_view" | "page") {
                    visit.add(event);
                }
            }
            last = events.last().and_then(RawEvent::millis).or(last);
        }
        let is_whole = i64::try_from(batches.len()).is_ok_and(|count| count < BATCHES);
        if let Some(at) = last.filter(|_| is_whole) {
            visit.leave(at);
        }
        Ok(visit)
    }
}

/// What sessions tell of a page.
#[derive(Debug, Default)]
struct Times {
    people: Vec<f64>,
    bots: Vec<f64>,
    /// Of its places among the first visits of sessions.
    places: usize,
}

#[derive(Debug, Default)]
struct Sample {
    pages: BTreeMap<String, Times>,
    people: i64,
    bots: i64,
}

impl Sample {
    fn add(&mut self, visit: Visit, is_bot: bool) {
        *if is_bot {
            &mut self.bots
        } else {
            &mut self.people
        } += 1;
        for (place, page) in visit.order.iter().enumerate() {
            let Some(time) = visit.times.get(page) else {
                continue;
            };
            let times = self.pages.entry(page.clone()).or_default();
            let list = if is_bot {
                &mut times.bots
            } else {
                &mut times.people
            };
            list.push(*time);
            times.places += place;
        }
    }

    /// The sessions of a question.
    fn add_rows(&mut self, rows: &[Row]) -> Result<(), ApiError> {
        let mut sessions: BTreeMap<Uuid, (bool, Vec<&Row>)> = BTreeMap::new();
        for row in rows {
            let is_bot: bool = row.try_get("is_bot")?;
            let session = sessions.entry(row.try_get("id")?);
            session.or_insert((is_bot, Vec::new())).1.push(row);
        }
        for (is_bot, rows) in sessions.into_values() {
            self.add(Visit::of_rows(rows)?, is_bot);
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    fn pages(self) -> Vec<PageTiming> {
        let count = |times: &Times| times.people.len() + times.bots.len();
        let mut pages: Vec<(String, Times)> = self.pages.into_iter().collect();
        pages.sort_by_key(|(_, times)| std::cmp::Reverse(count(times)));
        pages.truncate(PAGES);
        let place = |times: &Times| times.places as f64 / count(times).max(1) as f64;
        pages.sort_by(|(_, one), (_, other)| place(one).total_cmp(&place(other)));
        let pages = pages.into_iter().map(|(page, times)| PageTiming {
            page,
            people: TimeSpent::of(times.people),
            bots: TimeSpent::of(times.bots),
        });
        pages.collect()
    }
}

impl SurveyTimings {
    /// Reads the newest sessions of a survey in a period.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        survey: &str,
        period: Period,
    ) -> Result<Self, ApiError> {
        let begun = Instant::now();
        let filter = SessionFilter {
            from: Some(period.from),
            to: Some(period.to),
            survey: Some(survey.to_owned()),
            ..SessionFilter::default()
        };
        let search = Search::new(database, organisation, &filter).await?;
        let found = search.run(None, SESSIONS).await?;
        let mut sample = Sample::default();
        let mut seen = 0;
        for group in found.ids.chunks(GROUP) {
            if seen > 0 && begun.elapsed() >= TIME {
                break;
            }
            seen += group.len();
            // Newest first.
            let (Some(first), Some(last)) = (group.last(), group.first()) else {
                break;
            };
            let ask = Ask {
                sql: SQL,
                values: &[&group, first, last, &BATCHES],
            };
            let [rows] = database.fetch(organisation, [ask]).await?;
            sample.add_rows(&rows)?;
        }
        Ok(Self {
            survey_id: survey.to_owned(),
            from: period.from,
            to: period.to,
            sessions: sample.people + sample.bots,
            people: sample.people,
            bots: sample.bots,
            partial: found.next.is_some() || seen < found.ids.len(),
            pages: sample.pages(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(pages: &[(&str, f64)], end: f64) -> Visit {
        let mut visit = Visit::default();
        for (page, at) in pages {
            visit.turn(page, *at);
        }
        visit.leave(end);
        visit
    }

    #[test]
    fn visits_of_a_page_are_added_up_and_a_page_shown_twice_is_one_visit() {
        let visit = visit(
            &[("p1", 0.0), ("p1", 400.0), ("p2", 1000.0), ("p1", 1500.0)],
            2500.0,
        );
        assert_eq!(visit.times["p1"], 2000.0);
        assert_eq!(visit.times["p2"], 500.0);
        assert_eq!(visit.order, ["p1", "p2"]);
    }

    #[test]
    fn pages_come_in_the_order_of_people_who_answer() {
        let mut sample = Sample::default();
        sample.add(visit(&[("p2", 0.0), ("a", 10.0)], 20.0), false);
        sample.add(visit(&[("p2", 0.0), ("a", 30.0)], 40.0), false);
        sample.add(visit(&[("p2", 0.0)], 1.0), true);
        let pages = sample.pages();
        assert_eq!(pages[0].page, "p2");
        let people = pages[0].people.unwrap();
        assert_eq!((people.count, people.p10, people.p90), (2, 10.0, 10.0));
        assert_eq!(pages[0].bots.unwrap().p50, 1.0);
        assert_eq!((pages[1].page.as_str(), pages[1].bots), ("a", None));
    }
}

//! How many sessions match, without counting them all.

use schemas::ids::OrganisationId;

use super::counters::Counters;
use super::scan::Search;
use super::sessions::{CountKind, SessionCount};
use crate::database::Database;
use crate::error::ApiError;
use crate::query::{Hours, SessionFilter};

/// Most sessions that are counted one by one.
const MAX_COUNTED: usize = 1000;

impl SessionCount {
    /// From the counts by the hour when they know what is asked; otherwise as many as `search` finds in its time.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        filter: &SessionFilter,
        search: &Search<'_>,
    ) -> Result<Self, ApiError> {
        if let Some(count) = of_counters(filter) {
            let hours = Hours::around(filter.from, filter.to);
            let survey = filter.survey.as_deref();
            let counters = Counters::read(database, organisation, hours, survey).await?;
            return Ok(Self {
                value: count(&counters),
                kind: CountKind::Estimate,
            });
        }
        let found = search.run(None, MAX_COUNTED).await?;
        let kind = match found.next {
            None => CountKind::Exact,
            Some(_) => CountKind::AtLeast,
        };
        Ok(Self {
            value: i64::try_from(found.ids.len()).unwrap_or(i64::MAX),
            kind,
        })
    }
}

/// How to count what `filter` asks for with counters of its period and survey: when it names nothing else, or one of state,
/// risk, class and whether it is a bot.
fn of_counters(filter: &SessionFilter) -> Option<impl Fn(&Counters) -> i64> {
    let rest = SessionFilter {
        from: None,
        to: None,
        survey: None,
        status: None,
        risk: None,
        class: None,
        bots: None,
        ..filter.clone()
    };
    let named = [&filter.status, &filter.risk, &filter.class];
    let named: Vec<Vec<&'static str>> = named.into_iter().flatten().cloned().collect();
    let bots = filter.bots;
    let is_one = named.len() + usize::from(bots.is_some()) <= 1;
    let is_known = rest == SessionFilter::default() && is_one;
    let words = named.into_iter().next();
    is_known.then_some(move |counters: &Counters| match (bots, &words) {
        (Some(true), _) => counters.bots,
        (Some(false), _) => counters.judged - counters.bots,
        (None, None) => counters.sessions,
        (None, Some(words)) => words.iter().map(|word| counters.of_word(word)).sum(),
    })
}

//! Answers that several readers of an organisation share for a moment.
//!
//! A page of surveys is summed up from thousands of rows, and everybody who looks at it asks at the same moments: when the
//! live feed says that something has happened. Within a short time the same question is put to the database once. The web
//! app looks twice after a message, further apart than that.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use schemas::ids::OrganisationId;

use super::surveys::SurveyPage;
use crate::database::Database;
use crate::error::ApiError;
use crate::query::SurveyQuery;

/// Pages that are kept at most, of all organisations; each is some kilobytes.
const MOST_PAGES: u64 = 1000;

/// Pages of surveys. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct SharedSurveys {
    /// `None` shares nothing.
    pages: Option<Cache<(OrganisationId, SurveyQuery), Arc<SurveyPage>>>,
}

impl SharedSurveys {
    /// Pages are shared for this long from when they were read; not at all for a time of 0.
    pub(crate) fn new(time: Duration) -> Self {
        let pages = Cache::builder().max_capacity(MOST_PAGES).time_to_live(time);
        Self {
            pages: (!time.is_zero()).then(|| pages.build()),
        }
    }

    /// A page: one that was read just now, or that somebody else is reading, or read for this caller.
    pub(crate) async fn page(
        &self,
        database: &Database,
        organisation: &OrganisationId,
        query: SurveyQuery,
    ) -> Result<Arc<SurveyPage>, ApiError> {
        let read = async || {
            let page = SurveyPage::read(database, organisation, &query).await;
            page.map(Arc::new)
        };
        let Some(pages) = &self.pages else {
            return read().await;
        };
        let mut failure = None;
        let reading = async { read().await.map_err(|error| failure = Some(error)).ok() };
        let key = (organisation.clone(), query.clone());
        let page = pages.optionally_get_with(key, reading).await;
        match (page, failure) {
            (Some(page), _) => Ok(page),
            (None, Some(error)) => Err(error),
            // Somebody else's reading has failed.
            (None, None) => read().await,
        }
    }
}

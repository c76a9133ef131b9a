//! The statements that must stay quick however much is stored, for checking their plans.

use super::counters::sql;
use super::driver::Driver;
use super::overview::trend_sql;
use super::{campaigns, findings, sessions, status, timings};
use crate::query::Bucket;

/// Statements over the tables that grow, as they are for all days, by name: searches of sessions (`$1` and `$2` are a
/// range of ids, `$3` a limit, the rest filters, null for none), rows of a page, one session, and counts by the hour.
pub fn read_statements() -> Vec<(&'static str, String)> {
    let text = Driver::Text {
        surveys: Vec::new(),
        ids: Vec::new(),
    };
    vec![
        ("newest", Driver::Newest.sql(true)),
        ("newest checked", Driver::Newest.sql(false)),
        ("survey", Driver::Survey.sql(true)),
        ("survey checked", Driver::Survey.sql(false)),
        ("respondent", Driver::Respondent.sql(true)),
        ("respondent checked", Driver::Respondent.sql(false)),
        ("label checked", Driver::Label.sql(false)),
        ("fingerprint checked", Driver::Fingerprint.sql(false)),
        ("text checked", text.sql(false)),
        ("items", sessions::ITEMS.to_owned()),
        ("status", status::SQL.clone()),
        ("timings", timings::SQL.to_owned()),
        ("findings", findings::SQL.to_owned()),
        ("others of findings", findings::OTHERS.to_owned()),
        ("similar", campaigns::SIMILAR.to_owned()),
        ("overview", sql(None)),
        ("overview of a survey", sql(Some(""))),
        ("trend", trend_sql(Bucket::Day, None)),
        ("trend of a survey", trend_sql(Bucket::Hour, Some(""))),
    ]
}

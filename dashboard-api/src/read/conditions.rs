//! The filters of sessions as conditions of one query over `sessions`.
//!
//! For reading everything that matches, as exports do. Pages are read by [`super::sessions`], which bounds its work.

use tokio_postgres::types::ToSql;

use crate::query::{NO_LABEL, SessionFilter, id_floor, id_range};

/// A condition under construction, with its parameters.
#[derive(Default)]
pub(crate) struct Conditions {
    clauses: Vec<String>,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Conditions {
    /// Adds a value and gives its place in the text.
    pub(crate) fn bind(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    /// The text that follows `WHERE`.
    pub(crate) fn sql(&self) -> String {
        self.clauses.join(" AND ")
    }

    /// The values, in the order of their places.
    pub(crate) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        let values = self.values.iter();
        values
            .map(|value| &**value as &(dyn ToSql + Sync))
            .collect()
    }

    /// `left` (a column and an operator) with a value, if there is one.
    pub(crate) fn when(&mut self, left: &str, value: Option<impl ToSql + Sync + Send + 'static>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.clauses.push(format!("{left} {place}"));
        }
    }

    /// `column` is one of the values, if any are given.
    fn any(&mut self, column: &str, values: &Option<Vec<&'static str>>) {
        if let Some(values) = values {
            let place = self.bind(values.clone());
            self.clauses.push(format!("{column} = ANY({place})"));
        }
    }

    /// Id, survey or respondent begins with `prefix`.
    fn prefix(&mut self, prefix: &str) {
        // The highest character ends the range: these columns are compared by their bytes.
        let end = format!("{prefix}\u{10FFFF}");
        let (low, high) = (self.bind(prefix.to_owned()), self.bind(end));
        let mut options: Vec<String> = ["survey_id", "respondent_id"]
            .iter()
            .map(|column| format!("({column} >= {low} AND {column} < {high})"))
            .collect();
        if let Some((first, last)) = id_range(prefix) {
            let (first, last) = (self.bind(first), self.bind(last));
            options.push(format!("(id >= {first} AND id <= {last})"));
        }
        self.clauses.push(format!("({})", options.join(" OR ")));
    }

    /// The latest review says so.
    fn label(&mut self, label: &'static str) {
        const REVIEW: &str =
            "EXISTS (SELECT FROM session_reviews r WHERE r.session_id = sessions.id";
        let clause = match label {
            NO_LABEL => format!("NOT {REVIEW} AND r.label <> 'cleared')"),
            label => format!("{REVIEW} AND r.label = {})", self.bind(label)),
        };
        self.clauses.push(clause);
    }

    /// The conditions of a filter on the columns of `sessions`.
    pub(crate) fn of(filter: &SessionFilter) -> Self {
        let mut conditions = Self::default();
        // A place kept for a session whose findings came first is no session yet.
        conditions.clauses.push("window_count > 0".to_owned());
        conditions.when("id >=", filter.from.map(id_floor));
        conditions.when("id <", filter.to.map(id_floor));
        conditions.any("status", &filter.status);
        conditions.any("effective_risk", &filter.risk);
        conditions.any("class", &filter.class);
        conditions.when("platform =", filter.platform.clone());
        conditions.when("survey_id =", filter.survey.clone());
        conditions.when("respondent_id =", filter.respondent.clone());
        conditions.when("effective_score_thousandths >=", filter.min_score);
        conditions.when("effective_score_thousandths <=", filter.max_score);
        if let Some(methods) = filter.methods {
            let place = conditions.bind(methods);
            let clause = format!("methods & {place} <> 0");
            conditions.clauses.push(clause);
        }
        if let Some(finding) = filter.finding {
            let place = conditions.bind(finding);
            let clause = format!("(finding_count > 0) = {place}");
            conditions.clauses.push(clause);
        }
        if let Some(prefix) = &filter.prefix {
            conditions.prefix(prefix);
        }
        conditions.when("is_bot =", filter.bots);
        if let Some(label) = filter.label {
            conditions.label(label);
        }
        if let Some(shared) = &filter.fingerprint {
            let kind = conditions.bind(shared.kind.clone());
            let value = conditions.bind(shared.value.clone());
            conditions.clauses.push(format!(
                "EXISTS (SELECT FROM coordination_findings f WHERE f.session_id = sessions.id \
                     AND f.kind = {kind} AND f.fingerprint = {value})"
            ));
        }
        conditions
    }
}

//! What a watcher wants to be told, and where it wants to go on.

use schemas::verdict::RiskLevel;

use crate::error::ApiError;
use crate::live::message::{Kind, Subject};
use crate::query::{Pairs, Parameters};

/// Most surveys of one watcher.
const MAX_SURVEYS: usize = 64;
/// Longest name of a survey, in characters; as long as a name of the gateway may be.
const MAX_NAME: usize = 128;
const SURVEYS: &str = "up to 64 names of 1 to 128 characters without control characters";
const TYPES: &str = "session_updated, analysis_complete, finding, stats, separated by commas";

/// What a watcher wants of its organisation's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    /// These surveys; all when empty.
    pub(crate) surveys: Vec<String>,
    /// Judged so risky or riskier; also the unjudged without it.
    pub(crate) risk: Option<RiskLevel>,
    /// These kinds, by place in [`Kind::CHOICES`].
    pub(crate) kinds: [bool; Kind::CHOICES.len()],
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            surveys: Vec::new(),
            risk: None,
            kinds: [true; Kind::CHOICES.len()],
        }
    }
}

impl Filter {
    /// Whether a message is wanted. Stats are of the whole organisation, a snapshot is always wanted.
    pub(crate) fn wants(&self, subject: &Subject) -> bool {
        let choice = Kind::CHOICES.iter().position(|kind| *kind == subject.kind);
        let Some(choice) = choice else { return true };
        if !self.kinds[choice] {
            return false;
        }
        if subject.kind == Kind::Stats {
            return true;
        }
        let survey = subject.survey.as_deref();
        let in_surveys = self.surveys.is_empty()
            || survey.is_some_and(|survey| self.surveys.iter().any(|wanted| wanted == survey));
        in_surveys && self.risk.is_none_or(|least| subject.risk >= Some(least))
    }
}

/// The parameters of the feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FeedQuery {
    /// What is wanted.
    pub(crate) filter: Filter,
    /// Where to go on.
    pub(crate) cursor: Option<String>,
}

impl FeedQuery {
    /// Reads the parameters: `survey` any number of times, `risk`, `types`, `cursor`.
    ///
    /// # Errors
    /// [`ApiError::InvalidParameters`] with every mistake.
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let (surveys, mut others): (Pairs, Pairs) =
            pairs.into_iter().partition(|(name, _)| name == "survey");
        let surveys = surveys.into_iter().map(|(_, survey)| survey);
        let surveys: Vec<String> = surveys.filter(|survey| !survey.is_empty()).collect();
        if surveys.len() > MAX_SURVEYS || !surveys.iter().all(|survey| is_name(survey)) {
            others.push(("survey".to_owned(), "-".to_owned()));
        }
        let mut given = Parameters::new(others);
        // It is left only when something is wrong with it.
        given.take("survey", SURVEYS, |_| None::<()>);
        let kinds = given.take("types", TYPES, kinds);
        let query = Self {
            filter: Filter {
                surveys,
                risk: given.take("risk", "LOW, MEDIUM, HIGH or CRITICAL", risk),
                kinds: kinds.unwrap_or([true; Kind::CHOICES.len()]),
            },
            // Whatever it says: one that cannot be read is answered by a snapshot.
            cursor: given.take("cursor", "a message's cursor", |text| Some(text.to_owned())),
        };
        given.finish(query)
    }
}

fn is_name(text: &str) -> bool {
    text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control)
}

fn risk(text: &str) -> Option<RiskLevel> {
    use RiskLevel::{Critical, High, Low, Medium};
    let mut levels = [Low, Medium, High, Critical].into_iter();
    levels.find(|level| level.as_str() == text)
}

fn kinds(text: &str) -> Option<[bool; Kind::CHOICES.len()]> {
    let mut chosen = [false; Kind::CHOICES.len()];
    for word in text.split(',') {
        let found = Kind::CHOICES.iter().position(|kind| kind.as_str() == word);
        chosen[found?] = true;
    }
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<FeedQuery, ApiError> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        FeedQuery::read(pairs.collect())
    }

    fn subject(kind: Kind, survey: Option<&str>, risk: Option<RiskLevel>) -> Subject {
        Subject {
            kind,
            survey: survey.map(str::to_owned),
            risk,
        }
    }

    #[test]
    fn each_parameter_keeps_what_it_says() {
        let query = read(&[
            ("survey", "SV_1"),
            ("survey", "SV_2"),
            ("risk", "HIGH"),
            ("types", "session_updated,stats"),
            ("cursor", "abc"),
        ]);
        let FeedQuery { filter, cursor } = query.unwrap();
        assert_eq!(cursor.as_deref(), Some("abc"));
        let cases = [
            (
                Kind::SessionUpdated,
                Some("SV_2"),
                Some(RiskLevel::High),
                true,
            ),
            (
                Kind::SessionUpdated,
                Some("SV_1"),
                Some(RiskLevel::Critical),
                true,
            ),
            (
                Kind::SessionUpdated,
                Some("SV_1"),
                Some(RiskLevel::Medium),
                false,
            ),
            (Kind::SessionUpdated, Some("SV_1"), None, false),
            (
                Kind::SessionUpdated,
                Some("SV_3"),
                Some(RiskLevel::High),
                false,
            ),
            (Kind::SessionUpdated, None, Some(RiskLevel::High), false),
            (
                Kind::AnalysisComplete,
                Some("SV_1"),
                Some(RiskLevel::High),
                false,
            ),
            (Kind::Finding, Some("SV_1"), Some(RiskLevel::High), false),
            (Kind::Stats, None, None, true),
            (Kind::Snapshot, None, None, true),
        ];
        for (kind, survey, risk, wanted) in cases {
            let subject = subject(kind, survey, risk);
            assert_eq!(filter.wants(&subject), wanted, "{subject:?}");
        }
    }

    #[test]
    fn without_parameters_everything_is_wanted() {
        let FeedQuery { filter, cursor } = read(&[]).unwrap();
        assert_eq!(cursor, None);
        for kind in Kind::CHOICES {
            assert!(filter.wants(&subject(kind, None, None)), "{kind:?}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let long = "x".repeat(129);
        for (name, value) in [
            ("risk", "high"),
            ("types", "session_updated,"),
            ("types", "snapshot"),
            ("survey", long.as_str()),
            ("key", "sk_test_1"),
        ] {
            let Err(ApiError::InvalidParameters(errors)) = read(&[(name, value)]) else {
                panic!("{name}={value} is taken");
            };
            assert_eq!(errors[0].pointer, format!("?{name}"));
        }
    }
}

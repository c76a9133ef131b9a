//! Who surveys whom: organisations, their surveys, platforms and respondents. A few are large, most are small.

use anyhow::Context;
use schemas::ids::OrganisationId;

use super::draw::{Draw, Weighted, scaled};

/// The first organisation is the one whose bootstrap key reads by default.
const FIRST: &str = "default";
/// Zipf's exponent over organisations.
const ORGANISATIONS: f64 = 1.0;
/// Zipf's exponent over the surveys of one organisation.
const SURVEYS: f64 = 0.9;
/// Share of sessions that belong to no survey.
const WITHOUT_SURVEY: f64 = 0.02;
/// Share of sessions whose respondent is not named.
const ANONYMOUS: f64 = 0.12;
/// Sessions of one respondent, on average.
const PER_RESPONDENT: f64 = 3.0;
/// Platforms and their weights; the last stands for none.
const PLATFORMS: [(Option<&str>, f64); 6] = [
    (Some("qualtrics"), 40.0),
    (Some("decipher"), 20.0),
    (Some("limesurvey"), 12.0),
    (Some("surveymonkey"), 12.0),
    (Some("web"), 11.0),
    (None, 5.0),
];

/// A survey of an organisation.
#[derive(Debug)]
struct Survey {
    name: String,
    platform: Option<&'static str>,
    /// Share of its sessions that are automated.
    bots: f64,
}

#[derive(Debug)]
struct Organisation {
    id: OrganisationId,
    surveys: Vec<Survey>,
    by_size: Weighted,
    respondents: u64,
}

/// Organisations and their surveys.
#[derive(Debug)]
pub(super) struct Population {
    organisations: Vec<Organisation>,
    by_size: Weighted,
}

/// Whose a session is and what it is about.
#[derive(Debug)]
pub(super) struct Origin<'a> {
    pub(super) organisation: &'a OrganisationId,
    pub(super) survey: Option<&'a str>,
    pub(super) platform: Option<&'static str>,
    pub(super) respondent: Option<String>,
    /// Probability that it is automated.
    pub(super) bots: f64,
}

impl Population {
    /// `organisations` with `surveys` in all, at least one each, for `sessions`.
    pub(super) fn new(
        (organisations, surveys): (usize, usize),
        sessions: u64,
        draw: &mut Draw,
    ) -> anyhow::Result<Self> {
        let by_size = Weighted::zipf(organisations, ORGANISATIONS);
        let platforms = Weighted::new(PLATFORMS.map(|(_, weight)| weight));
        let spare = surveys.saturating_sub(organisations);
        let mut left = spare;
        let mut made = Vec::with_capacity(organisations);
        // From the smallest on: what rounding leaves over is the largest one's.
        for place in (0..organisations).rev() {
            let more = scaled(spare as u64, by_size.share(place));
            let more = if place == 0 {
                left
            } else {
                usize::try_from(more)?.min(left)
            };
            left -= more;
            let id = if place == 0 {
                FIRST.to_owned()
            } else {
                format!("org-{:02}", place + 1)
            };
            let survey = |number: usize| Survey {
                name: format!("SV_{:02}_{number:03}", place + 1),
                platform: PLATFORMS
                    .get(platforms.draw(draw))
                    .and_then(|(name, _)| *name),
                bots: draw.between(0.04, 0.18),
            };
            made.push(Organisation {
                id: id.parse().context("a name of an organisation")?,
                surveys: (1..=more + 1).map(survey).collect(),
                by_size: Weighted::zipf(more + 1, SURVEYS),
                respondents: scaled(sessions, by_size.share(place) / PER_RESPONDENT).max(5),
            });
        }
        made.reverse();
        Ok(Self {
            organisations: made,
            by_size,
        })
    }

    /// Where a session comes from.
    pub(super) fn origin(&self, draw: &mut Draw) -> anyhow::Result<Origin<'_>> {
        let organisation = self.organisations.get(self.by_size.draw(draw));
        let organisation = organisation.context("there is an organisation")?;
        let survey = organisation.surveys.get(organisation.by_size.draw(draw));
        let survey = survey.context("an organisation has a survey")?;
        let named = !draw.chance(WITHOUT_SURVEY);
        let respondent = draw.below(organisation.respondents);
        Ok(Origin {
            organisation: &organisation.id,
            survey: named.then_some(survey.name.as_str()),
            platform: survey.platform,
            respondent: (!draw.chance(ANONYMOUS)).then(|| format!("R{respondent:07}")),
            bots: survey.bots,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_survey_has_its_organisation_and_few_are_large() {
        let mut draw = Draw::new(1, 0);
        let population = Population::new((5, 40), 10_000, &mut draw).unwrap();
        let surveys: usize = population
            .organisations
            .iter()
            .map(|one| one.surveys.len())
            .sum();
        assert_eq!((population.organisations.len(), surveys), (5, 40));
        assert!(
            population
                .organisations
                .iter()
                .all(|one| !one.surveys.is_empty())
        );
        let mut counts = BTreeMap::new();
        for _ in 0..10_000 {
            let origin = population.origin(&mut draw).unwrap();
            *counts.entry(origin.organisation.to_string()).or_insert(0) += 1;
        }
        assert!(counts["default"] > 4 * counts["org-05"], "{counts:?}");
    }

    #[test]
    fn an_organisation_alone_has_every_survey() {
        let population = Population::new((1, 3), 10, &mut Draw::new(1, 0)).unwrap();
        assert_eq!(population.organisations[0].surveys.len(), 3);
    }
}

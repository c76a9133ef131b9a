//! What is asked: the filters of the list, and the mix of a dashboard that is used.

use rand::{Rng, RngExt};

use super::tenants::{Sample, Tenant};

/// Filters of the list that an index answers, by name.
pub(crate) const INDEXED: [&str; 10] = [
    "none",
    "survey",
    "risk",
    "status",
    "class",
    "platform",
    "respondent",
    "score",
    "period",
    "survey and risk",
];
/// Combinations that few sessions have: no index has them together.
pub(crate) const RARE: [&str; 3] = [
    "risk, status and platform",
    "class and respondent",
    "four filters",
];
/// Periods of the overview.
pub(crate) const PERIODS: [&str; 4] = ["range=24h", "range=7d", "range=90d", "survey"];

/// The query of a filter, for an organisation; without `?`.
pub(crate) fn filter(name: &str, tenant: &Tenant, rng: &mut impl Rng) -> String {
    let sample = sample(tenant, rng);
    let survey = sample.survey.as_deref().unwrap_or("SV_01_001");
    let respondent = sample.respondent.as_deref().unwrap_or("R0000001");
    match name {
        "survey" => format!("survey={survey}"),
        "risk" => format!(
            "risk={}",
            one_of(&["CRITICAL", "HIGH", "MEDIUM", "LOW", "HIGH,CRITICAL"], rng)
        ),
        "status" => format!(
            "status={}",
            one_of(&["completed", "idle", "max_length", "active"], rng)
        ),
        "class" => format!(
            "class={}",
            one_of(
                &["human", "scripted_bot", "ai_agent", "insufficient_data"],
                rng
            )
        ),
        "platform" => format!(
            "platform={}",
            one_of(&["qualtrics", "decipher", "web"], rng)
        ),
        "respondent" => format!("respondent={respondent}"),
        "score" => format!("min_score={}", one_of(&["0.3", "0.6", "0.9"], rng)),
        "period" => {
            let days = rng.random_range(2..60);
            let end = chrono::Utc::now() - chrono::TimeDelta::days(days);
            let begin = end - chrono::TimeDelta::days(1);
            format!(
                "from={}&to={}",
                begin.format("%Y-%m-%d"),
                end.format("%Y-%m-%d")
            )
        }
        "survey and risk" => format!(
            "survey={survey}&risk={}",
            one_of(&["HIGH", "CRITICAL", "LOW"], rng)
        ),
        "risk, status and platform" => {
            "risk=CRITICAL&status=max_length&platform=surveymonkey".to_owned()
        }
        "class and respondent" => format!("class=ai_agent&respondent={respondent}"),
        "four filters" => {
            format!("survey={survey}&class=insufficient_data&status=completed&min_score=0.5")
        }
        _ => String::new(),
    }
}

/// One read of the mix: its name and path.
pub(crate) fn mixed(tenant: &Tenant, rng: &mut impl Rng) -> (&'static str, String) {
    let id = sample(tenant, rng).id;
    match rng.random_range(0..100) {
        0..20 => (
            "overview",
            format!(
                "/api/v1/dashboard/overview?{}",
                period(PERIODS[rng.random_range(0..4)], tenant, rng)
            ),
        ),
        20..60 => {
            let name = INDEXED[rng.random_range(0..INDEXED.len())];
            (
                "page",
                format!("/api/v1/dashboard/sessions?{}", filter(name, tenant, rng)),
            )
        }
        60..70 => (
            "details",
            format!("/api/v1/dashboard/sessions/{id}/details"),
        ),
        70..80 => ("status", format!("/api/v1/detection/sessions/{id}/status")),
        80..90 => ("verdict", format!("/api/v1/verdict?session_id={id}")),
        _ => ("surveys", "/api/v1/dashboard/surveys".to_owned()),
    }
}

/// The query of a period of the overview.
pub(crate) fn period(name: &str, tenant: &Tenant, rng: &mut impl Rng) -> String {
    match (name, sample(tenant, rng).survey.as_deref()) {
        ("survey", Some(survey)) => format!("range=7d&survey={survey}"),
        ("survey", None) => "range=7d".to_owned(),
        _ => name.to_owned(),
    }
}

fn sample<'a>(tenant: &'a Tenant, rng: &mut impl Rng) -> &'a Sample {
    &tenant.samples[rng.random_range(0..tenant.samples.len())]
}

fn one_of(words: &[&'static str], rng: &mut impl Rng) -> &'static str {
    words[rng.random_range(0..words.len())]
}

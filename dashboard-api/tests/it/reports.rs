//! The PDF report of a survey, and that files are what the document says.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use testkit::TestDatabase;

use crate::harness::{TestApi, body, database, mint, problem};
use crate::openapi::check;
use crate::rows::Row;

const REPORT: &str = "/api/v1/dashboard/surveys/{survey}/report.pdf";

/// The text of a PDF without white space, which extraction sets as it likes.
fn text_of(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let text = document.extract_text(&pages).unwrap();
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Thirteen sessions of a survey: four bots, two of them from one device.
async fn store_survey(api: &TestApi, database: &TestDatabase, survey: &'static str) {
    for number in 0..13 {
        let verdict = if number < 4 {
            (970, "CRITICAL", "scripted_bot")
        } else {
            (120, "LOW", "human")
        };
        let row = Row {
            survey: Some(survey),
            ..Row::judged(api.mint(), verdict).closed()
        };
        row.store(database).await;
        if number < 2 {
            row.store_finding(database, (9, 650, "HIGH")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_counts_the_sessions_of_its_survey_and_no_others() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let survey = "Größe/№ 7 – Опрос";
    store_survey(&api, &database, survey).await;
    for (organisation, other) in [("ours", "another"), ("theirs", survey)] {
        let row = Row {
            organisation,
            survey: Some(other),
            ..Row::judged(mint(organisation), (990, "CRITICAL", "ai_agent"))
        };
        row.store(&database).await;
    }
    let path = REPORT.replace(
        "{survey}",
        "Gr%C3%B6%C3%9Fe%2F%E2%84%96%207%20%E2%80%93%20%D0%9E%D0%BF%D1%80%D0%BE%D1%81",
    );
    let response = api.get(&path).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/pdf");
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    assert!(
        disposition.contains("filename*=UTF-8''candor-report-Gr%C3%B6%C3%9Fe"),
        "{disposition}"
    );
    let text = text_of(&response.bytes().await.unwrap());
    for expected in [
        "Größe/№7–Опрос",
        // All, judged, at high or critical risk.
        "Sessions13100.0%completed",
        "Judged13100.0%ofsessions",
        "Highorcriticalrisk430.8%ofjudged",
        "Of4sessions",
        "mouse.instant_press4100.0%",
        "Onedevice000000000000",
        "Nobodyisprovedtobehuman.",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_that_was_never_seen_has_no_report() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let unknown = REPORT.replace("{survey}", "unknown");
    problem(api.get(&unknown).await, 404, "unknown_survey").await;
    let row = Row {
        survey: Some("quiet"),
        ..Row::new(api.mint())
    };
    row.store(&database).await;
    let quiet = REPORT.replace("{survey}", "quiet");
    // One without sessions in the period has one.
    let response = api
        .get(&format!("{quiet}?from=2026-01-01&to=2026-01-02"))
        .await;
    let text = text_of(&response.bytes().await.unwrap());
    assert!(
        text.contains("1January2026(UTC)") && text.contains("Sessions0"),
        "{text}"
    );
    problem(
        api.get(&format!("{quiet}?range=1y")).await,
        422,
        "invalid_parameters",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_as_documented() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let row = Row {
        survey: Some("s"),
        ..Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot"))
    };
    row.store(&database).await;
    Row::new(api.mint()).store(&database).await;
    let exports = ["csv", "jsonl", "parquet"];
    let exports = exports.map(|format| format!("/api/v1/dashboard/exports/sessions.{format}"));
    for template in exports.iter().map(String::as_str).chain([REPORT]) {
        let path = template.replace("{survey}", "s");
        let answers = &document["paths"][template]["get"]["responses"];
        let documented = answers["200"]["content"].as_object().unwrap();
        let response = api.get(&path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        let kind = kind.split(';').next().unwrap();
        assert_eq!(documented.keys().collect::<Vec<_>>(), [kind]);
        if template.ends_with("jsonl") {
            for line in response.text().await.unwrap().lines() {
                let line: Value = serde_json::from_str(line).unwrap();
                check(&document, (template, "get", 200), &line);
            }
        }
        let refused = api.request(Method::GET, &path).send().await.unwrap();
        let refused = body(refused, StatusCode::UNAUTHORIZED).await;
        check(&document, (template, "get", 401), &refused);
        let wrong = api.get(&format!("{path}?nonsense=1")).await;
        let wrong = body(wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
        check(&document, (template, "get", 422), &wrong);
    }
}

//! Previews of rulesets, against verdicts of the detector's own window.

use std::collections::BTreeMap;

use detection::{Ruleset, Window};
use generators::{Generator, Mix};
use reqwest::{Method, Response, StatusCode};
use schemas::batch::BatchRecord;
use schemas::ids::SessionId;
use schemas::verdict::Verdict;
use serde_json::{Value, json};
use testkit::TestDatabase;
use tokio_postgres::Client;
use tokio_postgres::types::Json;

use crate::harness::{KEY, TestApi, body, database, problem};
use crate::openapi::check;

const PREVIEW: &str = "/api/v1/rulesets/preview";
/// Start of the sessions' events: any fixed time will do.
const START_MS: i64 = 1_790_000_000_000;
/// Events of a batch, and of a session.
const BATCH: usize = 40;
const EVENTS: usize = 240;
/// Sessions of a test.
const SESSIONS: u64 = 12;
/// Offset of a window's first record, and how far its batches lie apart: other sessions' lie between.
const OFFSETS: (i64, i64) = (100, 7);

/// A simulated session as it went through the pipeline.
struct Stored {
    id: SessionId,
    verdict: Verdict,
}

/// The batches of a simulated session, each the array of its canonical events.
fn batches(session: &generators::Session) -> Vec<String> {
    let recording = session.to_recording().unwrap();
    let portions = recording.events[..recording.events.len().min(EVENTS)]
        .chunks(BATCH)
        .map(|events| {
            let mut text = String::from("[");
            for (place, event) in events.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                event.write_canonical(START_MS, &mut text);
            }
            text.push(']');
            text
        });
    portions.collect()
}

/// What the worker would have said of them.
fn judge(batches: &[String]) -> Verdict {
    let mut window = Window::new();
    for (number, events) in batches.iter().enumerate() {
        let value = format!(
            "{{\"batch_id\":\"b{number}\",\"writer\":\"w\",\"sequence\":{number},\"events\":{events}}}"
        );
        window.fold(&BatchRecord::decode(value.as_bytes()).unwrap());
    }
    window.verdict(&Ruleset::default())
}

/// Stores a session with its final verdict and raw events, as the sinks do.
async fn store(client: &Client, id: SessionId, batches: &[String], verdict: &Verdict) {
    let thousandths = (verdict.confidence_score * 1000.0).round() as i16;
    let last = OFFSETS.0 + OFFSETS.1 * batches.len() as i64;
    let (risk, class) = (verdict.risk_level.as_str(), verdict.class.as_str());
    let events = i64::try_from(verdict.event_count).unwrap();
    let session = "INSERT INTO sessions (id, organisation, created_at, updated_at, status, survey_id, is_completed, \
            window_count, event_count, generation, rev_offset, rev_phase, headline_generation, headline_window, is_bot, \
            confidence_score, score_thousandths, risk_level, class, recommended_action) \
        VALUES ($1, 'ours', now(), now(), 'completed', 'S', true, 1, $2, 1, $3, 2, 1, $4, $5, $6::smallint / 1000.0, \
            $6, $7, $8, 'review')";
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &id.uuid(),
        &events,
        &last,
        &OFFSETS.0,
        &verdict.is_bot,
        &thousandths,
        &risk,
        &class,
    ];
    client.execute(session, &values).await.unwrap();
    let window = "INSERT INTO session_windows (session_id, organisation, generation, window_offset, rev_offset, rev_phase, \
            status, created_at, updated_at, is_bot, confidence_score, score_thousandths, risk_level, class, \
            recommended_action, processing_time_ms, event_count, analysis_summary, method_scores, reasons, \
            data_sufficiency, ruleset_version, model_version) \
        VALUES ($1, 'ours', 1, $4, $3, 2, 'completed', now(), now(), $5, $6::smallint / 1000.0, $6, $7, $8, 'review', 1, $2, \
            '', '{}', $9, '{}', 'builtin-1', 'none')";
    let reasons = Json(&verdict.reasons);
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
        &id.uuid(),
        &events,
        &last,
        &OFFSETS.0,
        &verdict.is_bot,
        &thousandths,
        &risk,
        &class,
        &reasons,
    ];
    client.execute(window, &values).await.unwrap();
    for (number, events) in batches.iter().enumerate() {
        let offset = OFFSETS.0 + OFFSETS.1 * (number as i64 + 1);
        store_batch(client, (id, 1, offset), events).await;
    }
}

async fn store_batch(
    client: &Client,
    (id, generation, offset): (SessionId, i32, i64),
    events: &str,
) {
    let batch = "INSERT INTO behavior_batches (organisation, session_id, generation, log_offset, log_partition, batch_id, \
            event_count, received_at, events) \
        VALUES ('ours', $1, $2, $3, 0, 'b', json_array_length($4::text::json), now(), $4::text::json)";
    client
        .execute(batch, &[&id.uuid(), &generation, &offset, &events])
        .await
        .unwrap();
}

/// Stores simulated people and bots.
async fn fill(api: &TestApi, database: &TestDatabase, count: u64) -> Vec<Stored> {
    let generator = Generator::new(7, Mix::default());
    let client = database.client().await;
    let mut stored = Vec::new();
    for index in 0..count {
        let batches = batches(&generator.session(index));
        let verdict = judge(&batches);
        let id = api.mint();
        store(&client, id, &batches, &verdict).await;
        stored.push(Stored { id, verdict });
    }
    stored
}

async fn preview(api: &TestApi, wanted: &Value) -> Response {
    let request = api.request(Method::POST, PREVIEW).bearer_auth(KEY);
    request.json(wanted).send().await.unwrap()
}

fn tally(stored: &[Stored]) -> Value {
    let (mut risks, mut classes) = (BTreeMap::new(), BTreeMap::new());
    for one in stored {
        *risks.entry(one.verdict.risk_level.as_str()).or_insert(0) += 1;
        *classes.entry(one.verdict.class.as_str()).or_insert(0) += 1;
    }
    let bots = stored.iter().filter(|one| one.verdict.is_bot).count();
    json!({ "bots": bots, "risks": risks, "classes": classes })
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_same_ruleset_the_stored_verdicts_come_again() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let stored = fill(&api, &database, SESSIONS).await;
    assert!(stored.iter().any(|one| one.verdict.is_bot));
    assert!(stored.iter().any(|one| !one.verdict.is_bot));
    let same = body(
        preview(&api, &json!({ "survey": "S" })).await,
        StatusCode::OK,
    )
    .await;
    check(&document, (PREVIEW, "post", 200), &same);
    assert_eq!(same["ruleset"], "builtin-1");
    assert_eq!(
        (&same["judged"], &same["changed"]),
        (&json!(SESSIONS), &json!(0)),
        "{same}"
    );
    assert_eq!(same["before"], tally(&stored));
    assert_eq!(same["after"], same["before"]);
    assert_eq!(
        (&same["not_judged"], &same["has_more"]),
        (&json!([]), &json!(false))
    );
    let few = body(preview(&api, &json!({ "limit": 7 })).await, StatusCode::OK).await;
    assert_eq!(
        (&few["judged"], &few["has_more"]),
        (&json!(7), &json!(true))
    );
    let none = body(
        preview(&api, &json!({ "survey": "other" })).await,
        StatusCode::OK,
    )
    .await;
    assert_eq!(none["judged"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_thresholds_change_what_the_detector_would_change() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let stored = fill(&api, &database, SESSIONS).await;
    let thresholds = json!({ "bot_score": 0.02, "medium_score": 0.01, "high_score": 0.02 });
    let changed = preview(&api, &json!({ "thresholds": thresholds })).await;
    let changed = body(changed, StatusCode::OK).await;
    let bots = |score: f64| {
        stored
            .iter()
            .filter(|one| one.verdict.confidence_score >= score)
            .count()
    };
    assert_eq!(changed["before"]["bots"], bots(0.6));
    assert_eq!(changed["after"]["bots"], bots(0.02));
    assert!(bots(0.02) > bots(0.6));
    let differing = stored.iter().filter(|one| {
        let score = one.verdict.confidence_score;
        let risk = match score {
            0.85.. => "CRITICAL",
            0.02.. => "HIGH",
            0.01.. => "MEDIUM",
            _ => "LOW",
        };
        risk != one.verdict.risk_level.as_str() || (score >= 0.02) != one.verdict.is_bot
    });
    assert!(changed["changed"].as_u64().unwrap() >= differing.count() as u64);
    let listed = changed["changes"].as_array().unwrap();
    assert_eq!(listed.len() as u64, changed["changed"].as_u64().unwrap());
    assert!(listed.iter().all(|one| one["before"] != one["after"]));
    let settled = api.json("/api/v1/rulesets").await;
    assert_eq!(
        settled["rulesets"].as_array().unwrap().len(),
        1,
        "a preview settles nothing"
    );
}

/// What is done to sessions, in their order, and why they cannot be judged again then.
const SPOILT: [(&str, &str); 5] = [
    (
        "DELETE FROM behavior_batches WHERE session_id = $1",
        "no_raw_events",
    ),
    (
        "DELETE FROM behavior_batches WHERE session_id = $1 AND log_offset = 107",
        "raw_events_differ",
    ),
    (
        "UPDATE session_windows SET ruleset_version = 'forgotten' WHERE session_id = $1",
        "version_unknown",
    ),
    (
        "UPDATE session_windows SET score_thousandths = 777 WHERE session_id = $1",
        "not_reproduced",
    ),
    (
        "UPDATE session_windows SET event_count = 60000 WHERE session_id = $1",
        "too_many_events",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_judged_again_is_counted_by_its_reason() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let stored = fill(&api, &database, 6).await;
    let client = database.client().await;
    for ((statement, _), one) in SPOILT.iter().zip(&stored) {
        let changed = client.execute(*statement, &[&one.id.uuid()]).await.unwrap();
        assert!(changed > 0, "{statement}");
    }
    // Not the window's: before its first record, after the verdict, and of another log.
    let other = "[{\"event_type\":\"click\",\"timestamp\":1790000000000}]";
    for place in [(1, 99), (1, 1_000_000), (2, 107)] {
        let place = (stored[5].id, place.0, place.1);
        store_batch(&client, place, other).await;
    }
    let answer = body(preview(&api, &json!({})).await, StatusCode::OK).await;
    assert_eq!(answer["judged"], 1);
    let mut reasons = Vec::new();
    for one in answer["not_judged"].as_array().unwrap() {
        assert_eq!(one["sessions"], 1);
        reasons.push(one["reason"].as_str().unwrap());
    }
    reasons.sort_unstable();
    let mut expected = SPOILT.map(|(_, reason)| reason);
    expected.sort_unstable();
    assert_eq!(reasons, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_cannot_be_is_refused_with_every_mistake() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let wrong = json!({ "limit": 2001, "from": "2026-01-02", "to": "2026-01-01", "thresholds": { "prior": 2 }, "x": 1 });
    let refused = problem(preview(&api, &wrong).await, 422, "invalid_body").await;
    let errors = refused["errors"].as_array().unwrap().iter();
    let mut found: Vec<&str> = errors.map(|one| one["pointer"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["/limit", "/thresholds/prior", "/to", "/x"]);
    let open = api.request(Method::POST, PREVIEW).json(&json!({}));
    problem(open.send().await.unwrap(), 401, "credentials_missing").await;
}

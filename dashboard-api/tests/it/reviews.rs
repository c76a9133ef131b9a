//! Labels of sessions: the queue, the trail, many at once, the export.

use reqwest::{Method, Response, StatusCode};
use schemas::control::Scope;
use serde_json::{Value, json};

use crate::harness::{KEY, TestApi, body, database, mint, problem};
use crate::keys::{put_key, wait_for_status};
use crate::openapi::check;
use crate::rows::Row;

const TEMPLATE: &str = "/api/v1/reviews/{id}";
const QUEUE: &str = "/api/v1/reviews/queue";
const LINES: &str = "/api/v1/reviews/labels.jsonl";
const BULK: &str = "/api/v1/reviews/bulk";

fn path_of(id: impl ToString) -> String {
    TEMPLATE.replace("{id}", &id.to_string())
}

async fn label(api: &TestApi, id: impl ToString, label: &Value) -> Response {
    let request = api.request(Method::PUT, &path_of(id)).bearer_auth(KEY);
    request.json(label).send().await.unwrap()
}

fn ids(page: &Value) -> Vec<&str> {
    let sessions = page["sessions"].as_array().unwrap().iter();
    sessions
        .map(|item| item["session_id"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_a_trail_whose_latest_entry_holds() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let id = api.mint();
    let none = api.json(&path_of(id)).await;
    check(&document, (TEMPLATE, "get", 200), &none);
    assert_eq!((&none["label"], &none["trail"]), (&Value::Null, &json!([])));
    let bot = json!({ "label": "bot", "note": "typed 4,000 characters a minute" });
    for _ in 0..2 {
        // Repeated, it is no second entry.
        let labelled = body(label(&api, id, &bot).await, StatusCode::OK).await;
        check(&document, (TEMPLATE, "put", 200), &labelled);
        assert_eq!(labelled["label"], "bot");
        assert_eq!(labelled["trail"].as_array().unwrap().len(), 1);
        assert_eq!(labelled["trail"][0]["actor"], "bootstrap");
    }
    label(&api, id, &json!({ "label": "human" })).await;
    let cleared = label(&api, id, &json!({ "label": "cleared", "note": "a mix-up" })).await;
    let cleared = body(cleared, StatusCode::OK).await;
    assert_eq!(cleared["label"], Value::Null);
    let trail = cleared["trail"].as_array().unwrap();
    let said: Vec<&str> = trail
        .iter()
        .map(|one| one["label"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["cleared", "human", "bot"]);
    assert_eq!(trail[2]["note"], bot["note"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_label_is_refused_with_every_mistake() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for (wrong, pointers) in [
        (json!({}), vec!["/label"]),
        (
            json!({ "label": "robot", "note": "a\u{7}b" }),
            vec!["/label", "/note"],
        ),
        (
            json!({ "label": "bot", "note": "x".repeat(1001), "why": 1 }),
            vec!["/note", "/why"],
        ),
    ] {
        let refused = label(&api, api.mint(), &wrong).await;
        let refused = problem(refused, 422, "invalid_body").await;
        let errors = refused["errors"].as_array().unwrap().iter();
        let found: Vec<&str> = errors.map(|one| one["pointer"].as_str().unwrap()).collect();
        assert_eq!(found, pointers);
    }
    let long = json!({ "label": "bot", "note": "ä".repeat(1000) });
    body(label(&api, api.mint(), &long).await, StatusCode::OK).await;
    for id in ["nonsense".to_owned(), mint("theirs").to_string()] {
        let refused = label(&api, id, &json!({ "label": "bot" })).await;
        problem(refused, 404, "unknown_session").await;
    }
    assert_eq!(database.count("review_labels").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_has_ended_risky_sessions_without_a_label_newest_first() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let mut waiting = Vec::new();
    for number in 0..5 {
        let risk = if number % 2 == 0 { "HIGH" } else { "CRITICAL" };
        let row = Row::judged(api.mint(), (900, risk, "scripted_bot")).closed();
        row.store(&database).await;
        waiting.push(row.id);
    }
    let running = Row::judged(api.mint(), (900, "HIGH", "scripted_bot"));
    running.store(&database).await;
    let low = Row::judged(api.mint(), (100, "LOW", "human")).closed();
    low.store(&database).await;
    // A finding about several sessions makes a session risky.
    low.store_finding(&database, (7, 650, "HIGH")).await;
    waiting.push(low.id);
    waiting.sort_unstable_by_key(|id| std::cmp::Reverse(id.uuid()));
    let expected: Vec<String> = waiting.iter().map(ToString::to_string).collect();
    let (mut seen, mut path) = (Vec::new(), format!("{QUEUE}?limit=2"));
    loop {
        let page = api.json(&path).await;
        check(&document, (QUEUE, "get", 200), &page);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{QUEUE}?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    label(&api, waiting[0], &json!({ "label": "unsure" })).await;
    label(&api, waiting[1], &json!({ "label": "bot" })).await;
    label(&api, waiting[1], &json!({ "label": "cleared" })).await;
    let left = api.json(QUEUE).await;
    assert_eq!(ids(&left), expected[1..]);
    let critical = api.json(&format!("{QUEUE}?risk=CRITICAL")).await;
    assert!(
        critical["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["effective_risk"] == "CRITICAL")
    );
    problem(
        api.get(&format!("{QUEUE}?risk=SEVERE&page=2")).await,
        422,
        "invalid_parameters",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sessions_are_labelled_at_once_each_with_an_outcome() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let (one, other, foreign) = (api.mint(), api.mint(), mint("theirs"));
    let given = [
        one.to_string(),
        foreign.to_string(),
        "nonsense".to_owned(),
        other.to_string(),
    ];
    let send = async |wanted: &Value| {
        let request = api.request(Method::POST, BULK).bearer_auth(KEY);
        request.json(wanted).send().await.unwrap()
    };
    let wanted = json!({ "session_ids": given, "label": "bot", "note": "one farm" });
    for expected in ["labelled", "unchanged"] {
        let answer = body(send(&wanted).await, StatusCode::OK).await;
        check(&document, (BULK, "post", 200), &answer);
        let outcomes = answer["outcomes"].as_array().unwrap().iter();
        let outcomes: Vec<&str> = outcomes
            .map(|one| one["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(
            outcomes,
            [expected, "unknown_session", "unknown_session", expected]
        );
    }
    for wrong in [
        json!({ "session_ids": [], "label": "bot" }),
        json!({ "session_ids": vec!["x"; 501], "label": "bot" }),
        json!({ "label": "bot" }),
    ] {
        problem(send(&wrong).await, 422, "invalid_body").await;
    }
    assert_eq!(database.count("review_labels").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_that_hold_are_exported_as_lines_with_what_the_detector_said() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let stored = Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot")).closed();
    stored.store(&database).await;
    for (id, what) in [
        (stored.id, "bot"),
        (api.mint(), "human"),
        (api.mint(), "cleared"),
    ] {
        label(&api, id, &json!({ "label": what })).await;
    }
    let response = api.get(LINES).await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut lines: Vec<Value> = lines.collect();
    assert_eq!(
        lines.len(),
        2,
        "a label that was taken back is none: {text}"
    );
    lines.sort_by_key(|line| line["class"].is_null());
    check(&document, (LINES, "get", 200), &lines[0]);
    assert_eq!(lines[0]["session_id"], stored.id.to_string());
    assert_eq!(
        (&lines[0]["label"], &lines[0]["class"]),
        (&json!("bot"), &json!("scripted_bot"))
    );
    assert_eq!(lines[1]["confidence_score"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_several_pages_has_every_label_once() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let client = database.client().await;
    let fill = "INSERT INTO session_reviews (organisation, session_id, label, actor, labelled_at) \
        SELECT CASE WHEN n % 5 = 0 THEN 'theirs' ELSE 'ours' END, gen_random_uuid(), 'human', 'key', now() \
        FROM generate_series(1, 3000) AS n";
    client.execute(fill, &[]).await.unwrap();
    let text = api.get(LINES).await.text().await.unwrap();
    let seen: std::collections::BTreeSet<&str> = text.lines().collect();
    assert_eq!((text.lines().count(), seen.len()), (2400, 2400));
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_given_by_keys_with_the_scope_and_seen_by_their_organisation_only() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let (_, reading) = put_key(&api, |_| {}).await;
    let (_, reviewing) = put_key(&api, |options| options.scopes = vec![Scope::ReviewsWrite]).await;
    let (_, foreign) = put_key(&api, |options| {
        options.organisation = "theirs".parse().unwrap();
        options.scopes = vec![Scope::VerdictsRead, Scope::ReviewsWrite];
    })
    .await;
    let row = Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot")).closed();
    row.store(&database).await;
    wait_for_status(&api, &reading.text, QUEUE, 200).await;
    wait_for_status(&api, &reviewing.text, QUEUE, 403).await;
    let seen = wait_for_status(&api, &foreign.text, QUEUE, 200).await;
    assert_eq!(body(seen, StatusCode::OK).await["sessions"], json!([]));
    let by = async |key: &str| {
        let request = api.request(Method::PUT, &path_of(row.id)).bearer_auth(key);
        request
            .json(&json!({ "label": "bot" }))
            .send()
            .await
            .unwrap()
    };
    problem(by(&reading.text).await, 403, "scope_missing").await;
    problem(by(&foreign.text).await, 404, "unknown_session").await;
    let labelled = body(by(&reviewing.text).await, StatusCode::OK).await;
    assert_eq!(labelled["trail"][0]["actor"], reviewing.record.id.as_str());
    let lines = api.request(Method::GET, LINES).bearer_auth(&*foreign.text);
    assert_eq!(lines.send().await.unwrap().text().await.unwrap(), "");
}

//! No typed character reaches Kafka through a webhook (INV-6): arbitrary text is posted in every field of every
//! platform, and then both topics are searched.

use chrono::Utc;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::RequestBuilder;
use schemas::session::check_metadata;
use serde_json::{Value, json};

use crate::support::{KEY, TestGateway};
use crate::webhooks::{notices, path, qualtrics, standard, start, webhook_records};

/// What every typed text begins with, so that it is found whatever follows.
const MARK: &str = "zqtyped";
const ROUNDS: usize = 12;

/// A text somebody may have typed: never an identifier, since those are what platforms name things by.
fn typed(runner: &mut TestRunner) -> String {
    let rest = prop_oneof!["[A-Za-z0-9]{0,20}", ".{0,40}", "[ -~]{0,80}"];
    let rest = rest.new_tree(runner).unwrap().current();
    format!("{MARK} {rest}")
}

/// The object once for every member, with typed text in place of its value or its name, and nested.
fn variants(runner: &mut TestRunner, good: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for name in good.as_object().unwrap().keys() {
        let text = typed(runner);
        for value in [json!(text), json!([text]), json!({ text.as_str(): text })] {
            let mut changed = good.clone();
            changed[name] = value;
            all.push(changed);
        }
    }
    let mut more = good.clone();
    more[typed(runner)] = json!(1);
    more[typed(runner)] = json!(typed(runner));
    all.push(more);
    all
}

fn of_qualtrics(
    runner: &mut TestRunner,
    gateway: &TestGateway,
    round: usize,
) -> Vec<RequestBuilder> {
    let mut requests = Vec::new();
    let message = json!({
        "Status": "Complete", "SurveyID": "SV_1", "ResponseID": "R_1", "RecipientID": "MLRP_1",
        "ResponseEventContext": "x", "CompletedDate": "2026-11-20 07:58:25", "BrandID": "brand",
    });
    for (number, mut message) in variants(runner, &message).into_iter().enumerate() {
        if message["ResponseID"] == "R_1" {
            message["ResponseID"] = format!("{round}-{number}").into();
        }
        let topic = "surveyengine.completedResponse";
        requests.push(qualtrics(gateway, topic, &message));
        requests.push(qualtrics(gateway, &typed(runner), &message));
    }
    requests
}

fn of_generic(runner: &mut TestRunner, gateway: &TestGateway, round: usize) -> Vec<RequestBuilder> {
    let event = json!({"type": "session.completed", "timestamp": "t", "data": {}});
    let data = json!({
        "session_id": "x", "survey_id": "S", "response_id": "R", "external_id": "E", "started_at": "now",
    });
    let mut events = variants(runner, &event);
    for data in variants(runner, &data) {
        events.push(json!({"type": "response.completed", "data": data}));
    }
    let signed = |(number, event): (usize, &Value)| {
        let id = format!("{round}-{number}");
        standard(gateway, (&id, Utc::now()), event)
    };
    events.iter().enumerate().map(signed).collect()
}

fn of_decipher(runner: &mut TestRunner, gateway: &TestGateway) -> Vec<RequestBuilder> {
    let mut requests = Vec::new();
    let call = json!({"status": "3", "session_id": "x", "survey": "S", "record": 1, "uuid": "u"});
    for call in variants(runner, &call) {
        let text = |value: &Value| {
            let text = value.as_str().map(str::to_owned);
            text.unwrap_or_else(|| value.to_string())
        };
        let texts = call.as_object().unwrap().iter();
        let texts: Vec<(&String, String)> =
            texts.map(|(name, value)| (name, text(value))).collect();
        let post = || gateway.anonymous(&path("decipher")).bearer_auth(KEY);
        let get = gateway.get(&path("decipher")).bearer_auth(KEY);
        requests.extend([post().json(&call), post().form(&texts), get.query(&texts)]);
    }
    requests
}

#[tokio::test]
async fn text_in_any_field_of_a_webhook_never_reaches_a_topic() {
    let gateway = start().await;
    let mut runner = TestRunner::deterministic();
    let mut stored = 0;
    for round in 0..ROUNDS {
        let mut requests = of_qualtrics(&mut runner, &gateway, round);
        requests.extend(of_generic(&mut runner, &gateway, round));
        requests.extend(of_decipher(&mut runner, &gateway));
        for request in requests {
            let response = request.send().await.unwrap();
            let (status, body) = (response.status().as_u16(), response.text().await.unwrap());
            assert!(!body.contains(MARK), "the answer repeats the text: {body}");
            assert!(matches!(status, 200 | 400), "{status} {body}");
            stored += usize::from(status == 200 && body.contains(r#""duplicate":false"#));
        }
    }
    assert!(stored > ROUNDS * 30, "{stored}");
    for notice in notices(&gateway).await {
        assert_eq!(check_metadata(&notice.fields), Ok(()));
        assert_eq!(notice.session_id, None, "a text named a session");
    }
    let mut records = webhook_records(&gateway).await;
    assert_eq!(records.len(), stored);
    records.extend(gateway.records().await);
    for record in records {
        let bytes = record.payload.as_deref().unwrap();
        let printed = serde_json::from_slice::<Value>(bytes).unwrap().to_string();
        assert!(!printed.contains(MARK), "{printed}");
        for (name, value) in &record.headers {
            assert!(!String::from_utf8_lossy(value).contains(MARK), "{name}");
        }
        assert!(!record.key_text().unwrap().contains(MARK));
    }
    gateway.ended().await;
}

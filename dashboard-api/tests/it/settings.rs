//! Settings of surveys: who may change them, which version, and what becomes of a change.

use std::time::Duration;

use control::Control;
use kafka::config::KafkaConfig;
use prometheus::Registry;
use reqwest::{Method, Response, StatusCode};
use runtime::CancellationToken;
use runtime::health::Health;
use schemas::control::Scope;
use serde_json::{Value, json};
use testkit::wait_until;
use tokio_util::sync::DropGuard;

use crate::access::signed_in;
use crate::harness::{KEY, TestApi, body, database, problem};
use crate::keys::{put_key, wait_for_status};
use crate::openapi::check;

/// As long as a broker may take to come back.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const TEMPLATE: &str = "/api/v1/surveys/{survey}/settings";

pub(crate) fn path_of(survey: &str) -> String {
    TEMPLATE.replace("{survey}", survey)
}

/// Changes settings, as whoever has the key.
pub(crate) async fn put(
    api: &TestApi,
    (survey, key): (&str, &str),
    tag: &str,
    settings: &Value,
) -> Response {
    let request = api.request(Method::PUT, &path_of(survey)).bearer_auth(key);
    let request = request.header("if-match", tag).json(settings);
    request.send().await.unwrap()
}

/// Changes settings that have the version of the tag, and returns the answer's tag and body.
pub(crate) async fn change(
    api: &TestApi,
    survey: &str,
    tag: &str,
    settings: &Value,
) -> (String, Value) {
    let response = put(api, (survey, KEY), tag, settings).await;
    let tag = response.headers().get("etag").cloned();
    let answer = body(response, StatusCode::OK).await;
    (tag.unwrap().to_str().unwrap().to_owned(), answer)
}

/// Waits until the settings are said to be published.
pub(crate) async fn wait_until_published(api: &TestApi, survey: &str) -> Value {
    wait_until("the publication", PATIENCE, async || {
        let response = api.get(&path_of(survey)).await;
        let status = response.status();
        let answer: Value = response.json().await.unwrap_or_default();
        if answer["publication"]["state"] == "published" {
            Ok(answer)
        } else {
            Err((status, answer))
        }
    })
    .await
}

/// What a gateway knows, for as long as the guard lives.
pub(crate) async fn gateway(brokers: &str, prefix: &str) -> (Control, DropGuard) {
    let config = KafkaConfig {
        brokers: brokers.to_owned(),
        prefix: prefix.to_owned(),
        ..KafkaConfig::default()
    };
    let stop = CancellationToken::new();
    let (registry, health) = (Registry::new(), Health::default());
    let topic = config.topics().control;
    let control = Control::spawn(&config, &topic, &registry, &health, stop.clone()).unwrap();
    (control, stop.drop_guard())
}

/// Waits until a gateway stamps this ruleset on new sessions of the survey, and returns its thresholds.
pub(crate) async fn wait_for_ruleset(control: &Control, survey: &str, version: &str) -> Value {
    wait_until("the ruleset of new sessions", PATIENCE, async || {
        let state = control.state();
        let settled = state.settled_versions(&"ours".parse().unwrap(), Some(survey));
        if settled.ruleset == version {
            let record = state.ruleset(version);
            Ok(record.map_or(Value::Null, |record| record.thresholds.clone().into()))
        } else {
            Err(settled)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_the_gateways_for_new_sessions_of_the_survey() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let (control, _stop) = gateway(api.topics.brokers(), api.topics.prefix()).await;
    let before = api.json(&path_of("SV_1")).await;
    check(&document, (TEMPLATE, "get", 200), &before);
    assert_eq!(before["version"], 0);
    assert_eq!(before["in_force"]["ruleset"], "builtin-1");
    assert_eq!(before["publication"]["state"], "none");
    let settings = json!({ "thresholds": { "bot_score": 0.45, "min_keys": 30 } });
    let (_, changed) = change(&api, "SV_1", "\"0\"", &settings).await;
    check(&document, (TEMPLATE, "put", 200), &changed);
    assert_eq!(changed["version"], 1);
    assert_eq!(changed["updated_by"], "bootstrap");
    let published = wait_until_published(&api, "SV_1").await;
    let version = wait_until("the ruleset in force", PATIENCE, async || {
        let answer = api.json(&path_of("SV_1")).await;
        match answer["in_force"]["ruleset"].as_str() {
            Some(version) if version != "builtin-1" => Ok(version.to_owned()),
            _ => Err(answer),
        }
    })
    .await;
    assert_eq!(published["settings"]["thresholds"]["min_keys"], 30);
    let thresholds = wait_for_ruleset(&control, "SV_1", &version).await;
    assert_eq!(
        (&thresholds["bot_score"], &thresholds["min_keys"]),
        (&json!(0.45), &json!(30))
    );
    assert_eq!(thresholds["prior"], 0.05, "every threshold is written");
    wait_for_ruleset(&control, "SV_2", "builtin-1").await;
    let listed = api.json("/api/v1/rulesets").await;
    check(&document, ("/api/v1/rulesets", "get", 200), &listed);
    let items = listed["rulesets"].as_array().unwrap();
    assert_eq!(items[0]["version"], "builtin-1");
    assert_eq!(items[1]["surveys"], json!(["SV_1"]));
    assert_eq!(items[1]["differs"], json!(["bot_score", "min_keys"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_of_one_version_the_second_is_refused_and_a_repeated_one_changes_nothing() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let strict = json!({ "thresholds": { "bot_score": 0.4 } });
    let lax = json!({ "thresholds": { "bot_score": 0.8 } });
    let bare = api
        .request(Method::PUT, &path_of("S"))
        .bearer_auth(KEY)
        .json(&strict);
    problem(bare.send().await.unwrap(), 428, "precondition_required").await;
    let (tag, _) = change(&api, "S", "\"0.anything\"", &strict).await;
    // The answer was lost: the same change of the same version again.
    let (_, again) = change(&api, "S", "\"0\"", &strict).await;
    assert_eq!(again["version"], 1);
    for stale in ["\"0\"", "\"2\"", "\"nonsense\"", "1"] {
        let refused = put(&api, ("S", KEY), stale, &lax).await;
        problem(refused, 412, "precondition_failed").await;
    }
    let refused = put(&api, ("unheard-of", KEY), "\"1\"", &lax).await;
    problem(refused, 412, "precondition_failed").await;
    let weak = format!("W/{tag}");
    let (_, second) = change(&api, "S", &weak, &lax).await;
    assert_eq!(second["version"], 2);
    let (_, third) = change(&api, "S", "*", &strict).await;
    assert_eq!(third["version"], 3);
    assert_eq!(database.count("survey_settings_history").await, 3);
    // Of many at once one comes through.
    let changes = (0..8).map(|number| {
        let settings = json!({ "thresholds": { "min_keys": 10 + number } });
        let api = &api;
        async move { put(api, ("S", KEY), "\"3\"", &settings).await.status() }
    });
    let statuses = futures::future::join_all(changes).await;
    let taken = statuses.iter().filter(|status| status.is_success());
    assert_eq!(taken.count(), 1, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_of_settings_is_named_and_nothing_is_stored() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let wrong =
        json!({ "base": "no-such", "colour": 1, "thresholds": { "bot_score": 2, "nonsense": 1 } });
    let refused = put(&api, ("S", KEY), "\"0\"", &wrong).await;
    let refused = problem(refused, 422, "invalid_body").await;
    check(&document, (TEMPLATE, "put", 422), &refused);
    let errors = refused["errors"].as_array().unwrap();
    let mut found: Vec<&str> = errors
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "/base",
            "/colour",
            "/thresholds/bot_score",
            "/thresholds/nonsense"
        ]
    );
    let refused = put(&api, ("S", KEY), "\"0\"", &json!([])).await;
    problem(refused, 422, "invalid_body").await;
    let request = api.request(Method::PUT, &path_of("S")).bearer_auth(KEY);
    let request = request.header("if-match", "*").body("{");
    let request = request.header("content-type", "application/json");
    problem(request.send().await.unwrap(), 400, "malformed_json").await;
    let long = "x".repeat(129);
    problem(api.get(&path_of(&long)).await, 422, "invalid_parameters").await;
    for table in [
        "survey_settings",
        "survey_settings_history",
        "settings_outbox",
    ] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_keys_with_the_scope_and_pages_of_this_origin_change_settings_of_their_organisation() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let (_, reading) = put_key(&api, |_| {}).await;
    let (_, writing) = put_key(&api, |options| {
        options.scopes = vec![Scope::VerdictsRead, Scope::SettingsWrite];
    })
    .await;
    let (_, foreign) = put_key(&api, |options| {
        options.organisation = "theirs".parse().unwrap();
        options.scopes = vec![Scope::VerdictsRead, Scope::SettingsWrite];
    })
    .await;
    let path = path_of("S");
    for key in [&reading, &writing, &foreign] {
        wait_for_status(&api, &key.text, &path, 200).await;
    }
    let settings = json!({ "base": "builtin-1" });
    let refused = put(&api, ("S", &reading.text), "\"0\"", &settings).await;
    let refused = problem(refused, 403, "scope_missing").await;
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("settings:write")
    );
    let taken = put(&api, ("S", &writing.text), "\"0\"", &settings).await;
    let taken = body(taken, StatusCode::OK).await;
    assert_eq!(taken["updated_by"], writing.record.id.as_str());
    // Another organisation's survey of the same name is another survey.
    let seen = wait_for_status(&api, &foreign.text, &path, 200).await;
    assert_eq!(body(seen, StatusCode::OK).await["version"], 0);
    let taken = put(&api, ("S", &foreign.text), "\"0\"", &settings).await;
    assert_eq!(body(taken, StatusCode::OK).await["version"], 1);
    let cookie = signed_in(&api).await;
    let by_page = |origin: Option<String>| {
        let request = api.request(Method::PUT, &path).header("cookie", &cookie);
        let request = request.header("if-match", "*").json(&settings);
        match origin {
            None => request,
            Some(origin) => request.header("origin", origin),
        }
    };
    let elsewhere = by_page(Some("https://elsewhere.example".to_owned()));
    problem(elsewhere.send().await.unwrap(), 403, "origin_refused").await;
    problem(by_page(None).send().await.unwrap(), 403, "origin_refused").await;
    let own = by_page(Some(format!("http://{}", api.address)));
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
}

//! What the web app is told before it shows anything.

use schemas::control::{KeyKind, Scope};
use serde_json::{Value, json};
use testkit::wait_until;

use crate::harness::{DEADLINE, TestApi, database, login_url, problem};
use crate::keys::{put_key, wait_for_status};

const PATH: &str = "/api/v1/app";

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_told_who_is_signed_in_and_where_the_gateway_is() {
    let database = database().await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.gateway_url = Some("http://gateway:8080".parse().unwrap());
        config.gateway_public_url = Some("https://ingest.example.org/".parse().unwrap());
    })
    .await;
    let facts = api.json(PATH).await;
    assert_eq!(facts["organisation"], "ours");
    assert_eq!(facts["actor"], "bootstrap");
    assert_eq!(facts["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(facts["gateway_url"], "https://ingest.example.org");
    let scopes = facts["scopes"].as_array().unwrap();
    assert_eq!(scopes.len(), Scope::ALL.len());
    problem(
        api.request(reqwest::Method::GET, PATH)
            .send()
            .await
            .unwrap(),
        401,
        "credentials_missing",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_learns_what_it_may_do_and_no_key_is_shown() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    assert_eq!(api.json(PATH).await["gateway_url"], Value::Null);
    let (_, reading) = put_key(&api, |_| {}).await;
    let (_, publishable) = put_key(&api, |options| {
        options.kind = KeyKind::Publishable;
        options.scopes = Vec::new();
    })
    .await;
    let facts = wait_until("the publishable key", DEADLINE, async || {
        let response = wait_for_status(&api, &reading.text, PATH, 200).await;
        let facts: Value = response.json().await.unwrap();
        let known = facts["publishable_keys"].as_array().unwrap().len();
        if known == 1 { Ok(facts) } else { Err(facts) }
    })
    .await;
    assert_eq!(facts["scopes"], json!(["verdicts:read"]));
    assert_eq!(facts["actor"], reading.record.id.as_str());
    let shown = &facts["publishable_keys"][0];
    assert_eq!(shown["id"], publishable.record.id.as_str());
    for key in [&reading, &publishable] {
        assert!(!facts.to_string().contains(key.text.as_str()), "{facts}");
    }
}

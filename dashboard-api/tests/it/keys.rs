//! Keys of the control topic as reading keys.

use chrono::Utc;
use control::{ControlWriter, NewKey, NewKeyOptions};
use kafka::config::KafkaConfig;
use reqwest::{Method, Response};
use schemas::control::{ControlRecord, KeyKind, KeyMode, Scope};
use testkit::wait_until;

use crate::access::{reading_routes, sign_in};
use crate::harness::{DEADLINE, TestApi, database, problem};

/// A key of the control topic, and what it is made of.
pub(crate) async fn put_key(
    api: &TestApi,
    change: impl FnOnce(&mut NewKeyOptions),
) -> (ControlWriter, NewKey) {
    let mut options = NewKeyOptions {
        scopes: vec![Scope::VerdictsRead],
        ..NewKeyOptions::new(api.organisation().clone(), KeyKind::Secret, KeyMode::Live)
    };
    change(&mut options);
    let config = KafkaConfig {
        brokers: api.topics.brokers().to_owned(),
        prefix: api.topics.prefix().to_owned(),
        ..KafkaConfig::default()
    };
    let writer = ControlWriter::new(&config, "/candor/test").unwrap();
    let key = writer.create_key(options, Utc::now()).await.unwrap();
    (writer, key)
}

/// Waits until a request with the key is answered with the status, and returns the last answer.
pub(crate) async fn wait_for_status(api: &TestApi, key: &str, path: &str, status: u16) -> Response {
    wait_until("the answer", DEADLINE, async || {
        let request = api.request(Method::GET, path).bearer_auth(key);
        let response = request.send().await.unwrap();
        if response.status() == status {
            Ok(response)
        } else {
            Err(response.status())
        }
    })
    .await
}

#[tokio::test]
async fn a_key_of_the_control_topic_reads_its_own_organisation_until_it_is_revoked() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let (writer, key) = put_key(&api, |_| {}).await;
    let id = api.mint().to_string();
    wait_for_status(&api, &key.text, "/api/v1/dashboard/overview", 200).await;
    for (method, path) in reading_routes(&id) {
        let response = api
            .request(method, &path)
            .bearer_auth(&*key.text)
            .send()
            .await;
        let status = response.unwrap().status();
        assert!(status.is_success() || status == 404, "{path}: {status}");
    }
    let (_, foreign) = put_key(&api, |options| {
        options.organisation = "theirs".parse().unwrap();
    })
    .await;
    let path = format!("/api/v1/detection/sessions/{id}/status");
    wait_for_status(&api, &foreign.text, &path, 404).await;
    let mut revoked = key.record.clone();
    revoked.revoked_at = Some(Utc::now());
    writer.put(&ControlRecord::ApiKey(revoked)).await.unwrap();
    let refused = wait_for_status(&api, &key.text, &path, 401).await;
    problem(refused, 401, "credentials_invalid").await;
}

#[tokio::test]
async fn a_key_that_may_not_read_is_told_why_and_signs_nobody_in() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let (_, writing) = put_key(&api, |options| options.scopes = vec![Scope::EventsWrite]).await;
    let (_, bound) = put_key(&api, |options| {
        options.networks = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let (_, reading) = put_key(&api, |_| {}).await;
    let path = "/api/v1/dashboard/overview";
    wait_for_status(&api, &reading.text, path, 200).await;
    let refused = wait_for_status(&api, &writing.text, path, 403).await;
    problem(refused, 403, "scope_missing").await;
    let refused = wait_for_status(&api, &bound.text, path, 403).await;
    problem(refused, 403, "key_bound_to_networks").await;
    let refused = sign_in(&api, &reading.text).send().await.unwrap();
    problem(refused, 401, "credentials_invalid").await;
}

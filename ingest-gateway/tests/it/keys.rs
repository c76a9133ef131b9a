//! Keys and settings are what the control topic says (INV-10).

use chrono::{TimeDelta, Utc};
use reqwest::Response;
use schemas::control::{
    Arm, ControlRecord, Experiment, OrganisationSettings, Scope, SurveySettings,
};
use schemas::session::{SessionStarted, StampedVersions};
use serde_json::json;
use testkit::{TestTopics, wait_until};

use crate::support::{
    DEADLINE, KEY, TestGateway, events, expect_problem, key, usual_key, write_control,
};

const SESSIONS: &str = "/api/v1/detection/sessions";

async fn begin(gateway: &TestGateway, key: &str, body: serde_json::Value) -> Response {
    let post = gateway.anonymous(SESSIONS).bearer_auth(key).json(&body);
    post.send().await.unwrap()
}

#[tokio::test]
async fn a_key_opens_the_gateway_when_it_is_written_and_closes_it_when_it_is_revoked() {
    let topics = TestTopics::create(1).await;
    let gateway = TestGateway::start_on(topics.clone(), &[]).await;
    gateway.wait_until_ready().await;
    let refused = begin(&gateway, KEY, json!({})).await;
    expect_problem(refused, 401, "credentials_invalid").await;
    write_control(&topics, [usual_key()]).await;
    let accepted = async || match begin(&gateway, KEY, json!({})).await.status().as_u16() {
        201 => Ok(()),
        other => Err(other),
    };
    wait_until("the new key is accepted", DEADLINE, accepted).await;
    let ControlRecord::ApiKey(mut revoked) = usual_key() else {
        panic!("not a key")
    };
    revoked.revoked_at = Some(Utc::now());
    write_control(&topics, [ControlRecord::ApiKey(revoked)]).await;
    let refused = async || match begin(&gateway, KEY, json!({})).await.status().as_u16() {
        401 => Ok(()),
        other => Err(other),
    };
    wait_until("the revoked key is refused", DEADLINE, refused).await;
    gateway.ended().await;
}

#[tokio::test]
async fn a_gateway_whose_control_topic_is_missing_serves_nothing_until_it_is_there() {
    // The prefix is free, the topics under it are not made.
    let topics = TestTopics::named_only();
    let gateway = TestGateway::start_on(topics.clone(), &[]).await;
    let refused = begin(&gateway, KEY, json!({})).await;
    expect_problem(refused, 503, "starting").await;
    let reason = async || match gateway.ready().await {
        Err(reason) if reason.contains("control.v1") => Ok(()),
        other => Err(other),
    };
    wait_until("the missing topic is named", DEADLINE, reason).await;
    topics.create_all(1).await;
    gateway.wait_until_ready().await;
    let refused = begin(&gateway, KEY, json!({})).await;
    expect_problem(refused, 401, "credentials_invalid").await;
    gateway.ended().await;
}

#[tokio::test]
async fn each_kind_of_key_does_what_it_may_and_no_more() {
    let records = [
        key("sk_live_events", |key| {
            key.scopes = vec![Scope::EventsWrite]
        }),
        key("pk_live_survey", |key| {
            key.surveys = vec!["SV_1".to_owned()]
        }),
        key("sk_test_late", |key| {
            key.expires_at = Some(Utc::now() - TimeDelta::seconds(1));
        }),
    ];
    let gateway = TestGateway::start_knowing(&[], records).await;
    let begun = begin(&gateway, "sk_live_events", json!({})).await;
    let body = expect_problem(begun, 403, "scope_missing").await;
    assert!(body["detail"].as_str().unwrap().contains("sessions:write"));
    let late = begin(&gateway, "sk_test_late", json!({})).await;
    expect_problem(late, 401, "key_expired").await;
    for survey in [json!({}), json!({ "survey_id": "SV_2" })] {
        let foreign = begin(&gateway, "pk_live_survey", survey).await;
        expect_problem(foreign, 403, "survey_refused").await;
    }
    let created = begin(&gateway, "pk_live_survey", json!({ "survey_id": "SV_1" })).await;
    assert_eq!(created.status(), 201);
    let created: serde_json::Value = created.json().await.unwrap();
    let (id, token) = (&created["session_id"], &created["ingest_token"]);
    let path = format!("{SESSIONS}/{}/events", id.as_str().unwrap());
    let with = async |credential: &str| {
        let post = gateway.anonymous(&path).bearer_auth(credential);
        post.json(&events(1)).send().await.unwrap()
    };
    expect_problem(with("pk_live_survey").await, 403, "secret_key_required").await;
    assert_eq!(with("sk_live_events").await.status(), 202);
    assert_eq!(with(token.as_str().unwrap()).await.status(), 202);
    gateway.ended().await;
}

#[tokio::test]
async fn a_beacon_carries_its_token_in_the_address_and_a_key_may_not_stand_there() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let path = format!("{SESSIONS}/{}/events", session.id);
    let beacon = async |credential: &str| {
        let post = gateway.anonymous(&format!("{path}?token={credential}"));
        let post = post.header("content-type", "text/plain;charset=UTF-8");
        post.body(events(2).to_string()).send().await.unwrap()
    };
    assert_eq!(beacon(&session.token).await.status(), 202);
    expect_problem(beacon(KEY).await, 401, "credentials_missing").await;
    gateway.ended().await;
}

#[tokio::test]
async fn the_first_record_is_stamped_with_the_versions_in_force() {
    let versions = |ruleset: &str| {
        Some(StampedVersions {
            ruleset: ruleset.to_owned(),
            model: "m-2".to_owned(),
            experiment: Some("spring:b".to_owned()),
            shadow: None,
        })
    };
    let records = [
        ControlRecord::Organisation(OrganisationSettings {
            organisation: "default".parse().unwrap(),
            allow: Vec::new(),
            deny: Vec::new(),
            key_limit: None,
            versions: versions("of-organisation"),
        }),
        ControlRecord::Survey(SurveySettings {
            organisation: "default".parse().unwrap(),
            survey_id: "SV_1".to_owned(),
            versions: versions("of-survey"),
        }),
    ];
    let gateway = TestGateway::start_knowing(&[], records).await;
    for survey in ["SV_1", "SV_2"] {
        let created = begin(&gateway, KEY, json!({ "survey_id": survey })).await;
        assert_eq!(created.status(), 201);
    }
    let records = gateway.records().await;
    let ruleset = |index: usize| {
        let payload = records[index].payload.as_deref().unwrap();
        let started: SessionStarted = serde_json::from_slice(payload).unwrap();
        assert_eq!(started.versions.experiment.as_deref(), Some("spring:b"));
        started.versions.ruleset
    };
    assert_eq!(
        (ruleset(0).as_str(), ruleset(1).as_str()),
        ("of-survey", "of-organisation")
    );
    gateway.ended().await;
}

#[tokio::test]
async fn a_session_of_an_experiment_is_stamped_with_its_arm_and_the_arms_versions() {
    let arm = |name: &str| Arm {
        name: name.to_owned(),
        share: 500,
        ruleset: format!("rules-{name}"),
        model: "none".to_owned(),
    };
    let experiment = Experiment {
        name: "colours".to_owned(),
        description: None,
        arms: vec![arm("a"), arm("b")],
        organisations: vec!["default".parse().unwrap()],
        surveys: vec!["SV_1".to_owned()],
        started_at: chrono::DateTime::UNIX_EPOCH,
        ended_at: None,
        shadow: None,
    };
    let records = [ControlRecord::Experiment(experiment.clone())];
    let gateway = TestGateway::start_knowing(&[], records).await;
    for survey in ["SV_1", "SV_1", "SV_1", "SV_1", "SV_2"] {
        let created = begin(&gateway, KEY, json!({ "survey_id": survey })).await;
        assert_eq!(created.status(), 201);
    }
    let records = gateway.records().await;
    assert_eq!(records.len(), 5);
    for record in records {
        let payload = record.payload.as_deref().unwrap();
        let started: SessionStarted = serde_json::from_slice(payload).unwrap();
        let stamped = started.versions;
        if started.survey_id.as_deref() == Some("SV_1") {
            let arm = experiment.arm_of(started.session_id).unwrap();
            assert_eq!(stamped.experiment, Some(experiment.stamp(arm)));
            assert_eq!(stamped.ruleset, arm.ruleset);
        } else {
            assert_eq!(
                (stamped.experiment, stamped.ruleset.as_str()),
                (None, "builtin-1")
            );
        }
    }
    gateway.ended().await;
}

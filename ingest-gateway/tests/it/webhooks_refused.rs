//! Webhooks that are turned away: who proves nothing leaves nothing in any topic.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use control::seal::Sealer;
use ingest_gateway::Clock;
use ingest_gateway::webhooks::{generic, qualtrics};
use reqwest::RequestBuilder;
use schemas::control::{ControlRecord, IntegrationId, IntegrationPlatform, OrganisationSettings};
use schemas::ids::SessionSecret;
use serde_json::json;
use testkit::TestTopics;

use crate::support::{KEY, TestGateway, expect_problem, key, mint, usual_key, write_control};
use crate::webhooks::{
    GENERIC_SECRET, QUALTRICS_KEY, SURVEY_KEY, completed, integration, path, qualtrics as deliver,
    standard, start, taken, usual_integrations, webhook_records,
};

async fn refused(request: RequestBuilder, status: u16, code: &str) {
    let body = expect_problem(request.send().await.unwrap(), status, code).await;
    assert!(body.to_string().is_ascii(), "{body}");
}

async fn nothing_was_stored(gateway: &TestGateway) {
    assert_eq!(gateway.records().await.len(), 0);
    assert_eq!(webhook_records(gateway).await.len(), 0);
}

/// A form of Qualtrics, as it is.
fn form(gateway: &TestGateway, form: &[(&str, &str)]) -> RequestBuilder {
    gateway.anonymous(&path("qualtrics")).form(form)
}

async fn unproved(gateway: &TestGateway, platform: &str) -> f64 {
    let labels = format!(r#"outcome="unproved",platform="{platform}""#);
    gateway
        .metric(&format!("ingest_webhooks_total{{{labels}}}"))
        .await
}

#[tokio::test]
async fn a_qualtrics_delivery_that_proves_nothing_publishes_nothing_and_is_counted() {
    let gateway = start().await;
    let session = mint("default").to_string();
    let message =
        json!({"Status": "Complete", "ResponseID": "R_1", "ResponseEventContext": session});
    let message = message.to_string();
    let topic = "brand.surveyengine.completedResponse.SV_1";
    let good = qualtrics::sign(QUALTRICS_KEY.as_bytes(), message.as_bytes());
    let other = qualtrics::sign(b"another key", message.as_bytes());
    let changed = message.replace("R_1", "R_2");
    for (hmac, message) in [
        (other.as_str(), &message),
        (&good, &changed),
        ("00", &message),
    ] {
        let fields = [("Topic", topic), ("HMAC", hmac), ("MSG", message)];
        refused(form(&gateway, &fields), 401, "signature_invalid").await;
    }
    let plain = [
        ("Status", "Complete"),
        ("SurveyID", "SV_1"),
        ("ResponseID", "R_1"),
    ];
    let answer = form(&gateway, &plain).send().await.unwrap();
    let body = expect_problem(answer, 401, "signature_missing").await;
    assert!(body["detail"].as_str().unwrap().contains("sharedKey"));
    nothing_was_stored(&gateway).await;
    assert!((unproved(&gateway, "qualtrics").await - 4.0).abs() < f64::EPSILON);
    gateway.ended().await;
}

#[tokio::test]
async fn a_standard_webhook_that_proves_nothing_publishes_nothing_and_is_counted() {
    let gateway = start().await;
    let now = Utc::now();
    let session = mint("default").to_string();
    let event = json!({"type": "session.completed", "data": {"session_id": session}});
    let changed = standard(&gateway, ("msg_1", now), &event).body("{}");
    refused(changed, 401, "signature_invalid").await;
    let bare = gateway.anonymous(&path("generic")).json(&event);
    refused(bare, 401, "signature_missing").await;
    for minutes in [-6, 6] {
        let at = now + TimeDelta::minutes(minutes);
        let request = standard(&gateway, ("msg_1", at), &event);
        refused(request, 401, "signature_expired").await;
    }
    nothing_was_stored(&gateway).await;
    assert!((unproved(&gateway, "generic").await - 4.0).abs() < f64::EPSILON);
    gateway.ended().await;
}

#[tokio::test]
async fn a_clock_that_jumps_makes_standard_webhooks_stale_and_qualtrics_goes_on() {
    let topics = TestTopics::create(1).await;
    write_control(
        &topics,
        std::iter::once(usual_key()).chain(usual_integrations()),
    )
    .await;
    let ahead = Clock(Arc::new(|| Utc::now() + TimeDelta::hours(1)));
    let gateway = TestGateway::start_at(topics, &[], ahead).await;
    gateway.wait_until_ready().await;
    let event = json!({"type": "session.completed"});
    let now = Utc::now();
    refused(
        standard(&gateway, ("msg_1", now), &event),
        401,
        "signature_expired",
    )
    .await;
    let late = standard(&gateway, ("msg_1", now + TimeDelta::hours(1)), &event);
    assert_eq!(taken(late).await["outcome"], "unmatched");
    let answer = taken(completed(&gateway, "R_1", "")).await;
    assert_eq!(answer["outcome"], "unmatched");
    gateway.ended().await;
}

#[tokio::test]
async fn two_secrets_are_good_while_they_are_exchanged() {
    use IntegrationPlatform::{Generic, Qualtrics};
    let newer = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let records = [
        integration(
            (Qualtrics, "default", 1),
            &["the newest key of all", QUALTRICS_KEY],
        ),
        integration((Generic, "default", 3), &[newer, GENERIC_SECRET]),
    ];
    let gateway = TestGateway::start_knowing(&[], records).await;
    let event = json!({"type": "session.completed"});
    taken(completed(&gateway, "R_1", "")).await;
    taken(standard(&gateway, ("msg_1", Utc::now()), &event)).await;
    let (now, body) = (Utc::now(), event.to_string());
    let signature = generic::sign(newer, "msg_2", now.timestamp(), body.as_bytes()).unwrap();
    let request = standard(&gateway, ("msg_2", now), &event);
    let mut request = request.build().unwrap();
    let list = format!("v1,AAAA {signature}").parse().unwrap();
    request
        .headers_mut()
        .insert(generic::SIGNATURE_HEADER, list);
    let answer = reqwest::Client::new().execute(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    gateway.ended().await;
}

#[tokio::test]
async fn the_integration_must_be_known_active_of_the_platform_and_named_if_there_are_several() {
    use IntegrationPlatform::{Decipher, Qualtrics};
    let mut revoked = integration((Qualtrics, "default", 9), &[QUALTRICS_KEY]);
    if let ControlRecord::Integration(record) = &mut revoked {
        record.revoked_at = Some(Utc::now());
    }
    let records = [
        integration((Qualtrics, "default", 1), &[QUALTRICS_KEY]),
        integration((Qualtrics, "other", 2), &[QUALTRICS_KEY]),
        integration((Decipher, "other", 4), &[]),
        revoked,
    ];
    let gateway = TestGateway::start_knowing(&[], records).await;
    let message = json!({"Status": "Complete", "ResponseID": "R_1"});
    let topic = "surveyengine.completedResponse";
    refused(
        deliver(&gateway, topic, &message),
        400,
        "integration_required",
    )
    .await;
    let id = |number| IntegrationId::from_random([number; 10]).to_string();
    let named = |id: &str| deliver(&gateway, topic, &message).query(&[("integration", id)]);
    for unknown in [id(9), id(4), id(7), "int_x".to_owned(), String::new()] {
        refused(named(&unknown), 404, "unknown_integration").await;
    }
    let event = json!({"type": "session.completed"});
    let none = standard(&gateway, ("msg_1", Utc::now()), &event);
    refused(none, 404, "unknown_integration").await;
    // The only integration of Decipher is another organisation's.
    let decipher = path("decipher");
    let call = gateway.post(&decipher).query(&[("status", "3")]);
    refused(call, 404, "unknown_integration").await;
    let call = gateway
        .post(&decipher)
        .query(&[("status", "3"), ("integration", &id(4))]);
    refused(call, 404, "unknown_integration").await;
    nothing_was_stored(&gateway).await;
    // Each integration is its own: the same response of another one is another notice.
    for number in [1, 2] {
        assert_eq!(taken(named(&id(number))).await["duplicate"], false);
    }
    assert_eq!(webhook_records(&gateway).await.len(), 2);
    gateway.ended().await;
}

#[tokio::test]
async fn a_session_of_another_organisation_is_never_ended() {
    let records = [integration(
        (IntegrationPlatform::Qualtrics, "other", 1),
        &[QUALTRICS_KEY],
    )];
    let gateway = TestGateway::start_knowing(&[], records).await;
    let session = gateway.session().await;
    let before = gateway.records().await.len();
    let answer = taken(completed(&gateway, "R_1", &session.id)).await;
    assert_eq!(answer["outcome"], "unmatched");
    assert_eq!(gateway.records().await.len(), before);
    let records = webhook_records(&gateway).await;
    assert_eq!(records[0].header("candor_org"), Some("other"));
    gateway.ended().await;
}

#[tokio::test]
async fn a_decipher_call_needs_a_key_with_the_scope_or_the_sessions_own_token() {
    let mut records = usual_integrations();
    records.push(key("pk_live_page", |_| {}));
    records.push(key("sk_live_events", |key| {
        key.scopes = vec![schemas::control::Scope::EventsWrite];
    }));
    let gateway = TestGateway::start_knowing(&[], records).await;
    let (one, two) = (gateway.session().await, gateway.session().await);
    let before = gateway.records().await.len();
    let path = path("decipher");
    let call = |id: &str| {
        gateway
            .anonymous(&path)
            .query(&[("status", "3"), ("session_id", id)])
    };
    refused(call(&one.id), 401, "credentials_missing").await;
    refused(
        call(&one.id).bearer_auth("sk_live_unknown"),
        401,
        "credentials_invalid",
    )
    .await;
    refused(
        call(&one.id).bearer_auth("sk_live_events"),
        403,
        "scope_missing",
    )
    .await;
    refused(
        call(&one.id).bearer_auth("pk_live_page"),
        403,
        "secret_key_required",
    )
    .await;
    refused(
        call(&two.id).bearer_auth(&one.token),
        403,
        "token_of_other_session",
    )
    .await;
    refused(call("0199").bearer_auth(&one.token), 404, "unknown_session").await;
    // A key stands in no address.
    let address = format!("{path}?status=3&token={SURVEY_KEY}");
    refused(gateway.get(&address), 401, "credentials_missing").await;
    assert_eq!(gateway.records().await.len(), before);
    assert_eq!(webhook_records(&gateway).await.len(), 0);
    gateway.ended().await;
}

#[tokio::test]
async fn what_is_no_webhook_is_refused_by_its_kind() {
    let gateway = start().await;
    let no_object = "not an object";
    let hmac = qualtrics::sign(QUALTRICS_KEY.as_bytes(), no_object.as_bytes());
    let topic = "surveyengine.completedResponse";
    let request = form(
        &gateway,
        &[("Topic", topic), ("HMAC", &hmac), ("MSG", no_object)],
    );
    refused(request, 400, "malformed_webhook").await;
    let partial = json!({"Status": "Partial", "ResponseID": "R_1"});
    refused(deliver(&gateway, topic, &partial), 400, "malformed_webhook").await;
    let call = gateway.anonymous(&path("decipher")).bearer_auth(KEY);
    refused(call.json(&json!({"survey": 1})), 400, "malformed_webhook").await;
    let large = "x".repeat((256 << 10) + 1);
    refused(form(&gateway, &[("MSG", &large)]), 413, "body_too_large").await;
    let json = gateway.anonymous(&path("qualtrics")).json(&partial);
    refused(json, 415, "unsupported_media_type").await;
    let form = gateway.anonymous(&path("generic")).form(&[("a", "b")]);
    refused(form, 415, "unsupported_media_type").await;
    let elsewhere = gateway.anonymous(&path("typeform")).json(&partial);
    refused(elsewhere, 404, "unknown_route").await;
    let put = reqwest::Client::new().put(gateway.url(&path("generic")));
    refused(put, 405, "method_not_allowed").await;
    nothing_was_stored(&gateway).await;
    gateway.ended().await;
}

#[tokio::test]
async fn who_guesses_signatures_is_slowed_down_and_the_platform_is_not() {
    let settings = [
        ("CANDOR_INGEST_ADDRESS_PER_SECOND", "1"),
        ("CANDOR_INGEST_ADDRESS_BURST", "3"),
    ];
    let gateway = TestGateway::start_knowing(&settings, usual_integrations()).await;
    let wrong = || form(&gateway, &[("Topic", "a"), ("HMAC", "00"), ("MSG", "{}")]);
    let mut codes = Vec::new();
    for _ in 0..8 {
        codes.push(wrong().send().await.unwrap().status().as_u16());
    }
    assert!(
        codes.starts_with(&[401]) && codes.contains(&429),
        "{codes:?}"
    );
    for number in 0..8 {
        taken(completed(&gateway, &format!("R_{number}"), "")).await;
    }
    gateway.ended().await;
}

#[tokio::test]
async fn the_networks_of_the_organisation_hold_for_its_webhooks() {
    let settings = OrganisationSettings {
        organisation: "default".parse().unwrap(),
        allow: vec![],
        deny: vec!["127.0.0.0/8".parse().unwrap()],
        key_limit: None,
        versions: None,
    };
    let mut records = usual_integrations();
    records.push(ControlRecord::Organisation(settings));
    let gateway = TestGateway::start_knowing(&[], records).await;
    refused(completed(&gateway, "R_1", ""), 403, "address_refused").await;
    nothing_was_stored(&gateway).await;
    gateway.ended().await;
}

#[tokio::test]
async fn an_integration_of_another_deployment_is_a_failure_of_ours_and_not_of_the_sender() {
    let mut record = integration(
        (IntegrationPlatform::Qualtrics, "default", 1),
        &[QUALTRICS_KEY],
    );
    if let ControlRecord::Integration(integration) = &mut record {
        let other = SessionSecret::new("the secret of another deployment").unwrap();
        let sealed = Sealer::new(&other).seal(&integration.id, QUALTRICS_KEY.as_bytes());
        integration.secrets = vec![sealed.unwrap()];
    }
    let gateway = TestGateway::start_knowing(&[], [record]).await;
    // A platform that is told 401 may give up; what is wrong here is mended here.
    refused(completed(&gateway, "R_1", ""), 500, "internal").await;
    nothing_was_stored(&gateway).await;
    gateway.ended().await;
}

#[tokio::test]
async fn no_more_webhooks_are_remembered_than_the_setting_says() {
    let settings = [("CANDOR_INGEST_WEBHOOKS_REMEMBERED", "2")];
    let gateway = TestGateway::start_knowing(&settings, usual_integrations()).await;
    let send = async |response: &str| taken(completed(&gateway, response, "")).await;
    for response in ["R_1", "R_2", "R_3"] {
        assert_eq!(send(response).await["duplicate"], false, "{response}");
    }
    let remembered = gateway.metric("ingest_webhooks_remembered").await;
    let limit = gateway.metric("ingest_webhooks_remembered_limit").await;
    assert!((remembered - 2.0).abs() < f64::EPSILON && (limit - 2.0).abs() < f64::EPSILON);
    assert_eq!(send("R_3").await["duplicate"], true);
    assert_eq!(send("R_1").await["duplicate"], false, "forgotten");
    // Published again, under the same id: who counts ids counts it once.
    let records = webhook_records(&gateway).await;
    let ids: std::collections::BTreeSet<_> = records
        .iter()
        .map(|record| record.header("ce_id"))
        .collect();
    assert_eq!((records.len(), ids.len()), (4, 3));
    gateway.ended().await;
}

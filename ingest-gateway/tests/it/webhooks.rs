//! Webhooks of each platform, as the platform sends them: from the request to the records.

use chrono::{DateTime, TimeDelta, Utc};
use control::seal::Sealer;
use ingest_gateway::webhooks::{generic, qualtrics};
use reqwest::{RequestBuilder, Response};
use schemas::control::{ControlRecord, Integration, IntegrationId, IntegrationPlatform};
use schemas::ids::SessionName;
use schemas::session::Property;
use schemas::webhook::{NoticeKind, NoticeOutcome, WebhookNotice};
use serde_json::{Value, json};
use testkit::{CollectedRecord, Until, collect};

use crate::support::{TestGateway, key, mint, secret};

pub(crate) const QUALTRICS_KEY: &str = "the shared key of a subscription";
pub(crate) const GENERIC_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// A key that may send webhooks and nothing else.
pub(crate) const SURVEY_KEY: &str = "sk_live_survey";

/// The path of a platform's webhooks.
pub(crate) fn path(platform: &str) -> String {
    format!("/api/v1/integrations/webhooks/{platform}")
}

/// The record of an integration whose id is made of `number`.
pub(crate) fn integration(
    (platform, organisation, number): (IntegrationPlatform, &str, u8),
    secrets: &[&str],
) -> ControlRecord {
    let id = IntegrationId::from_random([number; 10]);
    let sealer = Sealer::new(&secret());
    let seal = |text: &&str| sealer.seal(&id, text.as_bytes()).unwrap();
    ControlRecord::Integration(Integration {
        organisation: organisation.parse().unwrap(),
        platform,
        name: None,
        secrets: secrets.iter().map(seal).collect(),
        created_at: Utc::now(),
        revoked_at: None,
        id,
    })
}

/// One integration of each platform, of organisation `default`, and [`SURVEY_KEY`].
pub(crate) fn usual_integrations() -> Vec<ControlRecord> {
    use IntegrationPlatform::{Decipher, Generic, Qualtrics};
    vec![
        integration((Qualtrics, "default", 1), &[QUALTRICS_KEY]),
        integration((Decipher, "default", 2), &[]),
        integration((Generic, "default", 3), &[GENERIC_SECRET]),
        key(SURVEY_KEY, |key| {
            key.scopes = vec![schemas::control::Scope::WebhooksWrite];
        }),
    ]
}

pub(crate) async fn start() -> TestGateway {
    TestGateway::start_knowing(&[], usual_integrations()).await
}

/// A delivery of Qualtrics.
pub(crate) fn qualtrics(gateway: &TestGateway, topic: &str, message: &Value) -> RequestBuilder {
    let message = message.to_string();
    let hmac = qualtrics::sign(QUALTRICS_KEY.as_bytes(), message.as_bytes());
    let form = [("Topic", topic), ("HMAC", &hmac), ("MSG", &message)];
    gateway.anonymous(&path("qualtrics")).form(&form)
}

/// The end of a response, as Qualtrics tells it.
pub(crate) fn completed(gateway: &TestGateway, response: &str, context: &str) -> RequestBuilder {
    let message = json!({
        "Status": "Complete", "SurveyID": "SV_1", "ResponseID": response, "RecipientID": "",
        "ResponseEventContext": context, "CompletedDate": "2026-11-20 07:58:25", "BrandID": "brand",
        "Comment": "two words", "CreatorID": "UR_1",
    });
    qualtrics(
        gateway,
        "brand.surveyengine.completedResponse.SV_1",
        &message,
    )
}

/// A delivery by Standard Webhooks, signed `at` this time.
pub(crate) fn standard(
    gateway: &TestGateway,
    (id, at): (&str, DateTime<Utc>),
    body: &Value,
) -> RequestBuilder {
    let body = body.to_string();
    let timestamp = at.timestamp();
    let signature = generic::sign(GENERIC_SECRET, id, timestamp, body.as_bytes()).unwrap();
    gateway
        .anonymous(&path("generic"))
        .header("content-type", "application/json")
        .header(generic::ID_HEADER, id)
        .header(generic::TIMESTAMP_HEADER, timestamp)
        .header(generic::SIGNATURE_HEADER, signature)
        .body(body)
}

/// The answer to a webhook that was taken.
pub(crate) async fn taken(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    assert!(text.is_ascii(), "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["status"], "accepted", "{text}");
    body
}

/// Every record of the webhooks topic so far.
pub(crate) async fn webhook_records(gateway: &TestGateway) -> Vec<CollectedRecord> {
    let topic = &gateway.topics.topics().webhooks;
    collect(gateway.topics.brokers(), topic, Until::HighWatermark).await
}

pub(crate) async fn notices(gateway: &TestGateway) -> Vec<WebhookNotice> {
    let records = webhook_records(gateway).await;
    let decode = |record: &CollectedRecord| {
        serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap()
    };
    records.iter().map(decode).collect()
}

/// How often the topic says that the session has ended.
pub(crate) async fn ends(gateway: &TestGateway, session: &str) -> usize {
    let id = format!("{session}.completed");
    let records = gateway.records().await;
    let of_it = |record: &&CollectedRecord| {
        record.header("ce_id") == Some(id.as_str()) && record.key_text() == Some(session)
    };
    records.iter().filter(of_it).count()
}

#[tokio::test]
async fn a_qualtrics_completion_ends_the_session_it_names() {
    let gateway = start().await;
    let session = gateway.session().await;
    let answer = taken(completed(&gateway, "R_1", &session.id)).await;
    assert_eq!(
        (&answer["outcome"], &answer["duplicate"]),
        (&"session_completed".into(), &false.into())
    );
    assert_eq!(ends(&gateway, &session.id).await, 1);
    let records = webhook_records(&gateway).await;
    let [record] = records.as_slice() else {
        panic!("{records:?}")
    };
    let id = IntegrationId::from_random([1; 10]);
    assert_eq!(record.key_text(), Some(id.as_str()));
    assert_eq!(record.header("ce_type"), Some("candor.webhook.notice.v1"));
    assert_eq!(record.header("candor_org"), Some("default"));
    assert_eq!(record.header("ce_id"), answer["notice_id"].as_str());
    let notices = notices(&gateway).await;
    let notice = &notices[0];
    assert_eq!(notice.kind, NoticeKind::ResponseCompleted);
    assert_eq!(notice.outcome, NoticeOutcome::SessionCompleted);
    assert_eq!(notice.event, "surveyengine.completedResponse");
    assert_eq!(notice.survey_id.as_deref(), Some("SV_1"));
    assert_eq!(notice.response_id.as_deref(), Some("R_1"));
    assert_eq!(notice.session_id.unwrap().to_string(), session.id);
    let date = Property::Word("2026-11-20T07:58:25Z".to_owned());
    assert_eq!(notice.fields["CompletedDate"], date);
    assert_eq!(notice.fields.len(), 4, "{:?}", notice.fields);
    assert_eq!(notice.dropped_fields, 1);
    gateway.ended().await;
}

#[tokio::test]
async fn the_other_qualtrics_topics_are_noted_and_end_nothing() {
    let gateway = start().await;
    let session = gateway.session().await;
    let survey = json!({"Status": "Active", "SurveyID": "SV_1", "BrandID": "brand"});
    let partial = json!({"Status": "Partial", "SurveyID": "SV_1", "ResponseID": "R_1", "ResponseEventContext": session.id});
    for (topic, message) in [
        ("brand.controlpanel.activateSurvey", &survey),
        ("brand.controlpanel.activateSurvey", &survey),
        ("brand.surveyengine.partialResponse.SV_1", &partial),
        ("brand.threesixty.created", &survey),
    ] {
        let answer = taken(qualtrics(&gateway, topic, message)).await;
        assert_eq!(answer["outcome"], "noted", "{topic}");
        // A survey may be switched on a second time in the same words.
        assert_eq!(answer["duplicate"], false, "{topic}");
    }
    let kinds: Vec<NoticeKind> = notices(&gateway)
        .await
        .iter()
        .map(|notice| notice.kind)
        .collect();
    use NoticeKind::{Other, ResponsePartial, SurveyActivated};
    assert_eq!(
        kinds,
        [SurveyActivated, SurveyActivated, ResponsePartial, Other]
    );
    assert_eq!(ends(&gateway, &session.id).await, 0);
    gateway.ended().await;
}

#[tokio::test]
async fn a_standard_webhook_ends_a_session_by_its_id_or_by_the_platforms_name() {
    let gateway = start().await;
    let session = gateway.session().await;
    let now = Utc::now();
    let by_id =
        json!({"type": "session.completed", "timestamp": now, "data": {"session_id": session.id}});
    let answer = taken(standard(&gateway, ("msg_1", now), &by_id)).await;
    assert_eq!(answer["outcome"], "session_completed");
    assert_eq!(ends(&gateway, &session.id).await, 1);

    let started_at = now - TimeDelta::minutes(3);
    let name = SessionName {
        survey_id: Some("SV 1"),
        external_id: "R 7",
        started_at,
    };
    let named = secret().derive(&"default".parse().unwrap(), &name);
    let by_name = json!({"type": "response.completed", "data": {
        "external_id": "R 7", "started_at": started_at, "survey_id": "SV 1", "response_id": "R-7",
    }});
    let answer = taken(standard(&gateway, ("msg_2", now), &by_name)).await;
    assert_eq!(answer["outcome"], "session_completed");
    assert_eq!(ends(&gateway, &named.to_string()).await, 1);
    let notices = notices(&gateway).await;
    assert_eq!(notices[1].session_id, Some(named));
    assert_eq!(notices[1].response_id.as_deref(), Some("R-7"));
    // `SV 1` and `R 7` name the session and are no identifiers: they are not kept.
    assert_eq!(notices[1].survey_id, None);
    assert!(notices[1].dropped_fields >= 2, "{:?}", notices[1]);

    let partial = json!({"type": "response.partial", "data": {"session_id": session.id}});
    let answer = taken(standard(&gateway, ("msg_3", now), &partial)).await;
    assert_eq!(answer["outcome"], "noted");
    gateway.ended().await;
}

#[tokio::test]
async fn a_decipher_survey_ends_the_session_with_a_token_or_a_key_however_it_calls() {
    let gateway = start().await;
    let path = path("decipher");
    // With the session's token in the address, which names the session as well.
    let session = gateway.session().await;
    let address = format!(
        "{path}?token={}&status=qualified&survey=selfserve:1",
        session.token
    );
    let answer = taken(gateway.get(&address)).await;
    assert_eq!(answer["outcome"], "session_completed");
    assert_eq!(ends(&gateway, &session.id).await, 1);
    // With the token in the header, as JSON.
    let session = gateway.session().await;
    let body = json!({"session_id": session.id, "status": 3, "record": 42});
    let post = gateway.anonymous(&path).bearer_auth(&session.token);
    assert_eq!(
        taken(post.json(&body)).await["outcome"],
        "session_completed"
    );
    // With a key, as a form; a terminated respondent has come to the end, too.
    let session = gateway.session().await;
    let form = [
        ("session_id", session.id.as_str()),
        ("status", "terminated"),
        ("uuid", "abc"),
    ];
    let post = gateway.anonymous(&path).header("x-api-key", SURVEY_KEY);
    assert_eq!(
        taken(post.form(&form)).await["outcome"],
        "session_completed"
    );
    assert_eq!(ends(&gateway, &session.id).await, 1);
    // A partial one has not.
    let session = gateway.session().await;
    let address = format!("{path}?session_id={}&status=4&record=1", session.id);
    let answer = taken(gateway.get(&address).bearer_auth(SURVEY_KEY)).await;
    assert_eq!(answer["outcome"], "noted");
    assert_eq!(ends(&gateway, &session.id).await, 0);
    let events: Vec<String> = notices(&gateway)
        .await
        .into_iter()
        .map(|notice| notice.event)
        .collect();
    assert_eq!(events, ["qualified", "qualified", "terminated", "partial"]);
    gateway.ended().await;
}

#[tokio::test]
async fn a_look_is_answered_and_does_nothing() {
    let gateway = start().await;
    let session = gateway.session().await;
    let head = |path: &str| reqwest::Client::new().head(gateway.url(path));
    for platform in ["qualtrics", "decipher", "generic"] {
        for address in [
            path(platform),
            format!("{}?integration=int_x", path(platform)),
        ] {
            let response = gateway.get(&address).send().await.unwrap();
            assert_eq!(response.status(), 200, "{address}");
            let body: Value = response.json().await.unwrap();
            assert_eq!(body, json!({"status": "ready", "platform": platform}));
        }
    }
    let notice = format!("{}?status=3&token={}", path("decipher"), session.token);
    let response: Response = head(&notice).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(notices(&gateway).await.len(), 0);
    assert_eq!(ends(&gateway, &session.id).await, 0);
    gateway.ended().await;
}

#[tokio::test]
async fn a_repeated_webhook_is_recognised_and_stored_once() {
    let gateway = start().await;
    let session = gateway.session().await;
    let now = Utc::now();
    let body = json!({"type": "session.completed", "data": {"session_id": session.id}});
    let decipher = format!("{}?token={}&status=3", path("decipher"), session.token);
    let each = || {
        [
            completed(&gateway, "R_1", &session.id),
            standard(&gateway, ("msg_1", now), &body),
            gateway.get(&decipher),
        ]
    };
    for request in each() {
        let first = taken(request.try_clone().unwrap()).await;
        let second = taken(request).await;
        let mut expected = first.clone();
        expected["duplicate"] = true.into();
        assert_eq!((&first["duplicate"], &second), (&false.into(), &expected));
    }
    // Another brand before the topic makes nothing new of a signed message.
    let message = json!({"Status": "Complete", "SurveyID": "SV_1", "ResponseID": "R_1"});
    let other = qualtrics(
        &gateway,
        "other.surveyengine.completedResponse.SV_1",
        &message,
    );
    assert_eq!(taken(other).await["duplicate"], true);
    assert_eq!(notices(&gateway).await.len(), 3);
    assert_eq!(ends(&gateway, &session.id).await, 3);
    let count = r#"ingest_webhooks_total{outcome="duplicate",platform="qualtrics"}"#;
    assert!((gateway.metric(count).await - 2.0).abs() < f64::EPSILON);
    gateway.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_copies_at_the_same_moment_one_is_stored_and_all_are_answered() {
    let gateway = start().await;
    let session = gateway.session().await;
    let copies = (0..16).map(|_| taken(completed(&gateway, "R_1", &session.id)));
    let answers = futures::future::join_all(copies).await;
    let new = answers
        .iter()
        .filter(|answer| answer["duplicate"] == false)
        .count();
    assert_eq!(new, 1, "{answers:?}");
    assert_eq!(notices(&gateway).await.len(), 1);
    assert_eq!(ends(&gateway, &session.id).await, 1);
    gateway.ended().await;
}

#[tokio::test]
async fn a_completion_that_names_no_session_of_the_organisation_is_unmatched() {
    let gateway = start().await;
    let foreign = mint("other").to_string();
    let ours = mint("default").to_string();
    let (head, last) = ours.split_at(ours.len() - 1);
    let forged = format!("{head}{}", if last == "0" { '1' } else { '0' });
    let contexts = [
        foreign.as_str(),
        &forged,
        "",
        "a text somebody wrote",
        "P-1",
    ];
    for (number, context) in contexts.iter().enumerate() {
        let answer = taken(completed(&gateway, &format!("R_{number}"), context)).await;
        assert_eq!(answer["outcome"], "unmatched", "{context}");
    }
    assert_eq!(gateway.records().await.len(), 0, "nothing was ended");
    let notices = notices(&gateway).await;
    assert!(notices.iter().all(|notice| {
        notice.outcome == NoticeOutcome::Unmatched && notice.session_id.is_none()
    }));
    // What stood there is kept if it may be, so that one can see why nothing was found.
    let kept: Vec<Option<&Property>> = notices
        .iter()
        .map(|notice| notice.fields.get("ResponseEventContext"))
        .collect();
    let word = |text: &str| Property::Word(text.to_owned());
    let expected = [
        Some(&word(&foreign)),
        Some(&word(&forged)),
        None,
        None,
        Some(&word("P-1")),
    ];
    assert_eq!(kept, expected);
    let count = r#"ingest_webhooks_total{outcome="unmatched",platform="qualtrics"}"#;
    assert!((gateway.metric(count).await - 5.0).abs() < f64::EPSILON);
    gateway.ended().await;
}

//! Who is let in, how often, and what a page may read of it.

use std::num::NonZeroU32;

use axum::http::HeaderMap;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::Utc;
use ed25519_dalek::{Signer, SigningKey};
use reqwest::{Method, RequestBuilder, Response};
use schemas::control::{AgentKey, ControlRecord, OrganisationSettings, RateLimit};
use schemas::session::{AgentOutcome, SessionStarted};

use crate::support::{KEY, TestGateway, events, expect_problem, key};

const SESSIONS: &str = "/api/v1/detection/sessions";
const PUBLISHABLE: &str = "pk_test_edge";
const PAGE: &str = "https://surveys.example.com";
const FOREIGN: &str = "https://elsewhere.example.net";

fn publishable() -> ControlRecord {
    key(PUBLISHABLE, |options| {
        options.origins = vec![PAGE.parse().unwrap()];
    })
}

fn limit(per_second: u32, burst: u32) -> RateLimit {
    let number = |number| NonZeroU32::new(number).unwrap();
    RateLimit {
        per_second: number(per_second),
        burst: number(burst),
    }
}

fn settings(change: impl FnOnce(&mut OrganisationSettings)) -> ControlRecord {
    let mut settings = OrganisationSettings {
        organisation: "default".parse().unwrap(),
        allow: Vec::new(),
        deny: Vec::new(),
        key_limit: None,
        versions: None,
    };
    change(&mut settings);
    ControlRecord::Organisation(settings)
}

fn from_page(gateway: &TestGateway, page: &str) -> RequestBuilder {
    let post = gateway.anonymous(SESSIONS).bearer_auth(PUBLISHABLE);
    post.header("origin", page)
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

fn number(headers: &HeaderMap, name: &str) -> u32 {
    headers[name].to_str().unwrap().parse().unwrap()
}

async fn preflight(gateway: &TestGateway, path: &str, page: &str) -> Response {
    let request = reqwest::Client::new().request(Method::OPTIONS, gateway.url(path));
    let request = request.header("origin", page);
    send(request.header("access-control-request-method", "POST")).await
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_how_long_to_wait() {
    let slow = key(KEY, |options| options.limit = Some(limit(1, 3)));
    let gateway = TestGateway::start_knowing(&[], [slow]).await;
    for left in [2, 1, 0] {
        let response = send(gateway.post(SESSIONS)).await;
        assert_eq!(response.status(), 201);
        let headers = response.headers();
        assert_eq!(number(headers, "ratelimit-limit"), 3);
        assert_eq!(number(headers, "ratelimit-remaining"), left);
        assert!(number(headers, "ratelimit-reset") <= 3);
        assert_eq!(headers["ratelimit-policy"], "1;w=1;burst=3;name=\"key\"");
        assert!(!headers.contains_key("retry-after"));
    }
    let response = send(gateway.post(SESSIONS)).await;
    assert_eq!(number(response.headers(), "retry-after"), 1);
    assert_eq!(number(response.headers(), "ratelimit-remaining"), 0);
    expect_problem(response, 429, "rate_limited").await;
    let refused = gateway
        .metric("ingest_rate_limited_total{bucket=\"key\"}")
        .await;
    assert_eq!(refused, 1.0);
    gateway.ended().await;
}

#[tokio::test]
async fn a_flooded_session_leaves_the_others_alone() {
    let set = [
        ("CANDOR_INGEST_SESSION_PER_SECOND", "1"),
        ("CANDOR_INGEST_SESSION_BURST", "2"),
    ];
    let gateway = TestGateway::start_with(&set).await;
    let (flooded, other) = (gateway.session().await, gateway.session().await);
    let post = |id: &str| gateway.batch(id, events(1).to_string());
    assert_eq!(send(post(&flooded.id)).await.status(), 202);
    assert_eq!(send(post(&flooded.id)).await.status(), 202);
    let refused = send(post(&flooded.id)).await;
    assert_eq!(
        refused.headers()["ratelimit-policy"],
        "1;w=1;burst=2;name=\"session\""
    );
    expect_problem(refused, 429, "rate_limited").await;
    assert_eq!(send(post(&other.id)).await.status(), 202);
    gateway.ended().await;
}

#[tokio::test]
async fn guessing_uses_up_the_address_and_not_the_keys_of_others() {
    let set = [
        ("CANDOR_INGEST_ADDRESS_PER_SECOND", "1"),
        ("CANDOR_INGEST_ADDRESS_BURST", "3"),
    ];
    let gateway = TestGateway::start_with(&set).await;
    let guess = || gateway.anonymous(SESSIONS).bearer_auth("sk_live_guessed");
    for _ in 0..3 {
        expect_problem(send(guess()).await, 401, "credentials_invalid").await;
    }
    expect_problem(send(guess()).await, 429, "rate_limited").await;
    assert_eq!(
        send(gateway.post(SESSIONS)).await.status(),
        201,
        "servers have no address bucket"
    );
    gateway.ended().await;
}

#[tokio::test]
async fn addresses_are_refused_by_gateway_organisation_and_key() {
    let denied = TestGateway::start_with(&[("CANDOR_INGEST_DENY_NETWORKS", "127.0.0.0/8")]).await;
    expect_problem(send(denied.post(SESSIONS)).await, 403, "address_refused").await;
    denied.ended().await;
    let far = ["203.0.113.0/24".parse().unwrap()];
    let bound = key("sk_test_bound", |options| options.networks = far.to_vec());
    let gateway =
        TestGateway::start_knowing(&[("CANDOR_TRUSTED_PROXIES", "127.0.0.0/8")], [bound]).await;
    let with = |text: &str, address: &str| {
        let post = gateway.anonymous(SESSIONS).bearer_auth(text);
        post.header("x-forwarded-for", address)
    };
    assert_eq!(
        send(with("sk_test_bound", "203.0.113.7")).await.status(),
        201
    );
    expect_problem(
        send(with("sk_test_bound", "198.51.100.7")).await,
        403,
        "address_refused",
    )
    .await;
    expect_problem(
        send(with("sk_test_bound", "unreadable")).await,
        403,
        "address_refused",
    )
    .await;
    assert_eq!(
        send(with(KEY, "unreadable")).await.status(),
        201,
        "no list asks for an address"
    );
    gateway.ended().await;
    let closed = settings(|settings| settings.deny = vec!["127.0.0.0/8".parse().unwrap()]);
    let gateway = TestGateway::start_knowing(&[], [closed]).await;
    expect_problem(send(gateway.post(SESSIONS)).await, 403, "address_refused").await;
    gateway.ended().await;
}

#[tokio::test]
async fn a_preflight_is_answered_by_what_any_key_admits() {
    let gateway = TestGateway::start_knowing(&[], [publishable()]).await;
    for path in [
        SESSIONS,
        "/api/v1/detection/sessions/x/events",
        "/api/v1/detection/sessions/x/complete",
    ] {
        let allowed = preflight(&gateway, path, PAGE).await;
        assert_eq!(allowed.status(), 204, "{path}");
        let headers = allowed.headers();
        assert_eq!(headers["access-control-allow-origin"], PAGE);
        assert_eq!(headers["access-control-allow-methods"], "POST");
        let names = headers["access-control-allow-headers"].to_str().unwrap();
        for name in [
            "authorization",
            "x-api-key",
            "content-type",
            "content-encoding",
            "idempotency-key",
            "traceparent",
        ] {
            assert!(
                names.split(", ").any(|allowed| allowed == name),
                "{name}: {names}"
            );
        }
    }
    let refused = preflight(&gateway, SESSIONS, FOREIGN).await;
    assert!(
        !refused
            .headers()
            .contains_key("access-control-allow-origin")
    );
    expect_problem(refused, 403, "origin_refused").await;
    gateway.ended().await;
}

#[tokio::test]
async fn a_page_is_admitted_by_its_key_and_reads_every_answer() {
    let gateway = TestGateway::start_knowing(&[], [publishable()]).await;
    let begun = send(from_page(&gateway, PAGE)).await;
    assert_eq!(begun.status(), 201);
    assert_eq!(begun.headers()["access-control-allow-origin"], PAGE);
    let exposed = begun.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        exposed.contains("ratelimit-remaining") && exposed.contains("retry-after"),
        "{exposed}"
    );
    let foreign = send(from_page(&gateway, FOREIGN)).await;
    assert!(
        !foreign
            .headers()
            .contains_key("access-control-allow-origin")
    );
    expect_problem(foreign, 403, "origin_refused").await;
    let nowhere = gateway.anonymous(SESSIONS).bearer_auth(PUBLISHABLE);
    expect_problem(send(nowhere).await, 403, "origin_refused").await;
    let wrong = send(from_page(&gateway, PAGE).body("[1]")).await;
    assert_eq!(
        wrong.headers()["access-control-allow-origin"],
        PAGE,
        "a page can read the problem"
    );
    expect_problem(wrong, 422, "invalid_session").await;
    gateway.ended().await;
}

#[tokio::test]
async fn a_secret_key_in_a_page_is_refused() {
    let gateway = TestGateway::start_knowing(&[], [publishable()]).await;
    let leaked = send(gateway.post(SESSIONS).header("origin", PAGE)).await;
    assert!(!leaked.headers().contains_key("access-control-allow-origin"));
    expect_problem(leaked, 403, "secret_key_in_browser").await;
    let own = gateway.url("");
    assert_eq!(
        send(gateway.post(SESSIONS).header("origin", own))
            .await
            .status(),
        201
    );
    gateway.ended().await;
}

/// What a declared agent's browser puts on a request to `authority`.
fn signed(request: RequestBuilder, signer: &SigningKey, authority: &str) -> RequestBuilder {
    let created = Utc::now().timestamp();
    let input = format!(
        "(\"@authority\" \"signature-agent\");created={created};expires={};keyid=\"agent-key\";tag=\"web-bot-auth\"",
        created + 60
    );
    let agent = "\"https://agent.example.com\"";
    let base = format!(
        "\"@authority\": {authority}\n\"signature-agent\": {agent}\n\"@signature-params\": {input}"
    );
    let signature = BASE64_STANDARD.encode(signer.sign(base.as_bytes()).to_bytes());
    request
        .header("signature-agent", agent)
        .header("signature-input", format!("sig1={input}"))
        .header("signature", format!("sig1=:{signature}:"))
}

/// The control record of the signer's key.
fn agent_of(signer: &SigningKey) -> ControlRecord {
    ControlRecord::Agent(AgentKey {
        key_id: "agent-key".to_owned(),
        public_key: BASE64_URL_SAFE_NO_PAD.encode(signer.verifying_key().as_bytes()),
        agent: "example-agent".to_owned(),
        directory: Some("https://agent.example.com".to_owned()),
        created_at: Utc::now(),
        revoked_at: None,
    })
}

#[tokio::test]
async fn a_declared_agent_and_contradicting_hints_are_stamped() {
    let signer = SigningKey::from_bytes(&[9; 32]);
    let gateway = TestGateway::start_knowing(&[], [publishable(), agent_of(&signer)]).await;
    let authority = gateway.address.to_string();
    let hinted = from_page(&gateway, PAGE)
        .header(
            "user-agent",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36",
        )
        .header("sec-ch-ua-platform", "\"Linux\"")
        .header("sec-ch-ua-mobile", "?0");
    for request in [
        signed(hinted, &signer, &authority),
        signed(from_page(&gateway, PAGE), &signer, "shop.example.net"),
        from_page(&gateway, PAGE),
        signed(gateway.post(SESSIONS), &signer, &authority),
    ] {
        assert_eq!(send(request).await.status(), 201);
    }
    let records = gateway.records().await;
    let payloads = records
        .iter()
        .filter_map(|record| record.payload.as_deref());
    let started: Vec<SessionStarted> = payloads
        .map(|payload| serde_json::from_slice(payload).unwrap())
        .collect();
    let outcomes: Vec<_> = started
        .iter()
        .map(|start| start.client.agent.as_ref().map(|agent| agent.outcome))
        .collect();
    assert_eq!(
        outcomes,
        [
            Some(AgentOutcome::Verified),
            Some(AgentOutcome::Invalid),
            None,
            None
        ]
    );
    let verified = &started[0].client;
    assert_eq!(
        verified.agent.as_ref().unwrap().agent.as_deref(),
        Some("example-agent")
    );
    assert_eq!(verified.hint_platform.as_deref(), Some("linux"));
    assert_eq!(
        (verified.hint_mobile, verified.hint_mismatch),
        (Some(false), Some(true))
    );
    assert_eq!(started[2].client.hint_mismatch, None);
    gateway.ended().await;
}

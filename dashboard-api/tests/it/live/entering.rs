//! Who may watch, and how many.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use sha2::{Digest, Sha256};
use tokio_tungstenite::tungstenite::handshake::client::Request;

use super::watching::{Events, Socket, Watching, handshake, refused, with_header};
use crate::access::sign_in;
use crate::harness::{KEY, SECRET, TestApi, database, login_url, problem};

/// A sign-in that ends so soon, as the service would have made it.
pub(crate) fn cookie_for(seconds: i64) -> String {
    let mut key = Sha256::new();
    for part in ["candor.dashboard-cookie.v1", SECRET, KEY] {
        key.update((part.len() as u64).to_be_bytes());
        key.update(part);
    }
    let expires_at = (Utc::now() + TimeDelta::seconds(seconds)).timestamp();
    let mut bytes = expires_at.to_be_bytes().to_vec();
    bytes.extend_from_slice(b"ours");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.finalize()).unwrap();
    mac.update(&bytes);
    bytes.extend_from_slice(&mac.finalize().into_bytes());
    format!("candor_session={}", URL_SAFE_NO_PAD.encode(bytes))
}

fn with_cookie(api: &TestApi, cookie: &str, origin: Option<&str>) -> Request {
    let request = with_header(handshake(api, ""), "cookie", cookie);
    match origin {
        Some(origin) => with_header(request, "origin", origin),
        None => request,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_watches_only_from_pages_of_its_own_origin() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let signed_in = sign_in(&api, KEY).send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let own = format!("http://{}", api.address);
    Socket::connect(with_cookie(&api, cookie, Some(&own)))
        .await
        .begun()
        .await;
    for origin in [None, Some("https://evil.example"), Some("null")] {
        let outcome = refused(with_cookie(&api, cookie, origin)).await;
        assert_eq!(outcome, (403, "origin_refused".to_owned()), "{origin:?}");
    }
    // A browser's own page names no origin when it reads events.
    let ask = || {
        api.request(Method::GET, "/api/v1/live")
            .header("cookie", cookie)
    };
    Events::of(ask().send().await.unwrap()).begun().await;
    let foreign = ask()
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    problem(foreign, 403, "origin_refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_watches_without_a_key_and_no_key_is_taken_from_the_address() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let outcome = refused(handshake(&api, "")).await;
    assert_eq!(outcome, (401, "credentials_missing".to_owned()));
    let outcome = refused(handshake(&api, &format!("?key={KEY}"))).await;
    assert_eq!(outcome, (401, "credentials_missing".to_owned()));
    let wrong = with_header(handshake(&api, ""), "x-api-key", "sk_test_wrong");
    assert_eq!(
        refused(wrong).await,
        (401, "credentials_invalid".to_owned())
    );
    let writing = with_header(handshake(&api, ""), "authorization", "Bearer pk_test_1");
    assert_eq!(
        refused(writing).await,
        (403, "secret_key_required".to_owned())
    );
    let ended = with_cookie(
        &api,
        &cookie_for(-1),
        Some(&format!("http://{}", api.address)),
    );
    assert_eq!(
        refused(ended).await,
        (401, "credentials_invalid".to_owned())
    );
    let unknown = with_header(handshake(&api, "?key=1"), "x-api-key", KEY);
    assert_eq!(
        refused(unknown).await,
        (422, "invalid_parameters".to_owned())
    );
    for path in ["/ws", "/api/v1/live"] {
        let response = api.request(Method::GET, path).send().await.unwrap();
        problem(response, 401, "credentials_missing").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_sockets_says_what_it_speaks() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let response = api.get("/ws").await;
    assert_eq!(response.headers()["upgrade"], "websocket");
    problem(response, 426, "upgrade_required").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_so_many_and_a_place_that_is_left_is_free() {
    let database = database().await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.live.organisation_clients = 2;
    })
    .await;
    let first = Socket::open(&api, "").await.begun().await;
    let _second = Events::open(&api, "", None).await.begun().await;
    let response = api.get("/api/v1/live").await;
    assert_eq!(response.headers()["retry-after"], "1");
    problem(response, 429, "too_many_live_connections").await;
    drop(first);
    testkit::wait_until("a free place", crate::harness::DEADLINE, async || match api
        .get("/api/v1/live")
        .await
        .status()
        .as_u16()
    {
        200 => Ok(()),
        other => Err(other),
    })
    .await;
    let full = TestApi::start_with(&login_url(&database), |config| config.live.clients = 1).await;
    let _only = Socket::open(&full, "").await.begun().await;
    problem(full.get("/api/v1/live").await, 503, "live_full").await;
}

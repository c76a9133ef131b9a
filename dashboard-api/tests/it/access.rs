//! Who may read, and what.

use chrono::{TimeDelta, Utc};
use dashboard_api::sign_in_link;
use reqwest::{Method, StatusCode};
use runtime::config::Secret;
use schemas::ids::SessionSecret;
use schemas::token::IngestGrant;
use serde_json::json;

use crate::harness::{KEY, SECRET, TestApi, body, database, login_url, mint, problem};
use crate::rows::Row;

/// Method and path of every reading route, for one session.
pub(crate) fn reading_routes(id: &str) -> [(Method, String); 6] {
    [
        (Method::GET, "/api/v1/dashboard/overview".to_owned()),
        (Method::GET, "/api/v1/dashboard/sessions".to_owned()),
        (
            Method::GET,
            format!("/api/v1/dashboard/sessions/{id}/details"),
        ),
        (
            Method::GET,
            format!("/api/v1/detection/sessions/{id}/status"),
        ),
        (
            Method::GET,
            format!("/api/v1/detection/sessions/{id}/ready-for-analysis"),
        ),
        (
            Method::POST,
            format!("/api/v1/detection/sessions/{id}/analyze"),
        ),
    ]
}

#[tokio::test]
async fn only_the_secret_key_reads() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let id = api.mint();
    let grant = IngestGrant {
        session_id: id,
        organisation: api.organisation().clone(),
        expires_at: Utc::now() + TimeDelta::hours(1),
    };
    let token = grant.seal(&SessionSecret::new(SECRET).unwrap());
    for (method, path) in reading_routes(&id.to_string()) {
        let ask = || api.request(method.clone(), &path);
        let response = ask().send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        problem(response, 401, "credentials_missing").await;
        for wrong in ["sk_test_wrong", "", "sk_test_4f1c2b7a90d84e5"] {
            let response = ask().bearer_auth(wrong).send().await.unwrap();
            problem(response, 401, "credentials_invalid").await;
        }
        let response = ask().basic_auth("user", Some(KEY)).send().await.unwrap();
        problem(response, 401, "credentials_invalid").await;
        for writing in ["pk_test_1", "pk_live_1", &token] {
            let response = ask().bearer_auth(writing).send().await.unwrap();
            problem(response, 403, "secret_key_required").await;
            let response = ask().header("x-api-key", writing).send().await.unwrap();
            problem(response, 403, "secret_key_required").await;
        }
        let response = ask().header("x-api-key", KEY).send().await.unwrap();
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.status()
        );
    }
}

#[tokio::test]
async fn forged_and_foreign_ids_are_unknown() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let genuine = api.mint().to_string();
    let last = if genuine.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &genuine[..genuine.len() - 1]);
    let ids = [
        forged,
        mint("theirs").to_string(),
        genuine.to_uppercase(),
        "0f4b6f1e-8a5f-4a51-9d3e-2f6f0d0c7a10".to_owned(),
        "nonsense".to_owned(),
        "%ff".to_owned(),
    ];
    for id in ids {
        for (method, path) in reading_routes(&id).into_iter().skip(2) {
            let response = api.request(method, &path).bearer_auth(KEY).send().await;
            problem(response.unwrap(), 404, "unknown_session").await;
        }
    }
}

#[tokio::test]
async fn organisations_never_see_each_other() {
    let database = database().await;
    let ours = TestApi::start(&database).await;
    let change = |config: &mut dashboard_api::DashboardConfig| {
        config.organisation = "theirs".to_owned();
    };
    let theirs = TestApi::start_with(&login_url(&database), change).await;
    let row = Row::judged(ours.mint(), (900, "CRITICAL", "scripted_bot"));
    row.store(&database).await;
    let path = |what: &str| format!("/api/v1/dashboard/{what}");
    assert_eq!(ours.json(&path("overview")).await["sessions"]["total"], 1);
    assert_eq!(theirs.json(&path("overview")).await["sessions"]["total"], 0);
    assert_eq!(theirs.json(&path("sessions")).await["sessions"], json!([]));
    // The id verifies for its own organisation only, and even a stolen row would not be shown.
    let details = theirs
        .get(&path(&format!("sessions/{}/details", row.id)))
        .await;
    problem(details, 404, "unknown_session").await;
    let stolen = Row {
        organisation: "ours",
        ..Row::new(theirs.mint())
    };
    stolen.store(&database).await;
    let status = format!("/api/v1/detection/sessions/{}/status", stolen.id);
    assert_eq!(theirs.json(&status).await["status"], "pending");
}

pub(crate) fn sign_in(api: &TestApi, key: &str) -> reqwest::RequestBuilder {
    api.request(Method::POST, "/api/v1/sign-in")
        .json(&json!({ "key": key }))
}

/// The `Set-Cookie` of a sign-in with the key.
pub(crate) async fn signed_in(api: &TestApi) -> String {
    let response = sign_in(api, KEY).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn only_the_key_signs_in_and_only_from_its_own_origin() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let wrong = sign_in(&api, "sk_test_no").send().await.unwrap();
    problem(wrong, 401, "credentials_invalid").await;
    let foreign = sign_in(&api, KEY).header("origin", "http://evil.example");
    problem(foreign.send().await.unwrap(), 403, "origin_refused").await;
    let malformed = api.request(Method::POST, "/api/v1/sign-in").body("{");
    problem(malformed.send().await.unwrap(), 400, "malformed_json").await;

    let set = signed_in(&api).await;
    for part in ["HttpOnly", "SameSite=Strict", "Max-Age=43200", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    let behind_https = sign_in(&api, KEY).header("x-forwarded-proto", "https");
    let response = behind_https.send().await.unwrap();
    let set = response.headers()["set-cookie"].to_str().unwrap();
    assert!(set.contains("; Secure"), "{set}");

    let sign_out = api.request(Method::POST, "/api/v1/sign-out");
    let sign_out = sign_out.header("origin", format!("http://{}", api.address));
    let response = sign_out.send().await.unwrap();
    let set = response.headers()["set-cookie"].to_str().unwrap();
    assert!(
        set.contains("candor_session=;") && set.contains("Max-Age=0"),
        "{set}"
    );
}

#[tokio::test]
async fn a_cookie_reads_and_writes_only_from_pages_of_its_own_origin() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let set = signed_in(&api).await;
    let cookie = set.split(';').next().unwrap().to_owned();
    let overview = |cookie: String| {
        api.request(Method::GET, "/api/v1/dashboard/overview")
            .header("cookie", cookie)
    };
    let response = overview(format!("other=1; {cookie}")).send().await.unwrap();
    body(response, StatusCode::OK).await;
    let damaged = overview(format!("{cookie}A")).send().await.unwrap();
    problem(damaged, 401, "credentials_invalid").await;

    let analyze = format!("/api/v1/detection/sessions/{}/analyze", api.mint());
    let analyze = |origin: Option<String>| {
        let request = api
            .request(Method::POST, &analyze)
            .header("cookie", &cookie);
        match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    };
    let foreign = [None, Some("http://evil.example"), Some("null")];
    for origin in foreign {
        let response = analyze(origin.map(str::to_owned)).send().await.unwrap();
        problem(response, 403, "origin_refused").await;
    }
    let own = analyze(Some(format!("http://{}", api.address)));
    assert_eq!(own.send().await.unwrap().status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_link_signs_in_until_it_expires() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let secret = Secret::new(SECRET);
    let open = async |path: &str| api.request(Method::GET, path).send().await.unwrap();
    let response = open(&sign_in_link(&secret, api.organisation(), Utc::now())).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/");
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let overview = api
        .request(Method::GET, "/api/v1/dashboard/overview")
        .header("cookie", &cookie);
    assert_eq!(overview.send().await.unwrap().status(), StatusCode::OK);

    let old = sign_in_link(
        &secret,
        api.organisation(),
        Utc::now() - TimeDelta::minutes(11),
    );
    let other = Secret::new("another-secret-of-these-tests");
    let foreign = sign_in_link(&other, api.organisation(), Utc::now());
    // A cookie is not a link, and a link is not a cookie.
    let cookie_as_link = format!("/sign-in?token={}", cookie.split_once('=').unwrap().1);
    for path in [old.as_str(), &foreign, &cookie_as_link, "/sign-in?token="] {
        let response = open(path).await;
        assert_eq!(
            response.headers()["location"],
            "/?sign-in=expired",
            "{path}"
        );
        assert!(!response.headers().contains_key("set-cookie"), "{path}");
    }
    let link = sign_in_link(&secret, api.organisation(), Utc::now());
    let token = link.split_once('=').unwrap().1;
    let overview = api
        .request(Method::GET, "/api/v1/dashboard/overview")
        .header("cookie", format!("candor_session={token}"));
    problem(overview.send().await.unwrap(), 401, "credentials_invalid").await;
}

#[tokio::test]
async fn neither_keys_nor_tokens_nor_cookies_are_logged() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    api.json("/api/v1/dashboard/overview").await;
    let wrong = "sk_live_this_key_is_wrong";
    let refused = api
        .request(Method::GET, "/api/v1/dashboard/overview")
        .bearer_auth(wrong);
    problem(refused.send().await.unwrap(), 401, "credentials_invalid").await;
    let link = sign_in_link(&Secret::new(SECRET), api.organisation(), Utc::now());
    let response = api.request(Method::GET, &link).send().await.unwrap();
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    let cookie = cookie
        .split(';')
        .next()
        .unwrap()
        .split_once('=')
        .unwrap()
        .1
        .to_owned();
    let token = link.split_once('=').unwrap().1;
    let log = crate::logs::text();
    assert!(
        log.contains("verdicts are followed"),
        "nothing was collected: {log}"
    );
    for secret in [KEY, wrong, SECRET, &cookie, token] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

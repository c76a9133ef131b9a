//! The loader in a real Chromium: pages of other origins, served by the test itself.
//!
//! `--dump-dom` prints a page as it stands when its scripts have come to rest. Virtual time lets the
//! loader's pauses pass at once, while requests take the time they take.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get};
use schemas::session::SessionStarted;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{TestGateway, key};

const PUBLISHABLE: &str = "pk_test_browser";
/// Far more than the loader's pauses together; it passes in an instant.
const VIRTUAL_MS: &str = "120000";
const REAL_LIMIT: Duration = Duration::from_secs(90);

/// A server of the test's, until dropped.
struct Site {
    address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Site {
    async fn serve(router: Router) -> Self {
        let (listener, address) = Self::bind().await;
        Self::on(listener, address, router)
    }

    /// The address first: the page must be known before its key, and the key before the page.
    async fn bind() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn on(listener: TcpListener, address: SocketAddr, router: Router) -> Self {
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, serving }
    }

    fn origin(&self) -> String {
        origin(self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn origin(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn page(html: String) -> Router {
    Router::new().route("/", get(move || async move { Html(html) }))
}

/// A survey's page: loads the loader as `script` says and shows how that ended.
fn survey(script: &str, then: &str) -> String {
    survey_that(script, then, "")
}

/// The same, with a script of its own.
fn survey_that(script: &str, then: &str, does: &str) -> String {
    format!(
        "<!doctype html><meta charset=utf-8><title>Survey</title><p id=outcome>nothing happened</p>
        <script {script}></script>
        <script>
        const show = text => document.getElementById('outcome').textContent = text;
        {does}
        if (!window.candor) show('the loader did not run');
        else candor.ready.then({then}, error => show('error ' + error.code + ' ' + error.status));
        </script>"
    )
}

const SHOW_SESSION: &str = "session => show('session ' + session.sessionId)";

/// What Chromium shows at `url`: the text of the page's outcome.
async fn outcome(url: &str) -> String {
    let profile = std::env::temp_dir().join(format!("candor-browser-{}", rand::random::<u64>()));
    let mut command = tokio::process::Command::new("chromium");
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args([
            "--disable-dev-shm-usage",
            "--no-proxy-server",
            "--disable-crash-reporter",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--virtual-time-budget={VIRTUAL_MS}"))
        .args(["--dump-dom", url])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let ran = tokio::time::timeout(REAL_LIMIT, command.output()).await;
    let _ = std::fs::remove_dir_all(&profile);
    let output = ran
        .unwrap_or_else(|_| panic!("chromium did not come to rest within {REAL_LIMIT:?} at {url}"))
        .unwrap_or_else(|error| {
            panic!("chromium cannot be started ({error}); scripts/setup installs it")
        });
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = dom
        .split_once("<p id=\"outcome\">")
        .and_then(|(_, rest)| rest.split_once("</p>"));
    let Some((text, _)) = text else {
        panic!(
            "no outcome in:\n{dom}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    text.to_owned()
}

/// Version, address and hash of the loader.
async fn integrity(gateway: &TestGateway) -> (String, String) {
    let about = gateway.get("/sdk/v1/integrity.json").send().await.unwrap();
    let about: Value = about.json().await.unwrap();
    let text = |name: &str| about[name].as_str().unwrap().to_owned();
    (gateway.url(&text("path")), text("integrity"))
}

/// A gateway whose publishable key is for pages at `address`.
async fn gateway_for(address: SocketAddr) -> TestGateway {
    let record = key(PUBLISHABLE, |options| {
        options.origins = vec![origin(address).parse().unwrap()];
    });
    TestGateway::start_knowing(&[], [record]).await
}

async fn started(gateway: &TestGateway) -> Vec<SessionStarted> {
    let records = gateway.records().await;
    let payloads = records
        .iter()
        .filter_map(|record| record.payload.as_deref());
    // These sessions have no other record: nothing else decodes.
    payloads
        .map(|payload| serde_json::from_slice(payload).unwrap())
        .collect()
}

#[tokio::test]
async fn a_page_that_pins_the_loader_opens_a_session_and_keeps_it_over_a_reload() {
    let (listener, address) = Site::bind().await;
    let gateway = gateway_for(address).await;
    let (url, integrity) = integrity(&gateway).await;
    let script = format!(
        "src='{url}' integrity='{integrity}' crossorigin=anonymous data-key={PUBLISHABLE} \
         data-survey=SV_1 data-platform=qualtrics data-respondent=R_1"
    );
    let reload = "session => {
        const first = sessionStorage.getItem('first');
        if (first) show('sessions ' + first + ' ' + session.sessionId);
        else { sessionStorage.setItem('first', session.sessionId); location.reload(); }
    }";
    let site = Site::on(listener, address, page(survey(&script, reload)));
    let shown = outcome(&site.origin()).await;
    let started = started(&gateway).await;
    assert_eq!(started.len(), 1, "{shown}");
    let id = started[0].session_id;
    assert_eq!(shown, format!("sessions {id} {id}"));
    assert!(started[0].test, "a test key's session is a trial");
    assert_eq!(started[0].platform.as_deref(), Some("qualtrics"));
    assert_eq!(started[0].survey_id.as_deref(), Some("SV_1"));
    assert_eq!(started[0].respondent_id.as_deref(), Some("R_1"));
    assert_eq!(
        started[0].client.user_agent_class.as_deref(),
        Some("headless")
    );
    assert!(started[0].client.address_hash.is_some());
    gateway.ended().await;
}

#[tokio::test]
async fn a_foreign_page_is_refused_before_it_can_ask() {
    let (_listener, admitted) = Site::bind().await;
    let gateway = gateway_for(admitted).await;
    let script = format!(
        "src='{}' data-key={PUBLISHABLE}",
        gateway.url("/sdk/v1/candor.js")
    );
    let site = Site::serve(page(survey(&script, SHOW_SESSION))).await;
    assert_eq!(outcome(&site.origin()).await, "error unreachable 0");
    let refused = gateway
        .metric("ingest_problems_total{code=\"origin_refused\"}")
        .await;
    assert!(refused >= 1.0, "{refused}");
    assert!(started(&gateway).await.is_empty());
    gateway.ended().await;
}

#[tokio::test]
async fn a_loader_with_another_hash_does_not_run() {
    let (listener, address) = Site::bind().await;
    let gateway = gateway_for(address).await;
    let (url, integrity) = integrity(&gateway).await;
    let wrong = format!("sha384-{}", "A".repeat(64));
    assert_eq!(wrong.len(), integrity.len());
    let script =
        format!("src='{url}' integrity='{wrong}' crossorigin=anonymous data-key={PUBLISHABLE}");
    let site = Site::on(listener, address, page(survey(&script, SHOW_SESSION)));
    assert_eq!(outcome(&site.origin()).await, "the loader did not run");
    assert!(started(&gateway).await.is_empty());
    gateway.ended().await;
}

#[tokio::test]
async fn a_page_can_read_why_its_key_is_refused() {
    let (listener, address) = Site::bind().await;
    let gateway = gateway_for(address).await;
    let script = format!(
        "src='{}' data-key=pk_test_unknown",
        gateway.url("/sdk/v1/candor.js")
    );
    let site = Site::on(listener, address, page(survey(&script, SHOW_SESSION)));
    assert_eq!(
        outcome(&site.origin()).await,
        "error credentials_invalid 401"
    );
    gateway.ended().await;
}

#[tokio::test]
async fn nothing_is_sent_or_stored_before_consent() {
    let (listener, address) = Site::bind().await;
    let gateway = gateway_for(address).await;
    let script = format!(
        "src='{}' data-key={PUBLISHABLE} data-consent=required",
        gateway.url("/sdk/v1/candor.js")
    );
    let then = "session => show(before + ' then ' + session.sessionId)";
    let does = "let before;
        setTimeout(() => {
            const sent = performance.getEntriesByType('resource').filter(entry => entry.initiatorType === 'fetch');
            before = sent.length + ' sent, ' + sessionStorage.length + ' stored';
            candor.consent();
        }, 5000);";
    let site = Site::on(listener, address, page(survey_that(&script, then, does)));
    let shown = outcome(&site.origin()).await;
    let started = started(&gateway).await;
    assert_eq!(started.len(), 1, "{shown}");
    assert_eq!(
        shown,
        format!("0 sent, 0 stored then {}", started[0].session_id)
    );
    gateway.ended().await;
}

/// A gateway that asks for patience twice, and what it was asked.
#[derive(Clone, Default)]
struct Reluctant(Arc<Mutex<Vec<String>>>);

async fn reluctant(State(seen): State<Reluctant>, method: Method, headers: HeaderMap) -> Response {
    let cors = [
        ("access-control-allow-origin", "*"),
        (
            "access-control-allow-headers",
            "authorization, content-type, idempotency-key",
        ),
        ("access-control-expose-headers", "retry-after"),
        ("retry-after", "7"),
    ];
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, cors).into_response();
    }
    let mut seen = seen.0.lock().unwrap();
    seen.push(headers["idempotency-key"].to_str().unwrap().to_owned());
    let status = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ]
    .get(seen.len() - 1);
    match status {
        Some(status) => (*status, cors, "{}").into_response(),
        None => {
            let session = json!({ "session_id": "s-1", "ingest_token": "it_1", "expires_at": "2999-01-01T00:00:00Z" });
            (StatusCode::CREATED, cors, session.to_string()).into_response()
        }
    }
}

#[tokio::test]
async fn a_loader_that_is_asked_for_patience_waits_as_told_and_asks_for_the_same() {
    let seen = Reluctant::default();
    let source = include_str!("../../sdk/candor.js");
    let script = get(move || async move { ([("content-type", "text/javascript")], source) });
    let routes = Router::new()
        .route("/candor.js", script)
        .route("/api/v1/detection/sessions", any(reluctant))
        .with_state(seen.clone());
    let gateway = Site::serve(routes).await;
    let script = format!(
        "src='{}/candor.js' data-key={PUBLISHABLE}",
        gateway.origin()
    );
    let then = "session => show(session.sessionId + ' ' + (Date.now() - begun >= 14000))";
    let does = "const begun = Date.now();";
    let site = Site::serve(page(survey_that(&script, then, does))).await;
    assert_eq!(outcome(&site.origin()).await, "s-1 true");
    let keys = seen.0.lock().unwrap().clone();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(
        uuid::Uuid::parse_str(&keys[0]).unwrap().get_version_num(),
        7
    );
}

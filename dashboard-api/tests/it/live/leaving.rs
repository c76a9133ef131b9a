//! What ends a connection, and what keeps it.

use std::time::Duration;

use chrono::Utc;
use schemas::control::ControlRecord;
use schemas::live::LiveMessage;
use tokio::time::timeout;

use super::entering::cookie_for;
use super::watching::{Detector, Events, Socket, Watching, handshake, session, with_header};
use super::{NEWS, wait_for_metric};
use crate::harness::{DEADLINE, TestApi, database, login_url};
use crate::keys::{put_key, wait_for_status};
use reqwest::Method;

/// Waits for the end of a feed.
async fn end(watching: &mut impl Watching) {
    let end = async { while watching.next().await.is_some() {} };
    timeout(DEADLINE, end).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_ends_its_connections_and_no_others() {
    let database = database().await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.live.recheck = Duration::from_millis(100);
    })
    .await;
    let (writer, key) = put_key(&api, |_| {}).await;
    wait_for_status(&api, &key.text, "/api/v1/dashboard/overview", 200).await;
    let request = with_header(handshake(&api, NEWS), "x-api-key", &key.text);
    let mut socket = Socket::connect(request).await.begun().await;
    let ask = api
        .request(Method::GET, "/api/v1/live")
        .bearer_auth(&*key.text);
    let mut events = Events::of(ask.send().await.unwrap()).begun().await;
    let mut other = Socket::open(&api, NEWS).await.begun().await;
    let mut revoked = key.record.clone();
    revoked.revoked_at = Some(Utc::now());
    writer.put(&ControlRecord::ApiKey(revoked)).await.unwrap();
    end(&mut socket).await;
    let frame = socket.closed.expect("a close frame");
    assert_eq!(
        (u16::from(frame.code), frame.reason.as_str()),
        (1008, "credentials_invalid")
    );
    end(&mut events).await;
    assert_eq!(events.comments, ["closed, credentials_invalid"]);
    wait_for_metric(
        &api,
        "dashboard_live_closed_total{reason=\"credentials_invalid\"}",
        2.0,
    )
    .await;
    let told = Detector::of(&api).verdict("ours", |_| {}).await;
    assert_eq!(session(&other.news().await), Some(told));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_ends_ends_its_connections() {
    let database = database().await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.live.recheck = Duration::from_millis(100);
    })
    .await;
    let request = with_header(handshake(&api, ""), "cookie", &cookie_for(5));
    let origin = format!("http://{}", api.address);
    let request = with_header(request, "origin", &origin);
    let mut socket = Socket::connect(request).await.begun().await;
    end(&mut socket).await;
    assert_eq!(u16::from(socket.closed.expect("a close frame").code), 1008);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_shutdown_every_connection_is_ended_with_a_word() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let mut socket = Socket::open(&api, "").await.begun().await;
    let mut events = Events::open(&api, "", None).await.begun().await;
    drop(api);
    end(&mut socket).await;
    let frame = socket.closed.expect("a close frame");
    assert_eq!(
        (u16::from(frame.code), frame.reason.as_str()),
        (1001, "shutdown")
    );
    end(&mut events).await;
    assert_eq!(events.comments, ["closed, shutdown"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_is_given_signs_of_life_and_newer_cursors() {
    let database = database().await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.live.heartbeat = Duration::from_millis(50);
    })
    .await;
    let detector = Detector::of(&api);
    let mut socket = Socket::open(&api, NEWS).await.begun().await;
    let mut events = Events::open(&api, NEWS, None).await.begun().await;
    let at_first = events.last_id.clone();
    detector.verdict("theirs", |_| {}).await;
    wait_for_metric(&api, "dashboard_tail_records_total", 1.0).await;
    // Two signs of life: the second was certainly made after the record.
    let signs = async {
        while socket.pings < 2 {
            assert!(
                timeout(Duration::from_millis(20), socket.next())
                    .await
                    .is_err()
            );
        }
        let before = events.comments.len();
        while events.comments.len() < before + 2 {
            assert!(
                timeout(Duration::from_millis(20), events.next())
                    .await
                    .is_err()
            );
        }
    };
    timeout(DEADLINE, signs).await.expect("no sign of life");
    assert_ne!(events.last_id, at_first);
    // What was said with the sign of life is a cursor.
    let ours = detector.verdict("ours", |_| {}).await;
    let mut again = Events::open(&api, NEWS, events.last_id.as_deref()).await;
    let LiveMessage::AnalysisComplete(update) = again.news().await else {
        panic!("not what was missed");
    };
    assert_eq!(update.session_id, ours);
}

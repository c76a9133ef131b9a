//! Hundreds of watchers at once, and slow ones among them.

use std::time::Duration;

use futures::future::join_all;
use schemas::ids::SessionId;
use schemas::live::{LiveMessage, SnapshotReason};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use super::watching::{Detector, Socket, Watching, handshake, of_survey, session, with_header};
use super::{NEWS, metric, wait_for_metric};
use crate::harness::{DEADLINE, KEY, TestApi, database, login_url};

const FAST: usize = 200;
const SLOW: usize = 20;
const VERDICTS: usize = 60;
/// Longer than any connection's buffers hold, all together.
const LONG: usize = 160 << 10;

/// A watcher whose side takes next to nothing that is not read.
async fn narrow(api: &TestApi, query: &str) -> Socket {
    let tcp = TcpSocket::new_v4().unwrap();
    tcp.set_recv_buffer_size(4096).unwrap();
    let stream = tcp.connect(api.address).await.unwrap();
    let request = with_header(handshake(api, query), "x-api-key", KEY);
    let (stream, _) = client_async(request, MaybeTlsStream::Plain(stream))
        .await
        .unwrap();
    Socket {
        stream,
        pings: 0,
        closed: None,
    }
}

/// Publishes verdicts with a long summary until the feed has made them all.
async fn flood(api: &TestApi, detector: &Detector) {
    let made = "dashboard_live_messages_total{type=\"analysis_complete\"}";
    let before = metric(api, made).await;
    let verdicts = (0..VERDICTS).map(|_| {
        detector.verdict("ours", |verdict| {
            verdict.verdict.as_mut().unwrap().summary = "x".repeat(LONG);
        })
    });
    join_all(verdicts).await;
    wait_for_metric(api, made, before + VERDICTS as f64).await;
}

async fn listen(mut socket: Socket, expected: usize) -> Vec<SessionId> {
    let mut told = Vec::new();
    while told.len() < expected {
        told.push(session(&socket.news().await).unwrap());
    }
    told.sort();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_are_told_everything_while_slow_ones_are_not_waited_for() {
    let database = database().await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.live.queue_bytes = 64 << 20;
        config.live.write_timeout = Duration::from_millis(500);
        // They shall be given up for taking nothing, not for saying nothing.
        config.live.heartbeat = Duration::from_secs(600);
    })
    .await;
    let detector = Detector::of(&api);
    let slow = join_all((0..SLOW).map(|_| narrow(&api, NEWS))).await;
    // They take nothing of this, and are given up.
    flood(&api, &detector).await;
    let open = (0..FAST).map(async |number| {
        let query = format!("{NEWS}&survey=SV_{}", number % 2 + 10);
        (number % 2, Socket::open(&api, &query).await.begun().await)
    });
    let mut listening = JoinSet::new();
    for (survey, socket) in join_all(open).await {
        listening.spawn(async move { (survey, listen(socket, VERDICTS / 2).await) });
    }
    let send = (0..VERDICTS).map(|number| {
        let survey = format!("SV_{}", number % 2 + 10);
        detector.verdict("ours", of_survey(&survey))
    });
    let mut sent = [Vec::new(), Vec::new()];
    for (number, session) in join_all(send).await.into_iter().enumerate() {
        sent[number % 2].push(session);
    }
    sent.iter_mut().for_each(|sessions| sessions.sort());
    while let Some(listened) = listening.join_next().await {
        let (survey, told) = listened.unwrap();
        assert_eq!(told, sent[survey]);
    }
    wait_for_metric(
        &api,
        "dashboard_live_closed_total{reason=\"slow\"}",
        SLOW as f64,
    )
    .await;
    drop(slow);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_watcher_is_told_once_that_it_has_to_read_again() {
    let database = database().await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.live.queue_messages = 8;
    })
    .await;
    let detector = Detector::of(&api);
    let mut slow = narrow(&api, NEWS).await.begun().await;
    flood(&api, &detector).await;
    let mut told = 0;
    let snapshot = async {
        loop {
            match slow.news().await {
                LiveMessage::Snapshot(snapshot) => return snapshot,
                _ => told += 1,
            }
        }
    };
    let snapshot = timeout(DEADLINE, snapshot).await.unwrap();
    assert_eq!(snapshot.reason, SnapshotReason::Slow);
    assert!(told < VERDICTS, "{told}");
    // Whatever was made after the snapshot comes, and then this.
    let next = detector.verdict("ours", |_| {}).await;
    while session(&slow.news().await) != Some(next) {}
    assert!(metric(&api, "dashboard_live_snapshots_total{reason=\"slow\"}").await >= 1.0);
}

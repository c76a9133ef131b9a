//! What breaks around the gateway: a slow broker, a full queue, clients that do not read or only sit there, a clock
//! that jumps.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use ingest_gateway::Clock;
use serde_json::{Value, json};
use testkit::{ChildProcess, TestKafka, TestTopics, wait_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{
    DEADLINE, NewSession, TestGateway, events, expect_problem, usual_key, write_control,
};

const SESSIONS: &str = "/api/v1/detection/sessions";

/// The batch's id if it was acknowledged, otherwise the problem's code.
async fn send(gateway: &TestGateway, session: &NewSession) -> Result<String, String> {
    let response = gateway.batch(&session.id, events(2).to_string()).send();
    let response = response.await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    if status == 202 {
        Ok(text("batch_id"))
    } else {
        Err(text("code"))
    }
}

/// A gateway whose every byte to and from the broker goes through a proxy, and a session.
async fn behind_fault(
    settings: &[(&str, &str)],
) -> (
    TestKafka,
    testkit::TcpFault,
    TestTopics,
    TestGateway,
    NewSession,
) {
    let (kafka, fault) = TestKafka::behind_fault().await;
    let topics = TestTopics::create_on(&kafka, 1).await;
    write_control(&topics, [usual_key()]).await;
    let gateway = TestGateway::start_on(topics.through(fault.address()), settings).await;
    gateway.wait_until_ready().await;
    let session = wait_until("a first session", DEADLINE, async || {
        gateway.try_session().await
    })
    .await;
    (kafka, fault, topics, gateway, session)
}

async fn ids_in(topics: &TestTopics) -> Vec<String> {
    let events = &topics.topics().events;
    let records = testkit::collect(topics.brokers(), events, testkit::Until::HighWatermark).await;
    let id = |record: &testkit::CollectedRecord| record.header("ce_id").unwrap().to_owned();
    records.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_broker_slows_answers_and_a_silent_one_costs_them_but_never_an_acknowledged_batch() {
    let settings = [("CANDOR_INGEST_ACK_TIMEOUT_MS", "1500")];
    let (_kafka, fault, topics, gateway, session) = behind_fault(&settings).await;
    let mut acknowledged = BTreeSet::new();
    fault.slow(Duration::from_millis(100)).await;
    for _ in 0..5 {
        let begun = std::time::Instant::now();
        acknowledged.insert(send(&gateway, &session).await.unwrap());
        assert!(
            begun.elapsed() >= Duration::from_millis(200),
            "not through the proxy"
        );
    }
    fault.stall().await;
    assert_eq!(
        send(&gateway, &session).await.unwrap_err(),
        "broker_unavailable"
    );
    fault.heal().await;
    wait_until("10 more batches", DEADLINE, async || {
        acknowledged.extend(send(&gateway, &session).await.ok());
        if acknowledged.len() >= 15 {
            Ok(())
        } else {
            Err(acknowledged.len())
        }
    })
    .await;
    let stored = ids_in(&topics).await;
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|id| !stored.contains(id))
        .collect();
    assert!(lost.is_empty(), "acknowledged and not stored: {lost:?}");
    let distinct: BTreeSet<&String> = stored.iter().collect();
    assert_eq!(distinct.len(), stored.len(), "a record is stored twice");
    gateway.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_said_at_once_and_is_emptied_when_the_broker_answers_again() {
    // The clients that filled the queue have gone: their bodies are free again, their records are not.
    let settings = [
        ("CANDOR_INGEST_ACK_TIMEOUT_MS", "60000"),
        ("CANDOR_INGEST_BODY_LIMIT_BYTES", "40000"),
        ("CANDOR_INGEST_IN_FLIGHT_BYTES", "80000"),
    ];
    let (_kafka, fault, topics, gateway, session) = behind_fault(&settings).await;
    fault.stall().await;
    let mut sent = 0;
    let body = events(400).to_string();
    let full = async || {
        sent += 1;
        let request = gateway.batch(&session.id, body.clone()).send();
        match tokio::time::timeout(Duration::from_millis(300), request).await {
            // Still waiting for the broker: dropped here, as by a client that gives up.
            Err(_) => Err("waiting".to_owned()),
            Ok(response) => {
                let body: Value = response.unwrap().json().await.unwrap();
                let code = body["code"].as_str().unwrap().to_owned();
                if code == "broker_unavailable" {
                    Ok(())
                } else {
                    Err(code)
                }
            }
        }
    };
    wait_until("the queue is full", DEADLINE, full).await;
    assert!(
        gateway
            .metric("ingest_events_dropped_total{intentional=\"false\",reason=\"client_gone\"}")
            .await
            >= 400.0
    );
    fault.heal().await;
    let stored = async || send(&gateway, &session).await;
    let id = wait_until("the queue is empty again", DEADLINE, stored).await;
    assert!(ids_in(&topics).await.contains(&id));
    gateway.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_its_answers_is_cut_off() {
    let settings = [("CANDOR_WRITE_TIMEOUT_SECONDS", "1")];
    let gateway = TestGateway::start_with(&settings).await;
    let mut deaf = TcpStream::connect(gateway.address).await.unwrap();
    let request = b"GET /openapi/ingest.json HTTP/1.1\r\nhost: gateway\r\n\r\n".repeat(1000);
    // Megabytes of answers: more than the sockets' buffers take.
    let sending = tokio::spawn(async move {
        // Ends when the gateway reads no more; its outcome is not the point.
        let _ = deaf.write_all(&request).await;
        deaf
    });
    wait_until("it is connected", DEADLINE, async || {
        let open = gateway.metric("ingest_connections").await;
        if open == 2.0 { Ok(()) } else { Err(open) }
    })
    .await;
    wait_until("it is cut off", DEADLINE, async || {
        let open = gateway.metric("ingest_connections").await;
        if open == 1.0 { Ok(()) } else { Err(open) }
    })
    .await;
    let session = gateway.session().await;
    assert!(send(&gateway, &session).await.is_ok());
    sending.abort();
    gateway.ended().await;
}

/// A process of its own: ten thousand connections have twenty thousand ends.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_connections_leave_the_others_their_answers() {
    runtime::open_files::raise_to(10_500).unwrap();
    let topics = TestTopics::create(1).await;
    write_control(&topics, [usual_key()]).await;
    let variables = [
        ("CANDOR_KAFKA_BROKERS", topics.brokers()),
        ("CANDOR_TOPIC_PREFIX", topics.prefix()),
        ("CANDOR_SESSION_SECRET", crate::support::SECRET),
        ("CANDOR_LISTEN", "127.0.0.1:0"),
        ("CANDOR_MAX_CONNECTIONS", "10100"),
        ("CANDOR_HEADER_READ_TIMEOUT_SECONDS", "300"),
    ];
    let mut process = ChildProcess::spawn(env!("CARGO_BIN_EXE_ingest-gateway"), &[], variables);
    let line = process.wait_for_line("listening", DEADLINE).await;

    let address = line.split("127.0.0.1:").nth(1).unwrap();
    let port: String = address.chars().take_while(char::is_ascii_digit).collect();
    let gateway = TestGateway::of_process(format!("127.0.0.1:{port}").parse().unwrap(), topics);
    gateway.wait_until_ready().await;
    let session = gateway.session().await;
    let before = resident_bytes(process.id());
    let mut idle = Vec::with_capacity(10_000);
    for _ in 0..10_000 {
        idle.push(TcpStream::connect(gateway.address).await.unwrap());
    }
    wait_until("all of them are open", DEADLINE, async || {
        let open = gateway.metric("ingest_connections").await;
        if open >= 10_000.0 { Ok(()) } else { Err(open) }
    })
    .await;
    for _ in 0..20 {
        assert!(send(&gateway, &session).await.is_ok());
    }
    let after = resident_bytes(process.id());
    // 8 KiB of it are the buffer that each connection reads into; a debug build has large futures.
    assert!(
        after - before < 10_000 * 32_768,
        "{} bytes for 10,000 connections",
        after - before
    );
    // One of them awakes, and is served like any other.
    let mut awake = idle.pop().unwrap();
    let request = b"GET /health/live HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n";
    awake.write_all(request).await.unwrap();
    let mut answer = String::new();
    awake.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    drop(idle);
    wait_until("all of them are closed", DEADLINE, async || {
        let open = gateway.metric("ingest_connections").await;
        if open < 10.0 { Ok(()) } else { Err(open) }
    })
    .await;
}

/// Resident memory of a process.
fn resident_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes << 10
}

#[tokio::test]
async fn a_clock_that_jumps_expires_tokens_and_breaks_nothing_else() {
    let ahead = Arc::new(AtomicI64::new(0));
    let jumped = Arc::clone(&ahead);
    let clock = Clock(Arc::new(move || {
        Utc::now() + TimeDelta::seconds(jumped.load(Ordering::Relaxed))
    }));
    let topics = TestTopics::create(1).await;
    write_control(&topics, [usual_key()]).await;
    let gateway = TestGateway::start_at(topics, &[], clock).await;
    gateway.wait_until_ready().await;
    let session = gateway.session().await;
    let path = format!("{SESSIONS}/{}/events", session.id);
    let with_token = async || {
        let post = gateway.anonymous(&path).bearer_auth(&session.token);
        post.json(&events(1)).send().await.unwrap()
    };
    for hours in [0, 3, -3, 20, -20] {
        ahead.store(hours * 3600, Ordering::Relaxed);
        assert_eq!(with_token().await.status(), 202, "{hours} h ahead");
        assert!(send(&gateway, &session).await.is_ok(), "{hours} h ahead");
        let newer = gateway.session().await;
        assert!(send(&gateway, &newer).await.is_ok(), "{hours} h ahead");
    }
    ahead.store(48 * 3600, Ordering::Relaxed);
    expect_problem(with_token().await, 401, "token_expired").await;
    assert!(send(&gateway, &session).await.is_ok(), "keys go on");
    ahead.store(-48 * 3600, Ordering::Relaxed);
    let early = gateway.batch(&session.id, events(1).to_string()).send();
    expect_problem(early.await.unwrap(), 422, "timestamp_out_of_range").await;
    ahead.store(0, Ordering::Relaxed);
    assert_eq!(with_token().await.status(), 202);
    assert_eq!(
        gateway
            .metric("ingest_problems_total{code=\"internal\"}")
            .await,
        0.0
    );
    gateway.ended().await;
}

/// Waits until the gateway has acknowledged 200 batches more.
async fn more_batches(gateway: &TestGateway) {
    let acknowledged = async || gateway.metric("ingest_batches_accepted_total").await;
    let before = acknowledged().await;
    wait_until("200 more batches", DEADLINE, async || {
        let now = acknowledged().await;
        if now > before + 200.0 {
            Ok(())
        } else {
            Err(now)
        }
    })
    .await;
}

/// Waits until the gateway refuses batches for want of its broker.
async fn refused_batches(gateway: &TestGateway) {
    let refused = "ingest_problems_total{code=\"broker_unavailable\"}";
    let before = gateway.metric(refused).await;
    wait_until("a refused batch", DEADLINE, async || {
        let now = gateway.metric(refused).await;
        if now > before { Ok(()) } else { Err(now) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_killed_under_load_loses_nothing_that_was_acknowledged() {
    let mut kafka = tokio::task::block_in_place(TestKafka::own);
    let topics = TestTopics::create_on(&kafka, 3).await;
    write_control(&topics, [usual_key()]).await;
    let settings = [("CANDOR_INGEST_ACK_TIMEOUT_MS", "1000")];
    let gateway = Arc::new(TestGateway::start_on(topics.clone(), &settings).await);
    gateway.wait_until_ready().await;
    let session = async || gateway.try_session().await;
    wait_until("a first session", DEADLINE, session).await;
    let stop = runtime::CancellationToken::new();
    let mut clients = Vec::new();
    for _ in 0..8 {
        let session = gateway.session().await;
        let client = client(Arc::clone(&gateway), session, stop.clone());
        clients.push(tokio::spawn(client));
    }
    more_batches(&gateway).await;
    for _ in 0..2 {
        tokio::task::block_in_place(|| kafka.kill());
        refused_batches(&gateway).await;
        tokio::task::block_in_place(|| kafka.restart());
        more_batches(&gateway).await;
    }
    stop.cancel();
    let mut told = Vec::new();
    for client in clients {
        told.extend(client.await.unwrap());
    }
    let stored: BTreeSet<String> = ids_in(&topics).await.into_iter().collect();
    let lost: Vec<_> = told.iter().filter(|id| !stored.contains(*id)).collect();
    let (told, count) = (told.len(), lost.len());
    assert!(lost.is_empty(), "{count} of {told} lost: {lost:?}");
    assert!(told > 600, "{told}");
}

/// Posts batches until told to stop; the ids of those that were acknowledged.
async fn client(
    gateway: Arc<TestGateway>,
    session: NewSession,
    stop: runtime::CancellationToken,
) -> Vec<String> {
    let mut told = Vec::new();
    while !stop.is_cancelled() {
        told.extend(send(&gateway, &session).await.ok());
    }
    told
}

#[tokio::test]
async fn the_settings_of_a_fault_are_bounds_too() {
    // A bound of zero would switch the protection off without a word.
    let find = |name: &str| match name {
        "CANDOR_KAFKA_BROKERS" => Some("k:9092".to_owned()),
        "CANDOR_SESSION_SECRET" => Some("0123456789abcdef".to_owned()),
        "CANDOR_WRITE_TIMEOUT_SECONDS" => Some("0".to_owned()),
        _ => None,
    };
    let refused = runtime::config::load_from::<ingest_gateway::GatewayConfig>(find).unwrap_err();
    let problems = json!(refused.0).to_string();
    assert!(
        problems.contains("CANDOR_WRITE_TIMEOUT_SECONDS"),
        "{problems}"
    );
}

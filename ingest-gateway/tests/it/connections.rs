//! Slow clients, leaving clients and the shutdown.

use std::time::Duration;

use serde_json::Value;
use testkit::wait_until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{DEADLINE, KEY, TestGateway, events};

/// The head of a batch of `length` bytes.
fn head(session: &str, length: usize) -> String {
    format!(
        "POST /api/v1/detection/sessions/{session}/events HTTP/1.1\r\nhost: gateway\r\n\
         authorization: Bearer {KEY}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// Everything that comes until the other side closes.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer));
    reading.await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let gateway = TestGateway::start_with(&[("CANDOR_HEADER_READ_TIMEOUT_SECONDS", "1")]).await;
    let mut silent = TcpStream::connect(gateway.address).await.unwrap();
    let mut slow = TcpStream::connect(gateway.address).await.unwrap();
    slow.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
    let drip = tokio::time::timeout(DEADLINE, async {
        // Each byte arrives well within the timeout; the head as a whole does not.
        while slow.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    drip.await.unwrap();
    assert_eq!(read_to_end(&mut silent).await, "");
    assert_eq!(gateway.records().await.len(), 0);
    gateway.ended().await;
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_answered_408() {
    let gateway =
        TestGateway::start_with(&[("CANDOR_INGEST_BODY_READ_TIMEOUT_SECONDS", "1")]).await;
    let session = gateway.session().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream
        .write_all(head(&session.id, 100).as_bytes())
        .await
        .unwrap();
    stream.write_all(b"[{").await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
    assert_eq!(gateway.metric("ingest_in_flight_bytes").await, 0.0);
    gateway.ended().await;
}

#[tokio::test]
async fn a_client_that_breaks_off_leaves_nothing_behind() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream
        .write_all(head(&session.id, 100).as_bytes())
        .await
        .unwrap();
    stream.write_all(b"[{").await.unwrap();
    wait_until("the body is awaited", DEADLINE, async || {
        (gateway.metric("ingest_in_flight_bytes").await == 100.0).then_some(())
    })
    .await;
    drop(stream);
    wait_until("nothing in flight", DEADLINE, async || {
        let bytes = gateway.metric("ingest_in_flight_bytes").await;
        let requests = gateway.metric("ingest_requests_in_progress").await;
        if (bytes, requests) == (0.0, 0.0) {
            Ok(())
        } else {
            Err((bytes, requests))
        }
    })
    .await;
    assert_eq!(gateway.records().await.len(), 1);
    gateway.ended().await;
}

#[tokio::test]
async fn the_number_of_connections_is_bounded() {
    let gateway = TestGateway::start_with(&[("CANDOR_MAX_CONNECTIONS", "2")]).await;
    // One connection is the test client's own, kept alive.
    let mut second = TcpStream::connect(gateway.address).await.unwrap();
    second
        .write_all(b"GET /health/live HTTP/1.1\r\nhost: gateway\r\n\r\n")
        .await
        .unwrap();
    let mut first_byte = [0; 1];
    second.read_exact(&mut first_byte).await.unwrap();
    let mut third = TcpStream::connect(gateway.address).await.unwrap();
    let request = b"GET /health/live HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n";
    third.write_all(request).await.unwrap();
    assert_eq!(gateway.metric("ingest_connections").await, 2.0);
    drop(second);
    assert!(read_to_end(&mut third).await.starts_with("HTTP/1.1 200 "));
    gateway.ended().await;
}

#[tokio::test]
async fn a_shutdown_finishes_what_has_begun_and_takes_nothing_new() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let body = events(3).to_string();
    let (first, rest) = body.split_at(body.len() / 2);
    let mut begun = TcpStream::connect(gateway.address).await.unwrap();
    begun
        .write_all(head(&session.id, body.len()).as_bytes())
        .await
        .unwrap();
    begun.write_all(first.as_bytes()).await.unwrap();
    let expected = body.len() as f64;
    wait_until("the body is awaited", DEADLINE, async || {
        (gateway.metric("ingest_in_flight_bytes").await == expected).then_some(())
    })
    .await;
    gateway.begin_shutdown();
    wait_until("no new connection", DEADLINE, async || {
        TcpStream::connect(gateway.address)
            .await
            .err()
            .ok_or("connected")
    })
    .await;
    begun.write_all(rest.as_bytes()).await.unwrap();
    let answer = read_to_end(&mut begun).await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    let json = &answer[answer.find("\r\n\r\n").unwrap()..];
    let stored: Value = serde_json::from_str(json).unwrap();
    let records = gateway.records().await;
    assert_eq!(records[1].header("ce_id"), stored["batch_id"].as_str());
    gateway.ended().await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let gateway = TestGateway::start_with(&[("CANDOR_DRAIN_TIMEOUT_SECONDS", "1")]).await;
    let session = gateway.session().await;
    let mut stuck = TcpStream::connect(gateway.address).await.unwrap();
    stuck
        .write_all(head(&session.id, 100).as_bytes())
        .await
        .unwrap();
    wait_until("the body is awaited", DEADLINE, async || {
        (gateway.metric("ingest_in_flight_bytes").await == 100.0).then_some(())
    })
    .await;
    let begun = std::time::Instant::now();
    gateway.ended().await;
    let taken = begun.elapsed();
    // Well below the ten seconds that the body may take.
    assert!(taken < Duration::from_secs(8), "{taken:?}");
    assert_eq!(read_to_end(&mut stuck).await, "");
}

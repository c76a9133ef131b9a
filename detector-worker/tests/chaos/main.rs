//! Workers are killed, stopped, frozen and started, and the broker is restarted, while sessions go on;
//! afterwards everything published equals, byte for byte, what one undisturbed worker publishes from the
//! same log, and every record is counted once.
//!
//! Which blow falls when comes from a seed, which a failure prints. Time passes for real: pauses between
//! blows and records make the run, they synchronise nothing.

#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

mod blows;
mod feed;
mod fleet;
mod rows;

use std::time::Duration;

use testkit::{TestKafka, TestTopics, wait_until};

use blows::Blows;
use feed::Feed;
use fleet::Fleet;
use rows::Rows;

const PARTITIONS: i32 = 4;
const DISTURBED: Duration = Duration::from_secs(25);
const SETTLED: Duration = Duration::from_secs(90);

async fn chaos(seed: u64) {
    let mut kafka = TestKafka::own();
    let topics = TestTopics::create_on(&kafka, PARTITIONS).await;
    let calm_topics = TestTopics::create_on(&kafka, PARTITIONS).await;
    let mut fleet = Fleet::new(&topics, &topics);
    fleet.start();
    fleet.start();

    let feed = tokio::spawn(Feed::new(&topics, seed).run(DISTURBED));
    Blows::new(seed)
        .fall(&mut fleet, &mut kafka, DISTURBED)
        .await;
    let sent = feed.await.unwrap();
    fleet.calm_down();

    let mut calm = Fleet::new(&topics, &calm_topics);
    calm.start();
    let (disturbed, undisturbed) = wait_until("equal rows of both groups", SETTLED, async || {
        fleet.replace_ended();
        let (disturbed, undisturbed) = tokio::join!(
            Rows::read(&topics, &topics),
            Rows::read(&topics, &calm_topics)
        );
        match disturbed.difference(&undisturbed, sent.records) {
            None => Ok((disturbed, undisturbed)),
            Some(difference) => Err(format!("seed {seed}: {difference}\n{}", fleet.story())),
        }
    })
    .await;
    fleet.stop().await;
    calm.stop().await;

    // What came after the moment of equality would show here.
    let last = Rows::read(&topics, &topics).await;
    assert_eq!(
        last.difference(&undisturbed, sent.records),
        None,
        "seed {seed}"
    );
    assert_eq!(disturbed.certain_poison(), sent.poison, "seed {seed}");
    disturbed.every_window_has_ended(sent.sessions);
    println!(
        "seed {seed}: {sent:?}, {} verdicts; {}",
        disturbed.verdicts.len(),
        fleet.story()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_survive_whatever_happens_to_workers_and_broker_seed_1() {
    chaos(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_survive_whatever_happens_to_workers_and_broker_seed_2() {
    chaos(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_survive_whatever_happens_to_workers_and_broker_seed_3() {
    chaos(3).await;
}

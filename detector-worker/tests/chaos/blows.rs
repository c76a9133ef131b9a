//! What is done to workers and broker, by a seed.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use testkit::TestKafka;

use crate::fleet::Fleet;

const MOST_WORKERS: usize = 4;
/// Longer than the group's session timeout: the partitions of a frozen worker go to others meanwhile.
const FROZEN: Duration = Duration::from_secs(4);

#[derive(Debug, Clone, Copy)]
enum Blow {
    Start,
    Kill,
    Terminate,
    Freeze,
    RestartBroker,
}

/// What every run sees, in an order of its own; more of all but the last follows by chance.
const DECK: [Blow; 9] = [
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::Terminate,
    Blow::Freeze,
    Blow::Start,
    Blow::Start,
    Blow::Start,
    Blow::RestartBroker,
];

pub(crate) struct Blows {
    random: StdRng,
    deck: Vec<Blow>,
    thaw_at: Option<Instant>,
}

impl Blows {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut deck = DECK.to_vec();
        deck.shuffle(&mut random);
        Self {
            random,
            deck,
            thaw_at: None,
        }
    }

    /// One after the other until `time` is over and the deck is empty.
    pub(crate) async fn fall(mut self, fleet: &mut Fleet, kafka: &mut TestKafka, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end || !self.deck.is_empty() {
            let pause = self.random.random_range(500..1800);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            fleet.replace_ended();
            if self.thaw_at.is_some_and(|at| Instant::now() >= at) {
                self.thaw_at = None;
                fleet.thaw();
            }
            let blow = self.next();
            self.strike(blow, fleet, kafka).await;
            if fleet.len() == 0 {
                fleet.start();
            }
        }
        fleet.thaw();
    }

    fn next(&mut self) -> Blow {
        let chance = self.random.random_range(0..DECK.len() - 1);
        self.deck.pop().unwrap_or(DECK[chance])
    }

    async fn strike(&mut self, blow: Blow, fleet: &mut Fleet, kafka: &mut TestKafka) {
        let victim = self.random.random_range(0..fleet.len());
        match blow {
            Blow::Start if fleet.len() < MOST_WORKERS => fleet.start(),
            Blow::Start | Blow::Kill => fleet.kill(victim),
            Blow::Terminate => fleet.terminate(victim).await,
            Blow::Freeze => {
                fleet.freeze(victim);
                self.thaw_at = Some(Instant::now() + FROZEN);
            }
            Blow::RestartBroker if self.random.random_bool(0.5) => {
                kafka.kill();
                kafka.restart();
                fleet.tell("broker killed and started");
            }
            Blow::RestartBroker => {
                kafka.stop();
                kafka.restart();
                fleet.tell("broker stopped and started");
            }
        }
    }
}

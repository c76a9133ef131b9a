//! What is done to workers and broker, by a seed.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use testkit::TestKafka;

use crate::fleet::Fleet;

const MOST_WORKERS: usize = 4;
/// Longer than the group's session timeout: the partitions of a frozen worker go to others meanwhile.
const FROZEN: Duration = Duration::from_secs(4);

pub(crate) struct Blows {
    random: StdRng,
    thaw_at: Option<Instant>,
    restarts: u32,
}

impl Blows {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            thaw_at: None,
            restarts: 0,
        }
    }

    /// One after the other, until `time` is over. The broker is restarted at least once.
    pub(crate) async fn fall(mut self, fleet: &mut Fleet, kafka: &mut TestKafka, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let pause = self.random.random_range(700..2200);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            fleet.replace_ended();
            if self.thaw_at.is_some_and(|at| Instant::now() >= at) {
                self.thaw_at = None;
                fleet.thaw();
            }
            let late = Instant::now() + time / 2 > end;
            if self.restarts == 0 && late {
                self.restart(fleet, kafka);
            } else {
                self.one(fleet, kafka).await;
            }
            if fleet.len() == 0 {
                fleet.start();
            }
        }
        fleet.thaw();
    }

    async fn one(&mut self, fleet: &mut Fleet, kafka: &mut TestKafka) {
        let victim = self.random.random_range(0..fleet.len().max(1));
        match self.random.random_range(0..100) {
            _ if fleet.len() == 0 => fleet.start(),
            0..30 => fleet.kill(victim),
            30..45 => fleet.terminate(victim).await,
            45..60 if self.thaw_at.is_none() => {
                fleet.freeze(victim);
                self.thaw_at = Some(Instant::now() + FROZEN);
            }
            60..66 if self.restarts < 2 => self.restart(fleet, kafka),
            _ if fleet.len() < MOST_WORKERS => fleet.start(),
            _ => fleet.kill(victim),
        }
    }

    fn restart(&mut self, fleet: &mut Fleet, kafka: &mut TestKafka) {
        self.restarts += 1;
        if self.random.random_bool(0.5) {
            kafka.kill();
            fleet.tell("broker killed and started");
        } else {
            kafka.stop();
            fleet.tell("broker stopped and started");
        }
        kafka.restart();
    }
}

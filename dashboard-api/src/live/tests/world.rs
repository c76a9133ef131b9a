//! Any operations in any order: nobody misses anything without being told.

use std::time::Instant;

use chrono::Utc;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{Client, Instance, Log, ORGANISATIONS, PARTITIONS, SURVEYS, small};
use crate::live::hub::TURNS;

#[derive(Debug, Clone)]
enum Operation {
    Append(Index, Index, Index),
    Consume(Index, Index, usize),
    Connect(Index, Index),
    Take(Index, usize),
    Leave(Index),
    Figures(Index),
    Restart(Index, usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    let index = any::<Index>;
    prop_oneof![
        8 => (index(), index(), index()).prop_map(|(a, b, c)| Operation::Append(a, b, c)),
        8 => (index(), index(), 1..4usize).prop_map(|(a, b, count)| Operation::Consume(a, b, count)),
        3 => (index(), index()).prop_map(|(a, b)| Operation::Connect(a, b)),
        8 => (index(), 0..5usize).prop_map(|(a, most)| Operation::Take(a, most)),
        2 => index().prop_map(Operation::Leave),
        2 => index().prop_map(Operation::Figures),
        1 => (index(), 0..4usize).prop_map(|(a, back)| Operation::Restart(a, back)),
    ]
}

struct World {
    log: Log,
    instances: Vec<Instance>,
    clients: Vec<Client>,
}

impl World {
    fn new() -> Self {
        let log = Log::default();
        let instances = (0..2).map(|_| Instance::start(&log, 0, small())).collect();
        let clients = (0..4).map(Client::new).collect();
        Self {
            log,
            instances,
            clients,
        }
    }

    fn apply(&mut self, operation: &Operation) {
        let Self {
            log,
            instances,
            clients,
        } = self;
        match operation {
            Operation::Append(partition, organisation, survey) => log.append(
                partition.index(PARTITIONS),
                ORGANISATIONS[organisation.index(2)],
                SURVEYS[survey.index(2)],
            ),
            Operation::Consume(at, partition, count) => {
                let at = at.index(instances.len());
                instances[at].consume(log, partition.index(PARTITIONS), *count);
            }
            Operation::Connect(client, at) => {
                let client = client.index(clients.len());
                clients[client].connect(&instances[at.index(2)]);
            }
            Operation::Take(client, most) => {
                let client = client.index(clients.len());
                clients[client].take(*most);
            }
            Operation::Leave(client) => {
                let client = client.index(clients.len());
                clients[client].watch = None;
            }
            Operation::Figures(at) => {
                let hub = &instances[at.index(2)].hub;
                for turn in 0..TURNS {
                    hub.tell_figures(turn, Instant::now(), Utc::now());
                }
            }
            Operation::Restart(at, back) => {
                let at = at.index(instances.len());
                // Its connections end with it.
                for client in clients {
                    client.watch = None;
                }
                instances[at] = Instance::start(log, *back, small());
            }
        }
    }

    /// Everything is read, and every client comes back once more.
    fn settle(&mut self) {
        for instance in &mut self.instances {
            instance.consume_all(&self.log);
        }
        for (number, client) in self.clients.iter_mut().enumerate() {
            if client.watch.is_none() {
                client.connect(&self.instances[number % 2]);
            }
            client.drain();
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_everything_is_told_or_said_to_be_missing(
        operations in prop::collection::vec(operation(), 0..120),
    ) {
        let mut world = World::new();
        for operation in &operations {
            world.apply(operation);
        }
        world.settle();
        for client in &world.clients {
            prop_assert_eq!(client.faults(&world.log), Vec::<String>::new());
        }
    }
}

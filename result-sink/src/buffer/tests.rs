use super::*;
use kafka::OwnedRecord;
use proptest::prelude::*;

fn item(partition: Partition, offset: i64, bytes: usize) -> WorkItem {
    let record = OwnedRecord {
        topic: "t".to_owned(),
        partition,
        offset,
        timestamp_ms: 0,
        key: vec![],
        payload: vec![0; bytes],
        headers: vec![],
    };
    WorkItem::new(PackedRecord::of(&record.as_record()), 1)
}

fn buffer(rows: usize, batch_rows: usize) -> Buffer {
    let config = BufferConfig {
        rows,
        batch_rows,
        linger: Duration::from_secs(3600),
        ..BufferConfig::default()
    };
    Buffer::new(config, 1)
}

#[tokio::test]
async fn partitions_of_different_lanes_make_batches_of_their_own() {
    let config = BufferConfig {
        batch_rows: 2,
        linger: Duration::from_secs(3600),
        ..BufferConfig::default()
    };
    let buffer = Buffer::new(config, 2);
    for (partition, offset) in [(0, 0), (1, 1), (3, 2), (2, 3)] {
        buffer.push(item(partition, offset, 1));
    }
    for (lane, expected) in [(0, [0, 3]), (1, [1, 2])] {
        let batch = buffer.next_batch(lane).await;
        let offsets: Vec<i64> = batch.iter().map(|item| item.record.offset).collect();
        assert_eq!(offsets, expected);
        buffer.complete(&batch);
    }
    assert_eq!(buffer.fill(), Fill::default());
}

#[tokio::test]
async fn the_gate_closes_at_the_bound_and_opens_at_half_of_it() {
    let buffer = buffer(4, 1);
    for offset in 0..3 {
        buffer.push(item(0, offset, 1));
        assert_eq!(buffer.demand(), Demand::Continue);
    }
    buffer.push(item(0, 3, 1));
    assert_eq!(buffer.demand(), Demand::Pause);
    // Taken is not yet done.
    let batches = [buffer.next_batch(0).await, buffer.next_batch(0).await];
    assert_eq!(buffer.demand(), Demand::Pause);
    buffer.complete(&batches[0]);
    assert_eq!(buffer.demand(), Demand::Pause, "three of four are held");
    buffer.complete(&batches[1]);
    assert_eq!(buffer.demand(), Demand::Continue);
}

#[tokio::test]
async fn a_batch_is_filled_up_as_far_as_there_is_room_while_enough_waits() {
    let buffer = buffer(1000, 16);
    for offset in 0..40 {
        buffer.push(item(0, offset, 1));
    }
    assert_eq!(buffer.next_batch(0).await.len(), 16);
    let none = Fill::default();
    assert_eq!(buffer.more(0, Fill { rows: 10, ..none }).len(), 6);
    let full = BufferConfig::default().batch_bytes;
    assert!(
        buffer
            .more(
                0,
                Fill {
                    bytes: full,
                    ..none
                }
            )
            .is_empty()
    );
    assert_eq!(buffer.more(0, none).len(), 16);
    assert_eq!(buffer.more(0, none).len(), 2, "an eighth of a batch waits");
    buffer.push(item(0, 40, 1));
    assert!(buffer.more(0, none).is_empty(), "less than that waits");
    assert_eq!(buffer.fill().rows, 41, "taken is not yet done");
}

#[test]
fn bytes_close_the_gate_as_well() {
    let buffer = buffer(1000, 1000);
    buffer.push(item(0, 0, buffer.config.bytes));
    assert_eq!(buffer.demand(), Demand::Pause);
    buffer.forget(0);
    assert_eq!(buffer.demand(), Demand::Continue);
}

#[tokio::test]
async fn a_batch_waits_for_company_unless_there_is_a_hurry() {
    let buffer = buffer(10, 3);
    buffer.push(item(0, 0, 1));
    let waiting = tokio::time::timeout(Duration::from_millis(50), buffer.next_batch(0)).await;
    assert!(waiting.is_err(), "nothing is due");
    buffer.push(item(0, 1, 1));
    buffer.push(item(0, 2, 1));
    buffer.push(item(0, 3, 1));
    assert_eq!(buffer.next_batch(0).await.len(), 3, "a full batch");
    buffer.set_hurry(true);
    assert_eq!(buffer.next_batch(0).await.len(), 1, "what is left");
}

#[derive(Debug, Clone)]
enum Step {
    Push { partition: Partition, bytes: usize },
    Take,
    Complete,
    Forget { partition: Partition },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3i32, 0..9000usize).prop_map(|(partition, bytes)| Step::Push { partition, bytes }),
        2 => Just(Step::Take),
        2 => Just(Step::Complete),
        1 => (0..3i32).prop_map(|partition| Step::Forget { partition }),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    /// Any order of arrivals, batches, completions and revocations: what is held is what was neither completed nor
    /// forgotten, everything taken is completed once, and at the end nothing is left.
    #[test]
    fn everything_held_is_completed_once_or_forgotten(steps in steps()) {
        let config = BufferConfig { batch_rows: 5, batch_bytes: 20_000, linger: Duration::ZERO, ..BufferConfig::default() };
        let buffer = Buffer::new(config, 2);
        let mut turn = 0;
        let (mut pushed, mut forgotten, mut completed) = (0, 0, Vec::new());
        let mut writing: VecDeque<Vec<WorkItem>> = VecDeque::new();
        let mut next_offset = 0;
        for step in steps {
            match step {
                Step::Push { partition, bytes } => {
                    buffer.push(item(partition, next_offset, bytes));
                    next_offset += 1;
                    pushed += 1;
                }
                Step::Take => {
                    turn += 1;
                    if let Next::Batch(batch) = buffer.try_next(turn % 2) {
                        prop_assert!(batch.len() <= 5);
                        writing.push_back(batch);
                    }
                }
                Step::Complete => if let Some(batch) = writing.pop_front() {
                    buffer.complete(&batch);
                    completed.extend(buffer.take_completed());
                },
                Step::Forget { partition } => {
                    let before = buffer.fill().rows;
                    buffer.forget(partition);
                    forgotten += before - buffer.fill().rows;
                }
            }
            prop_assert_eq!(buffer.fill().rows, pushed - forgotten - completed.len());
        }
        for lane in 0..2 {
            while let Next::Batch(batch) = buffer.try_next(lane) { writing.push_back(batch); }
        }
        for batch in writing { buffer.complete(&batch); }
        completed.extend(buffer.take_completed());
        prop_assert_eq!(completed.len() + forgotten, pushed);
        completed.sort();
        completed.dedup();
        prop_assert_eq!(completed.len() + forgotten, pushed, "a record was completed twice");
        prop_assert_eq!(buffer.fill(), Fill::default());
    }
}

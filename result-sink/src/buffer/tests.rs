use super::*;
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
    WorkItem::new(record, 1)
}

fn buffer(rows: usize, batch_rows: usize) -> Buffer {
    Buffer::new(BufferConfig {
        rows,
        batch_rows,
        linger: Duration::from_secs(3600),
        ..BufferConfig::default()
    })
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
    let batches = [buffer.next_batch().await, buffer.next_batch().await];
    assert_eq!(buffer.demand(), Demand::Pause);
    buffer.complete(&batches[0]);
    assert_eq!(buffer.demand(), Demand::Pause, "three of four are held");
    buffer.complete(&batches[1]);
    assert_eq!(buffer.demand(), Demand::Continue);
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
    let waiting = tokio::time::timeout(Duration::from_millis(50), buffer.next_batch()).await;
    assert!(waiting.is_err(), "nothing is due");
    buffer.push(item(0, 1, 1));
    buffer.push(item(0, 2, 1));
    buffer.push(item(0, 3, 1));
    assert_eq!(buffer.next_batch().await.len(), 3, "a full batch");
    buffer.set_hurry(true);
    assert_eq!(buffer.next_batch().await.len(), 1, "what is left");
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
        let buffer = Buffer::new(BufferConfig { batch_rows: 5, batch_bytes: 20_000, linger: Duration::ZERO, ..BufferConfig::default() });
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
                Step::Take => if let Next::Batch(batch) = buffer.try_next() {
                    prop_assert!(batch.len() <= 5);
                    writing.push_back(batch);
                },
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
        while let Next::Batch(batch) = buffer.try_next() { writing.push_back(batch); }
        for batch in writing { buffer.complete(&batch); }
        completed.extend(buffer.take_completed());
        prop_assert_eq!(completed.len() + forgotten, pushed);
        completed.sort();
        completed.dedup();
        prop_assert_eq!(completed.len() + forgotten, pushed, "a record was completed twice");
        prop_assert_eq!(buffer.fill(), Fill::default());
    }
}

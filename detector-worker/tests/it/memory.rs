//! The memory bound: cold windows are packed, verdicts stay what they are.

use std::collections::BTreeMap;

use schemas::header::RecordType::{EventBatch, SessionCompleted, SessionStarted};
use schemas::verdict::{Phase, VerdictRecord};
use testkit::{TestTopics, wait_until};

use crate::harness::{
    BATCH, DEADLINE, Running, Sender, completed, config, session, started, verdicts,
};

const SESSIONS: u32 = 3000;

fn finals(records: Vec<VerdictRecord>) -> BTreeMap<String, String> {
    let finals = records
        .into_iter()
        .filter(|record| record.revision.phase == Phase::Final);
    finals
        .map(|mut record| {
            if let Some(verdict) = &mut record.verdict {
                verdict.processing_time_ms = 0.0;
            }
            let text = serde_json::to_string(&record).unwrap();
            (record.session_id.to_string(), text)
        })
        .collect()
}

/// Thousands of open sessions under a bound that holds a tenth of them unpacked; all end later.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_open_sessions_stays_within_the_bound_and_loses_no_verdict() {
    let topics = TestTopics::create(2).await;
    let sender = Sender::new(&topics);
    let ids: Vec<_> = (0..SESSIONS).map(session).collect();
    let opened = ids.iter().map(async |id| {
        sender
            .tell(*id, SessionStarted, &started(*id, "builtin-1"))
            .await;
        sender.tell(*id, EventBatch, BATCH).await;
    });
    futures::future::join_all(opened).await;
    let mut narrow = config(&topics);
    narrow.state.memory_bytes = 3 << 20;
    let worker = Running::start(narrow.clone());
    wait_until("packed windows within the bound", DEADLINE, async || {
        let windows = worker.metric("detector_windows");
        let sum = |form: &str| -> f64 {
            let of_form = windows
                .iter()
                .filter(|(labels, _)| labels.starts_with(form));
            of_form.map(|(_, count)| count).sum()
        };
        let bytes: f64 = worker.metric("detector_window_bytes").values().sum();
        let all = sum("hot") + sum("packed") == f64::from(SESSIONS);
        if all && sum("packed") > 1000.0 && bytes <= (3 << 20) as f64 {
            Ok(())
        } else {
            Err((windows, bytes))
        }
    })
    .await;
    let ended = ids.iter().map(async |id| {
        sender.tell(*id, EventBatch, BATCH).await;
        sender.tell(*id, SessionCompleted, &completed(*id)).await;
    });
    futures::future::join_all(ended).await;
    worker.wait_for_records(SESSIONS as usize * 4).await;
    worker.stop().await;
    let bounded = finals(verdicts(&topics).await);
    assert_eq!(bounded.len(), SESSIONS as usize);

    // The same log without a bound worth the name.
    let again = TestTopics::create(2).await;
    let mut wide = config(&again);
    wide.events_topic = topics.topics().events.clone();
    let worker = Running::start(wide);
    worker.wait_for_records(SESSIONS as usize * 4).await;
    worker.stop().await;
    assert_eq!(finals(verdicts(&again).await), bounded);
}

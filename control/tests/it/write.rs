//! Writing: durable, readable, and without a secret in it.

use chrono::Utc;
use schemas::control::{ControlKey, KeyKind};
use testkit::{TestKafka, Until, collect};

use crate::harness::{Topic, options};

#[tokio::test]
async fn a_created_key_is_found_by_its_text_and_the_topic_holds_only_its_hash() {
    let topic = Topic::created(TestKafka::shared()).await;
    let key = topic
        .writer()
        .create_key(options(), Utc::now())
        .await
        .unwrap();
    let reader = topic.reader();
    reader.ready().await;
    let found = reader.control.state().find_key(&key.text).unwrap();
    assert_eq!(*found, key.record);
    assert_eq!(KeyKind::of(&key.text), Ok((found.kind, found.mode)));
    assert!(key.text.ends_with(&found.hint) && found.hint.len() == 4);
    let records = collect(&topic.config.brokers, &topic.name(), Until::HighWatermark).await;
    let [record] = records.as_slice() else {
        panic!("one record, not {records:?}");
    };
    let id = ControlKey::ApiKey(found.id.clone()).to_string();
    assert_eq!(record.key_text(), Some(id.as_str()));
    assert_eq!(record.header("ce_type"), Some("candor.control.api_key.v1"));
    assert_eq!(record.header("candor_org"), Some("acme"));
    let value = String::from_utf8(record.payload.clone().unwrap()).unwrap();
    let random = key.text.strip_prefix("sk_test_").unwrap();
    assert!(!value.contains(random), "{value}");
}

#[tokio::test]
async fn a_removal_is_a_record_without_a_value() {
    let topic = Topic::created(TestKafka::shared()).await;
    let writer = topic.writer();
    let key = writer.create_key(options(), Utc::now()).await.unwrap();
    let id = ControlKey::ApiKey(key.record.id.clone());
    writer.remove(&id).await.unwrap();
    let records = collect(&topic.config.brokers, &topic.name(), Until::HighWatermark).await;
    let last = records.last().unwrap();
    assert_eq!(
        (last.key_text(), &last.payload),
        (Some(id.to_string().as_str()), &None)
    );
    let reader = topic.reader();
    reader.ready().await;
    assert_eq!(reader.control.state().find_key(&key.text), None);
}

//! `candor dlq show`: one letter with its content.

use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat};
use clap::Args;
use dead_letters::Position;
use kafka::OwnedRecord;
use kafka::config::KafkaConfig;
use kafka::dead_letter::DeadLetterHeaders;
use serde_json::{Map, Value, json};

use super::text::{hex, printable, short};
use crate::operate::print_json;

/// Options of `candor dlq show`.
#[derive(Debug, Clone, Args)]
pub struct Showing {
    /// The letter, as `list` shows it
    #[arg(value_name = "PARTITION:OFFSET")]
    pub position: Position,
    /// The dead-letter topic ({prefix}.events.v1.dlq unless given)
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Most bytes of the value that are shown
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub bytes: usize,
    /// Prints a JSON object
    #[arg(long)]
    pub json: bool,
}

/// Reads and prints.
pub(super) fn run(showing: &Showing, config: &KafkaConfig) -> anyhow::Result<ExitCode> {
    let topic = showing.topic.clone();
    let topic = topic.unwrap_or_else(|| config.topics().dead_letters);
    let (record, why) = dead_letters::read(config, &topic, showing.position)?;
    eprintln!("This is raw content, as it was sent and refused: nothing has checked it.");
    if showing.json {
        print_json(&as_json(&record, &why, showing))?;
    } else {
        print_text(&record, &why, showing.bytes);
    }
    Ok(ExitCode::SUCCESS)
}

fn print_text(record: &OwnedRecord, why: &DeadLetterHeaders, most: usize) {
    let time = |ms| {
        let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
        at.to_rfc3339_opts(SecondsFormat::Millis, true)
    };
    println!("reason     {}", printable(&why.reason, false));
    println!(
        "record     {} {}:{}",
        printable(&why.topic, false),
        why.partition,
        why.offset
    );
    println!("written    {}", time(why.timestamp_ms));
    println!("set aside  {}", time(record.timestamp_ms));
    println!("key        {}", short(&record.key, 256));
    for (name, value) in &record.headers {
        println!(
            "header     {} = {}",
            printable(name, false),
            short(value, 256)
        );
    }
    let shown = &record.payload[..record.payload.len().min(most)];
    println!(
        "value      {} bytes, {} shown\n",
        record.payload.len(),
        shown.len()
    );
    match text_of(shown, record.payload.len()) {
        Some(text) => println!("{}", printable(text, true)),
        None => println!("{}", hex(shown)),
    }
}

/// The bytes as text, if they are; a character that the bound cut in two is left out.
fn text_of(shown: &[u8], whole: usize) -> Option<&str> {
    match std::str::from_utf8(shown) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && shown.len() < whole => {
            std::str::from_utf8(&shown[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn as_json(record: &OwnedRecord, why: &DeadLetterHeaders, showing: &Showing) -> Value {
    let bytes = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "hex": hex(bytes) }),
    };
    let headers: Map<String, Value> = record
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), bytes(value)))
        .collect();
    let shown = &record.payload[..record.payload.len().min(showing.bytes)];
    let value = text_of(shown, record.payload.len());
    json!({
        "position": showing.position.to_string(),
        "reason": why.reason,
        "source": { "topic": why.topic, "partition": why.partition, "offset": why.offset, "timestamp_ms": why.timestamp_ms },
        "set_aside_ms": record.timestamp_ms,
        "key": bytes(&record.key),
        "headers": headers,
        "bytes": record.payload.len(),
        "value": value.map_or_else(|| json!({ "hex": hex(shown) }), |text| json!(text)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_cut_stays_a_text() {
        let whole = "aä".as_bytes();
        assert_eq!(text_of(&whole[..2], 3), Some("a"));
        assert_eq!(text_of(whole, 3), Some("aä"));
        assert_eq!(text_of(b"a\xc3", 2), None);
        assert_eq!(text_of(b"\xff", 9), None);
    }
}

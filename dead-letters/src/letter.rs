//! What a dead letter says of itself, and which records of a dead-letter topic are letters.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use kafka::dead_letter::DeadLetterHeaders;
use kafka::{Partition, Record};
use schemas::header::ORGANISATION_HEADER;
use schemas::ids::OrganisationId;

/// A record's place in the dead-letter topic: `PARTITION:OFFSET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The partition.
    pub partition: Partition,
    /// The offset.
    pub offset: i64,
}

impl FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':');
        let parts = parts
            .and_then(|(partition, offset)| Some((partition.parse().ok()?, offset.parse().ok()?)));
        match parts {
            Some((partition, offset)) if partition >= 0 && offset >= 0 => {
                Ok(Self { partition, offset })
            }
            _ => Err(format!(
                "`{text}` is no position PARTITION:OFFSET such as 3:1042"
            )),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.offset)
    }
}

/// Where a letter's record stood: what letters are told apart by. The topic is a number of [`Topics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// Its topic's number.
    pub topic: u32,
    /// Its partition.
    pub partition: Partition,
    /// Its offset.
    pub offset: i64,
}

/// Names of source topics, kept once.
#[derive(Debug, Default)]
pub struct Topics {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Topics {
    /// The number of a name.
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    /// The name of a number.
    pub fn name(&self, number: u32) -> &str {
        let name = self.names.get(number as usize);
        name.map_or("", String::as_str)
    }

    /// The source that a letter's headers name.
    pub(crate) fn source(&mut self, why: &DeadLetterHeaders) -> Source {
        Source {
            topic: self.number(&why.topic),
            partition: why.partition,
            offset: why.offset,
        }
    }
}

/// One letter, without its content.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its place in the dead-letter topic.
    pub at: Position,
    /// When it was set aside, milliseconds since 1970.
    pub set_aside_ms: i64,
    /// Why, and where its record stood.
    pub why: DeadLetterHeaders,
    /// The same place, short.
    pub source: Source,
    /// Whose it is, if it says so in a way that can be read.
    pub organisation: Option<OrganisationId>,
}

impl Letter {
    /// What `record` says; `None` when it is no letter.
    pub fn of(record: &Record<'_>, topics: &mut Topics) -> Option<Self> {
        let why = DeadLetterHeaders::decode(record)?;
        Some(Self {
            at: Position {
                partition: record.partition,
                offset: record.offset,
            },
            set_aside_ms: record.timestamp_ms,
            source: topics.source(&why),
            organisation: organisation(record),
            why,
        })
    }
}

/// The organisation that a record names, if it can be read.
fn organisation(record: &Record<'_>) -> Option<OrganisationId> {
    let name = record.header(ORGANISATION_HEADER)?;
    std::str::from_utf8(name).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_partition_and_offset() {
        let position: Position = "3:1042".parse().unwrap();
        assert_eq!((position.partition, position.offset), (3, 1042));
        assert_eq!(position.to_string(), "3:1042");
        for bad in ["", "3", "3:", ":1", "-1:2", "1:-2", "a:b", "1:2:3"] {
            assert!(bad.parse::<Position>().is_err(), "{bad}");
        }
    }
}

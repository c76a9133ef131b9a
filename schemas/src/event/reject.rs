//! What is refused of a batch, and in which words: the same for both forms of events.

use super::EventTime;

/// Which client timestamps are believable: both ends belong to the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// Earliest accepted event time.
    pub earliest: EventTime,
    /// Latest accepted event time.
    pub latest: EventTime,
}

impl EventLimits {
    /// Accepts every time: for records a gateway has judged already.
    pub const NONE: Self = Self {
        earliest: EventTime(i64::MIN),
        latest: EventTime(i64::MAX),
    };
}

/// Why one event of a batch is rejected; the others are not affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectCode {
    /// Not an object, no `event_type`, or a member given twice.
    MalformedEvent,
    /// `timestamp` is absent.
    TimestampMissing,
    /// `timestamp` is neither RFC 3339 nor a number of milliseconds.
    TimestampInvalid,
    /// `timestamp` is negative, before the year 2000, or too far in the future.
    TimestampOutOfRange,
    /// Something that is not on the allow-list of the event's type.
    ContentRefused,
    /// A listed field whose value has the wrong type or is out of range.
    ValueInvalid,
    /// More fields than an event may have.
    TooManyFields,
}

impl RejectCode {
    /// Every code.
    pub const ALL: [Self; 7] = [
        Self::MalformedEvent,
        Self::TimestampMissing,
        Self::TimestampInvalid,
        Self::TimestampOutOfRange,
        Self::ContentRefused,
        Self::ValueInvalid,
        Self::TooManyFields,
    ];

    /// The stable code of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MalformedEvent => "malformed_event",
            Self::TimestampMissing => "timestamp_missing",
            Self::TimestampInvalid => "timestamp_invalid",
            Self::TimestampOutOfRange => "timestamp_out_of_range",
            Self::ContentRefused => "content_refused",
            Self::ValueInvalid => "value_invalid",
            Self::TooManyFields => "too_many_fields",
        }
    }

    /// A sentence for the client's developer. Never repeats the client's input.
    pub fn detail(self) -> &'static str {
        match self {
            Self::MalformedEvent => {
                "an event is an object with `event_type`, `timestamp` and optional `data`, each once"
            }
            Self::TimestampMissing => "`timestamp` is required",
            Self::TimestampInvalid => {
                "`timestamp` is RFC 3339 text or a number of milliseconds since 1970"
            }
            Self::TimestampOutOfRange => {
                "`timestamp` is before 2000 or more than a day ahead of the server"
            }
            Self::ContentRefused => {
                "the event carries something outside the allow-list of its type; typed text is never accepted"
            }
            Self::ValueInvalid => "a field has a value of the wrong type or out of range",
            Self::TooManyFields => "`data` has too many fields",
        }
    }
}

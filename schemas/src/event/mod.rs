//! The canonical event: `{"event_type": "...", "timestamp": RFC 3339 or epoch ms, "data": {...}}`.
//!
//! `scan` reads events in one pass over the text, judging each field by the allow-list of [`field`]
//! as it goes. The gateway uses it to accept byte ranges, the detector to fold events: both see the
//! same events, because they run the same code.

pub mod field;
mod names;
mod reject;
mod scan;
mod sink;
mod time;

pub use field::{Field, FieldSet, Rule};
use names::NameTable;
pub use reject::{EventLimits, RejectCode};
pub(crate) use scan::{MAX_NUMBER, ScannedEvent, micros, scan_custom_data, scan_event};
pub(crate) use sink::{Discard, FieldSink};

macro_rules! event_types {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// The type of an event. Types outside this list are kept as [`EventType::Custom`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType { $(#[doc = $doc] $variant,)* }

        impl EventType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The type of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                static NAMES: NameTable<64> = NameTable::new(&[$($name,)*]);
                NAMES.position(name).map(|index| Self::ALL[index])
            }
        }
    };
}

event_types! {
    MouseMove "mouse_move" "The mouse moved.";
    Click "click" "A click.";
    Scroll "scroll" "The page or an element scrolled.";
    Keypress "keypress" "A key went down and up, with its dwell time.";
    Keystroke "keystroke" "A key went down or up.";
    Focus "focus" "The window or a field gained focus.";
    Blur "blur" "The window or a field lost focus.";
    Visibility "visibility" "The page became visible or hidden.";
    Paste "paste" "Text arrived without keys.";
    Copy "copy" "Text was copied or cut.";
    Touch "touch" "A touch began, moved or ended.";
    Pointer "pointer" "A pointer was pressed, moved or released.";
    PageView "page_view" "A page of the survey was shown.";
    QuestionView "question_view" "A question was shown.";
    QuestionAnswer "question_answer" "A question was answered.";
    Device "device" "What the browser says of the device.";
    Network "network" "What is known of the connection.";
    Honeypot "honeypot" "A field no person sees.";
    Custom "custom" "Anything else: numbers, booleans and short tokens.";
}

/// When an event happened by the client's clock: microseconds since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct EventTime(pub i64);

impl EventTime {
    /// From milliseconds since the Unix epoch.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Milliseconds from `earlier` to this time; negative when the clock went back.
    pub fn millis_since(self, earlier: Self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "differences within a session are far below 2^53 µs"
        )]
        let micros = self.0.saturating_sub(earlier.0) as f64;
        micros / 1000.0
    }
}

/// A field's value, borrowed from the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// A finite number.
    Number(f64),
    /// A boolean.
    Flag(bool),
    /// A word or identifier.
    Word(&'a str),
}

/// Most fields in one event's `data`.
pub const MAX_FIELDS: usize = 24;

/// One decoded event. Fields outside the allow-list of its type cannot be in it.
#[derive(Debug, Clone, Copy)]
pub struct Event<'b> {
    /// The type; unknown names are [`EventType::Custom`].
    pub event_type: EventType,
    /// When it happened, by the client's clock.
    pub at: EventTime,
    fields: &'b [(Field, Value<'b>)],
    /// The fields it carries. Most questions are for fields that an event has not, and each event is asked a dozen.
    present: FieldSet,
}

impl<'b> Event<'b> {
    pub(crate) fn new(
        event_type: EventType,
        at: EventTime,
        fields: &'b [(Field, Value<'b>)],
    ) -> Self {
        let mut present = FieldSet::of(&[]);
        for (field, _) in fields {
            present.insert(*field);
        }
        Self {
            event_type,
            at,
            fields,
            present,
        }
    }

    /// The fields it carries, in the client's order.
    pub fn fields(&self) -> &'b [(Field, Value<'b>)] {
        self.fields
    }

    #[inline]
    fn get(&self, field: Field) -> Option<Value<'b>> {
        if !self.present.contains(field) {
            return None;
        }
        self.fields
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, value)| *value)
    }

    /// A number, if the event carries that field.
    pub fn number(&self, field: Field) -> Option<f64> {
        match self.get(field) {
            Some(Value::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// A boolean, if the event carries that field.
    pub fn flag(&self, field: Field) -> Option<bool> {
        match self.get(field) {
            Some(Value::Flag(flag)) => Some(flag),
            _ => None,
        }
    }

    /// A word or identifier, if the event carries that field.
    pub fn word(&self, field: Field) -> Option<&'b str> {
        match self.get(field) {
            Some(Value::Word(word)) => Some(word),
            _ => None,
        }
    }
}

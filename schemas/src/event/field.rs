//! The allow-list of event data (INV-6): every field there is, its rule, and which event type may
//! carry it. Nothing outside these tables passes the gateway. No rule admits free text: a value is a
//! number, a boolean, one of a closed set of words, or a short identifier.

use super::EventType;
use super::names::NameTable;

/// Longest identifier ([`Rule::Identifier`]) and longest text value of a `custom` event, characters.
pub const MAX_TOKEN: usize = 64;

/// What a field's value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A finite number of magnitude at most 10¹².
    Number,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An identifier chosen by the survey's author: 1 to 64 characters of `A-Za-z0-9_.:-`.
    Identifier,
}

/// Whether `text` has the form of an identifier.
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TOKEN && text.bytes().all(|c| IDENTIFIER[usize::from(c)])
}

/// Which bytes an identifier is made of.
const IDENTIFIER: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
        byte += 1;
    }
    table
};

macro_rules! fields {
    ($($variant:ident $name:literal $rule:expr, $doc:literal;)*) => {
        /// A field of an event's `data`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Field { $(#[doc = $doc] $variant,)* }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The field of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                static NAMES: NameTable<1024> = NameTable::new(&[$($name,)*]);
                NAMES.position(name).map(|index| Self::ALL[index])
            }

            /// What the value must be.
            pub const fn rule(self) -> Rule {
                const RULES: &[Rule] = &[$($rule,)*];
                RULES[self as usize]
            }

            /// Meaning and unit.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

use Rule::{Flag, Identifier, Number, Word};

fields! {
    X "x" Number, "Horizontal position in the viewport, CSS pixels.";
    Y "y" Number, "Vertical position in the viewport, CSS pixels.";
    Dx "dx" Number, "Horizontal scroll or wheel distance, CSS pixels.";
    Dy "dy" Number, "Vertical scroll or wheel distance, CSS pixels.";
    ScrollX "scroll_x" Number, "Horizontal scroll position after the event, CSS pixels.";
    ScrollY "scroll_y" Number, "Vertical scroll position after the event, CSS pixels.";
    ScreenX "screen_x" Number, "Horizontal position on the screen, CSS pixels.";
    ScreenY "screen_y" Number, "Vertical position on the screen, CSS pixels.";
    MovementX "movement_x" Number, "Horizontal movement the browser reports, pixels.";
    MovementY "movement_y" Number, "Vertical movement the browser reports, pixels.";
    OffsetX "offset_x" Number, "Horizontal distance of the press from the target's centre, CSS pixels.";
    OffsetY "offset_y" Number, "Vertical distance of the press from the target's centre, CSS pixels.";
    TargetWidth "target_width" Number, "Width of the pressed element, CSS pixels.";
    TargetHeight "target_height" Number, "Height of the pressed element, CSS pixels.";
    Drag "drag" Flag, "A button was held during the move.";
    Trusted "trusted" Flag, "The browser's isTrusted: false only for events made by script.";
    Button "button" Word(&["left", "middle", "right", "back", "forward", "other"]), "The pressed button.";
    Buttons "buttons" Number, "Bit mask of held buttons, as in the DOM.";
    PointerType "pointer_type" Word(&["mouse", "pen", "touch", "unknown"]), "What kind of pointer.";
    Phase "phase" Word(&["down", "up", "move", "start", "end", "cancel", "enter", "leave"]), "Phase of a pointer or touch.";
    Coalesced "coalesced" Number, "Number of coalesced pointer samples in the event.";
    Pressure "pressure" Number, "Contact pressure, 0 to 1.";
    ContactWidth "contact_width" Number, "Width of the contact area, CSS pixels.";
    ContactHeight "contact_height" Number, "Height of the contact area, CSS pixels.";
    Touches "touches" Number, "Number of simultaneous touches.";
    Hold "hold" Number, "Time from press to release, milliseconds.";
    Key "key" Word(KEY_CLASSES), "Class of the key, never the key.";
    Dwell "dwell" Number, "Time from key down to key up, milliseconds.";
    Action "action" Word(&["down", "up"]), "Direction of a keystroke.";
    Repeat "repeat" Flag, "The key event is an automatic repeat.";
    InputType "input_type" Word(&["insert_text", "insert_paste", "insert_drop", "insert_replacement", "insert_composition", "insert_line_break", "delete", "format", "history", "other"]), "Class of the InputEvent's inputType.";
    Length "length" Number, "Number of characters, never which.";
    Items "items" Number, "Number of clipboard items.";
    Source "source" Word(&["paste", "drop", "autofill", "insertion"]), "How text arrived without keys; `insertion`: the cause is not known.";
    State "state" Word(&["visible", "hidden"]), "Visibility of the page.";
    Away "away" Number, "Time spent away before the focus returned, milliseconds.";
    Page "page" Identifier, "Identifier of the page, from the survey.";
    Question "question" Identifier, "Identifier of the question, from the survey.";
    Kind "kind" Word(&["single", "multiple", "grid", "slider", "rank", "number", "open_short", "open_long", "info", "other"]), "Kind of question.";
    TextLength "text_length" Number, "Characters of the question's own wording.";
    Options "options" Number, "Number of answer options.";
    OptionIndex "option" Number, "Position of the chosen option, from 0.";
    Row "row" Number, "Row of a grid, from 0.";
    Column "column" Number, "Column of a grid, from 0.";
    Duration "duration" Number, "Time spent, milliseconds.";
    Changes "changes" Number, "How often the answer was changed.";
    Attention "attention" Word(&["passed", "failed"]), "Outcome of an attention check.";
    Index "index" Number, "Position in the survey, from 0.";
    ScreenWidth "screen_width" Number, "Width of the screen, CSS pixels.";
    ScreenHeight "screen_height" Number, "Height of the screen, CSS pixels.";
    ViewportWidth "viewport_width" Number, "Width of the viewport, CSS pixels.";
    ViewportHeight "viewport_height" Number, "Height of the viewport, CSS pixels.";
    PixelRatio "pixel_ratio" Number, "Device pixels per CSS pixel.";
    ColorDepth "color_depth" Number, "Bits per pixel.";
    TimezoneOffset "timezone_offset" Number, "Minutes from local time to UTC.";
    Cores "cores" Number, "Logical processors the browser reports.";
    Memory "memory" Number, "Device memory the browser reports, GiB.";
    TouchPoints "touch_points" Number, "Most simultaneous touches the device supports.";
    Languages "languages" Number, "Number of preferred languages.";
    Plugins "plugins" Number, "Number of browser plugins.";
    Webdriver "webdriver" Flag, "navigator.webdriver.";
    Headless "headless" Flag, "A headless browser was recognised.";
    Automation "automation" Flag, "Traces of an automation framework were found.";
    Mobile "mobile" Flag, "The user agent claims a mobile device.";
    UserAgentMismatch "user_agent_mismatch" Flag, "User agent and client hints contradict each other.";
    Assistive "assistive" Flag, "The respondent uses assistive technology.";
    Platform "platform" Word(&["windows", "macos", "linux", "android", "ios", "chromeos", "other"]), "Operating system.";
    Browser "browser" Word(&["chrome", "firefox", "safari", "edge", "opera", "samsung", "other"]), "Browser family.";
    Renderer "renderer" Word(&["hardware", "software", "none", "unknown"]), "What draws WebGL.";
    Fingerprint "fingerprint" Identifier, "Hash of device properties.";
    RoundTrip "rtt" Number, "Round-trip time the browser reports, milliseconds.";
    Downlink "downlink" Number, "Bandwidth the browser reports, Mbit/s.";
    Connection "connection" Word(&["ethernet", "wifi", "cellular", "bluetooth", "none", "other", "unknown"]), "Kind of connection.";
    Vpn "vpn" Flag, "The address belongs to a VPN.";
    Proxy "proxy" Flag, "The address belongs to an open proxy.";
    Tor "tor" Flag, "The address is a Tor exit.";
    Datacenter "datacenter" Flag, "The address belongs to a hosting provider.";
    TimezoneMismatch "timezone_mismatch" Flag, "Browser time zone and address disagree.";
    Asn "asn" Number, "Autonomous system number.";
    Trap "trap" Identifier, "Identifier of a honeypot field.";
    Filled "filled" Flag, "The honeypot was filled.";
    Name "name" Identifier, "Name of a custom event.";
}

/// Classes of keys: the only thing Candor ever learns about which key was pressed.
pub const KEY_CLASSES: &[&str] = &[
    "letter",
    "digit",
    "space",
    "punctuation",
    "backspace",
    "delete",
    "enter",
    "tab",
    "escape",
    "arrow",
    "navigation",
    "shift",
    "control",
    "alt",
    "meta",
    "caps_lock",
    "function",
    "other",
];

/// A set of fields, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FieldSet(u128);

impl FieldSet {
    /// The set of `fields`.
    pub const fn of(fields: &[Field]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < fields.len() {
            bits |= 1 << fields[index] as u8;
            index += 1;
        }
        Self(bits)
    }

    /// Adds `field`.
    #[inline]
    pub(crate) const fn insert(&mut self, field: Field) {
        self.0 |= 1 << field as u8;
    }

    /// Whether `field` is in the set.
    #[inline]
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    /// One bit per field, at the position of the field.
    pub(crate) const fn bits(self) -> u128 {
        self.0
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

const POSITION: FieldSet = FieldSet::of(&[
    Field::X,
    Field::Y,
    Field::ScreenX,
    Field::ScreenY,
    Field::MovementX,
    Field::MovementY,
    Field::Trusted,
    Field::PointerType,
    Field::Drag,
    Field::Buttons,
    Field::Coalesced,
]);
const PRESS: FieldSet = POSITION.and(FieldSet::of(&[
    Field::Button,
    Field::OffsetX,
    Field::OffsetY,
    Field::TargetWidth,
    Field::TargetHeight,
    Field::Hold,
    Field::Phase,
    Field::Pressure,
    Field::ContactWidth,
    Field::ContactHeight,
    Field::Touches,
]));
const KEYS: FieldSet = FieldSet::of(&[
    Field::Key,
    Field::Dwell,
    Field::Action,
    Field::Repeat,
    Field::InputType,
    Field::Trusted,
    Field::Question,
]);
const PRESENCE: FieldSet = FieldSet::of(&[Field::State, Field::Away, Field::Trusted]);
const CLIPBOARD: FieldSet = FieldSet::of(&[
    Field::Length,
    Field::Items,
    Field::Source,
    Field::Trusted,
    Field::Question,
]);
const QUESTION: FieldSet = FieldSet::of(&[
    Field::Page,
    Field::Question,
    Field::Kind,
    Field::TextLength,
    Field::Options,
    Field::OptionIndex,
    Field::Row,
    Field::Column,
    Field::Duration,
    Field::Changes,
    Field::Attention,
    Field::Index,
    Field::Length,
]);
const DEVICE: FieldSet = FieldSet::of(&[
    Field::ScreenWidth,
    Field::ScreenHeight,
    Field::ViewportWidth,
    Field::ViewportHeight,
    Field::PixelRatio,
    Field::ColorDepth,
    Field::TimezoneOffset,
    Field::Cores,
    Field::Memory,
    Field::TouchPoints,
    Field::Languages,
    Field::Plugins,
    Field::Webdriver,
    Field::Headless,
    Field::Automation,
    Field::Mobile,
    Field::UserAgentMismatch,
    Field::Assistive,
    Field::Platform,
    Field::Browser,
    Field::Renderer,
    Field::Fingerprint,
]);
const NETWORK: FieldSet = FieldSet::of(&[
    Field::RoundTrip,
    Field::Downlink,
    Field::Connection,
    Field::Vpn,
    Field::Proxy,
    Field::Tor,
    Field::Datacenter,
    Field::TimezoneMismatch,
    Field::Asn,
]);
const SCROLL: FieldSet = FieldSet::of(&[
    Field::X,
    Field::Y,
    Field::Dx,
    Field::Dy,
    Field::ScrollX,
    Field::ScrollY,
    Field::Trusted,
]);
const HONEYPOT: FieldSet = FieldSet::of(&[Field::Trap, Field::Filled, Field::Length]);

impl EventType {
    /// The fields that events of this type may carry. `custom` has no list: see [`MAX_TOKEN`].
    pub const fn allowed(self) -> FieldSet {
        match self {
            Self::MouseMove => POSITION,
            Self::Click | Self::Touch | Self::Pointer => PRESS,
            Self::Scroll => SCROLL,
            Self::Keypress | Self::Keystroke => KEYS,
            Self::Focus | Self::Blur | Self::Visibility => PRESENCE,
            Self::Paste | Self::Copy => CLIPBOARD,
            Self::PageView | Self::QuestionView | Self::QuestionAnswer => QUESTION,
            Self::Device => DEVICE,
            Self::Network => NETWORK,
            Self::Honeypot => HONEYPOT,
            Self::Custom => FieldSet(u128::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_fields_are_one_to_one() {
        for field in Field::ALL {
            assert_eq!(Field::from_name(field.name()), Some(*field));
        }
        assert!(Field::ALL.len() < 128, "a field set has 128 bits");
    }

    #[test]
    fn every_field_is_carried_by_some_listed_type() {
        for field in Field::ALL {
            let carried = EventType::ALL
                .iter()
                .any(|kind| kind.allowed().contains(*field));
            assert!(carried, "{} is allowed nowhere", field.name());
        }
    }
}

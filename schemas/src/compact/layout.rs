//! The frozen numbers of the compact form: types by position in [`LAYOUTS`], fields by position in
//! their type's layout, words by position in their field's list.
//!
//! Everything here is append-only: clients in the field have these numbers built in. The file
//! `golden/compact-v1.txt` is [`describe`]'s text, and a test refuses every change of it but a longer
//! line or a new one.

use std::fmt::Write;

use crate::event::{EventType, Field, Rule};

/// How the events of one type are written: its number is the layout's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The type.
    pub event_type: EventType,
    /// Its fields in the order of the wire, those that most events carry first.
    pub fields: &'static [Field],
}

const fn layout(event_type: EventType, fields: &'static [Field]) -> Layout {
    Layout { event_type, fields }
}

/// Every layout, at the position of its type's number. `custom` has none: a name and an object.
pub const LAYOUTS: [Layout; 19] = {
    use Field as F;
    [
        layout(
            EventType::MouseMove,
            &[
                F::X,
                F::Y,
                F::Drag,
                F::Trusted,
                F::PointerType,
                F::Buttons,
                F::Coalesced,
                F::MovementX,
                F::MovementY,
                F::ScreenX,
                F::ScreenY,
            ],
        ),
        layout(
            EventType::Click,
            &[
                F::X,
                F::Y,
                F::Button,
                F::OffsetX,
                F::OffsetY,
                F::TargetWidth,
                F::TargetHeight,
                F::PointerType,
                F::Hold,
                F::Trusted,
                F::Phase,
                F::Buttons,
                F::Pressure,
                F::ContactWidth,
                F::ContactHeight,
                F::Touches,
                F::Drag,
                F::Coalesced,
                F::MovementX,
                F::MovementY,
                F::ScreenX,
                F::ScreenY,
            ],
        ),
        layout(
            EventType::Scroll,
            &[F::ScrollY, F::Dy, F::X, F::Y, F::Dx, F::ScrollX, F::Trusted],
        ),
        layout(
            EventType::Keypress,
            &[
                F::Key,
                F::Dwell,
                F::Trusted,
                F::Repeat,
                F::InputType,
                F::Question,
                F::Action,
            ],
        ),
        layout(
            EventType::Keystroke,
            &[
                F::Key,
                F::Action,
                F::Trusted,
                F::Repeat,
                F::InputType,
                F::Question,
                F::Dwell,
            ],
        ),
        layout(EventType::Focus, &[F::Away, F::Trusted, F::State]),
        layout(EventType::Blur, &[F::Away, F::Trusted, F::State]),
        layout(EventType::Visibility, &[F::State, F::Away, F::Trusted]),
        layout(EventType::Paste, CLIPBOARD),
        layout(EventType::Copy, CLIPBOARD),
        layout(
            EventType::Touch,
            &[
                F::Phase,
                F::X,
                F::Y,
                F::Touches,
                F::Pressure,
                F::ContactWidth,
                F::ContactHeight,
                F::Trusted,
                F::Hold,
                F::OffsetX,
                F::OffsetY,
                F::TargetWidth,
                F::TargetHeight,
                F::PointerType,
                F::Button,
                F::Buttons,
                F::Drag,
                F::Coalesced,
                F::MovementX,
                F::MovementY,
                F::ScreenX,
                F::ScreenY,
            ],
        ),
        layout(
            EventType::Pointer,
            &[
                F::Phase,
                F::X,
                F::Y,
                F::Button,
                F::PointerType,
                F::Buttons,
                F::Trusted,
                F::Hold,
                F::Pressure,
                F::ContactWidth,
                F::ContactHeight,
                F::OffsetX,
                F::OffsetY,
                F::TargetWidth,
                F::TargetHeight,
                F::Touches,
                F::Drag,
                F::Coalesced,
                F::MovementX,
                F::MovementY,
                F::ScreenX,
                F::ScreenY,
            ],
        ),
        layout(
            EventType::PageView,
            &[
                F::Page,
                F::Index,
                F::Question,
                F::Kind,
                F::TextLength,
                F::Options,
                F::Duration,
                F::OptionIndex,
                F::Row,
                F::Column,
                F::Changes,
                F::Attention,
                F::Length,
            ],
        ),
        layout(
            EventType::QuestionView,
            &[
                F::Question,
                F::Kind,
                F::Index,
                F::TextLength,
                F::Options,
                F::Page,
                F::Duration,
                F::OptionIndex,
                F::Row,
                F::Column,
                F::Changes,
                F::Attention,
                F::Length,
            ],
        ),
        layout(
            EventType::QuestionAnswer,
            &[
                F::Question,
                F::Kind,
                F::Duration,
                F::OptionIndex,
                F::Options,
                F::Changes,
                F::Length,
                F::Row,
                F::Column,
                F::Attention,
                F::Index,
                F::Page,
                F::TextLength,
            ],
        ),
        layout(
            EventType::Device,
            &[
                F::ScreenWidth,
                F::ScreenHeight,
                F::ViewportWidth,
                F::ViewportHeight,
                F::PixelRatio,
                F::Platform,
                F::Browser,
                F::Webdriver,
                F::TouchPoints,
                F::Cores,
                F::Memory,
                F::Languages,
                F::Mobile,
                F::Renderer,
                F::ColorDepth,
                F::TimezoneOffset,
                F::Plugins,
                F::Headless,
                F::Automation,
                F::UserAgentMismatch,
                F::Assistive,
                F::Fingerprint,
            ],
        ),
        layout(
            EventType::Network,
            &[
                F::Connection,
                F::RoundTrip,
                F::Downlink,
                F::Vpn,
                F::Proxy,
                F::Tor,
                F::Datacenter,
                F::TimezoneMismatch,
                F::Asn,
            ],
        ),
        layout(EventType::Honeypot, &[F::Trap, F::Filled, F::Length]),
        layout(EventType::Custom, &[]),
    ]
};

const CLIPBOARD: &[Field] = &[
    Field::Length,
    Field::Source,
    Field::Trusted,
    Field::Question,
    Field::Items,
];

/// The layouts and word lists as text: one line each, which only ever grows at its end.
pub fn describe() -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (number, layout) in LAYOUTS.iter().enumerate() {
        let _ = write!(text, "type {number} {}", layout.event_type.as_str());
        for field in layout.fields {
            let rule = match field.rule() {
                Rule::Number => "number",
                Rule::Flag => "flag",
                Rule::Word(_) => "word",
                Rule::Identifier => "identifier",
            };
            let _ = write!(text, " {}:{rule}", field.name());
        }
        text.push('\n');
    }
    for field in Field::ALL {
        if let Rule::Word(words) = field.rule() {
            let _ = writeln!(text, "words {} {}", field.name(), words.join(" "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_layout_at_its_number_with_all_its_fields_once() {
        for (layout, event_type) in LAYOUTS.iter().zip(EventType::ALL) {
            assert_eq!(layout.event_type, *event_type);
            if *event_type == EventType::Custom {
                continue;
            }
            let mut listed = layout.fields.to_vec();
            listed.sort_by_key(|field| *field as u8);
            let allowed: Vec<Field> = Field::ALL
                .iter()
                .copied()
                .filter(|field| event_type.allowed().contains(*field))
                .collect();
            assert_eq!(listed, allowed, "{}", event_type.as_str());
        }
        assert_eq!(LAYOUTS.len(), EventType::ALL.len());
    }
}

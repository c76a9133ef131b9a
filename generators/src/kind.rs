//! What a simulated session is: a kind of respondent or bot, and the truth about it.

use std::fmt;
use std::str::FromStr;

/// The truth about a simulated session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// Simulates a person.
    Human,
    /// Simulates a program.
    Bot,
}

impl Label {
    /// `human` or `bot`, as in recorded sessions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Bot => "bot",
        }
    }
}

/// A name that is no [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no kind of simulated session; the kinds are {}", names())]
pub struct UnknownKind {
    /// The name.
    pub name: String,
}

fn names() -> String {
    Kind::ALL.map(Kind::as_str).join(", ")
}

macro_rules! kinds {
    ($($variant:ident $name:literal $label:ident $doc:literal;)*) => {
        /// A kind of simulated respondent or bot.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $(#[doc = $doc] $variant,)* }

        impl Kind {
            /// Every kind, people first.
            pub const ALL: [Self; [$(Self::$variant,)*].len()] = [$(Self::$variant,)*];

            /// The stable name, an identifier.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it simulates.
            pub fn label(self) -> Label {
                match self { $(Self::$variant => Label::$label,)* }
            }
        }
    };
}

kinds! {
    MouseUser "mouse_user" Human "A person with a mouse: strokes made of submovements, own speed, reading and aim.";
    TouchUser "touch_user" Human "A person on a phone: taps, flings, no mouse.";
    KeyboardUser "keyboard_user" Human "A person who uses only the keyboard.";
    Typist "typist" Human "A person with a mouse who answers open ends at length.";
    LinearSteps "linear_steps" Bot "Straight lines in a few equal steps, instant presses, fast even keys.";
    TeleportFill "teleport_fill" Bot "Jumps onto each target and inserts texts whole.";
    ConstantTypist "constant_typist" Bot "Curved moves, but keys with a constant delay and a constant or absent dwell.";
    MinimumJerk "minimum_jerk" Bot "The textbook minimum-jerk move with noise, independent key intervals.";
    Bezier "bezier" Bot "Eased cubic Bezier moves, independent key intervals.";
    Agent "llm_agent" Bot "A browser driven by a language model: pauses of seconds, then a burst; presses the exact centre.";
    Replay "replay" Bot "One recorded session, sent again and again with slight changes of tempo.";
    HoneypotFiller "honeypot_filler" Bot "Fills every field of the form, the hidden one too.";
    StraightLiner "straight_liner" Bot "Plausible moves, but always the same option and no time to read.";
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownKind {
                name: name.to_owned(),
            })
    }
}

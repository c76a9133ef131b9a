//! What a simulated session is: a kind of respondent or bot, and the truth about it.

use std::fmt;
use std::str::FromStr;

use crate::bots::{self, agents, drivers, pointers, replays, typists};
use crate::dice::Dice;
use crate::people::{self, choosers, drawers};
use crate::session::Event;

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

/// What tells the kinds of a family from people; an evaluation leaves out one of them at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// People.
    People,
    /// Bots given away by mechanics: jumps, instant presses, filled traps.
    Crude,
    /// Bots whose pointer follows a formula.
    Pointer,
    /// Bots whose keys follow a rhythm of their own.
    Keys,
    /// Bots that answer without reading.
    Careless,
    /// Browsers that a language model drives.
    Agent,
    /// Recorded people, sent again.
    Replay,
    /// The mechanics of a well-known driver of browsers.
    Driver,
}

impl Family {
    /// Every family, people first.
    pub const ALL: [Self; 8] = [
        Self::People,
        Self::Crude,
        Self::Pointer,
        Self::Keys,
        Self::Careless,
        Self::Agent,
        Self::Replay,
        Self::Driver,
    ];

    /// The stable name, an identifier.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Crude => "crude",
            Self::Pointer => "pointer",
            Self::Keys => "keys",
            Self::Careless => "careless",
            Self::Agent => "agent",
            Self::Replay => "replay",
            Self::Driver => "driver",
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
    ($($variant:ident $name:literal $family:ident $make:path, $doc:literal;)*) => {
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

            /// What tells it from people.
            pub fn family(self) -> Family {
                match self { $(Self::$variant => Family::$family,)* }
            }

            /// The events of one session.
            pub(crate) fn events(self, dice: Dice) -> Vec<Event> {
                match self { $(Self::$variant => $make(dice),)* }
            }
        }
    };
}

kinds! {
    MouseUser "mouse_user" People people::mouse_user, "A person with a mouse: strokes made of submovements, own speed, reading and aim.";
    TouchUser "touch_user" People people::touch_user, "A person on a phone: taps, flings, no mouse.";
    KeyboardUser "keyboard_user" People people::keyboard_user, "A person who uses only the keyboard.";
    Typist "typist" People people::typist, "A person with a mouse who answers open ends at length.";
    TouchDrawer "touch_drawer" People drawers::touch_drawer, "A person who draws shapes with a finger; the page sees touches.";
    FingerDrawer "finger_drawer" People drawers::finger_drawer, "A person who draws shapes with a finger; the page sees moves of a mouse, with or without a held button.";
    MouseDrawer "mouse_drawer" People drawers::mouse_drawer, "A person who draws shapes with a mouse.";
    Dragger "dragger" People people::dragger, "A person who moves sliders and drags cards.";
    RemoteUser "remote_user" People people::remote_user, "A person at a remote desktop: nine positions a second.";
    TouchpadUser "touchpad_user" People people::touchpad_user, "A person with a touchpad: swipes, and taps that hold the button hardly or not at all.";
    SlowTypist "slow_typist" People people::slow_typist, "A person who types with one finger.";
    BinaryChooser "binary_chooser" People choosers::binary_chooser, "A person in a task of two buttons: similar strokes again and again.";
    AssistiveUser "assistive_user" People people::assistive_user, "A person with a screen reader or a switch: keys, and clicks at the exact centre without a pointer.";
    LinearSteps "linear_steps" Crude bots::linear_steps, "Straight lines in a few equal steps, instant presses, fast even keys.";
    TeleportFill "teleport_fill" Crude bots::teleport_fill, "Jumps onto each target and inserts texts whole.";
    ConstantTypist "constant_typist" Keys bots::constant_typist, "Curved moves, but keys with a constant delay and a constant or absent dwell.";
    MinimumJerk "minimum_jerk" Pointer bots::minimum_jerk, "The textbook minimum-jerk move with noise, independent key intervals.";
    Bezier "bezier" Pointer bots::bezier, "Eased cubic Bezier moves, independent key intervals.";
    Agent "llm_agent" Agent bots::llm_agent, "A browser driven by a language model: pauses of seconds, then a burst; presses the exact centre.";
    Replay "replay" Replay bots::replay, "One recorded session, sent again and again with slight changes of tempo.";
    HoneypotFiller "honeypot_filler" Crude bots::honeypot_filler, "Fills every field of the form, the hidden one too.";
    StraightLiner "straight_liner" Careless bots::straight_liner, "Plausible moves, but always the same option and no time to read.";
    BezierQuadratic "bezier_quadratic" Pointer pointers::bezier_quadratic, "Quadratic Bezier moves; a person in all else.";
    BezierCubic "bezier_cubic" Pointer pointers::bezier_cubic, "Cubic Bezier moves; a person in all else.";
    BezierNoisy "bezier_noisy" Pointer pointers::bezier_noisy, "Cubic Bezier moves with noise on every position; a person in all else.";
    BezierQuintic "bezier_quintic" Pointer pointers::bezier_quintic, "Quintic Bezier moves with control points anywhere and distorted positions; a person in all else.";
    LineEasing "line_easing" Pointer pointers::line_easing, "Straight moves with an easing; a person in all else.";
    PerlinLine "perlin_line" Pointer pointers::perlin_line, "Straight moves bent by gradient noise; a person in all else.";
    RandomSteps "random_steps" Pointer pointers::random_steps, "Straight moves in independent random steps; a person in all else.";
    WindMouse "wind_mouse" Pointer pointers::wind_mouse, "Moves by gravity and wind; a person in all else.";
    Spring "spring" Pointer pointers::spring, "Moves of a damped spring; a person in all else.";
    TwoPhase "two_phase" Pointer pointers::two_phase, "A ballistic move that falls short, a pause, a correction; a person in all else.";
    KeysConstant "keys_constant" Keys typists::constant, "Keys with a constant delay and plausible dwell; a person in all else.";
    KeysNormal "keys_normal" Keys typists::normal, "Normal key intervals; a person in all else.";
    KeysUniform "keys_uniform" Keys typists::uniform, "Uniform key intervals; a person in all else.";
    KeysGamma "keys_gamma" Keys typists::gamma, "Gamma key intervals; a person in all else.";
    KeysLognormal "keys_lognormal" Keys typists::lognormal, "Log-normal key intervals; a person in all else.";
    KeysExponential "keys_exponential" Keys typists::exponential, "Exponential key intervals; a person in all else.";
    KeysTypos "keys_typos" Keys typists::typos, "Log-normal key intervals with wrong letters and Backspace; a person in all else.";
    KeysMixture "keys_mixture" Keys typists::mixture, "Key intervals of two speeds; a person in all else.";
    KeysSlowSpace "keys_slow_space" Keys typists::slow_space, "Log-normal key intervals, longer before a space; a person in all else.";
    KeysAutoregressive "keys_autoregressive" Keys typists::autoregressive, "Key intervals of an autoregressive process; a person in all else.";
    Playwright "playwright" Driver drivers::playwright, "Playwright: equal steps or none, as fast as the browser answers, keys typed with one delay.";
    Selenium "selenium" Driver drivers::selenium, "Selenium's action chains: moves of 250 ms to the exact centre in equal steps or a jump, keys sent at once.";
    GhostCursor "ghost_cursor" Driver drivers::ghost_cursor, "Puppeteer with ghost-cursor as it comes: curves sent as fast as the browser answers.";
    Humanised "humanised_driver" Driver drivers::humanised, "A driver with curves, overshoot, random holds and a delay drawn for each key.";
    ScreenshotAgent "screenshot_agent" Agent agents::screenshot_agent, "Screenshot, seconds of thought, an act or a few at once.";
    PooledReplay "pooled_replay" Replay replays::pooled_replay, "Strokes of a bank of recorded people, turned, scaled and warped; a person in all else.";
}

impl Kind {
    /// What it simulates.
    pub fn label(self) -> Label {
        if self.family() == Family::People {
            Label::Human
        } else {
            Label::Bot
        }
    }
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

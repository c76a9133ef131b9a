//! What a key is in the text, and where in the text an interval lies.

use serde::{Deserialize, Serialize};

/// Classes of keys that make text. Every other key ends a run: its rhythm is that of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Class {
    Letter,
    Space,
    Mark,
    Digit,
    Correction,
}

impl Class {
    pub(super) const COUNT: usize = 5;

    pub(crate) fn of(key: &str) -> Option<Self> {
        match key {
            "letter" => Some(Self::Letter),
            "space" => Some(Self::Space),
            "punctuation" => Some(Self::Mark),
            "digit" => Some(Self::Digit),
            "backspace" | "delete" => Some(Self::Correction),
            _ => None,
        }
    }
}

/// Where in the text an interval lies: between which classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    InWord,
    WordStart,
    WordEnd,
    ToMark,
    AfterMark,
    ToCorrection,
    AfterCorrection,
    Correcting,
    DigitEdge,
    Alike,
    Capital,
}

impl Place {
    pub(super) const COUNT: usize = 11;
    const ALL: [Self; Self::COUNT] = [
        Self::InWord,
        Self::WordStart,
        Self::WordEnd,
        Self::ToMark,
        Self::AfterMark,
        Self::ToCorrection,
        Self::AfterCorrection,
        Self::Correcting,
        Self::DigitEdge,
        Self::Alike,
        Self::Capital,
    ];

    /// The place of the interval from a press of `before` to one of `class`; `shifted` when Shift went down between.
    pub(super) fn of(before: Class, class: Class, shifted: bool) -> Self {
        use Class::{Correction, Digit, Mark, Space};
        match (before, class) {
            (Correction, Correction) => Self::Correcting,
            (_, Correction) => Self::ToCorrection,
            (Correction, _) => Self::AfterCorrection,
            (_, Space) => Self::WordEnd,
            _ if shifted => Self::Capital,
            (Space, _) => Self::WordStart,
            (_, Mark) => Self::ToMark,
            (Mark, _) => Self::AfterMark,
            (Digit, Digit) => Self::Alike,
            (Digit, _) | (_, Digit) => Self::DigitEdge,
            _ => Self::InWord,
        }
    }

    /// How much later than inside a word people press here, in standard deviations of ranks, in steps of a quarter. The order
    /// is that of the literature on transcription typing (T. A. Salthouse, Psychological Bulletin 99, 1986): words are begun more
    /// slowly than they go on, marks and digits lie in other rows, two keys at once take longest, and an error is noticed
    /// before it is mended and slows what follows. The sizes are rough on purpose: they were checked on recorded people, as limits
    /// are, and no program fitted them.
    fn delay(self) -> f64 {
        match self {
            Self::InWord | Self::WordEnd => 0.0,
            Self::Correcting | Self::Alike | Self::AfterMark => 0.25,
            Self::WordStart => 0.5,
            Self::AfterCorrection => 0.75,
            Self::ToMark | Self::DigitEdge => 1.25,
            Self::ToCorrection | Self::Capital => 1.5,
        }
    }

    /// The expected delay at every place.
    pub(super) fn expected(index: usize) -> Option<f64> {
        Self::ALL.get(index).map(|place| place.delay())
    }

    /// The same without the edges of words: a generator that slows down at spaces follows those.
    pub(super) fn expected_off_spaces(index: usize) -> Option<f64> {
        let place = Self::ALL.get(index)?;
        (!matches!(place, Self::WordStart | Self::WordEnd)).then(|| place.delay())
    }
}

//! Which kinds of sessions are generated, and how often each.

use std::str::FromStr;

use crate::dice::Dice;
use crate::kind::{Kind, UnknownKind};

/// Why a text is no [`Mix`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MixError {
    /// A part is not `kind=share`.
    #[error("`{0}` is not of the form kind=share")]
    Form(String),
    /// A share is negative or no number.
    #[error("the share of {kind} is not a number from 0")]
    Share {
        /// The kind.
        kind: Kind,
    },
    /// No such kind.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// All shares are 0.
    #[error("at least one share must be above 0")]
    Empty,
}

/// Shares of the kinds; they need not add up to anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix(Vec<(Kind, f64)>);

impl Mix {
    /// A mix with the given shares.
    ///
    /// # Errors
    /// [`MixError::Share`] for a share that is negative or not finite, [`MixError::Empty`] when no
    /// share is above 0.
    pub fn new(shares: impl IntoIterator<Item = (Kind, f64)>) -> Result<Self, MixError> {
        let shares: Vec<(Kind, f64)> = shares.into_iter().collect();
        if let Some((kind, _)) = shares
            .iter()
            .find(|(_, share)| !share.is_finite() || *share < 0.0)
        {
            return Err(MixError::Share { kind: *kind });
        }
        if shares.iter().all(|(_, share)| *share == 0.0) {
            return Err(MixError::Empty);
        }
        Ok(Self(shares))
    }

    /// Only sessions of `kind`.
    pub fn only(kind: Kind) -> Self {
        Self(vec![(kind, 1.0)])
    }

    /// The kinds that occur, with their shares.
    pub fn shares(&self) -> &[(Kind, f64)] {
        &self.0
    }

    pub(crate) fn draw(&self, dice: &mut Dice) -> Kind {
        let total: f64 = self.0.iter().map(|(_, share)| share).sum();
        let mut rest = dice.between(0.0, total);
        let mut drawn = self.0[0].0;
        for (kind, share) in self.0.iter().filter(|(_, share)| *share > 0.0) {
            drawn = *kind;
            if rest < *share {
                break;
            }
            rest -= share;
        }
        drawn
    }
}

impl Default for Mix {
    /// Six people to four bots: what a survey may meet, for demonstrations and load.
    fn default() -> Self {
        Self(vec![
            (Kind::MouseUser, 30.0),
            (Kind::TouchUser, 14.0),
            (Kind::KeyboardUser, 4.0),
            (Kind::Typist, 12.0),
            (Kind::LinearSteps, 6.0),
            (Kind::TeleportFill, 6.0),
            (Kind::ConstantTypist, 4.0),
            (Kind::MinimumJerk, 4.0),
            (Kind::Bezier, 4.0),
            (Kind::Agent, 6.0),
            (Kind::Replay, 4.0),
            (Kind::HoneypotFiller, 3.0),
            (Kind::StraightLiner, 3.0),
        ])
    }
}

impl FromStr for Mix {
    type Err = MixError;

    /// Reads `kind=share,kind=share,...`.
    fn from_str(text: &str) -> Result<Self, MixError> {
        let parts = text.split(',').map(|part| {
            let (name, share) = part
                .split_once('=')
                .ok_or_else(|| MixError::Form(part.to_owned()))?;
            let kind: Kind = name.trim().parse()?;
            let share = share.trim().parse().map_err(|_| MixError::Share { kind })?;
            Ok((kind, share))
        });
        Self::new(parts.collect::<Result<Vec<_>, MixError>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Family;

    #[test]
    fn shares_decide_how_often_a_kind_is_drawn() {
        let mix: Mix = "mouse_user=3, bezier=1,replay=0".parse().unwrap();
        let mut dice = Dice::new(5, 0);
        let drawn: Vec<Kind> = (0..4000).map(|_| mix.draw(&mut dice)).collect();
        let bezier = drawn.iter().filter(|kind| **kind == Kind::Bezier).count();
        assert!((900..1100).contains(&bezier), "{bezier} of 4000");
        assert!(!drawn.contains(&Kind::Replay));
    }

    #[test]
    fn a_text_that_is_no_mix_says_why() {
        let parse = |text: &str| text.parse::<Mix>().unwrap_err();
        assert_eq!(parse("bezier"), MixError::Form("bezier".into()));
        assert_eq!(
            parse("x=1"),
            MixError::Kind(UnknownKind { name: "x".into() })
        );
        assert_eq!(parse("replay=-1"), MixError::Share { kind: Kind::Replay });
        assert_eq!(parse("replay=0"), MixError::Empty);
    }

    #[test]
    fn the_default_mix_has_people_and_nearly_every_family() {
        let mix = Mix::default();
        for family in Family::ALL {
            let occurs = mix.shares().iter().any(|(kind, _)| kind.family() == family);
            assert_eq!(occurs, family != Family::Driver, "{family:?}");
        }
    }
}

//! Which recordings may teach a model that is given away.
//!
//! A list of what allows it: a licence that is not on it, or not stated, does not.

/// Words that name licences under which what was learned may be given away.
const CLEARED: [&str; 12] = [
    "mit",
    "apache-2.0",
    "bsd",
    "bsd-2-clause",
    "bsd-3-clause",
    "isc",
    "cc0",
    "cc0-1.0",
    "cc-by",
    "cc-by-4.0",
    "odbl-1.0",
    "own",
];
/// Words that forbid it beside whatever else is stated.
const REFUSED: [(&str, &str); 7] = [
    ("gpl", "the GPL would bind what is learned from it"),
    ("non-commercial", "it may not be used commercially"),
    ("noncommercial", "it may not be used commercially"),
    ("-nc", "it may not be used commercially"),
    ("-nd", "works derived from it may not be passed on"),
    ("none", "its source states no licence"),
    ("unknown", "its licence is not known"),
];

/// Why a recording may not teach.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCleared {
    /// Nothing is said.
    #[error("no licence is stated")]
    Missing,
    /// A word of it forbids it.
    #[error("the licence is `{licence}`: {reason}")]
    Refused {
        /// The licence as stated.
        licence: String,
        /// What forbids it.
        reason: &'static str,
    },
    /// It is not one of those known to allow it.
    #[error("the licence is `{licence}`, which is not on the list of those that allow training")]
    NotListed {
        /// The licence as stated.
        licence: String,
    },
}

/// Whether a recording with this licence may teach.
///
/// # Errors
/// [`NotCleared`] says why it may not.
pub fn check(licence: Option<&str>) -> Result<(), NotCleared> {
    let Some(stated) = licence.filter(|text| !text.trim().is_empty()) else {
        return Err(NotCleared::Missing);
    };
    let text = stated.to_lowercase();
    if let Some((_, reason)) = REFUSED.iter().find(|(word, _)| text.contains(word)) {
        return Err(NotCleared::Refused {
            licence: stated.to_owned(),
            reason,
        });
    }
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
    if words.any(|word| CLEARED.contains(&word)) {
        return Ok(());
    }
    Err(NotCleared::NotListed {
        licence: stated.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_and_not_refused_may_teach() {
        for cleared in [
            "MIT",
            "Apache-2.0",
            "ODbL-1.0/DbCL",
            "own",
            "two parts: BSD-3-Clause, MIT per repo",
        ] {
            assert_eq!(check(Some(cleared)), Ok(()), "{cleared}");
        }
        for refused in [
            "GPL-3",
            "MIT and GPL-3 (repo LICENSE)",
            "LGPL-2.1",
            "non-commercial with attribution",
            "CC-BY-NC-4.0",
            "none stated",
        ] {
            assert!(
                matches!(check(Some(refused)), Err(NotCleared::Refused { .. })),
                "{refused}"
            );
        }
        for unlisted in ["by permission", "limited", "all rights reserved"] {
            assert!(
                matches!(check(Some(unlisted)), Err(NotCleared::NotListed { .. })),
                "{unlisted}"
            );
        }
        assert_eq!(check(None), Err(NotCleared::Missing));
        assert_eq!(check(Some(" ")), Err(NotCleared::Missing));
    }
}

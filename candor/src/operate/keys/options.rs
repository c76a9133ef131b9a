//! What a new key may do, as it is asked for.

use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::ensure;
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use control::NewKeyOptions;
use ipnet::IpNet;
use schemas::control::{KeyKind, KeyMode, Origin, RateLimit, Scope};
use schemas::ids::OrganisationId;
use schemas::session::MAX_NAME;

use super::duration;

/// What a secret key may do unless it is said.
const USUAL_SCOPES: [Scope; 3] = [
    Scope::SessionsWrite,
    Scope::EventsWrite,
    Scope::VerdictsRead,
];

/// Who may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A server
    Secret,
    /// Anybody: it stands in a page and begins sessions only
    Publishable,
}

/// Whether a key's sessions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Real respondents
    Live,
    /// Trials, marked as such
    Test,
}

/// Options of `candor keys create`.
#[derive(Debug, Clone, Args)]
pub struct NewKeyArguments {
    /// Whose sessions it writes and reads
    #[arg(long, value_name = "NAME")]
    pub organisation: OrganisationId,
    /// Who will hold it
    #[arg(long)]
    pub kind: Kind,
    /// Whether its sessions count
    #[arg(long, default_value = "live")]
    pub mode: Mode,
    /// What it may do (secret keys; sessions:write, events:write and verdicts:read unless given)
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<Scope>,
    /// Page it may be used from, https://host (publishable keys; any page unless given)
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub origins: Vec<Origin>,
    /// Survey it may begin sessions of (any unless given)
    #[arg(long = "survey", value_name = "SURVEY", value_parser = short_text)]
    pub surveys: Vec<String>,
    /// Network it may be used from, 192.0.2.0/24 (any unless given)
    #[arg(long = "network", value_name = "CIDR")]
    pub networks: Vec<IpNet>,
    /// Requests a second, instead of the gateway's limit
    #[arg(long, value_name = "N")]
    pub rate: Option<NonZeroU32>,
    /// Requests at once (as --rate unless given)
    #[arg(long, value_name = "N", requires = "rate")]
    pub burst: Option<NonZeroU32>,
    /// When it ends, from now
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub expires: Option<TimeDelta>,
    /// What people call it
    #[arg(long, value_name = "TEXT", value_parser = short_text)]
    pub name: Option<String>,
    /// Takes the key's text from a file instead of making one; harmless when repeated
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Prints a JSON object
    #[arg(long)]
    pub json: bool,
}

/// A name that people or platforms give: any short text on one line.
pub(in crate::operate) fn short_text(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if length == 0 || length > MAX_NAME || text.chars().any(char::is_control) {
        Err(format!("a name has 1 to {MAX_NAME} characters"))
    } else {
        Ok(text.to_owned())
    }
}

/// A limit as it is asked for: at once as many as in a second, unless said.
pub(in crate::operate) fn limit(
    rate: Option<NonZeroU32>,
    burst: Option<NonZeroU32>,
) -> Option<RateLimit> {
    rate.map(|per_second| RateLimit {
        per_second,
        burst: burst.unwrap_or(per_second),
    })
}

impl NewKeyArguments {
    /// The key's rights, if they fit its kind.
    ///
    /// # Errors
    /// A sentence that says what does not.
    pub fn check(self, now: DateTime<Utc>) -> anyhow::Result<NewKeyOptions> {
        let kind = match self.kind {
            Kind::Secret => KeyKind::Secret,
            Kind::Publishable => KeyKind::Publishable,
        };
        let mut scopes = self.scopes;
        match kind {
            KeyKind::Publishable => ensure!(
                scopes.is_empty(),
                "a publishable key has no scopes: everybody can read it, so it begins sessions and does nothing else"
            ),
            KeyKind::Secret => ensure!(
                self.origins.is_empty(),
                "a secret key has no origins: it must never stand in a page; restrict it with --network"
            ),
        }
        if kind == KeyKind::Secret && scopes.is_empty() {
            scopes = USUAL_SCOPES.to_vec();
        }
        scopes.sort_unstable();
        scopes.dedup();
        ensure!(
            self.expires.is_none_or(|length| length > TimeDelta::zero()),
            "a key that ends at once is of no use; --expires must be longer"
        );
        Ok(NewKeyOptions {
            organisation: self.organisation,
            kind,
            mode: match self.mode {
                Mode::Live => KeyMode::Live,
                Mode::Test => KeyMode::Test,
            },
            name: self.name,
            scopes,
            origins: self.origins,
            surveys: self.surveys,
            networks: self.networks,
            limit: limit(self.rate, self.burst),
            expires_at: self.expires.map(|length| now + length),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        key: NewKeyArguments,
    }

    fn check(arguments: &str) -> Result<NewKeyOptions, String> {
        let words = ["create", "--organisation", "acme"].into_iter();
        let line = Line::try_parse_from(words.chain(arguments.split_whitespace()));
        let line = line.map_err(|error| error.to_string())?;
        line.key
            .check(Utc::now())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_key_may_do_the_usual_unless_it_is_said() {
        assert_eq!(check("--kind secret").unwrap().scopes, USUAL_SCOPES);
        let one = check("--kind secret --scope events:write --scope events:write").unwrap();
        assert_eq!(one.scopes, [Scope::EventsWrite]);
        assert_eq!(
            (one.mode, one.limit, one.expires_at),
            (KeyMode::Live, None, None)
        );
    }

    #[test]
    fn rights_that_do_not_fit_the_kind_are_refused_with_a_sentence() {
        for (arguments, sentence) in [
            (
                "--kind publishable --scope events:write",
                "a publishable key has no scopes",
            ),
            (
                "--kind secret --origin https://a.example",
                "a secret key has no origins",
            ),
            (
                "--kind secret --scope everything",
                "`everything` is not a scope",
            ),
            (
                "--kind publishable --origin a.example",
                "`a.example` is not an origin",
            ),
            ("--kind secret --network 10.0.0.0/99", "--network"),
            ("--kind secret --burst 5", "--rate"),
            ("--kind secret --expires soon", "is no length of time"),
            ("--kind secret --expires 0d", "of no use"),
            ("--kind both", "--kind"),
            ("", "--kind"),
        ] {
            let refused = check(arguments).unwrap_err();
            assert!(refused.contains(sentence), "{arguments}: {refused}");
        }
    }

    #[test]
    fn every_right_is_taken_over() {
        let key = check(
            "--kind publishable --mode test --origin https://a.example --survey SV_1 \
             --network 10.0.0.0/8 --rate 5 --expires 30d --name page",
        )
        .unwrap();
        assert_eq!((key.kind, key.mode), (KeyKind::Publishable, KeyMode::Test));
        assert_eq!(key.origins[0].as_str(), "https://a.example");
        assert_eq!(key.surveys, ["SV_1"]);
        assert_eq!(key.networks, ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(key.limit.map(|limit| limit.burst.get()), Some(5));
        assert_eq!(key.name.as_deref(), Some("page"));
        assert!(key.expires_at.unwrap() > Utc::now() + TimeDelta::days(29));
    }
}

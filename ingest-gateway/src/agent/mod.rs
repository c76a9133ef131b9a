//! Declared agents: requests signed as Web Bot Auth asks (RFC 9421, tag `web-bot-auth`, Ed25519).
//!
//! A signature is judged when a session begins, and the outcome goes into the session's first record. It
//! never fails a request: an agent that signs badly is a client like any other, and says something about
//! itself. Keys come from the control topic and from nowhere else: no directory is fetched, so no client can
//! make the gateway call an address of its choice.
//!
//! What is signed must cover `@authority`, and `signature-agent` where that header is sent, as a whole or by
//! its member. The work is bounded: sizes of the headers, covered components, three signatures, and four
//! verifications over all of them and all authorities they may be for.
//!
//! Not covered: a signature that was taken from the wire can be sent again here until it expires (a
//! `nonce` is accepted and not remembered, which would need memory that gateways share), and unless
//! `CANDOR_PUBLIC_AUTHORITY` is set, `Host` is what the client says, so that a signature made for another
//! site passes when `Host` names that site.

mod base;

use std::cell::Cell;

use axum::http::{HeaderMap, Method, Uri, header};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{Signature, VerifyingKey};
use runtime::config::Setting;
use schemas::control::AgentKey;
use schemas::session::{AgentOutcome, AgentStamp};
use sfv::{BareItem, Dictionary, InnerList, ListEntry, Parser};

/// What signatures of this protocol call themselves.
const TAG: &str = "web-bot-auth";
const SIGNATURE_INPUT: &str = "signature-input";
const SIGNATURE: &str = "signature";
const SIGNATURE_AGENT: &str = "signature-agent";
/// Most signatures of one request that are judged.
const MAX_SIGNATURES: usize = 3;
/// Most verifications for one request: each costs more than all the rest of it.
const MAX_VERIFICATIONS: u8 = 4;
/// Most bytes of each of the three headers; honest ones have a tenth of it.
const MAX_FIELD: usize = 4096;
/// Most components that a signature covers.
const MAX_COMPONENTS: usize = 16;
/// How far the signer's clock may be ahead.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(60);
/// Longest life of a signature, whatever it says: the protocol asks for a day at most.
const MAX_LIFE: TimeDelta = TimeDelta::hours(24);
/// Most authorities of a deployment: no more than can be tried.
const MAX_AUTHORITIES: usize = MAX_VERIFICATIONS as usize;

/// The names that clients reach this deployment by (`CANDOR_PUBLIC_AUTHORITY`), as `host` or `host:port`.
/// When empty, `Host` as received is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorities(Vec<String>);

impl Setting for Authorities {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let names: Vec<String> = parts.map(normal_authority).collect();
        let wrong = names.iter().find(|name| {
            let usable =
                |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b':' | b'[' | b']');
            name.is_empty() || !name.bytes().all(usable)
        });
        match wrong {
            Some(name) => Err(format!(
                "must list names such as ingest.example.com, not `{name}`"
            )),
            None if names.len() > MAX_AUTHORITIES => {
                Err(format!("must list at most {MAX_AUTHORITIES} names"))
            }
            None => Ok(Self(names)),
        }
    }
}

impl Authorities {
    /// What a signature may be for: `Host` when it is one of the names or nothing is set, else every name.
    fn candidates(&self, headers: &HeaderMap) -> Vec<String> {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let host = host.map(normal_authority);
        match host {
            Some(host) if self.0.is_empty() || self.0.contains(&host) => vec![host],
            _ => self.0.clone(),
        }
    }
}

/// RFC 9421 section 2.2.3: lower case, without the default port. The scheme is not known behind a proxy, so
/// either default is taken off.
fn normal_authority(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let bare = lower
        .strip_suffix(":443")
        .or_else(|| lower.strip_suffix(":80"));
    bare.map_or(lower.clone(), str::to_owned)
}

/// The signed parts of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    /// The method.
    pub(crate) method: &'a Method,
    /// The target as received: path and query.
    pub(crate) uri: &'a Uri,
    /// The headers.
    pub(crate) headers: &'a HeaderMap,
}

/// Judges a request's signatures. `None` when it carries none of this protocol; otherwise the best of them.
pub(crate) fn stamp<K: AsRef<AgentKey>>(
    message: Message<'_>,
    authorities: &Authorities,
    now: DateTime<Utc>,
    key_of: impl Fn(&str) -> Option<K>,
) -> Option<AgentStamp> {
    if !message.headers.contains_key(SIGNATURE_INPUT) {
        return None;
    }
    let invalid = Some(AgentStamp {
        outcome: AgentOutcome::Invalid,
        agent: None,
    });
    let Some(inputs) = dictionary(message.headers, SIGNATURE_INPUT) else {
        // Unreadable: ours if it says so.
        return claims_tag(message.headers).then_some(invalid).flatten();
    };
    let ours = inputs.iter().filter_map(|(label, entry)| match entry {
        ListEntry::InnerList(list) if text(list, "tag") == Some(TAG) => {
            Some((label.as_str(), list))
        }
        _ => None,
    });
    let mut ours = ours.take(MAX_SIGNATURES).peekable();
    ours.peek()?;
    let signatures = dictionary(message.headers, SIGNATURE);
    let judge = Judge {
        message,
        authorities: &authorities.candidates(message.headers),
        signatures: signatures.unwrap_or_default(),
        now,
        verifications_left: Cell::new(MAX_VERIFICATIONS),
    };
    let stamps = ours.map(|(label, input)| judge.signature(label, input, &key_of));
    stamps.max_by_key(|stamp| rank(stamp.outcome)).or(invalid)
}

/// One good signature is what counts; among bad ones, the one that says most.
fn rank(outcome: AgentOutcome) -> u8 {
    match outcome {
        AgentOutcome::Verified => 3,
        AgentOutcome::Expired => 2,
        AgentOutcome::UnknownKey => 1,
        AgentOutcome::Invalid => 0,
    }
}

/// A structured field that may be spread over several lines, if it is short and well-formed.
fn dictionary(headers: &HeaderMap, name: &str) -> Option<Dictionary> {
    let field = base::field(headers, name)?;
    let small = field.len() <= MAX_FIELD;
    small
        .then(|| Parser::new(field.as_str()).parse().ok())
        .flatten()
}

fn claims_tag(headers: &HeaderMap) -> bool {
    let tag = TAG.as_bytes();
    let mut lines = headers.get_all(SIGNATURE_INPUT).iter();
    lines.any(|line| {
        line.as_bytes()
            .windows(tag.len())
            .any(|window| window == tag)
    })
}

fn text<'a>(list: &'a InnerList, name: &str) -> Option<&'a str> {
    let value = list.params.get(name)?;
    value.as_string().map(sfv::StringRef::as_str)
}

fn time(list: &InnerList, name: &str) -> Option<DateTime<Utc>> {
    let seconds = list.params.get(name)?.as_integer()?;
    DateTime::from_timestamp_secs(seconds.into())
}

/// What one request's signatures are judged with.
struct Judge<'a> {
    message: Message<'a>,
    authorities: &'a [String],
    signatures: Dictionary,
    now: DateTime<Utc>,
    verifications_left: Cell<u8>,
}

impl Judge<'_> {
    fn signature<K: AsRef<AgentKey>>(
        &self,
        label: &str,
        input: &InnerList,
        key_of: impl Fn(&str) -> Option<K>,
    ) -> AgentStamp {
        let key = text(input, "keyid").map(key_of);
        let (outcome, agent) = match key {
            Some(Some(key)) => {
                let key = key.as_ref();
                let outcome = self.outcome(label, input, key);
                let verified = outcome == AgentOutcome::Verified;
                (outcome, verified.then(|| key.agent.clone()))
            }
            Some(None) => (AgentOutcome::UnknownKey, None),
            None => (AgentOutcome::Invalid, None),
        };
        AgentStamp { outcome, agent }
    }

    /// Only a signature that fits is called expired: the name of a known key proves nothing.
    fn outcome(&self, label: &str, input: &InnerList, key: &AgentKey) -> AgentOutcome {
        let (Some(created), Some(expires)) = (time(input, "created"), time(input, "expires"))
        else {
            return AgentOutcome::Invalid;
        };
        if !self.covers_enough(input) || !self.names_directory(input, key) {
            return AgentOutcome::Invalid;
        }
        if !self.verifies(label, input, key).unwrap_or(false) {
            return AgentOutcome::Invalid;
        }
        let end = expires.min(created + MAX_LIFE);
        if created > self.now + CLOCK_SKEW || end <= self.now {
            AgentOutcome::Expired
        } else {
            AgentOutcome::Verified
        }
    }

    fn covers_enough(&self, input: &InnerList) -> bool {
        let names = |wanted: &str| {
            let mut items = input.items.iter();
            items.any(|item| item.bare_item.as_string().map(sfv::StringRef::as_str) == Some(wanted))
        };
        let algorithm = input.params.get("alg");
        let ed25519 = algorithm.is_none_or(|_| text(input, "alg") == Some("ed25519"));
        let names_itself = self.message.headers.contains_key(SIGNATURE_AGENT);
        input.items.len() <= MAX_COMPONENTS
            && ed25519
            && names("@authority")
            && (!names_itself || names(SIGNATURE_AGENT))
    }

    /// Where the key is bound to a directory, the signed `Signature-Agent` is that directory.
    fn names_directory(&self, input: &InnerList, key: &AgentKey) -> bool {
        let Some(expected) = key.directory.as_deref() else {
            return true;
        };
        let named = self.signature_agent(input);
        named.is_some_and(|named| named.trim_end_matches('/') == expected.trim_end_matches('/'))
    }

    /// The `Signature-Agent` that is covered: a string, or the member of a dictionary that the signature
    /// names (the form of later drafts).
    fn signature_agent(&self, input: &InnerList) -> Option<String> {
        let mut items = input.items.iter();
        let component = items.find(|item| {
            item.bare_item.as_string().map(sfv::StringRef::as_str) == Some(SIGNATURE_AGENT)
        })?;
        let item = match component.params.get("key") {
            Some(member) => {
                let member = member.as_string()?.as_str();
                match dictionary(self.message.headers, SIGNATURE_AGENT)?.swap_remove(member)? {
                    ListEntry::Item(item) => item,
                    ListEntry::InnerList(_) => return None,
                }
            }
            None => {
                let field = base::field(self.message.headers, SIGNATURE_AGENT)?;
                let small = field.len() <= MAX_FIELD;
                small.then(|| Parser::new(field.as_str()).parse::<sfv::Item>().ok())??
            }
        };
        item.bare_item
            .as_string()
            .map(|text| text.as_str().to_owned())
    }

    /// Whether the key made this signature for one of the deployment's names; `None` when something that
    /// it needs is missing or unreadable.
    fn verifies(&self, label: &str, input: &InnerList, key: &AgentKey) -> Option<bool> {
        let Some(ListEntry::Item(item)) = self.signatures.get(label) else {
            return None;
        };
        let BareItem::ByteSequence(bytes) = &item.bare_item else {
            return None;
        };
        let signature = Signature::from_slice(bytes).ok()?;
        let public: [u8; 32] = BASE64_URL_SAFE_NO_PAD
            .decode(&key.public_key)
            .ok()?
            .try_into()
            .ok()?;
        let public = VerifyingKey::from_bytes(&public).ok()?;
        let mut authorities = self.authorities.iter();
        Some(authorities.any(|authority| {
            let Some(left) = self.verifications_left.get().checked_sub(1) else {
                return false;
            };
            self.verifications_left.set(left);
            let base = base::signature_base(self.message, authority, input);
            base.is_some_and(|base| public.verify_strict(base.as_bytes(), &signature).is_ok())
        }))
    }
}

#[cfg(test)]
mod tests;

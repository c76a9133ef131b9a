//! What is known of a session beside its behaviour: who owns it, which versions hold for it, what its
//! first record said.
//!
//! Sessions of one survey share most of it, so that part is kept once per partition. Shared parts are
//! known by their encoded bytes: a stored window finds its part without building one. Parts that no
//! window in memory uses go when the table has doubled, so the table stays in proportion to the windows.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use detection::{BUILTIN_MODEL, BUILTIN_RULESET};
use schemas::ids::OrganisationId;
use schemas::session::{SessionStarted, StampedVersions};

use super::Input;

/// What many sessions share.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) organisation: OrganisationId,
    /// What judges these sessions is looked up by these.
    pub(super) versions: StampedVersions,
    pub(super) platform: Option<String>,
    pub(super) survey_id: Option<String>,
}

/// A shared part and its bytes.
#[derive(Debug)]
pub(super) struct SharedPart {
    pub(super) encoded: Box<[u8]>,
    pub(super) value: Shared,
}

/// The facts of one session.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) shared: Arc<SharedPart>,
    pub(super) respondent_id: Option<Box<str>>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// Whether they come from the session's own first record, and are not assumed.
    pub(super) stamped: bool,
    /// Offset of the first record that is known of the session: reading from there builds all of it anew.
    pub(super) first_offset: i64,
}

impl Facts {
    /// What the session's first record says.
    pub(super) fn stamped(
        input: &Input<'_>,
        started: &SessionStarted,
        table: &mut SharedParts,
    ) -> Self {
        let shared = table.share(Shared {
            organisation: input.organisation.clone(),
            versions: started.versions.clone(),
            platform: started.platform.clone(),
            survey_id: started.survey_id.clone(),
        });
        Self {
            shared,
            respondent_id: started.respondent_id.as_deref().map(Box::from),
            created_at: started.created_at,
            expires_at: Some(started.expires_at),
            stamped: true,
            first_offset: input.offset,
        }
    }

    /// What has to be assumed when a session's first record is gone.
    pub(super) fn assumed(input: &Input<'_>, table: &mut SharedParts) -> Self {
        let shared = table.share(Shared {
            organisation: input.organisation.clone(),
            versions: StampedVersions {
                ruleset: BUILTIN_RULESET.to_owned(),
                model: BUILTIN_MODEL.to_owned(),
                experiment: None,
                shadow: None,
            },
            platform: None,
            survey_id: None,
        });
        Self {
            shared,
            respondent_id: None,
            created_at: input.session_id.created_at(),
            expires_at: None,
            stamped: false,
            first_offset: input.offset,
        }
    }

    /// Bytes outside the structure itself that only this session needs.
    pub(super) fn heap_bytes(&self) -> usize {
        self.respondent_id.as_ref().map_or(0, |name| name.len())
    }
}

/// Finds a part by its bytes.
#[derive(Debug)]
struct ByBytes(Arc<SharedPart>);

impl Borrow<[u8]> for ByBytes {
    fn borrow(&self) -> &[u8] {
        &self.0.encoded
    }
}

impl PartialEq for ByBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.encoded == other.0.encoded
    }
}

impl Eq for ByBytes {}

impl Hash for ByBytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.encoded.hash(state);
    }
}

/// The shared parts of one partition's sessions. Hashed with a key: surveys are named by clients.
#[derive(Debug, Default)]
pub(super) struct SharedParts {
    parts: HashSet<ByBytes>,
    bytes: usize,
    /// Size from which unused parts are looked for.
    crowded: usize,
}

/// Below this many parts nothing is worth looking for.
const FEW: usize = 64;

impl SharedParts {
    fn share(&mut self, value: Shared) -> Arc<SharedPart> {
        let encoded = super::codec::encode_shared(&value);
        match self.parts.get(encoded.as_slice()) {
            Some(known) => Arc::clone(&known.0),
            None => self.insert(encoded.into_boxed_slice(), value),
        }
    }

    /// The part of a stored row; `None` when the bytes are none.
    pub(super) fn find(&mut self, encoded: &[u8]) -> Option<Arc<SharedPart>> {
        if let Some(known) = self.parts.get(encoded) {
            return Some(Arc::clone(&known.0));
        }
        let value = super::codec::decode_shared(encoded)?;
        Some(self.insert(encoded.into(), value))
    }

    fn insert(&mut self, encoded: Box<[u8]>, value: Shared) -> Arc<SharedPart> {
        if self.parts.len() >= self.crowded.max(FEW) {
            self.parts.retain(|part| Arc::strong_count(&part.0) > 1);
            self.crowded = self.parts.len() * 2;
            self.bytes = self.parts.iter().map(|part| size_of_part(&part.0)).sum();
        }
        let part = Arc::new(SharedPart { encoded, value });
        self.bytes += size_of_part(&part);
        self.parts.insert(ByBytes(Arc::clone(&part)));
        part
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.parts.capacity() * (size_of::<usize>() + 1)
    }
}

/// The value holds each text once more.
fn size_of_part(part: &SharedPart) -> usize {
    size_of::<SharedPart>() + 2 * part.encoded.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(survey: usize) -> Shared {
        Shared {
            organisation: "acme".parse().unwrap(),
            versions: StampedVersions {
                ruleset: "r1".to_owned(),
                model: "none".to_owned(),
                experiment: None,
                shadow: None,
            },
            platform: None,
            survey_id: Some(format!("S{survey}")),
        }
    }

    #[test]
    fn equal_parts_are_kept_once_and_found_by_their_bytes() {
        let mut table = SharedParts::default();
        let first = table.share(shared(1));
        let again = table.share(shared(1));
        let found = table.find(&first.encoded).unwrap();
        assert!(Arc::ptr_eq(&first, &again) && Arc::ptr_eq(&first, &found));
        assert!(table.find(b"\xff").is_none());
    }

    #[test]
    fn parts_that_nobody_uses_go() {
        let mut table = SharedParts::default();
        let used = table.share(shared(0));
        (1..10_000).for_each(|survey| drop(table.share(shared(survey))));
        assert!(table.parts.len() <= 2 * FEW, "{}", table.parts.len());
        assert!(Arc::ptr_eq(&used, &table.share(shared(0))));
    }
}

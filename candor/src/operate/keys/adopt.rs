//! Keys whose text is known from elsewhere: a file of secrets, the settings of a development stack.
//!
//! The same text always gives the same key id, so that adopting is harmless when repeated: an
//! installation does it at every start, and nothing is written the second time.

use anyhow::{bail, ensure};
use chrono::Utc;
use control::NewKeyOptions;
use schemas::control::{ControlRecord, KeyId, KeyKind};

use crate::operate::Desk;

/// Fewest characters after the prefix: 128 bits in hexadecimal.
const FEWEST_CHARACTERS: usize = 32;

/// Refuses a text that is no key of the kind and mode that are asked for.
///
/// # Errors
/// A sentence that says what is wrong, without the text.
pub(super) fn check(options: &NewKeyOptions, text: &str) -> anyhow::Result<()> {
    let prefix = options.kind.prefix(options.mode);
    let Some(random) = text.strip_prefix(prefix) else {
        match KeyKind::of(text) {
            Ok((kind, mode)) => bail!(
                "the key begins with {}, but {prefix} is asked for",
                kind.prefix(mode)
            ),
            Err(error) => bail!(error),
        }
    };
    ensure!(
        random.len() >= FEWEST_CHARACTERS && random.bytes().all(|c| c.is_ascii_alphanumeric()),
        "a key has at least {FEWEST_CHARACTERS} letters and digits after {prefix}"
    );
    Ok(())
}

/// Makes sure that `text` is accepted with the rights of `options`. A key that is there is left as it
/// is: its rights may have been changed since.
///
/// # Errors
/// When the key has ended, belongs to another organisation, or cannot be written.
pub async fn adopt(desk: &Desk, options: NewKeyOptions, text: &str) -> anyhow::Result<KeyId> {
    let now = Utc::now();
    if let Some(held) = desk.state().find_key(text) {
        let id = &held.id;
        ensure!(
            held.is_active(now),
            "the key {id} has ended; a new one is needed"
        );
        ensure!(
            held.organisation == options.organisation,
            "the key {id} belongs to the organisation {}",
            held.organisation
        );
        return Ok(id.clone());
    }
    let record = options.adopt(text, now).record;
    let id = record.id.clone();
    desk.put(ControlRecord::ApiKey(record)).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::control::KeyMode;

    #[test]
    fn only_a_long_text_of_the_kind_and_mode_is_taken_and_none_is_repeated() {
        let organisation = "acme".parse().unwrap();
        let options = NewKeyOptions::new(organisation, KeyKind::Secret, KeyMode::Test);
        let random = "0123456789abcdef".repeat(2);
        assert!(check(&options, &format!("sk_test_{random}")).is_ok());
        for bad in [
            format!("sk_live_{random}"),
            format!("pk_test_{random}"),
            format!("sk_test_{}", &random[1..]),
            format!("sk_test_{random} "),
            random.clone(),
        ] {
            let refused = format!("{:#}", check(&options, &bad).unwrap_err());
            assert!(!refused.contains(&random[1..]), "{refused}");
        }
    }
}

//! Texts and forms of control records; their round trip is a property test of the crate `control`.

use chrono::{TimeDelta, Utc};

use super::*;

fn key() -> ApiKeyRecord {
    ApiKeyRecord {
        id: KeyId::from_random([7; 10]),
        organisation: "acme".parse().unwrap(),
        kind: KeyKind::Secret,
        mode: KeyMode::Live,
        hash: KeyHash::of("sk_live_0123"),
        hint: "0123".to_owned(),
        name: None,
        scopes: vec![Scope::EventsWrite],
        origins: vec![],
        surveys: vec![],
        networks: vec![],
        limit: None,
        created_at: Utc::now(),
        expires_at: None,
        revoked_at: None,
        replaced_by: None,
    }
}

#[test]
fn a_keys_text_tells_its_kind_and_mode() {
    use KeyKind::{Publishable, Secret};
    use KeyMode::{Live, Test};
    for (kind, mode) in [
        (Publishable, Live),
        (Publishable, Test),
        (Secret, Live),
        (Secret, Test),
    ] {
        let text = format!("{}x", kind.prefix(mode));
        assert_eq!(KeyKind::of(&text), Ok((kind, mode)));
    }
    for bad in [
        "",
        "sk_live_",
        "sk_livex",
        "SK_LIVE_x",
        "it_x",
        " sk_live_x",
    ] {
        assert_eq!(KeyKind::of(bad), Err(KeyPrefixError), "{bad}");
    }
}

#[test]
fn a_key_is_kept_as_the_sha_256_of_its_text_and_never_printed() {
    // FIPS 180-2, appendix B.1.
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(String::from(KeyHash::of("abc")), hash);
    assert_eq!(KeyHash::try_from(hash.to_owned()), Ok(KeyHash::of("abc")));
    for bad in [&hash[1..], &hash.replace('b', "g"), ""] {
        assert!(KeyHash::try_from(bad.to_owned()).is_err(), "{bad}");
    }
    assert!(!format!("{:?}", key()).contains("KeyHash(["));
}

#[test]
fn a_key_ends_at_its_end_and_at_once_when_it_is_revoked() {
    let now = Utc::now();
    let mut ending = key();
    ending.expires_at = Some(now + TimeDelta::seconds(1));
    assert!(ending.is_active(now));
    assert!(!ending.is_active(now + TimeDelta::seconds(1)));
    // Revoked in the future by a writer whose clock is ahead: it holds all the same.
    let mut revoked = key();
    revoked.revoked_at = Some(now + TimeDelta::hours(1));
    assert!(!revoked.is_active(now));
}

#[test]
fn a_publishable_key_has_no_scope_whatever_its_record_says() {
    let mut publishable = key();
    assert!(publishable.has(Scope::EventsWrite) && !publishable.has(Scope::VerdictsRead));
    publishable.kind = KeyKind::Publishable;
    assert!(!publishable.has(Scope::EventsWrite));
}

#[test]
fn only_texts_of_known_kinds_are_keys_of_records() {
    for good in [
        "api_key/key_aaaaaaaaaaaaaaaa",
        "organisation/acme",
        "survey/acme/SV/with a slash",
        "integration/int_aaaaaaaaaaaaaaaa",
        "agent/thumbprint",
        "ruleset/strict-2",
        "model/gbt:2026.1",
        "experiment/colours",
    ] {
        assert_eq!(ControlKey::parse(good).unwrap().to_string(), good);
    }
    for bad in [
        "",
        "api_key",
        "api_key/",
        "api_key/key_short",
        "survey/acme/",
        "survey/acme",
        "agent/",
        "ruleset/",
        "ruleset/two words",
        "experiment/colours:a",
        "other/x",
    ] {
        let refused = ControlKey::parse(bad).unwrap_err();
        assert_eq!(refused.kind(), "unknown_key", "{bad}");
    }
}

#[test]
fn a_newer_writers_member_is_ignored_and_anothers_value_refused() {
    let record = ControlRecord::ApiKey(key());
    let mut value: serde_json::Value = serde_json::from_slice(&record.encode().unwrap()).unwrap();
    value["added_later"] = true.into();
    let newer = serde_json::to_vec(&value).unwrap();
    assert_eq!(
        ControlRecord::decode(&record.key(), &newer),
        Ok(record.clone())
    );
    let other = ControlKey::ApiKey(KeyId::from_random([8; 10]));
    let refused = ControlRecord::decode(&other, &newer).unwrap_err();
    assert_eq!(refused.kind(), "key_mismatch");
    let refused = ControlRecord::decode(&record.key(), b"{}").unwrap_err();
    assert_eq!(refused.kind(), "bad_value");
}

#[test]
fn an_origin_is_scheme_and_host_in_lower_case() {
    for good in [
        "https://a.example",
        "http://localhost:8080",
        "https://[::1]:8443",
    ] {
        assert_eq!(good.parse::<Origin>().unwrap().as_str(), good);
    }
    for bad in [
        "a.example",
        "https://",
        "https://A.example",
        "https://a.example/",
        "ftp://a.example",
        "null",
    ] {
        assert!(bad.parse::<Origin>().is_err(), "{bad}");
    }
}

fn experiment() -> Experiment {
    let arm = |name: &str, share| Arm {
        name: name.to_owned(),
        share,
        ruleset: "strict-2".to_owned(),
        model: "none".to_owned(),
    };
    Experiment {
        name: "colours".to_owned(),
        description: None,
        arms: vec![arm("a", 500), arm("b", 500)],
        organisations: vec!["acme".parse().unwrap()],
        surveys: vec!["SV_1".to_owned()],
        started_at: Utc::now(),
        ended_at: None,
        shadow: None,
    }
}

#[test]
fn an_experiment_that_cannot_be_is_refused_with_a_sentence() {
    assert_eq!(experiment().check(), Ok(()));
    type Spoil = fn(&mut Experiment);
    let spoilt: [(Spoil, &str); 9] = [
        (|e| e.name = "a:b".to_owned(), "`a:b` is no name"),
        (|e| e.arms[0].name = String::new(), "`` is no name"),
        (|e| e.arms[0].ruleset = "a b".to_owned(), "is no version"),
        (|e| e.arms.clear(), "1 to 16 arms"),
        (|e| e.arms[1].name = "a".to_owned(), "two arms called a"),
        (|e| e.arms[1].share = 0, "arm b has no share"),
        (|e| e.arms[1].share = 501, "1001 thousandths"),
        (|e| e.organisations.clear(), "name it and no other"),
        (
            |e| {
                e.shadow = Some(Shadow {
                    ruleset: "r".to_owned(),
                    model: " ".to_owned(),
                });
            },
            "is no version",
        ),
    ];
    for (spoil, sentence) in spoilt {
        let mut spoiled = experiment();
        spoil(&mut spoiled);
        let refused = spoiled.check().unwrap_err().to_string();
        assert!(refused.contains(sentence), "{refused}");
    }
}

#[test]
fn experiments_overlap_when_a_session_could_be_in_both() {
    let one = experiment();
    let mut other = experiment();
    assert!(one.overlaps(&other));
    other.surveys = vec!["SV_2".to_owned()];
    assert!(!one.overlaps(&other));
    other.surveys.clear();
    assert!(one.overlaps(&other) && other.overlaps(&one));
    other.organisations = vec!["other".parse().unwrap()];
    assert!(!one.overlaps(&other));
    other.organisations.clear();
    assert!(one.overlaps(&other));
}

#[test]
fn a_models_bytes_are_those_that_were_hashed_and_not_too_many() {
    let model = |bytes: &[u8], text: String| ModelRecord {
        version: "gbt-1".to_owned(),
        description: None,
        created_at: Utc::now(),
        format: "test".to_owned(),
        sha256: sha256_hex(bytes),
        bytes: bytes.len() as u64,
        content: ModelContent::Base64(text),
    };
    assert_eq!(
        model(b"abc", "YWJj".to_owned()).bytes(),
        Ok(Some(b"abc".to_vec()))
    );
    assert_eq!(
        model(b"abc", "YWJk".to_owned()).bytes(),
        Err(ModelError::Altered)
    );
    assert_eq!(
        model(b"abc", "YWJ".to_owned()).bytes(),
        Err(ModelError::NotBase64)
    );
    let large = "A".repeat(MAX_MODEL_BYTES * 4 / 3 + 8);
    let refused = model(b"abc", large).bytes();
    assert!(
        matches!(refused, Err(ModelError::TooLarge { .. })),
        "{refused:?}"
    );
    let mut elsewhere = model(b"abc", String::new());
    elsewhere.content = ModelContent::Reference("models/gbt-1".to_owned());
    assert_eq!(elsewhere.bytes(), Ok(None));
    assert_eq!(elsewhere.verify(b"abd"), Err(ModelError::Altered));
}

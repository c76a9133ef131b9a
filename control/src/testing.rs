//! Arbitrary control records for property tests: few names, so that sequences meet.

use chrono::{DateTime, TimeZone, Utc};
use proptest::prelude::*;
use schemas::control::{
    AgentKey, ApiKeyRecord, Arm, ControlKey, ControlRecord, Experiment, Integration, IntegrationId,
    IntegrationPlatform, KeyHash, KeyId, KeyKind, KeyMode, ModelContent, ModelRecord,
    OrganisationSettings, RateLimit, RulesetRecord, Scope, SealedSecret, Shadow, SurveySettings,
    sha256_hex,
};
use schemas::ids::OrganisationId;
use schemas::session::StampedVersions;

fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..4_000_000_000_000).prop_map(|millis| Utc.timestamp_millis_opt(millis).unwrap())
}

fn any_organisation() -> impl Strategy<Value = OrganisationId> {
    prop::sample::select(vec!["acme", "other", "third"]).prop_map(|name| name.parse().unwrap())
}

fn any_id() -> impl Strategy<Value = [u8; 10]> {
    (0u8..4).prop_map(|byte| [byte; 10])
}

fn any_limit() -> impl Strategy<Value = RateLimit> {
    (1u32.., 1u32..).prop_map(|(per_second, burst)| RateLimit {
        per_second: per_second.try_into().unwrap(),
        burst: burst.try_into().unwrap(),
    })
}

fn any_versions() -> impl Strategy<Value = Option<StampedVersions>> {
    prop::option::of(
        (
            "[a-z0-9.-]{1,9}",
            "[a-z0-9.-]{1,9}",
            prop::option::of("[a-z]{1,5}:[ab]"),
            prop::option::of("[a-z0-9.-]{1,9}"),
        )
            .prop_map(|(ruleset, model, experiment, shadow)| StampedVersions {
                ruleset,
                model,
                experiment,
                shadow: shadow.map(|model| Shadow {
                    ruleset: "builtin-1".to_owned(),
                    model,
                }),
            }),
    )
}

/// A key; its text is `text {id}`, so that no two ids share a hash.
fn any_api_key() -> impl Strategy<Value = ApiKeyRecord> {
    let texts = (
        any_organisation(),
        any_id(),
        prop::option::of(".{0,9}"),
        "[A-Za-z0-9]{4}",
    );
    let rights = (
        prop::bool::ANY,
        prop::bool::ANY,
        prop::sample::subsequence(Scope::ALL.to_vec(), 0..=Scope::ALL.len()),
        prop::sample::subsequence(vec!["https://a.example", "https://b.example"], 0..=2),
        prop::sample::subsequence(vec!["10.0.0.0/8", "::1/128"], 0..=2),
    );
    let times = (
        any_time(),
        prop::option::of(any_time()),
        prop::option::of(any_time()),
    );
    let rest = (prop::option::of(any_limit()), prop::option::of(any_id()));
    (texts, rights, times, rest).prop_map(|(texts, rights, times, rest)| ApiKeyRecord {
        id: KeyId::from_random(texts.1),
        organisation: texts.0,
        kind: if rights.0 {
            KeyKind::Secret
        } else {
            KeyKind::Publishable
        },
        mode: if rights.1 {
            KeyMode::Live
        } else {
            KeyMode::Test
        },
        hash: KeyHash::of(&format!("text {:?}", texts.1)),
        hint: texts.3,
        name: texts.2,
        scopes: rights.2,
        origins: rights.3.iter().map(|text| text.parse().unwrap()).collect(),
        surveys: vec![],
        networks: rights.4.iter().map(|text| text.parse().unwrap()).collect(),
        limit: rest.0,
        created_at: times.0,
        expires_at: times.1,
        revoked_at: times.2,
        replaced_by: rest.1.map(KeyId::from_random),
    })
}

fn any_integration() -> impl Strategy<Value = Integration> {
    (
        any_id(),
        any_organisation(),
        prop::sample::select(IntegrationPlatform::ALL.to_vec()),
        prop::collection::vec("[A-Za-z0-9+/]{4,20}", 0..3),
        any_time(),
        prop::option::of(any_time()),
    )
        .prop_map(
            |(id, organisation, platform, secrets, created_at, revoked_at)| Integration {
                id: IntegrationId::from_random(id),
                organisation,
                platform,
                name: None,
                secrets: secrets.into_iter().map(SealedSecret).collect(),
                created_at,
                revoked_at,
            },
        )
}

fn any_agent() -> impl Strategy<Value = AgentKey> {
    ("[ab]", ".{0,9}", any_time(), prop::option::of(any_time())).prop_map(
        |(key_id, agent, created_at, revoked_at)| AgentKey {
            key_id,
            public_key: "AAAA".to_owned(),
            agent,
            directory: None,
            created_at,
            revoked_at,
        },
    )
}

/// A ruleset whose thresholds follow from its version: contents never change.
fn any_ruleset() -> impl Strategy<Value = RulesetRecord> {
    (1u8..4, prop::option::of(".{0,9}"), any_time()).prop_map(
        |(number, description, created_at)| {
            let thresholds = serde_json::json!({ "bot_score": f64::from(number) / 7.0 });
            RulesetRecord {
                version: format!("r{number}"),
                description,
                created_at,
                thresholds: thresholds.as_object().cloned().unwrap_or_default(),
            }
        },
    )
}

fn any_model() -> impl Strategy<Value = ModelRecord> {
    (1u8..4, any_time(), prop::bool::ANY).prop_map(|(number, created_at, inside)| ModelRecord {
        version: format!("m{number}"),
        description: None,
        created_at,
        format: "test".to_owned(),
        sha256: sha256_hex(&[number; 3]),
        bytes: 3,
        content: if inside {
            ModelContent::Base64(base64::Engine::encode(
                &base64::engine::general_purpose::STANDARD,
                [number; 3],
            ))
        } else {
            ModelContent::Reference(format!("models/{number}"))
        },
    })
}

/// An experiment that has not ended: an end is final, so it would not be replaced by any other.
fn any_experiment() -> impl Strategy<Value = Experiment> {
    let surveys = prop::option::of("[ab]");
    (1u16..4, any_time(), any_organisation(), surveys).prop_map(
        |(number, started_at, organisation, survey)| Experiment {
            name: format!("e{number}"),
            description: None,
            arms: vec![Arm {
                name: "a".to_owned(),
                share: number,
                ruleset: "r1".to_owned(),
                model: "none".to_owned(),
            }],
            organisations: vec![organisation],
            surveys: survey.into_iter().collect(),
            started_at,
            ended_at: None,
            shadow: Some(Shadow {
                ruleset: "r2".to_owned(),
                model: "none".to_owned(),
            }),
        },
    )
}

/// Any record of any kind.
pub(crate) fn any_record() -> impl Strategy<Value = ControlRecord> {
    let organisation = (
        any_organisation(),
        any_versions(),
        prop::option::of(any_limit()),
    );
    let survey = (any_organisation(), "[ab/ ]{1,2}", any_versions());
    prop_oneof![
        any_api_key().prop_map(ControlRecord::ApiKey),
        organisation.prop_map(|(organisation, versions, key_limit)| {
            ControlRecord::Organisation(OrganisationSettings {
                organisation,
                allow: vec!["192.0.2.0/24".parse().unwrap()],
                deny: vec![],
                key_limit,
                versions,
            })
        }),
        survey.prop_map(|(organisation, survey_id, versions)| {
            ControlRecord::Survey(SurveySettings {
                organisation,
                survey_id,
                versions,
            })
        }),
        any_integration().prop_map(ControlRecord::Integration),
        any_agent().prop_map(ControlRecord::Agent),
        any_ruleset().prop_map(ControlRecord::Ruleset),
        any_model().prop_map(ControlRecord::Model),
        any_experiment().prop_map(ControlRecord::Experiment),
    ]
}

/// The key of any record.
pub(crate) fn any_key() -> impl Strategy<Value = ControlKey> {
    any_record().prop_map(|record| record.key())
}

mod tests {
    use super::*;

    proptest! {
        #[test]
        fn every_record_survives_the_round_trip(record in any_record()) {
            let key = ControlKey::parse(&record.key().to_string()).unwrap();
            prop_assert_eq!(&key, &record.key());
            let value = record.encode().unwrap();
            prop_assert_eq!(ControlRecord::decode(&key, &value), Ok(record));
        }
    }
}

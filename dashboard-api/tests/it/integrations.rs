//! Integrations: how they stand, and what came of their webhooks.

use chrono::{DateTime, TimeDelta, Utc};
use control::ControlWriter;
use control::seal::Sealer;
use kafka::config::KafkaConfig;
use schemas::control::{ControlRecord, Integration, IntegrationId, IntegrationPlatform, KeyKind};
use schemas::ids::SessionSecret;
use serde_json::{Value, json};
use testkit::{TestDatabase, wait_until};

use crate::harness::{DEADLINE, SECRET, TestApi, database, problem};
use crate::keys::put_key;

const STATUS: &str = "/api/v1/integrations/status";
const DELIVERIES: &str = "/api/v1/integrations/deliveries";
pub(crate) const SHARED_KEY: &str = "a-shared-key-of-these-tests";
pub(crate) const WHSEC: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A stored notice; what a test does not say is usual.
#[derive(Clone, Copy)]
pub(crate) struct Notice<'a> {
    pub(crate) organisation: &'a str,
    pub(crate) integration: &'a str,
    pub(crate) outcome: &'a str,
    pub(crate) at: DateTime<Utc>,
    pub(crate) offset: i64,
    pub(crate) id: &'a str,
}

impl<'a> Notice<'a> {
    /// One of ours that was noted now.
    pub(crate) fn noted(integration: &'a str, id: &'a str) -> Self {
        Self {
            organisation: "ours",
            integration,
            outcome: "noted",
            at: Utc::now(),
            offset: 1,
            id,
        }
    }

    pub(crate) async fn store(&self, database: &TestDatabase) {
        let statement = "INSERT INTO integration_deliveries (organisation, generation, log_partition, log_offset, \
            received_at, notice_id, integration, platform, kind, outcome, event, survey_id, fields, dropped_fields) \
            VALUES ($1, 1, 0, $2, $3, $4, $5, 'qualtrics', 'response_completed', $6, \
            'surveyengine.completedResponse', 'SV_1', '{\"BrandID\": \"acme\"}', 2)";
        let client = database.client().await;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
            &self.organisation,
            &self.offset,
            &self.at,
            &self.id,
            &self.integration,
            &self.outcome,
        ];
        client.execute(statement, &values).await.unwrap();
    }
}

fn writer(api: &TestApi) -> ControlWriter {
    let config = KafkaConfig {
        brokers: api.topics.brokers().to_owned(),
        prefix: api.topics.prefix().to_owned(),
        ..KafkaConfig::default()
    };
    ControlWriter::new(&config, "/candor/test").unwrap()
}

pub(crate) fn integration(
    organisation: &str,
    number: u8,
    platform: IntegrationPlatform,
) -> Integration {
    let id = IntegrationId::from_random([number; 10]);
    let sealer = Sealer::new(&SessionSecret::new(SECRET).unwrap());
    let secret = match platform {
        IntegrationPlatform::Qualtrics => Some(SHARED_KEY),
        IntegrationPlatform::Generic => Some(WHSEC),
        IntegrationPlatform::Decipher => None,
    };
    let secrets = secret.map(|secret| sealer.seal(&id, secret.as_bytes()).unwrap());
    Integration {
        secrets: secrets.into_iter().collect(),
        id,
        organisation: organisation.parse().unwrap(),
        platform,
        name: Some(format!("number {number}")),
        created_at: Utc::now(),
        revoked_at: None,
    }
}

/// Makes integrations and waits until the API knows them.
pub(crate) async fn put(api: &TestApi, integrations: &[&Integration]) {
    let writer = writer(api);
    for integration in integrations {
        let record = ControlRecord::Integration(Integration::clone(integration));
        writer.put(&record).await.unwrap();
    }
    let ours = |found: &&&Integration| found.organisation == *api.organisation();
    let ours = integrations.iter().filter(ours).count();
    wait_until("the integrations", DEADLINE, async || {
        let status = api.json(STATUS).await;
        let known = status["integrations"].as_array().unwrap().len();
        if known == ours { Ok(()) } else { Err(status) }
    })
    .await;
}

/// A minute's notices of one integration, told apart by their ages.
async fn store_all(database: &TestDatabase, integration: &str, now: DateTime<Utc>) {
    for (offset, outcome, minutes) in [
        (1, "unmatched", 9),
        (2, "session_completed", 5),
        (3, "unmatched", 3),
        (4, "noted", 4),
    ] {
        let id = format!("notice-{offset}");
        let notice = Notice {
            outcome,
            at: now - TimeDelta::minutes(minutes),
            offset,
            ..Notice::noted(integration, &id)
        };
        notice.store(database).await;
    }
}

#[tokio::test]
async fn an_organisation_sees_its_integrations_and_what_last_came() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let ours = integration("ours", 1, IntegrationPlatform::Qualtrics);
    let quiet = integration("ours", 2, IntegrationPlatform::Decipher);
    let theirs = integration("theirs", 3, IntegrationPlatform::Generic);
    put(&api, &[&ours, &quiet, &theirs]).await;
    let now = Utc::now();
    store_all(&database, ours.id.as_str(), now).await;
    let status = api.json(STATUS).await;
    assert_eq!(status["can_test"], false);
    let find = |id: &IntegrationId| {
        let mut all = status["integrations"].as_array().unwrap().iter();
        all.find(|found| found["id"] == id.as_str()).cloned()
    };
    let found = find(&ours.id).unwrap();
    let ago = |name: &str| {
        let at = found[name]["received_at"].as_str().unwrap();
        (now - at.parse::<DateTime<Utc>>().unwrap()).num_minutes()
    };
    let ages = ["last_unmatched", "last_matched", "last_noted"].map(ago);
    assert_eq!(ages, [3, 5, 4]);
    let last = &found["last_received_at"];
    assert_eq!(last, &found["last_unmatched"]["received_at"]);
    let about = (&found["secrets"], &found["is_active"]);
    assert_eq!(about, (&json!(1), &json!(true)));
    assert_eq!(find(&quiet.id).unwrap()["last_received_at"], Value::Null);
    assert_eq!(find(&theirs.id), None);
}

#[tokio::test]
async fn publishable_keys_are_shown_by_their_hints_alone() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let (_, key) = put_key(&api, |options| {
        options.kind = KeyKind::Publishable;
        options.scopes = vec![];
        options.name = Some("page".to_owned());
    })
    .await;
    let (_, secret) = put_key(&api, |_| {}).await;
    let status = wait_until("the key", DEADLINE, async || {
        let status = api.json(STATUS).await;
        let keys = status["publishable_keys"].as_array().unwrap().len();
        if keys == 1 { Ok(status) } else { Err(status) }
    })
    .await;
    let shown = &status["publishable_keys"][0];
    let about = (&shown["hint"], &shown["name"]);
    assert_eq!(about, (&json!(key.record.hint), &json!("page")));
    let said = status.to_string();
    assert!(
        !said.contains(&*key.text) && !said.contains(&*secret.text),
        "{said}"
    );
}

fn ids(page: &Value) -> Vec<String> {
    let deliveries = page["deliveries"].as_array().unwrap().iter();
    deliveries
        .map(|delivery| delivery["notice_id"].as_str().unwrap().to_owned())
        .collect()
}

/// Seven notices of ours, two at each moment, and one of others.
async fn store_log(database: &TestDatabase) {
    let now = Utc::now();
    for offset in 0..7 {
        let id = format!("notice-{offset}");
        let integrations = ["int_aaaaaaaaaaaaaaaa", "int_bbbbbbbbbbbbbbbb"];
        let integration = integrations[usize::from(offset >= 3)];
        let outcomes = ["noted", "unmatched"];
        let notice = Notice {
            outcome: outcomes[usize::from(offset % 3 == 0)],
            at: now - TimeDelta::minutes(offset / 2),
            offset,
            ..Notice::noted(integration, &id)
        };
        notice.store(database).await;
    }
    let foreign = Notice {
        organisation: "theirs",
        offset: 99,
        ..Notice::noted("int_aaaaaaaaaaaaaaaa", "foreign")
    };
    foreign.store(database).await;
}

#[tokio::test]
async fn the_log_holds_every_delivery_of_the_organisation_once_newest_first() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    store_log(&database).await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.json(&format!("{DELIVERIES}?limit=3{cursor}")).await;
        seen.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected = [1, 0, 3, 2, 5, 4, 6].map(|offset| format!("notice-{offset}"));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn each_filter_of_the_log_keeps_what_it_says() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    store_log(&database).await;
    let filtered = async |query: &str| ids(&api.json(&format!("{DELIVERIES}?{query}")).await);
    let unmatched = filtered("outcome=unmatched").await;
    assert_eq!(unmatched, ["notice-0", "notice-3", "notice-6"]);
    let both = "integration=int_bbbbbbbbbbbbbbbb&outcome=unmatched&limit=1";
    assert_eq!(filtered(both).await, ["notice-3"]);
    assert_eq!(filtered("from=2100-01-01").await, [""; 0]);
    let wrong = api.get(&format!("{DELIVERIES}?outcome=lost&limit=0")).await;
    let said = problem(wrong, 422, "invalid_parameters").await;
    assert_eq!(said["errors"].as_array().unwrap().len(), 2);
}

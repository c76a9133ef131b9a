//! The organisations of the database: their keys, and names to ask for.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::Utc;
use control::{ControlWriter, NewKeyOptions};
use kafka::config::KafkaConfig;
use rand::RngExt;
use schemas::control::{ControlRecord, KeyKind, KeyMode, Scope};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use super::Target;
use super::connection::Connection;
use crate::place::Place;
use crate::process::{KEY, ORGANISATION};

/// Sessions of each organisation whose names are asked for.
const SAMPLES: i64 = 200;
/// Longest wait for the API to know the keys.
const PATIENCE: Duration = Duration::from_secs(30);

/// A session to ask for.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) id: Uuid,
    pub(crate) survey: Option<String>,
    pub(crate) respondent: Option<String>,
}

/// An organisation.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    pub(crate) sessions: i64,
    /// The header line that lets a request in.
    pub(crate) key: String,
    pub(crate) samples: Vec<Sample>,
}

/// The organisations, the largest first.
#[derive(Debug)]
pub(crate) struct Tenants {
    pub(crate) all: Vec<Tenant>,
    /// Of all of them.
    pub(crate) sessions: i64,
}

impl Tenants {
    /// Reads them from the database, as superuser.
    pub(crate) async fn read(url: &str) -> anyhow::Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let query = "SELECT organisation, sum(sessions)::bigint FROM organisation_rollups GROUP BY 1 ORDER BY 2 DESC";
        let mut all = Vec::new();
        for row in client.query(query, &[]).await? {
            let (name, sessions): (String, i64) = (row.get(0), row.get(1));
            let samples = samples(&client, &name).await?;
            let key = format!("authorization: Bearer {}", key_of(&name));
            all.push(Tenant {
                name,
                sessions,
                key,
                samples,
            });
        }
        drop(client);
        connection.await??;
        all.retain(|tenant| !tenant.samples.is_empty());
        ensure!(!all.is_empty(), "the database has no sessions");
        let sessions = all.iter().map(|tenant| tenant.sessions).sum();
        Ok(Self { all, sessions })
    }

    /// Puts their keys into the control topic.
    pub(crate) async fn make_keys(&self, place: &Place) -> anyhow::Result<()> {
        let config = KafkaConfig {
            brokers: place.brokers.clone(),
            prefix: place.prefix.clone(),
            ..KafkaConfig::default()
        };
        let writer = ControlWriter::new(&config, "/candor/bench")?;
        for tenant in &self.all {
            let options = NewKeyOptions {
                name: Some("bench".to_owned()),
                scopes: Scope::ALL.to_vec(),
                ..NewKeyOptions::new(tenant.name.parse()?, KeyKind::Secret, KeyMode::Test)
            };
            let key = options.adopt(&key_of(&tenant.name), Utc::now());
            writer.put(&ControlRecord::ApiKey(key.record)).await?;
        }
        Ok(())
    }

    /// One of them, in proportion to its sessions.
    pub(crate) fn draw(&self, rng: &mut impl rand::Rng) -> &Tenant {
        let mut rest = rng.random_range(0..self.sessions.max(1));
        let found = self.all.iter().find(|tenant| {
            rest -= tenant.sessions;
            rest < 0
        });
        found.unwrap_or(&self.all[0])
    }
}

impl Target<'_> {
    /// Waits until the API lets every organisation in.
    pub(crate) async fn wait_for_keys(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut connection = Connection::to(&self.api.url)?;
        for tenant in &self.tenants.all {
            loop {
                let answer = connection
                    .get("/api/v1/dashboard/sessions?limit=1", &tenant.key)
                    .await?;
                if answer.status == 200 {
                    break;
                }
                let late = begun.elapsed() > PATIENCE;
                ensure!(
                    !late,
                    "{}: {}",
                    tenant.name,
                    String::from_utf8_lossy(connection.body())
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// The header line of a browser that has signed in with the bootstrap key.
    pub(crate) async fn cookie(&self) -> anyhow::Result<String> {
        let body = serde_json::json!({ "key": KEY });
        let url = format!("{}/api/v1/sign-in", self.api.url);
        let answer = reqwest::Client::new().post(url).json(&body).send().await?;
        let cookie = answer
            .headers()
            .get("set-cookie")
            .context("a sign-in sets a cookie")?;
        let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
        Ok(format!("cookie: {pair}"))
    }
}

fn key_of(organisation: &str) -> String {
    if organisation == ORGANISATION {
        KEY.to_owned()
    } else {
        format!("sk_test_bench_{organisation}_0123456789abcdef")
    }
}

/// Sessions of all times: behind random ids between the first and the last.
async fn samples(client: &Client, organisation: &str) -> anyhow::Result<Vec<Sample>> {
    let bounds = "SELECT (SELECT id FROM sessions WHERE organisation = $1 ORDER BY id LIMIT 1), \
        (SELECT id FROM sessions WHERE organisation = $1 ORDER BY id DESC LIMIT 1)";
    let row = client.query_one(bounds, &[&organisation]).await?;
    let (Some(first), Some(last)) = (row.get::<_, Option<Uuid>>(0), row.get::<_, Option<Uuid>>(1))
    else {
        return Ok(Vec::new());
    };
    let next = "SELECT id, survey_id, respondent_id FROM sessions WHERE organisation = $1 AND id >= $2 \
        AND window_count > 0 ORDER BY id LIMIT 10";
    let next = client.prepare(next).await?;
    let mut samples = Vec::new();
    for _ in 0..SAMPLES / 10 {
        let from = rand::rng().random_range(first.as_u128()..=last.as_u128());
        for row in client
            .query(&next, &[&organisation, &Uuid::from_u128(from)])
            .await?
        {
            samples.push(Sample {
                id: row.get(0),
                survey: row.get(1),
                respondent: row.get(2),
            });
        }
    }
    Ok(samples)
}

//! The test console: a webhook as the platform would send it, to the configured gateway, with the
//! integration's own secret.
//!
//! The request goes to one origin that the settings name, follows no redirect and has a deadline. A
//! secret is opened for the one request and wiped; it stands in no answer and in no log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use control::random_text;
use control::seal::Sealer;
use platform_webhooks::{Delivery, ROUTE, Saying, Sender};
use reqwest::{Client, Method, Url, redirect};
use schemas::control::{Integration, IntegrationPlatform};
use schemas::ids::{SessionId, SessionSecret};
use schemas::token::IngestGrant;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::address::GatewayUrl;
use super::report::{GatewayAnswer, LogStep, SentRequest, TestReport};
use crate::database::Database;
use crate::error::{ApiError, chain};

/// Longest wait for the gateway. It waits for Kafka's acknowledgement, twice at most.
const GATEWAY_WAIT: Duration = Duration::from_secs(10);
/// Longest wait for a connection to it.
const CONNECT_WAIT: Duration = Duration::from_secs(3);
/// Most bytes of its answer that are read.
const ANSWER_BYTES: usize = 16 << 10;
/// Longest wait for the notice in the delivery log, and time between looks.
const LOG_WAIT: Duration = Duration::from_secs(5);
const LOG_LOOKS: Duration = Duration::from_millis(200);
/// Tests at a time.
const AT_ONCE: usize = 4;
/// How long the token of a played Decipher survey works.
const TOKEN_MINUTES: i64 = 5;
/// The survey that every test names.
const SURVEY: &str = "SV_CandorTest";

/// What a test says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TestEvent {
    /// A response was stored although it is not complete: noted, and nothing else.
    #[default]
    Partial,
    /// A response is complete: ends the session that is named.
    Completed,
}

impl TestEvent {
    fn word(self, platform: IntegrationPlatform) -> &'static str {
        use IntegrationPlatform::{Decipher, Generic, Qualtrics};
        match (self, platform) {
            (Self::Partial, Qualtrics) => "partialResponse",
            (Self::Partial, Generic) => "response.partial",
            (Self::Partial, Decipher) => "partial",
            (Self::Completed, Qualtrics) => "completedResponse",
            (Self::Completed, Generic) => "response.completed",
            (Self::Completed, Decipher) => "qualified",
        }
    }
}

/// What is to be tried.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestAsk {
    /// What the test says; `partial` if absent, which changes nothing.
    #[serde(default)]
    pub(crate) event: TestEvent,
    /// The session that it names. A completed response ends it; without one it is `unmatched`.
    pub(crate) session_id: Option<String>,
    /// Changes the request after it was signed: the gateway must refuse it.
    #[serde(default)]
    pub(crate) tamper: bool,
}

/// One test: what is tried, on which integration, and the session it names.
#[derive(Debug)]
pub(crate) struct Trial<'a> {
    pub(crate) integration: &'a Integration,
    pub(crate) ask: &'a TestAsk,
    pub(crate) session: Option<SessionId>,
}

/// Plays platforms; clones share the bounds.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    gateway: Option<GatewayUrl>,
    client: Client,
    sealer: Sealer,
    secret: SessionSecret,
    running: Arc<Semaphore>,
}

impl Console {
    /// A console that knows a gateway, or none.
    pub(crate) fn new(
        gateway: Option<GatewayUrl>,
        secret: SessionSecret,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_WAIT)
            .timeout(GATEWAY_WAIT)
            .build()?;
        Ok(Self {
            gateway,
            client,
            sealer: Sealer::new(&secret),
            secret,
            running: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// Whether there is a gateway to try.
    pub(crate) fn can_test(&self) -> bool {
        self.gateway.is_some()
    }

    /// Sends the webhook and tells what happened.
    pub(crate) async fn run(
        &self,
        trial: Trial<'_>,
        database: &Database,
    ) -> Result<TestReport, ApiError> {
        let gateway = self.gateway.as_ref().ok_or(ApiError::GatewayUnknown)?;
        let Ok(_running) = self.running.try_acquire() else {
            return Err(ApiError::TooManyReadings);
        };
        let integration = trial.integration;
        let delivery = self.compose(&trial)?;
        let mut address = gateway.url().clone();
        address.set_path(&format!("{ROUTE}{}", integration.platform.as_str()));
        let id = integration.id.as_str();
        address.query_pairs_mut().append_pair("integration", id);
        let path = format!("{}?{}", address.path(), address.query().unwrap_or_default());
        if !delivery.query.is_empty() {
            address.query_pairs_mut().extend_pairs(&delivery.query);
        }
        let answer = self.send(address, &delivery).await;
        let taken = answer.as_ref().ok().and_then(Taken::read);
        let log = match &taken {
            Some(taken) => look_for(taken, integration, database).await?,
            None => LogStep::NothingTaken,
        };
        let (answer, problem) = match answer {
            Ok(answer) => (Some(answer), None),
            Err(problem) => (None, Some(problem)),
        };
        let (notice_id, outcome) = taken.map(|taken| (taken.notice_id, taken.outcome)).unzip();
        Ok(TestReport {
            integration: id.to_owned(),
            platform: integration.platform.as_str(),
            request: SentRequest::of(&delivery, &path),
            answer,
            problem,
            notice_id,
            outcome,
            log,
        })
    }

    fn compose(&self, trial: &Trial<'_>) -> Result<Delivery, ApiError> {
        let platform = trial.integration.platform;
        // A survey's token names its session, so a Decipher survey always has one.
        let organisation = &trial.integration.organisation;
        let mint = || self.secret.mint(organisation, Utc::now(), rand::random());
        let session = match platform {
            IntegrationPlatform::Decipher => Some(trial.session.unwrap_or_else(mint)),
            IntegrationPlatform::Qualtrics | IntegrationPlatform::Generic => trial.session,
        };
        let secret = self.open(trial.integration, session)?;
        let sender = Sender {
            platform,
            secret: &secret,
            now: Utc::now(),
            tamper: trial.ask.tamper,
        };
        let saying = Saying {
            event: Some(trial.ask.event.word(platform).to_owned()),
            session: session.map(|session| session.to_string()),
            survey: SURVEY.to_owned(),
            response: format!("R_{}", *random_text(15)),
        };
        let delivery = sender.compose(&saying, &format!("msg_{}", *random_text(20)));
        // The secret is none that the platform could have: it cannot be used any better than one that
        // does not open.
        delivery.map_err(|_| ApiError::SecretDoesNotOpen)
    }

    /// The newest secret of the integration, or the token that a survey would show.
    fn open(
        &self,
        integration: &Integration,
        session: Option<SessionId>,
    ) -> Result<Zeroizing<String>, ApiError> {
        if let (IntegrationPlatform::Decipher, Some(session_id)) = (integration.platform, session) {
            let grant = IngestGrant {
                session_id,
                organisation: integration.organisation.clone(),
                expires_at: Utc::now() + TimeDelta::minutes(TOKEN_MINUTES),
            };
            return Ok(Zeroizing::new(grant.seal(&self.secret)));
        }
        let sealed = integration.secrets.first();
        let opened = sealed.and_then(|sealed| self.sealer.open(&integration.id, sealed).ok());
        let opened = opened.ok_or(ApiError::SecretDoesNotOpen)?;
        let text = std::str::from_utf8(&opened).map_err(|_| ApiError::SecretDoesNotOpen)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    async fn send(&self, address: Url, delivery: &Delivery) -> Result<GatewayAnswer, &'static str> {
        let begun = Instant::now();
        let request = match delivery.method() {
            "GET" => self.client.request(Method::GET, address),
            _ => self.client.post(address).body(delivery.body_text()),
        };
        let headers = delivery.headers().into_iter();
        let request = headers.fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let failed = |what| move |error: reqwest::Error| problem_of(what, error);
        let mut response = request.send().await.map_err(failed("not_reached"))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        let mut is_cut = false;
        while let Some(chunk) = response.chunk().await.map_err(failed("broke_off"))? {
            let room = ANSWER_BYTES - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                is_cut = true;
                break;
            }
        }
        Ok(GatewayAnswer {
            status,
            body: String::from_utf8_lossy(&body).into_owned(),
            is_cut,
            duration_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }
}

/// The stable name of why there is no answer; the error goes to the log, without the address, which
/// may hold a token.
fn problem_of(what: &'static str, error: reqwest::Error) -> &'static str {
    let problem = if error.is_timeout() {
        "timed_out"
    } else {
        what
    };
    let error = error.without_url();
    tracing::warn!(error = %chain(&error), problem, "the gateway did not answer a test");
    problem
}

/// What the gateway says of a notice that it took.
#[derive(Debug, Deserialize)]
struct Taken {
    notice_id: String,
    outcome: String,
}

impl Taken {
    fn read(answer: &GatewayAnswer) -> Option<Self> {
        if answer.status != 200 {
            return None;
        }
        serde_json::from_str(&answer.body).ok()
    }
}

/// Waits for the notice in the delivery log.
async fn look_for(
    taken: &Taken,
    integration: &Integration,
    database: &Database,
) -> Result<LogStep, ApiError> {
    let end = Instant::now() + LOG_WAIT;
    let query = "SELECT FROM integration_deliveries WHERE notice_id = $1 LIMIT 1";
    loop {
        let found = database
            .read(&integration.organisation, async |transaction| {
                let statement = transaction.prepare_cached(query).await?;
                Ok(transaction
                    .query_opt(&statement, &[&taken.notice_id])
                    .await?)
            })
            .await?;
        if found.is_some() {
            return Ok(LogStep::Stored);
        }
        if Instant::now() > end {
            return Ok(LogStep::NotYet);
        }
        tokio::time::sleep(LOG_LOOKS).await;
    }
}

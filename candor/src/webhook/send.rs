//! `candor webhook send`: one delivery, as often as asked for.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::Utc;
use clap::Args;
use control::random_text;
use platform_webhooks::{Delivery, ROUTE, Saying, Sender};
use reqwest::{Client, Method, RequestBuilder, Url};
use schemas::control::{IntegrationId, IntegrationPlatform};
use zeroize::Zeroizing;

/// Longest wait for an answer: platforms wait no longer.
const PATIENCE: Duration = Duration::from_secs(16);

/// Options of `candor webhook send`.
#[derive(Debug, Clone, Args)]
pub struct Sending {
    /// Who is played: qualtrics, decipher or generic
    pub platform: IntegrationPlatform,
    /// The gateway, or the whole address that `candor integrations create` printed (http only)
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: Url,
    /// The integration, if the platform has several
    #[arg(long, value_name = "ID")]
    pub integration: Option<IntegrationId>,
    /// Holds the shared key (qualtrics), the whsec_ secret (generic), the key or the token (decipher)
    #[arg(long, value_name = "FILE")]
    pub secret_file: PathBuf,
    /// The session it names
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// The survey it names
    #[arg(long, value_name = "NAME", default_value = "SV_CandorTest")]
    pub survey: String,
    /// The response it names; a new one unless given
    #[arg(long, value_name = "NAME")]
    pub response: Option<String>,
    /// What happened: a topic (completedResponse), a type (response.completed), a status (qualified)
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// Changes it after it was signed: the gateway must refuse it
    #[arg(long)]
    pub tamper: bool,
    /// Sends the same delivery so many times, one after the other
    #[arg(long, value_name = "N", default_value = "1")]
    pub repeat: NonZeroU32,
}

/// Sends; fails unless every answer is a 2xx.
pub(super) async fn run(sending: Sending) -> anyhow::Result<ExitCode> {
    let path = &sending.secret_file;
    let secret = std::fs::read_to_string(path).map(Zeroizing::new);
    let secret = secret.with_context(|| format!("cannot read {}", path.display()))?;
    let sender = Sender {
        platform: sending.platform,
        secret: secret.trim_end_matches(['\r', '\n']),
        now: Utc::now(),
        tamper: sending.tamper,
    };
    let new_response = || format!("R_{}", *random_text(15));
    let saying = Saying {
        event: sending.event.clone(),
        session: sending.session.clone(),
        survey: sending.survey.clone(),
        response: sending.response.clone().unwrap_or_else(new_response),
    };
    let delivery = sender.compose(&saying, &format!("msg_{}", *random_text(20)))?;
    let address = address(&sending)?;
    let client = Client::builder().timeout(PATIENCE).build()?;
    let mut all_taken = true;
    for _ in 0..sending.repeat.get() {
        let response = request(&client, &address, &delivery).send().await;
        let response = response.with_context(|| format!("no answer from {address}"))?;
        let status = response.status();
        all_taken &= status.is_success();
        let body = response.text().await.context("the answer broke off")?;
        println!("{} {body}", status.as_u16());
    }
    Ok(if all_taken {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn address(sending: &Sending) -> anyhow::Result<Url> {
    let mut address = sending.url.clone();
    if !address.path().contains(ROUTE) {
        let base = address.path().trim_end_matches('/');
        let path = format!("{base}{ROUTE}{}", sending.platform.as_str());
        address.set_path(&path);
    }
    if let Some(id) = &sending.integration {
        let named = address.query_pairs().any(|(name, _)| name == "integration");
        ensure!(
            !named,
            "the address names an integration already; leave --integration out"
        );
        address
            .query_pairs_mut()
            .append_pair("integration", id.as_str());
    }
    Ok(address)
}

fn request(client: &Client, address: &Url, delivery: &Delivery) -> RequestBuilder {
    let mut address = address.clone();
    if !delivery.query.is_empty() {
        address.query_pairs_mut().extend_pairs(&delivery.query);
    }
    let request = match delivery.method() {
        "GET" => client.request(Method::GET, address),
        _ => client.post(address).body(delivery.body_text()),
    };
    let headers = delivery.headers();
    headers.into_iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

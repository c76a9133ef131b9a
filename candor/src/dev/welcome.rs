//! What `candor dev` says once it is ready.

use std::fmt::Write;
use std::net::SocketAddr;

use anyhow::Context;
use embedded::Services;
use schemas::ids::OrganisationId;

use super::secrets::Secrets;
use super::{DevConfig, Options};

/// Everything the text is made of.
#[derive(Debug)]
pub(super) struct Welcome<'a> {
    pub(super) address: SocketAddr,
    pub(super) secrets: &'a Secrets,
    pub(super) services: &'a Services,
    pub(super) options: &'a Options,
    pub(super) config: &'a DevConfig,
}

impl Welcome<'_> {
    /// The text, with a link that signs a browser in and a line to paste.
    ///
    /// # Errors
    /// When the organisation's name is none.
    pub(super) fn text(&self) -> anyhow::Result<String> {
        let organisation: OrganisationId = self
            .config
            .organisation
            .parse()
            .context("CANDOR_BOOTSTRAP_ORGANISATION")?;
        let link =
            dashboard_api::sign_in_link(&self.secrets.session, &organisation, chrono::Utc::now());
        let base = format!("http://{}", self.address);
        let key = self.secrets.key.expose();
        let folder = self.options.data_dir.display();
        let database = if self.config.database_url.is_some() {
            "yours"
        } else {
            "embedded"
        };
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\nCandor is ready.\n\n\
             \x20 page        {base}{link}\n\
             \x20 API         {base}/docs\n\
             \x20 health      {base}/health\n\
             \x20 key         {key}\n\
             \x20 Kafka       {}\n\
             \x20 PostgreSQL  {database}\n\
             \x20 data        {folder}\n\n\
             In a second terminal:\n\n\
             \x20 curl -s -H 'Authorization: Bearer {key}' {base}/api/v1/dashboard/overview\n\n",
            self.services.brokers(),
        );
        if self.config.demo {
            text.push_str("Simulated respondents and bots are answering a survey now.\n");
        }
        text.push_str("Ctrl-C ends everything in order; the data stay.\n");
        Ok(text)
    }
}

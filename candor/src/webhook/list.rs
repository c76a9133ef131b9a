//! `candor webhook list`: what platforms have said, from the webhooks topic.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chrono::{SecondsFormat, TimeDelta, Utc};
use clap::Args;
use kafka::Record;
use kafka::config::KafkaConfig;
use kafka::scan::{ScanOptions, scan};
use schemas::header::ORGANISATION_HEADER;
use schemas::ids::OrganisationId;
use schemas::webhook::{NoticeOutcome, WebhookNotice};

use crate::operate::{duration, print_json};

/// Longest wait for Kafka's next word.
const PATIENCE: Duration = Duration::from_secs(10);

/// Options of `candor webhook list`.
#[derive(Debug, Clone, Args)]
pub struct Listing {
    /// Only those that tell the end of a response and name no session
    #[arg(long)]
    pub unmatched: bool,
    /// Only those of this organisation
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<OrganisationId>,
    /// How far back; the topic keeps 30 days
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration::parse)]
    pub since: TimeDelta,
    /// How many at most, the newest
    #[arg(long, value_name = "N", default_value = "1000")]
    pub limit: usize,
    /// A JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// A notice with whose it is.
#[derive(Debug, serde::Serialize)]
struct Listed {
    organisation: String,
    #[serde(flatten)]
    notice: WebhookNotice,
}

/// The newest notices that are wanted, in bounded memory.
#[derive(Debug)]
struct Newest {
    listing: Listing,
    listed: VecDeque<Listed>,
    left_out: u64,
    unreadable: u64,
}

impl Newest {
    fn take(&mut self, record: &Record<'_>) {
        let organisation = record.header(ORGANISATION_HEADER).unwrap_or_default();
        let organisation = String::from_utf8_lossy(organisation).into_owned();
        let Ok(notice) = serde_json::from_slice::<WebhookNotice>(record.payload) else {
            self.unreadable += 1;
            return;
        };
        self.add(Listed {
            organisation,
            notice,
        });
    }

    fn add(&mut self, listed: Listed) {
        let ours = self.listing.organisation.as_ref();
        let is_ours = ours.is_none_or(|ours| ours.as_str() == listed.organisation);
        let is_unmatched = listed.notice.outcome == NoticeOutcome::Unmatched;
        if !is_ours || (self.listing.unmatched && !is_unmatched) {
            return;
        }
        self.listed.push_back(listed);
        if self.listed.len() > self.listing.limit {
            self.listed.pop_front();
            self.left_out += 1;
        }
    }
}

/// Reads and prints.
pub(super) async fn run(listing: Listing, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    let json = listing.json;
    let reading = tokio::task::spawn_blocking(move || read(listing, &config));
    let newest = reading.await.context("the reading failed")??;
    for listed in &newest.listed {
        if json {
            print_json(listed)?;
        } else {
            println!("{}", line(listed));
        }
    }
    if newest.left_out > 0 {
        eprintln!("{} older ones are not shown; see --limit", newest.left_out);
    }
    if newest.unreadable > 0 {
        eprintln!(
            "{} records are no webhooks of this version",
            newest.unreadable
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn read(listing: Listing, config: &KafkaConfig) -> anyhow::Result<Newest> {
    let since = Utc::now() - listing.since;
    let mut newest = Newest {
        listing,
        listed: VecDeque::new(),
        left_out: 0,
        unreadable: 0,
    };
    let topic = config.topics().webhooks;
    let options = ScanOptions {
        topic: &topic,
        since_ms: Some(since.timestamp_millis()),
        patience: PATIENCE,
    };
    scan(config, options, |record| {
        newest.take(record);
        ControlFlow::Continue(())
    })?;
    Ok(newest)
}

fn line(
    Listed {
        organisation,
        notice,
    }: &Listed,
) -> String {
    let at = notice
        .received_at
        .to_rfc3339_opts(SecondsFormat::Secs, true);
    let outcome = match notice.outcome {
        NoticeOutcome::SessionCompleted => "session_completed",
        NoticeOutcome::Noted => "noted",
        NoticeOutcome::Unmatched => "unmatched",
    };
    let session = notice
        .session_id
        .map_or_else(|| "-".to_owned(), |id| id.to_string());
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{at}  {outcome:<17}  {:<9}  {organisation}  {}  {session}  {}  {}  {}",
        notice.platform.as_str(),
        notice.integration,
        notice.event,
        name(&notice.survey_id),
        name(&notice.response_id),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::control::{IntegrationId, IntegrationPlatform};
    use schemas::webhook::NoticeKind;

    fn listed(organisation: &str, outcome: NoticeOutcome, response: &str) -> Listed {
        Listed {
            organisation: organisation.to_owned(),
            notice: WebhookNotice {
                notice_id: "n".to_owned(),
                integration: IntegrationId::from_random([1; 10]),
                platform: IntegrationPlatform::Qualtrics,
                kind: NoticeKind::ResponseCompleted,
                outcome,
                received_at: "2026-11-20T10:00:00Z".parse().unwrap(),
                event: "surveyengine.completedResponse".to_owned(),
                survey_id: None,
                response_id: Some(response.to_owned()),
                session_id: None,
                fields: Default::default(),
                dropped_fields: 0,
            },
        }
    }

    #[test]
    fn the_newest_of_those_that_are_wanted_are_kept_and_the_others_counted() {
        let mut newest = Newest {
            listing: Listing {
                unmatched: true,
                organisation: Some("acme".parse().unwrap()),
                since: TimeDelta::hours(1),
                limit: 2,
                json: false,
            },
            listed: VecDeque::new(),
            left_out: 0,
            unreadable: 0,
        };
        for (organisation, outcome, response) in [
            ("acme", NoticeOutcome::Unmatched, "R_1"),
            ("other", NoticeOutcome::Unmatched, "R_2"),
            ("acme", NoticeOutcome::Noted, "R_3"),
            ("acme", NoticeOutcome::Unmatched, "R_4"),
            ("acme", NoticeOutcome::Unmatched, "R_5"),
        ] {
            newest.add(listed(organisation, outcome, response));
        }
        let lines: Vec<String> = newest.listed.iter().map(line).collect();
        assert_eq!((lines.len(), newest.left_out), (2, 1));
        assert_eq!(
            lines[0],
            "2026-11-20T10:00:00Z  unmatched          qualtrics  acme  int_aeaqcaibaeaqcaib  -  surveyengine.completedResponse  -  R_4"
        );
    }
}

//! One line of a bulk upload: which session it is about, and what it says of it.
//!
//! `{"session_id": "…", "events": […], "writer": "…", "sequence": 0}`; a platform's own name of the
//! session stands for the id: `{"external_id": "…", "started_at": "…", "survey_id": "…", …}`. Such a line
//! may begin the session with `"start": {…}` (what a session's creation takes), and any line may end it
//! with `"complete": true`. The records of a line are queued in this order: start, events, completion.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use schemas::batch::scan_line;
use schemas::header::RecordType;
use schemas::ids::{SessionId, SessionName};
use schemas::session::ClientStamp;

use crate::auth::Caller;
use crate::batch::{Prepared, prepare};
use crate::description::{Beginning, Description, expiry};
use crate::error::IngestError;
use crate::names::{self, GivenName};
use crate::publish::SessionRecord;
use crate::routes::complete::completion;
use crate::state::Gateway;

/// What every line of an upload shares.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineContext<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) caller: &'a Caller,
    pub(super) traceparent: Option<&'a str>,
}

/// A good line.
#[derive(Debug)]
pub(super) struct Judged {
    /// Its records, in their order.
    pub(super) records: Vec<SessionRecord>,
    /// Its batch, whose payload has gone into its record.
    pub(super) batch: Option<Prepared>,
}

impl LineContext<'_> {
    /// Judges a line; nothing of a bad one is stored.
    pub(super) fn judge(&self, line: &[u8], now: DateTime<Utc>) -> Result<Judged, IngestError> {
        let text = std::str::from_utf8(line).map_err(|_| IngestError::NotUtf8)?;
        let limits = self.gateway.batch_limits(now);
        let line = scan_line(text, &limits).map_err(IngestError::Batch)?;
        let given = GivenName {
            external_id: line.external_id.map(Cow::into_owned),
            started_at: line.started_at.map(Cow::into_owned),
            survey_id: line.survey_id.map(Cow::into_owned),
        };
        let name = given.judge(now)?;
        let session = self.session(line.session_id, name.as_ref())?;
        let mut records = Vec::with_capacity(1);
        if let Some(start) = line.start {
            records.push(self.start(start, &given, (session, now))?);
        }
        let mut batch = None;
        if let Some(scanned) = line.batch {
            let batch_id = uuid::Uuid::now_v7().to_string();
            let mut prepared = prepare(scanned, &batch_id, None)?;
            let payload = std::mem::take(&mut prepared.payload);
            records.push(self.batch(session, batch_id, payload));
            batch = Some(prepared);
        }
        if line.complete {
            let whose = (session, self.caller.organisation.clone());
            let traceparent = self.traceparent.map(str::to_owned);
            records.push(completion(whose, now, traceparent)?);
        }
        if records.is_empty() {
            return Err(IngestError::EmptyLine);
        }
        Ok(Judged { records, batch })
    }

    fn session(
        &self,
        id: Option<&str>,
        name: Option<&SessionName<'_>>,
    ) -> Result<SessionId, IngestError> {
        match (id, name) {
            (Some(id), None) => names::genuine(&self.gateway.secret, &self.caller.organisation, id),
            (None, Some(name)) => {
                let secret = &self.gateway.secret;
                Ok(secret.derive(&self.caller.organisation, name))
            }
            (Some(_), Some(_)) | (None, None) => Err(IngestError::BadSessionName),
        }
    }

    fn start(
        &self,
        start: &str,
        given: &GivenName,
        (session, now): (SessionId, DateTime<Utc>),
    ) -> Result<SessionRecord, IngestError> {
        let mut description = Description::parse(start.as_bytes())?;
        if given.external_id.is_none() || description.name != GivenName::default() {
            return Err(IngestError::BadSessionName);
        }
        description.name = given.clone();
        description.check(self.caller)?;
        let beginning = Beginning {
            session,
            now,
            expires_at: expiry(now, self.gateway),
            client: ClientStamp::default(),
            traceparent: self.traceparent.map(str::to_owned),
        };
        description.begin(self.gateway, self.caller, beginning)
    }

    fn batch(&self, session: SessionId, id: String, payload: Vec<u8>) -> SessionRecord {
        SessionRecord {
            session,
            organisation: self.caller.organisation.clone(),
            record_type: RecordType::EventBatch,
            id,
            traceparent: self.traceparent.map(str::to_owned),
            payload,
        }
    }
}

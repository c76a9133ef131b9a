//! What each platform puts on the wire. Pure: who, when and which names are given.

use chrono::{DateTime, SecondsFormat, Utc};
use form_urlencoded::Serializer;
use schemas::control::IntegrationPlatform;
use schemas::token::INGEST_TOKEN_PREFIX;
use serde::Serialize;

use crate::{generic, qualtrics};

/// The brand that stands before the topics of a played Qualtrics.
const BRAND: &str = "candor";

/// Why a delivery cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Qualtrics has no event of that name.
    #[error(
        "`{event}` is no event of Qualtrics; there are activateSurvey, deactivateSurvey, \
         startedRecipientSession, partialResponse and completedResponse"
    )]
    UnknownEvent {
        /// The name.
        event: String,
    },
    /// The secret of a generic sender is none.
    #[error("the secret is not `whsec_` and base64")]
    NoSecret,
    /// A survey has neither key nor token.
    #[error("the file holds neither key nor token")]
    NoCredential,
    /// The body cannot be written as JSON.
    #[error("the body cannot be written")]
    Json(#[from] serde_json::Error),
}

/// What a delivery says.
#[derive(Debug, Clone)]
pub struct Saying {
    /// What happened, in the platform's words; the end of a response when absent.
    pub event: Option<String>,
    /// The session it names.
    pub session: Option<String>,
    /// The survey it names.
    pub survey: String,
    /// The response it names.
    pub response: String,
}

/// A delivery, ready to be sent (again and again).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Parameters of the address.
    pub query: Vec<(&'static str, String)>,
    /// Headers beside that of the body's type.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent beside them.
    pub body: Body,
}

impl Delivery {
    /// `GET` or `POST`.
    pub fn method(&self) -> &'static str {
        match self.body {
            Body::None => "GET",
            Body::Form(_) | Body::Json(_) => "POST",
        }
    }

    /// Every header.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let kind = match self.body {
            Body::None => None,
            Body::Form(_) => Some("application/x-www-form-urlencoded"),
            Body::Json(_) => Some("application/json"),
        };
        let kind = kind.map(|kind| ("content-type", kind.to_owned()));
        kind.into_iter().chain(self.headers.clone()).collect()
    }

    /// The parameters of the address, as they are sent.
    pub fn query_text(&self) -> String {
        Serializer::new(String::new())
            .extend_pairs(&self.query)
            .finish()
    }

    /// The body as it is sent.
    pub fn body_text(&self) -> String {
        match &self.body {
            Body::None => String::new(),
            Body::Form(fields) => Serializer::new(String::new()).extend_pairs(fields).finish(),
            Body::Json(text) => text.clone(),
        }
    }
}

/// What is sent beside address and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing, by GET.
    None,
    /// A form, by POST.
    Form(Vec<(&'static str, String)>),
    /// JSON, by POST.
    Json(String),
}

/// Who sends, with what, when.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// Who.
    pub platform: IntegrationPlatform,
    /// Shared key, `whsec_…`, or the key or token of a survey.
    pub secret: &'a str,
    /// When.
    pub now: DateTime<Utc>,
    /// Change it after it was signed.
    pub tamper: bool,
}

impl Sender<'_> {
    /// The delivery that says this; `id` is its own.
    ///
    /// # Errors
    /// [`ComposeError`] when the platform has no such event, or the secret is none of its.
    pub fn compose(self, saying: &Saying, id: &str) -> Result<Delivery, ComposeError> {
        match self.platform {
            IntegrationPlatform::Qualtrics => self.qualtrics(saying),
            IntegrationPlatform::Generic => self.generic(saying, id),
            IntegrationPlatform::Decipher => self.decipher(saying),
        }
    }

    fn qualtrics(self, saying: &Saying) -> Result<Delivery, ComposeError> {
        let event = saying.event.as_deref().unwrap_or("completedResponse");
        let (topic, status) = match event {
            "activateSurvey" => ("controlpanel.activateSurvey", "Active"),
            "deactivateSurvey" => ("controlpanel.deactivateSurvey", "Inactive"),
            "startedRecipientSession" => ("surveyengine.startedRecipientSession", "Started"),
            "partialResponse" => ("surveyengine.partialResponse", "Partial"),
            "completedResponse" => ("surveyengine.completedResponse", "Complete"),
            _ => {
                return Err(ComposeError::UnknownEvent {
                    event: event.to_owned(),
                });
            }
        };
        let of_response = topic.starts_with("surveyengine.");
        let topic = if of_response {
            format!("{BRAND}.{topic}.{}", saying.survey)
        } else {
            format!("{BRAND}.{topic}")
        };
        let is_stored = matches!(status, "Partial" | "Complete");
        let date = self.now.format("%Y-%m-%d %H:%M:%S").to_string();
        let message = Message {
            status,
            survey: &saying.survey,
            response: is_stored.then_some(saying.response.as_str()),
            context: saying.session.as_deref().filter(|_| of_response),
            completed: is_stored.then_some(date.as_str()),
            started: (status == "Started").then_some(date.as_str()),
            brand: BRAND,
        };
        let mut message = serde_json::to_string(&message)?;
        let hmac = qualtrics::sign(self.secret.as_bytes(), message.as_bytes());
        if self.tamper {
            message.push(' ');
        }
        let fields = vec![("Topic", topic), ("HMAC", hmac), ("MSG", message)];
        Ok(Delivery {
            query: vec![],
            headers: vec![],
            body: Body::Form(fields),
        })
    }

    fn generic(self, saying: &Saying, id: &str) -> Result<Delivery, ComposeError> {
        let body = Envelope {
            event: saying.event.as_deref().unwrap_or("response.completed"),
            timestamp: self.now.to_rfc3339_opts(SecondsFormat::Millis, true),
            data: Data {
                session_id: saying.session.as_deref(),
                survey_id: &saying.survey,
                response_id: &saying.response,
            },
        };
        let mut body = serde_json::to_string(&body)?;
        let timestamp = self.now.timestamp();
        let signature = generic::sign(self.secret, id, timestamp, body.as_bytes());
        let signature = signature.ok_or(ComposeError::NoSecret)?;
        if self.tamper {
            body.push(' ');
        }
        Ok(Delivery {
            query: vec![],
            headers: vec![
                (generic::ID_HEADER, id.to_owned()),
                (generic::TIMESTAMP_HEADER, timestamp.to_string()),
                (generic::SIGNATURE_HEADER, signature),
            ],
            body: Body::Json(body),
        })
    }

    /// As `uses="api.1"` does by default: a GET whose parameters stand in the address.
    fn decipher(self, saying: &Saying) -> Result<Delivery, ComposeError> {
        if self.secret.is_empty() {
            return Err(ComposeError::NoCredential);
        }
        let status = saying.event.as_deref().unwrap_or("qualified").to_owned();
        let mut query = vec![
            ("status", status),
            ("survey", saying.survey.clone()),
            ("uuid", saying.response.clone()),
        ];
        query.extend(
            saying
                .session
                .clone()
                .map(|session| ("session_id", session)),
        );
        let mut credential = self.secret.to_owned();
        if self.tamper {
            credential.push('x');
        }
        let mut headers = Vec::new();
        if credential.starts_with(INGEST_TOKEN_PREFIX) {
            query.push(("token", credential));
        } else {
            headers.push(("authorization", format!("Bearer {credential}")));
        }
        Ok(Delivery {
            query,
            headers,
            body: Body::None,
        })
    }
}

/// `MSG` of Qualtrics, its members in the order of the platform.
#[derive(Debug, Serialize)]
struct Message<'a> {
    #[serde(rename = "Status")]
    status: &'a str,
    #[serde(rename = "SurveyID")]
    survey: &'a str,
    #[serde(rename = "ResponseID", skip_serializing_if = "Option::is_none")]
    response: Option<&'a str>,
    #[serde(
        rename = "ResponseEventContext",
        skip_serializing_if = "Option::is_none"
    )]
    context: Option<&'a str>,
    #[serde(rename = "CompletedDate", skip_serializing_if = "Option::is_none")]
    completed: Option<&'a str>,
    #[serde(rename = "StartedDate", skip_serializing_if = "Option::is_none")]
    started: Option<&'a str>,
    #[serde(rename = "BrandID")]
    brand: &'a str,
}

/// The body of Standard Webhooks.
#[derive(Debug, Serialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    event: &'a str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    survey_id: &'a str,
    response_id: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHSEC: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    fn composed(
        platform: IntegrationPlatform,
        secret: &str,
        event: Option<&str>,
    ) -> Result<Delivery, ComposeError> {
        let sender = Sender {
            platform,
            secret,
            now: "2026-11-20T10:00:00Z".parse().unwrap(),
            tamper: false,
        };
        let saying = Saying {
            event: event.map(str::to_owned),
            session: Some("0199".to_owned()),
            survey: "SV_1".to_owned(),
            response: "R_1".to_owned(),
        };
        sender.compose(&saying, "msg_1")
    }

    #[test]
    fn qualtrics_sends_a_form_in_the_platforms_words() {
        let delivery = composed(IntegrationPlatform::Qualtrics, "key", None).unwrap();
        let Body::Form(fields) = delivery.body else {
            panic!("no form")
        };
        let message = r#"{"Status":"Complete","SurveyID":"SV_1","ResponseID":"R_1","ResponseEventContext":"0199","CompletedDate":"2026-11-20 10:00:00","BrandID":"candor"}"#;
        let expected = [
            (
                "Topic",
                "candor.surveyengine.completedResponse.SV_1".to_owned(),
            ),
            ("HMAC", qualtrics::sign(b"key", message.as_bytes())),
            ("MSG", message.to_owned()),
        ];
        assert_eq!(fields, expected);
        let sent = Delivery {
            query: vec![],
            headers: vec![],
            body: Body::Form(vec![("a b", "ü&=".to_owned())]),
        };
        assert_eq!(
            (sent.method(), sent.body_text().as_str()),
            ("POST", "a+b=%C3%BC%26%3D")
        );
        assert_eq!(sent.headers()[0].1, "application/x-www-form-urlencoded");
        let survey = composed(
            IntegrationPlatform::Qualtrics,
            "key",
            Some("activateSurvey"),
        );
        let Body::Form(fields) = survey.unwrap().body else {
            panic!("no form")
        };
        let message = r#"{"Status":"Active","SurveyID":"SV_1","BrandID":"candor"}"#;
        assert_eq!(fields[2].1, message);
        assert!(composed(IntegrationPlatform::Qualtrics, "key", Some("else")).is_err());
    }

    #[test]
    fn a_generic_sender_signs_id_time_and_body() {
        let delivery = composed(IntegrationPlatform::Generic, WHSEC, None).unwrap();
        let body = r#"{"type":"response.completed","timestamp":"2026-11-20T10:00:00.000Z","data":{"session_id":"0199","survey_id":"SV_1","response_id":"R_1"}}"#;
        assert_eq!(delivery.body, Body::Json(body.to_owned()));
        let signature = generic::sign(WHSEC, "msg_1", 1_795_168_800, body.as_bytes());
        assert_eq!(delivery.headers[2].1, signature.unwrap());
        assert!(composed(IntegrationPlatform::Generic, "no base64", None).is_err());
    }

    #[test]
    fn a_decipher_survey_shows_a_key_in_the_header_and_a_token_in_the_address() {
        let with_key = composed(
            IntegrationPlatform::Decipher,
            "sk_live_1",
            Some("terminated"),
        )
        .unwrap();
        assert_eq!(
            with_key.headers,
            [("authorization", "Bearer sk_live_1".to_owned())]
        );
        assert_eq!(with_key.query[0], ("status", "terminated".to_owned()));
        let with_token = composed(IntegrationPlatform::Decipher, "it_1", None).unwrap();
        assert_eq!(with_token.headers, []);
        assert!(with_token.query.contains(&("token", "it_1".to_owned())));
        assert!(composed(IntegrationPlatform::Decipher, "", None).is_err());
    }
}

//! Qualtrics event subscriptions: a form of `Topic`, `HMAC` and `MSG`.
//!
//! `HMAC` is HMAC-SHA-512 in lower-case hexadecimal over the decoded `MSG`, byte for byte, keyed with the
//! bytes of the subscription's `sharedKey`. `Topic` is **not** under the signature: whoever saw one
//! delivery could send its `MSG` again under another topic. So what happened is decided by the signed
//! `Status`, and a topic that says something else is refused; what makes a repetition recognisable is
//! taken from the signed message only. There is no signed time either: repetitions are recognised, not
//! refused by age.

pub use platform_webhooks::qualtrics::sign;
use schemas::event::field::is_identifier;
use schemas::webhook::NoticeKind;
use subtle::ConstantTimeEq;

use super::WebhookError;
use super::form::Form;
use super::members::{Admission, Member, Members};
use super::notice::{Naming, Notice, UNNAMED_EVENT};

const UNSIGNED: WebhookError = WebhookError::SignatureMissing {
    how: "Create the event subscription with a `sharedKey`: then Qualtrics sends `Topic`, `HMAC` and `MSG`.",
};
const NO_TOPIC: WebhookError = WebhookError::Malformed {
    expected: "`Topic` is the event's name.",
};
const NO_OBJECT: WebhookError = WebhookError::Malformed {
    expected: "`MSG` is a JSON object that repeats no member.",
};
const CONTRADICTION: WebhookError = WebhookError::Malformed {
    expected: "`Topic` says the same as the signed `Status`.",
};

/// The events that Qualtrics documents: topic, the `Status` that comes with it, what it means.
const EVENTS: [(&str, &str, NoticeKind); 5] = [
    (
        "controlpanel.activateSurvey",
        "Active",
        NoticeKind::SurveyActivated,
    ),
    (
        "controlpanel.deactivateSurvey",
        "Inactive",
        NoticeKind::SurveyDeactivated,
    ),
    (
        "surveyengine.startedRecipientSession",
        "Started",
        NoticeKind::ResponseStarted,
    ),
    (
        "surveyengine.partialResponse",
        "Partial",
        NoticeKind::ResponsePartial,
    ),
    (
        "surveyengine.completedResponse",
        "Complete",
        NoticeKind::ResponseCompleted,
    ),
];

/// Embedded data of this name carries the session's id (at most 50 characters; an id has 36).
const CONTEXT: &str = "ResponseEventContext";

/// Reads a delivery that one of `shared_keys` proves.
///
/// # Errors
/// [`WebhookError`].
pub fn read<Key: AsRef<[u8]>>(body: &[u8], shared_keys: &[Key]) -> Result<Notice, WebhookError> {
    let form = Form::parse(body)?;
    let (Some(message), Some(signature)) = (form.get("MSG"), form.get("HMAC")) else {
        return Err(UNSIGNED);
    };
    let fits = |key: &Key| bool::from(sign(key.as_ref(), message).as_bytes().ct_eq(signature));
    if !shared_keys.iter().any(fits) {
        return Err(WebhookError::SignatureInvalid);
    }
    let topic = form.get("Topic").filter(|topic| !topic.is_empty());
    let topic = topic.and_then(|topic| std::str::from_utf8(topic).ok());
    let topic = topic.ok_or(NO_TOPIC)?;
    let message = std::str::from_utf8(message).map_err(|_| NO_OBJECT)?;
    let members = Members::parse(message).ok_or(NO_OBJECT)?;
    notice(topic, message, members)
}

fn notice(topic: &str, message: &str, members: Members<'_>) -> Result<Notice, WebhookError> {
    let known = known_event(topic);
    let mut admission = Admission::default();
    let mut status = None;
    let (mut survey_id, mut response_id, mut naming) = (None, None, Naming::Nothing);
    for (name, member) in members.into_iter() {
        match (name.as_str(), member) {
            ("SurveyID", member) => survey_id = admission.identifier(member),
            ("ResponseID", member) => response_id = admission.identifier(member),
            (CONTEXT, Member::Text(text)) => {
                naming = Naming::Id {
                    field: CONTEXT,
                    text,
                }
            }
            (name, member) => {
                if let ("Status", Member::Text(text)) = (name, &member) {
                    status = Some(text.clone());
                }
                admission.add(name, member);
            }
        }
    }
    if known.is_some_and(|(_, expected, _)| status.as_deref() != Some(expected)) {
        return Err(CONTRADICTION);
    }
    let kind = known.map_or(NoticeKind::Other, |(_, _, kind)| kind);
    let event = match known {
        Some((event, _, _)) => event,
        None if is_identifier(topic) => topic,
        None => {
            admission.drop_one();
            UNNAMED_EVENT
        }
    };
    let identity = identity((kind, message), (&survey_id, &response_id));
    Ok(Notice {
        kind,
        event: event.to_owned(),
        survey_id,
        response_id,
        naming,
        identity,
        admission,
    })
}

/// The event of a topic: `surveyengine.completedResponse`, with or without the brand before it and the
/// survey after it.
fn known_event(topic: &str) -> Option<(&'static str, &'static str, NoticeKind)> {
    let is_of = |event: &str| {
        let mut places = topic.match_indices(event);
        places.any(|(at, _)| {
            let (before, after) = (&topic[..at], &topic[at + event.len()..]);
            let of_brand = before.is_empty() || before.ends_with('.');
            let survey = after.strip_prefix('.');
            let of_survey = after.is_empty() || survey.is_some_and(|survey| !survey.contains('.'));
            of_brand && of_survey
        })
    };
    EVENTS.into_iter().find(|(event, _, _)| is_of(event))
}

/// A response reaches a state once, so its name and the state tell a repetition. Without a response the
/// whole message does, which names recipient and time; but a survey may be switched on and off and on
/// again in the same words, so nothing tells those apart.
fn identity(
    (kind, message): (NoticeKind, &str),
    (survey, response): (&Option<String>, &Option<String>),
) -> Vec<String> {
    let kind_text = |kind: NoticeKind| format!("{kind:?}");
    match (kind, response) {
        (NoticeKind::SurveyActivated | NoticeKind::SurveyDeactivated, _) => vec![],
        (NoticeKind::ResponseCompleted | NoticeKind::ResponsePartial, Some(response)) => vec![
            kind_text(kind),
            survey.clone().unwrap_or_default(),
            response.clone(),
        ],
        _ => vec![kind_text(kind), message.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;
    use schemas::session::check_metadata;

    const KEY: &str = "kyma4ever";
    const MESSAGE: &str = r#"{"Status":"Complete","SurveyID":"SV_1AmkKSDmoZ4XlQx","ResponseID":"R_0B7IcnXszjEUHLP","CompletedDate":"2019-06-25 07:58:25","BrandID":"sapdevelopment"}"#;
    const HMAC: &str = "c2c585a404c239aa3063b462cc33551d3ed3ed2de0899f58d456fc0ef7ebef6f3c3af44957989bd0592603e41edde9528f7d9ed09ee128bf719aa12f46e5c598";
    const TOPIC: &str = "sapdevelopment.surveyengine.completedResponse.SV_1AmkKSDmoZ4XlQx";

    fn form(topic: &str, hmac: &str, message: &str) -> Vec<u8> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        format!(
            "Topic={}&HMAC={}&MSG={}",
            encoded(topic),
            encoded(hmac),
            encoded(message)
        )
        .into_bytes()
    }

    fn signed(topic: &str, message: &str) -> Result<Notice, WebhookError> {
        let body = form(topic, &sign(KEY.as_bytes(), message.as_bytes()), message);
        read(&body, &[KEY])
    }

    #[test]
    fn the_public_example_is_read() {
        assert_eq!(sign(KEY.as_bytes(), MESSAGE.as_bytes()), HMAC);
        let mut notice = read(&form(TOPIC, HMAC, MESSAGE), &["another key", KEY]).unwrap();
        assert_eq!(notice.kind, NoticeKind::ResponseCompleted);
        assert_eq!(notice.event, "surveyengine.completedResponse");
        assert_eq!(notice.survey_id.as_deref(), Some("SV_1AmkKSDmoZ4XlQx"));
        assert_eq!(notice.response_id.as_deref(), Some("R_0B7IcnXszjEUHLP"));
        assert_eq!(notice.naming, Naming::Nothing);
        let (fields, dropped) = notice.take_fields(false);
        let fields = serde_json::to_value(fields).unwrap();
        let expected = serde_json::json!({
            "BrandID": "sapdevelopment", "CompletedDate": "2019-06-25T07:58:25Z", "Status": "Complete",
        });
        assert_eq!((fields, dropped), (expected, 0));
    }

    #[test]
    fn what_was_not_signed_with_a_known_key_is_refused() {
        let upper = HMAC.to_uppercase();
        let changed = MESSAGE.replace("Complete\"", "Partial\"");
        let sha256 = "4f1c5bd2e2b2";
        for body in [
            form(TOPIC, &upper, MESSAGE),
            form(TOPIC, HMAC, &changed),
            form(TOPIC, sha256, MESSAGE),
            form(TOPIC, "", MESSAGE),
            form(TOPIC, HMAC, &MESSAGE.replace(':', ": ")),
        ] {
            assert_eq!(
                read(&body, &[KEY]).unwrap_err(),
                WebhookError::SignatureInvalid
            );
        }
        let body = form(TOPIC, HMAC, MESSAGE);
        assert_eq!(
            read(&body, &["kyma4eve"]).unwrap_err(),
            WebhookError::SignatureInvalid
        );
        let none: [&str; 0] = [];
        assert_eq!(
            read(&body, &none).unwrap_err(),
            WebhookError::SignatureInvalid
        );
    }

    #[test]
    fn an_unsigned_delivery_is_told_how_to_be_signed() {
        for body in [
            "Status=Complete&SurveyID=SV_1&ResponseID=R_1&CompletedDate=2019-06-25+07%3A58%3A25",
            "Topic=a&MSG={}",
            "Topic=a&HMAC=b",
            "",
            r#"{"Status":"Complete"}"#,
        ] {
            let refused = read(body.as_bytes(), &[KEY]).unwrap_err();
            assert_eq!(refused, UNSIGNED, "{body}");
            assert!(refused.detail().unwrap().contains("sharedKey"));
        }
    }

    #[test]
    fn topics_are_known_with_and_without_brand_and_survey() {
        use NoticeKind::{
            Other, ResponseCompleted, ResponsePartial, ResponseStarted, SurveyActivated,
            SurveyDeactivated,
        };
        for (topic, status, kind) in [
            (
                "surveyengine.completedResponse",
                "Complete",
                ResponseCompleted,
            ),
            (
                "surveyengine.completedResponse.SV_1",
                "Complete",
                ResponseCompleted,
            ),
            (
                "a.b.surveyengine.completedResponse.SV_1",
                "Complete",
                ResponseCompleted,
            ),
            (
                "brand.surveyengine.partialResponse.SV_1",
                "Partial",
                ResponsePartial,
            ),
            (
                "brand.surveyengine.startedRecipientSession.SV_1",
                "Started",
                ResponseStarted,
            ),
            (
                "brand.controlpanel.activateSurvey",
                "Active",
                SurveyActivated,
            ),
            (
                "controlpanel.deactivateSurvey",
                "Inactive",
                SurveyDeactivated,
            ),
            ("threesixty.created", "Complete", Other),
            ("xsurveyengine.completedResponse.SV_1", "Complete", Other),
            ("surveyengine.completedResponses.SV_1", "Complete", Other),
            ("surveyengine.completedResponse.a.b", "Complete", Other),
        ] {
            let message =
                format!(r#"{{"Status":"{status}","SurveyID":"SV_1","ResponseID":"R_1"}}"#);
            assert_eq!(signed(topic, &message).unwrap().kind, kind, "{topic}");
        }
    }

    #[test]
    fn a_signed_message_means_nothing_else_under_another_topic() {
        let partial = r#"{"Status":"Partial","SurveyID":"SV_1","ResponseID":"R_1"}"#;
        assert_eq!(signed(TOPIC, partial).unwrap_err(), CONTRADICTION);
        assert_eq!(
            signed(TOPIC, r#"{"SurveyID":"SV_1"}"#).unwrap_err(),
            CONTRADICTION
        );
        // Another brand before the topic does not make a repetition look new.
        let other = "brand.surveyengine.completedResponse.SV_2";
        let (one, two) = (
            signed(TOPIC, MESSAGE).unwrap(),
            signed(other, MESSAGE).unwrap(),
        );
        assert_eq!(one.identity, two.identity);
        assert!(!one.identity.is_empty());
    }

    #[test]
    fn the_context_names_the_session_and_unknown_fields_are_judged() {
        let message = r#"{"Status":"Complete","ResponseEventContext":"0199","CreatorID":"UR_1","DistributionChannel":"anonymous link","Nested":{"a":1}}"#;
        let mut notice = signed(TOPIC, message).unwrap();
        let text = "0199".to_owned();
        let field = CONTEXT;
        assert_eq!(notice.naming, Naming::Id { field, text });
        let (fields, dropped) = notice.take_fields(false);
        assert_eq!(dropped, 2);
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        assert_eq!(names, ["CreatorID", "ResponseEventContext", "Status"]);
    }

    #[test]
    fn a_proved_delivery_that_is_no_notice_is_malformed() {
        for message in ["", "[]", "{", r#"{"a":1,"a":2}"#, "null"] {
            assert_eq!(signed(TOPIC, message).unwrap_err(), NO_OBJECT, "{message}");
        }
        assert_eq!(signed("", MESSAGE).unwrap_err(), NO_TOPIC);
        let long = format!("brand.{}", "x".repeat(100));
        let mut notice = signed(&long, MESSAGE).unwrap();
        assert_eq!(notice.event, UNNAMED_EVENT);
        assert_eq!(notice.take_fields(false).1, 1);
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(body: Vec<u8>) {
            let _ = read(&body, &[KEY]);
        }

        #[test]
        fn only_identifiers_come_out_of_a_signed_message(topic: String, texts: [String; 5]) {
            let [survey, response, context, name, value] = texts;
            let mut message = serde_json::json!({
                "SurveyID": survey, "ResponseID": response, "ResponseEventContext": context,
            });
            message[name] = value.into();
            if let Ok(mut notice) = signed(&topic, &message.to_string()) {
                let names = [Some(notice.event.clone()), notice.survey_id.clone(), notice.response_id.clone()];
                prop_assert!(names.iter().flatten().all(|name| is_identifier(name)));
                prop_assert_eq!(check_metadata(&notice.take_fields(false).0), Ok(()));
            }
        }
    }
}

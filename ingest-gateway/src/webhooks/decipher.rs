//! Decipher (Forsta Surveys): the survey calls us from its own logic (`uses="api.1"`).
//!
//! There is nothing to verify here: the caller has shown a secret key or the session's ingest token before
//! this reads a byte. The parameters stand in the query, in a form or in a JSON object, since what the
//! survey can send depends on its version. The survey's scripts are Python 2, so whatever is answered is
//! ASCII.

use schemas::event::field::is_identifier;
use schemas::webhook::NoticeKind;

use super::WebhookError;
use super::form::Form;
use super::members::{Admission, Member, Members};
use super::notice::{Naming, Notice};

/// Parameters that are no part of the notice: they say who calls.
const ADDRESSING: [&str; 2] = ["integration", "token"];

const NO_STATUS: WebhookError = WebhookError::Malformed {
    expected: "`status` is qualified, complete, terminated, overquota, partial, or 1 to 4.",
};
const NO_TEXT: WebhookError = WebhookError::Malformed {
    expected: "The body is a form, or a JSON object that repeats no member.",
};
const REPEATED: WebhookError = WebhookError::Malformed {
    expected: "No parameter stands in the query and in the body.",
};

/// How the body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// JSON.
    Json,
}

/// The parameters of a call, from query and body.
#[derive(Debug, Default)]
pub struct Parameters {
    values: Vec<(String, Member)>,
    not_text: u32,
}

impl Parameters {
    /// Reads them.
    ///
    /// # Errors
    /// [`WebhookError::Malformed`] for a body that is none, or a parameter given twice.
    pub fn read(
        query: Option<&str>,
        (form, body): (BodyForm, &[u8]),
    ) -> Result<Self, WebhookError> {
        let mut parameters = Self::default();
        parameters.add_form(query.unwrap_or_default().as_bytes())?;
        parameters.values.retain(|(name, _)| !is_addressing(name));
        match form {
            BodyForm::Form => parameters.add_form(body)?,
            BodyForm::Json if body.trim_ascii().is_empty() => {}
            BodyForm::Json => {
                let text = std::str::from_utf8(body).map_err(|_| NO_TEXT)?;
                let members = Members::parse(text).ok_or(NO_TEXT)?;
                for (name, member) in members.into_iter() {
                    parameters.add(name, member)?;
                }
            }
        }
        Ok(parameters)
    }

    /// Whether nothing is said: a look whether somebody is there.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.not_text == 0
    }

    fn add_form(&mut self, form: &[u8]) -> Result<(), WebhookError> {
        let (texts, other) = Form::parse(form)?.texts();
        self.not_text += other;
        for (name, value) in texts {
            self.add(name, Member::of_text(value))?;
        }
        Ok(())
    }

    fn add(&mut self, name: String, value: Member) -> Result<(), WebhookError> {
        if self.values.iter().any(|(known, _)| *known == name) {
            return Err(REPEATED);
        }
        self.values.push((name, value));
        Ok(())
    }

    /// The notice they make, about the session they name, else about that of the caller's token. `status` decides what happened; a qualified, terminated or over-quota
    /// respondent has come to the end, a partial one has not.
    ///
    /// # Errors
    /// [`WebhookError::Malformed`] without a status.
    pub fn into_notice(self, of_token: Option<&str>) -> Result<Notice, WebhookError> {
        let mut admission = Admission::default();
        (0..self.not_text).for_each(|_| admission.drop_one());
        let (mut status, mut session, mut survey_id) = (None, None, None);
        let (mut record, mut uuid) = (None, None);
        for (name, member) in self.values {
            match (name.as_str(), member) {
                ("status", member) => status = member.into_text(),
                ("session_id", Member::Text(text)) => session = Some(text),
                ("survey", member) => survey_id = admission.identifier(member),
                ("record", member) => record = admission.identifier(member),
                ("uuid", member) => uuid = admission.identifier(member),
                (name, member) => admission.add(name, member),
            }
        }
        let session = session.or(of_token.map(str::to_owned));
        let (event, kind) = judge(status.as_deref(), &mut admission)?;
        // A respondent has one `uuid`; the record's number is the second best name of the response.
        if let (Some(record), Some(_)) = (&record, &uuid) {
            admission.add("record", Member::of_text(record.clone()));
        }
        let response_id = uuid.or(record);
        let identity = [
            Some(&event),
            survey_id.as_ref(),
            response_id.as_ref(),
            session.as_ref(),
        ];
        let identity = identity.map(|part| part.cloned().unwrap_or_default());
        let naming = session.map_or(Naming::Nothing, |text| Naming::Id {
            field: "session_id",
            text,
        });
        let recognisable = response_id.is_some() || naming != Naming::Nothing;
        Ok(Notice {
            kind,
            event,
            survey_id,
            response_id,
            naming,
            identity: if recognisable {
                identity.into()
            } else {
                vec![]
            },
            admission,
        })
    }
}

fn is_addressing(name: &str) -> bool {
    ADDRESSING.contains(&name)
}

/// The event of a status, by its name or number.
fn judge(
    status: Option<&str>,
    admission: &mut Admission,
) -> Result<(String, NoticeKind), WebhookError> {
    let status = status.ok_or(NO_STATUS)?.to_ascii_lowercase();
    let (event, kind) = match status.as_str() {
        "1" | "terminated" => ("terminated", NoticeKind::ResponseCompleted),
        "2" | "overquota" => ("overquota", NoticeKind::ResponseCompleted),
        "3" | "qualified" => ("qualified", NoticeKind::ResponseCompleted),
        "complete" | "completed" => ("complete", NoticeKind::ResponseCompleted),
        "4" | "partial" => ("partial", NoticeKind::ResponsePartial),
        other if is_identifier(other) => (other, NoticeKind::Other),
        _ => {
            admission.drop_one();
            (super::notice::UNNAMED_EVENT, NoticeKind::Other)
        }
    };
    Ok((event.to_owned(), kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use schemas::session::check_metadata;

    fn of(query: &str, form: BodyForm, body: &str) -> Result<Notice, WebhookError> {
        Parameters::read(Some(query), (form, body.as_bytes()))?.into_notice(None)
    }

    #[test]
    fn query_form_and_json_say_the_same() {
        let query = "session_id=0199&status=qualified&survey=selfserve:1a2&record=42&uuid=abc";
        let json = r#"{"session_id":"0199","status":"Qualified","survey":"selfserve:1a2","record":42,"uuid":"abc"}"#;
        for mut notice in [
            of(query, BodyForm::Json, "").unwrap(),
            of("", BodyForm::Form, query).unwrap(),
            of("integration=int_x&token=it_y", BodyForm::Json, json).unwrap(),
        ] {
            assert_eq!(notice.kind, NoticeKind::ResponseCompleted);
            assert_eq!(notice.event, "qualified");
            assert_eq!(notice.survey_id.as_deref(), Some("selfserve:1a2"));
            assert_eq!(notice.response_id.as_deref(), Some("abc"));
            assert_eq!(
                notice.identity,
                ["qualified", "selfserve:1a2", "abc", "0199"]
            );
            let (fields, dropped) = notice.take_fields(true);
            assert_eq!(
                serde_json::to_value(fields).unwrap(),
                serde_json::json!({"record": "42"})
            );
            assert_eq!(dropped, 0);
        }
    }

    #[test]
    fn every_status_is_an_end_but_the_partial_one() {
        use NoticeKind::{Other, ResponseCompleted, ResponsePartial};
        for (status, event, kind) in [
            ("1", "terminated", ResponseCompleted),
            ("Terminated", "terminated", ResponseCompleted),
            ("2", "overquota", ResponseCompleted),
            ("3", "qualified", ResponseCompleted),
            ("complete", "complete", ResponseCompleted),
            ("4", "partial", ResponsePartial),
            ("PARTIAL", "partial", ResponsePartial),
            ("5", "5", Other),
            ("something else", "other", Other),
        ] {
            let notice = of(&format!("status={status}"), BodyForm::Json, "").unwrap();
            assert_eq!((notice.event.as_str(), notice.kind), (event, kind));
            assert!(notice.identity.is_empty(), "nothing tells it from another");
        }
        for bad in ["survey=1", "status=", "status"] {
            assert_eq!(of(bad, BodyForm::Json, "").unwrap_err(), NO_STATUS, "{bad}");
        }
    }

    #[test]
    fn who_calls_is_no_part_of_the_notice_and_nothing_is_a_look() {
        let look = |query| {
            Parameters::read(query, (BodyForm::Json, b" "))
                .unwrap()
                .is_empty()
        };
        assert!(look(None) && look(Some("")) && look(Some("integration=int_1&token=it_1")));
        assert!(!look(Some("status=1")) && !look(Some("%ff=1")));
        let mut notice = of("status=1&token=it_secret", BodyForm::Json, "").unwrap();
        assert!(notice.take_fields(false).0.is_empty());
    }

    #[test]
    fn a_body_that_is_none_and_a_repeated_parameter_are_malformed() {
        for body in ["[]", "status=1", r#"{"status":1,"status":2}"#] {
            assert_eq!(of("", BodyForm::Json, body).unwrap_err(), NO_TEXT, "{body}");
        }
        let refused = of("status=1", BodyForm::Json, r#"{"status":1}"#);
        assert_eq!(refused.unwrap_err(), REPEATED);
    }

    proptest! {
        #[test]
        fn no_call_makes_reading_panic(query: String, body: Vec<u8>) {
            for form in [BodyForm::Form, BodyForm::Json] {
                if let Ok(parameters) = Parameters::read(Some(&query), (form, &body)) {
                    let _ = parameters.into_notice(None);
                }
            }
        }

        #[test]
        fn only_identifiers_come_out_of_a_call(texts: [String; 7]) {
            let [status, session, survey, record, uuid, name, value] = texts;
            let mut body = serde_json::json!({
                "status": status, "session_id": session, "survey": survey, "record": record, "uuid": uuid,
            });
            body[name] = value.into();
            if let Ok(mut notice) = of("", BodyForm::Json, &body.to_string()) {
                let names = [Some(notice.event.clone()), notice.survey_id.clone(), notice.response_id.clone()];
                prop_assert!(names.iter().flatten().all(|name| is_identifier(name)));
                prop_assert_eq!(check_metadata(&notice.take_fields(false).0), Ok(()));
            }
        }
    }
}

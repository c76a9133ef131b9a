use super::*;
use proptest::prelude::*;
use schemas::session::check_metadata;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const ID: &str = "msg_candor_1";
const TIMESTAMP: i64 = 1_790_000_000;
const BODY: &str = r#"{"type":"response.completed","timestamp":"2026-09-21T13:33:20Z","data":{"session_id":"0199","survey_id":"S1","response_id":42}}"#;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(TIMESTAMP, 0).unwrap()
}

fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ID_HEADER, id.parse().unwrap());
    headers.insert(TIMESTAMP_HEADER, timestamp.parse().unwrap());
    headers.insert(SIGNATURE_HEADER, signature.parse().unwrap());
    headers
}

fn signed(body: &str) -> Result<Notice, WebhookError> {
    let signature = sign(SECRET, ID, TIMESTAMP, body.as_bytes()).unwrap();
    let headers = headers(ID, &TIMESTAMP.to_string(), &signature);
    read(&headers, body.as_bytes(), &[SECRET], now())
}

/// Computed with `openssl dgst -sha256 -mac HMAC -macopt hexkey:… -binary | base64` over
/// `msg_candor_1.1790000000.` and the body.
const VECTOR: &str = "v1,UfV7taSv4EI0T4sAGwblc4jp9Wjvj7w49AAVa2SBlK0=";

#[test]
fn the_signature_is_the_one_that_openssl_computes() {
    let signature = sign(SECRET, ID, TIMESTAMP, BODY.as_bytes());
    assert_eq!(signature.as_deref(), Some(VECTOR));
    let notice = signed(BODY).unwrap();
    assert_eq!(notice.kind, NoticeKind::ResponseCompleted);
    assert_eq!(notice.event, "response.completed");
    assert_eq!(notice.survey_id.as_deref(), Some("S1"));
    assert_eq!(notice.response_id.as_deref(), Some("42"));
    assert_eq!(notice.identity, [ID]);
}

#[test]
fn one_good_signature_of_a_list_with_either_secret_is_enough() {
    let list = format!("v1a,AAAA v1,AAAA {VECTOR} v2,x");
    let headers = headers(ID, "1790000000", &list);
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for secrets in [[SECRET, other], [other, SECRET]] {
        assert!(read(&headers, BODY.as_bytes(), &secrets, now()).is_ok());
    }
    for secrets in [&[other][..], &["whsec_no base64"], &[""], &[]] {
        let refused = read(&headers, BODY.as_bytes(), secrets, now());
        assert_eq!(refused.unwrap_err(), WebhookError::SignatureInvalid);
    }
}

#[test]
fn a_change_of_id_time_or_body_is_a_wrong_signature() {
    for (id, timestamp, body) in [
        ("msg_candor_2", "1790000000", BODY),
        (ID, "1790000001", BODY),
        (ID, "+1790000000", BODY),
        (ID, "1790000000", "{}"),
    ] {
        let headers = headers(id, timestamp, VECTOR);
        let refused = read(&headers, body.as_bytes(), &[SECRET], now());
        assert_eq!(refused.unwrap_err(), WebhookError::SignatureInvalid);
    }
}

#[test]
fn a_delivery_without_its_headers_is_unsigned() {
    let whole = headers(ID, "1790000000", VECTOR);
    for name in [ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER] {
        let mut headers = whole.clone();
        headers.remove(name);
        let refused = read(&headers, BODY.as_bytes(), &[SECRET], now());
        assert_eq!(refused.unwrap_err(), UNSIGNED, "{name}");
    }
    for (id, timestamp) in [("", "1790000000"), ("a b", "1790000000"), (ID, "now")] {
        let headers = headers(id, timestamp, VECTOR);
        let refused = read(&headers, BODY.as_bytes(), &[SECRET], now());
        assert_eq!(refused.unwrap_err(), UNSIGNED, "{id} {timestamp}");
    }
}

#[test]
fn a_delivery_is_good_for_five_minutes_on_either_side() {
    let headers = headers(ID, "1790000000", VECTOR);
    for (offset, fine) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let at = now() + TimeDelta::seconds(offset);
        let outcome = read(&headers, BODY.as_bytes(), &[SECRET], at);
        let expired = matches!(outcome, Err(WebhookError::SignatureExpired));
        assert_eq!((outcome.is_ok(), expired), (fine, !fine), "{offset}");
    }
}

#[test]
fn types_are_understood_and_unknown_ones_are_kept_by_name() {
    for (event, kind) in [
        ("session.completed", NoticeKind::ResponseCompleted),
        ("response.completed", NoticeKind::ResponseCompleted),
        ("response.partial", NoticeKind::ResponsePartial),
        ("response.started", NoticeKind::ResponseStarted),
        ("invoice.paid", NoticeKind::Other),
    ] {
        let notice = signed(&format!(r#"{{"type":"{event}","data":{{}}}}"#)).unwrap();
        assert_eq!((notice.kind, notice.event.as_str()), (kind, event));
    }
    let mut notice = signed(r#"{"type":"what I think"}"#).unwrap();
    assert_eq!(notice.event, UNNAMED_EVENT);
    assert_eq!(notice.take_fields(false).1, 1);
}

#[test]
fn a_session_is_named_by_id_or_by_the_platforms_own_name() {
    let naming = |data: &str| {
        let body = format!(r#"{{"type":"session.completed","data":{data}}}"#);
        signed(&body).unwrap().naming
    };
    let named = naming(r#"{"external_id":"R 1","started_at":1790000000000,"survey_id":"S 1"}"#);
    let expected = Naming::Named {
        external_id: "R 1".to_owned(),
        started_at: "1790000000000".to_owned(),
        survey_id: Some("S 1".to_owned()),
    };
    assert_eq!(named, expected);
    let by_id = naming(r#"{"session_id":"0199","external_id":"R","started_at":"x"}"#);
    assert!(matches!(by_id, Naming::Id { .. }), "{by_id:?}");
    for nothing in [
        "{}",
        r#"{"external_id":"R"}"#,
        r#"{"started_at":1}"#,
        r#"{"session_id":null}"#,
    ] {
        assert_eq!(naming(nothing), Naming::Nothing, "{nothing}");
    }
}

#[test]
fn a_proved_body_that_is_no_notice_is_malformed() {
    for body in [
        "",
        "[]",
        "{}",
        r#"{"type":1}"#,
        r#"{"type":""}"#,
        r#"{"type":"a","type":"b"}"#,
        r#"{"type":"a","data":[]}"#,
        r#"{"type":"a","data":{"x":1,"x":2}}"#,
    ] {
        assert_eq!(signed(body).unwrap_err(), NO_BODY, "{body}");
    }
}

proptest! {
    #[test]
    fn no_headers_and_bytes_make_reading_panic(id in "[ -~]{0,20}", timestamp in "[-+0-9]{0,25}", signature in "[ -~]{0,60}", body: Vec<u8>) {
        let headers = headers(&id, &timestamp, &signature);
        prop_assert!(read(&headers, &body, &[SECRET], now()).is_err());
    }

    #[test]
    fn what_was_signed_is_proved_and_one_changed_byte_is_not(id in "[!-~]{1,40}", body in prop::collection::vec(any::<u8>(), 1..200), at: prop::sample::Index) {
        let signature = sign(SECRET, &id, TIMESTAMP, &body).unwrap();
        let headers = headers(&id, &TIMESTAMP.to_string(), &signature);
        let proved = |body: &[u8]| !matches!(read(&headers, body, &[SECRET], now()), Err(WebhookError::SignatureInvalid));
        prop_assert!(proved(&body));
        let mut changed = body.clone();
        changed[at.index(body.len())] ^= 1;
        prop_assert!(!proved(&changed));
    }

    #[test]
    fn only_identifiers_come_out_of_a_signed_body(texts: [String; 8]) {
        let [event, session, survey, response, name, value, external, start] = texts;
        let mut data = serde_json::json!({"survey_id": survey, "response_id": response, "external_id": external, "started_at": start});
        data[name] = value.into();
        if !session.is_empty() {
            data["session_id"] = session.into();
        }
        let body = serde_json::json!({"type": event, "data": data}).to_string();
        if let Ok(mut notice) = signed(&body) {
            let names = [Some(notice.event.clone()), notice.survey_id.clone(), notice.response_id.clone()];
            prop_assert!(names.iter().flatten().all(|name| is_identifier(name)));
            prop_assert_eq!(check_metadata(&notice.take_fields(false).0), Ok(()));
        }
    }
}

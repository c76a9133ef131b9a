//! Exports of sessions: whole, in every format, bounded, and never a part that looks like the whole.

use dashboard_api::ExportConfig;
use parquet::file::reader::{FileReader, SerializedFileReader};
use reqwest::StatusCode;
use schemas::ids::SessionId;
use serde_json::{Value, json};
use testkit::{TestDatabase, wait_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{DEADLINE, KEY, TestApi, database, login_url, mint, problem};
use crate::rows::Row;

pub(crate) const CSV: &str = "/api/v1/dashboard/exports/sessions.csv";
pub(crate) const LINES: &str = "/api/v1/dashboard/exports/sessions.jsonl";
const PARQUET: &str = "/api/v1/dashboard/exports/sessions.parquet";

/// An API that reads two sessions at a time, and whatever else is changed.
pub(crate) async fn api_with(
    database: &TestDatabase,
    change: impl FnOnce(&mut ExportConfig),
) -> TestApi {
    TestApi::start_with(&login_url(database), |config| {
        config.exports.chunk_rows = 2;
        change(&mut config.exports);
    })
    .await
}

async fn text(api: &TestApi, path: &str) -> String {
    let response = api.get(path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

async fn lines(api: &TestApi, query: &str) -> Vec<Value> {
    let text = text(api, &format!("{LINES}{query}")).await;
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub(crate) fn ids(lines: &[Value]) -> Vec<String> {
    let id = |line: &Value| line["session_id"].as_str().unwrap().to_owned();
    lines.iter().map(id).collect()
}

/// The rows of a CSV text, by column.
fn cells(text: &str) -> Vec<serde_json::Map<String, Value>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let pairs = names.iter().zip(record.iter());
        pairs
            .map(|(name, cell)| (name.to_owned(), json!(cell)))
            .collect()
    };
    reader
        .records()
        .map(|record| row(record.unwrap()))
        .collect()
}

/// Seven sessions of all sorts, oldest first, and one place that is no session.
async fn store_some(api: &TestApi, database: &TestDatabase) -> Vec<SessionId> {
    let mut ids = Vec::new();
    for number in 0..7_i16 {
        let verdict = match number % 3 {
            0 => Some((970, "CRITICAL", "scripted_bot")),
            1 => Some((120, "LOW", "human")),
            _ => None,
        };
        let row = Row {
            verdict,
            survey: Some("Umfrage, \"groß\""),
            respondent: (number > 2).then_some("=1+1"),
            platform: Some("qualtrics"),
            ..Row::new(api.mint())
        };
        row.store(database).await;
        if number == 3 {
            row.store_finding(database, (5, 990, "CRITICAL")).await;
            row.store_label(database, "bot").await;
        }
        ids.push(row.id);
    }
    let place = Row::new(api.mint());
    place.store(database).await;
    place.forget_windows(database).await;
    ids
}

async fn metric(api: &TestApi, series: &str) -> Option<u64> {
    let text = api.get("/metrics").await.text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(series))?;
    line.trim().parse().ok()
}

pub(crate) async fn wait_for_metric(api: &TestApi, series: &str, wanted: u64) {
    wait_until(series, DEADLINE, async || match metric(api, series).await {
        Some(value) if value == wanted => Ok(()),
        other => Err(other),
    })
    .await;
}

pub(crate) fn ended(format: &str, outcome: &str) -> String {
    format!("dashboard_exports_total{{format=\"{format}\",outcome=\"{outcome}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_has_every_session_once_newest_first() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    let mut stored = store_some(&api, &database).await;
    stored.sort_unstable_by_key(|id| std::cmp::Reverse(id.uuid()));
    let stored: Vec<String> = stored.iter().map(ToString::to_string).collect();
    let lines = lines(&api, "").await;
    assert_eq!(ids(&lines), stored);
    let table = text(&api, CSV).await;
    let rows = cells(&table);
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        for (name, value) in line.as_object().unwrap() {
            let expected = match value {
                Value::Null => String::new(),
                Value::String(text) if text.starts_with('=') => format!("'{text}"),
                Value::String(text) => text.clone(),
                Value::Array(codes) => {
                    let codes: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
                    codes.join(";")
                }
                other => other.to_string(),
            };
            assert_eq!(row[name], json!(expected), "{name}");
        }
        assert_eq!(row.len(), line.as_object().unwrap().len());
    }
    let finding = lines.iter().find(|line| line["findings"] == 1).unwrap();
    assert_eq!(finding["effective_score"], 0.99);
    assert_eq!(finding["reason_codes"], json!(["mouse.instant_press"]));
    assert_eq!(finding["score_mouse"], 0.97);
    assert_eq!(finding["ruleset"], "builtin-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parquet_file_is_read_back_with_the_same_values() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    store_some(&api, &database).await;
    let lines = lines(&api, "").await;
    let response = api.get(PARQUET).await;
    assert_eq!(
        response.headers()["content-type"],
        "application/vnd.apache.parquet"
    );
    let reader = SerializedFileReader::new(response.bytes().await.unwrap()).unwrap();
    let rows: Vec<Value> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            let columns = row.unwrap().into_columns();
            let pairs = columns.into_iter();
            Value::Object(pairs.map(|(name, field)| (name, value(&field))).collect())
        })
        .collect();
    // Times are numbers there.
    let times = |line: &Value| {
        let mut line = line.clone();
        for name in ["created_at", "updated_at"] {
            let time: chrono::DateTime<chrono::Utc> = line[name].as_str().unwrap().parse().unwrap();
            line[name] = json!(time.timestamp_micros());
        }
        line
    };
    let expected: Vec<Value> = lines.iter().map(times).collect();
    assert_eq!(rows, expected);
}

/// A Parquet value as JSON.
fn value(field: &parquet::record::Field) -> Value {
    use parquet::record::Field;
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => json!(value),
        Field::Long(value) | Field::TimestampMicros(value) => json!(value),
        Field::Double(value) => json!(value),
        Field::Str(value) => json!(value),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        other => panic!("unexpected {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_those_of_the_list() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    store_some(&api, &database).await;
    for query in [
        "?risk=CRITICAL",
        "?class=human&platform=qualtrics",
        "?q=%3D1",
        "?finding=true",
        "?min_score=0.5",
        "?bots=true",
        "?label=bot",
        "?label=none",
        "?fingerprint=device:00000000000000000000000000000005",
    ] {
        let exported = ids(&lines(&api, query).await);
        let listed = api
            .json(&format!("/api/v1/dashboard/sessions{query}"))
            .await;
        let listed = ids(listed["sessions"].as_array().unwrap());
        assert!(!exported.is_empty(), "{query}");
        assert_eq!(exported, listed, "{query}");
    }
    for wrong in [
        "?limit=5",
        "?cursor=x",
        "?risk=NONE",
        "?pseudonymise=perhaps",
    ] {
        problem(
            api.get(&format!("{CSV}{wrong}")).await,
            422,
            "invalid_parameters",
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_without_sessions_is_a_whole_file() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    let table = text(&api, &format!("{CSV}?survey=none")).await;
    assert!(
        table.starts_with("session_id,created_at,") && table.ends_with(",model\r\n"),
        "{table}"
    );
    assert_eq!(text(&api, &format!("{LINES}?survey=none")).await, "");
    let file = api
        .get(&format!("{PARQUET}?survey=none"))
        .await
        .bytes()
        .await
        .unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_exports_nothing_of_another() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    let theirs = Row {
        organisation: "theirs",
        ..Row::new(mint("theirs"))
    };
    theirs.store(&database).await;
    let ours = Row::new(api.mint());
    ours.store(&database).await;
    assert_eq!(ids(&lines(&api, "").await), [ours.id.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn respondents_are_pseudonyms_when_that_is_asked_for() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    for respondent in ["anna", "berta", "anna"] {
        let row = Row {
            respondent: Some(respondent),
            ..Row::new(api.mint())
        };
        row.store(&database).await;
    }
    let lines = lines(&api, "?pseudonymise=true").await;
    let names: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["respondent_id"].as_str())
        .collect();
    assert_eq!(names.len(), 3);
    let different: std::collections::BTreeSet<&&str> = names.iter().collect();
    assert_eq!(different.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.len() == 32), "{names:?}");
    let table = text(&api, &format!("{CSV}?pseudonymise=true")).await;
    assert!(
        !table.contains("anna") && table.contains(names[0]),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_names_its_file_and_counts_its_rows_at_the_end() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    store_some(&api, &database).await;
    let mut connection = tokio::net::TcpStream::connect(api.address).await.unwrap();
    let request = format!(
        "GET {LINES} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {KEY}\r\nTE: trailers\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(
        head.contains("content-disposition: attachment; filename=\"candor-sessions-"),
        "{head}"
    );
    assert!(
        head.contains("content-type: application/jsonl; charset=utf-8"),
        "{head}"
    );
    assert!(head.contains("trailer: x-candor-rows"), "{head}");
    assert!(
        body.ends_with("\r\n0\r\nx-candor-rows: 7\r\n\r\n"),
        "{body}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_midway_is_cut_off() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    let stored = store_some(&api, &database).await;
    let client = database.client().await;
    let statement =
        "UPDATE session_windows SET method_scores = '[\"no object\"]' WHERE session_id = $1";
    client
        .execute(statement, &[&stored[0].uuid()])
        .await
        .unwrap();
    for path in [CSV, LINES, PARQUET] {
        let response = api.get(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.bytes().await;
        assert!(body.is_err(), "{path}: {body:?}");
    }
    wait_for_metric(&api, &ended("csv", "failed"), 1).await;
    wait_for_metric(&api, "dashboard_exports_running", 0).await;
    // What is newer is whole.
    let rest = format!("?q={}", stored[6]);
    assert_eq!(lines(&api, &rest).await.len(), 1);
}

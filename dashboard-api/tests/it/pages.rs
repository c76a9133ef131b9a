//! Pages of sessions and their filters.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::harness::{TestApi, database, minted_ago, problem};
use crate::rows::Row;

fn minutes(ago: i64) -> schemas::ids::SessionId {
    minted_ago(TimeDelta::minutes(ago))
}

fn ids(page: &Value) -> Vec<String> {
    let sessions = page["sessions"].as_array().unwrap();
    sessions
        .iter()
        .map(|session| session["session_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn pages_hold_every_session_once_while_others_arrive() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let mut expected = BTreeSet::new();
    for minute in 0..23 {
        let row = Row::new(minutes(minute + 1));
        row.store(&database).await;
        expected.insert(row.id.to_string());
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api
            .json(&format!("/api/v1/dashboard/sessions?limit=5{cursor}"))
            .await;
        seen.extend(ids(&page));
        Row::new(api.mint()).store(&database).await;
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    let mut newest_first = seen.clone();
    newest_first.sort_by(|a, b| b.cmp(a));
    assert_eq!(seen, newest_first);
    assert_eq!(seen.len(), 23, "{seen:?}");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// Four sessions, newest first, that differ in everything a filter asks for.
fn varied_rows() -> [Row; 4] {
    [
        Row {
            platform: Some("qualtrics"),
            survey: Some("SV_alpha"),
            respondent: Some("R_1"),
            ..Row::judged(minutes(1), (100, "LOW", "human"))
        },
        Row {
            platform: Some("decipher"),
            survey: Some("SV_beta"),
            respondent: Some("R_2"),
            methods: 0b110,
            ..Row::judged(minutes(2), (970, "CRITICAL", "scripted_bot")).closed()
        },
        Row {
            platform: Some("qualtrics"),
            survey: Some("SV_alphabet"),
            respondent: Some("SV_alpha_person"),
            methods: 0b101,
            ..Row::judged(minutes(90), (700, "HIGH", "ai_agent"))
        },
        Row::new(minutes(200)),
    ]
}

/// Filters, and which of the [`varied_rows`] they keep.
const FILTERS: &[(&str, &[usize])] = &[
    ("", &[0, 1, 2, 3]),
    ("status=active", &[0, 2, 3]),
    ("status=completed,idle", &[1]),
    ("risk=HIGH,CRITICAL", &[1, 2]),
    ("class=human", &[0]),
    ("platform=qualtrics", &[0, 2]),
    ("survey=SV_alpha", &[0]),
    ("respondent=R_2", &[1]),
    ("min_score=0.7", &[1, 2]),
    ("max_score=0.7", &[0, 2]),
    ("min_score=0.2&max_score=0.8", &[2]),
    ("min_score=0.701", &[1]),
    ("min_score=0.9&max_score=0.97", &[1]),
    ("max_score=1", &[0, 1, 2]),
    ("min_score=1", &[]),
    ("method=mouse", &[1]),
    ("method=keystroke,timing", &[1, 2]),
    ("finding=true", &[2]),
    ("finding=false&status=active", &[0, 3]),
    (
        "risk=CRITICAL&class=scripted_bot&status=completed&platform=decipher",
        &[1],
    ),
    ("survey=SV_beta&risk=CRITICAL,LOW", &[1]),
    ("survey=SV_beta&risk=LOW", &[]),
    ("respondent=R_2&status=active", &[]),
    ("q=SV_alpha", &[0, 2]),
    ("q=SV_alphab", &[2]),
    ("q=%20SV_alphab%20", &[2]),
    ("q=SV_alpha&risk=HIGH", &[2]),
    ("q=sv_alpha", &[]),
    ("q=R_", &[0, 1]),
    ("q=100%25", &[]),
    ("platform=qualtrics&risk=HIGH", &[2]),
    ("bots=true", &[1, 2]),
    ("bots=false", &[0]),
    ("bots=true&class=ai_agent", &[2]),
    ("label=bot", &[1]),
    ("label=human", &[0, 2]),
    ("label=unsure", &[]),
    ("label=none", &[3]),
    ("label=none&survey=SV_alpha", &[]),
    ("label=human&bots=true", &[2]),
    ("label=human&platform=qualtrics&q=SV_alphab", &[2]),
    ("label=bot&respondent=R_2", &[1]),
    ("fingerprint=device:00000000000000000000000000000007", &[2]),
    (
        "fingerprint=device:00000000000000000000000000000007&label=bot",
        &[],
    ),
    ("fingerprint=device:00000000000000000000000000000008", &[]),
    ("fingerprint=rhythm:00000000000000000000000000000007", &[]),
    ("platform=&risk=", &[0, 1, 2, 3]),
];

#[tokio::test]
async fn each_filter_keeps_what_it_says() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let rows = varied_rows();
    for row in &rows {
        row.store(&database).await;
    }
    rows[2].store_finding(&database, (7, 650, "HIGH")).await;
    for (row, label) in [(0, "human"), (1, "bot"), (2, "human"), (3, "cleared")] {
        rows[row].store_label(&database, label).await;
    }
    let second = rows[1].id.to_string();
    let joined = second.replace('-', "");
    let hour_ago = (Utc::now() - TimeDelta::hours(1)).format("%Y-%m-%dT%H:%M:%SZ");
    let queries: [(&str, &[usize]); 4] = [
        (&format!("from={hour_ago}"), &[0, 1]),
        (&format!("to={hour_ago}"), &[2, 3]),
        (&format!("q={second}"), &[1]),
        (&format!("q={joined}"), &[1]),
    ];
    for (query, expected) in queries.iter().chain(FILTERS) {
        let page = api
            .json(&format!("/api/v1/dashboard/sessions?{query}"))
            .await;
        let expected = expected.iter().map(|index| rows[*index].id.to_string());
        assert_eq!(ids(&page), expected.collect::<Vec<_>>(), "{query}");
    }
    let first = &api.json("/api/v1/dashboard/sessions?limit=1").await["sessions"][0];
    assert_eq!(first["confidence_score"], 0.1);
    let reason = first["first_reason"].as_str().unwrap();
    assert!(reason.starts_with("Presses last"), "{first}");
    assert_eq!(first["label"], "human");
    let last = &api.json("/api/v1/dashboard/sessions").await["sessions"][3];
    assert_eq!(last["label"], Value::Null, "taken back: {last}");
}

#[tokio::test]
async fn a_bad_filter_is_named() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let long = "x".repeat(129);
    for (query, pointer, code) in [
        ("method=nose", "?method", "invalid"),
        ("finding=perhaps", "?finding", "invalid"),
        ("count=exact", "?count", "invalid"),
        ("limit=0", "?limit", "invalid"),
        ("limit=201", "?limit", "invalid"),
        ("limit=ten", "?limit", "invalid"),
        ("status=pending", "?status", "invalid"),
        ("risk=low", "?risk", "invalid"),
        ("class=bot", "?class", "invalid"),
        ("min_score=NaN", "?min_score", "invalid"),
        ("max_score=1.1", "?max_score", "invalid"),
        ("min_score=0.9&max_score=0.1", "?max_score", "below_min"),
        ("from=yesterday", "?from", "invalid"),
        ("from=-0001-01-01", "?from", "invalid"),
        ("from=2026-02-01&to=2026-01-01", "?to", "before_from"),
        ("cursor=abc", "?cursor", "invalid"),
        ("riks=HIGH", "?riks", "unknown"),
        ("label=cleared", "?label", "invalid"),
        ("bots=perhaps", "?bots", "invalid"),
        ("fingerprint=device", "?fingerprint", "invalid"),
        ("fingerprint=device:77", "?fingerprint", "invalid"),
        ("risk=HIGH&risk=LOW", "?risk", "repeated"),
        ("q=%00", "?q", "invalid"),
        (&format!("survey={long}"), "?survey", "invalid"),
    ] {
        let response = api
            .get(&format!("/api/v1/dashboard/sessions?{query}"))
            .await;
        let body = problem(response, 422, "invalid_parameters").await;
        let error = &body["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{body}"
        );
    }
    let both = api.get("/api/v1/dashboard/sessions?limit=0&risk=x").await;
    let body = problem(both, 422, "invalid_parameters").await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 2, "{body}");
}

#[tokio::test]
async fn a_page_says_how_many_sessions_match() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for row in &varied_rows() {
        row.store(&database).await;
    }
    for (query, value, kind) in [
        ("", 4, "estimate"),
        ("survey=SV_alpha", 1, "estimate"),
        ("risk=HIGH,CRITICAL", 2, "estimate"),
        ("status=active", 3, "estimate"),
        ("bots=true", 2, "estimate"),
        ("bots=false", 1, "estimate"),
        ("bots=true&risk=HIGH", 1, "exact"),
        ("label=none", 4, "exact"),
        ("to=2001-01-01", 0, "estimate"),
        ("platform=qualtrics", 2, "exact"),
        ("risk=HIGH&class=ai_agent", 1, "exact"),
    ] {
        let path = format!("/api/v1/dashboard/sessions?limit=1&count=estimate&{query}");
        let page = api.json(&path).await;
        let expected = json!({"value": value, "kind": kind});
        assert_eq!(page["count"], expected, "{query}");
    }
    let page = api.json("/api/v1/dashboard/sessions").await;
    assert_eq!(page["count"], Value::Null);
}

#[tokio::test]
async fn filtered_pages_hold_every_match_once_over_many_days() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let mut expected = Vec::new();
    for number in 0..60 {
        // Days with hours between them, and a gap of three weeks.
        let hours = number * 7 + if number > 30 { 500 } else { 0 };
        let rare = number % 4 == 1;
        let row = Row {
            survey: Some(if number % 2 == 0 { "SV_even" } else { "SV_odd" }),
            respondent: Some("R_same"),
            ..Row::judged(
                minted_ago(TimeDelta::hours(hours)),
                if rare {
                    (970, "CRITICAL", "ai_agent")
                } else {
                    (100, "LOW", "human")
                },
            )
        };
        row.store(&database).await;
        if rare {
            expected.push(row.id.to_string());
        }
    }
    for query in [
        "risk=CRITICAL",
        "class=ai_agent&survey=SV_odd",
        "min_score=0.93&max_score=0.98",
        "respondent=R_same&risk=CRITICAL,HIGH",
        "q=SV_o&class=ai_agent",
        "q=R_sa&min_score=0.97",
    ] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/dashboard/sessions?limit=4&{query}{cursor}");
            let page = api.json(&path).await;
            seen.extend(ids(&page));
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, expected, "{query}");
    }
}

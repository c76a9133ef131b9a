//! Single tests of the channels, on events written by hand: what fires them, and what must not.

#![expect(
    clippy::unwrap_used,
    reason = "a session that does not decode is a failed test"
)]

use std::fmt::Write;

use detection::{Ruleset, Window};
use schemas::batch::BatchRecord;
use schemas::session::{AgentOutcome, AgentStamp, ClientStamp, SessionStarted};
use schemas::verdict::{SessionClass, Verdict};
use serde_json::json;

const START: i64 = 1_790_000_000_000;

/// Events one after the other, written down as they happen.
#[derive(Default)]
struct Script {
    now: i64,
    events: String,
}

impl Script {
    fn event(&mut self, after: i64, event_type: &str, data: &str) -> &mut Self {
        self.now += after;
        let comma = if self.events.is_empty() { "" } else { "," };
        let at = START + self.now;
        write!(
            self.events,
            r#"{comma}{{"event_type":"{event_type}","timestamp":{at},"data":{{{data}}}}}"#
        )
        .unwrap();
        self
    }

    fn window(&self) -> Window {
        let value = format!(r#"{{"batch_id":"b","events":[{}]}}"#, self.events);
        let mut window = Window::new();
        window.fold(&BatchRecord::decode(value.as_bytes()).unwrap());
        window
    }

    fn verdict(&self) -> Verdict {
        self.window().verdict(&Ruleset::default())
    }

    fn codes(&self) -> Vec<String> {
        let reasons = self.verdict().reasons;
        reasons.into_iter().map(|reason| reason.code).collect()
    }
}

/// Ten clicks, each `pause` after the one before and led to by `moves` moves.
fn clicks(pause: i64, moves: i64, pointer_type: &str) -> Script {
    let mut script = Script::default();
    for click in 0..10 {
        let (x, y) = (click * 211 % 900, click * 97 % 500);
        script.event(pause + click * click % 7 * 190, "scroll", r#""dy":100"#);
        for step in 0..moves {
            let at = format!(r#""x":{},"y":{}"#, x - (moves - step) * 9, y + 3);
            script.event(90 + step % 3 * 11, "mouse_move", &at);
        }
        let at = format!(
            r#""x":{x},"y":{y},"hold":{},"pointer_type":"{pointer_type}""#,
            60 + click * 9
        );
        script.event(100, "click", &at);
    }
    script
}

const RHYTHM: &str = "timing.think_act_rhythm";

#[test]
fn clicks_out_of_nothing_after_thought_are_an_agents() {
    assert!(clicks(2500, 1, "mouse").codes().contains(&RHYTHM.into()));
    for (name, script) in [
        ("a hand's run-up", clicks(2500, 6, "mouse")),
        ("a script in a hurry", clicks(400, 1, "mouse")),
        ("a finger", clicks(2500, 1, "touch")),
        ("keys or assistive technology", clicks(2500, 0, "mouse")),
    ] {
        assert!(!script.codes().contains(&RHYTHM.into()), "{name}");
    }
}

#[test]
fn a_text_reported_after_its_keys_was_typed() {
    let answers = |keys: i64| {
        let mut script = Script::default();
        for _ in 0..3 {
            for key in 0..keys {
                let dwell = 70 + key * 13 % 41;
                let data = format!(r#""key":"letter","dwell":{dwell}"#);
                script.event(120 + key * 37 % 90, "keypress", &data);
            }
            script.event(400, "paste", r#""length":40,"source":"insertion""#);
        }
        script
            .codes()
            .contains(&"answers.inserted_texts".to_owned())
    };
    assert!(answers(0));
    assert!(answers(15));
    assert!(!answers(38));
}

fn opened(client: ClientStamp) -> Window {
    let started = json!({
        "session_id": "01a0d1f2-0000-7000-8000-000000000001", "organisation": "acme",
        "created_at": "2026-11-21T00:00:00Z", "expires_at": "2026-11-22T00:00:00Z",
        "client": client, "versions": {"ruleset": "builtin-1", "model": "none"},
    });
    let started: SessionStarted = serde_json::from_value(started).unwrap();
    let mut window = Window::new();
    window.start(&started);
    window
}

#[test]
fn a_signature_says_agent_and_only_a_known_key_says_which() {
    let signed = |outcome| {
        let client = ClientStamp {
            agent: Some(AgentStamp {
                outcome,
                agent: None,
            }),
            ..ClientStamp::default()
        };
        let verdict = opened(client).verdict(&Ruleset::default());
        (verdict.class, verdict.reasons[0].code.clone())
    };
    assert_eq!(
        signed(AgentOutcome::Verified),
        (
            SessionClass::DeclaredAgent,
            "network.declared_agent".to_owned()
        )
    );
    for outcome in [AgentOutcome::UnknownKey, AgentOutcome::Expired] {
        let (class, code) = signed(outcome);
        assert_eq!(
            (class, code.as_str()),
            (SessionClass::ScriptedBot, "network.unproved_agent")
        );
    }
    let (_, code) = signed(AgentOutcome::Invalid);
    assert_eq!(code, "network.invalid_agent_signature");
    let unsigned = opened(ClientStamp::default()).verdict(&Ruleset::default());
    assert_eq!(unsigned.reasons, []);
}

#[test]
fn a_page_and_a_request_that_contradict_each_other_are_a_finding() {
    let client = ClientStamp {
        hint_mobile: Some(false),
        hint_mismatch: Some(true),
        ..ClientStamp::default()
    };
    let mut window = opened(client);
    let event = r#"{"event_type":"device","timestamp":1790000000000,"data":{"mobile":true,"touch_points":5}}"#;
    let value = format!(r#"{{"batch_id":"b","events":[{event}]}}"#);
    window.fold(&BatchRecord::decode(value.as_bytes()).unwrap());
    let reasons = window.verdict(&Ruleset::default()).reasons;
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(
        codes,
        ["device.user_agent_mismatch", "device.posed_mobile"],
        "{reasons:?}"
    );
}

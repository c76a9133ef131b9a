//! Rulesets, models and experiments, as an operator writes them, on a real Kafka.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

mod command;

use chrono::Utc;
use command::Operator;
use control::ControlWriter;
use detection::Ruleset;
use detection::model::{Calibration, FORMAT, Metadata, ModelFile};
use schemas::control::{ControlRecord, ModelContent, ModelRecord, RulesetRecord, sha256_hex};
use schemas::ids::{OrganisationId, SessionSecret};
use testkit::{Until, collect, wait_until};

const STRICT: &str = "version = \"strict-2\"\ndescription = \"a lower bar\"\n[thresholds]\nbot_score = 0.4\nmedium_score = 0.2\n";

impl Operator {
    fn put_ruleset(&self, text: &str) -> String {
        let path = self.file("rules.toml", text);
        format!("rulesets put {}", path.display())
    }
}

#[tokio::test]
async fn a_ruleset_is_written_once_with_every_threshold_and_never_changed() {
    let operator = Operator::new().await;
    let put = operator.put_ruleset(STRICT);
    assert_eq!(operator.done(&put), "strict-2\n");
    assert_eq!(operator.done(&put), "strict-2\n");
    let state = operator.state().await;
    let record = state.ruleset("strict-2").unwrap();
    assert_eq!(record.thresholds.len(), detection::Thresholds::ALL.len());
    let ruleset = Ruleset::decode("strict-2", &record.thresholds).unwrap();
    assert_eq!(ruleset.thresholds.bot_score, 0.4);
    let topic = &operator.topics.topics().control;
    let written = collect(operator.topics.brokers(), topic, Until::HighWatermark).await;
    assert_eq!(written.len(), 1, "{written:?}");

    let put = operator.put_ruleset(&STRICT.replace("0.4", "0.5"));
    let refused = operator.refused(&put);
    assert!(refused.contains("other thresholds"), "{refused}");
    let wrong = operator.refused(&operator.put_ruleset(&STRICT.replace("bot_score", "bot_scor")));
    assert!(
        wrong.contains("rules.toml:4: `bot_scor` is no threshold"),
        "{wrong}"
    );
    let listed = operator.done("rulesets list");
    assert!(
        listed.contains("2 thresholds differ from builtin-1  a lower bar"),
        "{listed}"
    );
}

#[tokio::test]
async fn rulesets_are_shown_as_files_and_compared() {
    let operator = Operator::new().await;
    operator.done(&operator.put_ruleset(STRICT));
    let shown = operator.done("rulesets show strict-2");
    assert!(
        shown.contains(
            "# score from which a session counts as a bot (score, 0 to 1)\nbot_score = 0.4\n"
        ),
        "{shown}"
    );
    // What is shown is the same ruleset: nothing to write.
    let again = operator.run(&operator.put_ruleset(&shown));
    assert!(again.problems.contains("nothing is changed"), "{again:?}");
    let differing = operator.json_lines("rulesets diff builtin-1 strict-2 --json");
    let names: Vec<_> = differing
        .iter()
        .map(|one| one["threshold"].as_str())
        .collect();
    assert_eq!(names, [Some("bot_score"), Some("medium_score")]);
    assert_eq!(
        (&differing[0]["a"], &differing[0]["b"]),
        (&0.6.into(), &0.4.into())
    );
    let missing = operator.refused("rulesets show strict-9");
    assert!(
        missing.contains("there is no ruleset strict-9"),
        "{missing}"
    );
    let shown = operator.json("rulesets show builtin-1 --json");
    assert_eq!(shown["thresholds"]["bot_score"], 0.6);
}

/// Two operators look at the same moment, see nothing, and write. Played by a writer that does not look.
#[tokio::test]
async fn of_two_contents_of_one_version_the_first_holds_for_those_who_read() {
    let operator = Operator::new().await;
    operator.done(&operator.put_ruleset(STRICT));
    let first = operator.state().await.ruleset("strict-2").unwrap().clone();
    let mut second = RulesetRecord::clone(&first);
    second.thresholds["bot_score"] = 0.5.into();
    let writer = ControlWriter::new(&operator.config(), "/candor/test").unwrap();
    writer.put(&ControlRecord::Ruleset(second)).await.unwrap();
    let read = operator.state().await;
    assert_eq!(read.ruleset("strict-2"), Some(&first));
}

/// Whoever comes second is told, and the newest record, which compaction keeps, is what the first one wrote.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_operators_who_write_one_version_at_once_one_is_told_and_the_topic_is_whole() {
    let operator = Operator::new().await;
    let lines = ["0.4", "0.5"].map(|score| {
        let text = STRICT.replace("0.4", score);
        let path = operator.file(&format!("rules-{score}.toml"), &text);
        format!("rulesets put {}", path.display())
    });
    let said: Vec<_> = std::thread::scope(|scope| {
        let running = lines
            .each_ref()
            .map(|line| scope.spawn(|| operator.run(line)));
        running.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let mut codes: Vec<_> = said.iter().map(|said| said.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(1)], "{said:?}");
    let topic = &operator.topics.topics().control;
    let written = collect(operator.topics.brokers(), topic, Until::HighWatermark).await;
    let thresholds = |record: &testkit::CollectedRecord| {
        let value: RulesetRecord =
            serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap();
        value.thresholds
    };
    let (first, last) = (written.first().unwrap(), written.last().unwrap());
    assert_eq!(thresholds(first), thresholds(last), "{written:?}");
}

#[tokio::test]
async fn settings_take_versions_that_the_topic_has() {
    let operator = Operator::new().await;
    let set = "settings set --organisation acme --ruleset strict-2";
    let refused = operator.refused(set);
    assert!(
        refused.contains("there is no ruleset strict-2"),
        "{refused}"
    );
    operator.done(&operator.put_ruleset(STRICT));
    operator.done(set);
    let shown = operator.json("settings show --organisation acme");
    assert_eq!(shown["new_sessions"]["ruleset"], "strict-2");
}

#[tokio::test]
async fn a_model_is_listed_and_refused_as_long_as_no_detector_reads_its_format() {
    let operator = Operator::new().await;
    let model = ModelRecord {
        version: "gbt-1".to_owned(),
        description: None,
        created_at: Utc::now(),
        format: "gbt".to_owned(),
        sha256: sha256_hex(b"abc"),
        bytes: 3,
        content: ModelContent::Base64("YWJj".to_owned()),
    };
    let writer = ControlWriter::new(&operator.config(), "/candor/test").unwrap();
    writer.put(&ControlRecord::Model(model)).await.unwrap();
    let listed = operator.done("models list");
    assert!(listed.contains("gbt-1"), "{listed}");
    let shown = operator.json("models show gbt-1");
    let problem = "this program cannot read models of the format gbt";
    assert_eq!(
        (&shown["usable_here"], &shown["problem"]),
        (&false.into(), &problem.into())
    );
    let refused = operator.refused("settings set --organisation acme --model gbt-1");
    assert!(refused.contains("the format gbt"), "{refused}");
}

/// A model that gives everybody the same probability.
fn level_model(version: &str, base_score: f32) -> Vec<u8> {
    let file = ModelFile {
        format: FORMAT.to_owned(),
        version: version.to_owned(),
        features: vec![],
        base_score,
        trees: vec![],
        calibration: Calibration::Platt {
            slope: 1.0,
            offset: 0.0,
        },
        metadata: Metadata {
            description: "the same for everybody".to_owned(),
            ..Metadata::default()
        },
    };
    file.encode()
}

#[tokio::test]
async fn a_model_is_written_once_and_can_be_settled() {
    let operator = Operator::new().await;
    let put = |name: &str, bytes: &[u8]| {
        let path = operator.file(name, std::str::from_utf8(bytes).unwrap());
        format!("models put {}", path.display())
    };
    let line = put("level.json", &level_model("level-1", 0.0));
    assert_eq!(operator.done(&line), "level-1\n");
    assert!(operator.run(&line).problems.contains("nothing is changed"));
    let shown = operator.json("models show level-1");
    assert_eq!(
        (&shown["usable_here"], &shown["description"]),
        (&true.into(), &"the same for everybody".into())
    );
    operator.done("settings set --organisation acme --model level-1");
    let settled = operator.json("settings show --organisation acme");
    assert_eq!(settled["new_sessions"]["model"], "level-1");

    for (name, bytes, why) in [
        ("other.json", level_model("level-1", 1.0), "other bytes"),
        (
            "own.json",
            level_model("trees-1", 1.0),
            "give the model another version",
        ),
        (
            "torn.json",
            level_model("level-2", 1.0)[..90].to_vec(),
            "torn.json: not a model",
        ),
    ] {
        let refused = operator.refused(&put(name, &bytes));
        assert!(refused.contains(why), "{refused}");
    }
}

const COLOURS: &str = r#"
name = "colours"
organisations = ["acme"]
[[arms]]
name = "a"
share = 500
ruleset = "builtin-1"
[[arms]]
name = "b"
share = 500
ruleset = "strict-2"
"#;

#[tokio::test]
async fn an_experiment_shares_out_new_sessions_until_it_is_ended() {
    let operator = Operator::new().await;
    let file = operator.file("colours.toml", COLOURS);
    let put = format!("experiments put {}", file.display());
    let refused = operator.refused(&put);
    assert!(refused.contains("the arm b cannot be judged"), "{refused}");
    operator.done(&operator.put_ruleset(STRICT));
    assert_eq!(operator.done(&put), "colours\n");
    let again = operator.refused(&put);
    assert!(again.contains("give this one another name"), "{again}");

    let acme: OrganisationId = "acme".parse().unwrap();
    let secret = SessionSecret::new(command::SECRET).unwrap();
    let session = secret.mint(&acme, Utc::now(), [7; 6]);
    let stamped = operator.state().await.versions_for(&acme, None, session);
    let arm = stamped.experiment.unwrap();
    let ruleset = if arm == "colours:a" {
        "builtin-1"
    } else {
        "strict-2"
    };
    assert_eq!(stamped.ruleset, ruleset, "{arm}");
    let shown = operator.json("settings show --organisation acme");
    assert_eq!(shown["experiments"][0], "colours");

    operator.done("experiments end colours");
    operator.done("experiments end colours");
    assert_eq!(operator.done("experiments list"), "");
    assert!(
        operator
            .done("experiments list --all")
            .contains("a=500:builtin-1/none")
    );
    let ended = wait_until("the end", std::time::Duration::from_secs(20), async || {
        let stamped = operator.state().await.versions_for(&acme, None, session);
        stamped.experiment.is_none().then_some(stamped)
    });
    assert_eq!(ended.await.ruleset, "builtin-1");
    assert_eq!(operator.run("experiments end nothing").code, Some(1));
}

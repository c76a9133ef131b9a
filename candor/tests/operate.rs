//! The verbs that write keys and settings, as an operator types them, on a real Kafka.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

mod command;

use std::process::Command;

use chrono::{TimeDelta, Utc};
use command::{Operator, SECRET};
use control::Snapshot;
use control::seal::Sealer;
use schemas::control::{IntegrationId, KeyId};
use schemas::ids::{OrganisationId, SessionSecret};
use serde_json::Value;

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_created_with_the_rights_asked_for_and_listed_without_its_text() {
    let operator = Operator::new().await;
    let made = operator.json(
        "keys create --organisation acme --kind secret --mode test --scope events:write --network 10.0.0.0/8 \
         --rate 5 --burst 9 --name feed --json",
    );
    let (id, key) = (text(&made, "id"), text(&made, "key"));
    let other = operator.done("keys create --organisation other --kind publishable");
    assert!(other.contains("\nkey  pk_live_"), "{other}");
    let record = operator.state().await.find_key(&key).unwrap();
    assert!(key.starts_with("sk_test_") && record.is_active(Utc::now()));
    assert_eq!(
        (record.id.as_str(), record.limit.unwrap().burst.get()),
        (id.as_str(), 9)
    );

    let listed = operator.json("keys list --organisation acme --json");
    assert_eq!(
        (text(&listed, "id"), text(&listed, "state")),
        (id.clone(), "active".to_owned())
    );
    assert!(listed.get("hash").is_none() && !listed.to_string().contains(&key));
}

#[tokio::test]
async fn a_rotated_key_goes_on_for_its_overlap_and_a_revoked_one_does_not() {
    let operator = Operator::new().await;
    let made = operator.json(
        "keys create --organisation acme --kind secret --scope events:write --network 10.0.0.0/8 --json",
    );
    let (id, key) = (text(&made, "id"), text(&made, "key"));
    let rotated = operator.run(&format!("keys rotate {id} --overlap 2h --json"));
    let new: Value = serde_json::from_str(&rotated.out).unwrap();
    let (new_id, new_key) = (text(&new, "id"), text(&new, "key"));
    assert!(!rotated.problems.contains(&new_key), "{}", rotated.problems);
    let state = operator.state().await;
    let (old, new) = (
        state.find_key(&key).unwrap(),
        state.find_key(&new_key).unwrap(),
    );
    assert_eq!(
        old.replaced_by.as_ref().map(KeyId::as_str),
        Some(new_id.as_str())
    );
    assert!(old.is_active(Utc::now()) && !old.is_active(Utc::now() + TimeDelta::hours(3)));
    assert_eq!(
        (&new.scopes, &new.networks, new.expires_at),
        (&old.scopes, &old.networks, None)
    );
    let again = operator.refused(&format!("keys rotate {id}"));
    assert!(
        again.contains(&format!("{new_id} has taken its place")),
        "{again}"
    );

    operator.done(&format!("keys revoke {new_id}"));
    operator.done(&format!("keys revoke {new_id}"));
    assert!(
        !operator
            .state()
            .await
            .find_key(&new_key)
            .unwrap()
            .is_active(Utc::now())
    );
    assert_eq!(
        operator
            .done("keys list --organisation acme")
            .lines()
            .count(),
        1
    );
    assert_eq!(operator.done("keys list --all").lines().count(), 2);
    let dead = operator.refused(&format!("keys rotate {new_id}"));
    assert!(dead.contains("has ended"), "{dead}");
}

#[tokio::test]
async fn what_does_not_fit_or_exist_is_refused_with_a_sentence() {
    let operator = Operator::new().await;
    for (line, sentence) in [
        (
            "keys revoke key_aaaaaaaaaaaaaaaa",
            "there is no key key_aaaaaaaaaaaaaaaa",
        ),
        (
            "keys create --organisation acme --kind publishable --scope events:write",
            "has no scopes",
        ),
        (
            "keys create --organisation acme --kind secret --origin https://a.example",
            "has no origins",
        ),
        (
            "integrations revoke int_aaaaaaaaaaaaaaaa",
            "there is no integration",
        ),
        ("agents remove nobody", "there is no agent's key nobody"),
        ("settings set --organisation acme", "nothing to set"),
    ] {
        let refused = operator.refused(line);
        assert!(refused.contains(sentence), "{line}: {refused}");
    }
    for line in [
        "keys revoke nonsense",
        "keys create --organisation Acme --kind secret",
    ] {
        assert_eq!(operator.run(line).code, Some(64), "{line}");
    }
    assert_eq!(operator.state().await.counts(), control::Counts::default());
}

#[tokio::test]
async fn a_key_of_a_file_is_taken_once_and_never_shown() {
    let operator = Operator::new().await;
    let key = format!("sk_test_{}", "0123456789abcdef".repeat(2));
    let path = operator.file("key", &format!("{key}\n"));
    let line = format!(
        "keys create --organisation acme --kind secret --mode test --key-file {}",
        path.display()
    );
    let (first, second) = (operator.run(&line), operator.run(&line));
    assert_eq!((first.code, &first.out), (Some(0), &second.out));
    for said in [&first, &second] {
        assert!(
            !said.out.contains(&key) && !said.problems.contains(&key),
            "{said:?}"
        );
    }
    let state = operator.state().await;
    assert_eq!(state.counts().api_keys, 1);
    assert!(state.find_key(&key).unwrap().is_active(Utc::now()));
    let live = operator.refused(&line.replace("--mode test", "--mode live"));
    assert!(
        live.contains("sk_live_ is asked for") && !live.contains(&key),
        "{live}"
    );
}

#[tokio::test]
async fn settings_are_changed_one_by_one() {
    let operator = Operator::new().await;
    operator.done("settings set --organisation acme --deny 192.0.2.0/24 --rate 50");
    let set = "settings set --organisation acme --ruleset strict-2";
    let refused = operator.refused(set);
    assert!(refused.contains("dead letters"), "{refused}");
    operator.done(&format!("{set} --unknown-versions"));
    operator.done("settings set --organisation acme --survey SV_1 --experiment colours:b");
    let acme: OrganisationId = "acme".parse().unwrap();
    let state = operator.state().await;
    let settings = state.organisation(&acme).unwrap();
    assert_eq!(settings.deny.len(), 1);
    assert_eq!(settings.key_limit.unwrap().per_second.get(), 50);
    let survey = state.settled_versions(&acme, Some("SV_1"));
    assert_eq!(
        (survey.ruleset.as_str(), survey.experiment.as_deref()),
        ("strict-2", Some("colours:b"))
    );
    assert_eq!(state.settled_versions(&acme, None).experiment, None);
    let shown = operator.json("settings show --organisation acme --survey SV_1");
    assert_eq!(shown["new_sessions"]["experiment"], "colours:b");
    operator.done("settings set --organisation acme --clear versions");
    let shown = operator.json("settings show --organisation acme");
    assert_eq!(shown["new_sessions"]["ruleset"], "builtin-1");
    assert_eq!(shown["settings"]["deny"][0], "192.0.2.0/24");
    let none = operator.json("settings show --organisation nobody");
    assert!(none["settings"].is_null());
}

#[tokio::test]
async fn an_integration_keeps_two_secrets_while_they_are_exchanged() {
    let operator = Operator::new().await;
    let sealer = Sealer::new(&SessionSecret::new(SECRET).unwrap());
    let open = |state: &Snapshot, id: &IntegrationId| -> Vec<String> {
        let secrets = state.integration(id).unwrap().secrets.clone();
        let opened = secrets
            .iter()
            .map(|sealed| sealer.open(id, sealed).unwrap());
        opened
            .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
            .collect()
    };
    let made = operator.json(
        "integrations create --organisation acme --platform generic --gateway https://g.example/ --json",
    );
    let (name, first) = (text(&made, "id"), text(&made, "secret"));
    let id: IntegrationId = name.parse().unwrap();
    assert_eq!(
        text(&made, "address"),
        format!("https://g.example/api/v1/integrations/webhooks/generic?integration={name}")
    );
    assert!(first.starts_with("whsec_"), "{first}");
    assert_eq!(open(&operator.state().await, &id), [first.as_str()]);
    let second = text(
        &operator.json(&format!("integrations rotate {name} --json")),
        "secret",
    );
    assert_eq!(
        open(&operator.state().await, &id),
        [second.as_str(), first.as_str()]
    );
    operator.done(&format!("integrations rotate {name} --finish"));
    assert_eq!(open(&operator.state().await, &id), [second.as_str()]);
    let listed = operator.done("integrations list --json");
    assert!(
        listed.contains(&name) && !listed.contains(&second),
        "{listed}"
    );
    operator.done(&format!("integrations revoke {name}"));
    assert!(operator.state().await.integration(&id).is_none());
    assert_eq!(operator.done("integrations list"), "");
}

#[tokio::test]
async fn a_platform_gets_the_secret_it_can_use() {
    let operator = Operator::new().await;
    let qualtrics =
        operator.json("integrations create --organisation acme --platform qualtrics --json");
    let secret = text(&qualtrics, "secret");
    assert!(
        secret.len() == 40 && secret.bytes().all(|c| c.is_ascii_alphanumeric()),
        "{secret}"
    );
    let decipher =
        operator.json("integrations create --organisation acme --platform decipher --json");
    assert!(decipher["secret"].is_null());
    let refused = operator.refused(&format!("integrations rotate {}", text(&decipher, "id")));
    assert!(refused.contains("authenticates with a key"), "{refused}");
    let own = operator.file("secret", "the-secret-of-the-platform\n");
    let line = "integrations create --organisation acme --json --secret-file";
    let taken = operator.json(&format!("{line} {} --platform qualtrics", own.display()));
    assert_eq!(text(&taken, "secret"), "the-secret-of-the-platform");
    let bad = operator.refused(&format!("{line} {} --platform generic", own.display()));
    assert!(bad.contains("whsec_"), "{bad}");
}

#[tokio::test]
async fn an_agents_key_is_known_by_its_thumbprint() {
    let operator = Operator::new().await;
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let added = operator.done(&format!(
        "agents add --agent example-agent --public-key {x} --directory https://agent.example"
    ));
    assert_eq!(added.trim(), thumbprint);
    let state = operator.state().await;
    let agent = state.agent(thumbprint).unwrap();
    assert_eq!(
        (agent.agent.as_str(), agent.public_key.as_str()),
        ("example-agent", x)
    );
    let stolen = operator.refused(&format!("agents add --agent another --public-key {x}"));
    assert!(
        stolen.contains("belongs to the agent example-agent"),
        "{stolen}"
    );
    assert!(operator.done("agents list").contains(thumbprint));
    operator.done(&format!("agents remove {thumbprint}"));
    assert!(operator.state().await.agent(thumbprint).is_none());
}

#[tokio::test]
async fn without_its_topic_a_verb_says_what_is_missing() {
    let ended = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["keys", "list"])
        .env(
            "CANDOR_KAFKA_BROKERS",
            testkit::TestKafka::shared().brokers(),
        )
        .env("CANDOR_TOPIC_PREFIX", "nowhere")
        .output()
        .unwrap();
    let problems = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{problems}");
    assert!(
        problems.contains("run `candor topics create`"),
        "{problems}"
    );
}

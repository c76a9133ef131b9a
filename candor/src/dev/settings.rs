//! Settings of `candor dev`, and the settings of the services it runs.
//!
//! Every service reads its own settings as it would alone; what `dev` decides (brokers, database, address,
//! secrets) lies over them. So `CANDOR_SESSION_GAP_SECONDS=5 candor dev` means what it says.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::net::SocketAddr;

use runtime::config::{Config, ConfigErrors, PREFIX, Reader, Secret, Setting, load, load_from};

/// What `candor dev` itself is told by settings.
#[derive(Debug, Clone)]
pub struct DevConfig {
    /// Brokers of the user's own; then no Kafka is started.
    pub kafka_brokers: Option<String>,
    /// Database of the user's own; then no PostgreSQL is started.
    pub database_url: Option<Secret>,
    /// Address to listen on instead of 127.0.0.1:8080.
    pub listen: Option<SocketAddr>,
    /// Secret of session ids; generated and kept in the data folder unless given.
    pub session_secret: Option<Secret>,
    /// The accepted secret key; generated and kept in the data folder unless given.
    pub bootstrap_key: Option<Secret>,
    /// Organisation of that key.
    pub organisation: String,
    /// Whether simulated respondents and bots are sent.
    pub demo: bool,
}

impl Config for DevConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            kafka_brokers: reader.optional(
                "KAFKA_BROKERS",
                "brokers of your own; without it a Kafka node is started",
            ),
            database_url: reader.optional(
                "DATABASE_URL",
                "database of your own; without it a PostgreSQL server is started",
            ),
            listen: reader.optional(
                "LISTEN",
                "address to listen on instead of 127.0.0.1:8080; --port wins",
            ),
            session_secret: reader.optional(
                "SESSION_SECRET",
                "secret of session ids; generated and kept in the data folder unless given",
            ),
            bootstrap_key: reader.optional(
                "BOOTSTRAP_SECRET_KEY",
                "the accepted key, sk_test_...; generated and kept in the data folder unless given",
            ),
            organisation: reader.or(
                "BOOTSTRAP_ORGANISATION",
                "default",
                "organisation of the key",
            ),
            demo: reader
                .or::<Switch>(
                    "DEV_DEMO",
                    "0",
                    "1 sends simulated respondents and bots, for ever, at a modest pace",
                )
                .0,
        }
    }
}

/// 1 or 0, true or false.
struct Switch(bool);

impl Setting for Switch {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "1" | "true" => Ok(Self(true)),
            "0" | "false" => Ok(Self(false)),
            _ => Err("must be 1 or 0".to_owned()),
        }
    }
}

/// What `dev` has decided: full variable names and values.
pub(super) type Decided = BTreeMap<String, String>;

/// Defaults of one machine under what is given: full variable names and values.
///
/// After a kill -9 the group waits for the dead member's session to end; on one machine a short one
/// costs nothing. It stays above the sinks' drain (10 s).
const SUGGESTED: [(&str, &str); 1] = [("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", "12")];

/// Loads the settings `C` of a service with `decided` over what the environment and its file say, and
/// the defaults of one machine under it.
///
/// # Errors
/// Every problem found.
pub(super) fn load_under<C: Config>(decided: &Decided) -> Result<C, ConfigErrors> {
    let given: Given<C> = load()?.config;
    let loaded = load_from(|name| {
        let suggested = || SUGGESTED.iter().find(|(other, _)| *other == name);
        let value = decided.get(name).or_else(|| given.values.get(name));
        value
            .cloned()
            .or_else(|| suggested().map(|(_, value)| (*value).to_owned()))
    })?;
    Ok(loaded.config)
}

/// The texts that are given for the settings of `C`, unjudged.
struct Given<C> {
    values: BTreeMap<String, String>,
    settings: PhantomData<C>,
}

impl<C: Config> Config for Given<C> {
    fn read(reader: &mut Reader<'_>) -> Self {
        // What a group of settings asks for is known by letting it ask.
        let asked = RefCell::new(BTreeSet::new());
        let mut asking = Reader::new(|name| {
            asked.borrow_mut().insert(name.to_owned());
            None
        });
        C::read(&mut asking);
        drop(asking);
        let mut values = BTreeMap::new();
        for name in asked.into_inner() {
            let short = name.trim_start_matches(PREFIX);
            if let Some(Text(value)) = reader.optional(short, "") {
                values.insert(name, value);
            }
        }
        Self {
            values,
            settings: PhantomData,
        }
    }
}

/// Any text, secret or not.
struct Text(String);

impl Setting for Text {
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka::config::KafkaConfig;

    #[test]
    fn what_is_decided_lies_over_what_is_given() {
        let given = load_from::<Given<KafkaConfig>>(|name| match name {
            "CANDOR_KAFKA_BROKERS" => Some("given:1".to_owned()),
            "CANDOR_TOPIC_PREFIX" => Some("own".to_owned()),
            _ => None,
        });
        let values = given.unwrap().config.values;
        let names: Vec<&str> = values.keys().map(String::as_str).collect();
        assert_eq!(names, ["CANDOR_KAFKA_BROKERS", "CANDOR_TOPIC_PREFIX"]);
        let decided = Decided::from([("CANDOR_KAFKA_BROKERS".to_owned(), "decided:2".to_owned())]);
        let loaded = load_under::<KafkaConfig>(&decided).unwrap();
        assert_eq!(loaded.brokers, "decided:2");
        assert_eq!(loaded.session_timeout.as_secs(), 12);
    }

    #[test]
    fn the_demo_is_a_switch_and_everything_else_may_be_absent() {
        let load = |demo: Option<&str>| {
            let find = |name: &str| {
                demo.filter(|_| name == "CANDOR_DEV_DEMO")
                    .map(str::to_owned)
            };
            load_from::<DevConfig>(find).map(|loaded| loaded.config.demo)
        };
        assert_eq!(load(None), Ok(false));
        assert_eq!(load(Some("1")), Ok(true));
        assert!(load(Some("maybe")).is_err());
    }
}

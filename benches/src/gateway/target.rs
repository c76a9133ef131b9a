//! The programs that are measured, and how each is started.
//!
//! Every one is a process of its own that accepts the same requests. Ours lie beside this program; the
//! others are prepared and started by two scripts in a folder each, `install` and `run`, which get
//! what they need in variables (`gateway/README.md`).

use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use embedded::{OwnedChild, Signal};

use super::load::{self, Span};
use super::{Plan, joined};
use crate::place::Place;
use crate::process::{self, KEY};
use crate::usage;

/// Longest start; a Java program on a busy machine takes its time.
const START: Duration = Duration::from_secs(90);
const STOP: Duration = Duration::from_secs(15);

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Reads the body, nothing else.
    FloorHttp,
    /// Forwards the unread body.
    FloorKafka,
    /// This gateway.
    Candor,
    /// Another build of this gateway.
    CandorBefore,
    /// FastAPI, pydantic and aiokafka.
    FastApi,
    /// Vert.x and the Java client.
    Vertx,
    /// Bento.
    Bento,
}

impl Target {
    /// All of them, in the order of the report.
    pub(crate) const ALL: [Self; 7] = [
        Self::FloorHttp,
        Self::FloorKafka,
        Self::Candor,
        Self::CandorBefore,
        Self::Vertx,
        Self::Bento,
        Self::FastApi,
    ];

    /// Its name in tables and options.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FloorHttp => "floor-http",
            Self::FloorKafka => "floor-kafka",
            Self::Candor => "candor",
            Self::CandorBefore => "candor-before",
            Self::FastApi => "fastapi",
            Self::Vertx => "vertx",
            Self::Bento => "bento",
        }
    }

    /// Folder of its scripts, if it is not ours.
    fn rival(self) -> Option<PathBuf> {
        let ours = [
            Self::FloorHttp,
            Self::FloorKafka,
            Self::Candor,
            Self::CandorBefore,
        ];
        let rivals = Path::new(env!("CARGO_MANIFEST_DIR")).join("gateway/rivals");
        (!ours.contains(&self)).then(|| rivals.join(self.name()))
    }

    /// Whether it puts records into Kafka.
    pub(crate) fn produces(self) -> bool {
        self != Self::FloorHttp
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Targets by the beginning of their names: `floor` means both floors.
#[derive(Debug, Clone)]
pub(crate) struct Selection(String);

impl Selection {
    /// Whether `target` is meant.
    pub(crate) fn has(&self, target: Target) -> bool {
        // `candor` alone is not the other build, which is asked for by its own option.
        target.name() == self.0 || (self.0 == "floor" && target.name().starts_with("floor"))
    }
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let selection = Self(text.to_owned());
        if Target::ALL.into_iter().any(|target| selection.has(target)) {
            Ok(selection)
        } else {
            let names = Target::ALL.map(Target::name).join(", ");
            Err(format!("`{text}` is none of floor, {names}"))
        }
    }
}

/// Makes a rival ready to start; quick when it is there already.
///
/// # Errors
/// When its programs cannot be had: the measurement goes on without it.
pub(crate) fn install(target: Target, place: &Place) -> anyhow::Result<()> {
    let Some(folder) = target.rival() else {
        return Ok(());
    };
    let status = Command::new(folder.join("install"))
        .arg(&place.cache)
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("{}/install cannot be run", folder.display()))?;
    ensure!(status.success(), "its install script ended with {status}");
    Ok(())
}

/// A running target; killed on drop.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) target: Target,
    pub(crate) address: SocketAddr,
    /// The process and its descendants.
    pub(crate) processes: Vec<u32>,
    child: OwnedChild,
}

impl Running {
    /// Starts it and waits until it has answered 202.
    pub(crate) fn start(target: Target, place: &Place, plan: &Plan) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], embedded::free_port()?));
        let command = command(target, address, (place, plan))?;
        let log = place.folder.join(format!("{target}.log"));
        let child = OwnedChild::spawn(command, &place.folder, &log)?;
        let mut running = Self {
            target,
            address,
            processes: vec![child.id()],
            child,
        };
        running
            .wait_until_it_answers(plan)
            .with_context(|| format!("it said: {}", last_words(&log)))?;
        if !matches!(target, Target::FloorHttp | Target::FloorKafka) {
            running.refuses(
                plan,
                "a wrong key",
                ("sk_test_nobody", plan.traffic.body(0)),
            )?;
            running.refuses(
                plan,
                "a body that is no batch",
                (KEY, b"[{\"event_type\":1}]"),
            )?;
        }
        running.processes = usage::tree(running.child.id())?;
        Ok(running)
    }

    /// A target that looks at nothing would be measured doing less than the others.
    fn refuses(&self, plan: &Plan, what: &str, (key, body): (&str, &[u8])) -> anyhow::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(START))?;
        let (session, length) = (&plan.traffic.sessions[0], body.len());
        write!(
            stream,
            "POST /api/v1/detection/sessions/{session}/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        let status = String::from_utf8_lossy(&answer[9..]).into_owned();
        ensure!(!status.starts_with('2'), "it took {what}: {status}");
        Ok(())
    }

    fn wait_until_it_answers(&mut self, plan: &Plan) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.exit_status() {
                bail!("ended with {status}");
            }
            let span = Span::from_now(Duration::ZERO, Duration::from_millis(100));
            let tally = joined(load::spawn((self.address, plan.traffic.clone()), 1, span)?)?;
            if tally.acknowledged > 0 {
                return Ok(());
            }
            let seen = tally.example.unwrap_or_default();
            ensure!(begun.elapsed() < START, "no 202 after {START:?}: {seen}");
        }
    }

    /// Ends it, with time to flush.
    pub(crate) fn stop(mut self) {
        if !self.child.stop(Signal::TERM, STOP) {
            eprintln!("{} did not end within {STOP:?} and was killed", self.target);
        }
    }
}

/// The end of a log.
fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

fn command(
    target: Target,
    address: SocketAddr,
    (place, plan): (&Place, &Plan),
) -> anyhow::Result<Command> {
    let linger = plan.linger_ms.to_string();
    if let Some(folder) = target.rival() {
        let mut command = OwnedChild::command(&folder.join("run"))?;
        command
            .env("BENCH_CACHE", &place.cache)
            .env("BENCH_PORT", address.port().to_string())
            .env("BENCH_BROKERS", &place.brokers)
            .env("BENCH_TOPIC", &place.topic)
            .env("BENCH_KEY", KEY)
            .env("BENCH_LINGER_MS", linger);
        return Ok(command);
    }
    if matches!(target, Target::Candor | Target::CandorBefore) {
        let given = match target {
            Target::Candor => plan.gateway.clone(),
            _ => plan.before.clone(),
        };
        let program = given.map_or_else(|| place.program("ingest-gateway"), Ok)?;
        let mut command = OwnedChild::command(&program)?;
        process::gateway_settings(
            &mut command,
            (&place.brokers, &place.prefix),
            &address.to_string(),
        );
        command.env("CANDOR_INGEST_LINGER_MS", linger);
        return Ok(command);
    }
    let mut command = OwnedChild::command(&place.program("floor")?)?;
    command.args(["--listen", &address.to_string(), "--linger-ms", &linger]);
    if target.produces() {
        command.args(["--brokers", &place.brokers, "--topic", &place.topic]);
    }
    Ok(command)
}

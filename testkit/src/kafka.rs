//! A real Kafka broker for tests: one per test process, or one of a test's own.

use std::sync::OnceLock;

use embedded::{Durability, KafkaOptions, KafkaServer, ProxiedListener};

use crate::fault::TcpFault;
use crate::folder::TestFolder;
use crate::outcome::{OrFail, variable};

/// A running broker. Starting one takes about 3 s and blocks; that is allowed inside `#[tokio::test]`.
#[derive(Debug)]
pub struct TestKafka {
    brokers: String,
    server: Option<KafkaServer>,
    // After the server, so that the folder is removed when nothing uses it any more.
    _folder: Option<TestFolder>,
}

impl TestKafka {
    /// The broker that all tests of this process share, started by the first that asks; the one of
    /// `CANDOR_TEST_KAFKA_BROKERS` if that is set. Tests keep apart by their topics, see [`crate::TestTopics`].
    ///
    /// # Panics
    /// With the reason and the end of Kafka's log when it cannot be started.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<TestKafka> = OnceLock::new();
        SHARED.get_or_init(|| match variable("CANDOR_TEST_KAFKA_BROKERS") {
            Some(brokers) => Self {
                brokers,
                server: None,
                _folder: None,
            },
            None => Self::own(),
        })
    }

    /// A broker that only this test uses, which may therefore stop, kill and restart it.
    ///
    /// # Panics
    /// As [`Self::shared`].
    pub fn own() -> Self {
        Self::start(None)
    }

    fn start(proxied: Option<ProxiedListener>) -> Self {
        let folder = TestFolder::new();
        let options = KafkaOptions {
            durability: Durability::Disposable,
            proxied,
            ..KafkaOptions::new(folder.path().join("kafka"))
        };
        let server = KafkaServer::start(options).or_fail("Kafka for tests");
        Self {
            brokers: server.brokers().to_owned(),
            server: Some(server),
            _folder: Some(folder),
        }
    }

    /// A broker of the test's own behind a proxy that can be slow, stall and cut. [`Self::brokers`] leads past the proxy,
    /// the proxy's address through it, on every connection.
    ///
    /// # Panics
    /// As [`Self::shared`].
    pub async fn behind_fault() -> (Self, TcpFault) {
        let listen = embedded::free_port().or_fail("a port for the broker");
        let fault = TcpFault::before(format!("127.0.0.1:{listen}")).await;
        let advertised = fault.port();
        let broker = tokio::task::block_in_place(|| {
            Self::start(Some(ProxiedListener { listen, advertised }))
        });
        (broker, fault)
    }

    /// `host:port` list for clients; the same after a restart.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// Controlled shutdown.
    pub fn stop(&mut self) {
        self.server().stop();
    }

    /// Kills the broker, as a power cut would.
    pub fn kill(&mut self) {
        self.server().kill();
    }

    /// Starts the broker again on its port with its data, and waits until it answers.
    ///
    /// # Panics
    /// With the reason and the end of Kafka's log when it cannot be started.
    pub fn restart(&mut self) {
        self.server().restart().or_fail("Kafka for tests");
    }

    fn server(&mut self) -> &mut KafkaServer {
        // `shared` hands out shared references only, so whoever gets here called `own`.
        self.server
            .as_mut()
            .unwrap_or_else(|| panic!("a broker given from outside is not ours to stop"))
    }
}

//! Network: where requests come from. Privacy tools share these traits, so alone they prove nothing.

use schemas::event::{Event, Field};
use schemas::session::ClientStamp;
use schemas::verdict::Method;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Judgement};

/// What is known of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Network {
    reports: u32,
    datacenter: bool,
    tor: bool,
    proxy: bool,
    vpn: bool,
    timezone_mismatch: bool,
    headless_agent: bool,
}

impl Network {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.reports = self.reports.saturating_add(1);
        let set = |state: &mut bool, field| {
            if let Some(flag) = event.flag(field) {
                *state = flag;
            }
        };
        set(&mut self.datacenter, Field::Datacenter);
        set(&mut self.tor, Field::Tor);
        set(&mut self.proxy, Field::Proxy);
        set(&mut self.vpn, Field::Vpn);
        set(&mut self.timezone_mismatch, Field::TimezoneMismatch);
    }

    /// What the gateway saw of the client that opened the session. A server opens sessions for its
    /// respondents, so a library there is ordinary; a headless browser is not.
    pub(crate) fn client(&mut self, client: &ClientStamp) {
        let class = client.user_agent_class.as_deref();
        self.headless_agent = class == Some("headless");
    }

    pub(crate) fn judge(&self) -> Judgement {
        let mut judgement = Judgement::new(Method::Network, self.reports, self.reports > 0);
        let tests: [(bool, &'static str, f64, &str); 6] = [
            (
                self.headless_agent,
                "network.headless_agent",
                0.9,
                "The session was opened by a browser that calls itself headless.",
            ),
            (
                self.datacenter,
                "network.datacenter",
                0.45,
                "The address belongs to a hosting provider.",
            ),
            (self.tor, "network.tor", 0.35, "The address is a Tor exit."),
            (
                self.proxy,
                "network.proxy",
                0.35,
                "The address belongs to an open proxy.",
            ),
            (
                self.vpn,
                "network.vpn",
                0.1,
                "The address belongs to a VPN.",
            ),
            (
                self.timezone_mismatch,
                "network.timezone_mismatch",
                0.2,
                "The browser's time zone does not fit the address.",
            ),
        ];
        for (holds, code, weight, text) in tests {
            judgement.find(holds, || Finding {
                code,
                weight,
                evidence: Vec::new(),
                text: text.to_owned(),
            });
        }
        judgement
    }
}

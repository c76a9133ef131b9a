//! Network: where requests come from. Privacy tools share these traits, so alone they prove nothing.

use schemas::event::{Event, Field};
use schemas::session::{AgentOutcome, ClientStamp};
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
    signature: Signature,
}

/// What became of a Web Bot Auth signature (RFC 9421) on the request that opened the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Signature {
    #[default]
    None,
    /// A known agent's.
    Verified,
    /// It names a key that is not known, or its time has passed.
    Unproved,
    /// It does not fit.
    Invalid,
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
        let outcome = client.agent.as_ref().map(|agent| agent.outcome);
        self.signature = match outcome {
            None => Signature::None,
            Some(AgentOutcome::Verified) => Signature::Verified,
            Some(AgentOutcome::UnknownKey | AgentOutcome::Expired) => Signature::Unproved,
            Some(AgentOutcome::Invalid) => Signature::Invalid,
        };
    }

    /// Whether an agent says that it is one, and proves which.
    pub(crate) fn is_declared_agent(&self) -> bool {
        self.signature == Signature::Verified
    }

    pub(crate) fn judge(&self) -> Judgement {
        let seen =
            self.reports + u32::from(self.headless_agent || self.signature != Signature::None);
        let mut judgement = Judgement::new(Method::Network, seen, seen > 0);
        for (holds, code, weight, text) in self.claims() {
            judgement.find(holds, || Finding {
                code,
                weight,
                evidence: Vec::new(),
                text: text.to_owned(),
            });
        }
        judgement
    }

    #[rustfmt::skip]
    fn claims(&self) -> [(bool, &'static str, f64, &'static str); 9] {
        let signed = |signature| self.signature == signature;
        [
            (signed(Signature::Verified), "network.declared_agent", 0.99, "A known agent signed the request that opened the session (Web Bot Auth)."),
            // People's browsers sign nothing, so even a signature that proves nothing is an agent's.
            (signed(Signature::Unproved), "network.unproved_agent", 0.8, "The request that opened the session was signed as an agent's, with a key that is not known or no longer valid."),
            (signed(Signature::Invalid), "network.invalid_agent_signature", 0.7, "The request that opened the session carries an agent's signature that does not fit."),
            (self.headless_agent, "network.headless_agent", 0.9, "The session was opened by a browser that calls itself headless."),
            (self.datacenter, "network.datacenter", 0.45, "The address belongs to a hosting provider."),
            (self.tor, "network.tor", 0.35, "The address is a Tor exit."),
            (self.proxy, "network.proxy", 0.35, "The address belongs to an open proxy."),
            (self.vpn, "network.vpn", 0.1, "The address belongs to a VPN."),
            (self.timezone_mismatch, "network.timezone_mismatch", 0.2, "The browser's time zone does not fit the address."),
        ]
    }
}

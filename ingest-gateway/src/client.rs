//! What only the gateway sees of a client: its network and the class of its user agent.
//!
//! Addresses are cut to their network (IPv4 /24, IPv6 /48) and hashed with the session secret and the
//! organisation, so that neither the log nor the database ever holds one, and two organisations cannot
//! compare theirs. `X-Forwarded-For` is believed only as far as trusted proxies wrote it: it is read
//! from the right, and the first address that is no trusted proxy is the client.

mod hints;

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};
use runtime::config::Setting;
use schemas::ids::{OrganisationId, SessionSecret};
use schemas::session::ClientStamp;

use crate::limits::Networks;
use hints::Hints;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Networks whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Networks);

impl Setting for TrustedProxies {
    fn parse(text: &str) -> Result<Self, String> {
        Networks::parse(text).map(Self)
    }
}

impl TrustedProxies {
    /// The client's address, if it can be known.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        if !self.0.contains(peer) {
            return Some(peer);
        }
        let lines: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .map(|line| line.to_str().unwrap_or_default())
            .collect();
        let hops = lines.iter().flat_map(|line| line.split(','));
        for hop in hops.rev() {
            // What is left of an unreadable hop was written by somebody we do not know.
            let address = parse_hop(hop.trim())?;
            if !self.0.contains(address) {
                return Some(address);
            }
        }
        Some(peer)
    }
}

fn parse_hop(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<SocketAddr>().map(|address| address.ip());
    let address = hop.parse::<IpAddr>().or_else(|_| with_port()).ok()?;
    Some(address.to_canonical())
}

/// The stamp of a session's first record: `address` is the respondent's, if it is known.
pub(crate) fn stamp(
    secret: &SessionSecret,
    organisation: &OrganisationId,
    address: Option<IpAddr>,
    headers: &HeaderMap,
) -> ClientStamp {
    let hash = |address| match address {
        IpAddr::V4(address) => secret.pseudonym(organisation, &address.octets()[..3]),
        IpAddr::V6(address) => secret.pseudonym(organisation, &address.octets()[..6]),
    };
    let hints = Hints::of(headers);
    let user_agent = user_agent(headers);
    ClientStamp {
        address_hash: address.map(hash),
        user_agent_class: Some(user_agent_class(&user_agent).to_owned()),
        hint_platform: hints.platform.map(str::to_owned),
        hint_mobile: hints.mobile,
        hint_mismatch: hints.contradict(&user_agent),
        agent: None,
    }
}

/// Names that headless browsers and drivers give themselves.
const HEADLESS: [&str; 6] = [
    "headless",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    "slimerjs",
];
/// Names inside a `Mozilla/…` text that no browser has.
const NOT_A_BROWSER: [&str; 4] = ["bot", "spider", "crawler", "http"];

/// The user agent in lower case; empty when there is none.
fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT);
    let text = value.and_then(|value| value.to_str().ok());
    text.unwrap_or_default().trim().to_ascii_lowercase()
}

fn user_agent_class(lower: &str) -> &'static str {
    let has = |names: &[&str]| names.iter().any(|name| lower.contains(name));
    if lower.is_empty() {
        "none"
    } else if has(&HEADLESS) {
        "headless"
    } else if (lower.starts_with("mozilla/") || lower.starts_with("opera/")) && !has(&NOT_A_BROWSER)
    {
        "browser"
    } else {
        "library"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        headers
    }

    fn client(peer: &str, values: &[&str]) -> Option<String> {
        let proxies = TrustedProxies::parse("10.0.0.0/8, fd00::/8, 192.0.2.7").unwrap();
        let address = proxies.client(peer.parse().unwrap(), &forwarded(values))?;
        Some(address.to_string())
    }

    #[test]
    fn forwarded_addresses_count_only_behind_trusted_proxies() {
        let is = |address: &str| Some(address.to_owned());
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), is("203.0.113.9"));
        assert_eq!(client("10.1.1.1", &["198.51.100.1"]), is("198.51.100.1"));
        assert_eq!(
            client("::ffff:10.1.1.1", &["198.51.100.1"]),
            is("198.51.100.1")
        );
        let forged = "1.1.1.1, 198.51.100.1:5000";
        assert_eq!(
            client("10.1.1.1", &[forged, "192.0.2.7"]),
            is("198.51.100.1")
        );
        assert_eq!(client("fd00::1", &["[2001:db8::5]:443"]), is("2001:db8::5"));
        assert_eq!(client("10.1.1.1", &[]), is("10.1.1.1"));
        assert_eq!(client("10.1.1.1", &["198.51.100.1, unknown"]), None);
    }

    fn stamped(peer: &str, organisation: &str) -> Option<String> {
        let secret = SessionSecret::new([7; 32]).unwrap();
        let organisation = organisation.parse().unwrap();
        let address = Some(peer.parse().unwrap());
        stamp(&secret, &organisation, address, &HeaderMap::new()).address_hash
    }

    #[test]
    fn neighbours_share_a_hash_and_organisations_do_not() {
        let hash = stamped("198.51.100.1", "acme");
        assert_eq!(hash.as_deref().map(str::len), Some(32));
        assert_eq!(hash, stamped("198.51.100.254", "acme"));
        assert_ne!(hash, stamped("198.51.101.1", "acme"));
        assert_ne!(hash, stamped("198.51.100.1", "other"));
        let six = stamped("2001:db8:1:2::3", "acme");
        assert_eq!(six, stamped("2001:db8:1:ffff::1", "acme"));
        assert_ne!(six, stamped("2001:db8:2::1", "acme"));
    }

    #[test]
    fn user_agents_fall_into_four_classes() {
        let class = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, text.parse().unwrap());
            user_agent_class(&user_agent(&headers))
        };
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(class(chrome), "browser");
        assert_eq!(
            class(&chrome.replace("Chrome", "HeadlessChrome")),
            "headless"
        );
        assert_eq!(class("Mozilla/5.0 (compatible; Examplebot/2.1)"), "library");
        assert_eq!(class("curl/8.14.1"), "library");
        assert_eq!(class(""), "none");
        assert_eq!(user_agent_class(&user_agent(&HeaderMap::new())), "none");
    }
}

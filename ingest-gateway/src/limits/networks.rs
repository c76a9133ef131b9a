//! Which addresses are served at all.
//!
//! Three lists are asked, each of which can only narrow what the others leave: the gateway's own
//! denials, the organisation's denials and allowances, and the key's networks. An empty allow-list allows
//! everybody. A client whose address cannot be known (a proxy wrote something unreadable) is refused
//! only where an allow-list exists: a denial that cannot be judged must not become a way to be let in
//! where only the listed are welcome, nor a way to lose everybody behind a careless proxy.

use std::net::IpAddr;

use ipnet::IpNet;
use runtime::config::Setting;
use schemas::control::OrganisationSettings;

/// A list of networks, from a setting such as `10.0.0.0/8, 2001:db8::/32, 192.0.2.7`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Setting for Networks {
    fn parse(text: &str) -> Result<Self, String> {
        let network = |part: &str| {
            let part = part.trim();
            let address = || part.parse::<IpAddr>().map(IpNet::from);
            part.parse::<IpNet>()
                .or_else(|_| address())
                .map_err(|_| format!("must list networks such as 10.0.0.0/8, not `{part}`"))
        };
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl Networks {
    /// Whether one of them contains the address.
    pub fn contains(&self, address: IpAddr) -> bool {
        contains(&self.0, address)
    }
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// The lists that hold for a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AddressRules<'a> {
    /// Denied by the gateway.
    pub(crate) denied: &'a Networks,
    /// Settings of the caller's organisation; none before it is known, or where it has none.
    pub(crate) organisation: Option<&'a OrganisationSettings>,
    /// Networks of the caller's key; any when empty, and for callers without a key.
    pub(crate) key: &'a [IpNet],
}

impl AddressRules<'_> {
    /// Whether a client with this address is served; `None` is an address that cannot be known.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> bool {
        let (allow, deny) = match self.organisation {
            Some(organisation) => (&organisation.allow[..], &organisation.deny[..]),
            None => (&[][..], &[][..]),
        };
        let Some(address) = address.map(|address| address.to_canonical()) else {
            return allow.is_empty() && self.key.is_empty();
        };
        let welcome = |list: &[IpNet]| list.is_empty() || contains(list, address);
        !self.denied.contains(address)
            && !contains(deny, address)
            && welcome(allow)
            && welcome(self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> Vec<IpNet> {
        Networks::parse(text).unwrap().0
    }

    fn admits(rules: (&str, &str, &str, &str), address: Option<&str>) -> bool {
        let (denied, allow, deny, key) = rules;
        let organisation = OrganisationSettings {
            organisation: "acme".parse().unwrap(),
            allow: networks(allow),
            deny: networks(deny),
            key_limit: None,
            versions: None,
        };
        let rules = AddressRules {
            denied: &Networks(networks(denied)),
            organisation: Some(&organisation),
            key: &networks(key),
        };
        rules.admit(address.map(|text| text.parse().unwrap()))
    }

    #[test]
    fn each_list_can_only_narrow() {
        let someone = Some("203.0.113.9");
        assert!(admits(("", "", "", ""), someone));
        assert!(!admits(
            ("203.0.113.0/24", "203.0.113.9", "", "203.0.113.9"),
            someone
        ));
        assert!(
            !admits(("", "203.0.113.9", "203.0.113.0/24", ""), someone),
            "a denial goes first"
        );
        assert!(!admits(("", "198.51.100.0/24", "", ""), someone));
        assert!(!admits(
            ("", "203.0.113.0/24", "", "198.51.100.0/24"),
            someone
        ));
        assert!(admits(
            (
                "198.51.100.0/24",
                "203.0.113.0/24",
                "203.0.113.10",
                "203.0.113.9"
            ),
            someone
        ));
        assert!(!admits(
            ("", "", "2001:db8::/32", ""),
            Some("2001:db8:7::1")
        ));
        assert!(!admits(
            ("203.0.113.0/24", "", "", ""),
            Some("::ffff:203.0.113.9")
        ));
    }

    #[test]
    fn an_address_that_cannot_be_known_fails_only_allow_lists() {
        assert!(admits(("0.0.0.0/0, ::/0", "", "0.0.0.0/0", ""), None));
        assert!(!admits(("", "0.0.0.0/0", "", ""), None));
        assert!(!admits(("", "", "", "0.0.0.0/0"), None));
    }

    #[test]
    fn a_wrong_network_is_named() {
        let problem = Networks::parse("10.0.0.0/8,10.0.0.0/40").unwrap_err();
        assert!(problem.contains("`10.0.0.0/40`"), "{problem}");
    }
}

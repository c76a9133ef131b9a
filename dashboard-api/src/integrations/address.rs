//! Where the gateway is: for this service, and for respondents' browsers.

use std::str::FromStr;

use reqwest::Url;
use runtime::config::Setting;

/// Where this service reaches the gateway: an origin, `http://host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayUrl(Url);

impl GatewayUrl {
    /// The address.
    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// The address as people write it.
    pub(crate) fn text(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl FromStr for GatewayUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || "must be an origin such as http://ingest-gateway:8080".to_owned();
        let url = address(text).filter(|url| url.scheme() == "http" && url.path() == "/");
        url.map(Self).ok_or_else(problem)
    }
}

impl Setting for GatewayUrl {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

/// Where others reach the gateway: `https://host`, perhaps with a path before the gateway's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// The address as people write it.
    pub(crate) fn text(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || "must be an address such as https://ingest.example.org".to_owned();
        let url = address(text).filter(|url| ["http", "https"].contains(&url.scheme()));
        url.map(Self).ok_or_else(problem)
    }
}

impl Setting for PublicUrl {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

/// An address of a server, without credentials and without what belongs to one request.
fn address(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let is_plain = url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    is_plain.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_an_origin_without_credentials() {
        for good in [
            "http://127.0.0.1:8080",
            "http://gateway",
            "http://[::1]:80/",
        ] {
            assert!(good.parse::<GatewayUrl>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "gateway:8080",
            "https://gateway",
            "http://user@gateway",
            "http://gateway/path",
            "http://gateway?x=1",
            "ftp://gateway",
            "file:///etc/passwd",
        ] {
            assert!(bad.parse::<GatewayUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_others_use_may_be_encrypted_and_have_a_path() {
        for (given, text) in [
            ("https://ingest.example.org", "https://ingest.example.org"),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("https://example.org/candor/", "https://example.org/candor"),
        ] {
            assert_eq!(given.parse::<PublicUrl>().unwrap().text(), text);
        }
        for bad in [
            "ingest.example.org",
            "https://user:secret@host",
            "https://host/?key=1",
            "ftp://host",
        ] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
    }
}

//! Signatures of tests' own keys, and the published example of RFC 9421.

use super::*;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

/// The Ed25519 key of RFC 9421, appendix B.1.4, and its thumbprint.
const RFC_KEY: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
const RFC_THUMBPRINT: &str = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";

struct Known(AgentKey);

impl AsRef<AgentKey> for Known {
    fn as_ref(&self) -> &AgentKey {
        &self.0
    }
}

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// RFC 7638: what the key is called.
fn thumbprint(public: &str) -> String {
    let jwk = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{public}\"}}");
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
}

fn public() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(signer().verifying_key().as_bytes())
}

fn agent_key(directory: Option<&str>) -> AgentKey {
    AgentKey {
        key_id: thumbprint(&public()),
        public_key: public(),
        agent: "example-agent".to_owned(),
        directory: directory.map(str::to_owned),
        created_at: now(),
        revoked_at: None,
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// A request to be signed and judged.
struct Request {
    headers: HeaderMap,
    uri: Uri,
}

impl Request {
    fn new() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("host", "Ingest.Example.com:443".parse().unwrap());
        let uri = "/api/v1/detection/sessions?a=1".parse().unwrap();
        Self { headers, uri }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().unwrap());
        self
    }

    fn message(&self) -> Message<'_> {
        Message {
            method: &Method::POST,
            uri: &self.uri,
            headers: &self.headers,
        }
    }

    /// Signed for `authority` with these components and parameters.
    fn signed(self, label: &str, authority: &str, input: &str) -> Self {
        let parsed: Dictionary = Parser::new(format!("{label}={input}").as_str())
            .parse()
            .unwrap();
        let Some(ListEntry::InnerList(list)) = parsed.get(label) else {
            panic!("{input} is no inner list");
        };
        let base = base::signature_base(self.message(), authority, list).unwrap();
        let signature = BASE64_STANDARD.encode(signer().sign(base.as_bytes()).to_bytes());
        self.with(SIGNATURE_INPUT, &format!("{label}={input}"))
            .with(SIGNATURE, &format!("{label}=:{signature}:"))
    }

    fn judged(&self, authorities: &str, key: &AgentKey) -> Option<AgentStamp> {
        let authorities = Authorities::parse(authorities).unwrap();
        let key_of = |id: &str| (id == key.key_id).then(|| Known(key.clone()));
        stamp(self.message(), &authorities, now(), key_of)
    }
}

/// Parameters of a signature that was made `age` seconds ago and lives for `life`.
fn parameters(age: i64, life: i64) -> String {
    let created = now().timestamp() - age;
    let expires = created + life;
    let id = thumbprint(&public());
    format!(
        ";created={created};expires={expires};keyid=\"{id}\";alg=\"ed25519\";nonce=\"bm9uY2U=\";tag=\"web-bot-auth\""
    )
}

fn plain(age: i64, life: i64) -> String {
    format!("(\"@authority\"){}", parameters(age, life))
}

fn outcome(stamp: Option<AgentStamp>) -> AgentOutcome {
    stamp.expect("no signature was seen").outcome
}

const HOST: &str = "ingest.example.com";

#[test]
fn the_example_of_the_rfc_has_its_signature_base_and_verifies() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    let input = "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
                 ;created=1618884473;keyid=\"test-key-ed25519\"";
    let parsed: Dictionary = Parser::new(input).parse().unwrap();
    let Some(ListEntry::InnerList(list)) = parsed.get("sig-b26") else {
        panic!("not read");
    };
    let message = Message {
        method: &Method::POST,
        uri: &"/foo?param=Value&Pet=dog".parse().unwrap(),
        headers: &headers,
    };
    let base = base::signature_base(message, "example.com", list).unwrap();
    let expected = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
        \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
        \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
        ;created=1618884473;keyid=\"test-key-ed25519\"";
    assert_eq!(base, expected);
    let signature =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let signature = Signature::from_slice(&BASE64_STANDARD.decode(signature).unwrap()).unwrap();
    let public: [u8; 32] = BASE64_URL_SAFE_NO_PAD
        .decode(RFC_KEY)
        .unwrap()
        .try_into()
        .unwrap();
    let public = VerifyingKey::from_bytes(&public).unwrap();
    public.verify_strict(base.as_bytes(), &signature).unwrap();
    assert_eq!(thumbprint(RFC_KEY), RFC_THUMBPRINT);
}

#[test]
fn a_known_agent_is_named() {
    let request = Request::new().signed("sig1", HOST, &plain(10, 300));
    let stamp = request.judged("", &agent_key(None)).unwrap();
    assert_eq!(stamp.outcome, AgentOutcome::Verified);
    assert_eq!(stamp.agent.as_deref(), Some("example-agent"));
}

#[test]
fn a_request_without_such_a_signature_is_not_stamped() {
    let key = agent_key(None);
    assert_eq!(Request::new().judged("", &key), None);
    let other = Request::new().with(
        SIGNATURE_INPUT,
        "sig1=(\"@authority\");created=1;tag=\"payment\"",
    );
    assert_eq!(other.judged("", &key), None, "another protocol's");
    let garbage = Request::new().with(SIGNATURE_INPUT, "((((");
    assert_eq!(garbage.judged("", &key), None);
    let claimed = Request::new().with(SIGNATURE_INPUT, "((((tag=\"web-bot-auth\"");
    assert_eq!(outcome(claimed.judged("", &key)), AgentOutcome::Invalid);
}

#[test]
fn an_unknown_key_a_passed_time_and_a_changed_request_differ() {
    let key = agent_key(None);
    let stranger = AgentKey {
        key_id: "another".to_owned(),
        ..key.clone()
    };
    let good = Request::new().signed("sig1", HOST, &plain(10, 300));
    assert_eq!(
        outcome(good.judged("", &stranger)),
        AgentOutcome::UnknownKey
    );
    for (age, life) in [(301, 300), (-120, 600), (86_401, 10 * 86_400)] {
        let request = Request::new().signed("sig1", HOST, &plain(age, life));
        assert_eq!(
            outcome(request.judged("", &key)),
            AgentOutcome::Expired,
            "{age} {life}"
        );
    }
    let elsewhere = Request::new().signed("sig1", "shop.example.net", &plain(10, 300));
    assert_eq!(outcome(elsewhere.judged("", &key)), AgentOutcome::Invalid);
    let expired_elsewhere = Request::new().signed("sig1", "shop.example.net", &plain(400, 300));
    assert_eq!(
        outcome(expired_elsewhere.judged("", &key)),
        AgentOutcome::Invalid,
        "a name proves nothing"
    );
}

#[test]
fn what_must_be_covered_and_said_is_asked_for() {
    let key = agent_key(None);
    let judged = |request: Request, input: &str| {
        outcome(request.signed("sig1", HOST, input).judged("", &key))
    };
    let without = |part: &str| plain(10, 300).replace(part, "");
    assert_eq!(
        judged(Request::new(), &without("\"@authority\"")),
        AgentOutcome::Invalid
    );
    assert_eq!(
        judged(
            Request::new(),
            &without(&format!(";created={}", now().timestamp() - 10))
        ),
        AgentOutcome::Invalid
    );
    assert_eq!(
        judged(
            Request::new(),
            &without(&format!(";expires={}", now().timestamp() + 290))
        ),
        AgentOutcome::Invalid
    );
    assert_eq!(
        judged(
            Request::new(),
            &plain(10, 300).replace("ed25519", "hmac-sha256")
        ),
        AgentOutcome::Invalid
    );
    assert_eq!(
        judged(Request::new(), &without(";alg=\"ed25519\"")),
        AgentOutcome::Verified,
        "alg may be absent"
    );
    let named = || Request::new().with(SIGNATURE_AGENT, "\"https://agent.example.com\"");
    assert_eq!(
        judged(named(), &plain(10, 300)),
        AgentOutcome::Invalid,
        "sent but not covered"
    );
    let everything = plain(10, 300).replace(
        "\"@authority\"",
        "\"@authority\" \"@method\" \"@path\" \"@query\" \"signature-agent\"",
    );
    assert_eq!(judged(named(), &everything), AgentOutcome::Verified);
}

#[test]
fn a_key_that_is_bound_to_a_directory_must_name_it_in_either_form() {
    let key = agent_key(Some("https://agent.example.com"));
    let whole = plain(10, 300).replace("\"@authority\"", "\"@authority\" \"signature-agent\"");
    let member = plain(10, 300).replace(
        "\"@authority\"",
        "\"@authority\" \"signature-agent\";key=\"sig1\"",
    );
    let judged = |field: &str, input: &str| {
        let request = Request::new().with(SIGNATURE_AGENT, field);
        outcome(request.signed("sig1", HOST, input).judged("", &key))
    };
    assert_eq!(
        judged("\"https://agent.example.com\"", &whole),
        AgentOutcome::Verified
    );
    assert_eq!(
        judged("sig1=\"https://agent.example.com/\"", &member),
        AgentOutcome::Verified
    );
    assert_eq!(
        judged("\"https://other.example.com\"", &whole),
        AgentOutcome::Invalid
    );
    let both = "sig1=\"https://other.example.com\", sig2=\"https://agent.example.com\"";
    assert_eq!(
        judged(both, &member),
        AgentOutcome::Invalid,
        "another signature's member"
    );
    let unnamed = Request::new().signed("sig1", HOST, &plain(10, 300));
    assert_eq!(outcome(unnamed.judged("", &key)), AgentOutcome::Invalid);
}

#[test]
fn a_set_authority_replaces_what_the_client_says() {
    let key = agent_key(None);
    let mut stolen = Request::new().signed("sig1", "shop.example.net", &plain(10, 300));
    stolen
        .headers
        .insert("host", "shop.example.net".parse().unwrap());
    assert_eq!(
        outcome(stolen.judged("", &key)),
        AgentOutcome::Verified,
        "Host is believed"
    );
    assert_eq!(outcome(stolen.judged(HOST, &key)), AgentOutcome::Invalid);
    let mut rewritten = Request::new().signed("sig1", HOST, &plain(10, 300));
    rewritten
        .headers
        .insert("host", "10.0.0.7:8080".parse().unwrap());
    let names = "cdn.example.com, Ingest.example.com:443";
    assert_eq!(
        outcome(rewritten.judged(names, &key)),
        AgentOutcome::Verified
    );
    assert!(Authorities::parse("https://ingest.example.com/").is_err());
    assert!(Authorities::parse(&["a.example"; 5].join(",")).is_err());
}

#[test]
fn the_best_of_three_signatures_counts_and_no_fourth() {
    let key = agent_key(None);
    let bad = |label: &str| format!("{label}={}", plain(10, 300));
    let request = Request::new()
        .with(SIGNATURE_INPUT, &bad("a"))
        .with(SIGNATURE_INPUT, &bad("b"));
    let third = request.signed("c", HOST, &plain(10, 300));
    assert_eq!(outcome(third.judged("", &key)), AgentOutcome::Verified);
    let request = Request::new()
        .with(SIGNATURE_INPUT, &bad("a"))
        .with(SIGNATURE_INPUT, &bad("b"));
    let request = request.with(SIGNATURE_INPUT, &bad("c"));
    let fourth = request.signed("d", HOST, &plain(10, 300));
    assert_eq!(outcome(fourth.judged("", &key)), AgentOutcome::Invalid);
}

#[test]
fn no_request_costs_more_than_four_verifications() {
    let key = agent_key(None);
    let names = "a.example, b.example, c.example, ingest.example.com";
    let mut request = Request::new().signed("good", HOST, &plain(10, 300));
    request.headers.insert("host", "10.0.0.7".parse().unwrap());
    assert_eq!(outcome(request.judged(names, &key)), AgentOutcome::Verified);
    // The same behind one that fits nowhere and has used up all tries.
    let mut request = Request::new()
        .signed("bad", "shop.example.net", &plain(10, 300))
        .signed("good", HOST, &plain(10, 300));
    request.headers.insert("host", "10.0.0.7".parse().unwrap());
    assert_eq!(outcome(request.judged(names, &key)), AgentOutcome::Invalid);
}

#[test]
fn nothing_that_a_client_sends_is_too_much() {
    let key = agent_key(Some("https://agent.example.com"));
    let many = format!("({})", "\"@authority\" ".repeat(200).trim());
    let long = format!("sig1={many}{}", parameters(10, 300));
    let wide = format!(
        "sig1=(\"@authority\" {}){}",
        "\"x\" ".repeat(17).trim(),
        parameters(10, 300)
    );
    let twice = format!(
        "sig1=(\"@authority\" \"@authority\"){}",
        parameters(10, 300)
    );
    let scheme = format!("sig1=(\"@authority\" \"@scheme\"){}", parameters(10, 300));
    let overflow = "sig1=(\"@authority\");created=999999999999999;expires=-999999999999999;keyid=\"x\";tag=\"web-bot-auth\"";
    for input in [&long, &wide, &twice, &scheme, overflow] {
        for signature in ["sig1=:AAAA:", "sig1=1", "sig1=(1 2)", "", "\u{7f}"] {
            let mut request = Request::new().with(SIGNATURE_INPUT, input);
            if let Ok(value) = signature.parse() {
                request.headers.insert(SIGNATURE, value);
            }
            let stamp = request.judged("", &key).expect(input);
            assert_ne!(stamp.outcome, AgentOutcome::Verified, "{input}");
            assert_eq!(stamp.agent, None);
        }
    }
}

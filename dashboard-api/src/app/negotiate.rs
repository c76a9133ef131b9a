//! What a client accepts: `Accept-Encoding` and `Accept` (RFC 9110, 12.5).

use axum::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName};

/// How the bytes of an answer are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// `br`.
    Brotli,
    /// `gzip`.
    Gzip,
    /// As they are.
    Identity,
}

impl Encoding {
    /// Its name in `Content-Encoding`, if it has one.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// Every choice of a header with its weight, which is 1 unless told.
fn choices(headers: &HeaderMap, name: HeaderName) -> Vec<(String, f32)> {
    let lines = headers.get_all(name).into_iter();
    let texts = lines.filter_map(|line| line.to_str().ok());
    let choices = texts.flat_map(|line| line.split(','));
    choices
        .filter_map(|choice| {
            let mut parts = choice.split(';').map(str::trim);
            let name = parts.next()?.to_ascii_lowercase();
            let weights = parts.filter_map(|part| part.strip_prefix("q="));
            let mut weights = weights.filter_map(|weight| weight.parse::<f32>().ok());
            let weight = weights.next_back();
            let weight = weight.unwrap_or(1.0).clamp(0.0, 1.0);
            (!name.is_empty()).then_some((name, weight))
        })
        .collect()
}

fn weight_of(choices: &[(String, f32)], name: &str) -> Option<f32> {
    let found = choices.iter().find(|(given, _)| given == name);
    found.map(|(_, weight)| *weight)
}

/// The encoding among `there` that the client likes best; of those it likes alike the first. Without any that it accepts the
/// bytes go as they are: to refuse a page for its encoding helps nobody.
pub(super) fn encoding(headers: &HeaderMap, there: &[Encoding]) -> Encoding {
    let choices = choices(headers, ACCEPT_ENCODING);
    let mut best = (Encoding::Identity, 0.0);
    for encoding in there {
        let name = encoding.name().unwrap_or("identity");
        let weight = weight_of(&choices, name).or_else(|| weight_of(&choices, "*"));
        if let Some(weight) = weight
            && weight > best.1
        {
            best = (*encoding, weight);
        }
    }
    best.0
}

/// Whether the client would rather have a page than JSON: a browser that was given an address, not a program.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    let choices = choices(headers, ACCEPT);
    let weight = |names: [&str; 3]| {
        let found = names.into_iter().find_map(|name| weight_of(&choices, name));
        found.unwrap_or(0.0)
    };
    let json = weight(["application/json", "application/*", "*/*"]).max(weight([
        "application/problem+json",
        "application/*",
        "*/*",
    ]));
    weight(["text/html", "text/*", "*/*"]) > json
}

//! The text that is signed: RFC 9421 section 2.5.
//!
//! One line for each covered component, in the order the signer chose, and the signature's own parameters
//! last. What cannot be known here (the scheme behind a proxy) or is not needed by the protocol (trailers,
//! bound requests, byte sequences) gives no text, so that such a signature does not verify.

use std::fmt::Write;

use axum::http::HeaderMap;
use sfv::{Dictionary, FieldType, InnerList, Item, ListEntry, Parser};

use super::Message;

/// The signature base of `input` for a request to `authority`.
pub(super) fn signature_base(
    message: Message<'_>,
    authority: &str,
    input: &InnerList,
) -> Option<String> {
    let mut base = String::new();
    for (position, item) in input.items.iter().enumerate() {
        // A component that is covered twice could hide which of two values was meant.
        if input.items[..position].contains(item) {
            return None;
        }
        let value = component(message, authority, item)?;
        writeln!(base, "{}: {value}", item.serialize()).ok()?;
    }
    let parameters = vec![ListEntry::InnerList(input.clone())].serialize()?;
    write!(base, "\"@signature-params\": {parameters}").ok()?;
    Some(base)
}

fn component(message: Message<'_>, authority: &str, item: &Item) -> Option<String> {
    let name = item.bare_item.as_string()?.as_str();
    if let Some(member) = item.params.get("key") {
        let field = field(message.headers, name)?;
        let only = item.params.len() == 1;
        return only.then(|| member_of(&field, member.as_string()?.as_str()))?;
    }
    if !item.params.is_empty() {
        return None;
    }
    match name {
        "@authority" => Some(authority.to_owned()),
        "@method" => Some(message.method.as_str().to_owned()),
        "@path" => Some(match message.uri.path() {
            "" => "/".to_owned(),
            path => path.to_owned(),
        }),
        "@query" => Some(format!("?{}", message.uri.query().unwrap_or_default())),
        derived if derived.starts_with('@') => None,
        name if name.bytes().any(|c| c.is_ascii_uppercase()) => None,
        name => field(message.headers, name),
    }
}

/// One member of a dictionary field, as it is serialised.
fn member_of(field: &str, name: &str) -> Option<String> {
    let members: Dictionary = Parser::new(field).parse().ok()?;
    match members.get(name)? {
        ListEntry::Item(item) => Some(item.serialize()),
        list @ ListEntry::InnerList(_) => vec![list.clone()].serialize(),
    }
}

/// The value of a field: its lines, trimmed, with `, ` between them.
pub(super) fn field(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut lines = headers.get_all(name).iter();
    let mut value = lines.next()?.to_str().ok()?.trim().to_owned();
    for line in lines {
        value.push_str(", ");
        value.push_str(line.to_str().ok()?.trim());
    }
    Some(value)
}

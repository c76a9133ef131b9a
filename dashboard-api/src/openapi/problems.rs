//! The refusals that many operations share, for their `responses(..)`.

use std::collections::BTreeMap;

use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};

use super::ProblemDocument;

/// A problem document under each of these statuses.
fn problems(statuses: &[&str]) -> BTreeMap<String, RefOr<Response>> {
    let schema = Ref::from_schema_name(ProblemDocument::name());
    let content = Content::new(Some(schema));
    let response = ResponseBuilder::new().content("application/problem+json", content);
    let response = response.build();
    let each = statuses.iter();
    each.map(|status| ((*status).to_owned(), response.clone().into()))
        .collect()
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($status:literal)+;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                problems(&[$($status),+])
            }
        }
    )+};
}

problems! {
    /// Whoever calls is not known or may not, or the service cannot ask its database.
    Refused: "401" "403" "503";
    /// The body cannot be read.
    Malformed: "400";
    /// There is no such thing in the organisation.
    Unknown: "404";
    /// It is not as the caller believes.
    Conflict: "409";
    /// Parameters or members are wrong; `errors` names each.
    Invalid: "422";
    /// Too many at once.
    Busy: "429";
}

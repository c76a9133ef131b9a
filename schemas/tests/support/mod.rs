//! Events by the tables of the allow-list, for the tests of both forms.

use proptest::prelude::*;
use schemas::batch::BatchLimits;
use schemas::event::{EventLimits, EventType, Field, Rule};
use serde_json::{Map, Value, json};

/// Nothing but the form is judged.
pub(crate) const LIMITS: BatchLimits = BatchLimits {
    max_events: 1000,
    events: EventLimits::NONE,
};

fn field_value(rule: Rule) -> BoxedStrategy<Value> {
    match rule {
        Rule::Number => prop_oneof![
            (-1e6..1e6).prop_map(Value::from),
            any::<i32>().prop_map(Value::from)
        ]
        .boxed(),
        Rule::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Rule::Word(words) => prop::sample::select(words).prop_map(Value::from).boxed(),
        Rule::Identifier => "[A-Za-z0-9_.:-]{1,64}".prop_map(Value::from).boxed(),
    }
}

/// An event that is valid by the tables of the allow-list.
pub(crate) fn valid_event() -> impl Strategy<Value = Value> {
    (prop::sample::select(EventType::ALL), 946_684_800_000i64..4_000_000_000_000)
        .prop_flat_map(|(kind, at)| {
            let carried: Vec<Field> =
                Field::ALL.iter().copied().filter(|field| kind.allowed().contains(*field)).collect();
            let most = carried.len().min(12);
            let fields = prop::sample::subsequence(carried, 0..=most).prop_flat_map(|fields| {
                fields.into_iter().map(|field| field_value(field.rule()).prop_map(move |value| (field.name().to_owned(), value))).collect::<Vec<_>>()
            });
            (Just(kind), Just(at), fields)
        })
        .prop_map(|(kind, at, fields)| {
            json!({ "event_type": kind.as_str(), "timestamp": at, "data": fields.into_iter().collect::<Map<_, _>>() })
        })
}

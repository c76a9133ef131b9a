//! The cursor, held to `serde_json`.

use super::*;
use proptest::prelude::*;

fn accepts(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    let value = cursor.token().and_then(|token| cursor.skip_rest(token));
    value.and_then(|()| cursor.finish()).is_ok()
}

#[test]
fn refuses_what_is_not_json() {
    for text in [
        "",
        "{",
        "[1,]",
        "{\"a\":}",
        "NaN",
        "Infinity",
        "01",
        "1.",
        ".5",
        "1e",
        "\"\\x\"",
        "\"\\ud800\"",
        "tru",
        "[1 2]",
        "{\"a\" 1}",
        "{,}",
        "1e999",
        "\"a\nb\"",
        "[,1]",
        "{} {}",
    ] {
        assert!(!accepts(text), "accepted {text:?}");
        assert!(
            serde_json::from_str::<serde_json::Value>(text).is_err(),
            "serde_json takes {text:?}"
        );
    }
}

#[test]
fn bounds_nesting() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    assert!(!accepts(&deep));
    let fine = "[".repeat(20) + &"]".repeat(20);
    assert!(accepts(&fine));
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        ".*".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(serde_json::Value::from),
            prop::collection::hash_map(".{0,8}", inner, 0..8)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn accepts_every_printed_value(value in json_value()) {
        prop_assert!(accepts(&value.to_string()));
        prop_assert!(accepts(&serde_json::to_string_pretty(&value).unwrap()));
    }

    #[test]
    fn agrees_with_serde_json_on_damaged_text(value in json_value(), at in any::<prop::sample::Index>(), with in "[ -~]{0,2}") {
        let mut text = value.to_string();
        let mut position = at.index(text.len().max(1)).min(text.len());
        while !text.is_char_boundary(position) { position -= 1; }
        let end = text[position..].chars().next().map_or(position, |c| position + c.len_utf8());
        text.replace_range(position..end, &with);
        prop_assert_eq!(accepts(&text), serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn reads_numbers_as_serde_json_does(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let text = serde_json::to_string(&number).unwrap();
        prop_assert_eq!(Cursor::new(&text).token().unwrap(), Token::Number(number));
    }

    #[test]
    fn reads_every_printed_decimal_as_serde_json_does(number: u64, shift in 0u32..64, digits in 0usize..24, zeros in 0usize..26, negative: bool, tail in "[, \\]]{0,9}") {
        let whole = number >> shift;
        let fraction = format!("{}{}", "0".repeat(zeros), &whole.to_string().repeat(24)[..digits]);
        let point = if fraction.is_empty() { "" } else { "." };
        let text = format!("{}{whole}{point}{fraction}", if negative { "-" } else { "" });
        let expected: f64 = text.parse().unwrap();
        let padded = format!("{text}{tail}");
        prop_assert_eq!(Cursor::new(&padded).token().unwrap(), Token::Number(expected), "{}", text);
    }
}

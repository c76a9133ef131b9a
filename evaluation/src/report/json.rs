//! The report as JSON, with numbers rounded so that they print the same everywhere.

use serde_json::Value;

use super::Report;

/// Digits behind the point.
const SCALE: f64 = 1e6;

pub(super) fn write(report: &Report) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(report)?;
    round(&mut value);
    let mut text = serde_json::to_string_pretty(&value)?;
    text.push('\n');
    Ok(text)
}

fn round(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(members) => members.values_mut().for_each(round),
        Value::Number(number) if number.is_f64() => {
            let rounded = number
                .as_f64()
                .map(|number| (number * SCALE).round() / SCALE);
            if let Some(rounded) = rounded.and_then(serde_json::Number::from_f64) {
                *number = rounded;
            }
        }
        _ => {}
    }
}

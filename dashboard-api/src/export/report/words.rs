//! Numbers, times and names as a reader expects them.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use super::figures::Bucket;
use crate::query::Period;
use crate::verdict::{RiskLevel, SessionClass};

/// `1 234 567`, with narrow spaces that do not break.
pub(crate) fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202F}');
        }
        text.push(digit);
    }
    if value < 0 {
        format!("−{text}")
    } else {
        text
    }
}

/// A share of a whole as `12.3 %`; a dash when there is no whole.
pub(crate) fn percent(part: i64, whole: i64) -> String {
    match share(part, whole) {
        Some(share) if part > 0 && share < 0.001 => "< 0.1 %".to_owned(),
        // Not all, although it would be rounded to that.
        Some(share) if part < whole && share > 0.999 => "> 99.9 %".to_owned(),
        Some(share) => format!("{:.1} %", share * 100.0),
        None => "–".to_owned(),
    }
}

/// A share of a whole, 0 to 1.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of sessions are below 2^53"
)]
pub(crate) fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// `21 Nov 2026, 14:05 UTC`.
pub(crate) fn instant(time: DateTime<Utc>) -> String {
    time.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// A period as its first and last day, or with hours when it does not begin and end at midnight.
pub(crate) fn period(period: Period) -> String {
    let is_midnight = |time: DateTime<Utc>| time.num_seconds_from_midnight() == 0;
    if !is_midnight(period.from) || !is_midnight(period.to) {
        return format!("{} – {}", instant(period.from), instant(period.to));
    }
    let last = period.to - TimeDelta::seconds(1);
    let day = |time: DateTime<Utc>| time.format("%-d %B %Y").to_string();
    if day(last) == day(period.from) {
        format!("{} (UTC)", day(last))
    } else {
        format!("{} – {} (UTC)", day(period.from), day(last))
    }
}

/// The label of a bar.
pub(crate) fn bar(bucket: Bucket, begin: DateTime<Utc>) -> String {
    match bucket {
        Bucket::Hour => begin.format("%-d %b %H:%M").to_string(),
        Bucket::Day | Bucket::Week => begin.format("%-d %b").to_string(),
    }
}

pub(crate) fn risk(risk: RiskLevel) -> &'static str {
    match risk {
        RiskLevel::Low => "Low",
        RiskLevel::Medium => "Medium",
        RiskLevel::High => "High",
        RiskLevel::Critical => "Critical",
    }
}

pub(crate) fn class(class: SessionClass) -> &'static str {
    match class {
        SessionClass::Human => "No sign of automation",
        SessionClass::ScriptedBot => "Script or classical bot",
        SessionClass::AiAgent => "AI agent",
        SessionClass::AiAssisted => "Person with an AI assistant",
        SessionClass::DeclaredAgent => "Declared agent",
        SessionClass::InsufficientData => "Too little data",
    }
}

/// What a method looks at, by its stable name.
pub(crate) fn method(name: &str) -> &str {
    match name {
        "keystroke" => "Rhythm of keys",
        "mouse" => "Pointer movement and presses",
        "timing" => "Rhythm of events and pages",
        "device" => "Device and browser",
        "network" => "Connection",
        "focus" => "Focus and navigation",
        "scroll" => "Scrolling",
        "answers" => "Answering behaviour",
        "coordination" => "Copies between sessions",
        "model" => "Learned model",
        other => other,
    }
}

/// What sessions of a campaign share, by its stable name.
pub(crate) fn kind(name: &str) -> &str {
    match name {
        "device" => "One device",
        "trajectory" => "The same pointer movements",
        "rhythm" => "The same key rhythm",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_shares_never_claim_more_than_there_is() {
        assert_eq!(number(1_234_567), "1\u{202F}234\u{202F}567");
        assert_eq!(number(999), "999");
        assert_eq!(percent(1, 8), "12.5 %");
        assert_eq!(percent(1, 1_000_000), "< 0.1 %");
        assert_eq!(percent(999_999, 1_000_000), "> 99.9 %");
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent(8, 8), "100.0 %");
    }

    #[test]
    fn a_period_of_whole_days_is_told_by_its_days() {
        let of = |from: &str, to: &str| {
            period(Period {
                from: from.parse().unwrap(),
                to: to.parse().unwrap(),
            })
        };
        let days = of("2026-11-01T00:00:00Z", "2026-11-22T00:00:00Z");
        assert_eq!(days, "1 November 2026 – 21 November 2026 (UTC)");
        assert_eq!(
            of("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
            "1 November 2026 (UTC)"
        );
        let hours = of("2026-11-01T10:00:00Z", "2026-11-02T00:00:00Z");
        assert_eq!(hours, "1 Nov 2026, 10:00 UTC – 2 Nov 2026, 00:00 UTC");
    }
}

//! Lengths of time as an operator writes them: `30d`, `24h`, `90m`, `45s`; and moments.

use chrono::{DateTime, TimeDelta, Utc};

/// Reads a whole number of days, hours, minutes or seconds.
///
/// # Errors
/// A sentence that names the text.
pub(crate) fn parse(text: &str) -> Result<TimeDelta, String> {
    let problem = || format!("`{text}` is no length of time such as 30d, 24h, 90m or 45s");
    let unit = text.chars().last().ok_or_else(problem)?;
    let number = &text[..text.len() - unit.len_utf8()];
    let digits = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
    let number: i64 = number.parse().ok().filter(|_| digits).ok_or_else(problem)?;
    let length = match unit {
        'd' => TimeDelta::try_days(number),
        'h' => TimeDelta::try_hours(number),
        'm' => TimeDelta::try_minutes(number),
        's' => TimeDelta::try_seconds(number),
        _ => None,
    };
    // Beyond a century it is a slip of the keyboard.
    length
        .filter(|length| *length <= TimeDelta::days(36_525))
        .ok_or_else(problem)
}

/// A moment: RFC 3339, or a length of time before now.
pub(crate) fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let ago: Option<TimeDelta> = parse(text).ok();
    ago.map(|ago| Utc::now() - ago).ok_or_else(|| {
        format!("`{text}` is neither a time such as 2026-11-20T10:00:00Z nor a length of time ago such as 24h")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_hours_minutes_and_seconds_are_understood_and_nothing_else() {
        assert_eq!(parse("30d"), Ok(TimeDelta::days(30)));
        assert_eq!(parse("24h"), Ok(TimeDelta::hours(24)));
        assert_eq!(parse("0m"), Ok(TimeDelta::zero()));
        assert_eq!(parse("45s"), Ok(TimeDelta::seconds(45)));
        for bad in [
            "",
            "d",
            "30",
            "-1d",
            "+1d",
            "1.5h",
            "1w",
            "99999999999999999999d",
            "40000d",
            "3é",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moment_is_a_time_or_so_long_ago() {
        let time = moment("2026-11-20T10:00:00+02:00").unwrap();
        assert_eq!(time.to_rfc3339(), "2026-11-20T08:00:00+00:00");
        let ago = Utc::now() - moment("24h").unwrap();
        assert!(
            (ago - TimeDelta::hours(24)).abs() < TimeDelta::minutes(1),
            "{ago}"
        );
        assert!(moment("yesterday").is_err());
    }
}

//! Timestamps as text: RFC 3339.
//!
//! What browsers and most servers print, `2026-09-21T14:13:20.120Z`, is read here; every other form of
//! RFC 3339 (offsets, other fractions, leap seconds) goes to the full parser. A property test holds the
//! short way to the long one.

use chrono::DateTime;

use super::EventTime;

const COMMON: usize = "2026-09-21T14:13:20.120Z".len();

/// The time that `text` names, or `None` when it is no RFC 3339.
#[inline]
pub(super) fn rfc3339(text: &str) -> Option<EventTime> {
    common_form(text.as_bytes()).or_else(|| any_form(text))
}

#[cold]
fn any_form(text: &str) -> Option<EventTime> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(EventTime(time.timestamp_micros()))
}

fn common_form(text: &[u8]) -> Option<EventTime> {
    let text: &[u8; COMMON] = text.try_into().ok()?;
    let separators = [
        text[4], text[7], text[10], text[13], text[16], text[19], text[23],
    ];
    if separators != *b"--T::.Z" {
        return None;
    }
    let year = number(&[text[0], text[1], text[2], text[3]])?;
    let month = number(&[text[5], text[6]])?;
    let day = number(&[text[8], text[9]])?;
    let hour = number(&[text[11], text[12]])?;
    let minute = number(&[text[14], text[15]])?;
    let second = number(&[text[17], text[18]])?;
    let millis = number(&[text[20], text[21], text[22]])?;
    // The last days of a month are the full parser's business, as are leap seconds.
    let usual = (1..=12).contains(&month) && (1..=28).contains(&day);
    if !usual || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let of_day = ((hour * 60 + minute) * 60 + second) * 1000 + millis;
    let millis = days_since_1970(year, month, day) * 86_400_000 + i64::from(of_day);
    Some(EventTime(millis * 1000))
}

#[inline]
fn number<const N: usize>(digits: &[u8; N]) -> Option<u32> {
    let mut value = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(digit - b'0');
    }
    Some(value)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, by years that begin in March, so that the
/// leap day is a year's last.
fn days_since_1970(year: u32, month: u32, day: u32) -> i64 {
    const MARCH_OF_YEAR_0_TO_1970: i64 = 719_468;
    // One cycle of the calendar ahead, so that the first two months of year 0 are not negative.
    const CYCLE_YEARS: u32 = 400;
    const CYCLE_DAYS: i64 = 146_097;
    let (year, month) = if month > 2 {
        (year + CYCLE_YEARS, month - 3)
    } else {
        (year + CYCLE_YEARS - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    i64::from(days) - CYCLE_DAYS - MARCH_OF_YEAR_0_TO_1970
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_full_parser(micros in -62_135_596_800_000_000i64..253_402_300_799_000_000, damage in prop::option::of((0..COMMON, 0u8..128))) {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let mut text = time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into_bytes();
            if let Some((at, with)) = damage {
                text[at] = with;
            }
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(rfc3339(&text), any_form(&text), "{}", text);
        }

        #[test]
        fn every_day_is_counted_right(year in 0i64..10_000, month in 1i64..13, day in 1i64..29) {
            let text = format!("{year:04}-{month:02}-{day:02}T00:00:00.000Z");
            prop_assert_eq!(common_form(text.as_bytes()), any_form(&text), "{}", text);
        }
    }

    #[test]
    fn other_forms_are_read_too() {
        let time = rfc3339("2026-09-21T14:13:20.120Z");
        assert_eq!(time, Some(EventTime(1_790_000_000_120_000)));
        assert_eq!(rfc3339("2026-09-21T16:13:20.120000+02:00"), time);
        assert_eq!(rfc3339("2026-02-30T14:13:20.120Z"), None);
        assert_eq!(rfc3339("yesterday"), None);
    }
}

//! Numbers, read while their form is checked.
//!
//! Most numbers of a batch are short: their digits make an integer that a double holds exactly, and a
//! double division by a power of ten that is exact itself rounds correctly (Clinger's fast path). What
//! is longer goes through the standard parser. Both give the double nearest to the text.

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Digits that an integer of 64 bits always holds.
const MOST_DIGITS: usize = 19;

/// Up to here a double holds every integer.
const EXACT: u64 = 1 << 53;

/// Consumes the number at `at`, which its end becomes. `None` when its form breaks or it is out of
/// range: then `at` is where.
///
/// The result fits in registers on purpose: one that is handed over in memory costs more time than
/// the digits.
#[inline]
pub(super) fn number(bytes: &[u8], at: &mut usize) -> Option<f64> {
    let start = *at;
    let negative = bytes.get(start) == Some(&b'-');
    *at += usize::from(negative);
    let mut digits = 0;
    let mut count = if bytes.get(*at) == Some(&b'0') {
        *at += 1;
        1
    } else {
        run(bytes, at, &mut digits)?
    };
    let mut decimals = 0;
    if bytes.get(*at) == Some(&b'.') {
        *at += 1;
        decimals = run(bytes, at, &mut digits)?;
        count += decimals;
    }
    if let Some(b'e' | b'E') = bytes.get(*at) {
        *at += 1 + usize::from(matches!(bytes.get(*at + 1), Some(b'+' | b'-')));
        run(bytes, at, &mut 0)?;
        return parsed(&bytes[start..*at]);
    }
    if count > MOST_DIGITS || digits > EXACT || decimals >= POWERS.len() {
        return parsed(&bytes[start..*at]);
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
    let mut value = digits as f64;
    if decimals > 0 {
        value /= POWERS[decimals];
    }
    Some(if negative { -value } else { value })
}

/// Consumes at least one digit and says how many; `digits` may wrap, which the caller sees by their
/// count.
#[inline]
fn run(bytes: &[u8], at: &mut usize, digits: &mut u64) -> Option<usize> {
    let start = *at;
    while let Some(chunk) = bytes.get(*at..).and_then(<[u8]>::first_chunk) {
        let (value, count) = leading_digits(u64::from_le_bytes(*chunk));
        *digits = digits.wrapping_mul(WHOLE_POWERS[count]).wrapping_add(value);
        *at += count;
        if count < 8 {
            return (*at > start).then_some(*at - start);
        }
    }
    while let Some(digit @ b'0'..=b'9') = bytes.get(*at) {
        *digits = digits
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit - b'0'));
        *at += 1;
    }
    (*at > start).then_some(*at - start)
}

/// Value and number of the digits that eight bytes begin with, without a branch per digit: how many
/// digits a number has is what a processor cannot guess.
#[inline]
fn leading_digits(chunk: u64) -> (u64, usize) {
    const HIGH_HALVES: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    const THREES: u64 = 0x3030_3030_3030_3030;
    // A digit's high half is 3, and stays 3 when 6 is added. A carry only spoils what is behind the
    // first byte that is none.
    let other = ((chunk & HIGH_HALVES) ^ THREES)
        | ((chunk.wrapping_add(0x0606_0606_0606_0606) & HIGH_HALVES) ^ THREES);
    let count = other.trailing_zeros() / 8;
    // The digits move up, so that zeros stand before them; two shifts, because none is by 64.
    let spare = 8 * (8 - count);
    let ones = (chunk.wrapping_sub(THREES) << (spare / 2)) << (spare / 2);
    // Neighbours make pairs, pairs make fours, fours make the eight.
    let pairs = ones.wrapping_mul(10).wrapping_add(ones >> 8);
    let fours = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let rest = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    (fours.wrapping_add(rest) >> 32, count as usize)
}

/// Powers of ten by which digits move up.
const WHOLE_POWERS: [u64; 9] = [
    1,
    10,
    100,
    1000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
];

#[cold]
fn parsed(number: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

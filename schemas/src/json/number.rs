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

/// The number at the beginning of `bytes` and its length; where its form breaks, if it does.
#[inline]
pub(super) fn number(bytes: &[u8]) -> Result<(f64, usize), Broken> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let (mut digits, whole_end) = integer(bytes, start)?;
    let mut at = whole_end;
    let mut count = whole_end - start;
    let mut decimals = 0;
    if bytes.get(at) == Some(&b'.') {
        let end = run(bytes, at + 1, &mut digits)?;
        decimals = end - at - 1;
        count += decimals;
        at = end;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let end = run(bytes, at + 1 + sign, &mut 0)?;
        return parsed(bytes, end);
    }
    if count > MOST_DIGITS || digits > EXACT || decimals >= POWERS.len() {
        return parsed(bytes, at);
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
    let value = digits as f64 / POWERS[decimals];
    Ok((if negative { -value } else { value }, at))
}

/// Why there is no number: what was expected, and how far into the text.
pub(super) type Broken = (&'static str, usize);

/// The digits before the point: `0`, or a run that does not begin with it.
#[inline]
fn integer(bytes: &[u8], start: usize) -> Result<(u64, usize), Broken> {
    let mut digits = 0;
    if bytes.get(start) == Some(&b'0') {
        return Ok((digits, start + 1));
    }
    let end = run(bytes, start, &mut digits)?;
    Ok((digits, end))
}

/// Takes at least one digit; `digits` may wrap, which the caller sees by their count.
#[inline]
fn run(bytes: &[u8], start: usize, digits: &mut u64) -> Result<usize, Broken> {
    let mut at = start;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let (value, count) = leading_digits(u64::from_le_bytes(*chunk));
        *digits = digits.wrapping_mul(WHOLE_POWERS[count]).wrapping_add(value);
        at += count;
        if count < 8 {
            return ended(start, at);
        }
    }
    while let Some(digit @ b'0'..=b'9') = bytes.get(at) {
        *digits = digits
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit - b'0'));
        at += 1;
    }
    ended(start, at)
}

#[inline]
fn ended(start: usize, at: usize) -> Result<usize, Broken> {
    if at == start {
        Err(("expected a digit", at))
    } else {
        Ok(at)
    }
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
fn parsed(bytes: &[u8], end: usize) -> Result<(f64, usize), Broken> {
    let text = std::str::from_utf8(&bytes[..end]).unwrap_or_default();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((value, end)),
        _ => Err(("expected a number within double range before", end)),
    }
}

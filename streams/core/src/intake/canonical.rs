//! One form for each time (schemas/canonical.py).

use super::values::certain;
use crate::left::{Left, Outcome};

const DAY: i64 = 86_400_000;
const ODD: Left = Left("a time of an odd form");

/// UTC milliseconds, truncated, of a time of the contract's form (schemas/values.py, TIME).
pub fn milliseconds(text: &str) -> Outcome<i64> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(19).ok_or(ODD)?;
    let marks = [date[4], date[7], date[10], date[13], date[16]];
    certain(bytes.len() <= 64 && matches!(marks, [b'-', b'-', b'T' | b't', b':', b':']))?;
    let hours = number(&date[11..13], 23)?;
    let minutes = number(&date[14..16], 59)?;
    let seconds = number(&date[17..19], 59)?;
    let (fraction, offset) = fraction(rest)?;
    let days = days(&date[..4], number(&date[5..7], 12)?, number(&date[8..10], 31)?)?;
    Ok(days * DAY + ((hours * 60 + minutes - offset_minutes(offset)?) * 60 + seconds) * 1_000 + fraction)
}

/// Days from the epoch to a day that exists; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// days_from_civil.
fn days(year: &[u8], month: i64, day: i64) -> Outcome<i64> {
    let year = number(&year[..2], 99)? * 100 + number(&year[2..], 99)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    certain(year > 0 && month > 0 && (1..=last).contains(&day))?;
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Ok(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// The milliseconds, and what follows the fraction.
fn fraction(rest: &[u8]) -> Outcome<(i64, &[u8])> {
    let Some(fraction) = rest.strip_prefix(b".") else {
        return Ok((0, rest));
    };
    let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    certain(count > 0)?;
    let (digits, rest) = fraction.split_at(count);
    let digit = |place: usize| digits.get(place).map_or(0, |byte| i64::from(byte - b'0'));
    Ok((digit(0) * 100 + digit(1) * 10 + digit(2), rest))
}

fn offset_minutes(offset: &[u8]) -> Outcome<i64> {
    match offset {
        b"Z" | b"z" => Ok(0),
        [sign @ (b'+' | b'-'), hours @ .., b':', ten, one] if hours.len() == 2 => {
            let minutes = number(hours, 23)? * 60 + number(&[*ten, *one], 59)?;
            Ok(if *sign == b'-' { -minutes } else { minutes })
        }
        _ => Err(ODD),
    }
}

/// Two digits, at most `most`.
fn number(digits: &[u8], most: i64) -> Outcome<i64> {
    certain(digits.iter().all(u8::is_ascii_digit))?;
    let value = digits
        .iter()
        .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    certain(value <= most).map(|()| value)
}

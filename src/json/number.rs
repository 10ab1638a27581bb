//! JSON's numbers and PostgreSQL's `numeric`, which keeps all digits (set_var_from_str, make_result and get_str_from_var in
//! numeric.c).

use super::Fault;
use crate::error::Code;
use crate::jsonb::{Unwritable, varlena_header};

/// Decimal digits in a digit of a `numeric`.
const GROUP: i64 = 4;
/// In the first two bytes: the short form and its sign, and the sign of the long form.
const SHORT: u16 = 0x8000;
const SHORT_NEGATIVE: u16 = 0x2000;
const LONG_NEGATIVE: u16 = 0x4000;
const MAX_SCALE: i64 = 0x3FFF;

const OUT_OF_RANGE: Fault =
    Fault { code: Code::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, message: "has a number that is out of range" };

/// Appends a number as a `numeric`, header included. Its form was checked; the place is aligned.
pub fn encode(text: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let scale = (fraction.len() as i64 - exponent).max(0);
    // The digits without zeros before and after them, and the power of ten of the first.
    let mut digits = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
    let count = whole.len() + fraction.len();
    let zeros = digits.clone().take_while(|d| *d == 0).count();
    let trailing = fraction.bytes().rev().chain(whole.bytes().rev()).take_while(|b| *b == b'0').count();
    let (negative, weight, length) = match count - zeros {
        0 => (false, 0, 0),
        _ => (negative, whole.len() as i64 - 1 - zeros as i64 + exponent, count - zeros - trailing),
    };
    let group = weight.div_euclid(GROUP);
    if scale > MAX_SCALE || i64::from(group as i16) != group {
        return Err(OUT_OF_RANGE);
    }

    let start = out.len();
    out.try_reserve(text.len() / 2 + 16).map_err(|_| Unwritable::OutOfMemory)?;
    out.extend_from_slice(&[0; 4]);
    if scale <= 0x3F && (-0x40..0x40).contains(&group) {
        let sign = if negative { SHORT | SHORT_NEGATIVE } else { SHORT };
        out.extend_from_slice(&(sign | (scale as u16) << 7 | (group as u16 & 0x7F)).to_ne_bytes());
    } else {
        let sign = if negative { LONG_NEGATIVE } else { 0 };
        out.extend_from_slice(&(sign | scale as u16).to_ne_bytes());
        out.extend_from_slice(&(group as i16).to_ne_bytes());
    }
    // The first digit's place in its group.
    let mut place = GROUP - 1 - weight.rem_euclid(GROUP);
    let mut value = 0;
    digits.by_ref().take(zeros).for_each(drop);
    for digit in digits.take(length) {
        value = value * 10 + u16::from(digit);
        place += 1;
        if place == GROUP {
            out.extend_from_slice(&value.to_ne_bytes());
            (place, value) = (0, 0);
        }
    }
    if length > 0 && place > 0 {
        value *= 10u16.pow((GROUP - place) as u32);
        out.extend_from_slice(&value.to_ne_bytes());
    }
    let header = varlena_header(out.len() - start);
    out[start..start + 4].copy_from_slice(&header);
    Ok(())
}

/// An exponent, as far as numeric takes one.
fn exponent(text: &str) -> Result<i64, Fault> {
    match text.parse::<i32>() {
        Ok(exponent) if exponent.unsigned_abs() < i32::MAX as u32 / 2 => Ok(i64::from(exponent)),
        _ => Err(OUT_OF_RANGE),
    }
}

/// Appends a finite `numeric` (header included) as PostgreSQL writes it.
pub fn write(bytes: &[u8], out: &mut String) {
    let word = |at: usize| bytes.get(at..at + 2).map_or(0, |b| u16::from_ne_bytes(b.try_into().expect("two bytes")));
    let head = word(4);
    let (negative, scale, weight, first) = match head & 0xC000 {
        SHORT => {
            let weight = i64::from(head & 0x3F) - if head & 0x40 != 0 { 0x40 } else { 0 };
            (head & SHORT_NEGATIVE != 0, usize::from(head >> 7 & 0x3F), weight, 6)
        }
        _ => (head & LONG_NEGATIVE != 0, usize::from(head & 0x3FFF), i64::from(word(6) as i16), 8),
    };
    let count = bytes.len().saturating_sub(first) / 2;
    // The group of this power of 10000.
    let group = |power: i64| {
        let index = weight - power;
        if (0..count as i64).contains(&index) { word(first + 2 * index as usize) } else { 0 }
    };
    if negative {
        out.push('-');
    }
    out.push_str(&group(weight.max(0)).to_string());
    for power in (0..weight.max(0)).rev() {
        out.push_str(&format!("{:04}", group(power)));
    }
    if scale > 0 {
        out.push('.');
        let end = out.len() + scale;
        let mut power = -1;
        while out.len() < end {
            out.push_str(&format!("{:04}", group(power)));
            power -= 1;
        }
        out.truncate(end);
    }
}

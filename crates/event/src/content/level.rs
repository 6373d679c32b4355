//! Power levels as numbers, in the spellings that each room version takes.

use exeunt_version::{LevelForm, LevelStrings, Mutant, RoomVersion};

use crate::json::{Value, truncated};

/// A power level. Versions 1 to 9 allow levels beyond 64 bits; those count as the nearest bound.
pub type Level = i64;

/// The level that a value spells, or `None` if it is no integer in this room version.
pub(super) fn parse(value: &Value<'_>, version: &RoomVersion) -> Option<Level> {
    let form = version.capabilities.levels;
    match value {
        Value::Integer(level) => Some(*level),
        Value::Number(spelling) if form == LevelForm::FloatsAndStrings => Some(truncated(spelling)),
        Value::String(text)
            if form != LevelForm::Integers || version.is_mutant(Mutant::LevelStrings) =>
        {
            match version.readings.level_strings {
                LevelStrings::Text => parse_text(text),
                LevelStrings::Python => parse_python(text),
            }
        }
        Value::Bool(bool)
            if form != LevelForm::Integers
                && version.readings.level_strings == LevelStrings::Python =>
        {
            Some(Level::from(*bool))
        }
        _ => None,
    }
}

/// Digits with an optional sign, saturating.
fn parse_digits(digits: &str) -> Option<Level> {
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let bound = if digits.starts_with('-') { Level::MIN } else { Level::MAX };
    Some(digits.parse().unwrap_or(bound))
}

/// <https://spec.matrix.org/v1.19/rooms/v1/#mroompower_levels-events-accept-values-as-strings>
fn parse_text(text: &str) -> Option<Level> {
    parse_digits(text.trim())
}

/// What Python's `int()` takes: single underscores between digits, and decimal digits of any
/// script.
fn parse_python(text: &str) -> Option<Level> {
    let trimmed = text.trim();
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    if unsigned.starts_with('_') || unsigned.ends_with('_') || unsigned.contains("__") {
        return None;
    }
    let mut digits = String::from(if trimmed.starts_with('-') { "-" } else { "" });
    for character in unsigned.chars().filter(|character| *character != '_') {
        digits.push(ascii_digit(character)?);
    }
    parse_digits(&digits)
}

/// The first digits of the decimal scripts of Unicode in common use: each is followed by its nine
/// others.
const ZEROS: [char; 22] = [
    '0',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{17e0}',
    '\u{1810}',
    '\u{ff10}',
    '\u{1d7ce}',
];

fn ascii_digit(character: char) -> Option<char> {
    ZEROS.iter().find_map(|zero| {
        let offset = u32::from(character).checked_sub(u32::from(*zero)).filter(|o| *o < 10)?;
        char::from_digit(offset, 10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strings_of_the_specification_are_levels() {
        for (text, level) in [
            ("100", 100),
            ("000100", 100),
            ("+100", 100),
            ("-100", -100),
            (" 100 ", 100),
            (" 00100 ", 100),
            (" -100 ", -100),
            ("99999999999999999999", Level::MAX),
            ("-99999999999999999999", Level::MIN),
        ] {
            assert_eq!(parse_text(text), Some(level), "{text:?}");
            assert_eq!(parse_python(text), Some(level), "{text:?}");
        }
        for text in ["", " ", "+", "-", "1.0", "1e2", "+-1", "- 1", "0x10", "abc", "1 0"] {
            assert_eq!(parse_text(text), None, "{text:?}");
            assert_eq!(parse_python(text), None, "{text:?}");
        }
    }

    #[test]
    fn python_takes_more() {
        for (text, level) in [("1_0", 10), ("-1_0", -10), ("٥٠", 50), ("５０", 50)] {
            assert_eq!(parse_text(text), None, "{text:?}");
            assert_eq!(parse_python(text), Some(level), "{text:?}");
        }
        for text in ["_1", "1_", "1__0", "½"] {
            assert_eq!(parse_python(text), None, "{text:?}");
        }
    }
}

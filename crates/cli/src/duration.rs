//! Lengths of time as arguments.

use std::str::FromStr;
use std::time::Duration;

/// `500ms`, `30s`, `10m`, `2h`, or a number of seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds(pub(crate) Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(number) = text.strip_suffix("ms") {
            let number = number.parse().map_err(|_| format!("{text:?} is no time such as 30s"))?;
            return Ok(Self(Duration::from_millis(number)));
        }
        let (number, unit) = match text.as_bytes().last() {
            Some(b's') => (&text[..text.len() - 1], 1),
            Some(b'm') => (&text[..text.len() - 1], 60),
            Some(b'h') => (&text[..text.len() - 1], 3_600),
            _ => (text, 1),
        };
        let number: u64 = number.parse().map_err(|_| format!("{text:?} is no time such as 30s"))?;
        Ok(Self(Duration::from_secs(number.saturating_mul(unit))))
    }
}

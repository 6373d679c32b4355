//! The number of a rule, such as `5.3.1.7`.

use std::fmt;
use std::str::FromStr;

/// The number of a rule in the text of one room version, such as `5.3.1.7`.
///
/// Ordered by component, as the text is: `5.2` stands before `5.2.1`, and that before `5.10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleNumber {
    /// The components, which count from 1, with zeros after the last one.
    components: [u8; Self::DEPTH],
}

/// The text is not the number of a rule: one to five integers from 1 to 255 with dots between.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the number of a rule, such as \"5.3.1.7\"")]
pub struct RuleNumberError(pub String);

impl RuleNumber {
    /// The most components that a number has.
    const DEPTH: usize = 5;

    /// Before the first component.
    pub(super) const EMPTY: Self = Self { components: [0; Self::DEPTH] };

    /// The number one level deeper; None if that would be too deep.
    pub(super) fn with(mut self, component: u8) -> Option<Self> {
        *self.components.iter_mut().find(|component| **component == 0)? = component;
        Some(self)
    }

    /// The components, outermost first.
    ///
    /// ```
    /// let number: exeunt_auth::RuleNumber = "10.4.1".parse()?;
    /// assert_eq!(number.components(), [10, 4, 1]);
    /// # Ok::<(), exeunt_auth::RuleNumberError>(())
    /// ```
    pub fn components(&self) -> &[u8] {
        self.components.split(|component| *component == 0).next().unwrap_or_default()
    }
}

impl fmt::Display for RuleNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, component) in self.components().iter().enumerate() {
            let dot = if depth == 0 { "" } else { "." };
            write!(f, "{dot}{component}")?;
        }
        Ok(())
    }
}

impl FromStr for RuleNumber {
    type Err = RuleNumberError;

    fn from_str(text: &str) -> Result<Self, RuleNumberError> {
        text.split('.')
            .try_fold(Self::EMPTY, |number, component| number.with(parse(component)?))
            .ok_or_else(|| RuleNumberError(text.to_owned()))
    }
}

/// Digits without a leading zero.
fn parse(component: &str) -> Option<u8> {
    let canonical =
        component.bytes().all(|byte| byte.is_ascii_digit()) && !component.starts_with('0');
    canonical.then(|| component.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_it_is_read() {
        for text in ["1", "10", "5.3", "5.3.5.2", "1.2.3.4.5", "255.255.255.255.255"] {
            assert_eq!(text.parse::<RuleNumber>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_number_is_an_error_that_shows_it() {
        for text in ["", ".", "5.", ".5", "5..1", "0", "5.0", "05", "+5", "-5", " 5", "256", "5.a"]
            .into_iter()
            .chain(["1.2.3.4.5.6", "٥"])
        {
            assert_eq!(text.parse::<RuleNumber>(), Err(RuleNumberError(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn numbers_stand_in_the_order_of_the_text() {
        let texts = ["1", "1.1", "1.2", "2", "5.2", "5.2.1", "5.2.1.1.9", "5.3", "5.10", "10"];
        let numbers: Vec<RuleNumber> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert!(numbers.is_sorted());
    }
}

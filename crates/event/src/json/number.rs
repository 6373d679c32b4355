//! Numbers that strict canonical JSON forbids, as versions 1 to 5 have them.

use exeunt_version::LenientNumbers;

use super::NotCanonical;

/// A number as its digits, without point or leading zeros, and a power of ten.
struct Decimal<'a> {
    negative: bool,
    /// Digits before and after the point.
    digits: (&'a str, &'a str),
    /// The value is the digits read as one integer, times ten to this power.
    exponent: i64,
}

impl<'a> Decimal<'a> {
    /// From a number as JSON spells it.
    fn new(spelling: &'a str) -> Self {
        let (negative, rest) =
            spelling.strip_prefix('-').map_or((false, spelling), |rest| (true, rest));
        let (mantissa, power) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // An exponent beyond 64 bits belongs to zero or to a number that `is_finite` turned away.
        let power: i64 = power.parse().unwrap_or(if power.starts_with('-') {
            i64::MIN / 2
        } else {
            i64::MAX / 2
        });
        let length = i64::try_from(fraction.len()).unwrap_or(i64::MAX / 4);
        Self { negative, digits: (whole, fraction), exponent: power.saturating_sub(length) }
    }

    fn digits(&self) -> String {
        let digits = [self.digits.0, self.digits.1].concat();
        digits.trim_start_matches('0').to_owned()
    }

    /// The integer part, in decimal without leading zeros; empty for zero. The second is whether
    /// nothing was cut off.
    fn truncated(&self) -> (String, bool) {
        let mut digits = self.digits();
        if digits.is_empty() {
            return (digits, true);
        }
        if let Ok(zeros) = usize::try_from(self.exponent) {
            // A finite double has at most 309 digits.
            digits.extend(std::iter::repeat_n('0', zeros.min(400)));
            return (digits, true);
        }
        let cut = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
        let whole = digits.len().saturating_sub(cut);
        // Fewer digits than are cut: what remains is a fraction that is not zero.
        let exact = cut <= digits.len() && digits.as_bytes()[whole..].iter().all(|d| *d == b'0');
        digits.truncate(whole);
        (digits, exact)
    }
}

/// Whether a double can hold the number (perhaps rounded).
pub(super) fn is_finite(spelling: &str) -> bool {
    spelling.parse::<f64>().is_ok_and(f64::is_finite)
}

/// What keeps a spelled number out of strict canonical JSON.
pub(super) fn not_canonical(spelling: &str) -> NotCanonical {
    if spelling == "-0" || spelling.contains(['.', 'e', 'E']) {
        NotCanonical::Float
    } else {
        NotCanonical::OutOfRange
    }
}

/// The number without its fraction, at most 64 bits: what lies beyond is the nearest bound.
///
/// <https://spec.matrix.org/v1.19/rooms/v1/#mroompower_levels-events-accept-values-as-floats>
pub fn truncated(spelling: &str) -> i64 {
    let decimal = Decimal::new(spelling);
    let (digits, _) = decimal.truncated();
    let bound = if decimal.negative { i64::MIN } else { i64::MAX };
    match (digits.is_empty(), decimal.negative) {
        (true, _) => 0,
        (false, false) => digits.parse().unwrap_or(bound),
        (false, true) => format!("-{digits}").parse().unwrap_or(bound),
    }
}

/// Writes a spelled number in the form that `numbers` says.
pub(super) fn write(spelling: &str, numbers: LenientNumbers, out: &mut Vec<u8>) {
    let written = match numbers {
        LenientNumbers::Value => by_value(spelling),
        LenientNumbers::Python => as_python(spelling),
    };
    out.extend_from_slice(written.as_bytes());
}

fn by_value(spelling: &str) -> String {
    let decimal = Decimal::new(spelling);
    match decimal.truncated() {
        (digits, true) if digits.is_empty() => "0".to_owned(),
        (digits, true) if decimal.negative => format!("-{digits}"),
        (digits, true) => digits,
        (_, false) => match spelling.parse::<f64>() {
            Ok(0.0) => "0".to_owned(),
            Ok(double) => double.to_string(),
            Err(_) => spelling.to_owned(),
        },
    }
}

fn as_python(spelling: &str) -> String {
    if spelling == "-0" {
        return "0".to_owned();
    }
    if !spelling.contains(['.', 'e', 'E']) {
        return spelling.to_owned();
    }
    let Ok(double) = spelling.parse::<f64>() else {
        return spelling.to_owned();
    };
    // Rust's `{:e}` has the same shortest digits as Python's `repr`; only the layout differs.
    let scientific = format!("{double:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let plain = double.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_value_an_integer_is_written_as_such_whatever_its_spelling() {
        for (spelling, written) in [
            ("-0", "0"),
            ("1e10", "10000000000"),
            ("1.0", "1"),
            ("-1.50e1", "-15"),
            ("0.000e99", "0"),
            ("0e-99999999999999999999", "0"),
            ("0e99999999999999999999", "0"),
            ("9223372036854775808", "9223372036854775808"),
            ("100e-2", "1"),
            ("100e-3", "0.1"),
            ("-0.5", "-0.5"),
            ("1.10", "1.1"),
            ("1e-400", "0"),
            ("5.114698E4", "51146.98"),
        ] {
            assert_eq!(by_value(spelling), written, "{spelling}");
        }
    }

    #[test]
    fn as_python_a_float_stays_a_float() {
        for (spelling, written) in [
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1e10", "10000000000.0"),
            ("1e16", "1e+16"),
            ("1.5e-7", "1.5e-07"),
            ("0.0001", "0.0001"),
            ("1E2", "100.0"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(as_python(spelling), written, "{spelling}");
        }
    }

    #[test]
    fn truncation_applies_the_exponent_first() {
        for (spelling, level) in [
            ("5.114698E4", 51146),
            ("50.57", 50),
            ("-50.57", -50),
            ("0.99999999999999999999", 0),
            ("1e30", i64::MAX),
            ("-1e300", i64::MIN),
            ("9223372036854775808", i64::MAX),
            ("12e-1", 1),
            ("12e-5", 0),
            ("-0", 0),
        ] {
            assert_eq!(truncated(spelling), level, "{spelling}");
        }
    }
}

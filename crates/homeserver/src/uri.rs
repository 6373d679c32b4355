//! Paths and queries.

use std::fmt::Write as _;

/// Path and query of a request, taken apart and decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uri {
    /// The segments of the path, decoded.
    pub(crate) path: Vec<String>,
    /// The parameters of the query in order, decoded; `None` if they do not decode to UTF-8.
    pub(crate) query: Option<Vec<(String, String)>>,
}

impl Uri {
    /// `None` for what is no path, or whose path decodes to something that is not UTF-8.
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let path = path.strip_prefix('/')?;
        let path = path.split('/').map(|segment| decode(segment, false)).collect::<Option<_>>()?;
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name, true)?, decode(value, true)?))
        };
        Some(Self { path, query: pairs.map(pair).collect() })
    }

    /// The first value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All values of a parameter.
    pub(crate) fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.query.iter().flatten().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                high << 4 | low
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A segment of a path or a value of a query, with everything encoded but unreserved characters.
///
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string succeeds.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        let text = "!a:b.example/ü?&=+% \u{0}";
        let uri = Uri::parse(&format!("/x/{}?a={}&b", encode(text), encode(text))).unwrap();
        assert_eq!(uri.path, ["x", text]);
        assert_eq!(uri.parameter("a"), Some(text));
        assert_eq!(uri.parameter("b"), Some(""));
        assert_eq!(uri.parameter("c"), None);
    }

    #[test]
    fn broken_escapes_are_no_path() {
        for broken in ["", "x", "/%", "/%4", "/%zz", "/%ff"] {
            assert_eq!(Uri::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_path_is_one_whatever_its_query() {
        for broken in ["/x?%", "/x?a=%4", "/x?a=1&b=%ff", "/x?%zz=1"] {
            let uri = Uri::parse(broken).unwrap();
            assert_eq!((uri.path, uri.query), (vec!["x".to_owned()], None), "{broken}");
        }
    }
}

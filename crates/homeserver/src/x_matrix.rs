//! The `Authorization` header of the scheme `X-Matrix`.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#request-authentication>, with the grammar of
//! [RFC 9110, section 11.4](https://www.rfc-editor.org/rfc/rfc9110#section-11.4):
//!
//! ```text
//! credentials   = "X-Matrix" 1*SP parameters
//! parameters    = [ parameter ] *( OWS "," OWS [ parameter ] )
//! parameter     = token OWS "=" OWS ( 1*( tchar / ":" ) / quoted-string )
//! quoted-string = DQUOTE *( qdtext / "\" ( HTAB / SP / VCHAR / obs-text ) ) DQUOTE
//! ```
//!
//! What the text leaves open, or says twice, is decided here so:
//!
//! - The colon is all that an unquoted value may have beyond a token. An IPv6 literal, and Base64
//!   with `/` or `=`, must be quoted.
//! - The signature's parameter is called `sig` in the examples and by everybody, and `signature` in
//!   the list of parameters. Both names are read as the one parameter, and `sig` is written.
//! - A parameter that counts and is there twice is malformed
//!   ([section 11.2](https://www.rfc-editor.org/rfc/rfc9110#section-11.2)): what one server reads
//!   from it another might not. Unknown parameters are ignored however often they are there.

use crate::Refusal;

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XMatrix {
    /// The server that sends the request.
    pub origin: String,
    /// The server that the request is for; requests before v1.3 do not say.
    pub destination: Option<String>,
    /// The ID of the key.
    pub key: String,
    /// The signature, in Base64.
    pub sig: String,
}

/// Spaces and tabs: RFC 9110's `OWS`.
const WHITE_SPACE: [char; 2] = [' ', '\t'];

impl XMatrix {
    /// From the value of an `Authorization` header; `None` if it is of another scheme.
    pub fn parse(header: &str) -> Option<Result<Self, Refusal>> {
        // A field's value has no white space around it, whoever cut it out of the message.
        let header = header.trim_matches(WHITE_SPACE);
        let (scheme, rest) = header.split_at(end_of(header, is_token));
        scheme
            .eq_ignore_ascii_case("X-Matrix")
            .then(|| Self::from_parameters(rest).map_err(Refusal::MalformedAuthorization))
    }

    /// The value of the header, in the form that older servers understand too: one space, names in
    /// lower case, every value in quotes, no space around commas, and no backslashes unless a value
    /// cannot do without.
    ///
    /// Control characters, which no header may have and no valid value has, are left out.
    pub fn to_header(&self) -> String {
        let mut header = String::from("X-Matrix ");
        write_parameter(&mut header, "origin", &self.origin);
        if let Some(destination) = &self.destination {
            header.push(',');
            write_parameter(&mut header, "destination", destination);
        }
        for (name, value) in [("key", &self.key), ("sig", &self.sig)] {
            header.push(',');
            write_parameter(&mut header, name, value);
        }
        header
    }

    fn from_parameters(text: &str) -> Result<Self, &'static str> {
        if !text.is_empty() && !text.starts_with(' ') {
            return Err("no space follows the scheme");
        }
        let mut rest = text.trim_start_matches(' ');
        let [mut origin, mut destination, mut key, mut sig] = [None, None, None, None];
        loop {
            if !rest.is_empty() && !rest.starts_with([',', ' ', '\t']) {
                let (name, value, after) = parameter(rest)?;
                rest = after;
                let known = match name.to_ascii_lowercase().as_str() {
                    "origin" => Some((&mut origin, "origin is there twice")),
                    "destination" => Some((&mut destination, "destination is there twice")),
                    "key" => Some((&mut key, "key is there twice")),
                    "sig" | "signature" => Some((&mut sig, "sig is there twice")),
                    _ => None,
                };
                if let Some((known, twice)) = known
                    && known.replace(value).is_some()
                {
                    return Err(twice);
                }
            }
            rest = rest.trim_start_matches(WHITE_SPACE);
            if rest.is_empty() {
                break;
            }
            let after = rest.strip_prefix(',').ok_or("no comma follows a parameter")?;
            rest = after.trim_start_matches(WHITE_SPACE);
        }
        Ok(Self {
            origin: origin.ok_or("origin is missing")?,
            destination,
            key: key.ok_or("key is missing")?,
            sig: sig.ok_or("sig is missing")?,
        })
    }
}

/// Name and value of the parameter that the text starts with, and what follows it.
fn parameter(text: &str) -> Result<(&str, String, &str), &'static str> {
    let (name, rest) = text.split_at(end_of(text, is_token));
    if name.is_empty() {
        return Err("a character stands where a parameter's name should");
    }
    let rest = rest.trim_start_matches(WHITE_SPACE);
    let rest = rest.strip_prefix('=').ok_or("a parameter has no value")?;
    let rest = rest.trim_start_matches(WHITE_SPACE);
    if let Some(rest) = rest.strip_prefix('"') {
        let (value, rest) = quoted(rest)?;
        return Ok((name, value, rest));
    }
    let (value, rest) = rest.split_at(end_of(rest, |c| is_token(c) || c == ':'));
    if value.is_empty() {
        return Err("a parameter has no value");
    }
    Ok((name, value.to_owned(), rest))
}

/// The string whose opening quote is behind us, without its escapes, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut rest = text.chars();
    loop {
        let character = match rest.next() {
            Some('"') => return Ok((value, rest.as_str())),
            Some('\\') => rest.next(),
            other => other,
        };
        match character {
            Some(character) if is_text(character) => value.push(character),
            Some(_) => return Err("a quoted value has a control character"),
            None => return Err("a quoted value has no end"),
        }
    }
}

fn write_parameter(header: &mut String, name: &str, value: &str) {
    header.push_str(name);
    header.push_str("=\"");
    for character in value.chars().filter(|character| is_text(*character)) {
        if matches!(character, '"' | '\\') {
            header.push('\\');
        }
        header.push(character);
    }
    header.push('"');
}

/// Where the characters of a kind end that the text starts with.
fn end_of(text: &str, is_kind: impl Fn(char) -> bool) -> usize {
    text.find(|character| !is_kind(character)).unwrap_or(text.len())
}

/// RFC 9110's `tchar`. <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// What a quoted string may stand for: `HTAB`, `SP`, `VCHAR` and `obs-text`.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4>
fn is_text(character: char) -> bool {
    character == '\t' || !character.is_ascii_control()
}

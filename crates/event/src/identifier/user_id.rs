//! User IDs. <https://spec.matrix.org/v1.19/appendices/#user-identifiers>

use super::{IdentifierError, ServerName, check_with_domain, identifier, split};

identifier! {
    /// A user: `@localpart:server`.
    UserId
}

impl UserId {
    /// Takes what the grammar allows, with the historical leniency: a localpart of any characters
    /// but the colon and NUL, or none.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        check_with_domain(text, '@', false).map(|()| Self::from_received(text))
    }

    /// Takes what the current grammar allows: a localpart of `a-z`, `0-9` and `._=-/+`.
    pub fn parse_strict(text: &str) -> Result<Self, IdentifierError> {
        let user = Self::parse(text)?;
        let is_current = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._=-/+".contains(&byte)
        };
        match user.localpart() {
            localpart if !localpart.is_empty() && localpart.bytes().all(is_current) => Ok(user),
            _ => Err(IdentifierError::Character),
        }
    }

    /// What stands between the sigil and the first colon.
    pub fn localpart(&self) -> &str {
        split(self.as_str()).0
    }

    /// The name of the user's server: what follows the first colon; empty if there is none.
    pub fn server_name(&self) -> ServerName {
        ServerName::from_received(self.domain())
    }

    /// The same as a string.
    pub fn domain(&self) -> &str {
        split(self.as_str()).1.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn historical_localparts_are_accepted_and_known_as_such() {
        for user in ["@:a", "@A:a", "@ünï:a:80", "@a b\u{1}:a", "@!$#:[::1]:1"] {
            assert!(UserId::parse(user).is_ok(), "{user}");
            assert_eq!(UserId::parse_strict(user), Err(IdentifierError::Character), "{user}");
        }
        assert!(UserId::parse_strict("@a.b_c=d-e/f+9:example.org").is_ok());
    }

    #[test]
    fn each_fault_has_its_error() {
        assert_eq!(UserId::parse("a:b"), Err(IdentifierError::Sigil('@')));
        assert_eq!(UserId::parse(""), Err(IdentifierError::Sigil('@')));
        assert_eq!(UserId::parse("@a"), Err(IdentifierError::NoServerName));
        assert_eq!(UserId::parse("@a:"), Err(IdentifierError::ServerName));
        assert_eq!(UserId::parse("@a\0:b"), Err(IdentifierError::Character));
        let long = format!("@{}:b", "a".repeat(253));
        assert_eq!(UserId::parse(&long), Err(IdentifierError::TooLong));
        assert!(UserId::parse(&long.replacen("aa", "a", 1)).is_ok());
    }

    #[test]
    fn the_server_is_what_follows_the_first_colon() {
        let user = UserId::parse("@a:[::1]:80").unwrap();
        assert_eq!((user.localpart(), user.domain()), ("a", "[::1]:80"));
    }
}

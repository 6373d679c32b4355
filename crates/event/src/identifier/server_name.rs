//! Server names. <https://spec.matrix.org/v1.19/appendices/#server-name>

use std::net::Ipv6Addr;

use super::{IdentifierError, check_length, identifier};

identifier! {
    /// The name of a homeserver: a DNS name, an IPv4 or a bracketed IPv6 literal, perhaps with a
    /// port. Compared case-sensitively.
    ServerName
}

impl ServerName {
    /// Takes what the grammar allows: 255 bytes for the hostname, then perhaps a port.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let (hostname, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or(IdentifierError::ServerName)?;
            // A zone (`%eth0`) is no part of the grammar, and `Ipv6Addr` does not take it.
            address.parse::<Ipv6Addr>().map_err(|_| IdentifierError::ServerName)?;
            (address, if port.is_empty() { None } else { Some(port) })
        } else {
            let end = text.find(':').unwrap_or(text.len());
            (&text[..end], text.get(end..).filter(|port| !port.is_empty()))
        };
        check_length(hostname)?;
        let is_dns = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        let hostname_is_valid =
            text.starts_with('[') || (!hostname.is_empty() && hostname.bytes().all(is_dns));
        let port_is_valid = port.is_none_or(|port| {
            port.strip_prefix(':').is_some_and(|digits| {
                (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        });
        if hostname_is_valid && port_is_valid {
            Ok(Self::from_received(text))
        } else {
            Err(IdentifierError::ServerName)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_are_server_names() {
        for name in [
            "matrix.org",
            "matrix.org:8888",
            "1.2.3.4",
            "1.2.3.4:1234",
            "[1234:5678::abcd]",
            "[1234:5678::abcd]:5678",
            "localhost",
            "MATRIX.org",
        ] {
            assert!(ServerName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_the_grammar_lacks_is_no_server_name() {
        for name in [
            "",
            ":8448",
            "matrix.org:",
            "matrix.org:123456",
            "matrix.org:84a",
            "matrix_org",
            "[::1",
            "[]",
            "[::1]8448",
            "[fe80::1%eth0]",
            "[1.2.3.4]",
            "::1",
            "bücher.example",
            "a b",
        ] {
            assert_eq!(ServerName::parse(name), Err(IdentifierError::ServerName), "{name}");
        }
        assert_eq!(ServerName::parse(&"a".repeat(256)), Err(IdentifierError::TooLong));
        assert!(ServerName::parse(&("a".repeat(255) + ":12345")).is_ok());
    }
}

//! Identifiers as strings.

use exeunt_event::{EventId, RoomId, ServerName, UserId};
use exeunt_regressions::proptest::prelude::*;

/// Strings that are nearly identifiers.
fn nearly(sigils: &'static str) -> impl Strategy<Value = String> {
    let sigil = prop::sample::select(sigils.chars().map(String::from).collect::<Vec<_>>());
    let piece = prop_oneof![
        6 => "[a-z]{0,6}",
        2 => "[A-Za-z0-9._=/+-]{0,43}",
        1 => prop::sample::select(vec!["", ":", "\0", "é", " ", "_", "[::1]", "[", "1.2.3.4", "%"])
            .prop_map(ToOwned::to_owned),
        1 => (0..300_usize).prop_map(|length| "a".repeat(length)),
        1 => "[A-Za-z0-9_-]{43}",
    ];
    let port = prop_oneof![
        3 => Just(String::new()),
        2 => ":[0-9]{0,6}",
        1 => prop::sample::select(vec![":", ":+80", ":65535", ":65536", ":00080", ":000080"])
            .prop_map(ToOwned::to_owned),
    ];
    let colon = prop::sample::select(vec![":", ":", ":", ""]);
    (sigil, piece.clone(), colon, piece, port).prop_map(|(sigil, local, colon, host, port)| {
        [&*sigil, &local, colon, &host, &port].concat()
    })
}

fn server() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        4 => "[a-zA-Z0-9.-]{0,12}",
        1 => "[a-z_:é ]{0,6}",
        1 => "\\[[0-9a-f:.]{0,12}\\]",
        1 => Just("[::1]".to_owned()),
        1 => (250..263_usize).prop_map(|length| "a".repeat(length)),
    ];
    let port = prop_oneof![
        2 => Just(String::new()),
        2 => ":[0-9]{0,7}",
        1 => ":[+-]?[0-9]{1,3}",
    ];
    (host, port).prop_map(|(host, port)| host + &port)
}

/// Where ruma reads a port otherwise than the grammar, which has one to five digits: it takes
/// what is a number below 65,536, with a plus sign and any number of zeros before it.
fn has_other_port(server: &str) -> bool {
    let host_end = server.rfind(']').map_or(0, |at| at + 1);
    let Some((_, port)) = server[host_end..].split_once(':') else {
        return false;
    };
    let by_grammar =
        (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    by_grammar != port.parse::<u16>().is_ok()
}

/// The grammar gives a DNS name at most 255 characters; ruma bounds the whole server name by 261.
fn has_long_host(server: &str) -> bool {
    let host = server.split(':').next().unwrap_or_default();
    (256..=261).contains(&host.len())
}

fn domain(id: &str) -> &str {
    id.split_once(':').map_or("", |(_, domain)| domain)
}

/// The unpadded Base64 of 32 bytes in either alphabet: what an event ID without a domain must be.
fn is_hash(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    text.len() == 43 && text.bytes().all(is_base64)
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 3_000))]

    #[test]
    fn server_names_agree_but_for_ports_and_lengths(name in server()) {
        let (ours, theirs) =
            (ServerName::parse(&name).is_ok(), ruma_common::ServerName::parse(&name).is_ok());
        prop_assert!(ours == theirs || has_other_port(&name) || has_long_host(&name), "{}", name);
    }

    #[test]
    fn user_ids_agree_but_for_ports(id in nearly("@@@@#")) {
        let (ours, theirs) =
            (UserId::parse(&id).is_ok(), ruma_common::UserId::parse(&id).is_ok());
        prop_assert!(ours == theirs || has_other_port(domain(&id)), "{}", id);
        let strict = ruma_common::UserId::parse(&id)
            .is_ok_and(|user| user.validate_strict().is_ok());
        prop_assert!(
            UserId::parse_strict(&id).is_ok() == strict || has_other_port(domain(&id)), "{}", id
        );
    }

    /// ruma takes any room ID of up to 255 bytes without NUL, because clients are to see it as
    /// opaque; a server knows that there are two forms.
    #[test]
    fn a_room_id_is_one_to_ruma_too(id in nearly("!!!!#")) {
        let theirs = ruma_common::RoomId::parse(&id);
        if RoomId::parse(&id).is_ok() {
            prop_assert!(theirs.is_ok(), "{}", id);
        } else {
            let opaque = id.strip_prefix('!').filter(|opaque| !opaque.contains('\0'));
            let is_neither_form = opaque.is_some_and(|opaque| {
                id.len() <= 255 && !is_hash(opaque) && ServerName::parse(domain(&id)).is_err()
            });
            prop_assert_eq!(theirs.is_ok(), is_neither_form, "{}", id);
        }
    }

    /// ruma takes any event ID without a colon, however long.
    #[test]
    fn event_ids_agree_but_for_ports_and_those_without_a_domain(id in nearly("$$$$#")) {
        let (ours, theirs) =
            (EventId::parse(&id).is_ok(), ruma_common::EventId::parse(&id).is_ok());
        let without_domain = id.starts_with('$') && !id.contains(':');
        if without_domain {
            prop_assert!(theirs, "{}", id);
            prop_assert_eq!(ours, is_hash(&id[1..]), "{}", id);
        } else {
            prop_assert!(ours == theirs || has_other_port(domain(&id)), "{}", id);
        }
    }
}

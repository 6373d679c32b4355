//! Random headers, of the pieces that headers are made of.

use exeunt_regressions::proptest::prelude::*;

/// Texts that start as a header does more often than not, and then may be anything.
pub(crate) fn header() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        4 => Just("X-Matrix ".to_owned()),
        1 => Just("x-MATRIX".to_owned()),
        1 => any::<String>(),
    ];
    let piece = prop_oneof![
        prop::sample::select(vec![
            "origin",
            "destination",
            "key",
            "sig",
            "signature",
            "=",
            ",",
            "\"",
            "\\",
            ":",
            " ",
            "\t",
            "one.example",
            "[::1]:8448",
            "ed25519:1",
            "/+==",
            "\r\n",
            "X-Matrix ",
        ])
        .prop_map(ToOwned::to_owned),
        "[a-z]{1,6}=\"([^\"\\\\]|\\\\.){0,6}\",".prop_map(|parameter| parameter),
        "(origin|key|sig|destination)=[a-z0-9:.]{1,8},".prop_map(|parameter| parameter),
        any::<String>(),
    ];
    (scheme, prop::collection::vec(piece, 0..12))
        .prop_map(|(scheme, pieces)| scheme + &pieces.concat())
}

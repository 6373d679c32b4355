//! A request, who sends it, and the keys that its receiver knows.

use exeunt_event::ServerName;
use exeunt_event::json::{self, Object};
use exeunt_event::signatures::{Keys, PublishedKey, SigningKey};
use exeunt_homeserver::{Features, Request, Specification, XMatrix, sign_request};
use exeunt_version::Ed25519;

pub(crate) const ORIGIN: &str = "origin.hs.example.com";
pub(crate) const DESTINATION: &str = "destination.hs.example.com";
pub(crate) const NOW: i64 = 1_700_000_000_000;

pub(crate) fn server(name: &str) -> ServerName {
    ServerName::parse(name).unwrap()
}

pub(crate) fn latest() -> Features {
    Specification::LATEST.features()
}

/// Two keys of the origin, and one of another server.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, "ed25519:key1", &[7; 32])
}

pub(crate) fn second_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, "ed25519:key2", &[8; 32])
}

pub(crate) fn others_key() -> SigningKey {
    SigningKey::from_seed("other.example", "ed25519:key1", &[9; 32])
}

pub(crate) fn publish(keys: &mut Keys, key: &SigningKey, until: Option<i64>, expired: Option<i64>) {
    let published = PublishedKey {
        key: key.verifying_key(Ed25519::Rfc8032).unwrap(),
        valid_until_ts: until,
        expired_ts: expired,
    };
    keys.insert(key.server(), key.key_id(), published);
}

/// All three, valid for some time.
pub(crate) fn keys() -> Keys {
    let mut keys = Keys::new();
    for key in [key(), second_key(), others_key()] {
        publish(&mut keys, &key, Some(NOW + 1000), None);
    }
    keys
}

pub(crate) fn object(text: &str) -> Object<'static> {
    let parsed = json::parse_lenient(text.as_bytes()).unwrap();
    parsed.value.into_owned().as_object().unwrap().clone()
}

pub(crate) const URI: &str = "/_matrix/federation/v1/send/1?a=%20";

/// A request with a body, from the origin to the destination.
pub(crate) fn request() -> Request {
    let content = object(r#"{"pdus": [], "origin": "ü\n", "n": {"b": -1, "a": [null, true]}}"#);
    sign_request("PUT", URI, &server(DESTINATION), Some(&content), &key(), latest())
}

/// What the only header of a request says.
pub(crate) fn header(request: &Request) -> XMatrix {
    XMatrix::parse(&request.authorization[0]).unwrap().unwrap()
}

/// The request with what `change` makes of its header.
pub(crate) fn with_header(mut request: Request, change: impl FnOnce(&mut XMatrix)) -> Request {
    let mut header = header(&request);
    change(&mut header);
    request.authorization = vec![header.to_header()];
    request
}

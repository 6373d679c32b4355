//! One header: what authenticates, and each refusal.

use exeunt_event::signatures::Keys;
use exeunt_homeserver::{
    Refusal, Request, Response, Specification, XMatrix, authenticate, sign_request,
};

use crate::sample::{
    DESTINATION, NOW, ORIGIN, URI, header, key, keys, latest, object, others_key, publish, request,
    second_key, server, with_header,
};

fn origin_of(request: &Request) -> Result<String, Refusal> {
    let authenticated = authenticate(request, &server(DESTINATION), &keys(), NOW);
    authenticated.map(|authenticated| authenticated.origin().as_str().to_owned())
}

fn wrong_signature() -> Result<String, Refusal> {
    Err(Refusal::RequestSignature { origin: ORIGIN.to_owned() })
}

/// Computed by another implementation of Ed25519 and of canonical JSON.
#[test]
fn signatures_are_those_that_others_make() {
    let post = sign_request("POST", "/target", &server(DESTINATION), None, &key(), latest());
    let sig =
        "Tk4OLaaafR78WCNKJfh9kcsQMrLTck2v/fcPZkrJS71GthfdZ0bg6WEo6QW5Ki/BL6AcZvFIam8GVM6w7aoZAA";
    let expected = XMatrix {
        origin: ORIGIN.to_owned(),
        destination: Some(DESTINATION.to_owned()),
        key: "ed25519:key1".to_owned(),
        sig: sig.to_owned(),
    };
    assert_eq!((header(&post), post.body), (expected, None));
    let sig =
        "n8EZQFjZ+Idv1G14NQ2OoljHjMA72RAJ68OeDwCpD4Bu48z/DXQbyaQJtv5kR5fCi7RkN3nfyov4jokXlbIKAQ";
    assert_eq!(header(&request()).sig, sig);
}

#[test]
fn what_is_signed_is_authenticated_in_every_release() {
    let content = object(r#"{"a": 1}"#);
    for release in Specification::all() {
        for (method, content) in [("GET", None), ("PUT", Some(&content))] {
            let destination = server(DESTINATION);
            let request =
                sign_request(method, URI, &destination, content, &key(), release.features());
            assert_eq!(origin_of(&request), Ok(ORIGIN.to_owned()), "{release} {method}");
            let named = header(&request).destination;
            let is_named = release.features().destination_in_requests;
            assert_eq!(named, is_named.then(|| DESTINATION.to_owned()), "{release}");
        }
    }
}

#[test]
fn how_the_body_is_spelled_does_not_matter() {
    for body in [
        r#"{"n":{"a":[null,true],"b":-1},"origin":"ü\n","pdus":[]}"#,
        "\n{ \"pdus\" : [ ], \"origin\":\"\\u00fc\\u000a\",\"n\":{\"b\":-1,\"a\":[null,true]}} ",
        // Of equal keys the last counts.
        r#"{"pdus":1,"n":{"a":[null,true],"b":-1},"origin":"ü\n","pdus":[]}"#,
    ] {
        let request = Request { body: Some(body.as_bytes().to_vec()), ..request() };
        assert_eq!(origin_of(&request), Ok(ORIGIN.to_owned()), "{body}");
    }
}

#[test]
fn an_empty_body_is_none() {
    let request = sign_request("GET", URI, &server(DESTINATION), None, &key(), latest());
    let request = Request { body: Some(Vec::new()), ..request };
    assert_eq!(origin_of(&request), Ok(ORIGIN.to_owned()));
}

#[test]
fn a_header_without_destination_is_accepted_if_the_destination_is_signed() {
    let old = with_header(request(), |header| header.destination = None);
    assert_eq!(origin_of(&old), Ok(ORIGIN.to_owned()));
    // A request to another server, sent on to this one.
    let elsewhere = sign_request("GET", URI, &server("third.example"), None, &key(), latest());
    let elsewhere = with_header(elsewhere, |header| header.destination = None);
    assert_eq!(origin_of(&elsewhere), wrong_signature());
}

#[test]
fn a_body_that_is_not_json_is_refused_before_anything_else() {
    for body in ["{", "x", "{}{}", "[1e400]", "\u{feff}{}"] {
        for authorization in [request().authorization, vec![], vec!["X-Matrix".to_owned()]] {
            let request =
                Request { body: Some(body.as_bytes().to_vec()), authorization, ..request() };
            assert!(matches!(origin_of(&request), Err(Refusal::NotJson(_))), "{body}");
        }
    }
}

#[test]
fn without_a_header_of_the_scheme_nobody_is_authenticated() {
    for authorization in [vec![], vec!["Bearer xyz".to_owned()], vec![String::new()]] {
        let request = Request { authorization, ..request() };
        assert_eq!(origin_of(&request), Err(Refusal::NoAuthorization));
    }
}

#[test]
fn a_malformed_header_is_refused() {
    let no_key = r#"X-Matrix origin="origin.hs.example.com",sig="AAAA""#.to_owned();
    let request = Request { authorization: vec![no_key], ..request() };
    assert_eq!(origin_of(&request), Err(Refusal::MalformedAuthorization("key is missing")));
}

#[test]
fn the_origin_is_a_server_name() {
    for origin in ["", "a b", "a_b", "origin.hs.example.com:", "[::1", "ö.example"] {
        let request = with_header(request(), |header| header.origin = origin.to_owned());
        let refusal = Refusal::MalformedAuthorization("origin is no server name");
        assert_eq!(origin_of(&request), Err(refusal), "{origin}");
    }
}

#[test]
fn a_request_for_another_server_is_refused() {
    // Server names differ in case and port.
    for destination in ["other.example", "DESTINATION.hs.example.com", "", "a b"]
        .map(ToOwned::to_owned)
        .into_iter()
        .chain([format!("{DESTINATION}:8448")])
    {
        let request =
            with_header(request(), |header| header.destination = Some(destination.clone()));
        assert_eq!(origin_of(&request), Err(Refusal::WrongDestination { destination }));
    }
}

#[test]
fn a_key_that_is_not_known_is_refused() {
    let unknown = |origin: &str, key_id: &str| {
        Err(Refusal::UnknownKey { origin: origin.to_owned(), key_id: key_id.to_owned() })
    };
    let other_key = with_header(request(), |header| header.key = "ed25519:key9".to_owned());
    assert_eq!(origin_of(&other_key), unknown(ORIGIN, "ed25519:key9"));
    let other_origin = with_header(request(), |header| header.origin = "no.example".to_owned());
    assert_eq!(origin_of(&other_origin), unknown("no.example", "ed25519:key1"));
    let nobody = authenticate(&request(), &server(DESTINATION), &Keys::new(), NOW);
    assert_eq!(nobody.err(), unknown(ORIGIN, "ed25519:key1").err());
}

/// Only Ed25519 is understood, whatever somebody stores under another name.
#[test]
fn a_key_of_another_algorithm_is_unknown() {
    let mut keys = keys();
    let published = keys.get(ORIGIN, "ed25519:key1").unwrap().clone();
    keys.insert(ORIGIN, "curve25519:key1", published);
    let request = with_header(request(), |header| header.key = "curve25519:key1".to_owned());
    let refusal = authenticate(&request, &server(DESTINATION), &keys, NOW).err();
    let (origin, key_id) = (ORIGIN.to_owned(), "curve25519:key1".to_owned());
    assert_eq!(refusal, Some(Refusal::UnknownKey { origin, key_id }));
}

#[test]
fn a_key_counts_until_its_validity_ends() {
    for (until, expired, counts) in [
        (None, None, true),
        (Some(NOW), None, true),
        (Some(NOW - 1), None, false),
        (None, Some(NOW), true),
        (None, Some(NOW - 1), false),
        (Some(NOW), Some(NOW - 1), false),
        (Some(i64::MIN), None, false),
        (Some(i64::MAX), Some(i64::MAX), true),
    ] {
        let mut keys = Keys::new();
        publish(&mut keys, &key(), until, expired);
        let answer = authenticate(&request(), &server(DESTINATION), &keys, NOW);
        let (origin, key_id) = (ORIGIN.to_owned(), "ed25519:key1".to_owned());
        let refusal = (!counts).then_some(Refusal::ExpiredKey { origin, key_id });
        assert_eq!(answer.err(), refusal, "{until:?} {expired:?}");
    }
}

#[test]
fn a_signature_is_64_bytes_in_base64() {
    let right = header(&request()).sig;
    for sig in ["", "!!!!", "AAAA", &right[..84], &format!("{right}AAAA"), &"A".repeat(86)] {
        let request = with_header(request(), |header| header.sig = sig.to_owned());
        assert_eq!(origin_of(&request), wrong_signature(), "{sig}");
    }
    let padded = with_header(request(), |header| header.sig.push_str("=="));
    assert_eq!(origin_of(&padded), Ok(ORIGIN.to_owned()));
}

#[test]
fn the_key_of_another_does_not_sign() {
    let with_second = sign_request("PUT", URI, &server(DESTINATION), None, &second_key(), latest());
    let swapped = with_header(with_second, |header| header.key = "ed25519:key1".to_owned());
    assert_eq!(origin_of(&swapped), wrong_signature());
    let of_other = sign_request("PUT", URI, &server(DESTINATION), None, &others_key(), latest());
    assert_eq!(origin_of(&of_other), Ok("other.example".to_owned()));
    let claimed = with_header(of_other, |header| header.origin = ORIGIN.to_owned());
    assert_eq!(origin_of(&claimed), wrong_signature());
}

#[test]
fn all_that_is_signed_counts() {
    let request = request();
    let body = |text: &str| Some(text.as_bytes().to_vec());
    for changed in [
        Request { method: "POST".to_owned(), ..request.clone() },
        Request { method: "put".to_owned(), ..request.clone() },
        Request { uri: "/_matrix/federation/v1/send/1".to_owned(), ..request.clone() },
        // Another spelling of the same target is another target.
        Request { uri: "/_matrix/federation/v1/send/1?a=+".to_owned(), ..request.clone() },
        Request { uri: "/_matrix/federation/v1/send/%31?a=%20".to_owned(), ..request.clone() },
        Request { body: None, ..request.clone() },
        Request { body: body("null"), ..request.clone() },
        Request { body: body("{}"), ..request.clone() },
    ] {
        assert_eq!(origin_of(&changed), wrong_signature(), "{changed:?}");
    }
    let bodiless = sign_request("PUT", URI, &server(DESTINATION), None, &key(), latest());
    assert_eq!(origin_of(&Request { body: body("{}"), ..bodiless }), wrong_signature());
}

#[test]
fn nobody_unknown_gets_more_than_401_unauthorized() {
    let texts = || (ORIGIN.to_owned(), "ed25519:key1".to_owned());
    let ((origin, key_id), (other, other_id)) = (texts(), texts());
    for refusal in [
        Refusal::NoAuthorization,
        Refusal::MalformedAuthorization("key is missing"),
        Refusal::WrongDestination { destination: ORIGIN.to_owned() },
        Refusal::UnknownKey { origin, key_id },
        Refusal::ExpiredKey { origin: other, key_id: other_id },
        Refusal::RequestSignature { origin: ORIGIN.to_owned() },
    ] {
        let response = Response::from(refusal);
        let answer = (response.status, response.errcode());
        assert_eq!(answer, (401, Some("M_UNAUTHORIZED".to_owned())));
    }
    let response = Response::from(Refusal::NotJson("unexpected end at byte 0".to_owned()));
    assert_eq!((response.status, response.errcode()), (400, Some("M_NOT_JSON".to_owned())));
}

//! Several `Authorization` headers.

use exeunt_homeserver::{Refusal, Request, authenticate, sign_request};

use crate::sample::{
    DESTINATION, NOW, ORIGIN, URI, key, keys, latest, others_key, second_key, server, with_header,
};

/// A request without body, with those headers and perhaps one that is signed with each key.
fn request(headers: &[&Request]) -> Request {
    let authorization = headers.iter().flat_map(|one| one.authorization.clone()).collect();
    Request { authorization, ..headers[0].clone() }
}

fn signed(key: &exeunt_event::signatures::SigningKey) -> Request {
    sign_request("GET", URI, &server(DESTINATION), None, key, latest())
}

fn refusal(request: &Request) -> Option<Refusal> {
    authenticate(request, &server(DESTINATION), &keys(), NOW).err()
}

/// Both orders of two headers.
fn both_orders(one: &Request, other: &Request) -> [Option<Refusal>; 2] {
    [refusal(&request(&[one, other])), refusal(&request(&[other, one]))]
}

#[test]
fn one_for_each_key_of_the_origin() {
    assert_eq!(both_orders(&signed(&key()), &signed(&second_key())), [None, None]);
    assert_eq!(both_orders(&signed(&key()), &signed(&key())), [None, None]);
}

#[test]
fn other_schemes_beside_it_say_nothing() {
    let bearer = Request { authorization: vec!["Bearer xyz".to_owned()], ..signed(&key()) };
    assert_eq!(both_orders(&signed(&key()), &bearer), [None, None]);
}

#[test]
fn a_signature_whose_key_is_not_known_does_not_count() {
    let unknown = with_header(signed(&key()), |header| header.key = "ed25519:new".to_owned());
    assert_eq!(both_orders(&signed(&key()), &unknown), [None, None]);
    let other = with_header(signed(&key()), |header| header.key = "ed25519:newer".to_owned());
    let expected = |key_id: &str| {
        Some(Refusal::UnknownKey { origin: ORIGIN.to_owned(), key_id: key_id.to_owned() })
    };
    let refusals = [expected("ed25519:new"), expected("ed25519:newer")];
    assert_eq!(both_orders(&unknown, &other), refusals);
}

#[test]
fn every_signature_that_counts_has_to_be_right() {
    let wrong = with_header(signed(&second_key()), |header| header.sig = "A".repeat(86));
    let expected = Some(Refusal::RequestSignature { origin: ORIGIN.to_owned() });
    assert_eq!(both_orders(&signed(&key()), &wrong), [expected.clone(), expected]);
}

#[test]
fn all_name_one_origin() {
    let expected = Some(Refusal::MalformedAuthorization("the headers name more than one origin"));
    let refusals = both_orders(&signed(&key()), &signed(&others_key()));
    assert_eq!(refusals, [expected.clone(), expected]);
}

#[test]
fn all_are_well_formed() {
    let broken = Request { authorization: vec!["X-Matrix".to_owned()], ..signed(&key()) };
    let expected = Some(Refusal::MalformedAuthorization("origin is missing"));
    assert_eq!(both_orders(&signed(&key()), &broken), [expected.clone(), expected]);
}

#[test]
fn none_is_for_another_server() {
    let destination = "other.example".to_owned();
    let elsewhere =
        with_header(signed(&key()), |header| header.destination = Some(destination.clone()));
    let expected = Some(Refusal::WrongDestination { destination });
    assert_eq!(both_orders(&signed(&key()), &elsewhere), [expected.clone(), expected]);
}

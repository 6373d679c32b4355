//! Random requests: what is signed is authenticated, and nothing else.

use exeunt_event::base64;
use exeunt_event::json::Object;
use exeunt_homeserver::{Refusal, Request, authenticate, sign_request};
use exeunt_regressions::proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::pieces;
use crate::sample::{DESTINATION, NOW, ORIGIN, key, keys, latest, object, server, with_header};

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(|bool| json!(bool)),
        any::<i64>().prop_map(|integer| json!(integer)),
        any::<String>().prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn content() -> impl Strategy<Value = Option<Json>> {
    let members = prop::collection::btree_map(any::<String>(), value(), 0..4);
    prop::option::of(members.prop_map(|members| Json::Object(members.into_iter().collect())))
}

/// One way to change a request on its way. `None` if the change changes nothing.
#[derive(Clone, Debug)]
enum Tampering {
    Method(String),
    Uri(String),
    Content(Option<Json>),
    Origin(String),
    Destination(String),
    Key(String),
    Signature(usize),
    Receiver,
}

fn tampering() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        "[A-Z]{0,4}".prop_map(Tampering::Method),
        "(/[a-z%?&=]{0,6}){0,3}".prop_map(Tampering::Uri),
        content().prop_map(Tampering::Content),
        prop_oneof![Just("other.example".to_owned()), any::<String>()].prop_map(Tampering::Origin),
        any::<String>().prop_map(Tampering::Destination),
        prop_oneof![Just("ed25519:key2".to_owned()), any::<String>()].prop_map(Tampering::Key),
        (0..512_usize).prop_map(Tampering::Signature),
        Just(Tampering::Receiver),
    ]
}

fn tamper(request: &Request, content: Option<&Json>, how: &Tampering) -> Option<Request> {
    let mut changed = request.clone();
    match how {
        Tampering::Method(method) => changed.method.clone_from(method),
        Tampering::Uri(uri) => changed.uri.clone_from(uri),
        Tampering::Content(new) if new.as_ref() == content => return None,
        Tampering::Content(new) => {
            changed.body = new.as_ref().map(|new| new.to_string().into_bytes());
        }
        Tampering::Origin(origin) => {
            changed = with_header(changed, |header| header.origin.clone_from(origin));
        }
        Tampering::Destination(destination) => {
            changed = with_header(changed, |header| header.destination = Some(destination.clone()));
        }
        Tampering::Key(key) => changed = with_header(changed, |header| header.key.clone_from(key)),
        Tampering::Signature(bit) => {
            changed = with_header(changed, |header| {
                let mut bytes = base64::decode(&header.sig).unwrap();
                bytes[bit / 8] ^= 1 << (bit % 8);
                header.sig = base64::encode(bytes);
            });
        }
        Tampering::Receiver => {}
    }
    let is_same = changed == *request && !matches!(how, Tampering::Receiver);
    (!is_same).then_some(changed)
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn what_is_signed_is_authenticated_and_what_was_changed_is_not(
        method: String,
        uri: String,
        content in content(),
        names_destination: bool,
        how in tampering(),
    ) {
        let mut features = latest();
        features.destination_in_requests = names_destination;
        let destination = server(DESTINATION);
        let signed: Option<Object<'_>> = content.as_ref().map(|json| object(&json.to_string()));
        let request =
            sign_request(&method, &uri, &destination, signed.as_ref(), &key(), features);
        let authenticated = authenticate(&request, &destination, &keys(), NOW).unwrap();
        prop_assert_eq!(authenticated.origin().as_str(), ORIGIN);
        if let Some(changed) = tamper(&request, content.as_ref(), &how) {
            let receiver = match how {
                Tampering::Receiver => server("third.example"),
                _ => destination,
            };
            let answer = authenticate(&changed, &receiver, &keys(), NOW);
            // Without it the header says less, and nothing else.
            let is_named = matches!(&how, Tampering::Destination(name) if name == DESTINATION);
            prop_assert_eq!(answer.is_ok(), is_named, "{:?}", answer);
        }
    }

    #[test]
    fn nothing_that_anybody_sends_panics_or_authenticates(
        method: String,
        uri: String,
        authorization in prop::collection::vec(pieces::header(), 0..3),
        body: Option<Vec<u8>>,
        now: i64,
    ) {
        let request = Request { method, uri, authorization, body };
        let answer = authenticate(&request, &server(DESTINATION), &keys(), now);
        let status = answer.as_ref().map_err(Refusal::status).err();
        prop_assert!(matches!(status, Some(400 | 401)), "{:?}", answer);
    }
}

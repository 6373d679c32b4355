//! The authorisation rules: the same events allowed and rejected.

use std::collections::BTreeMap;

use exeunt_event::signatures::{SigningKey, sign_json};
use exeunt_regressions::proptest::prelude::*;
use exeunt_version::{CanonicalJson, EventIds, LenientNumbers, RoomVersion};
use serde_json::{Map, Value as Json, json};

use crate::events::object;
use crate::explain::explains;
use crate::scene::{ALICE, BOB, CAROL, Citation, DAVE, Draft, Scene, as_ruma_reads, selected};

fn one_of<T: Clone + std::fmt::Debug + 'static>(
    values: impl Into<Vec<T>>,
) -> impl Strategy<Value = T> + Clone {
    prop::sample::select(values.into())
}

fn user() -> impl Strategy<Value = String> + Clone {
    one_of([ALICE, BOB, CAROL, DAVE].map(String::from))
}

fn set(content: &mut Json, key: &str, value: Option<Json>) {
    if let Some(value) = value {
        content[key] = value;
    }
}

/// Who sends an event: mostly somebody who may be expected to be in the room.
fn sender() -> impl Strategy<Value = String> + Clone {
    one_of([ALICE, ALICE, ALICE, ALICE, BOB, CAROL, DAVE].map(String::from))
}

fn membership() -> impl Strategy<Value = Json> {
    let known = ["join", "join", "join", "invite", "leave", "ban", "knock"];
    prop_oneof![
        40 => one_of(known.map(Json::from)),
        1 => one_of([json!("unknown"), json!(null), json!(1)]),
    ]
}

/// A level: mostly an integer, in every spelling that some version takes, and sometimes nothing of
/// the kind.
fn level(version: &RoomVersion, in_state: bool) -> BoxedStrategy<Json> {
    let lenient = version.capabilities.canonical_json == CanonicalJson::Lenient;
    let mut odd = vec![
        json!("x"),
        json!(""),
        json!(null),
        json!(true),
        json!({}),
        json!([]),
        json!("5 0"),
        json!("1_0"),
        json!("1.5"),
        json!("+-5"),
        json!("- 5"),
        json!("99999999999999999999"),
        json!("-9007199254740992"),
    ];
    let mut number = vec![json!(9_007_199_254_740_991_i64), json!(-9_007_199_254_740_991_i64)];
    if lenient {
        number.extend([json!(50.0), json!(49.9), json!(-0.5), json!(1e2), json!(1e300)]);
        number.extend([json!(9_007_199_254_740_992_i64), json!(u64::MAX), json!(i64::MIN)]);
    }
    if !in_state {
        odd.push(json!(" ++5"));
    }
    prop_oneof![
        60 => one_of([-1, 0, 0, 1, 25, 50, 50, 75, 100, 100].map(Json::from)),
        4 => one_of(["0", "50", " 100 ", "+50", "-1", "00075", "\u{a0}25\n"].map(Json::from)),
        1 => one_of(number),
        1 => one_of(odd),
    ]
    .boxed()
}

fn level_map(
    names: &[&str],
    version: &RoomVersion,
    in_state: bool,
) -> impl Strategy<Value = Json> + use<> {
    let names = names.iter().copied().map(String::from).collect::<Vec<_>>();
    let map = prop::collection::btree_map(one_of(names), level(version, in_state), 0..4);
    prop_oneof![
        60 => map.prop_map(|levels| json!(levels)),
        1 => one_of([json!(null), json!([]), json!("x")]),
    ]
}

fn power_levels(version: &RoomVersion, in_state: bool) -> impl Strategy<Value = Json> + use<> {
    let properties =
        ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"];
    let types = ["m.room.message", "m.room.topic", "m.room.power_levels", "m.room.redaction"];
    let properties =
        prop::collection::btree_map(one_of(properties), level(version, in_state), 0..5);
    let events = level_map(&types, version, in_state);
    let notifications = level_map(&["room", "other"], version, in_state);
    let users = level_map(&[ALICE, BOB, CAROL, DAVE], version, in_state);
    let bad_user = prop::option::weighted(0.02, one_of(["alice", "@a", "@:", "", "@b:c d"]));
    (
        properties,
        prop::option::of(events),
        prop::option::weighted(0.3, notifications),
        prop::option::weighted(0.9, users),
        bad_user,
    )
        .prop_map(|(properties, events, notifications, users, bad_user)| {
            let mut content = json!(properties);
            set(&mut content, "events", events);
            set(&mut content, "notifications", notifications);
            set(&mut content, "users", users);
            if let (Some(user), Some(users)) = (bad_user, content["users"].as_object_mut()) {
                users.insert(user.to_owned(), json!(0));
            }
            content
        })
}

/// The seeds of the keys of third-party invites.
fn seed() -> impl Strategy<Value = u8> {
    1..4_u8
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed("identity.example", "ed25519:0", &[seed; 32])
}

fn public(seed: u8, url_safe: bool) -> String {
    let bytes = key(seed).public_bytes();
    if url_safe {
        exeunt_event::base64::encode_url_safe(bytes)
    } else {
        exeunt_event::base64::encode(bytes)
    }
}

fn third_party_invite() -> impl Strategy<Value = Json> {
    let single = prop::option::of((seed(), any::<bool>()));
    let listed = prop::option::of(prop::collection::vec(seed(), 0..3));
    (single, listed, 0..40_u8).prop_map(|(single, listed, odd)| {
        let mut content = json!({ "display_name": "a" });
        let single = single.map(|(seed, url_safe)| json!(public(seed, url_safe)));
        set(&mut content, "public_key", single);
        let listed = listed.map(|seeds| {
            let keys = seeds.into_iter().map(|seed| json!({ "public_key": public(seed, false) }));
            keys.collect()
        });
        set(&mut content, "public_keys", listed);
        match odd {
            0 => content["public_key"] = json!(7),
            1 => content["public_key"] = json!("?"),
            2 => content["public_keys"] = json!([{}]),
            3 => content["public_keys"] = json!({}),
            _ => {}
        }
        content
    })
}

/// `content.third_party_invite` of a membership, for that target.
fn proof(target: &str) -> impl Strategy<Value = Json> + use<> {
    let target = target.to_owned();
    (seed(), 0..48_u8, user(), any::<bool>()).prop_map(move |(seed, odd, other, unsigned)| {
        let mut signed = json!({ "mxid": target, "token": "token" });
        match odd {
            0 => return json!({}),
            1 => return json!(null),
            2 => return json!("x"),
            3 => return json!({ "signed": 7 }),
            4 => signed["mxid"] = json!(other),
            5 => signed["token"] = json!("other"),
            6 => signed["token"] = json!(7),
            7 => drop(signed.as_object_mut().unwrap().remove("mxid")),
            8 => return json!({ "signed": signed }),
            _ => {}
        }
        let mut object = object(&signed);
        sign_json(&mut object, &key(seed));
        let text = object.to_canonical(LenientNumbers::Value);
        let mut signed: Json = serde_json::from_str(&text).unwrap();
        let of_server = signed["signatures"]["identity.example"].as_object_mut().unwrap();
        let signature = of_server["ed25519:0"].as_str().unwrap().to_owned();
        match odd {
            9 => signed["more"] = json!("not signed"),
            10 => signed["signatures"]["a.example"] = json!({ "ed25519:0": "AAAA" }),
            11 => signed["signatures"]["a.example"] = json!({ "ed25519:0": 7, "rsa:1": signature }),
            12 => signed["signatures"]["a.example"] = json!(7),
            13 => signed["signatures"] = json!({ "a": { "rsa:1": signature } }),
            14 => signed["signatures"] = json!({ "a": { "ed25519:0": signature + "==" } }),
            15 => signed["signatures"] = json!({ "a": { "ed25519": signature } }),
            16 => {
                let url_safe = signature.replace('+', "-").replace('/', "_");
                signed["signatures"] = json!({ "a": { "ed25519:0": url_safe } });
            }
            17 => signed["signatures"] = json!([]),
            _ => {}
        }
        if unsigned {
            signed["unsigned"] = json!({ "age": 1 });
        }
        json!({ "signed": signed, "display_name": "a" })
    })
}

fn create_content(version: &RoomVersion) -> impl Strategy<Value = Json> + use<> {
    let id = version.id().to_owned();
    let federate = prop_oneof![
        24 => Just(None),
        2 => any::<bool>().prop_map(|federate| Some(json!(federate))),
        1 => one_of([json!(null), json!("false"), json!(0)]).prop_map(Some),
    ];
    let creator = prop_oneof![
        30 => user().prop_map(|user| Some(json!(user))),
        1 => one_of([None, Some(json!(null)), Some(json!(7)), Some(json!("alice"))]),
    ];
    let additional = prop_oneof![
        5 => Just(None),
        6 => prop::collection::vec(user(), 0..3).prop_map(|users| Some(json!(users))),
        1 => one_of([json!(null), json!("@a:b"), json!([7]), json!(["alice"]), json!({})])
            .prop_map(Some),
    ];
    (federate, creator, additional).prop_map(move |(federate, creator, additional)| {
        let mut content = json!({ "room_version": id });
        set(&mut content, "m.federate", federate);
        set(&mut content, "creator", creator);
        set(&mut content, "additional_creators", additional);
        content
    })
}

fn join_rules() -> impl Strategy<Value = Json> {
    let kinds = ["public", "invite", "knock", "restricted", "knock_restricted", "private", "other"];
    prop_oneof![
        30 => one_of(kinds).prop_map(|kind| json!({ "join_rule": kind })),
        1 => one_of([json!({}), json!({ "join_rule": null }), json!({ "join_rule": ["public"] })]),
    ]
}

fn state(version: &RoomVersion) -> impl Strategy<Value = Vec<Draft>> + use<> {
    let creator = one_of([ALICE, ALICE, CAROL].map(String::from));
    let current = prop_oneof![1 => membership(), 1 => Just(json!("join"))];
    let members = prop::collection::btree_map(user(), current, 1..5);
    (
        (creator, create_content(version)),
        prop_oneof![9 => Just(true), 1 => any::<bool>()],
        members,
        prop::option::weighted(0.9, join_rules()),
        prop::option::weighted(0.8, power_levels(version, true)),
        prop::option::of((one_of([ALICE, BOB].map(String::from)), third_party_invite())),
    )
        .prop_map(|((creator, create), alice_joins, members, join_rules, levels, invite)| {
            let mut members: BTreeMap<String, Json> = members;
            if alice_joins {
                members.insert(ALICE.to_owned(), json!("join"));
            }
            let mut state = vec![Draft::state("m.room.create", "", &creator, create)];
            for (user, membership) in members {
                let content = json!({ "membership": membership });
                state.push(Draft::state("m.room.member", &user, &user, content));
            }
            let more = [("m.room.join_rules", join_rules), ("m.room.power_levels", levels)];
            for (event_type, content) in more {
                state.extend(content.map(|of| Draft::state(event_type, "", &creator, of)));
            }
            let invite = invite.map(|(sender, content)| {
                Draft::state("m.room.third_party_invite", "token", &sender, content)
            });
            state.extend(invite);
            state
        })
}

fn member() -> impl Strategy<Value = Draft> {
    let target = prop_oneof![
        60 => user(),
        1 => one_of(["", "alice", "@a", "@a:b c"].map(String::from)),
    ];
    let authoriser = prop_oneof![
        8 => Just(None),
        2 => user().prop_map(|user| Some(json!(user))),
        1 => one_of([json!(null), json!(7), json!("alice")]).prop_map(Some),
    ];
    (target, sender(), prop::bool::weighted(0.3), membership(), authoriser, 0..40_u8)
        .prop_flat_map(|(target, sender, own, membership, authoriser, odd)| {
            let sender = if own && target.contains(':') { target.clone() } else { sender };
            let chance = if membership == json!("invite") { 0.5 } else { 0.02 };
            let proof = prop::option::weighted(chance, proof(&target));
            (Just((target, sender, membership, authoriser, odd)), proof)
        })
        .prop_map(|((target, sender, membership, authoriser, odd), proof)| {
            let sender = if sender.contains(' ') { DAVE.to_owned() } else { sender };
            let mut content = json!({ "membership": membership });
            set(&mut content, "join_authorised_via_users_server", authoriser);
            set(&mut content, "third_party_invite", proof);
            let mut draft = Draft::state("m.room.member", &target, &sender, content);
            match odd {
                0 => draft.state_key = None,
                1 => draft.content = json!({}),
                _ => {}
            }
            draft
        })
}

/// The state's power levels with some keys changed, or others altogether.
fn changed_levels(current: Option<&Json>, fresh: Json, kept: u16) -> Json {
    let Some(current) = current.and_then(Json::as_object) else {
        return fresh;
    };
    let mut bit = 0;
    let mut keep = || {
        bit += 1;
        kept >> (bit % 16) & 1 == 1
    };
    let mut content: Map<String, Json> = current.clone();
    for (key, new) in fresh.as_object().unwrap() {
        match (content.get_mut(key), new) {
            (Some(Json::Object(current)), Json::Object(new)) => {
                for (name, level) in new {
                    if !keep() {
                        current.insert(name.clone(), level.clone());
                    } else if keep() {
                        current.remove(name);
                    }
                }
            }
            _ if keep() => drop(content.remove(key)),
            _ => drop(content.insert(key.clone(), new.clone())),
        }
    }
    Json::Object(content)
}

fn event(version: &RoomVersion, state: &[Draft]) -> impl Strategy<Value = Draft> + use<> {
    let current = state.iter().find(|draft| draft.event_type == "m.room.power_levels");
    let current = current.map(|draft| draft.content.clone());
    let levels = (sender(), power_levels(version, false), any::<u16>(), 0..20_u8).prop_map(
        move |(sender, fresh, kept, odd)| {
            let content = changed_levels(current.as_ref().filter(|_| odd > 1), fresh, kept);
            let mut draft = Draft::state("m.room.power_levels", "", &sender, content);
            match odd {
                2 => draft.state_key = Some("x".to_owned()),
                3 => draft.state_key = None,
                _ => {}
            }
            draft
        },
    );
    let keys = [None, Some(""), Some("x"), Some("@x"), Some("one.example"), Some(ALICE), Some(BOB)];
    let types = [
        "m.room.message",
        "m.room.topic",
        "m.room.aliases",
        "m.room.aliases",
        "m.room.redaction",
        "m.room.join_rules",
        "m.room.third_party_invite",
    ];
    let redacts =
        [None, Some("$1:one.example"), Some("$1:two.example")].map(|id| id.map(String::from));
    let sent = version.capabilities.event_ids == EventIds::Sent;
    let other = (one_of(types), one_of(keys), sender(), one_of(redacts)).prop_map(
        move |(event_type, key, sender, redacts)| {
            let mut draft = Draft::state(event_type, "", &sender, json!({}));
            draft.state_key = key.map(String::from);
            draft.redacts = redacts.filter(|_| sent);
            draft
        },
    );
    let create = (user(), create_content(version))
        .prop_map(|(sender, content)| Draft::state("m.room.create", "", &sender, content));
    prop_oneof![11 => member(), 7 => levels, 5 => other, 1 => create]
}

fn citations() -> impl Strategy<Value = Vec<Citation>> {
    let place = 0..12_usize;
    let citation = prop_oneof![
        20 => place.clone().prop_map(Citation::Entry),
        1 => place.clone().prop_map(Citation::Rejected),
        1 => place.prop_map(Citation::OtherRoom),
        1 => Just(Citation::Message),
        1 => Just(Citation::Missing),
    ];
    prop::collection::vec(citation, 0..3)
}

fn scene(version: &str) -> impl Strategy<Value = Scene> {
    let version = as_ruma_reads(RoomVersion::specified(version).unwrap());
    let states = state(&version);
    (Just(version), states)
        .prop_flat_map(|(version, state)| {
            let event = event(&version, &state);
            let follows_create = prop_oneof![9 => Just(false), 1 => Just(true)];
            (Just((version, state)), event, follows_create, any::<bool>(), citations())
        })
        .prop_map(|((version, state), event, follows_create, cites_well, mut citations)| {
            if cites_well {
                let wanted = selected(&version, &state, &event);
                citations.retain(|citation| !matches!(citation, Citation::Entry(_)));
                citations.extend(wanted);
            }
            Scene { version, state, event, follows_create, citations }
        })
}

macro_rules! versions_agree {
    ($($name:ident $id:literal)+) => {
        proptest! {
            #![proptest_config(exeunt_regressions::config!(cases = 400))]

            $(#[test]
            fn $name(scene in scene($id)) {
                let stage = scene.stage();
                let by_state = stage.by_state();
                prop_assert!(
                    by_state.0 == by_state.1 || explains(&scene, by_state),
                    "by state: {by_state:?}"
                );
                let both = stage.by_auth_events();
                prop_assert!(
                    both.0 == both.1 || explains(&scene, both),
                    "by auth events: {both:?}"
                );
            })+
        }
    };
}

versions_agree! {
    version_1 "1"
    version_2 "2"
    version_3 "3"
    version_4 "4"
    version_5 "5"
    version_6 "6"
    version_7 "7"
    version_8 "8"
    version_9 "9"
    version_10 "10"
    version_11 "11"
    version_12 "12"
}

//! For each difference between Exeunt and ruma the smallest question, with both answers.
//!
//! `docs/DIVERGENCES.md` has the sentence of the text that settles it.

use exeunt_event::signatures::{SigningKey, sign_json};
use exeunt_event::{EventId, RoomId, ServerName, UserId, redaction};
use exeunt_version::{LenientNumbers, RoomVersion};
use serde_json::{Value as Json, json};

use crate::events::object;
use crate::peer;
use crate::scene::{ALICE, BOB, CAROL, Citation, Draft, Scene, as_ruma_reads};
use crate::signatures::{Outcome, outcomes, pdu, signed, version};

/// A room that Alice created and is joined to, and a message of hers.
fn scene(id: &str) -> Scene {
    Scene {
        version: as_ruma_reads(RoomVersion::specified(id).unwrap()),
        state: vec![
            Draft::state("m.room.create", "", ALICE, json!({ "creator": ALICE })),
            Draft::member(ALICE, ALICE, "join"),
        ],
        event: Draft::message(ALICE),
        follows_create: false,
        citations: Vec::new(),
    }
}

fn levels(content: Json) -> Draft {
    Draft::state("m.room.power_levels", "", ALICE, content)
}

/// Exeunt's answer and ruma's: whether the event is allowed.
fn by_state(scene: &Scene) -> (bool, bool) {
    scene.stage().by_state()
}

#[test]
fn nothing_departs_in_the_scene_itself() {
    for id in RoomVersion::SPECIFIED {
        assert_eq!(by_state(&scene(id)), (true, true), "{id}");
    }
}

#[test]
fn a_creator_that_is_no_user_id_closes_the_room_to_ruma_alone() {
    for id in ["1", "10"] {
        let mut scene = scene(id);
        scene.state[0].content = json!({ "creator": "alice" });
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

#[test]
fn a_creator_of_null_is_absent_to_ruma_alone() {
    for id in ["1", "10"] {
        let mut scene = scene(id);
        scene.event = Draft::state("m.room.create", "", ALICE, json!({ "creator": null }));
        scene.follows_create = true;
        assert_eq!(scene.stage().by_own_auth_events(), (true, false), "{id}");
    }
}

#[test]
fn a_federate_flag_that_is_no_boolean_closes_the_room_to_ruma_alone() {
    for id in RoomVersion::SPECIFIED {
        let mut scene = scene(id);
        scene.state[0].content["m.federate"] = json!("false");
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

#[test]
fn additional_creators_that_no_rule_would_have_let_in_close_the_room_to_ruma_alone() {
    let mut scene = scene("12");
    scene.state[0].content["additional_creators"] = json!([7]);
    assert_eq!(by_state(&scene), (true, false));
}

#[test]
fn a_membership_of_what_is_no_user_is_rejected_by_ruma_alone() {
    for id in RoomVersion::SPECIFIED {
        let mut scene = scene(id);
        scene.event = Draft::member("bob", ALICE, "invite");
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

#[test]
fn a_state_with_a_membership_that_is_no_string_is_refused_by_ruma_alone() {
    for id in RoomVersion::SPECIFIED {
        let mut scene = scene(id);
        scene.state.push(Draft::state("m.room.member", BOB, BOB, json!({ "membership": 7 })));
        scene.event = Draft::member(BOB, ALICE, "invite");
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

#[test]
fn an_authoriser_that_is_no_user_id_is_left_to_another_check_by_ruma_alone() {
    for (id, answers) in [("7", (true, true)), ("8", (false, true)), ("12", (false, true))] {
        let mut scene = scene(id);
        scene.event = Draft::member(ALICE, ALICE, "leave");
        scene.event.content["join_authorised_via_users_server"] = json!("bob");
        assert_eq!(by_state(&scene), answers, "{id}");
    }
}

/// Alice invites Bob, whom an identity server vouches for.
fn third_party(id: &str) -> Scene {
    let key = SigningKey::from_seed("id.example", "ed25519:0", &[1; 32]);
    let mut signed = object(&json!({ "mxid": BOB, "token": "token" }));
    sign_json(&mut signed, &key);
    let signed: Json = serde_json::from_str(&signed.to_canonical(LenientNumbers::Value)).unwrap();
    let public_key = exeunt_event::base64::encode(key.public_bytes());
    let invite = json!({ "public_key": public_key });
    let mut scene = scene(id);
    scene.state.push(Draft::state("m.room.third_party_invite", "token", ALICE, invite));
    scene.event = Draft::member(BOB, ALICE, "invite");
    scene.event.content["third_party_invite"] = json!({ "signed": signed });
    scene
}

#[test]
fn a_malformed_key_beside_the_matching_one_spoils_the_invite_to_ruma_alone() {
    for id in RoomVersion::SPECIFIED {
        let mut scene = third_party(id);
        assert_eq!(by_state(&scene), (true, true), "{id}");
        scene.state[2].content["public_keys"] = json!([{}]);
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

#[test]
fn signatures_that_are_no_object_spoil_those_after_them_to_ruma_alone() {
    for id in RoomVersion::SPECIFIED {
        let mut scene = third_party(id);
        scene.event.content["third_party_invite"]["signed"]["signatures"]["a"] = json!(7);
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

#[test]
fn levels_as_floats_are_levels_to_exeunt_alone() {
    for id in ["1", "5"] {
        let mut scene = scene(id);
        scene.state.push(levels(json!({ "users": { ALICE: 50.57 } })));
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

#[test]
fn levels_beyond_53_bits_are_levels_to_exeunt_alone() {
    for id in ["1", "9"] {
        let mut scene = scene(id);
        scene.state.push(levels(json!({ "users": { ALICE: "9007199254740992" } })));
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

#[test]
fn a_level_with_two_signs_is_one_to_ruma_alone() {
    for (id, answers) in [("1", (false, true)), ("9", (false, true)), ("10", (false, false))] {
        let mut scene = scene(id);
        scene.event = levels(json!({ "ban": "++5" }));
        assert_eq!(by_state(&scene), answers, "{id}");
    }
}

#[test]
fn a_state_with_levels_that_no_rule_would_have_let_in_is_refused_by_ruma_alone() {
    for id in RoomVersion::SPECIFIED {
        let mut scene = scene(id);
        scene.state.push(levels(json!({ "events_default": "x" })));
        assert_eq!(by_state(&scene), (true, false), "{id}");
    }
}

/// Nothing else looks at whether the room ID stands for a create event.
#[test]
fn a_room_named_after_a_message_is_a_room_to_ruma_alone() {
    let mut scene = scene("12");
    scene.citations = vec![Citation::Entry(1)];
    assert_eq!(scene.stage().by_own_auth_events(), (true, true));
    scene.state[0] = Draft::message(ALICE);
    scene.state[0].state_key = Some("@x".to_owned());
    scene.state[0].event_type = "org.example.other".to_owned();
    assert_eq!(scene.stage().by_own_auth_events(), (false, true));
}

#[test]
fn a_redaction_without_target_and_domain_is_of_one_domain_to_ruma_alone() {
    // Such an event ID is none in these versions, so that only the rule is asked.
    let mut scene = scene("1");
    scene.state.push(Draft::member(CAROL, CAROL, "join"));
    scene.event = Draft { event_type: "m.room.redaction".to_owned(), ..Draft::message(CAROL) };
    assert_eq!(by_state(&scene), (false, false));
    assert_eq!(scene.stage().without_domain().by_state(), (false, true));
}

#[test]
fn ports_have_one_to_five_digits() {
    for (name, ours, theirs) in [
        ("a:65535", true, true),
        ("a:65536", true, false),
        ("a:+80", false, true),
        ("a:000080", false, true),
    ] {
        assert_eq!(ServerName::parse(name).is_ok(), ours, "{name}");
        assert_eq!(ruma_common::ServerName::parse(name).is_ok(), theirs, "{name}");
        let user = format!("@b:{name}");
        assert_eq!(UserId::parse(&user).is_ok(), ours, "{user}");
        assert_eq!(ruma_common::UserId::parse(&user).is_ok(), theirs, "{user}");
    }
}

#[test]
fn a_hostname_has_at_most_255_bytes() {
    let name = "a".repeat(256);
    assert!(ServerName::parse(&name).is_err());
    assert!(ruma_common::ServerName::parse(&name).is_ok());
}

#[test]
fn room_ids_and_event_ids_have_two_forms() {
    assert!(RoomId::parse("!opaque").is_err());
    assert!(ruma_common::RoomId::parse("!opaque").is_ok());
    for id in ["$opaque", &format!("${}", "a".repeat(300))] {
        assert!(EventId::parse(id).is_err());
        assert!(ruma_common::EventId::parse(id).is_ok());
    }
}

#[test]
fn redaction_leaves_no_third_party_invite_that_is_no_object_but_in_ruma() {
    let version = RoomVersion::specified("11").unwrap();
    let pdu = json!({ "type": "m.room.member", "content": { "third_party_invite": 7 } });
    let ours = redaction::redact(&object(&pdu), &version).to_canonical(LenientNumbers::Value);
    assert_eq!(ours, r#"{"content":{},"type":"m.room.member"}"#);
    let rules = peer::rules(&version).redaction;
    let theirs = ruma_common::canonical_json::redact(peer::canonical(&pdu), &rules, None).unwrap();
    assert_eq!(
        serde_json::to_string(&theirs).unwrap(),
        r#"{"content":{"third_party_invite":7},"type":"m.room.member"}"#
    );
}

const ONE: &[(&str, u8)] = &[("one.example", 1)];

#[test]
fn an_authoriser_signs_joins_and_nothing_else() {
    for (id, leave) in [("7", Outcome::Valid), ("8", Outcome::Drop), ("12", Outcome::Drop)] {
        let version = version(id);
        let mut pdu = pdu(&version, "one.example");
        pdu["content"] = json!({
            "membership": "leave",
            "join_authorised_via_users_server": "@eve:two.example",
        });
        let pdu = signed(&pdu, ONE, &version);
        assert_eq!(outcomes(&pdu, &version), (Outcome::Valid, leave), "{id}");
    }
}

#[test]
fn a_member_event_without_membership_is_dropped_by_ruma_and_rejected_by_the_text() {
    for id in RoomVersion::SPECIFIED {
        let version = version(id);
        let mut pdu = pdu(&version, "one.example");
        pdu["content"] = json!({});
        let pdu = signed(&pdu, ONE, &version);
        assert_eq!(outcomes(&pdu, &version), (Outcome::Valid, Outcome::Drop), "{id}");
    }
}

#[test]
fn a_third_party_invite_that_is_no_object_is_dropped_by_ruma_and_rejected_by_the_text() {
    for id in ["3", "12"] {
        let version = version(id);
        let mut pdu = pdu(&version, "one.example");
        pdu["content"] = json!({ "membership": "invite", "third_party_invite": 7 });
        let pdu = signed(&pdu, ONE, &version);
        assert_eq!(outcomes(&pdu, &version), (Outcome::Valid, Outcome::Drop), "{id}");
    }
}

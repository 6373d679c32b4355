//! The smallest histories known that break the laws that are expected to fail.

use exeunt_event::base64;
use exeunt_event::json::Object;
use exeunt_event::signatures::{SigningKey, sign_json};
use exeunt_laws::{Expected, all, law};
use exeunt_room::Input;
use exeunt_version::{Creator, LenientNumbers, RoomVersion, StateResolution};
use serde_json::{Value as Json, json};

use crate::told::{
    begun, breaks, breaks_as_stated, breaks_somewhere, history, stated, told, told_in, users,
};
use crate::world::{
    ALICE, BOB, DAVE, Draft, Scribe, join, join_rule, levels, member, state, topic,
};

/// The versions in which a law is expected to fail, and in which it resolves by v1 or not.
fn failing(id: &str) -> Vec<(RoomVersion, bool)> {
    let law = law(id).unwrap();
    let fails = |version: &RoomVersion| matches!((law.expected)(version), Expected::Fails { .. });
    let is_v1 =
        |version: &RoomVersion| version.capabilities.state_resolution == StateResolution::V1;
    let versions = RoomVersion::all().filter(fails);
    versions.map(|version| (version.clone(), is_v1(&version))).collect()
}

/// Writes each after the event that is named with it.
fn written(version: &RoomVersion, drafts: &[(&str, &str, Draft)]) -> Scribe {
    let mut scribe = begun(version);
    for (name, after, draft) in drafts {
        scribe.write(name, draft.clone().after(&[after]));
    }
    scribe
}

/// States of the room break the law, and it has as many events as the law says.
fn breaks_by_states(id: &str, scribe: &Scribe, count: usize) {
    let version = scribe.room.version();
    assert!(breaks_somewhere(id, &scribe.room, count), "{id} in version {version}");
    assert_eq!(scribe.pdus.len(), stated(law(id).unwrap(), version), "{id} in version {version}");
}

#[test]
fn every_law_that_fails_has_a_case_here() {
    let text = include_str!("named_cases.rs");
    for law in all() {
        let fails = !failing(law.id).is_empty();
        let name = format!("\nfn {}_", law.id.to_lowercase());
        assert_eq!(text.contains(&name), fails, "{}", law.id);
    }
}

#[test]
fn s7a_notifications_unchecked() {
    for (version, _) in failing("S7a") {
        let first = levels(ALICE, json!({ ALICE: 100 }));
        let louder = first.clone().saying("notifications", json!({ "room": 150 }));
        let drafts = [("first", "alice", first), ("louder", "first", louder)];
        breaks_as_stated("S7a", &told(&written(&version, &drafts)));
    }
}

#[test]
fn s9_power_levels_list_the_creator() {
    for (version, _) in failing("S9") {
        let drafts = [("levels", "alice", levels(ALICE, json!({ ALICE: 100 })))];
        breaks_as_stated("S9", &told(&written(&version, &drafts)));
    }
}

/// Alice creates a room that does not federate.
fn closed(scribe: &mut Scribe) {
    let version = scribe.room.version().id();
    let content = json!({ "creator": ALICE, "m.federate": false, "room_version": version });
    scribe.write("create", state(ALICE, "m.room.create", "", content).after(&[]));
}

#[test]
fn s10b_somebody_of_another_server_is_invited() {
    for (version, _) in failing("S10b") {
        let mut scribe = Scribe::new(version.clone());
        let content =
            json!({ "creator": ALICE, "m.federate": false, "room_version": version.id() });
        scribe.write("create", state(ALICE, "m.room.create", "", content).after(&[]));
        scribe.write("alice", join(ALICE));
        scribe.write("invite", member(ALICE, BOB, "invite"));
        breaks_as_stated("S10b", &told(&scribe));
    }
}

#[test]
fn s11_aliases_by_anyone() {
    for (version, _) in failing("S11") {
        let mut scribe = Scribe::new(version);
        scribe.create();
        scribe
            .write("aliases", state(BOB, "m.room.aliases", "b.example", json!({ "aliases": [] })));
        breaks_as_stated("S11", &told(&scribe));
    }
}

/// Alice created a room and sets a level for inviting that nobody has.
fn invite_level(version: &RoomVersion) -> Scribe {
    let levels = levels(ALICE, users(version, json!({}))).saying("invite", 150);
    let invite = member(ALICE, DAVE, "invite");
    written(version, &[("levels", "alice", levels), ("invite", "levels", invite)])
}

/// Alice invites Bob by a third-party invite of hers: `token`, `invite`.
fn third_party_invite(version: &RoomVersion) -> Scribe {
    let key = SigningKey::from_seed("identity.example", "ed25519:0", &[7; 32]);
    let mut signed = Object::from_iter([("mxid", BOB), ("token", "token")]);
    sign_json(&mut signed, &key);
    let signed: Json = serde_json::from_str(&signed.to_canonical(LenientNumbers::Value)).unwrap();
    let keys = json!({ "public_key": base64::encode(key.public_bytes()) });
    let token = state(ALICE, "m.room.third_party_invite", "token", keys);
    let proof = json!({ "display_name": "Bob", "signed": signed });
    let invite = member(ALICE, BOB, "invite").saying("third_party_invite", proof);
    written(version, &[("token", "alice", token), ("invite", "token", invite)])
}

/// Alice redacts one of her events.
fn redacted(mut scribe: Scribe, name: &str, after: &str) -> Scribe {
    let target = scribe.id(name).to_string();
    let redaction = state(ALICE, "m.room.redaction", "", json!({ "redacts": target }));
    scribe.write("redaction", redaction.field("redacts", target).after(&[after]));
    scribe
}

#[test]
fn s13_redaction_loses_what_rules_read() {
    for (version, _) in failing("S13") {
        if version.capabilities.aliases_rule {
            let mut scribe = Scribe::new(version);
            closed(&mut scribe);
            let aliases = json!({ "aliases": [] });
            scribe.write("aliases", state(BOB, "m.room.aliases", "b.example", aliases));
            breaks_as_stated("S13", &told(&scribe));
        } else {
            let invite = member(ALICE, BOB, "invite").saying("third_party_invite", json!({}));
            breaks_as_stated("S13", &told(&written(&version, &[("invite", "alice", invite)])));
        }
    }
}

/// The same with what one should send.
#[test]
fn s13_redaction_loses_levels_and_keys() {
    for (version, _) in failing("S13") {
        if version.capabilities.redaction.keeps_invite_level {
            breaks("S13", &told(&third_party_invite(&version)));
        } else {
            breaks("S13", &told(&invite_level(&version)));
        }
    }
}

#[test]
fn f13_who_comes_later_decides_otherwise() {
    for (version, _) in failing("F13") {
        let scribe = if version.capabilities.redaction.keeps_invite_level {
            redacted(third_party_invite(&version), "token", "invite")
        } else {
            redacted(invite_level(&version), "levels", "levels")
        };
        breaks_as_stated("F13", &told(&scribe));
    }
}

/// In version 8 redaction strips who vouched for a join.
#[test]
fn f13_restricted_redaction() {
    let version = RoomVersion::specified("8").unwrap();
    let mut scribe = Scribe::public(version);
    scribe.write("restricted", join_rule(ALICE, "restricted").saying("allow", json!([])));
    let bob = join(BOB).saying("join_authorised_via_users_server", ALICE);
    scribe.write("bob", bob.signed_by(&["a.example", "b.example"]));
    breaks("F13", &told(&redacted(scribe, "bob", "bob")));
}

/// Alice joins and leaves, both at one time: where IDs are sent, the later one's is the smaller.
fn of_one_time(version: &RoomVersion, attempt: usize) -> Scribe {
    let time = 1_700_000_100_000 + i64::try_from(attempt).unwrap();
    let mut scribe = Scribe::new(version.clone());
    scribe.create();
    scribe.write("join", join(ALICE).at(time));
    scribe.write("departure", member(ALICE, ALICE, "leave").at(time));
    scribe
}

#[test]
fn r4a_a_join_that_no_state_has_any_more() {
    for (version, _) in failing("R4a") {
        breaks_in_some_attempt("R4a", 2, &|at| of_one_time(&version, at));
    }
}

/// The same without equal times.
#[test]
fn r4a_a_leave_that_no_state_has_any_more() {
    for (version, _) in failing("R4a") {
        let drafts = [
            ("public", "alice", join_rule(ALICE, "public")),
            ("invite-only", "alice", join_rule(ALICE, "invite")),
            ("leave", "public", member(ALICE, ALICE, "leave")),
            ("back", "leave", join(ALICE)),
        ];
        assert!(breaks_somewhere("R4a", &written(&version, &drafts).room, 2), "{version}");
    }
}

/// The creator's second join beside the first, and what she sets: the event IDs decide some of it.
fn two_joins(version: &RoomVersion, is_v1: bool, parents: [&str; 2], attempt: usize) -> Scribe {
    let to = |level: i64| levels(ALICE, users(version, json!({ BOB: level })));
    let again = format!("again-{attempt}");
    let (first, second) = (format!("first-{attempt}"), format!("second-{attempt}"));
    let [one, other] = parents.map(|parent| if parent == "again" { &again } else { parent });
    let mut drafts = vec![(again.as_str(), "create", join(ALICE))];
    if is_v1 {
        drafts.extend([(first.as_str(), one, to(50)), (second.as_str(), other, to(25))]);
    } else if version.capabilities.state_resolution == StateResolution::V2_1 {
        drafts.push((&first, &again, join_rule(ALICE, "public")));
    } else {
        drafts.push((&first, &again, to(50)));
    }
    written(version, &drafts)
}

/// Some attempt breaks the law.
fn breaks_in_some_attempt(id: &str, count: usize, attempt: &dyn Fn(usize) -> Scribe) {
    let broken = (0..64).map(attempt).find(|scribe| breaks_somewhere(id, &scribe.room, count));
    breaks_by_states(id, &broken.unwrap_or_else(|| panic!("{id} in {:?}", attempt(0))), count);
}

#[test]
fn r5_three_states_in_steps() {
    for (version, is_v1) in failing("R5") {
        let attempt = |at| two_joins(&version, is_v1, ["alice", "alice"], at);
        breaks_in_some_attempt("R5", 3, &attempt);
    }
}

#[test]
fn r6_the_result_again() {
    for (version, is_v1) in failing("R6") {
        let attempt = |at| two_joins(&version, is_v1, ["alice", "again"], at);
        breaks_in_some_attempt("R6", 2, &attempt);
    }
}

#[test]
fn r7_back_on_one_line() {
    for (version, is_v1) in failing("R7") {
        let attempt = |at: usize| {
            if !is_v1 {
                return of_one_time(&version, at);
            }
            let leave = member(ALICE, ALICE, "leave").field("depth", 0);
            written(&version, &[("leave", "alice", leave)])
        };
        breaks_in_some_attempt("R7", 2, &attempt);
    }
}

#[test]
fn r8_topics_that_go_with_who_set_them() {
    for (version, _) in failing("R8") {
        let attempt = |at: usize| {
            let time = 1_700_000_100_000 + i64::try_from(at).unwrap();
            let drafts = [
                ("winter", "alice", topic(ALICE, "Winter").at(time)),
                ("spring", "winter", topic(ALICE, "Spring").at(time)),
                ("departure", "spring", member(ALICE, ALICE, "leave").at(time)),
            ];
            written(&version, &drafts)
        };
        breaks_in_some_attempt("R8", 2, &attempt);
    }
}

/// The same without equal times, from version 2 on.
#[test]
fn r8_double_join_drop() {
    for (version, _) in failing("R8").into_iter().filter(|(_, is_v1)| !is_v1) {
        let drafts = [
            ("public", "alice", join_rule(ALICE, "public")),
            ("one", "public", join(BOB)),
            ("other", "public", join(BOB)),
            ("invite-only", "other", join_rule(ALICE, "invite")),
        ];
        assert!(breaks_somewhere("R8", &written(&version, &drafts).room, 2), "{version}");
    }
}

/// In version 1, where what one state alone has is not looked at: Bob's invite beside what
/// Alice does against it.
fn one_sided_invite(version: &RoomVersion, against: Draft) -> Scribe {
    let drafts = [
        ("public", "alice", join_rule(ALICE, "public")),
        ("bob", "public", join(BOB)),
        ("invite", "bob", member(BOB, DAVE, "invite")),
        ("against", "bob", against),
    ];
    written(version, &drafts)
}

#[test]
fn r12_an_invite_beside_a_ban() {
    for (version, _) in failing("R12") {
        let scribe = one_sided_invite(&version, member(ALICE, BOB, "ban"));
        breaks_by_states("R12", &scribe, 2);
    }
}

#[test]
fn r13_an_invite_beside_power_levels() {
    for (version, _) in failing("R13") {
        let scribe =
            one_sided_invite(&version, levels(ALICE, json!({ ALICE: 100 })).saying("invite", 50));
        breaks_by_states("R13", &scribe, 2);
    }
}

/// Alice and Bob in a public room, and what is written beside each other after these.
fn beside(
    version: &RoomVersion,
    before: &[(&str, &str, Draft)],
    both: [Draft; 2],
    at: usize,
) -> Scribe {
    let last = before.last().map_or("alice", |(name, ..)| *name);
    let [one, other] = both;
    let names = [format!("one-{at}"), format!("other-{at}")];
    let mut drafts = before.to_vec();
    drafts.extend([(names[0].as_str(), last, one), (&names[1], last, other)]);
    written(version, &drafts)
}

#[test]
fn r12a_another_join_beside_a_kick() {
    for (version, _) in failing("R12a") {
        let before =
            [("public", "alice", join_rule(ALICE, "public")), ("bob", "public", join(BOB))];
        let both = [member(ALICE, BOB, "leave"), join(BOB)];
        // In version 1 the event IDs decide.
        let attempt = |at| beside(&version, &before, both.clone(), at);
        breaks_in_some_attempt("R12a", 2, &attempt);
    }
}

/// What Alice gives up she has again by power levels of Bob's that knew nothing of it. From version
/// 2 on Bob's come last, as they cite his join, for which he had no power yet.
#[test]
fn r13a_power_levels_of_two_beside_each_other() {
    for (version, is_v1) in failing("R13a") {
        if version.capabilities.creator == Creator::Privileged {
            continue;
        }
        let both_have = levels(ALICE, json!({ ALICE: 100, BOB: 100 }));
        let before = [
            ("public", "alice", join_rule(ALICE, "public")),
            ("bob", "public", join(BOB)),
            ("levels", "bob", both_have),
        ];
        let again = levels(BOB, json!({ ALICE: 100, BOB: 100 })).saying("invite", 50);
        let both = [levels(ALICE, json!({ BOB: 100 })), again];
        let attempt = |at| beside(&version, &before, both.clone(), at);
        if is_v1 {
            breaks_in_some_attempt("R13a", 2, &attempt);
        } else {
            breaks_by_states("R13a", &attempt(0), 2);
        }
    }
}

/// The same where creators are above all levels, and there are two of them.
#[test]
fn r13a_power_levels_of_two_creators() {
    for (version, _) in failing("R13a") {
        if version.capabilities.creator != Creator::Privileged {
            continue;
        }
        let mut scribe = Scribe::new(version.clone());
        let content = json!({ "room_version": version.id(), "additional_creators": [BOB] });
        scribe.write("create", state(ALICE, "m.room.create", "", content).after(&[]));
        scribe.write("alice", join(ALICE));
        scribe.write("public", join_rule(ALICE, "public"));
        scribe.write("bob", join(BOB));
        scribe.write("one", levels(ALICE, json!({ DAVE: -1 })));
        scribe.write("other", levels(BOB, json!({})).after(&["bob"]));
        breaks_by_states("R13a", &scribe, 2);
    }
}

#[test]
fn f1a_a_topic_beside_a_leave() {
    for (version, _) in failing("F1a") {
        let leave = member(ALICE, ALICE, "leave");
        let drafts = [("topic", "alice", topic(ALICE, "Winter")), ("leave", "alice", leave)];
        let scribe = written(&version, &drafts);
        let orders = [["create", "alice", "topic", "leave"], ["create", "alice", "leave", "topic"]];
        let history = told_in(&scribe, &[&orders[0], &orders[1]]);
        breaks_as_stated("F1a", &history);
    }
}

#[test]
fn f1b_a_join_with_a_state_that_is_not_so() {
    for (version, _) in failing("F1b") {
        let drafts =
            [("public", "alice", join_rule(ALICE, "public")), ("bob", "public", join(BOB))];
        let scribe = written(&version, &drafts);
        let said = ["create", "public"];
        let names = ["create", "alice", "public", "bob"];
        let whole = names.map(|name| Input::Pdu(scribe.pdu(name).into()));
        let state = said.iter().map(|name| scribe.id(name)).collect();
        let joined = Input::Joined { pdu: scribe.pdu("bob").into(), state };
        let outliers = names[..3].iter().map(|name| Input::Outlier(scribe.pdu(name).into()));
        let mut history = history(&version, &[whole.to_vec(), outliers.chain([joined]).collect()]);
        history.servers[1].is_whole = false;
        breaks_as_stated("F1b", &history);
    }
}

#[test]
fn f3_a_leave() {
    for (version, _) in failing("F3") {
        let drafts = [("leave", "alice", member(ALICE, ALICE, "leave"))];
        breaks_as_stated("F3", &told(&written(&version, &drafts)));
    }
}

//! What ruma is known to answer otherwise, and no rule's example shows: the rows of
//! `docs/DIVERGENCES.md` about it.

use exeunt_event::base64;
use exeunt_event::signatures::{SigningKey, sign_json};
use exeunt_version::{Creator, EventIds, LenientNumbers, LevelForm, RoomVersion};
use serde_json::{Value as Json, json};

use crate::collection::{Collection, Question};
use crate::federation::FULL;
use crate::house::{ALICE, BOB, CAROL};
use crate::pdus::{from_json, keys, question, signed};
use crate::room::object;
use crate::stories::Story;

const ROOM: &[&str] = &["create", "alice"];

pub(crate) fn collect(into: &mut Collection) {
    for version in RoomVersion::all().filter(|version| FULL.contains(&version.id())) {
        contents_of_create(into, &version);
        odd_membership(into, &version);
        third_party_invites(into, &version);
        levels(into, &version);
        ports(into, &version);
        unsigned_rules(into, &version);
        if version.capabilities.event_ids == EventIds::Sent {
            nobodys_redaction(into, &version);
        }
    }
    forks(into);
    large(into);
}

/// What no rule lets into a create event, or no rule reads there.
fn contents_of_create(into: &mut Collection, version: &RoomVersion) {
    let mut ask = |content: Json, name: &str, comment: &str| {
        let mut story = Story::created_with(version, &content);
        story.message("message", &["create", "alice"]);
        story.ask(into, (name, comment), Some(ROOM));
    };
    if version.capabilities.creator == Creator::Property {
        let comment = "A message in a room whose creator is no user ID.";
        ask(json!({ "creator": "alice" }), "creator is no user", comment);
    }
    let comment = "A message of the creator's server where `m.federate` is a string.";
    ask(json!({ "m.federate": "false" }), "federate is a string", comment);
    if version.capabilities.creator == Creator::Privileged {
        let comment = "A message in a room one of whose additional creators is a number.";
        ask(json!({ "additional_creators": [7] }), "creator is a number", comment);
    }
}

fn odd_membership(into: &mut Collection, version: &RoomVersion) {
    let mut story = Story::new(version);
    story.state("odd", ("m.room.member", BOB), BOB, &json!({ "membership": 7 }), &["create"]);
    story.invite("invite", &["create", "alice", "odd"]);
    let comment = "An invite of a user whose membership in the state is a number.";
    let state = ["create", "alice", "odd"];
    story.ask(into, ("invite after a number", comment), Some(&state));
}

/// Alice invites Bob, whom an identity server vouches for.
fn third_party_invites(into: &mut Collection, version: &RoomVersion) {
    let key = SigningKey::from_seed("id.example", "ed25519:0", &[1; 32]);
    let mut proof = object(&json!({ "mxid": BOB, "token": "token" }));
    sign_json(&mut proof, &key);
    let proof: Json = serde_json::from_str(&proof.to_canonical(LenientNumbers::Value)).unwrap();
    let mut odd = proof.clone();
    odd["signatures"]["a"] = json!(7);
    let own = json!({ "public_key": base64::encode(key.public_bytes()) });
    let mut beside = own.clone();
    beside["public_keys"] = json!([{}]);
    for (name, comment, token, proof) in [
        (
            "no key beside",
            "A list of keys has what is none beside the one that signed.",
            beside,
            proof,
        ),
        (
            "no signatures before",
            "What is no object comes before the matching signatures.",
            own,
            odd,
        ),
    ] {
        let mut story = Story::new(version);
        let kind = ("m.room.third_party_invite", "token");
        story.state("token", kind, ALICE, &token, &["create", "alice"]);
        let content = json!({ "membership": "invite", "third_party_invite": { "signed": proof } });
        let cited = ["create", "alice", "token"];
        story.state("invite", ("m.room.member", BOB), ALICE, &content, &cited);
        story.ask(into, (name, comment), Some(&cited));
    }
}

fn levels(into: &mut Collection, version: &RoomVersion) {
    let of_alice = ["create", "alice", "levels"];
    let mut story = Story::new(version);
    story.levels("levels", &json!({ "events_default": "x" }), ROOM);
    story.message("message", &of_alice);
    let comment = "A message where a level in the state is no number.";
    story.ask(into, ("message with no level", comment), Some(&of_alice));
    if version.capabilities.levels != LevelForm::Integers {
        let mut story = Story::new(version);
        let large = json!({ "users": { ALICE: "9007199254740992" } });
        story.levels("levels", &large, ROOM);
        story.message("message", &of_alice);
        let comment = "A message of a user whose level is 2^53, as a string.";
        story.ask(into, ("level of 2 53", comment), Some(&of_alice));
    }
    let mut story = Story::new(version);
    story.levels("levels", &json!({ "ban": "++5" }), ROOM);
    let comment = "Power levels with a level that has two signs.";
    story.ask(into, ("two signs", comment), Some(ROOM));
}

/// User IDs of servers with ports.
fn ports(into: &mut Collection, version: &RoomVersion) {
    for (name, port) in [("large port", "65536"), ("signed port", "+80"), ("long port", "000080")] {
        let mut story = Story::new(version);
        let user = format!("@bob:b.example:{port}");
        story.levels("levels", &json!({ "users": { user: 50 } }), ROOM);
        let comment = format!("Power levels of a user of a server with the port {port}.");
        story.ask(into, (name, &comment), Some(ROOM));
    }
}

/// What a rule rejects, and no check of signatures.
fn unsigned_rules(into: &mut Collection, version: &RoomVersion) {
    let invite = json!({ "membership": "invite", "third_party_invite": 7 });
    for (name, comment, content) in [
        ("no membership", "A member event without `membership`, signed.", json!({})),
        (
            "membership of 7",
            "A member event with a number for `membership`, signed.",
            json!({ "membership": 7 }),
        ),
        ("third-party invite of 7", "A number for `third_party_invite`, signed.", invite),
    ] {
        let fields = json!({ "type": "m.room.member", "state_key": ALICE, "content": content });
        let event = signed(version, &fields, &["a.example"]);
        let fields = [("event", event.into()), ("keys", from_json(&keys(&["a.example"])))];
        let asked = question("check_signatures", version, fields);
        into.add(Question::new("by-hand", name, comment, asked).filed("servers"));
    }
}

/// Such an event ID is none in these versions, so that only the rule is asked.
fn nobodys_redaction(into: &mut Collection, version: &RoomVersion) {
    let mut story = Story::new(version);
    story.join("carol", CAROL, &["create", "rules"]);
    let redaction = json!({ "type": "m.room.redaction", "event_id": "$redaction", "content": {} });
    story.event("redaction", CAROL, redaction, &["create", "carol"]);
    let comment = "A redaction without a target, whose ID has no domain.";
    let state = ["create", "alice", "carol"];
    story.ask(into, ("no domain and no target", comment), Some(&state));
}

/// Forks that are resolved otherwise, each the smallest of its class.
fn forks(into: &mut Collection) {
    let [two, eleven, twelve] = ["2", "11", "12"].map(|id| RoomVersion::specified(id).unwrap());
    let room = ["create", "rules", "alice"];
    let again = ["create", "rules", "again"];

    let mut story = Story::new(&eleven);
    story.message("message", &["create", "alice"]);
    story.join("again", ALICE, &["create", "alice", "rules", "message"]);
    let comment = "A join that cites a message.";
    story.resolve(into, ("message cited", comment), &[&room, &again]);

    let mut story = Story::new(&two);
    story.join("bob", BOB, &["create", "rules"]);
    story.member("kick", BOB, ALICE, "leave", &["create", "alice", "bob", "kick"]);
    let comment = "A kick that cites itself.";
    let states: [&[&str]; 2] =
        [&["create", "rules", "alice", "bob"], &["create", "rules", "alice", "kick"]];
    story.resolve(into, ("kick cites itself", comment), &states);

    let mut story = Story::new(&eleven);
    let invite_only = json!({ "join_rule": "invite" });
    story.state("closed", ("m.room.join_rules", ""), ALICE, &invite_only, &["create", "alice"]);
    story.invite("invite", &["create", "alice", "closed"]);
    story.member("leave", BOB, BOB, "leave", &["create", "invite"]);
    let cited = ["create", "closed", "invite", "leave"];
    story.join("one", BOB, &cited);
    story.join("other", BOB, &cited);
    let states: [&[&str]; 2] =
        [&["create", "closed", "alice", "one"], &["create", "closed", "alice", "other"]];
    let comment = "Joins that cite two memberships of their sender.";
    story.resolve(into, ("two for one key", comment), &states);

    let mut story = Story::new(&twelve);
    story.levels("levels", &json!({ "users": { CAROL: 50 } }), &["alice"]);
    story.join("carol", CAROL, &["levels", "rules"]);
    story.join("bob", BOB, &["levels", "rules"]);
    story.member("ban", BOB, ALICE, "ban", &["create!", "alice", "levels", "bob"]);
    story.member("kick", BOB, CAROL, "leave", &["levels", "carol", "bob"]);
    let comment = "A ban that cites the create event, and a kick.";
    let common = ["create", "rules", "levels", "alice", "carol"];
    let states = ["ban", "kick"].map(|last| [&common[..], &[last]].concat());
    let states = states.each_ref().map(Vec::as_slice);
    story.resolve(into, ("ban cites create event", comment), &states);

    let mut story = Story::new(&twelve);
    story.join("again", ALICE, &["alice", "rules"]);
    story.reject("create");
    let comment = "Two joins, where the create event was rejected.";
    story.resolve(into, ("rejected create event", comment), &[&room, &again]);

    for (name, level, comment) in [
        ("state default is no level", "state_default", "A topic where a level is no number."),
        (
            "users default is no level",
            "users_default",
            "A kick where its sender's level is no number.",
        ),
    ] {
        let mut story = Story::new(&eleven);
        story.levels("levels", &json!({ level: "x", "users": { ALICE: 100 } }), ROOM);
        if level == "state_default" {
            let kind = ("m.room.topic", "");
            story.state("last", kind, ALICE, &json!({}), &["create", "alice", "levels"]);
        } else {
            story.member("last", BOB, CAROL, "leave", &["create", "levels"]);
        }
        let before = ["create", "rules", "levels", "alice"];
        let after = [&before[..], &["last"]].concat();
        story.resolve(into, (name, comment), &[&before, &after]);
    }

    let mut story = Story::new(&eleven);
    story.member("invite", "bob", ALICE, "invite", &["create", "alice"]);
    let comment = "An invite of what is no user.";
    let state = ["create", "rules", "alice", "invite"];
    story.resolve(into, ("invite of no user", comment), &[&room, &state]);

    let mut story = Story::new(&eleven);
    story.state("odd", ("m.room.member", BOB), BOB, &json!({ "membership": 7 }), &["create"]);
    story.invite("invite", &["create", "alice", "odd"]);
    let comment = "An invite that cites a membership that is a number.";
    let odd = ["create", "rules", "alice", "odd"];
    story.resolve(into, ("invite after a number", comment), &[&odd, &state]);
}

/// The hashes of an event that is larger than an event may be. One room version will do.
fn large(into: &mut Collection) {
    let version = RoomVersion::specified("11").unwrap();
    let content = json!({ "msgtype": "m.text", "body": "x".repeat(65_536) });
    let fields = json!({ "type": "m.room.message", "content": content });
    let event = signed(&version, &fields, &["a.example"]);
    let asked = question("event_id", &version, [("event", event.into())]);
    let comment = "An event of more than 65,536 bytes.";
    let asked = Question::new("by-hand", "more than 65536 bytes", comment, asked);
    into.add(asked.filed("messages"));
}

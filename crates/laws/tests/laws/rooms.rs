//! Laws about rooms and what comes to servers.

use exeunt_laws::{History, Step};
use exeunt_room::{Context, Input, Outcome, Room, Standing};
use exeunt_version::RoomVersion;
use serde_json::json;

use crate::told::{breaks, history, keeps, tally, told, told_in};
use crate::world::{ALICE, BOB, CAROL, Scribe, keys, member, state, topic};

const PEOPLED: [&str; 6] = ["create", "alice", "levels", "rule", "bob", "carol"];

/// Bob sets a topic beside his ban.
fn beside_a_ban(version: &RoomVersion) -> Scribe {
    let mut scribe = Scribe::peopled(version.clone());
    scribe.write("topic", topic(BOB, "Winter"));
    scribe.write("ban", member(ALICE, BOB, "ban").after(&["carol"]));
    scribe
}

fn in_both_orders(scribe: &Scribe, one: &str, other: &str) -> History {
    let (mut there, mut back) = (PEOPLED.to_vec(), PEOPLED.to_vec());
    there.extend([one, other]);
    back.extend([other, one]);
    told_in(scribe, &[&there, &back])
}

/// A history in which the topic comes to the second server with a state that leaves Carol out, and
/// nobody says that it took somebody's word.
fn by_word(version: &RoomVersion) -> History {
    let mut scribe = Scribe::peopled(version.clone());
    scribe.write("topic", topic(BOB, "Winter"));
    let pdu = |name: &&str| Input::Pdu(scribe.pdu(name).into());
    let known: Vec<Input> = PEOPLED.iter().map(pdu).collect();
    let state = PEOPLED[..5].iter().map(|name| scribe.id(name)).collect();
    let given = Input::Given { pdu: scribe.pdu("topic").into(), state };
    let honest = known.iter().cloned().chain([pdu(&"topic")]).collect();
    // What comes before the topic is not there when it comes.
    let told = known[..5].iter().cloned().chain([given, known[5].clone()]).collect();
    history(version, &[honest, told])
}

#[test]
fn f1_convergence() {
    for version in RoomVersion::all() {
        let scribe = beside_a_ban(&version);
        keeps("F1", &in_both_orders(&scribe, "topic", "ban"));
        breaks("F1", &by_word(&version));
    }
}

#[test]
fn f1a_current_states_converge() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version);
        scribe.write("topic", topic(BOB, "Winter"));
        scribe.write("rename", member(CAROL, CAROL, "join").after(&["carol"]));
        keeps("F1a", &in_both_orders(&scribe, "topic", "rename"));
    }
}

/// Carol joins by word of a server that says that this is the state, and sets a topic.
fn joined_by_word(version: &RoomVersion, said: &[&str]) -> History {
    let mut scribe = Scribe::peopled(version.clone());
    scribe.write("topic", topic(CAROL, "Winter"));
    let pdu = |name: &&str| Input::Pdu(scribe.pdu(name).into());
    let whole: Vec<Input> = PEOPLED.iter().chain(&["topic"]).map(pdu).collect();
    let outlier = |name: &&str| Input::Outlier(scribe.pdu(name).into());
    let state = said.iter().map(|name| scribe.id(name)).collect();
    let joined = Input::Joined { pdu: scribe.pdu("carol").into(), state };
    let told = said.iter().map(outlier).chain([joined, pdu(&"topic")]).collect();
    let mut history = history(version, &[whole, told]);
    history.servers[1].is_whole = false;
    history
}

#[test]
fn f1b_converges_by_word() {
    for version in RoomVersion::all() {
        keeps("F1b", &joined_by_word(&version, &PEOPLED[..5]));
        breaks("F1b", &joined_by_word(&version, &PEOPLED[..4]));
        let mut untold = joined_by_word(&version, &PEOPLED[..4]);
        untold.servers.remove(1);
        assert_eq!(tally("F1b", &untold).met, 0);
    }
}

#[test]
fn f2_accepted_by_their_past() {
    for version in RoomVersion::all() {
        let mut honest = told(&beside_a_ban(&version));
        keeps("F2", &honest);
        honest.servers = by_word(&version).servers.split_off(1);
        breaks("F2", &honest);
    }
}

#[test]
fn f3_entries_pass_against_their_state() {
    for version in RoomVersion::all() {
        keeps("F3", &told(&Scribe::public(version)));
    }
}

#[test]
fn f4_soft_failure_changes_nothing() {
    for version in RoomVersion::all() {
        let scribe = beside_a_ban(&version);
        let mut order = PEOPLED.to_vec();
        order.extend(["ban", "topic"]);
        let mut history = told_in(&scribe, &[&order]);
        keeps("F4", &history);
        let [.., topic] = &history.steps[..] else { panic!("{history:?}") };
        assert!(matches!(topic.receipt.outcome, Outcome::Decided(Standing::SoftFailed(_))));
        // Who joins anew has another room than what the event left.
        let mut anew = history.clone();
        let input = anew.steps[0].input.clone();
        let server = &mut anew.servers[0];
        server.left = vec![std::mem::replace(&mut server.room, Room::new(version.clone()))];
        anew.steps.push(Step::take(0, 1, &mut server.room, input));
        assert_eq!(tally("F4", &anew).broken, None);
        let [.., ban, topic] = &mut history.steps[..] else { panic!("{history:?}") };
        ban.receipt.outcome = topic.receipt.outcome.clone();
        breaks("F4", &history);
    }
}

#[test]
fn f12_logs_fold_into_the_same_room() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("unsigned", topic(BOB, "Winter").signed_by(&[]));
        let mut history = told(&scribe);
        keeps("F12", &history);
        // What somebody who has the keys dropped, who has none takes.
        let keys = keys(&version);
        let mut room = Room::new(version);
        for pdu in &scribe.pdus {
            let context = Context { keys: Some(&keys) };
            room.take(&Input::Pdu(pdu.as_slice().into()), context);
        }
        history.servers[0].room = room;
        breaks("F12", &history);
    }
}

#[test]
fn f13_redacted_history_decides_the_same() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        let target = scribe.write("topic", topic(BOB, "Winter"));
        let redaction = state(ALICE, "m.room.redaction", "", json!({ "redacts": target.as_str() }));
        scribe.write("redaction", redaction.field("redacts", target.as_str()));
        keeps("F13", &told(&scribe));
    }
}

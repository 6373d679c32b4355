//! Laws about resolution that are expected to hold, kept by the model and broken by resolvers that
//! are wrong on purpose.

use exeunt_auth::{Verdict, Witness};
use exeunt_laws::{Answer, Resolver};
use exeunt_resolve::{Account, Events, Resolution, StateSet, resolve};
use exeunt_room::Record;
use exeunt_version::{RoomIds, RoomVersion, StateResolution};
use serde_json::json;

use crate::told::{asked, by, merge, users};
use crate::world::{ALICE, BOB, CAROL, DAVE, Draft, Scribe, join, levels, member, message, topic};

fn first<'r>(events: Events<'r, Record>, sets: &[StateSet]) -> Resolution<'r> {
    resolve(events, &sets[..1])
}

fn nothing<'r>(events: Events<'r, Record>, _: &[StateSet]) -> Resolution<'r> {
    resolve(events, &[])
}

/// Whatever any state has, the last one's for every key.
fn union<'r>(events: Events<'r, Record>, sets: &[StateSet]) -> Resolution<'r> {
    resolve(events, &[sets.iter().flat_map(StateSet::iter).collect()])
}

/// The last state event for every key, whether or not a state has it.
fn newest<'r>(events: Events<'r, Record>, _: &[StateSet]) -> Resolution<'r> {
    let entry = |number| Some((events.state_event(number)?.key, number));
    resolve(events, &[events.dag.events().filter_map(entry).collect()])
}

fn backwards<'r>(events: Events<'r, Record>, sets: &[StateSet]) -> Resolution<'r> {
    let mut resolution = resolve(events, sets);
    if let Account::V2(account) = &mut resolution.account {
        account.power_events.reverse();
    }
    resolution
}

fn half<'r>(events: Events<'r, Record>, sets: &[StateSet]) -> Resolution<'r> {
    let mut resolution = resolve(events, sets);
    if let Account::V2(account) = &mut resolution.account {
        account.others.pop();
    }
    resolution
}

/// As if the rules had said the opposite about the first of the others.
fn contrary<'r>(events: Events<'r, Record>, sets: &[StateSet]) -> Resolution<'r> {
    let mut resolution = resolve(events, sets);
    if let Account::V2(account) = &mut resolution.account {
        let first = &mut account.others[0].verdict;
        let rule = first.rule();
        *first = if first.is_allowed() {
            Verdict::Rejected { rule, witness: Box::new(Witness::Property("nothing")) }
        } else {
            Verdict::Allowed { rule }
        };
    }
    resolution
}

fn is_v1(version: &RoomVersion) -> bool {
    version.capabilities.state_resolution == StateResolution::V1
}

/// Two branches after `carol`, each of these events in a row.
fn branches(version: &RoomVersion, one: &[Draft], other: &[Draft]) -> Scribe {
    let mut scribe = Scribe::peopled(version.clone());
    for (branch, drafts) in [("one", one), ("other", other)] {
        for (at, draft) in drafts.iter().enumerate() {
            let first = draft.clone().after(&["carol"]);
            let is_last = at + 1 == drafts.len();
            let name = if is_last { branch.to_owned() } else { format!("{branch}-{at}") };
            scribe.write(&name, if at == 0 { first } else { draft.clone() });
        }
    }
    scribe
}

fn a_ban(version: &RoomVersion) -> Scribe {
    let topic = topic(BOB, "Winter");
    branches(version, &[topic.clone(), topic.saying("again", 1)], &[member(ALICE, BOB, "ban")])
}

fn a_demotion(version: &RoomVersion) -> Scribe {
    let demotion = levels(ALICE, users(version, json!({ BOB: 0 })));
    branches(version, &[topic(BOB, "Winter")], &[demotion])
}

fn kept_and_broken(id: &str, scribe: &Scribe, wrong: Resolver) {
    let version = scribe.room.version();
    let merge = merge(scribe, &["one", "other"]);
    assert_eq!(asked(id, &merge), Answer::Kept, "{id} in version {version}");
    let answer = asked(id, &by(&merge, wrong));
    assert!(matches!(answer, Answer::Broken(_)), "{id} in version {version}: {answer:?}");
}

#[test]
fn laws_about_any_two_states() {
    let wrong: [(&str, Resolver); 6] = [
        ("R1", first),
        ("R2", nothing),
        ("R3", nothing),
        ("R9", first),
        ("R14", nothing),
        ("R4", newest),
    ];
    for version in RoomVersion::all() {
        let mut scribe = a_ban(&version);
        for (id, wrong) in wrong {
            if id == "R4" {
                scribe.write("later", topic(ALICE, "Spring").after(&["other"]));
            }
            kept_and_broken(id, &scribe, wrong);
        }
    }
}

/// A create event may cite a message, and has what that cites in its auth chain.
#[test]
fn r9_asks_about_events_that_are_no_state_too() {
    let mut scribe = Scribe::peopled(RoomVersion::all().nth(9).unwrap());
    scribe.write("said", message(BOB, "Exit"));
    let merge = merge(&scribe, &["bob", "carol"]);
    assert_eq!(merge.pool().dag().len(), scribe.room.dag().len());
}

#[test]
fn r10_topological_order() {
    for version in RoomVersion::all().filter(|version| !is_v1(version)) {
        let more = levels(ALICE, users(&version, json!({ BOB: 50, CAROL: 25 })));
        let less = levels(ALICE, users(&version, json!({ BOB: 50 })));
        let scribe = branches(&version, &[more, less], &[topic(BOB, "Winter")]);
        kept_and_broken("R10", &scribe, backwards);
    }
}

#[test]
fn r11_v2_1_looks_at_more() {
    for version in RoomVersion::all() {
        let scribe = a_ban(&version);
        if version.capabilities.state_resolution == StateResolution::V2_1 {
            kept_and_broken("R11", &scribe, half);
        } else {
            assert_eq!(asked("R11", &merge(&scribe, &["one", "other"])), Answer::Silent);
        }
    }
}

#[test]
fn r12_bans_win() {
    for version in RoomVersion::all().filter(|version| !is_v1(version)) {
        kept_and_broken("R12", &a_ban(&version), first);
        kept_and_broken("R12", &a_ban(&version), union);
        // One that does not cite who it is against.
        let cited = match version.capabilities.room_ids {
            RoomIds::Domain => &["create", "levels", "alice"][..],
            RoomIds::CreateEvent => &["levels", "alice"],
        };
        let ban = member(ALICE, BOB, "ban").citing(cited);
        let scribe = branches(&version, &[topic(BOB, "Winter")], &[ban]);
        assert_eq!(asked("R12", &merge(&scribe, &["one", "other"])), Answer::Silent);
        // Invites by a third party have rules of their own.
        let invite = member(BOB, DAVE, "invite").saying("third_party_invite", json!({}));
        let scribe = branches(&version, &[invite], &[member(ALICE, BOB, "ban")]);
        assert_eq!(asked("R12", &merge(&scribe, &["one", "other"])), Answer::Silent);
    }
}

#[test]
fn r13_lost_power_is_not_used() {
    for version in RoomVersion::all().filter(|version| !is_v1(version)) {
        kept_and_broken("R13", &a_demotion(&version), union);
    }
}

#[test]
fn r12a_kicks_win() {
    for version in RoomVersion::all().filter(|version| !is_v1(version)) {
        let scribe = branches(&version, &[topic(BOB, "Winter")], &[member(ALICE, BOB, "leave")]);
        kept_and_broken("R12a", &scribe, first);
        kept_and_broken("R12a", &scribe, union);
        // An invite taken back is no kick.
        let mut scribe = Scribe::peopled(version);
        scribe.write("invite", member(ALICE, DAVE, "invite"));
        scribe.write("one", join(DAVE));
        scribe.write("other", member(ALICE, DAVE, "leave").after(&["invite"]));
        assert_eq!(asked("R12a", &merge(&scribe, &["one", "other"])), Answer::Silent);
    }
}

#[test]
fn r13a_lost_power_stays_lost() {
    for version in RoomVersion::all().filter(|version| !is_v1(version)) {
        let mut scribe = Scribe::peopled(version.clone());
        let both = json!({ BOB: 50, CAROL: 50 });
        scribe.write("more", levels(ALICE, users(&version, both.clone())));
        scribe.write("one", levels(BOB, users(&version, both)).saying("invite", 25));
        // She had no power when she joined: what cites that comes last.
        let without = levels(CAROL, users(&version, json!({ BOB: 50 })));
        scribe.write("other", without.after(&["more"]));
        kept_and_broken("R13a", &scribe, first);
    }
}

#[test]
fn r15_steps_follow_the_rules() {
    for version in RoomVersion::all().filter(|version| !is_v1(version)) {
        for wrong in [half as Resolver, contrary] {
            kept_and_broken("R15", &a_ban(&version), wrong);
            kept_and_broken("R15", &a_demotion(&version), wrong);
        }
    }
}

/// Laws that are expected to fail are kept where nothing is in conflict, and by most forks.
#[test]
fn laws_that_fail_are_kept_by_other_states() {
    for version in RoomVersion::all() {
        let scribe = a_ban(&version);
        for (id, names) in [
            ("R4a", &["one", "other"][..]),
            ("R5", &["alice", "rule", "bob"]),
            ("R6", &["alice", "rule"]),
            ("R7", &["alice", "rule"]),
            ("R8", &["one", "other"]),
        ] {
            assert_eq!(asked(id, &merge(&scribe, names)), Answer::Kept, "{id} {version}");
        }
    }
}

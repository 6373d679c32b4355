//! Laws about one event against one state.

use exeunt_event::Event;
use exeunt_laws::{Answer, History};
use exeunt_room::{Outcome, Standing};
use exeunt_version::RoomVersion;
use serde_json::json;

use crate::told::{begun, breaks, falsified, judged, judgement, keeps, told, users};
use crate::world::{
    ALICE, BOB, CAROL, DAVE, Draft, Scribe, join, join_rule, levels, member, state, topic,
};

/// The law is kept by an event as it is judged, and broken by another if that had the other
/// verdict, in every version.
fn kept_and_broken(
    id: &str,
    versions: impl Iterator<Item = RoomVersion>,
    before: &[Draft],
    kept: &dyn Fn(&RoomVersion) -> Draft,
    broken: &dyn Fn(&RoomVersion) -> Draft,
) {
    for version in versions {
        let mut scribe = Scribe::peopled(version.clone());
        for (at, draft) in before.iter().enumerate() {
            scribe.write(&format!("before-{at}"), draft.clone());
        }
        let last = before.len().checked_sub(1).map(|at| format!("before-{at}"));
        let last = last.unwrap_or_else(|| "carol".to_owned());
        let kept = scribe.write("kept", kept(&version));
        let broken = scribe.write("broken", broken(&version).after(&[&last]));
        let event = |id| -> Event { scribe.room.event(id).unwrap() };
        let (kept, broken) = (event(&kept), event(&broken));
        assert_eq!(judged(id, &judgement(&scribe, &kept)), Answer::Kept, "{id} {version}");
        let truth = judgement(&scribe, &broken);
        assert!(!matches!(judged(id, &truth), Answer::Broken(_)), "{id} {version}: {truth:?}");
        let answer = judged(id, &falsified(&truth));
        assert!(matches!(answer, Answer::Broken(_)), "{id} {version}: {answer:?}");
    }
}

fn check(id: &str, before: &[Draft], kept: &Draft, broken: &Draft) {
    let (kept, broken) = (|_: &RoomVersion| kept.clone(), |_: &RoomVersion| broken.clone());
    kept_and_broken(id, RoomVersion::all(), before, &kept, &broken);
}

#[test]
fn s1_own_leave() {
    let leave = member(CAROL, CAROL, "leave");
    check("S1", &[], &leave, &leave.clone().saying("reason", "again"));
    check("S1", &[member(ALICE, DAVE, "invite")], &member(DAVE, DAVE, "leave"), &leave);
}

#[test]
fn s2_transitions() {
    check("S2", &[], &join(CAROL), &member(ALICE, CAROL, "invite"));
    let invited = [member(ALICE, DAVE, "invite")];
    check("S2", &invited, &join(DAVE), &member(DAVE, DAVE, "knock"));
}

#[test]
fn s3_bans_last() {
    let banned = [member(ALICE, CAROL, "ban")];
    check("S3", &banned, &member(ALICE, CAROL, "leave"), &join(CAROL));
    check("S3", &banned, &member(BOB, CAROL, "leave"), &member(DAVE, CAROL, "leave"));
}

#[test]
fn s4_only_power_removes() {
    check("S4", &[], &member(BOB, CAROL, "leave"), &member(CAROL, BOB, "leave"));
    check("S4", &[], &member(BOB, CAROL, "ban"), &member(BOB, ALICE, "ban"));
}

#[test]
fn s5_inviters_are_joined() {
    check("S5", &[], &member(CAROL, DAVE, "invite"), &member(DAVE, "@erin:a.example", "invite"));
}

#[test]
fn s6_joins_have_a_provenance() {
    let erin = "@erin:a.example";
    let before = [member(ALICE, DAVE, "invite"), join_rule(ALICE, "invite")];
    check("S6", &before, &join(DAVE), &join(erin));
    check("S6", &[], &join(DAVE), &member(ALICE, DAVE, "join"));
}

#[test]
fn s7_levels_stay_within_reach() {
    let to = |carol: i64| {
        move |version: &RoomVersion| levels(BOB, users(version, json!({ BOB: 50, CAROL: carol })))
    };
    kept_and_broken("S7", RoomVersion::all(), &[], &to(25), &to(75));
}

#[test]
fn s7a_notifications_stay_within_reach() {
    let to = |level: i64| {
        move |version: &RoomVersion| {
            let levels = levels(BOB, users(version, json!({ BOB: 50 })));
            levels.saying("notifications", json!({ "room": level }))
        }
    };
    let ruled = || RoomVersion::all().filter(|version| version.capabilities.notifications_rule);
    kept_and_broken("S7a", ruled(), &[], &to(25), &to(75));
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("kept", to(25)(&version));
        keeps("S7a", &told(&scribe));
    }
}

#[test]
fn s8_nobody_raises_themselves() {
    let to =
        |bob: i64| move |version: &RoomVersion| levels(BOB, users(version, json!({ BOB: bob })));
    kept_and_broken("S8", RoomVersion::all(), &[], &to(25), &to(75));
}

#[test]
fn s9_creators_are_above_everything() {
    let twelve = || RoomVersion::all().filter(|version| version.id() == "12");
    let of = |user: &'static str| move |_: &RoomVersion| levels(BOB, json!({ BOB: 50, user: 0 }));
    kept_and_broken("S9", twelve(), &[], &of(CAROL), &of(ALICE));
    let kick = |target: &'static str| move |_: &RoomVersion| member(BOB, target, "leave");
    kept_and_broken("S9", twelve(), &[], &kick(CAROL), &kick(ALICE));
}

/// Alice created a room that does not federate, and a user joins.
fn closed(version: &RoomVersion, user: &str) -> Scribe {
    let mut scribe = Scribe::new(version.clone());
    let content = json!({ "creator": ALICE, "m.federate": false, "room_version": version.id() });
    scribe.write("create", state(ALICE, "m.room.create", "", content).after(&[]));
    scribe.write("join", join(ALICE));
    scribe.write("event", member(user, user, "knock").saying("reason", "none"));
    scribe
}

#[test]
fn s10_unfederated_rooms() {
    for version in RoomVersion::all() {
        keeps("S10", &told(&closed(&version, DAVE)));
        let scribe = closed(&version, BOB);
        let event = scribe.room.event(&scribe.id("event")).unwrap();
        let truth = judgement(&scribe, &event);
        assert_eq!(judged("S10", &truth), Answer::Silent);
        assert!(matches!(judged("S10", &falsified(&truth)), Answer::Broken(_)));
        // Nobody of another server is there.
        keeps("S10b", &told(&scribe));
    }
}

#[test]
fn s11_outsiders_do_little() {
    check("S11", &[], &join(DAVE), &topic(DAVE, "Winter"));
    check("S11", &[], &join(DAVE), &member(DAVE, CAROL, "leave"));
}

#[test]
fn s12_selection_decides() {
    check("S12", &[], &topic(BOB, "Winter"), &topic(DAVE, "Winter"));
}

#[test]
fn s13_redaction_changes_nothing() {
    check("S13", &[], &topic(BOB, "Winter"), &topic(DAVE, "Winter"));
}

#[test]
fn s14_state_of_users_is_their_own() {
    let of = |user| state(BOB, "org.example.widget", user, json!({}));
    check("S14", &[], &of(BOB), &of(CAROL));
}

#[test]
fn s15_every_verdict_has_a_rule() {
    check("S15", &[], &topic(BOB, "Winter"), &topic(DAVE, "Winter"));
    // A rule that the version does not have.
    let scribe = Scribe::peopled(RoomVersion::specified("6").unwrap());
    let event = scribe.room.event(&scribe.id("carol")).unwrap();
    let mut judgement = judgement(&scribe, &event);
    judgement.verdict = exeunt_auth::Verdict::Allowed { rule: exeunt_auth::Rule::KnockAllowed };
    assert!(matches!(judged("S15", &judgement), Answer::Broken(_)));
}

/// A history in which Dave's topic is rejected and Carol leaves and comes back.
fn left_and_back(version: &RoomVersion) -> History {
    let mut scribe = Scribe::peopled(version.clone());
    scribe.write("rejected", topic(DAVE, "Winter"));
    scribe.write("leave", member(CAROL, CAROL, "leave").after(&["carol"]));
    scribe.write("back", join(CAROL));
    told(&scribe)
}

#[test]
fn s16_rejection_changes_nothing() {
    for version in RoomVersion::all() {
        let mut history = left_and_back(&version);
        keeps("S16", &history);
        // The join had changed the state.
        let [.., rejected, _, back] = &mut history.steps[..] else { panic!("{history:?}") };
        assert!(matches!(rejected.receipt.outcome, Outcome::Decided(Standing::Rejected(_))));
        back.receipt.outcome = rejected.receipt.outcome.clone();
        breaks("S16", &history);
    }
}

#[test]
fn s17_leave_is_final() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version);
        scribe.write("leave", member(CAROL, CAROL, "leave"));
        scribe.write("back", join(CAROL));
        keeps("S17", &told(&scribe));
        let mut scribe = Scribe::peopled(scribe.room.version().clone());
        scribe.write("leave", member(CAROL, CAROL, "leave"));
        scribe.write("topic", topic(ALICE, "Winter"));
        let mut history = told(&scribe);
        // As if the topic had undone the leave.
        let [.., leave, topic] = &mut history.steps[..] else { panic!("{history:?}") };
        topic.after = leave.before.clone();
        breaks("S17", &history);
    }
}

#[test]
fn s18_others_need_their_level() {
    check("S18", &[], &topic(BOB, "Winter"), &topic(DAVE, "Winter"));
    for version in RoomVersion::all() {
        let mut scribe = begun(&version);
        scribe.write("rule", join_rule(ALICE, "public"));
        scribe.write("bob", join(BOB));
        for (name, sender) in [("of-alice", ALICE), ("of-bob", BOB)] {
            let id = scribe.write(name, topic(sender, "Winter"));
            let event = scribe.room.event(&id).unwrap();
            let truth = judgement(&scribe, &event);
            assert_eq!(truth.is_allowed(), sender == ALICE, "{version}");
            assert_eq!(judged("S18", &truth), Answer::Kept, "{version}");
            assert!(matches!(judged("S18", &falsified(&truth)), Answer::Broken(_)), "{version}");
        }
    }
}

#[test]
fn s19_knocks_need_a_rule() {
    let knock = |user| member(user, user, "knock");
    check("S19", &[join_rule(ALICE, "knock")], &knock(DAVE), &knock(CAROL));
    check("S19", &[join_rule(ALICE, "invite")], &knock(DAVE), &knock("@erin:a.example"));
}

#[test]
fn s20_what_is_within_reach_may_change() {
    let to = |carol: i64| {
        move |version: &RoomVersion| levels(BOB, users(version, json!({ BOB: 50, CAROL: carol })))
    };
    kept_and_broken("S20", RoomVersion::all(), &[], &to(25), &to(50));
    let room =
        |version: &RoomVersion| to(0)(version).saying("notifications", json!({ "room": 50 }));
    kept_and_broken("S20", RoomVersion::all(), &[], &to(25), &room);
}

/// A level that is the default counts as changed where it is spelled out.
#[test]
fn s20_spelling_out_a_default_is_a_change() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::public(version.clone());
        let some = |sender| {
            let levels = levels(sender, users(&version, json!({ BOB: 25 })));
            levels.saying("events", json!({ "m.room.power_levels": 0 }))
        };
        scribe.write("bob", join(BOB));
        scribe.write("some", some(ALICE));
        scribe.write("more", some(BOB).saying("kick", 50));
        let event = Event::parse(scribe.pdu("more"), &version).unwrap();
        let judgement = judgement(&scribe, &event);
        assert!(!judgement.is_allowed());
        assert_eq!(judged("S20", &judgement), Answer::Silent);
    }
}

#[test]
fn s21_levels_are_integers() {
    let integers =
        || RoomVersion::all().filter(|version| ["10", "11", "12"].contains(&version.id()));
    let saying = |key: &'static str, value: serde_json::Value| {
        move |version: &RoomVersion| {
            levels(BOB, users(version, json!({ BOB: 50 }))).saying(key, value.clone())
        }
    };
    let kept = saying("kick", json!(50));
    kept_and_broken("S21", integers(), &[], &kept, &saying("ban", json!("50")));
    kept_and_broken("S21", integers(), &[], &kept, &saying("events", json!({ "a": "50" })));
}

#[test]
fn s22_citations_are_those_selected() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("again", topic(BOB, "Winter"));
        keeps("S22", &told(&scribe));
        for more in ["carol", "rule", "bob"] {
            let mut scribe = Scribe::peopled(version.clone());
            let mut cited = vec!["levels", "bob", more];
            if version.capabilities.room_ids == exeunt_version::RoomIds::Domain {
                cited.push("create");
            }
            scribe.write("odd", topic(BOB, "Winter").citing(&cited));
            let mut history = told(&scribe);
            let last = history.steps.last_mut().unwrap();
            assert!(matches!(&last.receipt.outcome, Outcome::Decided(Standing::Rejected(_))));
            last.receipt.outcome = Outcome::Decided(Standing::Accepted);
            breaks("S22", &history);
        }
    }
}

//! The same question about a sender and a type, asked where something else is the answer.

use serde_json::json;

use super::room::*;

const NUMBERS: [u8; 2] = [11, 12];

/// Alice has 100 and Bob 50; Bob has joined.
fn room(number: u8) -> Room {
    let mut room = Room::new(version(number));
    room.send("levels", &["alice-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("public", &["levels"], rule(ALICE, "public"));
    room.send("bob-joins", &["public"], join(BOB));
    room
}

fn status(sender: &str, key: &str) -> Draft {
    state(sender, "org.example.status", key, json!({}))
}

/// What the account says of these events, in its order.
fn steps(room: &Room, sets: &[exeunt_resolve::StateSet], names: &[&str]) -> Vec<String> {
    let lines = room.tell(&room.resolve(sets));
    let is_about = |line: &&String| {
        names.iter().any(|name| {
            ["power", "other"].iter().any(|kind| line.starts_with(&format!("{kind}: {name} ")))
        })
    };
    lines.iter().filter(is_about).cloned().collect()
}

#[test]
fn bobs_statuses_before_and_after_his_leave() {
    // No power levels are in conflict, so that what begins with nothing has no mainline.
    for (number, position) in NUMBERS.into_iter().zip(["0", "∞"]) {
        let mut room = room(number);
        room.send("one", &["bob-joins"], status(BOB, "1").at(100));
        room.send("leaves", &["bob-joins"], leave(BOB).at(200));
        room.send("two", &["one"], status(BOB, "2").at(300));
        let sets = ["two", "leaves"].map(|name| room.after(name));
        assert_eq!(
            steps(&room, &sets, &["one", "leaves", "two"]),
            [
                format!("other: one on {position} at 100: allowed by otherwise"),
                format!("other: leaves on {position} at 200: allowed by leave-own"),
                format!(
                    "other: two on {position} at 300: rejected by sender-not-joined: \
                     the membership of Bob is leave"
                ),
            ]
        );
    }
}

/// Bob's rule, Alice's event that has Bob's rule in its auth chain and does something to Bob, and
/// Bob's other rule, on another branch.
fn rules_around(number: u8, done: &Draft) -> Vec<String> {
    let mut room = room(number);
    room.send("one", &["bob-joins"], rule(BOB, "public").at(100));
    room.send("alice-again", &["one"], join(ALICE).at(200));
    room.send("done", &["alice-again"], done.clone().at(300));
    room.send("two", &["bob-joins"], rule(BOB, "invite").at(400));
    let sets = ["done", "two"].map(|name| room.after(name));
    steps(&room, &sets, &["one", "done", "two"])
}

#[test]
fn bobs_rules_before_and_after_his_ban() {
    let ban = member(ALICE, BOB, "ban");
    for (number, power) in NUMBERS.into_iter().zip(["100", "infinite"]) {
        assert_eq!(
            rules_around(number, &ban),
            [
                "power: one by 50 at 100: allowed by otherwise",
                &format!("power: done by {power} at 300: allowed by ban-allowed"),
                "power: two by 50 at 400: rejected by sender-not-joined: the membership of Bob is ban",
            ]
        );
    }
}

#[test]
fn bobs_rules_before_and_after_he_loses_his_level() {
    let lower = levels(ALICE, &[(ALICE, 100), (BOB, 49)]);
    for (number, power) in NUMBERS.into_iter().zip(["100", "infinite"]) {
        assert_eq!(
            rules_around(number, &lower),
            [
                "power: one by 50 at 100: allowed by otherwise",
                &format!("power: done by {power} at 300: allowed by power-levels-allowed"),
                "power: two by 50 at 400: rejected by required-power-level: \
                 `events.m.room.join_rules` is 50, and Bob has 49",
            ]
        );
    }
}

/// Bob's statuses: the first and the last cite what is `before`, the second what is `after`, besides
/// `also`. Neither state has any of the two; that both are in the auth chain of one more status, which
/// both states have, keeps them out of the conflict. So each status is checked against what itself
/// cites.
fn statuses_citing(room: &mut Room, before: &str, after: &str, also: &str) -> Vec<String> {
    let create: &[&str] = if room.has_privileged_creators() { &[] } else { &["create"] };
    let by_bob = |key, cited| status(BOB, key).citing(&[create, &[cited, also]].concat()).forged();
    room.send("both", &[after], by_bob("both", after));
    room.send("one", &["both"], by_bob("1", before).at(100));
    room.send("two", &["both"], by_bob("2", after).at(200));
    room.send("three", &["both"], by_bob("3", before).at(300));
    let state =
        |own: &[&str]| room.state(&[&["create", "alice-joins", "public", "both"], own].concat());
    let sets = [state(&["one", "three"]), state(&["two"])];
    steps(room, &sets, &[before, after, "one", "two", "three"])
}

#[test]
fn bobs_statuses_that_cite_his_join_and_his_leave() {
    for number in NUMBERS {
        let mut room = room(number);
        room.send("leaves", &["bob-joins"], leave(BOB));
        assert_eq!(
            statuses_citing(&mut room, "bob-joins", "leaves", "levels"),
            [
                "other: one on ∞ at 100: allowed by otherwise",
                "other: two on ∞ at 200: rejected by sender-not-joined: the membership of Bob is leave",
                "other: three on ∞ at 300: allowed by otherwise",
            ]
        );
    }
}

#[test]
fn bobs_statuses_that_cite_levels_before_and_after() {
    for number in NUMBERS {
        let mut room = room(number);
        room.send("lower", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 49)]));
        assert_eq!(
            statuses_citing(&mut room, "levels", "lower", "bob-joins"),
            [
                "other: one on ∞ at 100: allowed by otherwise",
                "other: two on ∞ at 200: rejected by required-power-level: \
                 `events.org.example.status` is 50, and Bob has 49",
                "other: three on ∞ at 300: allowed by otherwise",
            ]
        );
    }
}

//! Law S2: every membership after every membership, for oneself and for another, compared with
//! tables written by hand from the text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod room;

use exeunt_auth::Rule;
use serde_json::json;

use room::{ALICE, BOB, CAROL, Room, member, version};

const BEFORE: [&str; 6] = ["none", "invite", "join", "leave", "ban", "knock"];

/// What users may do about themselves. In each cell: the first room version that allows it, or `-`.
/// `join restricted+` is a join that somebody joined with the power to invite vouches for.
const ONESELF: &str = "
                          none  invite  join  leave  ban  knock
    join absent           -     -       -     -      -    -
    join private          -     -       -     -      -    -
    join public           1     1       1     1      -    1
    join invite           -     1       1     -      -    -
    join knock            -     7       7     -      -    -
    join restricted       -     8       8     -      -    -
    join restricted+      8     8       8     8      -    8
    join knock_restricted  -    10      10    -      -    -
    join knock_restricted+ 10   10      10    10     -    10
    knock absent          -     -       -     -      -    -
    knock private         -     -       -     -      -    -
    knock public          -     -       -     -      -    -
    knock invite          -     -       -     -      -    -
    knock knock           7     -       -     7      -    7
    knock restricted      -     -       -     -      -    -
    knock knock_restricted 10   -       -     10     -    10
    leave any             -     1       1     -      -    7
    invite any            -     -       -     -      -    -
    ban any               -     -       -     -      -    -
    banana any            -     -       -     -      -    -
";

/// What a joined user may do about another, if they have what is named: the level for inviting, for
/// kicking, for banning; and for all but inviting also more power than the other.
const ANOTHER: &str = "
                          none    invite  join   leave   ban       knock
    invite                invite  invite  -      invite  -         invite
    leave                 kick    kick    kick   kick    kick+ban  kick
    ban                   ban     ban     ban    ban     ban       ban
    join                  -       -       -      -       -         -
    knock                 -       -       -      -       -         -
    banana                -       -       -      -       -         -
";

/// The rows of a table: the words before its cells, and the cells.
fn rows(table: &'static str) -> impl Iterator<Item = (Vec<&'static str>, Vec<&'static str>)> {
    table.trim_end().lines().skip(2).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (names, cells) = words.split_at(words.len() - BEFORE.len());
        (names.to_vec(), cells.to_vec())
    })
}

fn is_before(room: &mut Room, user: &str, membership: &str) {
    if membership == "none" {
        room.without("m.room.member", user);
    } else {
        room.member_is(user, membership);
    }
}

fn verdict(room: &mut Room, draft: &room::Draft) -> (bool, Rule) {
    let event = room.make(draft);
    let verdict = room.by_auth_events(&event, None).unwrap();
    assert_eq!(verdict, room.by_state(&event, None));
    (verdict.is_allowed(), verdict.rule())
}

#[test]
fn what_users_do_about_themselves_is_in_the_table() {
    let mut tried = 0;
    let rules =
        ["absent", "private", "public", "invite", "knock", "restricted", "knock_restricted"];
    for (names, cells) in rows(ONESELF) {
        let (membership, rule) = (names[0], names[1]);
        let is_vouched = rule.ends_with('+');
        let rule = rule.trim_end_matches('+');
        let rules = if rule == "any" { rules.to_vec() } else { vec![rule] };
        for (number, rule) in (1..=12_u8).flat_map(|it| rules.iter().map(move |rule| (it, rule))) {
            for (before, cell) in BEFORE.iter().zip(&cells) {
                // However much power they have.
                let mut room = Room::new(version(number));
                if *rule != "absent" {
                    room.join_rule(rule);
                }
                is_before(&mut room, BOB, before);
                let mut draft = member(BOB, BOB, membership);
                if is_vouched {
                    draft = draft.saying("join_authorised_via_users_server", ALICE);
                }
                for power in [-1, 100] {
                    room.levels(json!({ "users": { BOB: power, ALICE: 50 }, "invite": 50 }));
                    let (is_allowed, by) = verdict(&mut room, &draft);
                    let expected = cell.parse::<u8>().is_ok_and(|first| first <= number);
                    let what = format!("{before} to {membership}, {rule}, version {number}");
                    assert_eq!(is_allowed, expected, "{what}: {by}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, (16 + 4 * 7) * 12 * 6 * 2);
}

/// A joined user's power and the other's, and the levels for inviting, kicking and banning.
fn relations() -> Vec<(i64, i64, [i64; 3])> {
    let powers = [(40, 0), (50, 0), (60, 0), (60, 60), (60, 70), (70, 0), (70, 69), (70, 70)];
    let levels = [[50, 60, 70], [70, 60, 50], [50, 50, 50], [0, 70, 60]];
    let with = |(power, target)| levels.map(|levels| (power, target, levels));
    powers.into_iter().flat_map(with).collect()
}

#[test]
fn what_users_do_about_others_is_in_the_table() {
    let mut tried = 0;
    for (number, before) in (1..=12).flat_map(|number| BEFORE.map(|before| (number, before))) {
        let at = BEFORE.iter().position(|known| *known == before).unwrap();
        for (power, target, [invite, kick, ban]) in relations() {
            // Who is not joined can do nothing, whatever the levels.
            let of_senders = if (power, invite) == (70, 0) { &BEFORE[..] } else { &["join"] };
            for of_sender in of_senders {
                let mut room = Room::new(version(number));
                room.join_rule("knock");
                is_before(&mut room, BOB, of_sender);
                is_before(&mut room, CAROL, before);
                let users = json!({ BOB: power, CAROL: target });
                let levels = json!({ "invite": invite, "kick": kick, "ban": ban });
                room.levels(merged(levels, users));
                for (names, cells) in rows(ANOTHER) {
                    let is_above = power > target;
                    let expected = match cells[at] {
                        "invite" => power >= invite,
                        "kick" => power >= kick && is_above,
                        "ban" => power >= ban && is_above,
                        "kick+ban" => power >= kick.max(ban) && is_above,
                        _ => false,
                    };
                    let (is_allowed, by) = verdict(&mut room, &member(BOB, CAROL, names[0]));
                    let what = format!("{before} to {}, version {number}", names[0]);
                    let expected = expected && *of_sender == "join";
                    assert_eq!(is_allowed, expected, "{what}, {power} {target}: {by}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 12 * 6 * (8 * 4 + 3 * 5) * 6);
}

fn merged(mut levels: serde_json::Value, users: serde_json::Value) -> serde_json::Value {
    levels["users"] = users;
    levels
}

//! Laws S1 and S3 to S14 about one event against one state, over plausible rooms in every version.
//! A law that a third-party invite may break is about events without one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod room;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;

use exeunt_auth::Rule;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use world::{Action, INFINITE, Judged, USERS, World, listed, worlds};

/// Whether a law has something to say of an event (and whether it holds is asserted on the way).
type Law = fn(&Judged) -> Result<bool, TestCaseError>;

const LAWS: [(&str, Law); 12] = [
    ("S1", own_leave),
    ("S3", bans_last),
    ("S4", only_power_removes),
    ("S5", inviters_are_joined),
    ("S6", joins_have_a_provenance),
    ("S7 general levels", general_levels_stay_within_reach),
    ("S7 levels in maps", levels_in_maps_stay_within_reach),
    ("S8", nobody_raises_themselves),
    ("S9", creators_are_above_everything),
    ("S10", unfederated_rooms_have_local_senders),
    ("S11", outsiders_do_little),
    ("S14", state_of_users_is_their_own),
];

/// S1: a user's own leave is allowed exactly from invite, join, and from version 7 on knock.
fn own_leave(it: &Judged) -> Result<bool, TestCaseError> {
    let Action::Member { sender, target, membership: "leave", .. } = it.world.action else {
        return Ok(false);
    };
    if sender != target || !it.world.is_within_reach() {
        return Ok(false);
    }
    let may_leave = match it.world.membership(target) {
        Some("invite" | "join") => true,
        Some("knock") => it.world.number >= 7,
        _ => false,
    };
    prop_assert_eq!(it.is_allowed, may_leave);
    prop_assert_eq!(it.rule, Rule::LeaveOwn);
    Ok(may_leave)
}

/// S3: a ban ends only by somebody joined, with the levels for banning and kicking, and above the
/// target. The creator's first join does not look at the state.
fn bans_last(it: &Judged) -> Result<bool, TestCaseError> {
    let Action::Member { sender, target, membership, .. } = it.world.action else {
        return Ok(false);
    };
    let was_banned = it.world.membership(target) == Some("ban");
    if !it.is_allowed || !was_banned || membership == "ban" || it.world.is_first_join() {
        return Ok(false);
    }
    let power = it.world.power(sender);
    prop_assert_eq!(membership, "leave");
    prop_assert_eq!(it.world.membership(sender), Some("join"));
    prop_assert!(power >= it.world.level("ban") && power >= it.world.level("kick"));
    prop_assert!(power > it.world.power(target));
    Ok(true)
}

/// S4: only a kick or ban by somebody more powerful takes another out of the room.
fn only_power_removes(it: &Judged) -> Result<bool, TestCaseError> {
    let Action::Member { sender, target, membership, .. } = it.world.action else {
        return Ok(false);
    };
    let was_joined = it.world.membership(target) == Some("join");
    if !it.is_allowed || !was_joined || sender == target || membership == "join" {
        return Ok(false);
    }
    let level = match membership {
        "leave" => it.world.level("kick"),
        "ban" => it.world.level("ban"),
        other => return Err(TestCaseError::fail(other)),
    };
    let power = it.world.power(sender);
    prop_assert!(power >= level && power > it.world.power(target));
    Ok(true)
}

/// S5: whoever invites is joined and has the level for inviting.
fn inviters_are_joined(it: &Judged) -> Result<bool, TestCaseError> {
    let Action::Member { sender, membership: "invite", .. } = it.world.action else {
        return Ok(false);
    };
    if it.is_allowed {
        prop_assert_eq!(it.world.membership(sender), Some("join"));
        prop_assert!(it.world.power(sender) >= it.world.level("invite"));
    }
    Ok(it.is_allowed)
}

/// S6: every join is the creator's first, or the rule is public, or follows an invite or a join, or
/// somebody joined who may invite vouches for it.
fn joins_have_a_provenance(it: &Judged) -> Result<bool, TestCaseError> {
    let Action::Member { sender, target, membership: "join", vouching, .. } = it.world.action
    else {
        return Ok(false);
    };
    if !it.is_allowed || it.world.is_first_join() {
        return Ok(it.is_allowed);
    }
    prop_assert_eq!(sender, target);
    let (world, number) = (&it.world, it.world.number);
    let was_let_in = matches!(world.membership(target), Some("invite" | "join"));
    let is_vouched = vouching.is_some_and(|user| {
        world.membership(user) == Some("join") && world.power(user) >= world.level("invite")
    });
    let provenance = match world.join_rule {
        Some("public") => world.membership(target) != Some("ban"),
        Some("invite") => was_let_in,
        Some("knock") => number >= 7 && was_let_in,
        Some("restricted") => number >= 8 && (was_let_in || is_vouched),
        Some("knock_restricted") => number >= 10 && (was_let_in || is_vouched),
        _ => false,
    };
    prop_assert!(provenance);
    Ok(true)
}

/// The current power levels, if the event is an allowed change of them.
fn changed(it: &Judged) -> Option<serde_json::Value> {
    let is_change = it.is_allowed && matches!(it.world.action, Action::Levels { .. });
    it.world.current().filter(|_| is_change)
}

/// S7: a general level above the sender's power neither goes nor comes.
fn general_levels_stay_within_reach(it: &Judged) -> Result<bool, TestCaseError> {
    let Some(current) = changed(it) else { return Ok(false) };
    let power = it.world.power(it.world.sender());
    let mut has_changed = false;
    for (property, default) in [
        ("users_default", 0),
        ("events_default", 0),
        ("state_default", 50),
        ("ban", 50),
        ("redact", 50),
        ("kick", 50),
        ("invite", 0),
    ] {
        let of = |levels| listed(levels, "", property);
        if of(&current) != of(&it.new) {
            has_changed = true;
            prop_assert!(of(&current).unwrap_or(default) <= power, "{property}");
            prop_assert!(of(&it.new).unwrap_or(default) <= power, "{property}");
        }
    }
    Ok(has_changed)
}

/// S7: nor does one in a map, notifications before version 6 aside; and who is listed at the
/// sender's power or above stays as they are.
fn levels_in_maps_stay_within_reach(it: &Judged) -> Result<bool, TestCaseError> {
    let Some(current) = changed(it) else { return Ok(false) };
    let sender = it.world.sender();
    let power = it.world.power(sender);
    let mut has_changed = false;
    let events = ["m.room.topic", "m.room.power_levels", "m.room.message"].map(|it| ("events", it));
    let users = USERS.map(|user| ("users", user));
    for (map, name) in events.into_iter().chain(users).chain([("notifications", "room")]) {
        let [old, new] = [&current, &it.new].map(|levels| listed(levels, map, name));
        if old == new || (map == "notifications" && it.world.number < 6) {
            continue;
        }
        has_changed = true;
        prop_assert!(new.is_none_or(|level| level <= power), "{name}");
        let strictly = map == "users" && name != sender;
        prop_assert!(
            old.is_none_or(|level| level < power || level == power && !strictly),
            "{name}"
        );
    }
    Ok(has_changed)
}

/// S8: by their own hand a user's power only goes down, unless they are listed below the level of
/// everybody and take themselves out.
fn nobody_raises_themselves(it: &Judged) -> Result<bool, TestCaseError> {
    let Some(current) = changed(it) else { return Ok(false) };
    let sender = it.world.sender();
    let (before, after) = (it.world.power(sender), it.world.power_under(Some(&it.new), sender));
    let is_listed = |levels| listed(levels, "users", sender).is_some();
    let exception = is_listed(&current) && !is_listed(&it.new);
    prop_assert!(after <= before || exception);
    Ok(after < before)
}

/// S9: in version 12 nothing lists, kicks or bans a creator.
fn creators_are_above_everything(it: &Judged) -> Result<bool, TestCaseError> {
    if it.world.number < 12 || !it.is_allowed {
        return Ok(false);
    }
    match it.world.action {
        Action::Levels { .. } => {
            for creator in USERS.iter().filter(|user| it.world.is_creator(user)) {
                prop_assert_eq!(listed(&it.new, "users", creator), None);
                prop_assert_eq!(it.world.power_under(Some(&it.new), creator), INFINITE);
            }
            Ok(true)
        }
        Action::Member { sender, target, membership: "leave" | "ban", .. } => {
            prop_assert!(sender == target || !it.world.is_creator(target));
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// S10: in a room that does not federate every sender is local.
fn unfederated_rooms_have_local_senders(it: &Judged) -> Result<bool, TestCaseError> {
    if !it.world.unfederated || !it.is_allowed {
        return Ok(false);
    }
    prop_assert!(World::is_local(it.world.sender()));
    Ok(true)
}

/// S11: somebody outside the room only joins, leaves or knocks, and up to version 5 sets aliases;
/// the creator's first join anybody may send.
fn outsiders_do_little(it: &Judged) -> Result<bool, TestCaseError> {
    let sender = it.world.sender();
    if it.world.membership(sender) == Some("join") || !it.is_allowed {
        return Ok(false);
    }
    let is_little = match it.world.action {
        Action::Member { target, membership: "join" | "leave" | "knock", .. } => {
            target == sender || it.world.is_first_join()
        }
        Action::State { event_type: "m.room.aliases", .. } => it.world.number <= 5,
        _ => false,
    };
    prop_assert!(is_little);
    Ok(true)
}

/// S14: a state key that is a user ID is set by that user alone, members and the tokens of
/// third-party invites aside.
fn state_of_users_is_their_own(it: &Judged) -> Result<bool, TestCaseError> {
    let Action::State { sender, event_type, state_key } = it.world.action else {
        return Ok(false);
    };
    if !it.is_allowed || !state_key.starts_with('@') {
        return Ok(false);
    }
    prop_assert!(sender == state_key || event_type == "m.room.third_party_invite");
    prop_assert_eq!(it.event.state_key(), Some(state_key));
    Ok(true)
}

fn hold(world: World) -> Result<Vec<&'static str>, TestCaseError> {
    let judged = world.judge();
    let mut spoke = Vec::new();
    for (name, law) in LAWS {
        if law(&judged)? {
            spoke.push(name);
        }
    }
    Ok(spoke)
}

/// So that no law holds for want of cases.
#[test]
fn every_law_has_something_to_say() {
    let config = exeunt_regressions::config!(cases = 4_096);
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let spoke: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    runner
        .run(&worlds(), |world| {
            for law in hold(world)? {
                *spoke.borrow_mut().entry(law).or_default() += 1;
            }
            Ok(())
        })
        .unwrap();
    let spoke = spoke.into_inner();
    for (name, _) in LAWS {
        assert!(spoke.get(name).is_some_and(|times| *times >= 5), "{name}: {spoke:?}");
    }
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 2_048))]

    #[test]
    fn the_laws_about_one_event_hold(world in worlds()) {
        hold(world)?;
    }
}

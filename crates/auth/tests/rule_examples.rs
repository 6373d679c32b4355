//! Every named example holds in each of its room versions, and every rule is seen at work.

#![allow(
    clippy::enum_glob_use,
    clippy::too_many_lines,
    reason = "lists of examples, which read best with nothing but the names of rules"
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod examples;
mod room;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use exeunt_auth::{Effect, MissingAuthEvent, Rule, Verdict};
use exeunt_event::{Event, EventId};
use exeunt_version::{Capabilities, Readings, RoomVersion};
use serde_json::json;

use examples::{Build, Expected};
use room::{ALICE, Room, describe, message, read_as, state_event, version};

/// Rules that a room version has and that nothing can bring about there, and why.
const UNREACHABLE: &[(Rule, RangeInclusive<u8>, &str)] = &[];

/// Whether the rule belongs to the first half.
fn is_about_citations(rule: Rule) -> bool {
    rule < Rule::NotFederated
}

fn seen(verdict: &Verdict<'_>) -> String {
    match verdict {
        Verdict::Allowed { rule } => format!("allowed by {rule}"),
        Verdict::Rejected { rule, witness } => format!("rejected by {rule}: {}", describe(witness)),
    }
}

fn wanted(expected: Expected) -> String {
    match expected {
        Expected::Allowed(rule) => format!("allowed by {rule}"),
        Expected::Rejected(rule, witness) => format!("rejected by {rule}: {witness}"),
    }
}

/// Runs an example through both halves, and says what is wrong, if anything.
fn complain(build: Build, expected: Expected, version: RoomVersion) -> Option<String> {
    let mut room = Room::new(version);
    let draft = build(&mut room);
    let event = room.make(&draft);
    let verdict = room.by_auth_events(&event, draft.signers()).unwrap();
    if seen(&verdict) != wanted(expected) {
        return Some(seen(&verdict));
    }
    let first = room.by_citations(&event).unwrap();
    if is_about_citations(verdict.rule()) {
        return (first.as_ref() != Some(&verdict)).then(|| format!("first half: {first:?}"));
    }
    if let Some(first) = first {
        return Some(format!("first half: {}", seen(&first)));
    }
    // Against the state, the rules say the same as against what the selection takes from it.
    let by_state = room.by_state(&event, draft.signers());
    (!draft.cites_by_hand() && by_state != verdict).then(|| format!("state: {}", seen(&by_state)))
}

#[test]
fn every_example_holds_in_every_version() {
    let mut complaints = Vec::new();
    for example in examples::all() {
        for number in example.versions.clone() {
            if let Some(seen) = complain(example.build, example.expected, version(number)) {
                let (name, wanted) = (example.name, wanted(example.expected));
                complaints.push(format!("{name} (version {number})\n  not {wanted}\n  but {seen}"));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn no_two_examples_have_one_name() {
    let mut names = BTreeSet::new();
    let boundaries = examples::boundaries();
    let all = examples::all();
    for name in all.iter().map(|it| it.name).chain(boundaries.iter().map(|it| it.name)) {
        assert!(names.insert(name), "{name}");
    }
}

#[test]
fn neighbouring_versions_differ_where_the_text_does() {
    let mut complaints = Vec::new();
    let mut boundaries = BTreeSet::new();
    for boundary in examples::boundaries() {
        assert_ne!(boundary.expected[0], boundary.expected[1], "{}", boundary.name);
        boundaries.insert(boundary.last);
        for (number, expected) in (boundary.last..).zip(boundary.expected) {
            if let Some(seen) = complain(boundary.build, expected, version(number)) {
                complaints.push(format!("{} (version {number}): {seen}", boundary.name));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    // Every pair of neighbours whose rules differ.
    let rules = |number: u8| {
        let Capabilities { aliases_rule, redaction_rule, notifications_rule, knocking, .. } =
            version(number).capabilities;
        let Capabilities { restricted_joins, knock_restricted_joins, creator, .. } =
            version(number).capabilities;
        let joins = (knocking, restricted_joins, knock_restricted_joins);
        ((aliases_rule, redaction_rule, notifications_rule), joins, creator)
    };
    let differing: BTreeSet<u8> = (1..12).filter(|last| rules(*last) != rules(last + 1)).collect();
    assert_eq!(boundaries, differing);
}

/// Which rules allow and reject in an example, by version.
fn coverage() -> BTreeSet<(u8, Rule, bool)> {
    let outcome = |expected| match expected {
        Expected::Allowed(rule) => (rule, true),
        Expected::Rejected(rule, _) => (rule, false),
    };
    let of_examples = examples::all().into_iter().flat_map(|example| {
        let (rule, allows) = outcome(example.expected);
        example.versions.map(move |number| (number, rule, allows))
    });
    of_examples.collect()
}

#[test]
fn every_rule_is_seen_to_allow_and_reject_in_every_version_that_has_it() {
    let covered = coverage();
    let mut complaints = Vec::new();
    for number in 1..=12 {
        let capabilities = version(number).capabilities;
        for rule in Rule::ALL.iter().copied() {
            let seen = [true, false].map(|allows| covered.contains(&(number, rule, allows)));
            let wanted = match rule.effect() {
                _ if !rule.exists_in(&capabilities) => [false, false],
                Effect::Allows => [true, false],
                Effect::Rejects => [false, true],
                Effect::Decides => [true, true],
            };
            let listed = UNREACHABLE
                .iter()
                .find(|(listed, versions, _)| *listed == rule && versions.contains(&number));
            let expected = if listed.is_some() { [false, false] } else { wanted };
            if seen != expected {
                complaints
                    .push(format!("{rule} (version {number}): [allows, rejects] is {seen:?}"));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_choice_of_a_reading_that_the_rules_ask_for_makes_a_difference() {
    let mut shown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut complaints = Vec::new();
    for choice in examples::choices() {
        let outcomes: BTreeSet<_> = choice.expected.iter().map(|(_, it)| wanted(*it)).collect();
        assert!(outcomes.len() > 1, "{}", choice.reading);
        let names: Vec<&str> = choice.expected.iter().map(|(name, _)| *name).collect();
        let reading = Readings::ALL.iter().find(|it| it.name == choice.reading).unwrap();
        assert!(names.iter().copied().eq(reading.choices.iter().map(|(name, _)| *name)));
        shown.entry(choice.reading).or_default().extend(names);
        for number in choice.versions.clone() {
            for (name, expected) in choice.expected {
                let version = read_as(version(number), choice.reading, name);
                if let Some(seen) = complain(choice.build, *expected, version) {
                    let reading = choice.reading;
                    complaints.push(format!("{reading} = {name} (version {number}): {seen}"));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    for reading in Readings::ALL {
        let elsewhere = examples::ELSEWHERE.iter().any(|(name, _)| *name == reading.name);
        assert_ne!(shown.contains_key(reading.name), elsewhere, "{}", reading.name);
    }
}

#[test]
fn an_auth_event_that_nobody_has_gives_no_verdict() {
    for version in RoomVersion::all() {
        let mut room = Room::new(version);
        let draft = message(ALICE, "m.room.message", json!({})).citing_ids(&["$x:a.example"]);
        let event = room.make(&draft);
        let missing = MissingAuthEvent(EventId::from_received("$x:a.example"));
        assert_eq!(room.by_citations(&event), Err(missing.clone()));
        assert_eq!(room.by_auth_events(&event, None), Err(missing.clone()));
        assert_eq!(missing.to_string(), "the auth event $x:a.example is missing");
    }
}

/// Mutant: the event under test stands in for an auth event of its own. From version 3 on an event
/// cannot even name itself.
#[test]
fn an_event_that_cites_itself_cites_what_is_missing() {
    for number in [1, 2] {
        let mut room = Room::new(version(number));
        let create = room.create.event_id().as_str().to_owned();
        let draft = message(ALICE, "m.room.message", json!({}))
            .field("event_id", "$self:a.example")
            .citing_ids(&[&create, "$self:a.example"]);
        let event = room.make(&draft);
        room.know(&event);
        let missing = MissingAuthEvent(event.event_id().clone());
        assert_eq!(room.by_auth_events(&event, None), Err(missing));
    }
}

#[test]
fn the_create_event_that_a_room_id_stands_for_may_be_missing() {
    let mut room = Room::new(version(12));
    let room_id = format!("!{}", "A".repeat(43));
    let event = room.make(&message(ALICE, "m.room.message", json!({})).field("room_id", room_id));
    let missing = MissingAuthEvent(EventId::from_received(&format!("${}", "A".repeat(43))));
    assert_eq!(room.by_auth_events(&event, None), Err(missing));
}

/// Without a create event there is no room to speak of: the first rule that would read it rejects.
#[test]
fn a_state_without_a_create_event_rejects_all_but_create_events() {
    for version in RoomVersion::all() {
        let mut room = Room::new(version);
        let events: Vec<Event> = [
            message(ALICE, "m.room.message", json!({})),
            state_event(ALICE, "m.room.aliases", "a.example", json!({})),
            room::member(ALICE, ALICE, "leave"),
        ]
        .iter()
        .map(|draft| room.make(draft))
        .collect();
        let create = room.make(&room.creation(&json!({})));
        room.without("m.room.create", "");
        for event in &events {
            let verdict = seen(&room.by_state(event, None));
            let none = "the state has no m.room.create \"\"";
            assert_eq!(verdict, format!("rejected by not-federated: {none}"));
        }
        assert_eq!(seen(&room.by_state(&create, None)), "allowed by create-allowed");
    }
}

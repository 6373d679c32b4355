//! Laws S12 and S15 over rooms and events that say anything at all, in every room version, in
//! versions that nobody has, and in every reading.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod arbitrary;
mod room;

use std::cell::Cell;
use std::collections::BTreeSet;

use exeunt_auth::{Effect, MissingAuthEvent, Rule, Selection, StateMap, Verdict};
use exeunt_event::EventType;
use exeunt_version::{Capabilities, SpecialStateKey};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use arbitrary::{Plan, drafts, plans};

fn is_sound(verdict: &Verdict<'_>, capabilities: &Capabilities) -> Result<(), TestCaseError> {
    let rule = verdict.rule();
    prop_assert!(rule.exists_in(capabilities), "{rule}");
    let fits = match rule.effect() {
        Effect::Allows => verdict.is_allowed(),
        Effect::Rejects => !verdict.is_allowed(),
        Effect::Decides => true,
    };
    prop_assert!(fits, "{verdict:?}");
    Ok(())
}

/// Whether the rules of `m.room.create` apply to the event.
fn is_creation(event: &exeunt_event::Event, plan: &Plan) -> bool {
    *event.event_type() == EventType::Create
        && (plan.version.readings.special_state_key == SpecialStateKey::Any
            || event.state_key() == Some(""))
}

/// Law S15.
fn is_total(plan: &Plan, seen: &Cell<BTreeSet<Rule>>) -> Result<(), TestCaseError> {
    let trial = plan.trial();
    let capabilities = &plan.version.capabilities;
    let note = |rule| {
        let mut rules = seen.take();
        rules.insert(rule);
        seen.set(rules);
    };
    for event in [&trial.event, &trial.citing] {
        for signed_by in [None, Some([].as_slice())] {
            let verdict = trial.room.by_state(event, signed_by);
            is_sound(&verdict, capabilities)?;
            note(verdict.rule());
            match trial.room.by_auth_events(event, signed_by) {
                Ok(verdict) => {
                    is_sound(&verdict, capabilities)?;
                    note(verdict.rule());
                    let first = trial.room.by_citations(event).unwrap();
                    let is_first = verdict.rule() < Rule::NotFederated;
                    prop_assert_eq!(first, is_first.then_some(verdict));
                }
                Err(MissingAuthEvent(id)) => {
                    let is_known = trial.room.find(&id).is_some() && id != *event.event_id();
                    prop_assert!(!is_known, "{id} is not missing");
                    prop_assert!(trial.room.by_citations(event).is_err());
                }
            }
        }
    }
    Ok(())
}

#[test]
fn arbitrary_rooms_and_events_bring_about_most_rules() {
    let config = exeunt_regressions::config!(cases = 3_072);
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let seen = Cell::new(BTreeSet::new());
    runner.run(&plans(), |plan| is_total(&plan, &seen)).unwrap();
    let seen = seen.take();
    let unseen: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !seen.contains(rule)).collect();
    assert!(unseen.len() * 3 < Rule::ALL.len(), "{unseen:?}");
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 512))]

    #[test]
    fn authorisation_is_total(plan in plans()) {
        is_total(&plan, &Cell::default())?;
    }

    /// Law S12.
    #[test]
    fn the_verdict_depends_on_nothing_but_the_selection(plan in plans(), more in drafts()) {
        let trial = plan.trial();
        let (event, room) = (&trial.event, &trial.room);
        let verdict = room.by_state(event, None);
        let selection = Selection::new(event, &plan.version);

        // Without what is not selected; the create event is never missing.
        let mut selected: StateMap = selection.events(&room.state).into_iter().cloned().collect();
        if plan.has_create {
            selected.insert(room.create.clone());
        }
        let mut poorer = plan.room(&[]);
        poorer.state = selected;
        prop_assert_eq!(&poorer.by_state(event, None), &verdict);

        // With other entries of whatever kind.
        let others: Vec<_> = more
            .into_iter()
            .filter(|draft| {
                let (event_type, key) = draft.key();
                key.is_some_and(|key| !selection.contains(&EventType::new(event_type), key))
            })
            .collect();
        let richer = plan.room(&others);
        prop_assert_eq!(&richer.by_state(event, None), &verdict);
    }

    /// Receipt check 4 and the state agree where the auth events are what the selection takes.
    #[test]
    fn the_selection_stands_for_the_state(plan in plans()) {
        let plan = plan.without_rejections();
        let trial = plan.trial();
        let (event, room) = (&trial.event, &trial.room);
        let has_no_room = plan.derives_room_ids() && *event.event_type() == EventType::Create;
        if plan.has_create && !is_creation(event, &plan) && !has_no_room {
            let by_auth_events = room.by_auth_events(event, None).unwrap();
            prop_assert_eq!(by_auth_events, room.by_state(event, None));
        }
    }
}

//! The laws that do not hold: searches that must find a counterexample. The smallest ones are in
//! `smallest.rs`.

use exeunt_forks::{Mood, forks};
use exeunt_regressions::proptest::prelude::*;
use exeunt_regressions::proptest::strategy::ValueTree;
use exeunt_regressions::proptest::test_runner::{TestRng, TestRunner};
use exeunt_resolve::StateSet;

use super::fork::{Forked, lines, v2, versions};
use super::hold::in_both;

/// How many forks are tried in search of a counterexample.
const TRIES: usize = 4_000;

/// The same cases in every run.
fn runner() -> TestRunner {
    let config = exeunt_regressions::config!();
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng)
}

fn assert_broken(numbers: &[u8], mood: Mood, breaks: impl Fn(&Forked) -> bool) {
    for version in versions(numbers) {
        let (mut runner, strategy) = (runner(), forks(&version, mood));
        let mut tried = (0..TRIES).map(|_| strategy.new_tree(&mut runner).unwrap().current());
        let is_broken = tried.any(|fork| breaks(&Forked::new(fork)));
        assert!(is_broken, "nothing breaks it in version {version}");
    }
}

#[test]
fn r4_entries_come_from_the_states_alone_is_false_from_version_2_on() {
    let breaks = |forked: &Forked| {
        let state = forked.resolve(&forked.sets).state();
        state.iter().any(|(key, event)| forked.sets.iter().all(|set| set.get(key) != Some(event)))
    };
    assert_broken(&[2, 11, 12], Mood::Honest, breaks);
}

#[test]
fn r4_entries_come_from_the_states_or_the_auth_difference_is_false_in_version_12() {
    let breaks = |forked: &Forked| {
        let resolution = forked.resolve(&forked.sets);
        let difference = &v2(&resolution).unwrap().auth_difference;
        resolution.state().iter().any(|(key, event)| {
            forked.sets.iter().all(|set| set.get(key) != Some(event))
                && !difference.contains(&event)
        })
    };
    assert_broken(&[12], Mood::Hostile, breaks);
}

#[test]
fn r5_associativity_is_false() {
    let breaks = |forked: &Forked| {
        let [a, b, c, ..] = &forked.sets[..] else { return false };
        let pair = forked.state(&[a, b]);
        forked.state(&[&pair, c]) != forked.state(&[a, b, c])
    };
    assert_broken(&[1, 2, 11, 12], Mood::Honest, breaks);
}

#[test]
fn r6_absorption_is_false() {
    let breaks = |forked: &Forked| {
        let [a, b, ..] = &forked.sets[..] else { return false };
        let both = forked.state(&[a, b]);
        forked.state(&[a, &both]) != both
    };
    assert_broken(&[1, 2, 11, 12], Mood::Honest, breaks);
}

#[test]
fn r7_fast_forward_is_false() {
    let breaks = |forked: &Forked| {
        lines(&forked.fork).iter().any(|line| {
            let events = forked.pool.events(&forked.fork.version);
            let mut states = vec![StateSet::new()];
            for event in line {
                let number = forked.pool.dag().known(event.event_id()).unwrap();
                let mut state = states[states.len() - 1].clone();
                if let Some(body) = events.state_event(number) {
                    state.insert(body.key, number);
                }
                states.push(state);
            }
            let last = states[states.len() - 1].clone();
            states[1..].iter().any(|earlier| forked.state(&[earlier, &last]) != last)
        })
    };
    assert_broken(&[1, 2, 11, 12], Mood::Honest, breaks);
}

#[test]
fn r8_what_every_state_has_the_result_has_is_false_from_version_2_on() {
    let breaks = |forked: &Forked| {
        let state = forked.resolve(&forked.sets).state();
        let mut keys = forked.sets[0].iter().map(|(key, _)| key);
        keys.any(|key| {
            state.get(key).is_none() && forked.sets.iter().all(|set| set.get(key).is_some())
        })
    };
    assert_broken(&[2, 11, 12], Mood::Honest, breaks);
}

#[test]
fn r11_v2_1_resolves_honest_states_as_v2_but_for_a_few() {
    for version in versions(&[11, 12]) {
        let (mut runner, strategy) = (runner(), forks(&version, Mood::Honest));
        let (mut total, mut other) = (0, 0);
        for _ in 0..400 {
            let fork = strategy.new_tree(&mut runner).unwrap().current();
            let (v2_0, v2_1) = in_both(&fork);
            total += 1;
            other += usize::from(v2_0.state_of_all() != v2_1.state_of_all());
        }
        assert!(0 < other && other * 20 < total, "version {version}: {other} of {total}");
    }
}

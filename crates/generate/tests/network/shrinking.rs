//! Scripts become small, and stay what they are.

use std::cell::Cell;

use exeunt_generate::{Mood, NetworkScript, play_network, shrink_network};
use exeunt_homeserver::{Done, Told};
use exeunt_version::RoomVersion;

use crate::sample::scripts;

/// Whether somebody leaves, and nobody in the room is told.
fn has_untold(script: &NetworkScript) -> bool {
    let history = play_network(&RoomVersion::specified("11").unwrap(), script);
    history
        .network()
        .told()
        .any(|told| matches!(told, Told::Outcome { outcome: Ok(Done::LeftUntold { .. }), .. }))
}

#[test]
fn what_is_left_can_do_without_no_step() {
    let sample = scripts(Mood::Plausible, 200);
    let script = sample.iter().find(|script| has_untold(script)).unwrap();
    let small = shrink_network(script, 10_000, has_untold);
    assert!(has_untold(&small));
    // Somebody is invited or knocks, a fault, somebody leaves, and what has to arrive between.
    assert!(small.steps.len() <= 6, "{small:?}");
    for at in 0..small.steps.len() {
        let mut shorter = small.clone();
        shorter.steps.remove(at);
        assert!(!has_untold(&shorter), "{small:?} without step {at}");
    }
}

#[test]
fn no_more_scripts_are_tried_than_one_says() {
    let script = scripts(Mood::Hostile, 1).remove(0);
    for most in [0, 1, 20] {
        let tried = Cell::new(0);
        let small = shrink_network(&script, most, |_| {
            tried.set(tried.get() + 1);
            false
        });
        assert_eq!((tried.get(), &small), (most, &script));
    }
    // Where anything goes nothing is left.
    let least = shrink_network(&script, 10_000, |_| true);
    assert_eq!((least.steps.len(), least.setup.servers, least.setup.has_rogue), (0, 2, false));
}

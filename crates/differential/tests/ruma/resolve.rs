//! State resolution v2 and v2.1: the same states resolved to the same state.

use exeunt_forks::{Bulk, Fork, Mood, bulk, forks};
use exeunt_regressions::proptest::prelude::*;
use exeunt_regressions::proptest::strategy::ValueTree;
use exeunt_regressions::proptest::test_runner::TestRunner;
use exeunt_version::{
    OwnAuthChain, PowerEventChain, PowerEvents, Readings, RejectedInResolution, RoomVersion,
};

use crate::resolve_explain::explanation;
use crate::resolve_peer::{Theirs, ours, theirs};
use crate::scene::as_ruma_reads;

/// The version, with resolution too read as ruma reads it. What a state's auth chain is, ruma's
/// caller says.
pub(crate) fn as_ruma_resolves(version: &RoomVersion, own: OwnAuthChain) -> RoomVersion {
    let version = as_ruma_reads(version.clone());
    let readings = Readings {
        own_auth_chain: own,
        power_event_chain: PowerEventChain::Conflicted,
        power_events: PowerEvents::Synapse,
        rejected_in_resolution: RejectedInResolution::Powerless,
        ..version.readings
    };
    version.with_readings(readings)
}

fn of_any_version(mood: Mood) -> impl Strategy<Value = Fork> {
    let versions: Vec<_> = RoomVersion::all().skip(1).collect();
    prop::sample::select(versions).prop_flat_map(move |version| forks(&version, mood))
}

fn own_chain() -> impl Strategy<Value = OwnAuthChain> {
    prop::sample::select(&[OwnAuthChain::Excluded, OwnAuthChain::Included][..])
}

pub(crate) fn agree(fork: &Fork, own: OwnAuthChain) -> bool {
    let version = as_ruma_resolves(&fork.version, own);
    Theirs::State(ours(fork, &version)) == theirs(fork, own)
}

/// Whether both sides agree, or a class of departures explains why not.
fn is_explained(fork: &Fork, own: OwnAuthChain) -> bool {
    agree(fork, own) || explanation(fork, |fork| agree(fork, own)).is_some()
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 256))]

    #[test]
    fn honest_forks_are_resolved_alike(
        fork in of_any_version(Mood::Honest),
        own in own_chain(),
    ) {
        prop_assert!(agree(&fork, own));
    }

    #[test]
    fn hostile_forks_are_resolved_alike_or_explained(
        fork in of_any_version(Mood::Hostile),
        own in own_chain(),
    ) {
        prop_assert!(is_explained(&fork, own));
    }

    #[test]
    fn broken_forks_are_resolved_alike_or_explained(
        fork in of_any_version(Mood::Broken),
        own in own_chain(),
    ) {
        prop_assert!(is_explained(&fork, own));
    }
}

/// What is explained is rare, so that it hides nothing.
#[test]
fn few_forks_need_an_explanation() {
    let mut runner = TestRunner::new(exeunt_regressions::config!());
    for mood in [Mood::Hostile, Mood::Broken] {
        let forks = of_any_version(mood);
        let agreed = (0..400)
            .filter(|_| {
                let fork = forks.new_tree(&mut runner).unwrap().current();
                agree(&fork, OwnAuthChain::Excluded)
            })
            .count();
        assert!(agreed >= 340, "{agreed} of 400 {mood:?} forks are resolved alike");
    }
}

#[test]
fn large_forks_are_resolved_alike() {
    for version in RoomVersion::all().skip(1) {
        for (forks, power_levels_every, users) in
            [(2, None, 20), (8, Some(20), 20), (2, Some(3), 100), (5, Some(1), 2), (3, None, 100)]
        {
            let fork = bulk(&version, Bulk { conflicted: 120, forks, power_levels_every, users });
            for own in [OwnAuthChain::Excluded, OwnAuthChain::Included] {
                assert!(agree(&fork, own), "{version}: {forks} {power_levels_every:?} {users}");
            }
        }
    }
}

//! Random scripts, and the same ones in every run.

use exeunt_generate::{Mood, NetworkScript, Size, network_scripts, play_network};
use exeunt_laws::NetworkHistory;
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

pub(crate) fn any_script() -> impl Strategy<Value = NetworkScript> {
    let size = Size { steps: (1, 40), servers: (2, 5) };
    prop_oneof![network_scripts(Mood::Plausible, size), network_scripts(Mood::Hostile, size)]
}

pub(crate) fn any_version() -> impl Strategy<Value = RoomVersion> {
    prop::sample::select(RoomVersion::all().collect::<Vec<_>>())
}

/// So many scripts of a mood.
pub(crate) fn scripts(mood: Mood, count: usize) -> Vec<NetworkScript> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(exeunt_regressions::config!(), rng);
    let strategy = network_scripts(mood, Size { steps: (12, 32), servers: (2, 4) });
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// What happens in them, in one version after the other.
pub(crate) fn histories(mood: Mood, count: usize) -> impl Iterator<Item = NetworkHistory> {
    let versions = RoomVersion::all().collect::<Vec<_>>().into_iter().cycle();
    let scripts = scripts(mood, count).into_iter();
    scripts.zip(versions).map(|(script, version)| play_network(&version, &script))
}

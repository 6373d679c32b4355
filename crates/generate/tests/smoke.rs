//! A first look.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use exeunt_generate::{Mood, Size, play, scripts};
use exeunt_laws::{Expected, all, ask};
use exeunt_version::RoomVersion;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

#[test]
fn laws_over_histories() {
    let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(50);
    for version in RoomVersion::all() {
        let mut table: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let mut shape = (0, 0, 0, 0);
        for mood in Mood::ALL {
            let mut runner = TestRunner::new_with_rng(
                Config::default(),
                TestRng::deterministic_rng(RngAlgorithm::ChaCha),
            );
            let strategy = scripts(mood, Size::default());
            for _ in 0..n {
                let script = strategy.new_tree(&mut runner).unwrap().current();
                let history = play(&version, &script);
                shape.0 += history.events().len();
                for step in &history.steps {
                    match &step.receipt.outcome {
                        exeunt_room::Outcome::Decided(exeunt_room::Standing::Accepted) => {
                            shape.1 += 1
                        }
                        exeunt_room::Outcome::Decided(exeunt_room::Standing::Rejected(_)) => {
                            shape.2 += 1
                        }
                        exeunt_room::Outcome::Decided(_) => shape.3 += 1,
                        _ => {}
                    }
                }
                for (law, tally) in all().zip(ask(all(), &history)) {
                    let entry = table.entry(law.id).or_default();
                    entry.0 += u64::from(tally.met > 0);
                    if let Some(witness) = tally.broken {
                        entry.1 += 1;
                        let is_suspect = (law.expected)(&version) == Expected::Holds;
                        if entry.1 == 1 {
                            let still = |script: &exeunt_generate::Script| {
                                let history = play(&version, script);
                                ask([law], &history)[0].broken.is_some()
                            };
                            let small = exeunt_generate::shrink(&script, 2_000, still);
                            let history = play(&version, &small);
                            println!(
                                "{version} {mood:?} {} shrunk to {} events {witness:?}",
                                law.id,
                                history.events().len()
                            );
                            if is_suspect || std::env::var("SHOW").is_ok_and(|show| show == law.id)
                            {
                                for event in history.events() {
                                    println!("    {}", event.text());
                                }
                                println!("    {small:?}");
                            }
                        }
                    }
                }
            }
        }
        println!("{version}: {shape:?}");
        for law in all() {
            let (met, broken) = table[law.id];
            let expected = (law.expected)(&version);
            let mark = match expected {
                Expected::Holds if broken > 0 => "UNEXPECTED",
                Expected::Fails { .. } if broken == 0 => "not broken",
                _ => "",
            };
            println!("  {:4} met {met:4} broken {broken:4} {mark}", law.id);
        }
    }
}

//! The table of mutants, and the laws that it says kill them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use exeunt_mutants::{
    NETWORKS, ROOMS, VECTORS, first_kill, is_killed_again, kills, markdown, vector,
};
use exeunt_version::Mutant;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/MUTANTS.md")
}

/// The table as it is; or anew, which takes many histories, if it is to be written.
fn table() -> String {
    if std::env::var_os("EXEUNT_WRITE").is_some() {
        let kills: Vec<_> = Mutant::ALL
            .iter()
            .map(|mutant| (*mutant, first_kill(*mutant, ROOMS, NETWORKS)))
            .collect();
        std::fs::write(path(), markdown(&kills)).unwrap();
    }
    std::fs::read_to_string(path()).unwrap()
}

#[test]
fn every_mutant_is_killed_and_by_the_law_that_the_table_names() {
    let table = table();
    let kills = kills(&table);
    assert!(kills.iter().map(|(mutant, _)| *mutant).eq(Mutant::ALL.iter().copied()));
    assert!(
        markdown(&kills) == table,
        "docs/MUTANTS.md is out of date: EXEUNT_WRITE=1 cargo test --release -p exeunt-mutants \
         --features mutants --test table"
    );
    for (mutant, kill) in &kills {
        assert!(kill.is_some() || vector(*mutant).is_some(), "{mutant} lives");
        if let Some(kill) = kill {
            assert!(is_killed_again(*mutant, kill), "{mutant} keeps {}", kill.law.id);
        }
    }
}

#[test]
fn no_mutant_has_two_examples() {
    let mutants: BTreeSet<_> = VECTORS.iter().map(|vector| vector.mutant).collect();
    assert_eq!(mutants.len(), VECTORS.len());
}

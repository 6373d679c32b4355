//! The mutants asked as if they were foreign implementations: the conformance vectors alone find
//! them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use exeunt_conformance::{Comparison, Flag, Oracle, Vector, compare, files};
use exeunt_event::json::{self, Object};
use exeunt_version::Mutant;

/// What the protocol cannot ask, and why.
const OUT_OF_REACH: &[(Mutant, &str)] = &[
    (Mutant::TemplateOfAnotherRoom, "no question has a server look at a template"),
    (Mutant::LeaveOfAnotherUser, "no question has a server look at a template"),
    (Mutant::ForgetWhileJoined, "no question is about what users forget"),
];

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/MUTANTS-BY-VECTORS.md")
}

/// Whether the mutant gets the vector wrong.
fn is_killed_by(mutant: Mutant, vector: &Vector) -> bool {
    // Room versions make the mistake from when they are made.
    mutant.everywhere(|| is_wrong(&Oracle::default(), vector))
}

fn is_wrong(oracle: &Oracle, vector: &Vector) -> bool {
    let answer = oracle.answer(vector.request.as_received().as_bytes());
    let answer = json::parse_any(answer.as_bytes()).unwrap().value;
    let none = Object::new();
    let answer = answer.as_object().unwrap_or(&none);
    match compare(vector, answer) {
        Comparison::Differs(_) => true,
        // Where the text is clear, what servers do instead is a mistake as well.
        Comparison::Agrees { readings: Some(readings) } => readings
            .iter()
            .any(|(name, _)| !vector.flags.contains(&Flag::Ambiguous(name.to_owned()))),
        Comparison::Agrees { readings: None } | Comparison::Unsupported => false,
    }
}

/// The first vector that kills a mutant, with its file's question and family.
fn first_kill(mutant: Mutant) -> Option<(String, String)> {
    mutant.everywhere(|| {
        let oracle = Oracle::default();
        files().iter().find_map(|file| {
            let wrong = file.vectors().map(Result::unwrap).find(|it| is_wrong(&oracle, it))?;
            Some((wrong.id, format!("{}: {}", file.op(), file.family())))
        })
    })
}

fn document() -> String {
    let mut text = String::from(
        "# Mutants by vectors\n\n\
        The mistakes of [MUTANTS.md](MUTANTS.md), each asked on the line protocol as if it were a \
        foreign implementation (`exeunt oracle --mutant`). A mutant is killed if its answer to one of \
        the vectors in `crates/conformance/vectors` is neither the right one nor that of another \
        reading of what the text leaves open; the table names the first such vector, and what it is about. \
        What servers in use do against a clear text is no such reading, although `exeunt conform` \
        takes it for one: `power-chain-inside` is what Synapse and ruma do, and no vector would kill \
        it otherwise.\n\n\
        This file is written by `EXEUNT_WRITE=1 cargo test --release -p exeunt-mutants --features \
        mutants --test conformance`.\n\n\
        | mutant | question: family | vector |\n|---|---|---|\n",
    );
    for mutant in Mutant::ALL {
        let row = if let Some((id, family)) = first_kill(*mutant) {
            format!("| `{mutant}` | {family} | `{id}` |\n")
        } else {
            let reason = OUT_OF_REACH.iter().find(|(other, _)| other == mutant);
            let reason = reason.map_or("not killed", |(_, reason)| reason);
            format!("| `{mutant}` | – | {reason} |\n")
        };
        text.push_str(&row);
    }
    text
}

#[test]
fn vectors_alone_kill_nine_of_ten_mutants_and_all_that_questions_reach() {
    if std::env::var_os("EXEUNT_WRITE").is_some() {
        std::fs::write(path(), document()).unwrap();
    }
    let table = std::fs::read_to_string(path()).unwrap();
    let rows = table.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let vector = rest.split_once(" | ")?.1.strip_suffix(" |")?;
        Some((name.parse::<Mutant>().unwrap(), vector.trim_matches('`').to_owned()))
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.iter().map(|(mutant, _)| *mutant).eq(Mutant::ALL.iter().copied()));
    let mut killed = 0;
    for (mutant, id) in rows {
        let file = files().iter().find(|file| {
            id.rsplit_once('/').is_some_and(|(folder, _)| file.path == format!("{folder}.jsonl"))
        });
        let vector = file.and_then(|file| file.vectors().flatten().find(|it| it.id == id));
        let is_killed = vector.is_some_and(|vector| {
            assert!(!is_wrong(&Oracle::default(), &vector), "the model itself: {id}");
            is_killed_by(mutant, &vector)
        });
        let is_out_of_reach = OUT_OF_REACH.iter().any(|(other, _)| *other == mutant);
        assert_ne!(is_killed, is_out_of_reach, "{mutant}: {id}; write the table again");
        killed += usize::from(is_killed);
    }
    assert!(killed * 10 >= Mutant::ALL.len() * 9, "{killed} of {}", Mutant::ALL.len());
}

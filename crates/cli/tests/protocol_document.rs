//! `docs/PROTOCOL.md` has real questions with their real answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;
use std::path::Path;

use command::exeunt_reading;
use exeunt_version::Readings;
use serde_json::Value;

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/PROTOCOL.md");
    fs::read_to_string(path).expect("docs/PROTOCOL.md is there")
}

/// The lines of the fenced blocks of JSON Lines.
fn examples(document: &str) -> Vec<&str> {
    let mut inside = false;
    let lines = document.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        if is_fence {
            inside = *line == "```jsonl";
        }
        inside && !is_fence
    });
    lines.collect()
}

fn asked() -> (Vec<Value>, Vec<String>, Vec<String>) {
    let document = document();
    let examples = examples(&document);
    let pairs = examples.chunks(2);
    let (questions, answers): (Vec<_>, Vec<_>) = pairs.map(|pair| (pair[0], pair[1])).unzip();
    let said = exeunt_reading(&["oracle"], questions.join("\n"));
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let given = said.out.lines().map(str::to_owned).collect();
    let parsed = questions.iter().map(|question| serde_json::from_str(question).unwrap()).collect();
    (parsed, answers.into_iter().map(str::to_owned).collect(), given)
}

#[test]
fn every_example_is_answered_as_the_document_says() {
    let (questions, answers, given) = asked();
    assert!(questions.len() > 20);
    assert_eq!(answers.len(), given.len());
    for ((question, answer), given) in questions.iter().zip(&answers).zip(&given) {
        assert_eq!(answer, given, "{question}");
    }
}

#[test]
fn every_op_is_answered_and_has_an_example() {
    let (questions, _, given) = asked();
    let info = questions.iter().position(|question| question["op"] == "info").unwrap();
    let info: Value = serde_json::from_str(&given[info]).unwrap();
    for op in info["ok"]["ops"].as_array().unwrap() {
        assert!(questions.iter().any(|question| question["op"] == *op), "{op}");
    }
    let document = document();
    assert_eq!(info["ok"]["ops"].as_array().unwrap().len(), 10);
    let sections = document.lines().filter_map(|line| line.strip_prefix("### `"));
    let sections: Vec<_> = sections.map(|op| op.trim_end_matches('`')).collect();
    assert_eq!(sections.len(), 10);
    for op in sections {
        let said = exeunt_reading(&["oracle"], format!("{{\"id\":0,\"op\":{op:?}}}"));
        assert!(!said.out.contains("\"code\":\"unsupported\""), "{op}: {}", said.out);
    }
    for code in given.iter().filter_map(|answer| answer.split("\"code\":\"").nth(1)) {
        let code = code.split('"').next().unwrap();
        assert!(document.contains(&format!("`{code}`")), "{code}");
    }
    assert_eq!(info["ok"]["readings"].as_array().unwrap().len(), Readings::ALL.len());
}

#[test]
fn what_the_text_leaves_open_refers_to_readings_that_are_there() {
    let document = document();
    let (_, open) = document.split_once("## What the text leaves open").unwrap();
    let (open, _) = open.split_once("\n## ").unwrap();
    let named: Vec<_> = open.split('`').skip(1).step_by(2).collect();
    for name in ["absent_join_rules", "recognised_version", "v1_failed", "v1_members"] {
        assert!(named.contains(&name), "{name}");
        assert!(Readings::ALL.iter().any(|reading| reading.name == name), "{name}");
    }
}

//! Running the command, and what it said.

#![allow(dead_code, reason = "every test file uses another part of it")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

/// What the command said, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// One line of `verify --json`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) line: usize,
    pub(crate) event_id: Option<String>,
    pub(crate) check: u64,
    pub(crate) outcome: String,
    pub(crate) message: String,
    pub(crate) rule: Option<String>,
    pub(crate) rule_name: Option<String>,
    pub(crate) missing: Vec<String>,
}

/// The command with those arguments and nothing to read.
pub(crate) fn exeunt(arguments: &[&str]) -> Said {
    exeunt_reading(arguments, "")
}

/// The command with those arguments, and that on standard input.
pub(crate) fn exeunt_reading(arguments: &[&str], input: impl Into<Vec<u8>>) -> Said {
    let output =
        Command::new(path()).args(arguments).write_stdin(input.into()).output().expect("it starts");
    Said {
        status: output.status.code().expect("no signal ends it"),
        out: String::from_utf8(output.stdout).expect("it writes UTF-8"),
        err: String::from_utf8(output.stderr).expect("it complains in UTF-8"),
    }
}

/// Where the command is.
pub(crate) fn path() -> PathBuf {
    cargo_bin!("exeunt").to_owned()
}

/// `exeunt verify --json` on a room.
pub(crate) fn verify(room: &Path, options: &[&str]) -> Said {
    let room = room.to_str().expect("the tests' paths are UTF-8");
    exeunt(&[&["verify", "--json", room], options].concat())
}

impl Said {
    fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// The findings of `verify --json`, and the summary after them.
    pub(crate) fn report(&self) -> (Vec<Finding>, Value) {
        let mut lines = self.json_lines();
        let last = lines.pop().unwrap_or_else(|| panic!("no report: {}", self.err));
        (lines.iter().map(finding).collect(), last["summary"].clone())
    }

    /// The findings of `verify --json`.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.report().0
    }

    /// The only finding of `verify --json`.
    pub(crate) fn finding(&self) -> Finding {
        let mut findings = self.findings();
        assert_eq!(findings.len(), 1, "{}", self.out);
        findings.remove(0)
    }
}

impl Finding {
    /// Line, check and outcome: what tests compare most often.
    pub(crate) fn place(&self) -> (usize, u64, &str) {
        (self.line, self.check, &self.outcome)
    }
}

fn finding(line: &Value) -> Finding {
    let text = |key: &str| line.get(key).and_then(Value::as_str).map(str::to_owned);
    Finding {
        line: line["line"].as_u64().and_then(|line| line.try_into().ok()).expect("a line number"),
        event_id: text("event_id"),
        check: line["check"].as_u64().expect("the number of a check"),
        outcome: text("outcome").expect("an outcome"),
        message: text("message").expect("a message"),
        rule: text("rule"),
        rule_name: text("rule_name"),
        missing: line["missing"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|id| id.as_str().expect("an event ID").to_owned())
            .collect(),
    }
}

//! `exeunt verify` on recordings that were tampered with: what nothing explains is said to be so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;

use command::{exeunt, verify};
use exeunt_recordings::room;
use serde_json::{Value, json};

/// What a homeserver is said to have made of a room.
struct Account {
    expected: Vec<Value>,
    current: Value,
}

impl Account {
    /// The first event that this is true of.
    fn first(&mut self, is_it: impl Fn(&Value) -> bool) -> &mut Value {
        self.expected.iter_mut().find(|event| is_it(event)).unwrap()
    }
}

/// The differences from a falsified recording, and the text that is printed about it.
fn falsified(name: &str, falsify: impl Fn(&mut Account)) -> (Vec<Value>, String) {
    let room = room(name);
    let lines = room.file("expected.jsonl");
    let expected = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let expected = expected.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let mut account = Account { expected, current: room.current() };
    falsify(&mut account);
    let folder = tempfile::tempdir().unwrap();
    for file in ["room.jsonl", "keys.json", "meta.json"] {
        fs::write(folder.path().join(file), room.file(file)).unwrap();
    }
    let lines: Vec<_> = account.expected.iter().map(Value::to_string).collect();
    fs::write(folder.path().join("expected.jsonl"), lines.join("\n")).unwrap();
    fs::write(folder.path().join("current.json"), account.current.to_string()).unwrap();
    let said = verify(folder.path(), &[]);
    assert_eq!((said.status, said.err.as_str()), (1, ""));
    let differences = said.report().1["recording"]["differences"].as_array().unwrap().clone();
    let text = exeunt(&["verify", folder.path().to_str().unwrap()]).out;
    (differences, text)
}

/// The only difference, which nothing explains.
fn unexplained(name: &str, falsify: impl Fn(&mut Account)) -> Value {
    let (mut differences, text) = falsified(name, falsify);
    let difference = differences.pop().unwrap();
    assert_eq!(differences, Vec::<Value>::new());
    assert_eq!(difference["explanation"], "unexplained");
    assert!(text.contains("\n1 difference, 0 explained\n\n1 unexplained, such as:\n"), "{text}");
    difference
}

#[test]
fn a_recording_as_it_is_has_nothing_unexplained() {
    let (differences, text) = falsified("12-forked", |_| ());
    assert_eq!(differences, Vec::<Value>::new());
    assert!(text.contains("\nno differences\n"), "{text}");
}

#[test]
fn an_entry_of_a_state_is_missing_or_another() {
    for key in ["state_before", "state_after"] {
        let missing = unexplained("12-forked", |account| {
            account.expected[100][key].as_array_mut().unwrap().pop();
        });
        assert_eq!((&missing["line"], &missing["difference"]), (&json!(101), &json!(key)));
        assert_eq!(missing["recorded"], json!([]));
        assert_eq!(missing["here"].as_array().unwrap().len(), 1);
        let other = unexplained("12-forked", |account| {
            account.expected[100][key][0] = json!("$other");
        });
        assert_eq!(other["recorded"], json!(["$other"]));
        assert_eq!(other["here"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn an_accepted_event_is_said_to_be_refused() {
    let is_accepted = |event: &Value| event["soft_failed"] == false && event["depth"] == 60;
    for (key, word) in [("soft_failed", "soft-failed"), ("rejected", "rejected")] {
        let difference = unexplained("12-forked", |account| {
            account.first(is_accepted)[key] = json!(true);
        });
        assert_eq!(difference["difference"], "outcome");
        assert_eq!(difference["recorded"], word);
        assert_eq!(difference["here"], "accepted");
    }
}

#[test]
fn a_refused_event_is_said_to_be_accepted() {
    let explained = |name: &str, key: &str| {
        let (differences, text) = falsified(name, |account| {
            account.first(|event| event[key] == true)[key] = json!(false);
        });
        assert!(!text.contains("unexplained"), "{text}");
        let difference = differences.iter().find(|difference| difference["recorded"] == "accepted");
        difference.unwrap().clone()
    };
    let difference = explained("12-forked", "soft_failed");
    assert_eq!(difference["here"], "soft-failed");
    assert_eq!(difference["explanation"]["check"], 6);
    assert!(difference["explanation"]["rule_name"].is_string());
    let difference = explained("12-evil", "rejected");
    assert_eq!(difference["here"], "rejected");
    assert_eq!(difference["explanation"]["rule_name"], "required-power-level");
}

#[test]
fn where_the_server_ended_up_is_something_else() {
    let state = unexplained("12-forked", |account| {
        account.current["state"].as_array_mut().unwrap().pop();
    });
    assert_eq!(state["difference"], "current_state");
    assert_eq!(state.get("line"), None);
    let extremities = unexplained("12-forked", |account| {
        account.current["forward_extremities"] = json!(["$other"]);
    });
    assert_eq!(extremities["difference"], "forward_extremities");
    assert_eq!(extremities["recorded"], json!(["$other"]));
}

#[test]
fn an_event_has_another_id() {
    let difference = unexplained("12-forked", |account| {
        account.expected[7]["event_id"] = json!("$other");
    });
    assert_eq!(difference["difference"], "event_id");
    assert_eq!((&difference["line"], &difference["recorded"]), (&json!(8), &json!("$other")));
}

#[test]
fn what_a_reading_explains_is_told_apart_from_what_it_does_not() {
    let (differences, text) = falsified("10-forked", |account| {
        account.expected[100]["state_after"].as_array_mut().unwrap().pop();
    });
    let explanations: Vec<_> = differences.iter().map(|d| d["explanation"].clone()).collect();
    let reading = json!({ "readings": { "power_event_chain": "conflicted" } });
    assert_eq!(explanations, [json!("unexplained"), reading.clone(), reading]);
    assert!(text.contains("\n3 differences, 2 explained\n"), "{text}");
    assert!(text.contains("\n2 by the reading power_event_chain=conflicted, such as:\n"), "{text}");
}

//! `exeunt verify` on what a misbehaving server sent and the recorded homeserver did not store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use command::{Finding, verify};
use exeunt_recordings::{Room, rooms};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What `verify` finds about a PDU.
enum Found {
    /// That check drops it, with a message that contains this.
    Dropped(u64, &'static str),
    /// Check 4 rejects it by the rule of that name; the numbers that the rule has in room versions,
    /// where it has one.
    Rejected(&'static str, &'static [(&'static str, &'static str)]),
    /// It waits before that check, with a message that ends like this.
    Pending(u64, &'static str),
}

use Found::{Dropped, Pending, Rejected};

/// In which versions the homeserver stored no such event.
enum In {
    Every,
    These(&'static [&'static str]),
}

use In::{Every, These};

const FROM_6: In = These(&["6", "8", "9", "10", "12"]);

struct Case {
    name: &'static str,
    within: In,
    found: Found,
    reason: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "bad signature",
        within: Every,
        found: Dropped(2, "the signature of 127.0.11.4:8448 with ed25519:evil1 is not valid"),
        reason: "the sender's server signed something else",
    },
    Case {
        name: "no signature",
        within: Every,
        found: Dropped(2, "127.0.11.4:8448 did not sign"),
        reason: "the sender's server must sign",
    },
    Case {
        name: "unknown key id",
        within: Every,
        found: Dropped(2, "127.0.11.4:8448 signed with no known and valid key"),
        reason: "the server published no key of that ID",
    },
    Case {
        name: "sender of hs2, signed by evil only",
        within: Every,
        found: Dropped(2, "127.0.11.2:8448 did not sign"),
        reason: "the signature of a server that is not the sender's counts for nothing",
    },
    Case {
        name: "event_id of another domain",
        within: These(&["1"]),
        found: Dropped(2, "127.0.11.2:8448 did not sign"),
        reason: "in versions 1 and 2 the server that the event ID names must sign too",
    },
    Case {
        name: "redacted content of a signed key changed (state_key)",
        within: Every,
        found: Dropped(2, "the signature of 127.0.11.4:8448 with ed25519:evil1 is not valid"),
        reason: "redaction keeps the state key, so the signature covers it",
    },
    Case {
        name: "restricted-style join, authorised via alice without her signature",
        within: These(&["8", "9", "10", "12"]),
        found: Dropped(2, "127.0.11.1:8448 did not sign"),
        reason: "the authorising user's server must sign, from version 8",
    },
    Case {
        name: "second create event",
        within: These(&["12"]),
        found: Dropped(2, "the signature of 127.0.11.4:8448 with ed25519:evil1 is not valid"),
        reason: "its sender signed it without `room_id`, which redaction keeps by the text",
    },
    Case {
        name: "70 kB",
        within: Every,
        found: Dropped(1, " bytes in canonical JSON, more than 65536"),
        reason: "an event has at most 65,536 bytes",
    },
    Case {
        name: "11 auth_events",
        within: Every,
        found: Dropped(1, "`auth_events` has 11 entries, more than 10"),
        reason: "an event has at most 10 auth events",
    },
    Case {
        name: "21 prev_events",
        within: Every,
        found: Dropped(1, "`prev_events` has 21 entries, more than 20"),
        reason: "an event has at most 20 previous events",
    },
    Case {
        name: "float in content (added after signing)",
        within: FROM_6,
        found: Dropped(1, "a float at byte "),
        reason: "canonical JSON is strict from version 6",
    },
    Case {
        name: "integer 2^53 in content",
        within: FROM_6,
        found: Dropped(1, "a number out of range at byte "),
        reason: "canonical JSON is strict from version 6",
    },
    Case {
        name: "power levels with a non-integer level",
        within: Every,
        found: Rejected("power-levels-not-integers", &[("10", "9.1"), ("12", "10.1")]),
        reason: "\"abc\" is no integer in any version; a numbered rule says so from version 10",
    },
    Case {
        name: "power levels with string levels",
        within: These(&["10", "12"]),
        found: Rejected("power-levels-not-integers", &[("10", "9.1"), ("12", "10.1")]),
        reason: "\"50\" is no integer from version 10",
    },
    Case {
        name: "v12: auth_events contain the create event",
        within: These(&["12"]),
        found: Rejected("auth-events-unexpected", &[("12", "3.2")]),
        reason: "the room ID implies the create event, so the selection does not have it",
    },
    Case {
        name: "v12: power levels naming the creator",
        within: These(&["12"]),
        found: Rejected("power-levels-creator", &[("12", "10.4")]),
        reason: "a creator's power has no bounds and no entry",
    },
    Case {
        name: "unknown auth event, not divulged",
        within: Every,
        found: Pending(4, "is not in the room"),
        reason: "nobody has the auth event, so there is nothing to check against",
    },
    Case {
        name: "missing prev, not divulged",
        within: Every,
        found: Pending(5, "is not in the room"),
        reason: "nobody has the previous event, so there is no state before",
    },
    Case {
        name: "gap of two, prev of the pulled one unknown, /state_ids answers 404",
        within: Every,
        found: Pending(5, "is not in the room"),
        reason: "nobody has what came before the previous event",
    },
    Case {
        name: "gap of two, state of the unknown prev from /state_ids; hidden topic unknown",
        within: Every,
        found: Pending(5, "is not in the room"),
        reason: "nobody gives a state to this room",
    },
];

impl Case {
    fn is_in(&self, version: &str) -> bool {
        match self.within {
            Every => true,
            These(versions) => versions.contains(&version),
        }
    }

    fn is_found(&self, version: &str, findings: &[&Finding]) -> bool {
        match (&self.found, findings) {
            (Dropped(check, message), [one]) => {
                let dropped = (*check, "dropped");
                (one.check, &*one.outcome) == dropped && one.message.contains(message)
            }
            (Rejected(name, numbers), [one]) => {
                let number = numbers.iter().find(|(of, _)| *of == version).map(|(_, n)| *n);
                (one.check, &*one.outcome) == (4, "rejected")
                    && one.rule_name.as_deref() == Some(*name)
                    && one.rule.as_deref() == number
            }
            (Pending(check, message), [one]) => {
                (one.check, &*one.outcome) == (*check, "pending") && one.message.ends_with(message)
            }
            _ => false,
        }
    }
}

fn evil_rooms() -> impl Iterator<Item = Room> {
    rooms().into_iter().filter(|room| room.name.ends_with("-evil"))
}

/// What the server sent that ended like this, by the name of the case.
fn sent(room: &Room, outcome: &str) -> Vec<(String, Value)> {
    let cases = room.cases();
    let name = |case: &Value| case["case"].as_str().unwrap().to_owned();
    let message = cases.iter().find(|case| name(case) == "ok message").unwrap()["pdu"].clone();
    let pdu = |case: &Value| {
        let mut pdu = case["pdu"].clone();
        if pdu.get("omitted").is_some() {
            // The recording leaves out what is nothing but long.
            pdu = message.clone();
            pdu["content"]["body"] = json!("z".repeat(70_000));
        }
        pdu
    };
    cases
        .iter()
        .filter(|case| case["outcome"] == outcome)
        .map(|case| (name(case), pdu(case)))
        .collect()
}

fn write(folder: &TempDir, room: &Room, lines: &[Vec<u8>]) -> PathBuf {
    let path = folder.path().join(&room.name);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("room.jsonl"), lines.join(&b'\n')).unwrap();
    fs::write(path.join("keys.json"), room.file("keys.json")).unwrap();
    path
}

#[test]
fn each_event_that_was_not_stored_is_found_where_its_nature_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for room in evil_rooms() {
        let version = &*room.version;
        let mut lines = room.lines();
        let known = lines.len();
        let sent = sent(&room, "not stored");
        lines.extend(sent.iter().map(|(_, pdu)| pdu.to_string().into_bytes()));
        let findings = verify(&write(&folder, &room, &lines), &[]).findings();
        for ((name, _), line) in sent.iter().zip(known + 1..) {
            let case = CASES.iter().find(|case| case.name == name);
            let case = case.unwrap_or_else(|| panic!("{}: {name} is not listed", room.name));
            assert!(case.is_in(version), "{}: {name} was stored before", room.name);
            let about: Vec<_> = findings.iter().filter(|f| f.line == line).collect();
            let reason = case.reason;
            assert!(case.is_found(version, &about), "{}: {name}: {reason}: {about:?}", room.name);
            count += 1;
        }
        let names: BTreeSet<_> = sent.iter().map(|(name, _)| &**name).collect();
        let listed: BTreeSet<_> =
            CASES.iter().filter(|case| case.is_in(version)).map(|case| case.name).collect();
        assert_eq!(names, listed, "{}", room.name);
        // What was there before is found as before.
        let before = verify(&room.folder, &["--no-expectations"]).findings();
        let after: Vec<_> = findings.into_iter().filter(|f| f.line <= known).collect();
        assert_eq!(after, before, "{}", room.name);
    }
    assert_eq!(count, 124);
}

/// The homeserver keeps what it redacted on receipt in that form alone; here is what was sent.
#[test]
fn an_event_with_a_wrong_hash_is_redacted_whatever_is_wrong_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut counts = BTreeMap::new();
    for room in evil_rooms() {
        let mut lines = room.lines();
        let expected = room.expected();
        let mut replaced = Vec::new();
        for case in room.cases().iter().filter(|c| c["outcome"] == "accepted, content pruned") {
            let at = expected.iter().position(|event| case["event_id"] == event.event_id).unwrap();
            lines[at] = case["pdu"].to_string().into_bytes();
            *counts.entry(case["case"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            replaced.push((at + 1, case["event_id"].as_str().unwrap().to_owned()));
        }
        let findings = verify(&write(&folder, &room, &lines), &[]).findings();
        for (line, id) in &replaced {
            let about: Vec<_> = findings.iter().filter(|f| f.line == *line).collect();
            let [one] = about[..] else { panic!("{}: line {line}: {about:?}", room.name) };
            assert_eq!((one.check, &*one.outcome), (3, "redacted"), "{}", room.name);
            assert_eq!(one.event_id.as_ref(), Some(id), "{}", room.name);
        }
        let stored = verify(&room.folder, &["--no-expectations"]).findings();
        assert_eq!(findings, stored, "{}", room.name);

        // The same again is the same event.
        let again: Vec<_> = lines.iter().chain(&lines).cloned().collect();
        let (again, summary) = verify(&write(&folder, &room, &again), &[]).report();
        assert_eq!(again, findings, "{}", room.name);
        assert_eq!(summary["repeated_lines"], lines.len(), "{}", room.name);
    }
    let lenient = 3;
    assert_eq!(
        counts,
        BTreeMap::from([
            ("extra unsigned top-level key changes the hash".to_owned(), 8),
            ("float in content (added after signing)".to_owned(), lenient),
            ("hash of wrong value signed as such".to_owned(), 8),
            ("integer 2^53 in content".to_owned(), lenient),
            ("wrong content hash, member".to_owned(), 8),
            ("wrong content hash, message".to_owned(), 8),
            ("wrong content hash, topic".to_owned(), 8),
        ])
    );
}

#[test]
fn without_keys_a_second_create_event_of_version_12_is_rejected_by_rule_1() {
    let room = exeunt_recordings::room("12-evil");
    let folder = tempfile::tempdir().unwrap();
    let mut lines = room.lines();
    let create =
        sent(&room, "not stored").into_iter().find(|(name, _)| name == "second create event");
    lines.push(create.unwrap().1.to_string().into_bytes());
    let folder = write(&folder, &room, &lines);
    let findings = verify(&folder.join("room.jsonl"), &[]).findings();
    let last = findings.last().unwrap();
    assert_eq!(last.place(), (lines.len(), 4, "rejected"));
    assert_eq!(last.rule.as_deref(), Some("1.1"), "a create event has no previous events");
}

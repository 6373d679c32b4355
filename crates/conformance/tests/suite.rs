//! The vectors that come with the crate: what they are like, what they cover, and that the model
//! answers them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use exeunt_auth::{Effect, Rule};
use exeunt_conformance::{Comparison, Flag, Oracle, Vector, compare, family, files, vectors};
use exeunt_event::json::{self, Object, Value};
use exeunt_version::{Readings, RoomVersion};

/// The readings that no vector tells apart, and why.
const UNASKED: &[(&str, &str)] = &[(
    "soft_failure",
    "where the prev events are the extremities, the current state is the one before the event, \
         unless somebody gave another, and no question can say that",
)];

fn answered(question: &Object<'_>) -> Object<'static> {
    let answer = Oracle::default().answer(question.as_received().as_bytes());
    json::parse_any(answer.as_bytes()).unwrap().value.as_object().unwrap().clone().into_owned()
}

#[test]
fn every_line_is_a_vector_and_fits_the_schema() {
    let schema = include_str!("../vectors/schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let schema =
        jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema).unwrap();
    for file in files() {
        for line in file.text.lines() {
            let vector = Vector::parse(line.as_bytes()).unwrap_or_else(|error| {
                panic!("{}: {error}: {line}", file.path);
            });
            assert_eq!(vector.to_line(), line, "{} is written otherwise", vector.id);
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(schema.is_valid(&line), "{} does not fit the schema", vector.id);
        }
    }
}

#[test]
fn a_file_has_what_its_path_says_and_files_are_sorted() {
    assert!(files().is_sorted_by(|one, other| one.path < other.path));
    for file in files() {
        let folder = format!("{}/{}/{}", file.op(), file.room_version(), file.family());
        assert_eq!(file.path, format!("{folder}.jsonl"));
        assert!(file.vectors().next().is_some(), "{} is empty", file.path);
        for vector in file.vectors().map(Result::unwrap) {
            assert!(vector.id.starts_with(&format!("{folder}/")), "{}", vector.id);
            assert_eq!(vector.op(), file.op());
            if let Some(version) = vector.room_version() {
                assert_eq!(version, file.room_version(), "{}", vector.id);
            }
        }
    }
}

#[test]
fn no_two_vectors_have_one_id_or_one_question() {
    let (mut ids, mut questions) = (BTreeSet::new(), BTreeMap::new());
    for vector in vectors() {
        assert!(ids.insert(vector.id.clone()), "{} is there twice", vector.id);
        let mut question = vector.request.clone();
        question.remove("id");
        let other = questions.insert(question.as_received(), vector.id.clone());
        assert_eq!(other, None, "{} asks the same", vector.id);
    }
}

#[test]
fn the_model_answers_as_recorded_by_every_reading() {
    let mut wrong = Vec::new();
    for vector in vectors() {
        let default = compare(&vector, &answered(&vector.request));
        if default != (Comparison::Agrees { readings: None }) {
            wrong.push(format!("{}: {default:?}", vector.id));
        }
        for alternative in &vector.alternatives {
            let mut request = vector.request.clone();
            request.insert("readings", alternative.readings.to_object());
            let alone = Vector { response: alternative.response.clone(), ..vector.clone() };
            let by_reading = compare(&alone, &answered(&request));
            if by_reading != (Comparison::Agrees { readings: None }) {
                wrong.push(format!("{} by {}: {by_reading:?}", vector.id, alternative.readings));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_vector_with_two_answers_says_so() {
    for vector in vectors() {
        let ambiguous: BTreeSet<_> = vector
            .flags
            .iter()
            .filter_map(|flag| match flag {
                Flag::Ambiguous(reading) => Some(reading.as_str()),
                Flag::DeployedDiffers | Flag::Security => None,
            })
            .collect();
        let readings: BTreeSet<_> = vector
            .alternatives
            .iter()
            .flat_map(|alternative| alternative.readings.iter().map(|(name, _)| name))
            .collect();
        assert!(ambiguous.is_subset(&readings), "{}", vector.id);
        let deployed = vector.flags.contains(&Flag::DeployedDiffers);
        assert!(ambiguous == readings || deployed, "{}", vector.id);
    }
}

#[test]
fn every_rule_is_seen_on_both_sides_in_every_version_that_has_it() {
    let mut seen = BTreeSet::new();
    for vector in vectors() {
        let Some(ok) = vector.response.get("ok").and_then(Value::as_object) else { continue };
        let version = vector.room_version().map(str::to_owned);
        let rule = |answer: &Object<'_>| answer.get("rule")?.as_str().map(str::to_owned);
        if vector.op() == "authorise" {
            let allows = ok.get("allowed") == Some(&Value::Bool(true));
            seen.insert((version.unwrap(), rule(ok), allows));
        } else if vector.op() == "replay" {
            let events = ok.get("events").and_then(Value::as_array).unwrap_or_default();
            let rules = events.iter().filter_map(Value::as_object).filter_map(rule);
            seen.extend(rules.map(|rule| (version.clone().unwrap(), Some(rule), false)));
        }
    }
    let mut missing = Vec::new();
    for version in RoomVersion::all() {
        for rule in Rule::ALL {
            let Some(number) = rule.number(&version.capabilities) else { continue };
            let sides: &[bool] = match rule.effect() {
                Effect::Allows => &[true],
                Effect::Rejects => &[false],
                Effect::Decides => &[true, false],
            };
            for allows in sides {
                let wanted = (version.id().to_owned(), Some(number.to_string()), *allows);
                if !seen.contains(&wanted) {
                    missing.push(format!("{rule} ({number} of {version}), allows: {allows}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_rule_is_filed_under_its_family() {
    for file in files().iter().filter(|file| file.op() == "authorise") {
        let version = RoomVersion::specified(file.room_version()).unwrap();
        for vector in file.vectors().map(Result::unwrap) {
            let ok = vector.response.get("ok").and_then(Value::as_object);
            let rule = ok.and_then(|ok| ok.get("rule")).and_then(Value::as_str);
            let rule = rule.and_then(|number| number.parse().ok());
            let rule = rule.and_then(|rule| Rule::by_number(&rule, &version.capabilities));
            if let Some(rule) = rule {
                assert_eq!(family(rule), file.family(), "{}", vector.id);
            }
        }
    }
}

#[test]
fn every_reading_that_questions_reach_is_flagged() {
    let mut seen = BTreeSet::new();
    for vector in vectors() {
        for alternative in &vector.alternatives {
            seen.extend(alternative.readings.iter().map(|(name, _)| name.to_owned()));
        }
    }
    for reading in Readings::ALL {
        let unasked = UNASKED.iter().any(|(name, _)| *name == reading.name);
        assert_ne!(seen.contains(reading.name), unasked, "{}", reading.name);
    }
}

/// `docs/DIVERGENCES.md` names the vectors of its rows by the ends of their IDs.
#[test]
fn every_divergence_names_a_vector_that_there_is_or_says_why_there_is_none() {
    let ids: BTreeSet<String> = vectors()
        .filter_map(|vector| vector.id.rsplit_once('/').map(|(_, name)| name.to_owned()))
        .collect();
    let page = include_str!("../../../docs/DIVERGENCES.md");
    let sources = ["by-hand-", "example-", "recorded-", "random-"];
    let is_vector = |name: &str| sources.iter().any(|source| name.starts_with(source));
    let (mut asks, mut rows) = (false, 0);
    for line in page.lines() {
        let named: Vec<_> = line.split('`').skip(1).step_by(2).filter(|it| is_vector(it)).collect();
        for name in &named {
            assert!(ids.contains(*name), "there is no vector {name}: {line}");
        }
        if !line.starts_with('|') {
            asks = false;
        } else if line.contains("| smallest ") {
            asks = true;
        } else if asks && !line.starts_with("|---") {
            rows += 1;
            let said = !named.is_empty() || line.contains("; no vector");
            assert!(said, "a row without a vector: {line}");
        }
    }
    assert!(rows > 50, "{rows}");
}

#[test]
fn there_are_thousands_and_they_are_not_too_large() {
    let count: usize = files().iter().map(|file| file.text.lines().count()).sum();
    let size: usize = files().iter().map(|file| file.text.len()).sum();
    assert!(count >= 3_000, "{count}");
    assert!(size < 20_000_000, "{size}");
}

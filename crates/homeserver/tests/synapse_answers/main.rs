//! What we answer beside what Synapse was recorded to answer, and what the text demands.
//!
//! `answers.json` has 127 cases: what a homeserver of Synapse 1.163.2 answered to requests of a
//! server made for that, by room version. Each case is built here with model servers, in every room
//! version. Our answers are written nowhere: they come from asking. `docs/HANDSHAKES.md` is written
//! from all of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod case;
mod document;
mod house;
mod invites;
mod joins;
mod leave_body;
mod make_leave;
mod send_leave;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::LazyLock;

use exeunt_homeserver::{Settings, SignatureError};
use exeunt_version::RoomVersion;

use crate::case::Case;
use crate::document::Row;
use crate::house::{Answer, Scene};

const VERSIONS: std::ops::RangeInclusive<u8> = 1..=12;

/// All cases by section, as they were recorded.
fn sections() -> Vec<(&'static str, Vec<Case>)> {
    let mut send_leave = send_leave::cases();
    send_leave.extend(leave_body::cases());
    vec![
        ("Leaving: `make_leave`, and who asks", make_leave::cases()),
        ("Leaving: `send_leave`", send_leave),
        ("Joining", joins::cases()),
        ("Knocks and invites", invites::cases()),
    ]
}

fn recorded() -> Vec<(String, BTreeMap<u8, Answer>)> {
    let file: serde_json::Value = serde_json::from_str(include_str!("answers.json")).unwrap();
    let answer = |answer: &serde_json::Value| Answer {
        status: answer[0].as_u64().unwrap().try_into().unwrap(),
        errcode: answer.get(1).map(|errcode| errcode.as_str().unwrap().to_owned()),
    };
    let cases = file["cases"].as_array().unwrap().iter();
    let of_case = |case: &serde_json::Value| {
        let answers = case["answers"].as_object().unwrap().iter();
        let answers = answers.map(|(version, it)| (version.parse().unwrap(), answer(it)));
        (case["case"].as_str().unwrap().to_owned(), answers.collect())
    };
    cases.map(of_case).collect()
}

/// The situation that every case begins with, by room version.
fn scenes(settings: Settings) -> BTreeMap<u8, Scene> {
    VERSIONS.map(|version| (version, Scene::new(&version.to_string(), settings))).collect()
}

fn play(case: &Case, scenes: &BTreeMap<u8, Scene>) -> BTreeMap<u8, Answer> {
    let scenes = scenes.iter().filter(|(version, _)| case.is_in(**version));
    let answer = |(version, scene): (&u8, &Scene)| {
        let mut scene = scene.clone();
        let answer = catch_unwind(AssertUnwindSafe(|| (case.play)(&mut scene)));
        let name = case.name;
        let answer = answer.unwrap_or_else(|_| panic!("{name}: failed in room version {version}"));
        (*version, answer)
    };
    scenes.map(answer).collect()
}

/// Every case, played.
static ROWS: LazyLock<Vec<(&str, Vec<Row>)>> = LazyLock::new(|| {
    let scenes = scenes(Settings::default());
    let mut recorded: BTreeMap<_, _> = recorded().into_iter().collect();
    let mut row = |case: Case| {
        let recorded = recorded.remove(case.name).unwrap_or_default();
        Row { ours: play(&case, &scenes), case, recorded }
    };
    let sections = sections().into_iter();
    sections.map(|(title, cases)| (title, cases.into_iter().map(&mut row).collect())).collect()
});

fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().flat_map(|(_, rows)| rows)
}

/// Panics with all complaints, if there are any.
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_recorded_case_is_built() {
    let recorded: Vec<_> = recorded().into_iter().map(|(name, _)| name).collect();
    let built: Vec<_> = sections().into_iter().flat_map(|(_, cases)| cases).collect();
    assert_eq!(built.iter().map(|case| case.name).collect::<Vec<_>>(), recorded);
    assert_eq!(recorded.len(), 127);
    for row in rows() {
        let versions: BTreeSet<_> = row.recorded.keys().collect();
        assert!(versions.iter().all(|version| row.ours.contains_key(version)), "{}", row.case.name);
    }
}

/// Only what is about knocks is left out, and only where there are none.
#[test]
fn a_situation_that_a_room_version_cannot_have_is_one_with_a_knock() {
    for row in rows() {
        let left_out = row.case.not_in.map_or(&[][..], |(versions, _)| versions);
        let is_about_knocks = row.case.name.contains("knocking user");
        for (version, name) in VERSIONS.zip(RoomVersion::SPECIFIED) {
            let has_knocks = RoomVersion::specified(name).unwrap().capabilities.knocking;
            let is_left_out = left_out.contains(&version);
            assert_eq!(is_left_out, is_about_knocks && !has_knocks, "{}", row.case.name);
        }
    }
}

#[test]
fn we_answer_what_the_text_demands() {
    let mut complaints = Vec::new();
    for row in rows() {
        for (version, answer) in &row.ours {
            let demand = (row.case.text.demand)(*version);
            if !(demand.is_met_by(answer) && demand.is_fitted_by(answer)) {
                let name = row.case.name;
                complaints.push(format!("{name} (version {version}): {answer}, not {demand}"));
            }
        }
    }
    none(&complaints);
}

#[test]
fn every_difference_has_a_reason_and_no_agreement_has_one() {
    let mut complaints = Vec::new();
    for row in rows() {
        let differing = row.differing();
        if differing.is_empty() == row.case.differs.is_some() {
            let (name, why) = (row.case.name, row.case.differs);
            let answers = format!("{:?} and {:?}", row.recorded, row.ours);
            complaints.push(format!("{name}: differs in {differing:?}, reason {why:?}: {answers}"));
        }
    }
    none(&complaints);
}

/// The recorded version below is the nearest; if there is none, the first.
#[test]
fn room_versions_without_a_recording_answer_as_the_nearest_with_one() {
    let mut complaints = Vec::new();
    for row in rows() {
        let is_recorded = |version: &&u8| row.recorded.contains_key(version);
        let apart = row.case.apart.map_or(&[][..], |(versions, _)| versions);
        for version in row.ours.keys().filter(|version| !is_recorded(version)) {
            let below = row.recorded.range(..version).next_back();
            let (nearest, _) = below.or(row.recorded.first_key_value()).unwrap();
            let is_same = row.ours[version] == row.ours[nearest];
            if is_same == apart.contains(version) {
                let name = row.case.name;
                let (ours, there) = (&row.ours[version], &row.ours[nearest]);
                complaints.push(format!(
                    "{name}: {ours} in version {version}, {there} in version {nearest}"
                ));
            }
        }
    }
    none(&complaints);
}

/// The two endpoints that v1.18 removed are the only difference that the release makes.
#[test]
fn following_v1_17_the_old_endpoints_are_served_as_synapse_does() {
    let specification = "v1.17".parse().unwrap();
    let scenes = scenes(Settings { specification, ..Settings::default() });
    for row in rows() {
        let ours = play(&row.case, &scenes);
        if matches!(row.case.name, "send_leave v1: ok" | "send_join v1: ok") {
            assert!(ours.values().all(|answer| answer.status == 200), "{}", row.case.name);
        } else {
            assert_eq!(ours, row.ours, "{}", row.case.name);
        }
    }
}

/// A server may have another code for events that fail the signature check, and for nothing else.
#[test]
fn the_setting_for_signatures_changes_their_code_alone() {
    let signature_error = SignatureError::InvalidSignature;
    let scenes = scenes(Settings { signature_error, ..Settings::default() });
    let mut changed = Vec::new();
    for row in rows() {
        let ours = play(&row.case, &scenes);
        if ours != row.ours {
            let is_new =
                |answer: &Answer| answer.status == 400 && answer.has_code("M_INVALID_SIGNATURE");
            assert!(ours.values().all(is_new), "{}", row.case.name);
            changed.push(row.case.name);
        }
    }
    let signatures = [
        "send_leave v2: no event signatures",
        "send_leave v2: bad event signature",
        "send_leave v2: event signed with unknown key id",
        "send_join v2: no signatures",
        "invite v2: no signatures",
    ];
    assert_eq!(changed, signatures);
}

#[test]
fn the_document_is_what_was_answered() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/HANDSHAKES.md");
    let sections: Vec<_> =
        ROWS.iter().map(|(title, rows)| (*title, rows.iter().collect())).collect();
    let document = document::write(&sections);
    if std::env::var_os("EXEUNT_WRITE").is_some() {
        std::fs::write(path, document).unwrap();
        return;
    }
    assert!(
        std::fs::read_to_string(path).ok() == Some(document),
        "docs/HANDSHAKES.md is out of date: \
         EXEUNT_WRITE=1 cargo test -p exeunt-homeserver --test synapse_answers"
    );
}

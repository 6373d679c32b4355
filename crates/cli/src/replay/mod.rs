//! `exeunt replay`: plays a counterexample again.

mod file;
mod steps;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use exeunt_generate::{NetworkScript, play_network, transpose};
use exeunt_laws::{History, Law, Tally, ask, ask_network};
use exeunt_room::Input;
use exeunt_version::RoomVersion;

use self::file::{About, Recorded};
use crate::check::told_network::Detail;
use crate::check::{cases, told, told_network};
use crate::version_argument::room_version;
use crate::{Failure, Outcome};

/// Play a counterexample again that `exeunt check --out DIR` wrote.
///
/// What came to each server goes through the checks on receipt once more, the law is asked again,
/// and all of it is told: what was sent, what each server made of it and by which rule, and whether
/// the law broke. If it is a network of homeservers, they do everything once more: what users did,
/// what servers asked and answered, and what was lost or falsified is told.
/// Of a case it is told whether the history has it.
///
/// Exit status: 0 if the law is kept, 1 if it is broken or the history has the case, 2 for wrong
/// usage or a file that cannot be read.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file: what it is about in the first line, and an input of a server in each other.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One step at a time, with the room's state after it; on a terminal, Enter goes on.
    #[arg(long)]
    step: bool,
    /// Play it in another room version: 1 to 12, or the path of a TOML file that defines one. Every
    /// event is made again in the form of that version.
    #[arg(long, value_name = "V")]
    room_version: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let mut recorded = file::read(&arguments.file)?;
    let here = arguments.file.display();
    let unknown = |error: &String| Failure::Usage(format!("{here}, line 1: {error}"));
    let from = recorded.version.as_ref().map_err(unknown)?.clone();
    let mut version = from.clone();
    if let Some(argument) = &arguments.room_version {
        version = room_version(argument)?.with_readings(recorded.readings);
        if version != from {
            transpose_all(&mut recorded, &from, &version);
        }
    }
    writeln!(out, "{}, room version {version}", recorded.about)?;
    if version != from {
        writeln!(out, "  made again of a history of room version {from}")?;
    }
    writeln!(out, "  {}", recorded.about.sentence())?;
    let law = match recorded.about {
        About::Law(law) => law,
        About::Case(case) => {
            let history = play(&recorded, &version);
            tell_history(&history, arguments.step, out)?;
            let Some(witness) = (case.found)(&history) else {
                writeln!(out, "  The history does not have the case.")?;
                return Ok(Outcome::Clean);
            };
            cases::write_witness(&history, &witness, out)?;
            return Ok(Outcome::Findings);
        }
    };
    let tally = match &recorded.network {
        Some(script) => tell_network(law, &version, script, arguments.step, out)?,
        None => tell_room(law, &play(&recorded, &version), arguments.step, out)?,
    };
    match &tally {
        Tally { broken: Some(_), .. } => Ok(Outcome::Findings),
        Tally { met: 0, .. } => {
            writeln!(out, "  Kept: its premise is not met.")?;
            Ok(Outcome::Clean)
        }
        Tally { met, .. } => {
            let times = if *met == 1 { "once".to_owned() } else { format!("{met} times") };
            writeln!(out, "  Kept: its premise is met {times}.")?;
            Ok(Outcome::Clean)
        }
    }
}

/// Tells what happened to a room.
fn tell_history(history: &History, by_step: bool, out: &mut impl Write) -> Result<(), Failure> {
    if by_step {
        steps::write(history, out)?;
    } else {
        told::write_history(history, out)?;
    }
    Ok(())
}

/// Tells what happened to a room, and where the law broke.
fn tell_room(
    law: &Law,
    history: &History,
    by_step: bool,
    out: &mut impl Write,
) -> Result<Tally, Failure> {
    tell_history(history, by_step, out)?;
    let tally = ask([law], history).into_iter().next().unwrap_or_default();
    if let Some(witness) = &tally.broken {
        told::write_witness(history, witness, out)?;
    }
    Ok(tally)
}

/// Tells what happened to homeservers, and where the law broke.
fn tell_network(
    law: &Law,
    version: &RoomVersion,
    script: &NetworkScript,
    by_step: bool,
    out: &mut impl Write,
) -> Result<Tally, Failure> {
    let history = play_network(version, script);
    let detail = if by_step { Detail::Views } else { Detail::Steps };
    told_network::write_history(&history, detail, out)?;
    let tally = ask_network([law], &history).into_iter().next().unwrap_or_default();
    if let Some(witness) = &tally.broken {
        told_network::write_witness(witness, out)?;
    }
    Ok(tally)
}

fn transpose_all(recorded: &mut Recorded, from: &RoomVersion, to: &RoomVersion) {
    let inputs: Vec<Input> = recorded.arrivals.iter().map(|it| it.input.clone()).collect();
    for (arrival, input) in recorded.arrivals.iter_mut().zip(transpose(&inputs, from, to)) {
        arrival.input = input;
    }
}

/// Folds what came to each server.
fn play(recorded: &Recorded, version: &RoomVersion) -> History {
    let arrivals = recorded.arrivals.iter();
    let inputs = arrivals.map(|it| (it.server, it.is_anew, it.input.clone()));
    History::fold(version, &recorded.servers, inputs)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use exeunt_generate::{Campaign, Counterexample, Mood, NetworkCounterexample, Size};
    use exeunt_version::Readings;

    use super::*;
    use crate::check::counterexample::{Example, Found};
    use crate::check::described::Described;

    #[test]
    fn a_file_has_all_that_happened() {
        let versions: Vec<RoomVersion> = RoomVersion::all().collect();
        let law = exeunt_laws::law("S1").unwrap();
        let (moods, laws, size) = (vec![Mood::Hostile], vec![law], Size::default());
        let campaign = Campaign { versions, moods, laws, seed: 1, size };
        let (definitions, readings) = (BTreeMap::new(), Readings::default());
        let described = Described { campaign, definitions, readings };
        let folder = tempfile::tempdir().unwrap();
        let mut begun_anew = 0;
        for number in 0..72 {
            let (version, script) = described.campaign.script(number).unwrap();
            let history = exeunt_generate::play(version, &script);
            let tally = Tally::default();
            let found = Counterexample { law, number, script, history, tally };
            let found = Found::Room(found.into());
            let example = Example { version: version.clone(), found, expected: true };
            let path = folder.path().join(example.file_name(&described));
            fs::write(&path, example.to_lines(&described)).unwrap();
            let recorded = file::read(&path).unwrap();
            begun_anew += recorded.arrivals.iter().skip(8).filter(|it| it.is_anew).count();
            let replayed = play(&recorded, version);
            let Found::Room(found) = &example.found else { panic!("it is of a room") };
            let history = &found.history;
            assert_eq!(replayed.steps.len(), history.steps.len());
            for (one, other) in replayed.steps.iter().zip(&history.steps) {
                assert_eq!((one.server, &one.input), (other.server, &other.input));
                assert_eq!((&one.event, &one.receipt), (&other.event, &other.receipt));
            }
            for (one, other) in replayed.servers.iter().zip(&history.servers) {
                assert_eq!(one.room.fingerprint(), other.room.fingerprint());
                assert_eq!((&one.name, one.is_whole), (&other.name, other.is_whole));
            }
            assert_eq!(ask([law], &replayed), ask([law], history));
        }
        assert!(begun_anew > 0, "no server joined by another's word");
    }

    #[test]
    fn a_file_has_a_network_too() {
        let versions: Vec<RoomVersion> = RoomVersion::all().collect();
        let law = exeunt_laws::law("F6").unwrap();
        let (moods, laws, size) = (vec![Mood::Hostile], vec![law], Size::default());
        let campaign = Campaign { versions, moods, laws, seed: 1, size };
        let (definitions, readings) = (BTreeMap::new(), Readings::default());
        let described = Described { campaign, definitions, readings };
        let folder = tempfile::tempdir().unwrap();
        for number in 0..12 {
            let (version, script) = described.campaign.network_script(number).unwrap();
            let history = play_network(version, &script);
            let tally = Tally::default();
            let found = NetworkCounterexample { law, number, script, history, tally };
            let found = Found::Network(found.into());
            let example = Example { version: version.clone(), found, expected: true };
            let path = folder.path().join(example.file_name(&described));
            fs::write(&path, example.to_lines(&described)).unwrap();
            let recorded = file::read(&path).unwrap();
            let Found::Network(found) = &example.found else { panic!("it is of a network") };
            assert_eq!(recorded.network.as_ref(), Some(&found.script));
            let mut out = Vec::new();
            let tally = tell_network(law, version, &found.script, true, &mut out).unwrap();
            assert_eq!(tally, ask_network([law], &found.history).remove(0));
            let told = String::from_utf8(out).unwrap();
            assert!(told.contains("   1. @a:hs1 creates a room of version "), "{told}");
            assert!(told.contains("@a:hs1 sees !"), "{told}");
        }
    }
}

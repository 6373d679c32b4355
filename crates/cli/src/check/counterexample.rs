//! Counterexamples: found, made small, and written.

use std::fs;
use std::path::Path;

use exeunt_event::json::{Object, Value};
use exeunt_event::{EventId, base64};
use exeunt_generate::{
    Campaign, Counterexample, LawReport, NetworkCounterexample, Report, Smallest,
};
use exeunt_laws::{Expected, History, Law, Tally, Witness};
use exeunt_version::{LenientNumbers, RoomVersion};
use rayon::prelude::*;

use super::described::Described;
use super::verdict::{Verdict, number, verdicts};
use crate::Failure;
use crate::whole;

/// How many histories are tried to make one small that breaks a law as expected, and one that
/// should not be there.
const EFFORT: [usize; 2] = [1_500, 6_000];

/// A counterexample of a room version.
pub(crate) struct Example {
    pub(crate) version: RoomVersion,
    pub(crate) found: Found,
    pub(crate) expected: bool,
}

/// What was found.
pub(crate) enum Found {
    /// What happened to a room.
    Room(Box<Counterexample>),
    /// What happened to homeservers.
    Network(Box<NetworkCounterexample>),
}

impl Found {
    fn events(&self) -> usize {
        match self {
            Self::Room(found) => found.events(),
            Self::Network(found) => found.history.events().len(),
        }
    }
}

impl Example {
    pub(crate) fn is_of(&self, law: &Law, version: &RoomVersion) -> bool {
        self.law().id == law.id && self.version.id() == version.id()
    }

    pub(crate) fn law(&self) -> &'static Law {
        match &self.found {
            Found::Room(found) => found.law,
            Found::Network(found) => found.law,
        }
    }

    fn tally(&self) -> &Tally {
        match &self.found {
            Found::Room(found) => &found.tally,
            Found::Network(found) => &found.tally,
        }
    }

    /// How many events its history has.
    pub(crate) fn events(&self) -> usize {
        self.found.events()
    }

    /// How many events the history has that the law describes, if this one has more.
    pub(crate) fn beyond(&self) -> Option<usize> {
        described(self.law(), &self.version).filter(|described| self.events() > *described)
    }

    pub(crate) fn witness(&self) -> Option<&Witness> {
        self.tally().broken.as_ref()
    }

    /// Its file: what it is about in the first line, and an input of a server in each other, or a
    /// step of the script if it is a network.
    pub(crate) fn to_lines(&self, described: &Described) -> String {
        let mut head = self.to_object();
        head.insert("sentence", self.law().sentence);
        described.begin(&mut head, &self.version);
        match &self.found {
            Found::Room(found) => room_lines(found.number, &found.history, head),
            Found::Network(found) => network_lines(found, head),
        }
    }

    /// The name of its file: what is in it, as its fingerprint.
    pub(crate) fn file_name(&self, described: &Described) -> String {
        let hash = blake3::hash(self.to_lines(described).as_bytes());
        format!("{}.jsonl", hash.to_hex())
    }

    pub(crate) fn to_object(&self) -> Object<'static> {
        let mut object = about(&self.version, self.events(), self.witness());
        object.insert("law", self.law().id);
        object.insert("name", self.law().name);
        object.insert("expected", self.expected);
        if let Some(described) = described(self.law(), &self.version) {
            object.insert("described", number(u64::try_from(described).unwrap_or(u64::MAX)));
        }
        object
    }
}

/// What is said of a history with so many events, whatever it was kept for.
pub(super) fn about(
    version: &RoomVersion,
    events: usize,
    witness: Option<&Witness>,
) -> Object<'static> {
    let mut object = Object::new();
    object.insert("room_version", version.id().to_owned());
    object.insert("events", number(u64::try_from(events).unwrap_or(u64::MAX)));
    if let Some(witness) = witness {
        let ids = witness.events.iter().map(EventId::to_string).map(Value::from);
        object.insert("witness", witness.sentence.clone());
        object.insert("witness_events", Value::Array(ids.collect()));
    }
    object
}

/// The file of what happened to a room in the history of that number: the head, and what came to
/// each server, an input a line.
pub(super) fn room_lines(history_number: u64, history: &History, mut head: Object<'_>) -> String {
    let servers = &history.servers;
    let names = servers.iter().map(|server| Value::from(server.name.to_string()));
    head.insert("number", number(history_number));
    head.insert("servers", Value::Array(names.collect()));
    // No event is signed, and no signature was checked.
    head.insert("keys", Object::new());
    let mut lines = head.to_canonical(LenientNumbers::Value);
    lines.push('\n');
    let mut begun = vec![None; servers.len()];
    for step in &history.steps {
        let Some(server) = servers.get(step.server) else { continue };
        let name = Value::from(server.name.to_string());
        let name = name.to_canonical(LenientNumbers::Value);
        // A server that joins by another's word begins with an empty room.
        let is_anew = begun[step.server].replace(step.life) != Some(step.life);
        let anew = if is_anew { "\"anew\":true," } else { "" };
        let input = step.input.to_line();
        lines.extend(["{", anew, "\"input\":", &input, ",\"server\":", &name, "}\n"]);
    }
    lines
}

fn network_lines(found: &NetworkCounterexample, mut head: Object<'_>) -> String {
    let servers = || found.history.network().servers();
    let names = servers().map(|server| Value::from(server.name().to_string()));
    head.insert("number", number(found.number));
    head.insert("servers", Value::Array(names.collect()));
    let keys = servers().map(|server| {
        let (key_id, key) = server.public_key();
        let keys = Object::from_iter([(key_id.to_owned(), base64::encode(key))]);
        (server.name().to_string(), keys)
    });
    head.insert("keys", keys.collect::<Object<'_>>());
    head.insert("network", found.script.setup.to_object());
    let mut lines = head.to_canonical(LenientNumbers::Value);
    lines.push('\n');
    for step in &found.script.steps {
        lines.push_str(&step.to_value().to_canonical(LenientNumbers::Value));
        lines.push('\n');
    }
    lines
}

/// The smallest counterexample to each law in each room version, made smaller, on so many threads.
pub(crate) fn find(campaign: &Campaign, report: &Report, jobs: usize) -> Vec<Example> {
    match rayon::ThreadPoolBuilder::new().num_threads(jobs).build() {
        Ok(pool) => pool.install(|| find_all(campaign, report)),
        // Then on those that there are.
        Err(_) => find_all(campaign, report),
    }
}

fn find_all(campaign: &Campaign, report: &Report) -> Vec<Example> {
    let broken: Vec<_> =
        verdicts(campaign, report).filter(|(_, _, found, _)| !found.smallest.is_empty()).collect();
    let example = |(version, law, found, verdict): &(&_, &'static Law, &_, Verdict)| {
        let expected = *verdict != Verdict::Broken;
        let found = smallest(campaign, version, law, found, EFFORT[usize::from(!expected)])?;
        Some(Example { version: (*version).clone(), found, expected })
    };
    let bar = super::run::bar(u64::try_from(broken.len()).unwrap_or(u64::MAX));
    bar.set_message("making counterexamples small");
    let found = broken.par_iter().filter_map(|it| {
        let found = example(it);
        bar.inc(1);
        found
    });
    let found = found.collect();
    bar.finish_and_clear();
    found
}

/// The smallest that any of the histories kept can be made, or the first that is no larger than the
/// law says that one can be. If none of them is that small, short histories are tried.
fn smallest(
    campaign: &Campaign,
    version: &RoomVersion,
    law: &'static Law,
    found: &LawReport,
    effort: usize,
) -> Option<Found> {
    let described = described(law, version);
    let is_small = |best: &Option<Found>| {
        best.as_ref().zip(described).is_some_and(|(best, described)| best.events() <= described)
    };
    // What takes long to make small is not tried again.
    let most = if described.is_some() { LawReport::KEPT } else { 1 };
    let mut best: Option<Found> = None;
    for Smallest { number, .. } in found.smallest.iter().take(most) {
        let small = if law.is_about_networks() {
            let small = campaign.network_counterexample(law, *number, effort);
            small.map(|small| Found::Network(small.into()))
        } else {
            let small = campaign.counterexample(law, *number, effort);
            small.map(|small| Found::Room(small.into()))
        };
        best = best.into_iter().chain(small).min_by_key(Found::events);
        if is_small(&best) {
            return best;
        }
    }
    let place = campaign.versions.iter().position(|it| it.id() == version.id());
    if let (Some(described), Some(place), false) = (described, place, law.is_about_networks()) {
        let small = campaign.short_counterexample(law, place, described, effort);
        let small = small.map(|small| Found::Room(small.into()));
        best = best.into_iter().chain(small).min_by_key(Found::events);
    }
    best
}

/// How many events the history has that the law names as one that breaks it, if it should break.
pub(super) fn described(law: &Law, version: &RoomVersion) -> Option<usize> {
    match (law.expected)(version) {
        Expected::Fails { events, .. } => Some(events),
        Expected::Holds | Expected::Silent(_) => None,
    }
}

/// Writes each as a file named by its fingerprint. One that cannot be written keeps no other from
/// being.
pub(crate) fn write(
    described: &Described,
    examples: &[Example],
    folder: &Path,
) -> Result<(), Failure> {
    let folder = folder.join("counterexamples");
    if !examples.is_empty() {
        fs::create_dir_all(&folder).map_err(|error| Failure::unwritable(&folder, &error))?;
    }
    let mut problem = None;
    for example in examples {
        let path = folder.join(example.file_name(described));
        if let Err(error) = whole::write(&path, example.to_lines(described)) {
            problem.get_or_insert_with(|| Failure::unwritable(&path, &error));
        }
    }
    problem.map_or(Ok(()), Err)
}

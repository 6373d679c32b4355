//! Random histories, and those that show named cases: what they have servers decide.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use exeunt_auth::{AuthEvent, ServerSignatures, check_by_auth_events, check_state};
use exeunt_event::json::{self, Object, Value};
use exeunt_event::{Event, EventId, ServerName};
use exeunt_forks::{Mood as ForkMood, forks};
use exeunt_generate::{Campaign, Mood, Size, play, transpose};
use exeunt_laws::History;
use exeunt_laws::cases;
use exeunt_regressions::proptest::strategy::{Strategy as _, ValueTree as _};
use exeunt_regressions::proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use exeunt_room::{Input, Room};
use exeunt_version::RoomVersion;

use crate::collection::{Collection, Question};
use crate::merges::{self, Draft};
use crate::replays::{self, Story};
use crate::rules::authorise;

/// How many random histories of a room version are looked at.
const HISTORIES: u64 = 400;

/// How many random forks of a room version, which are seldom what rooms come to.
const FORKS: usize = 1_500;

/// How many vectors there are of a rule's side that need no further one by auth events.
const ENOUGH: usize = 4;

/// How many questions are kept about each thing that can be seen.
const EACH: usize = 1;

/// What random histories show, in every room version.
pub(crate) fn campaign(into: &mut Collection) {
    for version in RoomVersion::all() {
        let campaign = Campaign {
            versions: vec![version.clone()],
            moods: Mood::ALL.to_vec(),
            laws: Vec::new(),
            seed: 6,
            size: Size { steps: (1, 24), servers: (2, 3) },
        };
        let mut found = Found::default();
        for number in 0..HISTORIES {
            let (_, script) = campaign.script(number).unwrap();
            found.look_at(into, &play(&version, &script));
        }
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[6; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let strategy = forks(&version, ForkMood::Hostile);
        for _ in 0..FORKS {
            let draft = Draft::of_fork(strategy.new_tree(&mut runner).unwrap().current());
            let size = draft.size();
            for branch in draft.ambiguities() {
                found.merges.offer(&branch, size, &draft);
            }
        }
        found.collect(into);
    }
}

/// The histories that show named cases, in every room version.
pub(crate) fn named(into: &mut Collection) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generate/tests/cases");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let mut lines = text.lines().map(object);
        let head = lines.next().unwrap();
        let string = |name: &str| head.get(name).and_then(Value::as_str).unwrap();
        let case = cases::case(string("case")).unwrap();
        let own = RoomVersion::specified(string("room_version")).unwrap();
        let names = head.get("servers").and_then(Value::as_array).unwrap();
        let names = names.iter().map(|name| ServerName::from_received(name.as_str().unwrap()));
        let servers: Vec<ServerName> = names.collect();
        let (mut places, mut inputs) = (Vec::new(), Vec::new());
        for line in lines {
            let name = line.get("server").and_then(Value::as_str).unwrap();
            let place = servers.iter().position(|server| server.as_str() == name).unwrap();
            places.push((place, line.contains_key("anew")));
            let input = line.get("input").and_then(Value::as_object).unwrap();
            inputs.push(Input::from_line(input.as_received().as_bytes()).unwrap());
        }
        for version in RoomVersion::all() {
            let inputs = transpose(&inputs, &own, &version);
            let inputs = places.iter().zip(inputs);
            let inputs = inputs.map(|((place, is_anew), input)| (*place, *is_anew, input));
            let history = History::fold(&version, &servers, inputs);
            let comment = if (case.found)(&history).is_some() {
                case.sentence.to_owned()
            } else {
                format!("The history of the case {}, which this version does not have.", case.name)
            };
            let question = |request: Object<'static>| {
                let question = Question::new("case", case.name, comment.clone(), request);
                question.filed("cases").linked(case.source)
            };
            if let Some(story) = Story::of(&history).into_iter().next() {
                into.add(question(story.request()));
            }
            for merge in history.resolved() {
                if let Some(draft) = Draft::of(&merge) {
                    into.add(question(draft.request()));
                }
            }
        }
    }
}

fn object(line: &str) -> Object<'_> {
    match json::parse_any(line.as_bytes()).unwrap().value {
        Value::Object(object) => object,
        other => panic!("{other:?}"),
    }
}

/// For each thing that can be seen, the smallest that show it.
struct Smallest<T>(BTreeMap<String, Vec<(usize, T)>>);

impl<T> Default for Smallest<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone> Smallest<T> {
    /// How many are kept: more of what decides between events.
    fn most(what: &str) -> usize {
        if what.contains("decides") { 3 * EACH } else { EACH }
    }

    /// Whether something of that size would be among the smallest that show it.
    fn wants(&self, what: &str, size: usize) -> bool {
        let known = self.0.get(what);
        known.is_none_or(|known| {
            known.len() < Self::most(what) || known.iter().any(|(other, _)| size < *other)
        })
    }

    fn offer(&mut self, what: &str, size: usize, it: &T) {
        if self.wants(what, size) {
            let known = self.0.entry(what.to_owned()).or_default();
            known.push((size, it.clone()));
            known.sort_by_key(|(size, _)| *size);
            known.truncate(Self::most(what));
        }
    }
}

/// A question to `authorise` with the rule and the side that it shows.
#[derive(Clone)]
struct Judged {
    event: Event,
    pool: Vec<Event>,
    rejected: Vec<EventId>,
    state: Option<Vec<EventId>>,
}

impl Judged {
    fn request(&self, version: &RoomVersion) -> Object<'static> {
        let rejected: Vec<_> = self.rejected.iter().collect();
        authorise(version, &self.event, &self.pool, &rejected, self.state.as_deref())
    }
}

#[derive(Default)]
struct Found {
    version: Option<RoomVersion>,
    judged: Smallest<Judged>,
    contents: BTreeSet<(String, String)>,
    merges: Smallest<Draft>,
    stories: Smallest<Story>,
}

impl Found {
    fn look_at(&mut self, into: &Collection, history: &History) {
        self.version = Some(history.version.clone());
        for arrival in history.arrivals() {
            self.judge(arrival.room, arrival.event);
        }
        for draft in merges::drafts(history) {
            let size = draft.size();
            for branch in draft.branches() {
                self.merges.offer(&branch, size, &draft);
            }
        }
        for story in Story::of(history) {
            let size = story.size();
            for what in story.shows(into) {
                self.stories.offer(&what, size, &story);
            }
        }
    }

    /// What the rules say of an event, by its auth events and by the state before it.
    fn judge(&mut self, room: &Room, event: &Event) {
        let version = room.version();
        if event.irregularities().state_key {
            return;
        }
        let Some(mut pool) = cited(room, event) else { return };
        let rejected: Vec<_> = pool
            .iter()
            .map(|cited| cited.event_id().clone())
            .filter(|id| merges::is_rejected(room, id))
            .collect();
        let signatures = ServerSignatures::Satisfied;
        let known: BTreeMap<&EventId, &Event> =
            pool.iter().map(|event| (event.event_id(), event)).collect();
        let find = |id: &EventId| {
            let event = known.get(id)?;
            Some(AuthEvent { event, rejected: rejected.contains(id) })
        };
        if let Ok(verdict) = check_by_auth_events(version, event, find, signatures) {
            let what = format!("{} {}", verdict.rule(), verdict.is_allowed());
            let judged = Judged {
                event: event.clone(),
                pool: pool.clone(),
                rejected: rejected.clone(),
                state: None,
            };
            self.offer(&what, &judged);
        }
        let Some(before) = room.state_before(event.event_id()) else { return };
        let verdict = check_state(version, event, room.view(before), signatures);
        let what = format!("{} {} by state", verdict.rule(), verdict.is_allowed());
        let ids: Vec<EventId> = room.event_ids(before).into_iter().cloned().collect();
        let cited: BTreeSet<EventId> = known.into_keys().cloned().collect();
        let state = ids.iter().filter(|id| !cited.contains(*id));
        pool.extend(state.filter_map(|id| room.event(id)));
        self.offer(
            &what,
            &Judged { event: event.clone(), pool, rejected: vec![], state: Some(ids) },
        );
    }

    fn offer(&mut self, what: &str, judged: &Judged) {
        let size: usize = judged.pool.iter().map(|event| event.text().len()).sum();
        if self.judged.wants(what, size) {
            // The same event at another server is no other question.
            let event = judged.event.event_id().to_string();
            if self.contents.insert((what.to_owned(), event)) {
                self.judged.offer(what, size, judged);
            }
        }
    }

    fn collect(self, into: &mut Collection) {
        let Some(version) = self.version else { return };
        for (_, judged) in self.judged.0.into_values().flatten() {
            let is_enough = || into.alike(&judged.request(&version)) >= ENOUGH;
            if judged.state.is_none() && is_enough() {
                continue;
            }
            let judged = fewer_entries(into, judged, &version);
            let by = if judged.state.is_some() { "a state" } else { "its auth events" };
            let kind = judged.event.event_type();
            let comment = format!("Of a random history: an {kind} event by {by}.");
            let name = format!("{kind} by {}", by.split(' ').next_back().unwrap_or_default());
            into.add(Question::new("random", name, comment, judged.request(&version)));
        }
        for (branch, drafts) in self.merges.0 {
            let (family, what) = branch.split_once(": ").unwrap();
            for (_, draft) in drafts {
                let comment = format!("Of a random history. In the resolution, {family}: {what}.");
                let request = draft.made_small(&branch).request();
                into.add(Question::new("random", what, comment, request).filed(family));
            }
        }
        for (what, stories) in self.stories.0 {
            let (family, name) = replays::filed(&what);
            if let Some((_, story)) = stories.into_iter().next() {
                let request = story.made_small(into, &what).request();
                let comment = format!("Of a random history. An event {what}.");
                into.add(Question::new("random", name, comment, request).filed(family));
            }
        }
    }
}

/// The auth events of an event, and the create event that its room ID stands for; if they are known.
pub(crate) fn cited(room: &Room, event: &Event) -> Option<Vec<Event>> {
    let mut cited: Vec<Event> = Vec::new();
    let create = event.has_room_id() && event.room_id().is_hash();
    let create = create.then(|| event.room_id().create_event());
    for id in event.auth_events().iter().chain(&create) {
        let event = room.event(id)?;
        if cited.iter().all(|other| other.event_id() != event.event_id()) {
            cited.push(event);
        }
    }
    Some(cited)
}

/// The same with as few entries of the state as decide alike.
fn fewer_entries(into: &Collection, judged: Judged, version: &RoomVersion) -> Judged {
    let Some(state) = judged.state.clone() else { return judged };
    let wanted = into.answer(&judged.request(version)).get("ok").cloned();
    let mut best = judged;
    for id in state {
        let mut fewer = best.clone();
        fewer.state.iter_mut().for_each(|state| state.retain(|other| *other != id));
        if into.answer(&fewer.request(version)).get("ok").cloned() == wanted {
            best = fewer;
        }
    }
    best
}

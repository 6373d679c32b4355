//! The rooms recorded from real homeservers.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::json::{self, Object, Value};
use exeunt_event::{Event, EventId};
use exeunt_laws::Merge;
use exeunt_recordings::Room;
use exeunt_room::{Context, Input};
use exeunt_version::{RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

use crate::collection::{Collection, Question};
use crate::merges::Draft;
use crate::pdus::{from_json, question};
use crate::rules::{authorise, bare};

/// How many events there are of a type in a room, or of a verdict in the rooms of a version.
const EACH: usize = 1;

/// How many of a room's first events are replayed.
const FIRST: usize = 24;

pub(crate) fn collect(into: &mut Collection) {
    // The servers of a forked room have the same events, and one of them is enough.
    let rooms = exeunt_recordings::rooms().into_iter().filter(|room| !room.name.contains("-hs"));
    let (mut types, mut verdicts) = (BTreeSet::new(), BTreeMap::new());
    for room in rooms {
        let version = RoomVersion::specified(&room.version).unwrap();
        let recorded = Recorded::new(&room, version);
        recorded.events(into, &mut types);
        recorded.authorise(into, &mut verdicts);
        recorded.replay(into);
        recorded.evil(into);
    }
}

/// What state resolution made of the forks of recorded rooms: of everything that decides there the
/// smallest states, without the entries that do not matter.
pub(crate) fn merges(into: &mut Collection) {
    let rooms = exeunt_recordings::rooms().into_iter();
    for recording in rooms.filter(|room| room.name.ends_with("-forked")) {
        let version = RoomVersion::specified(&recording.version).unwrap();
        let inputs = recording.lines().into_iter().map(|line| Input::Pdu(line.into()));
        let room =
            exeunt_room::Room::fold(version, &inputs.collect::<Vec<_>>(), Context::default());
        let mut smallest: BTreeMap<String, (usize, Draft)> = BTreeMap::new();
        for number in room.dag().events() {
            let before = room.dag().prev().parents(number);
            let merge = Merge::new(&room, before.iter().copied());
            let Some(draft) = Draft::of(&merge).filter(|_| merge.states.len() > 1) else {
                continue;
            };
            let size = draft.size();
            for branch in draft.branches() {
                let matters = ["readings: ", "result: ", "decides"];
                let matters = matters.iter().any(|what| branch.contains(what));
                if matters && smallest.get(&branch).is_none_or(|(other, _)| size < *other) {
                    smallest.insert(branch, (size, draft.clone()));
                }
            }
        }
        for (branch, (_, draft)) in smallest {
            let draft = draft.made_small(&branch);
            let (family, what) = branch.split_once(": ").unwrap();
            let name = &recording.name;
            let comment =
                format!("From a recorded room ({name}). In the resolution, {family}: {what}.");
            into.add(Question::new("recorded", what, comment, draft.request()).filed("recorded"));
        }
    }
}

/// The keys of servers as questions have them.
fn keys(room: &Room) -> Json {
    let answers = room.keys();
    let mut keys = json!({});
    for (server, answer) in answers.as_object().unwrap() {
        for (id, key) in answer["verify_keys"].as_object().unwrap() {
            keys[server][id] =
                json!({ "key": key["key"], "valid_until_ts": answer["valid_until_ts"] });
        }
    }
    keys
}

struct Recorded<'r> {
    room: &'r Room,
    version: RoomVersion,
    events: Vec<Event>,
    keys: Json,
}

impl<'r> Recorded<'r> {
    fn new(room: &'r Room, version: RoomVersion) -> Self {
        let lines = room.lines();
        let events = lines.iter().map(|line| Event::parse(line, &version).unwrap()).collect();
        Self { room, version, events, keys: keys(room) }
    }

    fn about(&self, what: &str) -> String {
        format!("From a recorded room ({}): {what}.", self.room.name)
    }

    /// The keys of the servers that signed an event.
    fn keys_of(&self, event: &Object<'_>) -> Value<'static> {
        let signers = event.get("signatures").and_then(Value::as_object);
        let mut keys = self.keys.clone();
        keys.as_object_mut()
            .unwrap()
            .retain(|server, _| signers.is_some_and(|signers| signers.contains_key(server)));
        from_json(&keys)
    }

    /// What events are called, what redaction keeps of them, and who signed them.
    fn events(&self, into: &mut Collection, types: &mut BTreeSet<(String, String)>) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for event in &self.events {
            let kind = event.event_type().to_string();
            let count = counts.entry(kind.clone()).or_default();
            *count += 1;
            if *count > EACH {
                continue;
            }
            let object = event.object().into_owned();
            let comment = self.about(&format!("an {kind} event"));
            let mut without = object.clone();
            without.remove("unsigned");
            let keys = self.keys_of(&object);
            let fields = [("event", Value::from(without)), ("keys", keys)];
            let asked = question("check_signatures", &self.version, fields);
            let asked = Question::new("recorded", &kind, &comment, asked);
            into.add(asked.filed("recorded"));
            // Of these nothing depends on the room: one of a version will do.
            if !types.insert((self.version.id().to_owned(), kind.clone())) {
                continue;
            }
            for op in ["event_id", "redact"] {
                let asked = question(op, &self.version, [("event", Value::from(bare(event)))]);
                into.add(Question::new("recorded", &kind, &comment, asked).filed("recorded"));
            }
        }
    }

    /// Events by their auth events, a few of each rule that decides.
    fn authorise(&self, into: &mut Collection, counts: &mut BTreeMap<String, usize>) {
        let known: BTreeMap<&EventId, &Event> =
            self.events.iter().map(|event| (event.event_id(), event)).collect();
        let expected = self.room.expected();
        let rejected: BTreeSet<&str> =
            expected.iter().filter(|it| it.rejected).map(|it| &*it.event_id).collect();
        for event in &self.events {
            let implies_create =
                self.version.capabilities.room_ids == RoomIds::CreateEvent && event.has_room_id();
            let create = implies_create.then(|| event.room_id().create_event());
            let cited: Vec<_> = event.auth_events().iter().chain(&create).collect();
            let Some(pool) =
                cited.iter().map(|id| known.get(id).copied().cloned()).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            let auth_events = event.auth_events().iter();
            let rejected: Vec<_> =
                auth_events.filter(|id| rejected.contains(id.as_str())).collect();
            let asked = authorise(&self.version, event, &pool, &rejected, None);
            let answer = into.answer(&asked);
            let Some(ok) = answer.get("ok").and_then(Value::as_object) else { continue };
            let mut said = ok.clone();
            said.remove("reason");
            let verdict = format!("{} {}", self.version.id(), said.as_received());
            let count = counts.entry(verdict).or_default();
            *count += 1;
            if *count <= EACH {
                let kind = event.event_type();
                let comment = self.about(&format!("an {kind} event"));
                into.add(Question::new("recorded", kind.to_string(), comment, asked));
            }
        }
    }

    /// How the room began.
    fn replay(&self, into: &mut Collection) {
        if !self.room.name.ends_with("leaving") {
            return;
        }
        let mut events: Vec<_> =
            self.events.iter().map(|event| event.object().into_owned()).collect();
        events.truncate(FIRST);
        for event in &mut events {
            event.remove("unsigned");
        }
        let comment = self.about("how it began, with its servers' keys");
        let first: Vec<_> = events.iter().cloned().map(Value::from).collect();
        let fields = [("events", Value::from(first)), ("keys", from_json(&self.keys))];
        let asked = question("replay", &self.version, fields);
        into.add(Question::new("recorded", "beginning", comment, asked).filed("recorded"));
        // In the order of arrival the last one is first.
        events.reverse();
        let events: Vec<_> = events.into_iter().map(Value::from).collect();
        let fields = [("events", Value::from(events)), ("keys", from_json(&self.keys))];
        let asked = question("replay", &self.version, fields);
        let comment = self.about("how it began, the last event first");
        into.add(Question::new("recorded", "backwards", comment, asked).filed("recorded"));
    }

    /// What the misbehaving server sent.
    fn evil(&self, into: &mut Collection) {
        let mut seen = BTreeSet::new();
        for case in self.room.cases() {
            let (Some(name), Some(pdu)) = (case["case"].as_str(), case["pdu"].as_object()) else {
                continue;
            };
            if pdu.contains_key("omitted") || !seen.insert(name.to_owned()) {
                continue;
            }
            let text = case["pdu"].to_string();
            let pdu = json::parse_any(text.as_bytes()).unwrap().value.into_owned();
            let keys = self.keys_of(pdu.as_object().unwrap());
            let fields = [("event", pdu), ("keys", keys)];
            let asked = question("check_signatures", &self.version, fields);
            let answer = into.answer(&asked);
            let ok = answer.get("ok").and_then(Value::as_object);
            let outcome = ok.and_then(|ok| ok.get("outcome")).and_then(Value::as_str);
            if outcome != Some("valid") {
                let comment =
                    self.about(&format!("what a misbehaving server sent, \u{201c}{name}\u{201d}"));
                let asked = Question::new("recorded", name, comment, asked).filed("evil");
                into.add(asked.about_security(true));
            }
        }
    }
}

//! Questions to `replay`: what a server makes of events as they come.

use std::collections::BTreeSet;

use exeunt_event::Event;
use exeunt_event::json::{Object, Value};
use exeunt_laws::History;
use exeunt_version::RoomVersion;
use serde_json::json;

use crate::collection::{Collection, Question, by_number};
use crate::house::{ALICE, B, BOB, CAROL, House};
use crate::pdus::{from_json, keys, question};
use crate::rules::bare;

/// What comes with the keys of servers.
pub(crate) fn with_keys(into: &mut Collection) {
    for version in RoomVersion::all() {
        let house = House::with_bob(&version);
        let mut ask = |name: &str, comment: &str, house: &House, last: Object<'static>| {
            let mut events = house.events().to_vec();
            events.push(last);
            let events: Vec<_> = events.into_iter().map(Value::from).collect();
            let keys = from_json(&keys(&["a.example", B, "c.example"]));
            let asked = question("replay", &version, [("events", events.into()), ("keys", keys)]);
            let asked = Question::new("by-hand", name, comment, asked).filed("keys");
            into.add(asked.about_security(true));
        };
        let member = |who: &str, content| house.draft(who, "m.room.member", Some(who), &content);
        let vouched = |membership: &str| json!({ "membership": membership, "join_authorised_via_users_server": ALICE });
        let (_, leave) = house.seal(member(BOB, vouched("leave")));
        ask("vouched leave", "The server of who vouches for a leave did not sign.", &house, leave);
        let (_, join) = house.seal(member(CAROL, vouched("join")));
        ask("vouched join", "The server of who vouches for a join did not sign.", &house, join);
        let (_, message) = house.seal(house.draft(BOB, "m.room.message", None, &json!({})));
        let mut changed = message.clone();
        changed.insert("content", Object::from_iter([("body", "changed")]));
        ask("content changed", "A message enters the room redacted.", &house, changed);
        let mut changed = message.clone();
        changed.insert("depth", 77);
        ask("depth changed", "The signature of a message is not valid.", &house, changed);
        let mut unsigned = message;
        unsigned.insert("signatures", Object::new());
        ask("unsigned", "A message is not signed.", &house, unsigned);
    }
}

/// What came to one server.
#[derive(Clone)]
pub(crate) struct Story {
    version: RoomVersion,
    events: Vec<Event>,
}

impl Story {
    /// The stories of the servers that had the whole history.
    pub(crate) fn of(history: &History) -> Vec<Self> {
        let whole = history.servers.iter().enumerate().filter(|(_, server)| server.is_whole);
        let story = |place: usize| {
            let steps = history.steps.iter().filter(move |step| step.server == place);
            let mut seen = BTreeSet::new();
            let events = steps.filter_map(|step| step.event.clone());
            let events = events.filter(|event| seen.insert(event.event_id().clone())).collect();
            Self { version: history.version.clone(), events }
        };
        whole.map(|(place, _)| story(place)).filter(|story| !story.events.is_empty()).collect()
    }

    pub(crate) fn size(&self) -> usize {
        self.events.iter().map(|event| event.text().len()).sum()
    }

    pub(crate) fn request(&self) -> Object<'static> {
        let events = self.events.iter().map(|event| Value::from(bare(event)));
        let mut request = Object::new();
        request.insert("op", "replay");
        request.insert("room_version", self.version.id().to_owned());
        request.insert("events", events.collect::<Vec<_>>());
        request
    }

    /// What becomes of its events, each as a sentence's end.
    pub(crate) fn shows(&self, into: &Collection) -> BTreeSet<String> {
        let answer = into.answer(&self.request());
        let ok = answer.get("ok").and_then(Value::as_object);
        let events = ok.and_then(|ok| ok.get("events")).and_then(Value::as_array);
        let mut shown = BTreeSet::new();
        for event in events.unwrap_or_default().iter().filter_map(Value::as_object) {
            let string = |name: &str| event.get(name).and_then(Value::as_str);
            let check = event.get("check").and_then(Value::as_integer);
            let rule = string("rule").and_then(|number| by_number(number, &self.version));
            let outcome = string("outcome").unwrap_or_default().replace('_', "-");
            // What auth events decide is for questions to `authorise`.
            let rule = rule.filter(|_| check != Some(4));
            let check = check.map_or_else(String::new, |check| format!(" at check {check}"));
            let rule = rule.map_or_else(String::new, |rule| format!(" by {rule}"));
            shown.insert(format!("is {outcome}{check}{rule}"));
        }
        let extremities = ok.and_then(|ok| ok.get("forward_extremities")).and_then(Value::as_array);
        if extremities.is_some_and(|ends| ends.len() > 1) {
            shown.insert("ends a branch beside another".to_owned());
        }
        if self.events.iter().any(|event| event.prev_events().len() > 1) {
            shown.insert("merges branches".to_owned());
        }
        shown
    }

    /// The same without the events that do not matter for what it shows.
    pub(crate) fn made_small(self, into: &Collection, what: &str) -> Self {
        let mut best = self;
        for at in (0..best.events.len()).rev() {
            let mut fewer = best.clone();
            fewer.events.remove(at);
            if !fewer.events.is_empty() && fewer.shows(into).contains(what) {
                best = fewer;
            }
        }
        best
    }
}

/// The family and the name of what a story shows.
pub(crate) fn filed(what: &str) -> (String, String) {
    let family = match what.split_once(" at check ") {
        Some((_, check)) => format!("check-{}", check.split(' ').next().unwrap_or_default()),
        None if what.starts_with("is ") => what["is ".len()..].to_owned(),
        None => "branches".to_owned(),
    };
    (family, what.to_owned())
}

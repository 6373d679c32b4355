//! The named examples of the authorisation rules.

use std::collections::BTreeSet;

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId};
use exeunt_version::{Readings, RoomIds, RoomVersion};

use crate::collection::{Collection, Question};
use crate::examples::{self, Build};
use crate::room::{Room, version};

/// Takes all of them that can be asked.
pub(crate) fn collect(into: &mut Collection) {
    for example in examples::all() {
        for number in example.versions.clone() {
            let name = ("example", example.name);
            take(into, name, &sentence(example.name), example.build, number);
        }
    }
    for boundary in examples::boundaries() {
        for number in [boundary.last, boundary.last + 1] {
            let name = ("boundary", boundary.name);
            take(into, name, &sentence(boundary.name), boundary.build, number);
        }
    }
    for choice in examples::choices() {
        let reading = Readings::ALL.iter().find(|it| it.name == choice.reading).unwrap();
        for number in choice.versions.clone() {
            take(into, ("reading", reading.name), reading.question, choice.build, number);
        }
    }
}

fn take(
    into: &mut Collection,
    (source, name): (&'static str, &str),
    comment: &str,
    build: Build,
    number: u8,
) {
    let mut room = Room::new(version(number));
    let draft = build(&mut room);
    let event = room.make(&draft);
    // Without keys, all servers count as having signed.
    if room.by_auth_events(&event, draft.signers()) != room.by_auth_events(&event, None) {
        return;
    }
    let rejected: Vec<_> = event
        .auth_events()
        .iter()
        .filter(|id| room.find(id).is_some_and(|it| it.rejected))
        .collect();
    let pool: Vec<Event> = room.all().cloned().collect();
    let request = authorise(&room.version, &event, &pool, &rejected, None);
    into.add(Question::new(source, name, comment, request));
}

/// A name as a sentence.
fn sentence(name: &str) -> String {
    let mut sentence = name.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence.push('.');
    sentence
}

/// The question whether an event may happen by its auth events, or given a state.
pub(crate) fn authorise(
    version: &RoomVersion,
    event: &Event,
    pool: &[Event],
    rejected: &[&EventId],
    state: Option<&[EventId]>,
) -> Object<'static> {
    let mut wanted: BTreeSet<EventId> = event.auth_events().iter().cloned().collect();
    wanted.extend(state.into_iter().flatten().cloned());
    let implies_create = version.capabilities.room_ids == RoomIds::CreateEvent;
    if implies_create && event.has_room_id() && event.room_id().is_hash() {
        wanted.insert(event.room_id().create_event());
    }
    let events: Vec<_> = pool
        .iter()
        .filter(|event| wanted.contains(event.event_id()))
        .map(|event| Value::from(bare(event)))
        .collect();
    let mut request = Object::new();
    request.insert("op", "authorise");
    request.insert("room_version", version.id().to_owned());
    request.insert("event", bare(event));
    request.insert("events", events);
    if !rejected.is_empty() {
        request.insert("rejected", ids(rejected.iter().copied()));
    }
    if let Some(state) = state {
        request.insert("state", ids(state));
    }
    request
}

fn ids<'a>(ids: impl IntoIterator<Item = &'a EventId>) -> Vec<String> {
    ids.into_iter().map(EventId::to_string).collect()
}

/// An event without what neither rules nor its ID look at.
pub(crate) fn bare(event: &Event) -> Object<'static> {
    let mut object = event.object().into_owned();
    object.remove("signatures");
    object.remove("unsigned");
    object
}

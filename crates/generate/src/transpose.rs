//! The same history in the form of another room version.

use std::collections::BTreeMap;
use std::sync::Arc;

use exeunt_event::content::Content;
use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId, EventType, base64, hashes};
use exeunt_room::Input;
use exeunt_version::{Creator, EventIds, LenientNumbers, RoomIds, RoomVersion};

/// The inputs of a room as they would be if it were of another version.
///
/// Each event says the same again in the form of that version: its references, hashes, event ID
/// and room ID, the version and the creator that a create event names, where a redaction says what
/// it redacts, whether the create event is cited, and whether power levels name creators (whose
/// level is 100 where they have to be named). It has no signatures. What was no event stays what it
/// is, and so do references to what is not there.
pub fn transpose(inputs: &[Input], from: &RoomVersion, to: &RoomVersion) -> Vec<Input> {
    let mut transposition = Transposition::new(inputs, from, to);
    transposition.make_all();
    inputs.iter().map(|input| transposition.input(input)).collect()
}

struct Transposition<'v> {
    from: &'v RoomVersion,
    to: &'v RoomVersion,
    /// Each event once, in the order of its first appearance.
    events: Vec<Event>,
    /// The new ID and the new text of each event made, by its old ID.
    made: BTreeMap<EventId, (EventId, Arc<[u8]>)>,
    /// The first create event, old and new.
    create: Option<(EventId, EventId)>,
    creators: Vec<String>,
}

impl<'v> Transposition<'v> {
    fn new(inputs: &[Input], from: &'v RoomVersion, to: &'v RoomVersion) -> Self {
        let mut events: Vec<Event> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for input in inputs {
            if let Ok(event) = Event::parse(input.pdu(), from)
                && seen.insert(event.event_id().clone())
            {
                events.push(event);
            }
        }
        let create = events.iter().find(|event| *event.event_type() == EventType::Create);
        let creators = create.map(|event| creators(event, from)).unwrap_or_default();
        Self { from, to, events, made: BTreeMap::new(), create: None, creators }
    }

    /// Makes every event after those that it refers to: an ID is known once its event is made.
    fn make_all(&mut self) {
        let mut left: Vec<Event> = self.events.clone();
        while !left.is_empty() {
            let waits = |event: &Event, left: &[Event]| {
                let is_left = |id: &EventId| {
                    let mut others = left.iter().filter(|it| it.event_id() != event.event_id());
                    others.any(|it| it.event_id() == id)
                };
                let cited = event.prev_events().iter().chain(event.auth_events());
                cited.chain(event.redacts()).any(is_left)
            };
            // Where events refer to each other in a circle, one of them has to begin.
            let next = left.iter().position(|event| !waits(event, &left)).unwrap_or(0);
            let event = left.remove(next);
            self.make(&event);
        }
    }

    fn make(&mut self, event: &Event) {
        let capabilities = &self.to.capabilities;
        let is_create = *event.event_type() == EventType::Create;
        let mut object = event.object().into_owned();
        for name in ["event_id", "room_id", "redacts", "hashes", "signatures", "unsigned"] {
            object.remove(name);
        }
        object.insert("prev_events", self.references(event.prev_events()));
        object.insert("auth_events", self.references(&self.cited(event)));
        object.insert("signatures", Object::new());
        let names_room = match (self.from.capabilities.room_ids, capabilities.room_ids) {
            (_, RoomIds::Domain) => true,
            (RoomIds::Domain, RoomIds::CreateEvent) => !is_create,
            (RoomIds::CreateEvent, RoomIds::CreateEvent) => event.has_room_id(),
        };
        if names_room {
            object.insert("room_id", self.room_id(event));
        }
        if capabilities.event_ids == EventIds::Sent {
            object.insert("event_id", self.sent_id(event));
        }
        let redacted = event.redacts().map(|id| self.id(id).to_string());
        if let Some(Value::Object(content)) = object.get_mut("content") {
            if self.from.capabilities.redacts_in_content {
                content.remove("redacts");
            }
            if let Some(id) = redacted.clone().filter(|_| capabilities.redacts_in_content) {
                content.insert("redacts", id);
            }
            if is_create {
                self.create_content(event, content);
            }
            if event.is_state(&EventType::PowerLevels, "") {
                self.levels_content(content);
            }
        }
        if let Some(id) = redacted.filter(|_| !capabilities.redacts_in_content) {
            object.insert("redacts", id);
        }
        let hash = base64::encode(hashes::content_hash(&object, self.to));
        object.insert("hashes", Object::from_iter([("sha256", hash)]));
        let text: Arc<[u8]> = object.to_canonical(LenientNumbers::Value).into_bytes().into();
        // What has no form in that version keeps its ID, and is dropped by whoever gets it.
        let id = Event::parse(&text, self.to).map(|event| event.event_id().clone());
        let id = id.unwrap_or_else(|_| event.event_id().clone());
        if is_create && self.create.is_none() {
            self.create = Some((event.event_id().clone(), id.clone()));
        }
        self.made.insert(event.event_id().clone(), (id, text));
    }

    /// What it cites: the create event where the version wants it, and not where it does not.
    fn cited(&self, event: &Event) -> Vec<EventId> {
        let mut cited = event.auth_events().to_vec();
        let Some((create, _)) = &self.create else { return cited };
        match (self.from.capabilities.room_ids, self.to.capabilities.room_ids) {
            (RoomIds::Domain, RoomIds::CreateEvent) => cited.retain(|id| id != create),
            (RoomIds::CreateEvent, RoomIds::Domain) => {
                let is_create = *event.event_type() == EventType::Create;
                if !is_create && !cited.contains(create) {
                    cited.insert(0, create.clone());
                }
            }
            _ => {}
        }
        cited
    }

    fn id<'i>(&'i self, id: &'i EventId) -> &'i EventId {
        self.made.get(id).map_or(id, |(id, _)| id)
    }

    fn references(&self, ids: &[EventId]) -> Value<'static> {
        let reference = |id: &EventId| {
            let id = Value::from(self.id(id).to_string());
            if self.to.capabilities.event_ids == EventIds::Sent {
                Value::Array(vec![id, Value::from(Object::new())])
            } else {
                id
            }
        };
        Value::Array(ids.iter().map(reference).collect())
    }

    fn room_id(&self, event: &Event) -> String {
        let old = event.room_id().to_string();
        match (self.from.capabilities.room_ids, self.to.capabilities.room_ids) {
            (RoomIds::Domain, RoomIds::Domain) => old,
            (_, RoomIds::CreateEvent) => {
                self.create.as_ref().map_or(old, |(_, create)| create.room().to_string())
            }
            (RoomIds::CreateEvent, RoomIds::Domain) => "!room:one.example".to_owned(),
        }
    }

    /// An ID that says nothing of when the event was made, as ties are broken by IDs.
    fn sent_id(&self, event: &Event) -> String {
        let number = u32::try_from(self.made.len()).unwrap_or(u32::MAX);
        let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b1);
        match self.to.capabilities.room_ids {
            RoomIds::Domain => format!("${mixed:08x}:{}", event.sender().domain()),
            RoomIds::CreateEvent => format!("${mixed:08x}{:A>35}", ""),
        }
    }

    fn create_content(&self, event: &Event, content: &mut Object<'static>) {
        if content.get("room_version").and_then(Value::as_str) == Some(self.from.id()) {
            content.insert("room_version", self.to.id().to_owned());
        }
        if self.to.capabilities.creator == self.from.capabilities.creator {
            return;
        }
        if self.to.capabilities.creator == Creator::Property {
            let sender = Value::from(event.sender().to_string());
            if !content.contains_key("creator") {
                content.insert("creator", sender);
            }
        } else if self.from.capabilities.creator == Creator::Property {
            content.remove("creator");
        }
    }

    fn levels_content(&self, content: &mut Object<'static>) {
        let is_privileged =
            |version: &RoomVersion| version.capabilities.creator == Creator::Privileged;
        let Some(Value::Object(users)) = content.get_mut("users") else { return };
        match (is_privileged(self.from), is_privileged(self.to)) {
            (false, true) => users.retain(|user, _| !self.creators.iter().any(|it| it == user)),
            (true, false) => {
                for creator in &self.creators {
                    users.insert(creator.clone(), 100);
                }
            }
            _ => {}
        }
    }

    fn input(&self, input: &Input) -> Input {
        let old = Event::parse(input.pdu(), self.from);
        let new = old.ok().and_then(|event| self.made.get(event.event_id()));
        let pdu = new.map_or_else(|| Arc::from(input.pdu()), |(_, pdu)| Arc::clone(pdu));
        let state = |ids: &[EventId]| ids.iter().map(|id| self.id(id).clone()).collect();
        match input {
            Input::Pdu(_) => Input::Pdu(pdu),
            Input::Sent(_) => Input::Sent(pdu),
            Input::Outlier(_) => Input::Outlier(pdu),
            Input::Given { state: ids, .. } => Input::Given { pdu, state: state(ids) },
            Input::Joined { state: ids, .. } => Input::Joined { pdu, state: state(ids) },
        }
    }
}

/// Who is above all levels, or would be.
fn creators(create: &Event, version: &RoomVersion) -> Vec<String> {
    let sender = create.sender().to_string();
    let Content::Create(content) = create.content() else { return vec![sender] };
    match version.capabilities.creator {
        Creator::Property => {
            vec![content.creator.as_ref().map_or(sender, |creator| creator.as_str().to_owned())]
        }
        Creator::Sender => vec![sender],
        Creator::Privileged => {
            let listed = content.additional_creators.listed().iter();
            let listed = listed.map(|creator| creator.as_str().to_owned());
            std::iter::once(sender).chain(listed).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Mood, Size, play, scripts};

    proptest! {
        #![proptest_config(exeunt_regressions::config!())]

        #[test]
        fn each_event_is_one_of_the_other_version_and_a_plausible_room_stays_one(
            script in scripts(Mood::Plausible, Size::default()),
            (from, to) in (0..12_usize, 0..12_usize),
        ) {
            let versions: Vec<RoomVersion> = RoomVersion::all().collect();
            let (from, to) = (&versions[from], &versions[to]);
            let history = play(from, &script);
            let inputs: Vec<Input> = history.steps.iter().map(|step| step.input.clone()).collect();
            let transposed = transpose(&inputs, from, to);
            let parsed = |input: &Input| Event::parse(input.pdu(), to);
            let events: Vec<Event> =
                transposed.iter().map(parsed).collect::<Result<_, _>>().map_err(|error| {
                    TestCaseError::fail(error.to_string())
                })?;
            for event in &events {
                prop_assert!(hashes::content_hash_matches(event, to));
            }
            let ids: Vec<&EventId> = events.iter().map(Event::event_id).collect();
            for event in &events {
                for cited in event.prev_events().iter().chain(event.auth_events()) {
                    prop_assert!(ids.contains(&cited), "{cited} is not there");
                }
            }
            // The create event and the creator's join are of every version.
            let room = exeunt_room::Room::fold(
                to.clone(), &transposed[..2], exeunt_room::Context::default(),
            );
            prop_assert!(!room.current_state().is_empty());
        }

        #[test]
        fn into_its_own_version_a_history_stays_what_it_is(
            script in scripts(Mood::Hostile, Size::default()),
            version in 0..12_usize,
        ) {
            let versions: Vec<RoomVersion> = RoomVersion::all().collect();
            let version = &versions[version];
            let history = play(version, &script);
            let inputs: Vec<Input> = history.steps.iter().map(|step| step.input.clone()).collect();
            let transposed = transpose(&inputs, version, version);
            // Where IDs are sent they are other ones, as nothing else tells events apart.
            if version.capabilities.event_ids == EventIds::Sent {
                prop_assert_eq!(transposed.len(), inputs.len());
            } else {
                prop_assert_eq!(transposed, inputs);
            }
        }
    }
}

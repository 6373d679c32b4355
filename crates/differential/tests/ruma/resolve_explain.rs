//! Where ruma departs from the text when it resolves states: each class with what repairs a fork of
//! it. A class explains a difference if the difference goes when the fork is repaired.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::{Event, EventId, EventType};
use exeunt_forks::Fork;
use exeunt_version::{EventIds, RoomIds};
use serde_json::{Value as Json, json};

use crate::explain::{fits, is_user, is_well_formed, levels};

/// A class of forks that ruma may resolve otherwise than the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Departure {
    /// An event cites one that is no state event: ruma has no answer.
    MessageCited,
    /// An event cites one that is missing: ruma has no answer, or leaves the event out.
    MissingCited,
    /// An event leads to itself: ruma looks at it in the second phase, or never ends.
    Cycle,
    /// An event cites two for one type and state key: ruma takes the last, the text has none.
    TwoForOneKey,
    /// Versions 2 to 11: an event that cites no create event, or is one of several, is sorted by the
    /// creators that another event cites. Version 12: so is a create event that is cited.
    Creators,
    /// Version 12: the create event counts as rejected, and ruma uses it.
    RejectedCreate,
    /// Levels are malformed: ruma has no answer, or rejects what the text has no rule about.
    Levels,
    /// The state key of a membership is no user ID.
    MemberStateKey,
    /// A membership is no string.
    Membership,
}

impl Departure {
    pub(crate) const ALL: [Self; 9] = [
        Self::MessageCited,
        Self::MissingCited,
        Self::Cycle,
        Self::TwoForOneKey,
        Self::Creators,
        Self::RejectedCreate,
        Self::Levels,
        Self::MemberStateKey,
        Self::Membership,
    ];

    /// The fork without what makes it one of the class; `None` if it is none.
    pub(crate) fn repaired(self, fork: &Fork) -> Option<Fork> {
        let view = View::new(fork);
        let repaired = match self {
            Self::MessageCited => rebuilt(fork, |_, draft| {
                draft
                    .cited
                    .retain(|id| view.get(id).is_none_or(|cited| cited.state_key().is_some()));
            }),
            Self::MissingCited => {
                rebuilt(fork, |_, draft| draft.cited.retain(|id| view.get(id).is_some()))
            }
            Self::Cycle => rebuilt(fork, |event, draft| {
                let id = event.event_id();
                draft.cited.retain(|cited| cited != id && !view.chain(cited).contains(id));
            }),
            Self::TwoForOneKey => rebuilt(fork, |_, draft| {
                let mut keys = BTreeMap::new();
                draft.cited.retain(|id| {
                    let key = view
                        .get(id)
                        .and_then(|event| Some((event.event_type(), event.state_key()?)));
                    key.is_none_or(|key| keys.entry(key).or_insert_with(|| id.clone()) == id)
                });
            }),
            Self::Creators => creators_repaired(fork, &view)?,
            Self::RejectedCreate => {
                let mut repaired = fork.clone();
                if fork.version.capabilities.room_ids == RoomIds::CreateEvent {
                    repaired.rejected.retain(|id| !view.get(id).is_some_and(is_create));
                }
                repaired
            }
            Self::Levels => rebuilt(fork, |event, draft| {
                let content = &mut draft.pdu["content"];
                let is_sound =
                    is_well_formed(content, &fork.version) && levels(content).into_iter().all(fits);
                if *event.event_type() == EventType::PowerLevels && !is_sound {
                    *content = json!({});
                }
            }),
            Self::MemberStateKey => rebuilt(fork, |event, draft| {
                let is_member = *event.event_type() == EventType::Member;
                if is_member && !draft.pdu.get("state_key").is_some_and(is_user) {
                    draft.pdu["type"] = json!("org.example.member");
                }
            }),
            Self::Membership => rebuilt(fork, |event, draft| {
                let is_member = *event.event_type() == EventType::Member;
                if is_member && !draft.pdu["content"].get("membership").is_some_and(Json::is_string)
                {
                    draft.pdu["content"]["membership"] = json!("unknown");
                }
            }),
        };
        let mut rejected = fork.rejected.clone();
        rejected.retain(|id| view.get(id).is_some());
        let is_same = repaired.events == fork.events
            && repaired.rejected.iter().filter(|id| view.get(id).is_some()).eq(&rejected)
            && repaired.state_sets == fork.state_sets;
        (!is_same).then_some(repaired)
    }
}

/// What explains that a fork is not agreed on: a class, or several together.
pub(crate) fn explanation(fork: &Fork, agrees: impl Fn(&Fork) -> bool) -> Option<Vec<Departure>> {
    let alone = |departure: &Departure| departure.repaired(fork).is_some_and(|fork| agrees(&fork));
    if let Some(departure) = Departure::ALL.into_iter().find(alone) {
        return Some(vec![departure]);
    }
    let mut departures = Vec::new();
    let mut fork = fork.clone();
    for departure in Departure::ALL {
        if let Some(repaired) = departure.repaired(&fork) {
            fork = repaired;
            departures.push(departure);
            if agrees(&fork) {
                return Some(departures);
            }
        }
    }
    None
}

fn is_create(event: &Event) -> bool {
    event.is_state(&EventType::Create, "")
}

/// The events by their IDs: of several the first.
struct View<'a>(BTreeMap<&'a EventId, &'a Event>);

impl<'a> View<'a> {
    fn new(fork: &'a Fork) -> Self {
        let mut events = BTreeMap::new();
        for event in &fork.events {
            events.entry(event.event_id()).or_insert(event);
        }
        Self(events)
    }

    fn get(&self, id: &EventId) -> Option<&'a Event> {
        self.0.get(id).copied()
    }

    fn chain(&self, id: &EventId) -> BTreeSet<&'a EventId> {
        let mut chain = BTreeSet::new();
        let cited = |id: &EventId| self.get(id).map_or(&[][..], Event::auth_events).iter();
        let mut open: Vec<_> = cited(id).collect();
        while let Some(id) = open.pop() {
            if chain.insert(id) {
                open.extend(cited(id));
            }
        }
        chain
    }
}

/// Every event cites the one create event there is, and others are made plain state events; where
/// room IDs stand for it, none cites it.
fn creators_repaired(fork: &Fork, view: &View<'_>) -> Option<Fork> {
    let is_first = |event: &&Event| event.prev_events().is_empty();
    let mut creates = fork.events.iter().filter(|event| is_create(event));
    let create = creates.clone().find(is_first).or_else(|| creates.next())?.event_id();
    let is_implied = fork.version.capabilities.room_ids == RoomIds::CreateEvent;
    let is_other = |id: &EventId| id != create && view.get(id).is_some_and(is_create);
    Some(rebuilt(fork, |event, draft| {
        draft.cited.retain(|id| !is_other(id));
        if is_other(event.event_id()) {
            draft.pdu["type"] = json!("org.example.create");
        }
        if is_implied {
            draft.cited.retain(|id| id != create);
        } else if event.event_id() == create {
            // So that earlier events can cite it.
            draft.cited.clear();
            draft.prev.clear();
        } else if !draft.cited.contains(create) {
            draft.cited.insert(0, create.clone());
        }
    }))
}

/// An event to be made again, with its auth events and those before it by their old IDs.
struct Draft {
    pdu: Json,
    cited: Vec<EventId>,
    prev: Vec<EventId>,
}

/// The fork with every event changed. Where IDs are hashes of events, they change with them.
fn rebuilt(fork: &Fork, change: impl Fn(&Event, &mut Draft)) -> Fork {
    let is_sent = fork.version.capabilities.event_ids == EventIds::Sent;
    let there: BTreeSet<_> = fork.events.iter().map(Event::event_id).collect();
    let mut ids = BTreeMap::<EventId, EventId>::new();
    let mut events: Vec<Option<Event>> = vec![None; fork.events.len()];
    let mut open = events.len();
    while open > 0 {
        for (at, event) in fork.events.iter().enumerate() {
            let mut draft = Draft {
                pdu: serde_json::from_str(event.text()).unwrap(),
                cited: event.auth_events().to_vec(),
                prev: event.prev_events().to_vec(),
            };
            change(event, &mut draft);
            let is_known = |id: &EventId| is_sent || !there.contains(id) || ids.contains_key(id);
            let mut cited = draft.cited.iter().chain(&draft.prev);
            if events[at].is_some() || !cited.all(is_known) {
                continue;
            }
            let reference = |id: &EventId| {
                let id = ids.get(id).unwrap_or(id).as_str();
                if is_sent { json!([id, {}]) } else { json!(id) }
            };
            draft.pdu["auth_events"] = draft.cited.iter().map(reference).collect();
            draft.pdu["prev_events"] = draft.prev.iter().map(reference).collect();
            let new = Event::parse(draft.pdu.to_string().as_bytes(), &fork.version).unwrap();
            ids.insert(event.event_id().clone(), new.event_id().clone());
            events[at] = Some(new);
        }
        let still_open = events.iter().filter(|event| event.is_none()).count();
        assert!(still_open < open, "a repair makes events cite later ones: {fork:?}");
        open = still_open;
    }
    // Of what was dropped from the bag nothing but its ID is left.
    let renamed = |old: &Vec<EventId>| old.iter().filter_map(|id| ids.get(id).cloned()).collect();
    Fork {
        version: fork.version.clone(),
        events: events.into_iter().flatten().collect(),
        rejected: renamed(&fork.rejected),
        state_sets: fork.state_sets.iter().map(renamed).collect(),
    }
}

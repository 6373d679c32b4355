//! Events as a person would name them.

use std::collections::BTreeMap;

use exeunt_dag::Number;
use exeunt_event::content::{Content, Membership};
use exeunt_event::{Event, EventType, UserId};
use exeunt_resolve::{Body, Events};

/// As much of an event ID is shown at least.
const SHORTEST_ID: usize = 10;

/// Names users by their localparts and events by the start of their IDs, where that is clear.
pub(super) struct Names<'e, T> {
    events: Events<'e, T>,
    /// The users whom each short name could mean: the first, and whether there are others.
    users: BTreeMap<String, (String, bool)>,
    /// All event IDs, sorted.
    ids: Vec<&'e str>,
}

impl<'e, T: Body> Names<'e, T> {
    pub(super) fn new(events: Events<'e, T>) -> Self {
        let mut users: BTreeMap<String, (String, bool)> = BTreeMap::new();
        let mut add = |user: &str| {
            if let Some(short) = short_name(user) {
                let (first, are_several) =
                    users.entry(short).or_insert_with(|| (user.to_owned(), false));
                *are_several |= first != user;
            }
        };
        for event in events.dag.events().filter_map(|number| events.state_event(number)) {
            add(event.event.sender().as_str());
            if *event.event.event_type() == EventType::Member {
                add(event.event.state_key().unwrap_or_default());
            }
        }
        let ids = events.dag.events().filter_map(|number| events.id(number));
        let mut ids: Vec<_> = ids.map(exeunt_event::EventId::as_str).collect();
        ids.sort_unstable();
        Self { events, users, ids }
    }

    /// `Alice`, or the whole ID if that could be two users.
    fn user(&self, user: &str) -> String {
        let clear = short_name(user)
            .filter(|short| self.users.get(short).is_none_or(|(_, are_several)| !are_several));
        clear.unwrap_or_else(|| shown(user))
    }

    /// `Alice's ban of Carol ($gAOjt506…)`
    pub(super) fn event(&self, number: Number) -> String {
        self.with_id(number, self.deed(number))
    }

    /// A name of the event with its ID.
    pub(super) fn with_id(&self, number: Number, name: Option<String>) -> String {
        let id = self.events.id(number).map(|id| self.shortened(id.as_str())).unwrap_or_default();
        name.map_or(id.clone(), |name| format!("{name} ({id})"))
    }

    /// `Alice's ban of Carol`
    fn deed(&self, number: Number) -> Option<String> {
        let event = self.events.state_event(number)?.event;
        Some(self.told(event, true))
    }

    /// `Alice's ban`, where it is known whom this is about.
    pub(super) fn brief(&self, number: Number) -> Option<String> {
        let event = self.events.state_event(number)?.event;
        Some(self.told(event, false))
    }

    fn told(&self, event: &Event, names_target: bool) -> String {
        let sender = event.sender().as_str();
        let key = event.state_key().unwrap_or_default();
        let what = match (event.event_type(), event.content()) {
            (EventType::Member, Content::Member(member)) => {
                let membership = member.membership.unwrap_or(Membership::Unknown);
                match (membership, sender == key) {
                    (Membership::Unknown, _) => format!("membership of {}", self.user(key)),
                    (membership, true) => membership.as_str().to_owned(),
                    // A kick, the end of a ban, or an invite that is taken back.
                    (Membership::Leave, false) => format!("removal of {}", self.user(key)),
                    (membership, false) if !names_target => membership.as_str().to_owned(),
                    (membership, false) => {
                        format!("{} of {}", membership.as_str(), self.user(key))
                    }
                }
            }
            (EventType::Create, _) if key.is_empty() => "creation of the room".to_owned(),
            (EventType::PowerLevels, _) => with_key("power levels", key),
            (EventType::JoinRules, Content::JoinRules(rule)) if key.is_empty() => {
                format!("join rule {}", shown(rule.as_str()))
            }
            (event_type, _) => with_key(&plain_type(event_type.as_str()), key),
        };
        format!("{}'s {what}", self.user(sender))
    }

    /// Enough of an ID to find it among the others.
    fn shortened(&self, id: &str) -> String {
        let at = self.ids.partition_point(|other| *other < id);
        let neighbours = [at.checked_sub(1), at.checked_add(1)];
        let in_common = |other: &str| {
            id.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
        };
        let neighbours = neighbours.iter().flatten().filter_map(|at| self.ids.get(*at));
        let shared = neighbours.map(|other| in_common(other)).max().unwrap_or(0);
        let start: String = id.chars().take(SHORTEST_ID.max(shared + 1)).collect();
        if start.len() < id.len() { format!("{}…", shown(&start)) } else { shown(id) }
    }
}

/// `history visibility` for `m.room.history_visibility`; types of others as they are.
fn plain_type(event_type: &str) -> String {
    let of_rooms = event_type.strip_prefix("m.room.").filter(|rest| !rest.is_empty());
    of_rooms.map_or_else(|| shown(event_type), |rest| shown(rest).replace('_', " "))
}

fn with_key(what: &str, key: &str) -> String {
    if key.is_empty() { what.to_owned() } else { format!("{what} {key:?}") }
}

/// A user's localpart with a capital letter.
fn short_name(user: &str) -> Option<String> {
    let localpart = UserId::parse(user).ok().and(user.strip_prefix('@'))?.split(':').next()?;
    let mut letters = localpart.chars();
    let first = letters.next()?;
    Some(shown(&first.to_uppercase().chain(letters).collect::<String>()))
}

/// What anybody may have written, on one line: control characters are escaped.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

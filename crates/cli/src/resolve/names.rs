//! Events as a person would name them.

use std::collections::BTreeMap;

use exeunt_dag::Number;
use exeunt_event::content::{Content, Membership};
use exeunt_event::{Event, EventType, UserId};
use exeunt_resolve::{Body, Events};

/// Names users by their localparts, where that is clear.
pub(super) struct Names<'e, T> {
    events: Events<'e, T>,
    /// How many users have a localpart.
    localparts: BTreeMap<String, Vec<String>>,
}

impl<'e, T: Body> Names<'e, T> {
    pub(super) fn new(events: Events<'e, T>) -> Self {
        let mut localparts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut add = |user: &str| {
            let users = localparts.entry(localpart(user).to_owned()).or_default();
            if !users.iter().any(|known| known == user) {
                users.push(user.to_owned());
            }
        };
        for number in events.dag.events() {
            if let Some(event) = events.state_event(number) {
                add(event.event.sender().as_str());
                if *event.event.event_type() == EventType::Member {
                    add(event.event.state_key().unwrap_or_default());
                }
            }
        }
        Self { events, localparts }
    }

    /// `Alice`, or the whole ID if two users have that localpart.
    pub(super) fn user(&self, user: &str) -> String {
        let localpart = localpart(user);
        let is_clear = UserId::parse(user).is_ok()
            && !localpart.is_empty()
            && self.localparts.get(localpart).is_none_or(|users| users.len() < 2);
        if !is_clear {
            return user.to_owned();
        }
        let mut letters = localpart.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    }

    /// `Alice's ban of Carol ($gAOjt506…)`
    pub(super) fn event(&self, number: Number) -> String {
        let id = self.events.id(number).map(|id| shortened(id.as_str())).unwrap_or_default();
        match self.events.state_event(number) {
            Some(event) => format!("{} ({id})", self.deed(event.event)),
            None => id,
        }
    }

    /// `Alice's ban of Carol`
    fn deed(&self, event: &Event) -> String {
        let sender = event.sender().as_str();
        let key = event.state_key().unwrap_or_default();
        let what = match (event.event_type(), event.content()) {
            (EventType::Member, Content::Member(member)) => {
                let membership = member.membership.unwrap_or(Membership::Unknown);
                match (membership, sender == key) {
                    (Membership::Unknown, _) => format!("membership of {}", self.user(key)),
                    (membership, true) => membership.as_str().to_owned(),
                    (Membership::Leave, false) => format!("removal of {}", self.user(key)),
                    (membership, false) => {
                        format!("{} of {}", membership.as_str(), self.user(key))
                    }
                }
            }
            (EventType::Create, _) => "creation of the room".to_owned(),
            (EventType::PowerLevels, _) => with_key("power levels", key),
            (EventType::JoinRules, Content::JoinRules(rule)) if key.is_empty() => {
                format!("join rule {}", rule.as_str())
            }
            (event_type, _) => with_key(event_type.as_str(), key),
        };
        format!("{}'s {what}", self.user(sender))
    }
}

fn with_key(what: &str, key: &str) -> String {
    if key.is_empty() { what.to_owned() } else { format!("{what} {key:?}") }
}

fn localpart(user: &str) -> &str {
    let user = user.strip_prefix('@').unwrap_or(user);
    user.split_once(':').map_or(user, |(localpart, _)| localpart)
}

/// Enough of an ID to find it.
fn shortened(id: &str) -> String {
    let start: String = id.chars().take(10).collect();
    if start.len() < id.len() { format!("{start}…") } else { start }
}

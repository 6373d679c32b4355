//! A room's creation.

use exeunt_event::json::{Object, Value};
use exeunt_version::{Creator, RoomVersion};

use super::act::{join_rule, rules_of};
use super::cast::{CREATOR, Cast};
use super::compose::Draft;
use super::{Game, Outgoing};
use crate::Setup;

impl Game<'_> {
    /// The create event, the creator's join, power levels, the join rule, and who is there.
    pub(super) fn set_up(&mut self, setup: Setup) {
        for draft in opening(self.version, &self.cast, setup) {
            self.tell(draft);
        }
    }

    fn tell(&mut self, draft: Draft) {
        self.time += 1;
        let server = self.cast.server_of(draft.sender);
        let Some(event) = self.compose(server, draft, &[]) else { return };
        let first = self.send(event);
        self.spread(Outgoing { server, first, second: None }, false);
    }
}

/// The events of a room's creation.
pub(crate) fn opening(version: &RoomVersion, cast: &Cast, setup: Setup) -> Vec<Draft> {
    let has_bit = |bits: u16, at: usize| bits >> (at % 16) & 1 == 1;
    let count = cast.users.len();
    let creators: Vec<usize> = (1..count).filter(|at| has_bit(setup.creators, *at)).collect();
    let capability = version.capabilities.creator;
    let mut content = Object::new();
    content.insert("room_version", version.id().to_owned());
    if capability == Creator::Property {
        content.insert("creator", cast.id(CREATOR).to_owned());
    }
    let is_privileged = capability == Creator::Privileged;
    if is_privileged && !creators.is_empty() {
        let creators = creators.iter().map(|at| Value::from(cast.id(*at).to_owned()));
        content.insert("additional_creators", Value::Array(creators.collect()));
    }
    if setup.is_local {
        content.insert("m.federate", false);
    }
    match (setup.flaw % 3, capability) {
        (1, _) => drop(content.insert("room_version", "unknown")),
        (2, Creator::Property) => drop(content.remove("creator")),
        (2, Creator::Privileged) => drop(content.insert("additional_creators", 1)),
        _ => {}
    }
    let mut opening = vec![Draft::state("m.room.create", "", CREATOR, content)];
    if !has_bit(setup.joined, CREATOR) {
        return opening;
    }
    opening.push(join(cast, CREATOR));
    if setup.has_power_levels {
        let is_creator = |at: &usize| is_privileged && (*at == CREATOR || creators.contains(at));
        let of_moderators = if has_bit(setup.levels.into(), 2) { 100 } else { 50 };
        let mut users = Object::new();
        for at in (0..count).filter(|at| !is_creator(at)) {
            if at == CREATOR {
                users.insert(cast.id(at).to_owned(), 100);
            } else if has_bit(setup.moderators, at) && has_bit(setup.joined, at) {
                users.insert(cast.id(at).to_owned(), of_moderators);
            }
        }
        let mut content = Object::from_iter([("users", users)]);
        if has_bit(setup.levels.into(), 0) {
            content.insert("invite", 50);
        }
        if has_bit(setup.levels.into(), 1) {
            content.insert("events", Object::from_iter([("m.room.history_visibility", 75)]));
            content.insert("notifications", Object::from_iter([("room", 75)]));
            content.insert("redact", 75);
        }
        opening.push(Draft::state("m.room.power_levels", "", CREATOR, content));
    }
    let rules = rules_of(version);
    let rule = rules.get(usize::from(setup.join_rule) % rules.len().max(1));
    let rule = rule.copied().filter(|_| setup.join_rule < 10);
    // Whoever is there came while the room was public.
    let joined: Vec<usize> =
        (1..count).filter(|at| has_bit(setup.joined, *at) && !setup.is_local).collect();
    if !joined.is_empty() {
        opening.push(Draft::state("m.room.join_rules", "", CREATOR, join_rule("public")));
        opening.extend(joined.iter().take(4).map(|at| join(cast, *at)));
    }
    if let Some(rule) = rule.filter(|rule| *rule != "public" || joined.is_empty()) {
        opening.push(Draft::state("m.room.join_rules", "", CREATOR, join_rule(rule)));
    }
    opening
}

fn join(cast: &Cast, user: usize) -> Draft {
    let content = Object::from_iter([("membership", "join")]);
    Draft::state("m.room.member", cast.id(user), user, content)
}

//! What users do, as actions.

use exeunt_event::content::JoinRule;
use exeunt_event::json::{Object, Value};
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_homeserver::Action;
use exeunt_version::{Creator, RoomVersion};

use super::NetworkOp;
use super::game::Game;

/// From here on a number chooses any user, and not one for whom it makes sense.
const ANY: usize = 220;

impl Game {
    /// A user creates a room, of the history's version if `version` is 0.
    pub(super) fn create(&mut self, user: u16, join_rule: u16, version: u16) {
        let user = self.users[usize::from(user) % self.users.len()].clone();
        let ids = RoomVersion::SPECIFIED;
        let own = &self.history.version;
        let version = match version.checked_sub(1) {
            None => own.clone(),
            Some(at) => RoomVersion::specified(ids[usize::from(at) % ids.len()])
                .unwrap_or_else(|_| own.clone()),
        };
        let number = self.rooms.len();
        let name = if number == 0 { "!room:hs1".to_owned() } else { format!("!r{number}:hs1") };
        // Rooms whose IDs follow from their create events are to be told apart.
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let rule = self.join_rules(join_rule, &version);
        self.act(
            &user,
            Action::Create {
                room_id: RoomId::from_received(&name),
                room_version: version.id().to_owned(),
                content: Object::from_iter([("number", number)]),
                initial_state: vec![("m.room.join_rules".to_owned(), String::new(), rule)],
            },
        );
    }

    pub(super) fn lets_everybody_in(&self, room_id: &RoomId) -> bool {
        let rule =
            self.room(room_id, 0).and_then(|room| room.view(room.current_state()).join_rule());
        rule == Some(JoinRule::Public)
    }

    pub(super) fn act_as_told(&mut self, op: NetworkOp) {
        if let NetworkOp::Create { user, join_rule, version } = op {
            self.create(user, join_rule, version);
        } else if let NetworkOp::BlockInvites { user, value } = op {
            let user = self.users[usize::from(user) % self.users.len()].clone();
            self.act(&user, Action::BlockInvites(value % 2 == 1));
        } else if let Some((user, action)) = self.action(op) {
            self.act(&user, action);
        }
    }

    fn action(&self, op: NetworkOp) -> Option<(UserId, Action)> {
        let [user, room, ..] = op.numbers()[..] else { return None };
        let room_id = self.room_id(room)?;
        let user = self.choose(user, &room_id, |relation| match op {
            NetworkOp::Leave { .. } => matches!(relation, "invite" | "knock" | "join"),
            NetworkOp::Forget { .. } => matches!(relation, "leave" | "ban"),
            NetworkOp::Join { .. } => relation != "join",
            NetworkOp::Knock { .. } => matches!(relation, "" | "leave"),
            _ => relation == "join",
        });
        let target = |at, fits: fn(&str) -> bool| self.choose(at, &room_id, fits);
        let here = room_id.clone();
        let state = |event_type: &str, state_key: &str, content| Action::Send {
            room_id: here.clone(),
            event_type: event_type.to_owned(),
            state_key: Some(state_key.to_owned()),
            content,
        };
        let room_id = here.clone();
        let action = match op {
            NetworkOp::Invite { target: at, .. } => {
                let target = target(at, |relation| relation != "join");
                Action::Invite { room_id, target, reason: None }
            }
            NetworkOp::Join { via, .. } => Action::Join { room_id, via: self.via(via) },
            NetworkOp::Knock { via, .. } => {
                Action::Knock { room_id, via: self.via(via), reason: Some("?".to_owned()) }
            }
            NetworkOp::Leave { .. } => Action::Leave { room_id, reason: None },
            NetworkOp::Kick { target: at, .. } => {
                let target = target(at, |relation| matches!(relation, "join" | "invite" | "knock"));
                Action::Kick { room_id, target, reason: None }
            }
            NetworkOp::Ban { target: at, .. } => {
                Action::Ban { room_id, target: target(at, |_| true), reason: None }
            }
            NetworkOp::Unban { target: at, .. } => {
                Action::Unban { room_id, target: target(at, |relation| relation == "ban") }
            }
            NetworkOp::Forget { .. } => Action::Forget { room_id },
            NetworkOp::Levels { target: at, level, least, .. } => {
                let content = self.levels(&room_id, &target(at, |_| true), level, least);
                state("m.room.power_levels", "", content)
            }
            NetworkOp::JoinRules { rule, .. } => {
                let version = self.room(&room_id, 0)?.version().clone();
                state("m.room.join_rules", "", self.join_rules(rule, &version))
            }
            NetworkOp::Acl { value, .. } => state("m.room.server_acl", "", self.acl(value)),
            NetworkOp::Topic { value, .. } => {
                let content = Object::from_iter([("topic", value.to_string())]);
                state("m.room.topic", "", content)
            }
            NetworkOp::Profile { value, .. } => {
                let mut content = Object::from_iter([("membership", "join")]);
                content.insert("displayname", format!("called {value}"));
                state("m.room.member", user.as_str(), content)
            }
            NetworkOp::Backfill { via, .. } => {
                let from = self.server(via);
                Action::Backfill { room_id, from, limit: usize::from(via) }
            }
            _ => return None,
        };
        Some((user, action))
    }

    /// Every server, from that one on.
    fn via(&self, at: u16) -> Vec<ServerName> {
        let mut via = self.servers.clone();
        via.rotate_left(usize::from(at) % self.servers.len());
        via
    }

    /// A user whose relation to the room makes sense; now and then any.
    pub(super) fn choose(&self, at: u16, room_id: &RoomId, fits: impl Fn(&str) -> bool) -> UserId {
        let at = usize::from(at);
        let fitting: Vec<&UserId> =
            self.users.iter().filter(|user| fits(self.relation(user, room_id))).collect();
        let any = || &self.users[at % self.users.len()];
        if at >= ANY {
            return any().clone();
        }
        // The first user has the power, and is chosen more often than others. Those who are neither
        // in the room nor out of it are few, and so are they.
        let is_between =
            |user: &&&UserId| matches!(self.relation(user, room_id), "invite" | "knock");
        let preferred = match at % 4 {
            0 => fitting.first(),
            1 | 2 => fitting.iter().find(is_between),
            _ => None,
        };
        let other = at.checked_rem(fitting.len()).and_then(|at| fitting.get(at));
        (*preferred.or(other).copied().unwrap_or_else(any)).clone()
    }

    fn levels(&self, room_id: &RoomId, target: &UserId, level: u16, least: u16) -> Object<'static> {
        let level = i64::from(level % 111) - 10;
        let least = i64::from(least % 51);
        let mut users = Object::from_iter([(target.to_string(), level)]);
        let creator = self.users.first().map(UserId::to_string).unwrap_or_default();
        let room = self.room(room_id, 0);
        let has_privileged =
            room.is_some_and(|room| room.version().capabilities.creator == Creator::Privileged);
        if has_privileged {
            users.remove(&creator);
        } else {
            users.insert(creator, 100);
        }
        let mut content = Object::from_iter([("users", users)]);
        for name in ["invite", "kick", "state_default"] {
            content.insert(name, least);
        }
        content
    }

    /// Mostly one that the version has.
    fn join_rules(&self, rule: u16, version: &RoomVersion) -> Object<'static> {
        let capabilities = &version.capabilities;
        let rules = ["public", "invite", "knock", "public", "restricted", "knock_restricted"];
        let is_odd = usize::from(rule) >= ANY;
        let name = match rules[usize::from(rule) % rules.len()] {
            "knock" if !capabilities.knocking && !is_odd => "invite",
            "restricted" if !capabilities.restricted_joins && !is_odd => "public",
            "knock_restricted" if !capabilities.knock_restricted_joins && !is_odd => "public",
            name => name,
        };
        let allow = self.rooms.iter().take(2).map(|room_id| {
            let mut condition = Object::from_iter([("type", "m.room_membership".to_owned())]);
            condition.insert("room_id", room_id.to_string());
            Value::Object(condition)
        });
        let mut content = Object::from_iter([("join_rule", name)]);
        content.insert("allow", Value::Array(allow.collect()));
        content
    }

    fn acl(&self, value: u16) -> Object<'static> {
        let name = self.server(value).to_string();
        let list = |names: &[&str]| {
            Value::Array(names.iter().map(|name| Value::from((*name).to_owned())).collect())
        };
        let first = self.server(0).to_string();
        let rogue = self.servers.last().map(ServerName::to_string).unwrap_or_default();
        match value % 8 {
            0 => Object::from_iter([("allow", list(&["*"])), ("deny", list(&[]))]),
            1 => Object::from_iter([("allow", list(&[&first, &rogue, &name]))]),
            2 => Object::from_iter([("allow", list(&["*"])), ("deny", list(&[&first]))]),
            3 if value > 200 => Object::new(),
            _ => Object::from_iter([("allow", list(&["*"])), ("deny", list(&[&name]))]),
        }
    }
}

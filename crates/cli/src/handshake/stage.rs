//! The servers, their users, and the room that they are or are not in.

use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::SigningKey;
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Done, Homeserver, Network, Settings, Status};
use exeunt_version::{Creator, RoomVersion};

use super::step::Kind;
use super::wanted::{BOBS, JoinRule, Wanted};
use crate::Failure;

/// When it begins, in milliseconds since the epoch.
const BEGINS: i64 = 1_700_000_000_000;
/// How long each thing takes.
const SECOND: i64 = 1_000;
/// More messages than any of this takes.
pub(super) const MOST_MESSAGES: usize = 1_000;

/// What the users of other servers give the room.
const NAMES: [(&str, &str); 2] = [("name", "m.room.name"), ("topic", "m.room.topic")];

/// Everything as it is before the handshake.
pub(super) struct Stage {
    pub(super) network: Network,
    pub(super) room_id: RoomId,
    pub(super) story: Vec<String>,
    /// Who acts.
    pub(super) actor: UserId,
    pub(super) action: Action,
    /// The servers that can be asked, in order.
    pub(super) asked: Vec<ServerName>,
}

pub(super) fn set(wanted: &Wanted) -> Result<Stage, Failure> {
    let mut hall = Hall { network: Network::new(BEGINS) };
    let settings = Settings { specification: wanted.specification, ..Settings::default() };
    for number in 1..=wanted.servers {
        let key = SigningKey::from_seed(&format!("hs{number}"), "ed25519:1", &[number; 32]);
        let server = Homeserver::new(key, settings);
        let mut server = server.ok_or_else(|| broken("a server has no name"))?;
        server.support(RoomVersion::all().chain([wanted.version.clone()]));
        hall.network.add(server);
    }
    let (alice, bob) = (user(1)?, user(BOBS)?);
    let mut story = Vec::new();
    let mut rule = Object::from_iter([("join_rule", wanted.join_rule.as_str())]);
    if wanted.join_rule.is_restricted() {
        let public = Object::from_iter([("join_rule", JoinRule::Public.as_str())]);
        let club = hall.create(&alice, "!club:hs1", wanted, public)?;
        hall.join(&bob, &club)?;
        story.push(format!("Alice created the room {club}, and Bob joined it."));
        let allow = Object::from_iter([
            ("type", "m.room_membership".to_owned()),
            ("room_id", club.to_string()),
        ]);
        rule.insert("allow", Value::Array(vec![Value::Object(allow)]));
    }
    let condition =
        if wanted.join_rule.is_restricted() { ": who is in the other room may join" } else { "" };
    let room_id = hall.create(&alice, "!room:hs1", wanted, rule)?;
    let name = wanted.join_rule.as_str();
    story.push(format!("Alice created the room {room_id} with the join rule `{name}`{condition}."));
    let others: Vec<_> = wanted.residents().filter(|number| *number != 1).collect();
    // An invite names servers that can be asked by the state that comes with it.
    let names_servers = wanted.kind == Kind::Leave && !others.is_empty();
    if names_servers {
        hall.open_names(&alice, &room_id, wanted)?;
    }
    for (number, (what, event_type)) in others.into_iter().zip(NAMES) {
        let member = user(number)?;
        hall.invite(&alice, &member, &room_id)?;
        hall.join(&member, &room_id)?;
        let who = person(&member);
        if names_servers {
            hall.give_name(&member, &room_id, what, event_type)?;
            story.push(format!("{who}, of hs{number}, joined it and gave it a {what}."));
        } else {
            story.push(format!("{who}, of hs{number}, joined it."));
        }
    }
    if wanted.kind == Kind::Leave {
        hall.invite(&alice, &bob, &room_id)?;
        story.push("Alice invited Bob, and hs2 signed the invite.".to_owned());
    }
    let residents = wanted.residents().map(server).collect::<Result<Vec<_>, _>>()?;
    let room = || room_id.clone();
    let (actor, action, asked) = match wanted.kind {
        Kind::Leave => {
            let asked = hall.invited_by(&bob, &room_id);
            (bob, Action::Leave { room_id: room(), reason: None }, asked)
        }
        Kind::Join => (bob, Action::Join { room_id: room(), via: residents.clone() }, residents),
        Kind::Knock => {
            let via = residents.clone();
            (bob, Action::Knock { room_id: room(), via, reason: None }, residents)
        }
        Kind::Invite => {
            let asked = vec![bob.server_name()];
            (alice, Action::Invite { room_id: room(), target: bob, reason: None }, asked)
        }
    };
    Ok(Stage { network: hall.network, room_id, story, actor, action, asked })
}

fn broken(reason: &str) -> Failure {
    Failure::Usage(format!("the room cannot be set up: {reason}"))
}

fn server(number: u8) -> Result<ServerName, Failure> {
    ServerName::parse(&format!("hs{number}")).map_err(|error| broken(&error.to_string()))
}

/// The user of a server.
pub(super) fn user(number: u8) -> Result<UserId, Failure> {
    let name = match number {
        1 => "alice",
        BOBS => "bob",
        3 => "carol",
        _ => "dave",
    };
    UserId::parse(&format!("@{name}:hs{number}")).map_err(|error| broken(&error.to_string()))
}

/// A user as people call them.
pub(super) fn person(user: &UserId) -> String {
    let name = user.as_str().trim_start_matches('@');
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A network in which all goes well.
struct Hall {
    network: Network,
}

impl Hall {
    /// Does it, and lets everything that follows happen.
    fn act(&mut self, user: &UserId, action: Action) -> Result<Done, Failure> {
        let id = self.network.act(user, action).ok_or_else(|| broken("there is no such server"))?;
        self.network.settle(MOST_MESSAGES);
        self.network.pass(SECOND);
        let outcome = self.network.outcome(id).ok_or_else(|| broken("it takes too long"))?;
        outcome.clone().map_err(|denial| broken(&denial.to_string()))
    }

    fn create(
        &mut self,
        user: &UserId,
        name: &str,
        wanted: &Wanted,
        join_rules: Object<'static>,
    ) -> Result<RoomId, Failure> {
        let rules = ("m.room.join_rules".to_owned(), String::new(), join_rules);
        let created = Action::Create {
            room_id: RoomId::from_received(name),
            room_version: wanted.version.id().to_owned(),
            content: Object::new(),
            initial_state: vec![rules],
        };
        match self.act(user, created)? {
            Done::Sent { room_id, .. } => Ok(room_id),
            _ => Err(broken("there is no room")),
        }
    }

    /// Lets everybody in the room give it a name.
    fn open_names(&mut self, by: &UserId, room: &RoomId, wanted: &Wanted) -> Result<(), Failure> {
        let users = match wanted.version.capabilities.creator {
            Creator::Privileged => Object::new(),
            _ => Object::from_iter([(by.to_string(), 100)]),
        };
        let events = Object::from_iter(NAMES.map(|(_, event_type)| (event_type, 0)));
        let content = Object::from_iter([("users", users), ("events", events)]);
        self.send(by, room, "m.room.power_levels", content)
    }

    fn give_name(
        &mut self,
        by: &UserId,
        room: &RoomId,
        what: &'static str,
        event_type: &str,
    ) -> Result<(), Failure> {
        self.send(by, room, event_type, Object::from_iter([(what, "The Globe")]))
    }

    fn send(
        &mut self,
        user: &UserId,
        room: &RoomId,
        event_type: &str,
        content: Object<'static>,
    ) -> Result<(), Failure> {
        let (event_type, state_key) = (event_type.to_owned(), Some(String::new()));
        let sent = Action::Send { room_id: room.clone(), event_type, state_key, content };
        self.act(user, sent).map(drop)
    }

    fn invite(&mut self, user: &UserId, target: &UserId, room: &RoomId) -> Result<(), Failure> {
        let (room_id, target) = (room.clone(), target.clone());
        self.act(user, Action::Invite { room_id, target, reason: None }).map(drop)
    }

    fn join(&mut self, user: &UserId, room: &RoomId) -> Result<(), Failure> {
        let (room_id, via) = (room.clone(), vec![server(1)?]);
        self.act(user, Action::Join { room_id, via }).map(drop)
    }

    /// The servers that an invited user's server can ask.
    fn invited_by(&self, user: &UserId, room: &RoomId) -> Vec<ServerName> {
        let server = self.network.server(&user.server_name());
        match server.and_then(|server| server.view(user, room)).map(|view| &view.status) {
            Some(Status::Invited(stripped)) => stripped.servers.clone(),
            _ => Vec::new(),
        }
    }
}

//! What happened to several homeservers, and to the messages between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use exeunt_event::signatures::SigningKey;
use exeunt_event::{EventId, RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Body, Done, Homeserver, Message, Network, Request, Response};
use exeunt_room::Room;
use exeunt_version::RoomVersion;

/// Everything that happened to several homeservers, with the network before and after each step.
///
/// Whoever plays it calls [`NetworkHistory::act`], [`NetworkHistory::deliver`] and so on, which do
/// it and write it down.
#[derive(Clone, Debug)]
pub struct NetworkHistory {
    /// The room version.
    pub version: RoomVersion,
    /// The servers' keys.
    pub keys: Arc<BTreeMap<ServerName, SigningKey>>,
    /// The servers whose keys are used by others too: not all that they signed did they sign.
    pub rogues: BTreeSet<ServerName>,
    /// The network before the first step.
    pub first: Network,
    /// What happened, in order.
    pub steps: Vec<NetworkStep>,
    /// Whether in the end, in every room, a user of each server said something, twice over, and
    /// all of it arrived.
    pub is_settled: bool,
}

/// Something happened.
#[derive(Clone, Debug)]
pub struct NetworkStep {
    /// The network before.
    pub before: Network,
    /// What.
    pub what: Happening,
    /// The network after.
    pub after: Network,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A user did something at their server.
    Acted {
        /// The number with which the outcome comes back.
        id: u64,
        /// Who.
        user: UserId,
        /// What.
        action: Action,
    },
    /// A message arrived.
    Arrived(Message),
    /// A message was lost, and who waits for an answer will be told.
    Lost(Message),
    /// A message is on its way once more.
    Repeated(Message),
    /// A message is on its way that no server sent.
    Forged(Message),
    /// A message says something else than what was sent.
    Falsified {
        /// What was sent.
        sent: Message,
        /// What is on its way instead.
        instead: Message,
    },
    /// So many milliseconds passed.
    Passed(i64),
    /// A server crashed, and started again.
    Restarted(ServerName),
}

impl NetworkHistory {
    /// The beginning of one.
    pub fn new(
        version: RoomVersion,
        keys: Arc<BTreeMap<ServerName, SigningKey>>,
        first: Network,
    ) -> Self {
        let (rogues, steps) = (BTreeSet::new(), Vec::new());
        Self { version, keys, rogues, first, steps, is_settled: false }
    }

    /// The network now.
    pub fn network(&self) -> &Network {
        self.steps.last().map_or(&self.first, |step| &step.after)
    }

    /// The rooms that users have created, in order, with their versions.
    pub fn rooms(&self) -> Vec<(RoomId, RoomVersion)> {
        self.steps.iter().filter_map(|step| created(step, &step.after)).collect()
    }

    /// The events of all rooms at all servers.
    pub fn events(&self) -> BTreeSet<&EventId> {
        let rooms = self.network().servers().flat_map(Homeserver::rooms);
        rooms.flat_map(|(_, room)| ids(room)).collect()
    }

    /// A user does something; `None`, and nothing happened, if there is no such server.
    pub fn act(&mut self, user: &UserId, action: Action) -> Option<u64> {
        let (before, mut after) = self.pair();
        let id = after.act(user, action.clone())?;
        let user = user.clone();
        self.steps.push(NetworkStep { before, what: Happening::Acted { id, user, action }, after });
        Some(id)
    }

    /// A message arrives; `false`, and nothing happened, if there is none at that place.
    pub fn deliver(&mut self, at: usize) -> bool {
        self.changes(|network| Some(Happening::Arrived(network.deliver(at)?)))
    }

    /// A message is lost; `false` if there is none at that place.
    pub fn lose(&mut self, at: usize) -> bool {
        self.changes(|network| Some(Happening::Lost(network.lose(at)?)))
    }

    /// A message will arrive twice; `false` if there is none at that place.
    pub fn repeat(&mut self, at: usize) -> bool {
        self.changes(|network| {
            let message = network.in_flight().get(at)?.clone();
            network.inject(message.clone());
            Some(Happening::Repeated(message))
        })
    }

    /// Somebody sends a message in a server's name.
    pub fn forge(&mut self, message: Message) {
        self.changes(|network| {
            network.inject(message.clone());
            Some(Happening::Forged(message))
        });
    }

    /// Another message arrives in the place of one; `false` if there is none at that place.
    pub fn falsify(&mut self, at: usize, instead: Message) -> bool {
        self.changes(|network| {
            let sent = network.replace(at, instead.clone())?;
            Some(Happening::Falsified { sent, instead })
        })
    }

    /// Time passes, in milliseconds.
    pub fn pass(&mut self, time: i64) {
        self.changes(|network| {
            network.pass(time);
            Some(Happening::Passed(time))
        });
    }

    /// A server crashes and starts again; `false` if there is none of that name.
    pub fn restart(&mut self, name: &ServerName) -> bool {
        self.changes(|network| network.restart(name).then(|| Happening::Restarted(name.clone())))
    }

    fn pair(&self) -> (Network, Network) {
        (self.network().clone(), self.network().clone())
    }

    fn changes(&mut self, change: impl FnOnce(&mut Network) -> Option<Happening>) -> bool {
        let (before, mut after) = self.pair();
        let Some(what) = change(&mut after) else { return false };
        self.steps.push(NetworkStep { before, what, after });
        true
    }
}

/// The room that the step created.
fn created(step: &NetworkStep, network: &Network) -> Option<(RoomId, RoomVersion)> {
    let Happening::Acted { id, user, action: Action::Create { .. } } = &step.what else {
        return None;
    };
    let Some(Ok(Done::Sent { room_id, .. })) = network.outcome(*id) else { return None };
    let room = network.server(&user.server_name())?.room(room_id)?;
    Some((room_id.clone(), room.version().clone()))
}

/// The IDs of a room's events.
fn ids(room: &Room) -> impl Iterator<Item = &EventId> {
    room.dag().events().filter_map(|number| room.dag().id(number))
}

impl NetworkStep {
    /// The messages that servers sent in this step.
    pub fn sent(&self) -> impl Iterator<Item = &Message> {
        let known = self.before.in_flight().len();
        let skipped = match &self.what {
            Happening::Acted { .. } | Happening::Passed(_) => known,
            // It was on its way before.
            Happening::Arrived(_) | Happening::Lost(_) => known.saturating_sub(1),
            Happening::Repeated(_)
            | Happening::Forged(_)
            | Happening::Falsified { .. }
            | Happening::Restarted(_) => usize::MAX,
        };
        self.after.in_flight().iter().skip(skipped)
    }

    /// The request that arrived, as it was sent and as it was answered.
    pub fn answered(&self) -> Option<(&Message, &Request, &Response)> {
        let Happening::Arrived(message) = &self.what else { return None };
        let Body::Request(request) = &message.body else { return None };
        let answer = self.sent().find_map(|sent| match &sent.body {
            Body::Answer(Some(answer)) if sent.id == message.id && sent.from == message.to => {
                Some(answer)
            }
            _ => None,
        });
        Some((message, request, answer?))
    }
}

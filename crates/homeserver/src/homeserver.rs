//! The homeserver as a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use exeunt_event::signatures::{Keys, PublishedKey, SigningKey};
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_room::Room;
use exeunt_version::{DuplicateKeys, RoomVersion};
use im::{OrdMap, Vector};

use crate::awaited::Awaited;
use crate::hosted::Hosted;
use crate::outbox::Outbox;
use crate::signing::Signer;
use crate::turn::Turn;
use crate::view::{Account, View};
use crate::{Features, Input, Output, Response, Settings};

/// A homeserver. A value: cloning costs the same whatever its size, and every earlier one stays
/// what it was.
///
/// Call [`Homeserver::step`] for everything that happens: a request of another server, an answer to
/// a request of this one, what a local user does, keys of other servers that became known. What it
/// gives are the answers and requests to be sent, and what users are told. It has no clock: each
/// step is told the time.
#[derive(Clone, Debug)]
pub struct Homeserver {
    pub(crate) name: ServerName,
    pub(crate) signer: Arc<Signer>,
    pub(crate) settings: Settings,
    pub(crate) keys: Arc<Keys>,
    pub(crate) versions: Arc<BTreeMap<String, Arc<RoomVersion>>>,
    pub(crate) rooms: OrdMap<RoomId, Hosted>,
    pub(crate) users: OrdMap<UserId, Account>,
    /// Requests that were sent and are not answered.
    pub(crate) awaited: OrdMap<u64, Awaited>,
    pub(crate) outboxes: OrdMap<ServerName, Outbox>,
    /// Transactions that were answered, in order.
    pub(crate) answered: Vector<(ServerName, String, Response)>,
    /// The number of the next request and of the next transaction.
    pub(crate) next: u64,
    /// How often a user's view of a room has changed.
    pub(crate) position: u64,
}

/// How many answered transactions are remembered.
const REMEMBERED: usize = 1_000;

impl Homeserver {
    /// A homeserver without rooms, for the room versions that the specification has.
    ///
    /// `None` if the key is of another server, or no server name.
    pub fn new(key: SigningKey, settings: Settings) -> Option<Self> {
        let name = ServerName::parse(key.server()).ok()?;
        let version = exeunt_version::Readings::default();
        let own = PublishedKey {
            key: key.verifying_key(version.ed25519)?,
            valid_until_ts: None,
            expired_ts: None,
        };
        let mut keys = Keys::new();
        keys.insert(name.as_str(), key.key_id(), own);
        let mut server = Self {
            name,
            signer: Arc::new(Signer::new(key)),
            settings,
            keys: Arc::new(keys),
            versions: Arc::default(),
            rooms: OrdMap::new(),
            users: OrdMap::new(),
            awaited: OrdMap::new(),
            outboxes: OrdMap::new(),
            answered: Vector::new(),
            next: 1,
            position: 0,
        };
        server.support(RoomVersion::all());
        Some(server)
    }

    /// Supports exactly those room versions from now on.
    pub fn support(&mut self, versions: impl IntoIterator<Item = RoomVersion>) {
        let named = versions.into_iter().map(|version| (version.id().to_owned(), version.into()));
        self.versions = Arc::new(named.collect());
    }

    /// Takes part in a room whose events are known already, as if it had always been there.
    ///
    /// Gives the room back if its version is not supported, or it has no events.
    pub fn host(&mut self, room: Room) -> Result<(), Box<Room>> {
        let Some(room_id) = room.room_id().cloned() else { return Err(room.into()) };
        let Some(version) = self.version(room.version().id()) else { return Err(room.into()) };
        let mut turn = Turn::new(self.clone(), 0);
        turn.server.rooms.insert(room_id.clone(), Hosted::new(Room::new((*version).clone())));
        turn.replace(&room_id, room);
        *self = turn.server;
        Ok(())
    }

    /// The next homeserver, and what goes out. This one stays as it is. `now` is the time in
    /// milliseconds since the epoch.
    pub fn step(&self, now: i64, input: Input) -> (Self, Vec<Output>) {
        let mut turn = Turn::new(self.clone(), now);
        turn.take(input);
        let Turn { mut server, outputs, .. } = turn;
        while server.answered.len() > REMEMBERED {
            server.answered.pop_front();
        }
        (server, outputs)
    }

    /// Its name.
    pub fn name(&self) -> &ServerName {
        &self.name
    }

    /// The ID and the bytes of the key that it signs with.
    pub fn public_key(&self) -> (&str, [u8; 32]) {
        (self.signer.key_id(), self.signer.public_bytes())
    }

    /// The ID of that key, and the key as other servers need it.
    pub fn published_key(&self) -> Option<(&str, &PublishedKey)> {
        let key_id = self.signer.key_id();
        Some((key_id, self.keys.get(self.name.as_str(), key_id)?))
    }

    /// What it was set to.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the release of the specification that it follows has it do.
    pub fn features(&self) -> Features {
        self.settings.specification.features()
    }

    /// A room that it knows.
    pub fn room(&self, room_id: &RoomId) -> Option<&Room> {
        self.rooms.get(room_id).map(|hosted| &hosted.room)
    }

    /// The rooms that it knows, by ID.
    pub fn rooms(&self) -> impl Iterator<Item = (&RoomId, &Room)> {
        self.rooms.iter().map(|(id, hosted)| (id, &hosted.room))
    }

    /// Whether one of its users is joined to a room.
    pub fn is_resident(&self, room_id: &RoomId) -> bool {
        self.rooms.get(room_id).is_some_and(|hosted| hosted.has(&self.name))
    }

    /// The servers of the users who are joined to a room, by name.
    pub fn servers_in(&self, room_id: &RoomId) -> impl Iterator<Item = &ServerName> {
        self.rooms.get(room_id).into_iter().flat_map(Hosted::servers)
    }

    /// A user's view of a room.
    pub fn view(&self, user: &UserId, room_id: &RoomId) -> Option<&View> {
        self.users.get(user)?.rooms.get(room_id)
    }

    /// How many requests were sent and are not answered.
    pub fn awaits(&self) -> usize {
        self.awaited.len()
    }

    pub(crate) fn version(&self, name: &str) -> Option<Arc<RoomVersion>> {
        self.versions.get(name).cloned()
    }

    /// Whether it takes no JSON that has a key twice. A request need not say which room version it
    /// is about, so that one version that asks for this is enough.
    pub(crate) fn forbids_duplicate_keys(&self) -> bool {
        let mut versions = self.versions.values();
        versions.any(|version| version.readings.duplicate_keys == DuplicateKeys::Error)
    }

    pub(crate) fn is_local(&self, user: &UserId) -> bool {
        user.domain() == self.name.as_str()
    }
}

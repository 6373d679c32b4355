//! Playing a script of a network.

use std::collections::BTreeMap;
use std::sync::Arc;

use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::SigningKey;
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_homeserver::{
    Action, Body, Done, Homeserver, Message, Network, Request, Response, Settings, SignatureError,
    Specification, sign_request,
};
use exeunt_laws::NetworkHistory;
use exeunt_room::Room;
use exeunt_version::RoomVersion;

use super::tamper;
use super::{Manner, NetworkOp, NetworkScript, NetworkSetup};

/// The time at which networks begin, in milliseconds since the epoch.
const FIRST_TIME: i64 = 1_700_000_000_000;

/// How many messages arrive after the last step before they are said to have no end.
const MOST: usize = 4_000;

/// The name of the rogue server.
const ROGUE: &str = "evil";

/// Plays a script in a room version. The same script gives the same history.
pub fn play_network(version: &RoomVersion, script: &NetworkScript) -> NetworkHistory {
    let mut game = Game::new(version, &script.setup);
    game.set_up(&script.setup);
    for step in &script.steps {
        game.step(*step);
    }
    game.end(script.setup.settles);
    game.history
}

/// A network while the script is played.
#[derive(Debug)]
pub(super) struct Game {
    pub(super) history: NetworkHistory,
    pub(super) servers: Vec<ServerName>,
    /// Two of each server, in their order.
    pub(super) users: Vec<UserId>,
    pub(super) rogue: Option<ServerName>,
    /// In the order in which they were created.
    pub(super) rooms: Vec<RoomId>,
    /// Whom requests do not reach.
    unreached: Option<usize>,
    /// Bit by bit, on which side of a cut network a server is.
    sides: u16,
    /// What the next template says instead.
    template: Option<(u16, u16)>,
    /// How old the state is that the next answer to a join has, and what it leaves out.
    stale: Option<(u16, u16)>,
    /// The number of the next message that no server sent.
    next: u64,
}

impl Game {
    fn new(version: &RoomVersion, setup: &NetworkSetup) -> Self {
        let count = setup.servers.clamp(2, 8);
        let name = |number: u16| {
            let is_rogue = setup.has_rogue && number + 1 == count;
            if is_rogue { ROGUE.to_owned() } else { format!("hs{}", number + 1) }
        };
        let names: Vec<String> = (0..count).map(name).collect();
        let mut network = Network::new(FIRST_TIME + i64::from(setup.salt));
        let mut keys = BTreeMap::new();
        for (at, name) in names.iter().enumerate() {
            let manner = setup.manners.get(at % setup.manners.len().max(1)).copied();
            let settings = settings(manner.unwrap_or_default());
            if let Some(mut server) = Homeserver::new(key(name), settings) {
                server.support(versions(version));
                keys.insert(server.name().clone(), key(name));
                network.add(server);
            }
        }
        let servers: Vec<ServerName> =
            names.iter().map(|it| ServerName::from_received(it)).collect();
        let ids = names.iter().flat_map(|name| ["a", "b"].map(|user| format!("@{user}:{name}")));
        let users = ids.filter_map(|id| UserId::parse(&id).ok()).collect();
        let mut history = NetworkHistory::new(version.clone(), Arc::new(keys), network);
        let rogue = servers.last().filter(|_| setup.has_rogue).cloned();
        history.rogues.extend(rogue.clone());
        Self {
            history,
            servers,
            users,
            rogue,
            rooms: Vec::new(),
            unreached: None,
            sides: 0,
            template: None,
            stale: None,
            next: 1 << 40,
        }
    }

    /// The room, and who is in it.
    fn set_up(&mut self, setup: &NetworkSetup) {
        self.create(0, setup.join_rule, 0);
        let Some(room_id) = self.rooms.first().cloned() else { return };
        for at in (1..self.servers.len()).filter(|at| setup.joined >> (at % 16) & 1 == 1) {
            let Some(user) = self.users.get(2 * at).cloned() else { continue };
            if !self.lets_everybody_in(&room_id) {
                let target = user.clone();
                let invite = Action::Invite { room_id: room_id.clone(), target, reason: None };
                if let Some(creator) = self.users.first().cloned() {
                    self.act(&creator, invite);
                }
                self.arrive_in_order(MOST);
            }
            let via = self.servers.first().cloned().into_iter().collect();
            self.act(&user, Action::Join { room_id: room_id.clone(), via });
            self.arrive_in_order(MOST);
        }
    }

    fn step(&mut self, op: NetworkOp) {
        match op {
            NetworkOp::Deliver { at } => {
                if let Some(at) = self.place(at) {
                    self.arrive(at);
                }
            }
            NetworkOp::Settle { count } => self.arrive_in_order(count.into()),
            NetworkOp::Lose { at } => {
                if let Some(at) = self.place(at) {
                    self.history.lose(at);
                }
            }
            NetworkOp::Repeat { at } => {
                if let Some(at) = self.place(at) {
                    self.history.repeat(at);
                }
            }
            NetworkOp::Pass { time } => self.history.pass(time.into()),
            NetworkOp::Cut { sides } => self.sides = sides,
            NetworkOp::Unreach { server } => {
                self.unreached = Some(usize::from(server) % self.servers.len());
            }
            NetworkOp::Heal {} => self.heal(),
            NetworkOp::Restart { server } => {
                let name = self.server(server);
                self.history.restart(&name);
            }
            NetworkOp::Template { field, value } => self.template = Some((field, value)),
            NetworkOp::Stale { back, without } => self.stale = Some((back, without)),
            NetworkOp::Status { at, .. }
            | NetworkOp::Garble { at, .. }
            | NetworkOp::Change { at, .. }
            | NetworkOp::Path { at, .. }
            | NetworkOp::Header { at, .. } => self.tamper(at, op),
            NetworkOp::Stranger { .. } => self.ask_as_stranger(op),
            NetworkOp::Submit { .. } => self.submit(op),
            NetworkOp::Event { .. } => self.send_by_hand(op),
            other => self.act_as_told(other),
        }
    }

    /// Lets everything arrive, and what follows from that; and lets everybody say something.
    fn end(&mut self, settles: bool) {
        self.heal();
        self.come_to_rest();
        if !settles {
            return;
        }
        let rooms = self.rooms.clone();
        // Twice, as what the first of them says cannot refer to what the last knows.
        for room_id in rooms.iter().chain(&rooms) {
            for at in 0..self.servers.len() {
                let users = self.users.get(2 * at..2 * at + 2).unwrap_or_default();
                let joined = users.iter().find(|user| self.relation(user, room_id) == "join");
                if let Some(user) = joined.cloned() {
                    let content = Object::from_iter([("body", "here")]);
                    self.act(
                        &user,
                        Action::Send {
                            room_id: room_id.clone(),
                            event_type: "m.room.message".to_owned(),
                            state_key: None,
                            content,
                        },
                    );
                    self.come_to_rest();
                }
            }
        }
        self.history.is_settled = true;
    }

    fn heal(&mut self) {
        self.sides = 0;
        self.unreached = None;
    }

    fn come_to_rest(&mut self) {
        for _ in 0..MOST {
            if !self.arrive(0) {
                self.history.pass(1);
                if self.network().in_flight().is_empty() {
                    return;
                }
            }
        }
    }

    pub(super) fn network(&self) -> &Network {
        self.history.network()
    }

    pub(super) fn server(&self, at: u16) -> ServerName {
        self.servers[usize::from(at) % self.servers.len()].clone()
    }

    pub(super) fn room_id(&self, at: u16) -> Option<RoomId> {
        let at = usize::from(at).checked_rem(self.rooms.len())?;
        self.rooms.get(at).cloned()
    }

    /// The room as a server has it that is in it, the one of that place if it is.
    pub(super) fn room(&self, room_id: &RoomId, at: usize) -> Option<&Room> {
        let network = self.network();
        let place = self.servers.iter().skip(at).chain(self.servers.iter().take(at));
        let servers = place.filter_map(|name| network.server(name));
        let mut rooms = servers.filter_map(|server| server.room(room_id));
        rooms.next()
    }

    pub(super) fn place(&self, at: u16) -> Option<usize> {
        usize::from(at).checked_rem(self.network().in_flight().len())
    }

    pub(super) fn act(&mut self, user: &UserId, action: Action) {
        let is_create = matches!(action, Action::Create { .. });
        let id = self.history.act(user, action);
        let outcome = id.and_then(|id| self.network().outcome(id));
        if let Some(Ok(Done::Sent { room_id, .. })) = outcome.filter(|_| is_create) {
            let room_id = room_id.clone();
            self.rooms.push(room_id);
        }
    }

    /// The message arrives, unless the network is cut there; `false` if there is none.
    pub(super) fn arrive(&mut self, at: usize) -> bool {
        let Some(message) = self.network().in_flight().get(at).cloned() else { return false };
        if self.is_cut_off(&message) {
            return self.history.lose(at);
        }
        if let Body::Answer(Some(answer)) = &message.body {
            let of_template =
                self.template.and_then(|(field, value)| tamper::template(answer, field, value));
            let of_join = || {
                let (back, without) = self.stale?;
                self.with_stale_state(&message, answer, back, without)
            };
            if let Some(answer) = of_template {
                self.template = None;
                let body = Body::Answer(Some(answer));
                self.history.falsify(at, Message { body, ..message });
            } else if let Some(answer) = of_join() {
                self.stale = None;
                let body = Body::Answer(Some(answer));
                self.history.falsify(at, Message { body, ..message });
            }
        }
        self.history.deliver(at)
    }

    fn arrive_in_order(&mut self, most: usize) {
        for _ in 0..most {
            if !self.arrive(0) {
                return;
            }
        }
    }

    /// A message that arrives before everything else.
    pub(super) fn send_at_once(&mut self, from: ServerName, to: ServerName, request: Request) {
        self.next += 1;
        let id = self.next;
        self.history.forge(Message { from, to, id, body: Body::Request(request) });
        self.history.deliver(self.network().in_flight().len() - 1);
    }

    pub(super) fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn is_cut_off(&self, message: &Message) -> bool {
        if message.body == Body::Answer(None) {
            return false;
        }
        let place = |name| self.servers.iter().position(|known| known == name);
        let (Some(from), Some(to)) = (place(&message.from), place(&message.to)) else {
            return false;
        };
        let side = |at: usize| self.sides >> (at % 16) & 1;
        let is_request = matches!(message.body, Body::Request(_));
        side(from) != side(to) || is_request && self.unreached == Some(to)
    }

    /// The request with its sender's signature, if its body is JSON.
    pub(super) fn signed(&self, from: &ServerName, to: &ServerName, request: Request) -> Request {
        let content = request.object();
        let Some(key) = self.history.keys.get(from) else { return request };
        if request.body.is_some() && content.is_none() {
            return request;
        }
        let features = Specification::LATEST.features();
        let (method, uri) = (&request.method, &request.uri);
        sign_request(method, uri, to, content.as_ref(), key, features)
    }

    fn tamper(&mut self, at: u16, op: NetworkOp) {
        let Some(at) = self.place(at) else { return };
        let Some(message) = self.network().in_flight().get(at).cloned() else { return };
        let body = match &message.body {
            Body::Request(request) => {
                let (request, is_signed) = tamper::request(request, op);
                Body::Request(if is_signed {
                    self.signed(&message.from, &message.to, request)
                } else {
                    request
                })
            }
            Body::Answer(Some(answer)) => match tamper::answer(answer, op) {
                Some(answer) => Body::Answer(Some(answer)),
                None => return,
            },
            Body::Answer(None) => return,
        };
        if body != message.body {
            self.history.falsify(at, Message { body, ..message });
        }
    }

    /// The answer to a join, with the state of so many events ago, without some of its entries.
    fn with_stale_state(
        &self,
        message: &Message,
        answer: &Response,
        back: u16,
        without: u16,
    ) -> Option<Response> {
        let mut object = answer.object()?;
        let pair = match object.get("state") {
            Some(Value::Array(_)) if object.contains_key("auth_chain") => object.get("event"),
            _ => None,
        };
        let event = pair.and_then(Value::as_object);
        let room_id = match event.and_then(|event| event.get("room_id")) {
            Some(room_id) => RoomId::from_received(room_id.as_str()?),
            None => self.rooms.first()?.clone(),
        };
        let room = self.network().server(&message.from)?.room(&room_id)?;
        let dag = room.dag();
        let known: Vec<_> = dag.events().collect();
        let at = known.len().checked_sub(1 + usize::from(back) % known.len().max(1))?;
        let state = dag.get(*known.get(at)?)?.state_after()?;
        let ids = room.event_ids(state).into_iter().enumerate();
        let kept = ids.filter(|(at, _)| *at == 0 || without >> (at % 16) & 1 == 0);
        let events = kept.filter_map(|(_, id)| room.event(id));
        let events = events.map(|event| Value::Object(event.object().into_owned()));
        object.insert("state", Value::Array(events.collect()));
        let response = Response { status: answer.status, ..Response::ok(&object) };
        (response != *answer).then_some(response)
    }

    /// A user's relation to a room, as their server sees it; empty if there is none.
    pub(super) fn relation(&self, user: &UserId, room_id: &RoomId) -> &'static str {
        let server = self.network().server(&user.server_name());
        let view = server.and_then(|server| server.view(user, room_id));
        view.map_or("", |view| view.status.as_str())
    }
}

/// The versions that servers know: the specified ones, with the readings of the history's, and that.
fn versions(version: &RoomVersion) -> impl Iterator<Item = RoomVersion> {
    let readings = version.readings;
    RoomVersion::all().map(move |it| it.with_readings(readings)).chain([version.clone()])
}

/// A key that follows from the server's name.
fn key(server: &str) -> SigningKey {
    let seed = server.bytes().fold(0_u8, u8::wrapping_add);
    SigningKey::from_seed(server, "ed25519:1", &[seed; 32])
}

fn settings(manner: Manner) -> Settings {
    let releases = Specification::all().collect::<Vec<_>>();
    let at = usize::from(manner.specification.max(1) - 1) % releases.len();
    Settings {
        specification: releases[at],
        forget_upon_leave: manner.forgets,
        check_every_invite_state: manner.is_strict,
        signature_error: if manner.has_invalid_signature {
            SignatureError::InvalidSignature
        } else {
            SignatureError::InvalidParam
        },
    }
}

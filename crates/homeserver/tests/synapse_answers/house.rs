//! Servers `hs1`, `hs2` and `hs3`. `alice` of `hs1` has rooms; `eve` of `hs2` and `mallory` of
//! `hs3` want something of them. The tests hold the keys of `hs2` and `hs3`, and ask in their name.

use exeunt_event::json::{Object, Value, parse_any, parse_lenient};
use exeunt_event::redaction::redact;
use exeunt_event::signatures::{SigningKey, hash_and_sign, sign_json};
use exeunt_event::{EventId, RoomId, ServerName, UserId, base64, hashes};
use exeunt_homeserver::{
    Action, Body, Denial, Done, Homeserver, Message, Network, Request, Response, Settings, XMatrix,
    percent_encode,
};
use exeunt_room::{Fingerprint, Room};
use exeunt_version::{EventIds, RoomIds, RoomVersion};

pub(crate) const ALICE: &str = "@alice:hs1";
pub(crate) const EVE: &str = "@eve:hs2";
pub(crate) const MALLORY: &str = "@mallory:hs3";
pub(crate) const HS1: &str = "hs1";
pub(crate) const HS2: &str = "hs2";
pub(crate) const HS3: &str = "hs3";

const NOW: i64 = 1_700_000_000_000;
/// No server gives a request of its own this number.
const ASKED: u64 = u64::MAX;

/// Status and `errcode`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) errcode: Option<String>,
}

impl Answer {
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.errcode.as_deref() == Some(code)
    }
}

impl From<&Response> for Answer {
    fn from(response: &Response) -> Self {
        Self { status: response.status, errcode: response.errcode() }
    }
}

/// What a client is told of an action, as an answer.
pub(crate) fn outcome(outcome: &Result<Done, Denial>) -> Answer {
    match outcome {
        Ok(_) => Answer { status: 200, errcode: None },
        Err(Denial::Refused(refusal)) => (&Response::from(refusal.clone())).into(),
        Err(denial) => panic!("{denial}"),
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.errcode {
            Some(errcode) => write!(f, "{} `{errcode}`", self.status),
            None => write!(f, "{}", self.status),
        }
    }
}

/// A key that the test signs with. `wrong` is of the same name, and is not the server's.
pub(crate) fn key(server: &str) -> SigningKey {
    SigningKey::from_seed(server, "ed25519:1", &[server.as_bytes()[2]; 32])
}

pub(crate) fn wrong_key(server: &str) -> SigningKey {
    SigningKey::from_seed(server, "ed25519:1", &[0; 32])
}

pub(crate) fn unknown_key(server: &str) -> SigningKey {
    SigningKey::from_seed(server, "ed25519:unknown", &[0; 32])
}

fn name(server: &str) -> ServerName {
    ServerName::parse(server).unwrap()
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub(crate) fn json(text: &str) -> Value<'static> {
    parse_any(text.as_bytes()).unwrap().value.into_owned()
}

pub(crate) fn object(text: &str) -> Object<'static> {
    json(text).as_object().unwrap().clone()
}

/// Three servers and alice's rooms, in one room version.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) network: Network,
    pub(crate) version: RoomVersion,
    /// Alice's room that is entered by invite.
    pub(crate) closed: RoomId,
    /// Alice's public room.
    pub(crate) open: RoomId,
}

impl Scene {
    pub(crate) fn new(version: &str, settings: Settings) -> Self {
        let mut network = Network::new(NOW);
        for server in [HS1, HS2, HS3] {
            network.add(Homeserver::new(key(server), settings).unwrap());
        }
        let version = RoomVersion::specified(version).unwrap();
        let nowhere = RoomId::parse("!nowhere:hs1").unwrap();
        let mut scene = Self { network, version, closed: nowhere.clone(), open: nowhere };
        scene.closed = scene.room(ALICE, "!closed:hs1", "invite");
        scene.open = scene.room(ALICE, "!open:hs1", "public");
        scene
    }

    /// A new room of a user, with a join rule.
    pub(crate) fn room(&mut self, creator: &str, room_id: &str, join_rule: &str) -> RoomId {
        let rule = object(&format!(r#"{{"join_rule": "{join_rule}"}}"#));
        let action = Action::Create {
            room_id: RoomId::parse(room_id).unwrap(),
            room_version: self.version.id().to_owned(),
            content: Object::new(),
            initial_state: vec![("m.room.join_rules".to_owned(), String::new(), rule)],
        };
        match self.act(creator, action) {
            Done::Sent { room_id, .. } => room_id,
            done => panic!("{done:?}"),
        }
    }

    /// A user does something, which succeeds.
    pub(crate) fn act(&mut self, who: &str, action: Action) -> Done {
        let id = self.network.act(&user(who), action).unwrap();
        self.settle();
        self.network.outcome(id).unwrap().clone().unwrap()
    }

    fn settle(&mut self) {
        self.network.settle(10_000);
        self.network.pass(1);
        self.network.settle(10_000);
    }

    /// Alice invites somebody.
    pub(crate) fn invite(&mut self, room_id: &RoomId, target: &str) {
        let (room_id, target) = (room_id.clone(), user(target));
        self.act(ALICE, Action::Invite { room_id, target, reason: None });
    }

    /// Somebody of another server joins.
    pub(crate) fn join(&mut self, room_id: &RoomId, who: &str) {
        let (room_id, via) = (room_id.clone(), vec![name(HS1)]);
        self.act(who, Action::Join { room_id, via });
    }

    pub(crate) fn knock(&mut self, room_id: &RoomId, who: &str) {
        let (room_id, via) = (room_id.clone(), vec![name(HS1)]);
        self.act(who, Action::Knock { room_id, via, reason: None });
    }

    pub(crate) fn leave(&mut self, room_id: &RoomId, who: &str) {
        self.act(who, Action::Leave { room_id: room_id.clone(), reason: None });
    }

    /// Alice takes somebody out of the room, or an invite back.
    pub(crate) fn kick(&mut self, room_id: &RoomId, target: &str) {
        let (room_id, target) = (room_id.clone(), user(target));
        self.act(ALICE, Action::Kick { room_id, target, reason: None });
    }

    pub(crate) fn ban(&mut self, room_id: &RoomId, target: &str) {
        let (room_id, target) = (room_id.clone(), user(target));
        self.act(ALICE, Action::Ban { room_id, target, reason: None });
    }

    /// Alice's server ACL denies `hs2`.
    pub(crate) fn deny(&mut self, room_id: &RoomId) {
        let content = object(r#"{"allow": ["*"], "deny": ["hs2"], "allow_ip_literals": true}"#);
        let (room_id, state_key) = (room_id.clone(), Some(String::new()));
        let event_type = "m.room.server_acl".to_owned();
        self.act(ALICE, Action::Send { room_id, event_type, state_key, content });
    }

    /// `hs1` gets a request in the name of a server, and answers. A refusal has the form that errors
    /// have, and changes no room.
    pub(crate) fn ask(&mut self, server: &str, request: Request) -> Response {
        let before = self.rooms();
        let response = self.deliver(server, request);
        if response.status != 200 {
            check_error(&response);
            assert!(before == self.rooms(), "a request that is refused changed a room");
        }
        self.settle();
        response
    }

    /// What `hs1` has of its rooms.
    fn rooms(&self) -> Vec<Fingerprint> {
        let server = self.network.server(&name(HS1)).unwrap();
        server.rooms().map(|(_, room)| room.fingerprint()).collect()
    }

    fn deliver(&mut self, server: &str, request: Request) -> Response {
        let (from, to) = (name(server), name(HS1));
        self.network.inject(Message { from, to, id: ASKED, body: Body::Request(request) });
        self.network.deliver(self.network.in_flight().len() - 1).unwrap();
        let is_it = |message: &Message| {
            message.id == ASKED && matches!(message.body, Body::Answer(Some(_)))
        };
        let at = self.network.in_flight().iter().position(is_it).unwrap();
        match self.network.deliver(at).unwrap().body {
            Body::Answer(Some(response)) => response,
            body => panic!("{body:?}"),
        }
    }

    /// `GET v1/make_{leave,join,knock}` by the user's own server.
    pub(crate) fn make(&mut self, kind: &str, room_id: &RoomId, who: &str) -> Answer {
        let uri = self.make_uri(kind, room_id.as_str(), who);
        let server = user(who).server_name();
        (&self.ask(server.as_str(), signed("GET", &uri, None, &key(server.as_str())))).into()
    }

    /// Path and query of that. Joins and knocks list the room's own version.
    pub(crate) fn make_uri(&self, kind: &str, room_id: &str, who: &str) -> String {
        let query = match kind {
            "leave" => String::new(),
            _ => format!("?ver={}", self.version.id()),
        };
        let (room_id, who) = (percent_encode(room_id), percent_encode(who));
        format!("/_matrix/federation/v1/make_{kind}/{room_id}/{who}{query}")
    }

    /// The template that `hs1` gives, made an event, neither hashed nor signed.
    pub(crate) fn template(&mut self, kind: &str, room_id: &RoomId, who: &str) -> Object<'static> {
        let uri = self.make_uri(kind, room_id.as_str(), who);
        let server = user(who).server_name();
        let request = signed("GET", &uri, None, &key(server.as_str()));
        let response = self.ask(server.as_str(), request);
        assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
        let answer = object(std::str::from_utf8(&response.body).unwrap());
        let mut event = answer.get("event").unwrap().as_object().unwrap().clone();
        event.insert("origin", server.to_string());
        self.name_event(&mut event, server.as_str());
        event
    }

    /// In room versions 1 and 2 an event has an ID of its own.
    fn name_event(&self, event: &mut Object<'static>, server: &str) {
        if self.version.capabilities.event_ids == EventIds::Sent {
            event.insert("event_id", format!("$made-up:{server}"));
        }
    }

    /// A membership on top of a room as a server has it, neither hashed nor signed. Nobody asks
    /// whether the rules allow it.
    pub(crate) fn member(
        &self,
        at: &str,
        room_id: &RoomId,
        (sender, target): (&str, &str),
        membership: &str,
    ) -> Object<'static> {
        let room = self.network.server(&name(at)).unwrap().room(room_id).unwrap();
        let mut event = Object::new();
        let sender_id = user(sender);
        event.insert("room_id", room_id.to_string());
        event.insert("type", "m.room.member");
        event.insert("sender", sender.to_owned());
        event.insert("origin", sender_id.domain().to_owned());
        event.insert("state_key", target.to_owned());
        event.insert("origin_server_ts", self.network.now());
        event.insert("content", object(&format!(r#"{{"membership": "{membership}"}}"#)));
        let latest = room.forward_extremities();
        let depth = latest.iter().map(|id| room.event(id).unwrap().depth()).max();
        event.insert("depth", depth.unwrap_or(0) + 1);
        let latest: Vec<_> = latest.into_iter().cloned().collect();
        event.insert("prev_events", self.references(room, &latest));
        let mut cited = Vec::new();
        if self.version.capabilities.room_ids != RoomIds::CreateEvent {
            cited.extend(entry(room, "m.room.create", ""));
        }
        cited.extend(entry(room, "m.room.power_levels", ""));
        cited.extend(entry(room, "m.room.member", sender));
        if sender != target {
            cited.extend(entry(room, "m.room.member", target));
        }
        if matches!(membership, "join" | "invite" | "knock") {
            cited.extend(entry(room, "m.room.join_rules", ""));
        }
        event.insert("auth_events", self.references(room, &cited));
        self.name_event(&mut event, sender_id.domain());
        event
    }

    /// References to events, as the room version has them.
    fn references(&self, room: &Room, ids: &[EventId]) -> Value<'static> {
        let reference = |id: &EventId| {
            let text = Value::from(id.to_string());
            if self.version.capabilities.event_ids != EventIds::Sent {
                return text;
            }
            let event = room.event(id).unwrap();
            let hash = base64::encode(hashes::reference_hash(&event.object(), &self.version));
            Value::Array(vec![text, Value::Object(Object::from_iter([("sha256", hash)]))])
        };
        Value::Array(ids.iter().map(reference).collect())
    }

    /// A reference to an event that nobody has.
    pub(crate) fn unknown_event(&self) -> Value<'static> {
        let reference = match self.version.capabilities.event_ids {
            EventIds::Sent => json(r#"["$unknown:hs1", {"sha256": ""}]"#),
            _ => Value::from(format!("${}", "A".repeat(43))),
        };
        Value::Array(vec![reference])
    }

    /// The full PDUs of the current state of a room as a server has it.
    pub(crate) fn state(&self, at: &str, room_id: &RoomId) -> Vec<Object<'static>> {
        let room = self.network.server(&name(at)).unwrap().room(room_id).unwrap();
        let entries = room.entries(room.current_state());
        entries.map(|(_, _, id)| room.event(id).unwrap().object().into_owned()).collect()
    }

    /// The membership of a user in the current state of a room at `hs1`.
    pub(crate) fn membership(&self, room_id: &RoomId, who: &str) -> Option<String> {
        let room = self.network.server(&name(HS1)).unwrap().room(room_id)?;
        let event = room.event(&entry(room, "m.room.member", who)?)?;
        let event = event.object();
        let content = event.get("content")?.as_object()?;
        Some(content.get("membership")?.as_str()?.to_owned())
    }

    /// Hashes and signs an event as a server does.
    pub(crate) fn hash_and_sign(&self, event: &mut Object<'static>, key: &SigningKey) {
        hash_and_sign(event, key, &self.version);
    }

    /// Signs an event with the hash that it has.
    pub(crate) fn sign_as_it_is(&self, event: &mut Object<'static>, key: &SigningKey) {
        let mut redacted = redact(event, &self.version);
        redacted.remove("signatures");
        sign_json(&mut redacted, key);
        let signatures = redacted.remove("signatures").unwrap();
        event.insert("signatures", signatures);
    }

    /// The ID of an event, even if it is malformed.
    pub(crate) fn event_id(&self, event: &Object<'_>) -> String {
        match self.version.capabilities.event_ids {
            EventIds::Sent => event.get("event_id").unwrap().as_str().unwrap().to_owned(),
            form => {
                let hash = hashes::reference_hash(event, &self.version);
                EventId::from_reference_hash(&hash, form).to_string()
            }
        }
    }

    /// An event is sent to `PUT …/{endpoint}/{room_id}/{event_id}` by `hs2`, with its own ID.
    pub(crate) fn send(&mut self, endpoint: &str, room_id: &RoomId, event: &Object<'_>) -> Answer {
        let uri = uri(endpoint, room_id.as_str(), &self.event_id(event));
        self.put(&uri, event.as_received().into_bytes())
    }

    /// Puts bytes in the name of `hs2`.
    pub(crate) fn put(&mut self, uri: &str, body: Vec<u8>) -> Answer {
        (&self.ask(HS2, signed("PUT", uri, Some(body), &key(HS2)))).into()
    }
}

/// "The keys `error` and `errcode` MUST always be present", and `room_version` with one of the codes.
fn check_error(response: &Response) {
    let error = object(std::str::from_utf8(&response.body).unwrap());
    let is_text = |key| error.get(key).and_then(Value::as_str).is_some();
    assert!(is_text("error") && is_text("errcode"), "{error:?}");
    let is_incompatible = response.errcode().as_deref() == Some("M_INCOMPATIBLE_ROOM_VERSION");
    assert_eq!(is_text("room_version"), is_incompatible, "{error:?}");
}

fn entry(room: &Room, event_type: &str, state_key: &str) -> Option<EventId> {
    let mut entries = room.entries(room.current_state());
    let is_it = |(kind, key): (&str, &str)| kind == event_type && key == state_key;
    entries.find(|(kind, key, _)| is_it((kind.as_str(), key))).map(|(_, _, id)| id.clone())
}

/// `/_matrix/federation/{endpoint}/{room_id}/{event_id}`, where the endpoint may have a query.
pub(crate) fn uri(endpoint: &str, room_id: &str, event_id: &str) -> String {
    let (endpoint, query) = match endpoint.split_once('?') {
        Some((endpoint, query)) => (endpoint, format!("?{query}")),
        None => (endpoint, String::new()),
    };
    format!(
        "/_matrix/federation/{endpoint}/{}/{}{query}",
        percent_encode(room_id),
        percent_encode(event_id)
    )
}

/// What the header of a request says that is signed over that method, path and content.
pub(crate) fn header(method: &str, uri: &str, body: Option<&[u8]>, key: &SigningKey) -> XMatrix {
    let mut signed = Object::new();
    signed.insert("method", method);
    signed.insert("uri", uri);
    signed.insert("origin", key.server());
    signed.insert("destination", HS1);
    // What is not JSON cannot be signed.
    if let Some(content) = body.and_then(|body| parse_lenient(body).ok()) {
        signed.insert("content", content.value);
    }
    sign_json(&mut signed, key);
    let signatures = signed.get("signatures").unwrap().as_object().unwrap();
    let of_server = signatures.get(key.server()).unwrap().as_object().unwrap();
    XMatrix {
        origin: key.server().to_owned(),
        destination: Some(HS1.to_owned()),
        key: key.key_id().to_owned(),
        sig: of_server.get(key.key_id()).unwrap().as_str().unwrap().to_owned(),
    }
}

/// A request with one `Authorization` header, or none.
pub(crate) fn request(
    method: &str,
    uri: &str,
    body: Option<Vec<u8>>,
    authorization: Option<String>,
) -> Request {
    let authorization = authorization.into_iter().collect();
    Request { method: method.to_owned(), uri: uri.to_owned(), authorization, body }
}

/// A request as a server of that key makes it.
pub(crate) fn signed(method: &str, uri: &str, body: Option<Vec<u8>>, key: &SigningKey) -> Request {
    let header = header(method, uri, body.as_deref(), key).to_header();
    request(method, uri, body, Some(header))
}

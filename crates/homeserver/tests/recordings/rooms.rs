//! Every membership of other servers' users in the recorded rooms, asked for and submitted again with
//! its real signature, in room versions 1, 3, 4, 6, 8, 9, 10 and 12.
//!
//! The servers' real keys are known for the signatures on events. Requests, which nobody recorded,
//! are signed with keys of the test's own.

use std::collections::BTreeSet;

use exeunt_event::json::Object;
use exeunt_event::signatures::{Keys, SigningKey, hash_and_sign};
use exeunt_event::{Event, EventId, RoomId, UserId};
use exeunt_homeserver::{
    Action, Homeserver, Input, Request, Settings, Specification, sign_request,
};
use exeunt_recordings::{Expected, room};
use exeunt_room::{Context, Input as RoomInput, Outcome, Room, Standing};
use exeunt_version::{RoomIds, RoomVersion};
use serde_json::{Value, json};

use crate::replay::{ask, body, object, published, server_name, user};

pub(crate) const VERSIONS: [&str; 8] = ["1", "3", "4", "6", "8", "9", "10", "12"];
pub(crate) const HOST: &str = "127.0.11.1:8448";

pub(crate) fn key(server: &str) -> SigningKey {
    let number: u8 = server["127.0.11.".len()..].split(':').next().unwrap().parse().unwrap();
    SigningKey::from_seed(server, "ed25519:test", &[number; 32])
}

fn request(from: &str, method: &str, uri: &str, content: Option<&Object<'_>>) -> Request {
    request_to(HOST, from, (method, uri), content)
}

fn request_to(
    to: &str,
    from: &str,
    (method, uri): (&str, &str),
    content: Option<&Object<'_>>,
) -> Request {
    let features = Specification::LATEST.features();
    sign_request(method, uri, &server_name(to), content, &key(from), features)
}

/// The recorded invite, as its sender's server asks for a signature.
pub(crate) fn invite_request(
    to: &str,
    invite: &Event,
    (create, version): (&Event, &RoomVersion),
) -> Request {
    let mut content = Object::new();
    content.insert("room_version", version.id().to_owned());
    content.insert("event", invite.object().into_owned());
    let told = exeunt_event::json::Value::Array(vec![create.object().into_owned().into()]);
    content.insert("invite_room_state", told);
    let (room_id, id) = (invite.room_id(), encoded(invite.event_id()));
    let uri = format!("/_matrix/federation/v2/invite/{room_id}/{id}");
    request_to(to, &server_of(invite.sender()), ("PUT", &uri), Some(&content))
}

pub(crate) struct Line {
    pub(crate) event: Event,
    pub(crate) content: Value,
    pub(crate) expected: Expected,
}

/// A recorded room, as the server that made it recorded it.
pub(crate) struct Recorded {
    pub(crate) version: RoomVersion,
    /// In the order of first arrival.
    pub(crate) lines: Vec<Line>,
    pub(crate) keys: Keys,
    /// The server that hosts the room, without it.
    pub(crate) server: Homeserver,
}

impl Recorded {
    /// A room whose events stand in one line, in that order.
    pub(crate) fn in_line(id: &str) -> Self {
        let mut recorded = Self::read(id, "leaving");
        recorded.lines.sort_by_key(|line| line.event.depth());
        for pair in recorded.lines.windows(2) {
            assert_eq!(pair[1].event.prev_events(), [pair[0].event.event_id().clone()]);
        }
        recorded
    }

    pub(crate) fn read(id: &str, kind: &str) -> Self {
        let recording = room(&format!("{id}-{kind}"));
        let version = RoomVersion::specified(id).unwrap();
        let lines = recording.lines().into_iter().zip(recording.expected());
        let line = |(line, expected): (Vec<u8>, Expected)| {
            let value: Value = serde_json::from_slice(&line).unwrap();
            let event = Event::parse(&line, &version).unwrap();
            assert_eq!(event.event_id().as_str(), expected.event_id);
            Line { event, content: value["content"].clone(), expected }
        };
        let lines = lines.map(line).collect();
        let answers = object(&recording.keys());
        let mut keys = Keys::from_server_answers(&answers, &version).unwrap();
        for number in 1..=4 {
            let key = key(&format!("127.0.11.{number}:8448"));
            keys.insert(key.server(), key.key_id(), published(&key));
        }
        let server = Homeserver::new(key(HOST), Settings::default()).unwrap();
        let server = server.step(0, Input::Keys(keys.clone())).0;
        Self { version, lines, keys, server }
    }

    fn context(&self) -> Context<'_> {
        Context { keys: Some(&self.keys) }
    }

    /// The rooms before each line and after the last, and whether each line was refused.
    pub(crate) fn folded(&self) -> (Vec<Room>, Vec<bool>) {
        let mut room = Room::new(self.version.clone());
        let (mut rooms, mut refused) = (vec![room.clone()], Vec::new());
        for line in &self.lines {
            let input = RoomInput::Pdu(line.event.shared_text().into());
            let outcome = room.take(&input, self.context()).outcome;
            refused.push(matches!(
                outcome,
                Outcome::Dropped(_) | Outcome::Decided(Standing::Rejected(_))
            ));
            rooms.push(room.clone());
        }
        (rooms, refused)
    }
}

pub(crate) fn state(room: &Room) -> Vec<String> {
    room.event_ids(room.current_state()).iter().map(ToString::to_string).collect()
}

pub(crate) fn server_of(user: &UserId) -> String {
    user.server_name().to_string()
}

/// The room that the join rules name, with those who joined by it: nobody recorded it. It is made
/// with its ID, which in room version 12 cannot be made.
fn with_condition(recorded: &Recorded) -> Option<Homeserver> {
    if recorded.version.capabilities.room_ids == RoomIds::CreateEvent {
        return None;
    }
    let conditions =
        recorded.lines.iter().find_map(|line| line.content["allow"][0]["room_id"].as_str());
    let room_id = RoomId::parse(conditions?).unwrap();
    let public = object(&json!({ "join_rule": "public" }));
    let create = Action::Create {
        room_id: room_id.clone(),
        room_version: "10".to_owned(),
        content: Object::new(),
        initial_state: vec![("m.room.join_rules".to_owned(), String::new(), public)],
    };
    let user = user(&format!("@alice:{HOST}"));
    let (mut server, _) = recorded.server.step(1, Input::Client { id: 1, user, action: create });
    let authorised = |line: &&Line| line.content.get("join_authorised_via_users_server").is_some();
    let joined: BTreeSet<_> =
        recorded.lines.iter().filter(authorised).map(|line| line.event.sender()).collect();
    for user in joined.into_iter().filter(|user| server_of(user) != HOST) {
        let from = server_of(user);
        let uri = format!("/_matrix/federation/v1/make_join/{room_id}/{user}?ver=10");
        let answer = ask(&mut server, 1, request(&from, "GET", &uri, None));
        let mut join = object(&body(&answer.body)["event"]);
        let version = RoomVersion::specified("10").unwrap();
        hash_and_sign(&mut join, &key(&from), &version);
        let id = Event::from_object(&join, &version).unwrap().event_id().clone();
        let uri = format!("/_matrix/federation/v2/send_join/{room_id}/{id}");
        assert_eq!(ask(&mut server, 1, request(&from, "PUT", &uri, Some(&join))).status, 200);
    }
    Some(server)
}

/// How often a membership came in which way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    leaves: usize,
    joins: usize,
    knocks: usize,
    /// Invites, kicks, bans and unbans: they come in a transaction.
    sent: usize,
    /// Invites among them of the hosting server's users, which that server signed before.
    signed: usize,
    /// Joins of version 12 whose condition cannot be had.
    unauthorised: usize,
}

/// The template, and the recorded event field by field.
///
/// Whose authority a restricted join needs is the resident server's choice among its own users: where
/// another server's user gave it, the template cannot be the same.
fn same_template(answer: &Value, line: &Line, version: &RoomVersion) {
    let recorded = line.event.object();
    let recorded: Value = serde_json::from_str(&recorded.as_received()).unwrap();
    let template = &answer["event"];
    assert_eq!(answer["room_version"], version.id());
    for field in ["room_id", "type", "sender", "state_key", "depth", "origin_server_ts"] {
        assert_eq!(template[field], recorded[field], "{field}");
    }
    let authority = "join_authorised_via_users_server";
    assert_eq!(template["content"]["membership"], line.content["membership"]);
    assert_eq!(template["origin"], HOST);
    let ids = |event: &Value, list: &str| -> BTreeSet<String> {
        let list = event[list].as_array().unwrap().iter();
        // In versions 1 and 2 a reference is a pair.
        list.map(|id| id.as_str().or(id[0].as_str()).unwrap().to_owned()).collect()
    };
    assert_eq!(ids(template, "prev_events"), ids(&recorded, "prev_events"));
    let authoriser = line.content.get(authority).and_then(Value::as_str);
    if authoriser.is_some_and(|user| !user.ends_with(HOST)) {
        assert!(template["content"][authority].as_str().unwrap().ends_with(HOST));
        assert_eq!(ids(template, "auth_events").len(), ids(&recorded, "auth_events").len());
        return;
    }
    assert_eq!(template["content"].get(authority), line.content.get(authority));
    assert_eq!(ids(template, "auth_events"), ids(&recorded, "auth_events"));
    let members = template["content"].as_object().unwrap().len();
    assert_eq!(members, 1 + usize::from(authoriser.is_some()));
}

fn replay(recorded: &Recorded, counts: &mut Counts) {
    let version = &recorded.version;
    let base = with_condition(recorded);
    let is_bare = base.is_none();
    let base = base.unwrap_or_else(|| recorded.server.clone());
    for (line, room) in recorded.lines.iter().zip(recorded.folded().0) {
        let (event, sender) = (&line.event, line.event.sender());
        let from = server_of(sender);
        if event.event_type().as_str() != "m.room.member" || from == HOST {
            continue;
        }
        let (id, room_id) = (event.event_id(), event.room_id());
        assert_eq!(room.forward_extremities(), event.prev_events().iter().collect::<Vec<_>>());
        let mut server = base.clone();
        server.host(room).unwrap();
        let now = event.origin_server_ts();
        let name = line.content["membership"].as_str().unwrap();
        let pdu = event.object().into_owned();
        if event.state_key() == Some(sender.as_str()) {
            let ver = version.id();
            let uri = format!("/_matrix/federation/v1/make_{name}/{room_id}/{sender}?ver={ver}");
            let answer = ask(&mut server, now, request(&from, "GET", &uri, None));
            let authoriser = line.content.get("join_authorised_via_users_server");
            if authoriser.is_some() && is_bare {
                assert_eq!(answer.errcode().as_deref(), Some("M_UNABLE_TO_AUTHORISE_JOIN"));
                counts.unauthorised += 1;
            } else {
                assert_eq!(answer.status, 200, "{}", body(&answer.body));
                same_template(&body(&answer.body), line, version);
            }
            let form = if name == "knock" { "v1" } else { "v2" };
            let id = encoded(id);
            let uri = format!("/_matrix/federation/{form}/send_{name}/{room_id}/{id}");
            let answer = ask(&mut server, now, request(&from, "PUT", &uri, Some(&pdu)));
            if authoriser.is_some_and(|user| user.as_str().unwrap().ends_with(HOST)) && is_bare {
                assert_eq!(answer.errcode().as_deref(), Some("M_UNABLE_TO_AUTHORISE_JOIN"));
                continue;
            }
            assert_eq!(answer.status, 200, "{}", body(&answer.body));
            *match name {
                "leave" => &mut counts.leaves,
                "join" => &mut counts.joins,
                _ => &mut counts.knocks,
            } += 1;
        } else {
            if name == "invite" && event.state_key().unwrap().ends_with(HOST) {
                let create = &recorded.lines[0].event;
                signed_as_invite(&mut server, event, (create, version));
                counts.signed += 1;
            }
            assert_eq!(send(&mut server, now, &from, event), json!({}));
            counts.sent += 1;
        }
        let room = server.room(room_id).unwrap();
        assert_eq!(state(room), *line.expected.state_after.as_ref().unwrap(), "{id}");
        assert_eq!(room.forward_extremities(), [id]);
    }
}

/// The server of the invited user signs, and that alone changes nothing in a room that it is in.
fn signed_as_invite(server: &mut Homeserver, event: &Event, of_room: (&Event, &RoomVersion)) {
    let room_id = event.room_id();
    let before = server.room(room_id).unwrap().fingerprint();
    let request = invite_request(HOST, event, of_room);
    let answer = ask(server, event.origin_server_ts(), request);
    let mut answered = body(&answer.body);
    assert_eq!(answer.status, 200, "{answered}");
    let signatures = answered["event"]["signatures"].as_object_mut().unwrap();
    let signed = signatures[HOST].as_object_mut().unwrap().remove("ed25519:test");
    assert!(signed.is_some());
    let recorded: Value = serde_json::from_str(&event.object().as_received()).unwrap();
    assert_eq!(answered["event"], recorded);
    assert_eq!(server.room(room_id).unwrap().fingerprint(), before);
}

/// Event IDs of version 3 have slashes.
fn encoded(id: &EventId) -> String {
    id.as_str().replace('/', "%2F").replace('+', "%2B")
}

/// A transaction of one PDU; what is said of it.
pub(crate) fn send(server: &mut Homeserver, now: i64, from: &str, event: &Event) -> Value {
    let mut content = Object::new();
    content.insert("origin", from.to_owned());
    content.insert("origin_server_ts", now);
    content
        .insert("pdus", exeunt_event::json::Value::Array(vec![event.object().into_owned().into()]));
    let uri = format!("/_matrix/federation/v1/send/{}", encoded(event.event_id()));
    let answer = ask(server, now, request(from, "PUT", &uri, Some(&content)));
    assert_eq!(answer.status, 200);
    let mut told = body(&answer.body);
    let mut told = told["pdus"].take().as_object().cloned().unwrap();
    assert_eq!(told.len(), 1);
    told.remove(event.event_id().as_str()).unwrap()
}

#[test]
fn every_membership_of_other_servers_users_is_asked_for_and_submitted_again() {
    let mut all = Counts::default();
    for version in VERSIONS {
        replay(&Recorded::in_line(version), &mut all);
    }
    let expected =
        Counts { leaves: 132, joins: 118, knocks: 24, sent: 116, signed: 8, unauthorised: 3 };
    assert_eq!(all, expected);
}

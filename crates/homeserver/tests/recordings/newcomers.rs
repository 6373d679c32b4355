//! Our homeserver as one that is not in a recorded room, and whose user joins, knocks, rejects an
//! invite or retracts a knock there, in room versions 1, 3, 4, 6, 8, 9, 10 and 12.
//!
//! Nobody recorded those handshakes, but every event that came of them: the templates are made from
//! these, and our event has to be the recorded one again.

use exeunt_event::json::Object;
use exeunt_event::{Event, EventId};
use exeunt_homeserver::{
    Action, Done, Homeserver, Input, Output, Request, Response, Settings, Status,
};
use exeunt_room::Room;
use serde_json::{Value, json};

use crate::comparison::same_event;
use crate::replay::{ask, body, endpoint, object, server_name};
use crate::rooms::{HOST, Line, Recorded, VERSIONS, invite_request, key, server_of, state};

fn recorded_value(event: &Event) -> Value {
    serde_json::from_str(&event.object().as_received()).unwrap()
}

/// The state entry of a user's membership.
fn member<'r>(room: &'r Room, user: &str) -> Option<&'r EventId> {
    let mut entries = room.entries(room.current_state());
    let found = entries.find(|(kind, key, _)| kind.as_str() == "m.room.member" && *key == user);
    found.map(|(_, _, id)| id)
}

fn membership(event: &Event) -> String {
    let event = recorded_value(event);
    event["content"]["membership"].as_str().unwrap().to_owned()
}

fn is_in(room: &Room, server: &str) -> bool {
    let entries = room.entries(room.current_state());
    let mut members = entries.filter(|(kind, key, _)| {
        kind.as_str() == "m.room.member" && key.ends_with(&format!(":{server}"))
    });
    members.any(|(_, _, id)| membership(&room.event(id).unwrap()) == "join")
}

struct Newcomer<'r> {
    recorded: &'r Recorded,
    server: Homeserver,
}

impl<'r> Newcomer<'r> {
    fn new(recorded: &'r Recorded, name: &str) -> Self {
        let server = Homeserver::new(key(name), Settings::default()).unwrap();
        let server = server.step(0, Input::Keys(recorded.keys.clone())).0;
        Self { recorded, server }
    }

    /// The recorded invite arrives, with the inviting server's real signature.
    fn is_invited(&mut self, invite: &Event) {
        let create = &self.recorded.lines[0].event;
        let name = self.server.name().to_string();
        let request = invite_request(&name, invite, (create, &self.recorded.version));
        let answer = ask(&mut self.server, invite.origin_server_ts(), request);
        assert_eq!(answer.status, 200, "{}", body(&answer.body));
    }

    /// The user does what the recorded event says, and the room before it answers.
    fn acts(&mut self, line: &Line, room: &Room) {
        let (event, version) = (&line.event, &self.recorded.version);
        let (user, room_id) = (event.sender().clone(), event.room_id().clone());
        let (name, now) = (membership(event), event.origin_server_ts());
        let reason = line.content.get("reason").map(|reason| reason.as_str().unwrap().to_owned());
        let via = vec![server_name(HOST)];
        let action = match &name[..] {
            "leave" => Action::Leave { room_id: room_id.clone(), reason },
            "join" => Action::Join { room_id: room_id.clone(), via },
            _ => Action::Knock { room_id: room_id.clone(), via, reason },
        };
        let input = Input::Client { id: 1, user: user.clone(), action };
        let (id, asked) = self.step(now, input);
        assert_eq!(endpoint(&asked.uri), format!("make_{name}"));
        let template = template(line);
        let answer = json!({ "event": template, "room_version": version.id() });
        let (id, sent) = self.step(now, Input::Answer { id, response: Some(ok(&answer)) });
        assert_eq!(endpoint(&sent.uri), format!("send_{name}"));
        let ours = body(sent.body.as_deref().unwrap());
        same_event(&ours, &recorded_value(event), version);

        let answer = self.answer(&name, &ours, line, room);
        let (server, outputs) =
            self.server.step(now, Input::Answer { id, response: Some(ok(&answer)) });
        let event_id = Event::from_object(&object(&ours), version).unwrap().event_id().clone();
        let done = Done::Sent { room_id: room_id.clone(), event_id: event_id.clone() };
        assert_eq!(outputs, [Output::Client { id: 1, outcome: Ok(done) }], "{name}");
        let view = server.view(&user, &room_id).unwrap();
        assert_eq!(Status::as_str(&view.status), name);
        if name == "join" {
            // The room as it was, and our join.
            let before: Vec<_> = state(room);
            let mut after = state(server.room(&room_id).unwrap());
            after.retain(|id| *id != event_id.as_str());
            let replaced = member(room, user.as_str());
            after.extend(replaced.map(ToString::to_string));
            after.sort();
            assert_eq!(after, before);
        }
        self.server = server;
    }

    /// What the resident server says to the event.
    fn answer(&self, name: &str, ours: &Value, line: &Line, room: &Room) -> Value {
        let events = |ids: Vec<&EventId>| -> Vec<Value> {
            ids.into_iter().map(|id| recorded_value(&room.event(id).unwrap())).collect()
        };
        match name {
            "leave" => json!({}),
            "knock" => {
                let told = [&self.recorded.lines[0].event];
                json!({ "knock_room_state": told.map(recorded_value) })
            }
            _ => {
                let dag = room.dag();
                let state = room.event_ids(room.current_state());
                let starts: Vec<_> = state.iter().filter_map(|id| dag.known(id)).collect();
                let chain = dag.auth().ancestors(starts);
                let chain = chain.iter().filter_map(|number| dag.id(*number)).collect();
                let mut event = ours.clone();
                if let Some(authoriser) = line.content.get("join_authorised_via_users_server") {
                    let server = authoriser.as_str().unwrap().split_once(':').unwrap().1;
                    event = self.countersigned(ours, server);
                }
                json!({ "state": events(state), "auth_chain": events(chain), "event": event })
            }
        }
    }

    fn countersigned(&self, ours: &Value, server: &str) -> Value {
        let object = object(ours);
        let mut redacted = exeunt_event::redaction::redact(&object, &self.recorded.version);
        exeunt_event::signatures::sign_json(&mut redacted, &key(server));
        let signatures: Object<'_> =
            redacted.get("signatures").unwrap().as_object().unwrap().clone();
        let mut signed = ours.clone();
        signed["signatures"] = serde_json::from_str(&signatures.as_received()).unwrap();
        signed
    }

    /// The one request that comes of it.
    fn step(&mut self, now: i64, input: Input) -> (u64, Request) {
        let (server, mut outputs) = self.server.step(now, input);
        self.server = server;
        assert_eq!(outputs.len(), 1, "{outputs:?}");
        match outputs.remove(0) {
            Output::Request { id, request, .. } => (id, request),
            other => panic!("{other:?}"),
        }
    }
}

fn ok(answer: &Value) -> Response {
    Response { status: 200, body: serde_json::to_vec(answer).unwrap() }
}

/// What the resident server had given before the user's server filled it in.
fn template(line: &Line) -> Value {
    let mut template = recorded_value(&line.event);
    let fields = template.as_object_mut().unwrap();
    for field in ["hashes", "signatures", "unsigned", "event_id"] {
        fields.remove(field);
    }
    fields.insert("origin".to_owned(), HOST.into());
    fields.insert("origin_server_ts".to_owned(), 0.into());
    let given = ["membership", "join_authorised_via_users_server"];
    fields["content"].as_object_mut().unwrap().retain(|name, _| given.contains(&name.as_str()));
    template
}

#[test]
fn recorded_events_of_those_outside_are_made_again() {
    let mut made = [0; 3];
    for version in VERSIONS {
        let recorded = Recorded::in_line(version);
        let (rooms, _) = recorded.folded();
        for (at, line) in recorded.lines.iter().enumerate() {
            let (event, room) = (&line.event, &rooms[at]);
            let name = server_of(event.sender());
            let is_own = event.state_key() == Some(event.sender().as_str());
            if event.event_type().as_str() != "m.room.member"
                || !is_own
                || is_in(room, &name)
                || at < 2
            {
                continue;
            }
            let mut newcomer = Newcomer::new(&recorded, &name);
            let before = member(room, event.sender().as_str()).cloned();
            if let Some(before) = before.and_then(|id| room.event(&id)) {
                match &membership(&before)[..] {
                    "invite" => newcomer.is_invited(&before),
                    "knock" => {
                        let is_it = |line: &&Line| line.event.event_id() == before.event_id();
                        let knock = recorded.lines.iter().position(|line| is_it(&line)).unwrap();
                        newcomer.acts(&recorded.lines[knock], &rooms[knock]);
                    }
                    _ => {}
                }
            }
            newcomer.acts(line, room);
            made[["leave", "join", "knock"]
                .iter()
                .position(|it| *it == membership(event))
                .unwrap()] += 1;
        }
    }
    assert_eq!(made, [36, 28, 8], "leaves, joins, knocks");
}

//! What the recorded clients did, done in all twelve room versions between two of our servers.
//!
//! Nobody recorded handshakes in room versions 2, 3, 4, 5, 7, 8 and 9, and in the others not all of
//! them. Which requests the servers make does not depend on the version: here they are the recorded
//! ones, in order, in every version that has the memberships and join rules that they are about.

use std::collections::BTreeMap;

use exeunt_event::json::Object;
use exeunt_event::{RoomId, ServerName};
use exeunt_homeserver::{Action, Body, Denial, Done, Homeserver, Network, Settings, Status};
use exeunt_recordings::handshakes::{Call, Handshake, NAMES, handshake};
use exeunt_version::RoomVersion;
use serde_json::{Value, json};

use crate::asking::{last_segment, last_statuses};
use crate::replay::{BOB, HS1, HS2, decoded, endpoint, key, object, server_name, user};

/// Who asks, how, and for what.
type Asked = (String, String, String);

struct Play {
    network: Network,
    version: &'static str,
    /// The rooms' IDs, by those that they have in the recording.
    rooms: BTreeMap<String, RoomId>,
    created: Vec<RoomId>,
    asked: Vec<Asked>,
    /// Whether `hs1` cannot be reached.
    is_down: bool,
}

impl Play {
    fn new(version: &'static str, settings: Settings) -> Self {
        let mut network = Network::new(1_800_000_000_000);
        for name in [HS1, HS2] {
            network.add(Homeserver::new(key(name), settings).unwrap());
        }
        let (rooms, created, asked) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { network, version, rooms, created, asked, is_down: false }
    }

    fn room(&self, recorded: &str) -> RoomId {
        let known = self.rooms.get(recorded).cloned();
        known.unwrap_or_else(|| RoomId::parse(recorded).unwrap())
    }

    /// What the call is to our server; `None` if it asks for something that changes nothing.
    fn action(&self, call: &Call) -> Option<Action> {
        let path = decoded(&call.path);
        let mut segments = path.split('/').skip(4);
        let via = || -> Vec<ServerName> {
            call.query
                .get("via")
                .map(|via| server_name(via.as_str().unwrap()))
                .into_iter()
                .collect()
        };
        let text = |name: &str| call.body.get(name).map(|text| text.as_str().unwrap().to_owned());
        let reason = text("reason");
        let target = || user(call.body["user_id"].as_str().unwrap());
        let (first, room, last) = (segments.next().unwrap(), segments.next(), segments.next());
        let room_id = room.map(|room| self.room(room));
        Some(match (first, room_id, last) {
            ("capabilities", ..) => return None,
            ("createRoom", ..) => self.create(call),
            ("join", Some(room_id), None) => Action::Join { room_id, via: via() },
            ("knock", Some(room_id), None) => Action::Knock { room_id, via: via(), reason },
            ("rooms", Some(room_id), Some(last)) => match last {
                "invite" => Action::Invite { room_id, target: target(), reason },
                "leave" => Action::Leave { room_id, reason },
                "kick" => Action::Kick { room_id, target: target(), reason },
                "ban" => Action::Ban { room_id, target: target(), reason },
                "unban" => Action::Unban { room_id, target: target() },
                "forget" => Action::Forget { room_id },
                other => panic!("{other}"),
            },
            other => panic!("{other:?}"),
        })
    }

    fn create(&self, call: &Call) -> Action {
        let initial = call.body.get("initial_state").and_then(Value::as_array);
        let given = initial.and_then(|events| events.first()).map(|event| event["content"].clone());
        let rule = if call.body["preset"] == "public_chat" { "public" } else { "invite" };
        let mut rules = given.unwrap_or_else(|| json!({ "join_rule": rule }));
        if let Some(condition) = rules["allow"].get_mut(0) {
            let named = self.room(condition["room_id"].as_str().unwrap());
            condition["room_id"] = named.as_str().into();
        }
        // Where the ID follows from the create event, this one is not used.
        let room_id = RoomId::parse(&format!("!room{}:{HS1}", self.created.len())).unwrap();
        Action::Create {
            room_id,
            room_version: self.version.to_owned(),
            content: Object::new(),
            initial_state: vec![("m.room.join_rules".to_owned(), String::new(), object(&rules))],
        }
    }

    /// Does what the client did, and lets all that follows happen.
    fn act(&mut self, call: &Call) -> Option<Result<Done, Denial>> {
        let action = self.action(call)?;
        let id = self.network.act(&user(&call.user), action).unwrap();
        while let Some(message) = self.network.in_flight().front().cloned() {
            if let Body::Request(request) = &message.body {
                let name = endpoint(&request.uri).to_owned();
                self.asked.push((message.from.to_string(), request.method.clone(), name));
            }
            if self.is_down && message.to.as_str() == HS1 {
                self.network.lose(0).unwrap();
            } else {
                self.network.deliver(0).unwrap();
            }
        }
        self.network.pass(1);
        assert!(self.network.in_flight().is_empty());
        let outcome = self.network.outcome(id).unwrap().clone();
        if let (Ok(Done::Sent { room_id, .. }), "createRoom") = (&outcome, last_segment(call)) {
            let recorded = call.response["room_id"].as_str().unwrap().to_owned();
            self.rooms.insert(recorded, room_id.clone());
            self.created.push(room_id.clone());
        }
        Some(outcome)
    }

    fn statuses(&self) -> Vec<Option<&'static str>> {
        let server = self.network.server(&server_name(HS2)).unwrap();
        let status = |room| server.view(&user(BOB), room).map(|view| Status::as_str(&view.status));
        self.created.iter().map(status).collect()
    }
}

/// The recorded requests without those that our servers never make: profiles are queried by none, and
/// the state that an answer to `send_join` left out is asked for by none, as they let nothing be left
/// out. And those that ours make besides, as `asking` and `resident` explain.
fn expected(recorded: &Handshake) -> Vec<Asked> {
    let asked = recorded.federation.iter().map(|exchange| {
        let (asked, name) = (&exchange.request, endpoint(&exchange.request.path));
        (exchange.from.clone(), asked.method.clone(), name.to_owned())
    });
    let is_ours = |(_, _, name): &Asked| !["query", "state_ids"].contains(&name.as_str());
    let mut expected: Vec<_> = asked.filter(is_ours).collect();
    let besides: &[_] = match recorded.name.as_str() {
        // The knock is retracted.
        "knock_retract_v10" => &[(HS2, "GET", "make_leave"), (HS2, "PUT", "send_leave")],
        // Who is not in the room is told that their knock is denied, that their ban is over.
        "knock_denied_v12" | "ban_joined_v12" => &[(HS1, "PUT", "send")],
        // Nobody recorded what did not arrive.
        "reject_while_inviter_down" => &[(HS2, "GET", "make_leave")],
        _ => &[],
    };
    let owned = |(from, method, name): &(&str, &str, &str)| {
        ((*from).to_owned(), (*method).to_owned(), (*name).to_owned())
    };
    expected.extend(besides.iter().map(owned));
    expected
}

/// Whether what the client was told differs for a reason that `asking` gives.
fn may_differ(name: &str, call: &Call, outcome: &Result<Done, Denial>) -> bool {
    match last_segment(call) {
        "forget" => matches!(outcome, Err(Denial::NotLeft | Denial::Refused(_))),
        // The knock was denied before, and here its user knows.
        "leave" => name == "knock_denied_v12" && *outcome == Err(Denial::NothingToLeave),
        _ => false,
    }
}

#[test]
fn the_recorded_scenarios_make_the_recorded_requests_in_every_room_version() {
    let mut played = 0;
    for name in NAMES.into_iter().filter(|name| *name != "capabilities") {
        let recorded = handshake(name);
        let forget_upon_leave = name == "forget_forced";
        let settings = Settings { forget_upon_leave, ..Settings::default() };
        let last = last_statuses(name, settings);
        for version in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"] {
            let capabilities = RoomVersion::specified(version).unwrap().capabilities;
            if (name.starts_with("knock") && !capabilities.knocking)
                || (name.starts_with("restricted") && !capabilities.restricted_joins)
            {
                continue;
            }
            let mut play = Play::new(version, settings);
            for call in &recorded.client {
                play.is_down = name == "reject_while_inviter_down" && call.user == BOB;
                let Some(outcome) = play.act(call) else { continue };
                let is_same = outcome.is_ok() == (call.status == 200);
                assert!(
                    is_same || may_differ(name, call, &outcome),
                    "{name} in version {version}: {}: {outcome:?}",
                    call.path
                );
            }
            assert_eq!(play.asked, expected(&recorded), "{name} in version {version}");
            assert_eq!(play.statuses(), last, "{name} in version {version}");
            played += 1;
        }
    }
    // Twelve of each but the two with knocks (from version 7) and the one with restricted joins (8).
    assert_eq!(played, 12 * 12 + 2 * 6 + 5);
}

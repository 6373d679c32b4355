//! Our homeserver as the one whose user is invited, joins, knocks and leaves in recorded handshakes.

use std::collections::VecDeque;

use exeunt_event::json::Value as Json;
use exeunt_event::{RoomId, ServerName};
use exeunt_homeserver::{
    Action, Denial, Done, Homeserver, Input, Output, Request, Settings, Status, View,
};
use exeunt_recordings::handshakes::{Call, Exchange};
use exeunt_room::{Context, Room};
use serde_json::{Value, json};

use crate::comparison::same_event;
use crate::replay::{
    ALICE, BOB, HS1, HS2, Recording, ask, body, decoded, endpoint, event, homeserver, keys, object,
    pdu, request, response, server_name, signed_again, signed_by, user,
};

/// `hs2` during a recording.
struct Replay {
    recording: Recording,
    server: Homeserver,
    /// What the servers asked each other and was not replayed yet.
    left: VecDeque<Exchange>,
    /// Requests of ours that nobody recorded.
    unrecorded: Vec<String>,
}

type Outcome = Result<Done, Denial>;

impl Replay {
    fn new(name: &str, settings: Settings) -> Self {
        let recording = Recording::read(name);
        let left = recording.handshake.federation.clone().into();
        let server = homeserver(HS2, settings);
        Self { recording, server, left, unrecorded: Vec::new() }
    }

    /// Replays one call after the other, and hands each outcome of bob's over.
    fn run(&mut self, mut after: impl FnMut(&Self, &Call, Option<&Outcome>)) {
        for call in self.recording.handshake.client.clone() {
            let outcome = if call.user == BOB { self.act(&call) } else { None };
            if call.user == ALICE && ["invite", "kick", "ban"].contains(&last_segment(&call)) {
                while let Some(exchange) = self.left.pop_front_if(|next| next.from == HS1) {
                    self.take(&exchange);
                    if endpoint(&exchange.request.path) != "query" {
                        break;
                    }
                }
            }
            after(self, &call, outcome.as_ref());
        }
        assert!(self.left.is_empty());
    }

    /// `hs1` asks.
    fn take(&mut self, exchange: &Exchange) {
        let (asked, theirs) = (&exchange.request, &exchange.response);
        let name = endpoint(&asked.path);
        if name == "query" {
            // Profiles, which our homeserver has not.
            return;
        }
        let version = &self.recording.version;
        let answer = ask(&mut self.server, 1_900_000_000_000, request(exchange, version));
        let ours = body(&answer.body);
        assert_eq!(answer.status, theirs.status, "{ours}");
        match name {
            "send" => assert_eq!(ours, theirs.body),
            "invite" => {
                let (mut own, mut recorded) = (ours["event"].clone(), theirs.body["event"].clone());
                let signers = |event: &Value| event["signatures"].as_object().unwrap().len();
                assert_eq!((signers(&own), signers(&recorded)), (2, 2));
                // Synapse leaves `unsigned` out of the answer. Ours leaves it in: "All other fields
                // of the events should remain untouched."
                let given = &asked.body["event"]["unsigned"];
                let without =
                    |event: &mut Value, field| event.as_object_mut().unwrap().remove(field);
                assert_eq!(without(&mut own, "unsigned").as_ref(), Some(given));
                without(&mut recorded, "unsigned");
                assert_eq!(own, signed_again(&recorded, version));
            }
            other => panic!("{other}"),
        }
    }

    /// Bob's client asks; `None` for what is no action.
    fn act(&mut self, call: &Call) -> Option<Outcome> {
        let path = decoded(&call.path);
        let mut segments = path.split('/').skip(4);
        let room = |id: &str| RoomId::parse(id).unwrap();
        let via = || -> Vec<ServerName> {
            call.query
                .get("via")
                .map(|via| server_name(via.as_str().unwrap()))
                .into_iter()
                .collect()
        };
        let reason = call.body.get("reason").map(|reason| reason.as_str().unwrap().to_owned());
        let action = match (segments.next().unwrap(), segments.next(), segments.next()) {
            ("join", Some(id), None) => Action::Join { room_id: room(id), via: via() },
            ("knock", Some(id), None) => Action::Knock { room_id: room(id), via: via(), reason },
            ("rooms", Some(id), Some("leave")) => Action::Leave { room_id: room(id), reason },
            ("rooms", Some(id), Some("forget")) => Action::Forget { room_id: room(id) },
            ("capabilities", None, None) => return None,
            other => panic!("{other:?}"),
        };
        // An event that comes of it has the time that the recorded one has.
        let mut asked = self.left.iter().take_while(|exchange| exchange.from == HS2);
        let times = asked.find_map(|exchange| {
            let sent = &exchange.request.body;
            let sent = sent.get("pdus").map_or(sent, |pdus| &pdus[0]);
            sent["origin_server_ts"].as_i64()
        });
        let now = times.unwrap_or(1_900_000_000_000);
        let input = Input::Client { id: 1, user: user(BOB), action };
        let mut outcome = None;
        let mut inputs = VecDeque::from([input]);
        let mut joined = None;
        while let Some(input) = inputs.pop_front() {
            let (next, outputs) = self.server.step(now, input);
            self.server = next;
            for output in outputs {
                match output {
                    Output::Request { id, to, request } => {
                        assert_eq!(to.as_str(), HS1);
                        let exchange = self.next_of(&request);
                        let response = exchange.as_ref().map(|exchange| {
                            self.same_request(&request, exchange);
                            self.answer(&request, exchange)
                        });
                        joined = joined
                            .or(exchange.filter(|it| endpoint(&it.request.path) == "send_join"));
                        inputs.push_back(Input::Answer { id, response });
                    }
                    Output::Client { outcome: told, .. } => {
                        assert!(outcome.replace(told).is_none());
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        if let Some(exchange) = joined {
            self.settle(&exchange);
        }
        Some(outcome.unwrap())
    }

    /// The recorded request that ours should be, if anything was recorded.
    fn next_of(&mut self, ours: &Request) -> Option<Exchange> {
        if self.left.front().is_some_and(|next| next.from == HS2) {
            return self.left.pop_front();
        }
        self.unrecorded.push(endpoint(&ours.uri).to_owned());
        None
    }

    fn same_request(&self, ours: &Request, recorded: &Exchange) {
        let (version, asked) = (&self.recording.version, &recorded.request);
        assert_eq!(ours.method, asked.method);
        let name = endpoint(&asked.path);
        let (path, query) = ours.uri.split_once('?').unwrap_or((&ours.uri, ""));
        let (their_path, their_query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let own = ours.body.as_deref().map(body);
        match name {
            "make_join" | "make_knock" | "make_leave" => {
                assert_eq!(path, their_path);
                assert_eq!((&own, &asked.body), (&None, &Value::Null));
                let stable = |query: &str| {
                    let pairs = query.split('&').filter(|pair| !pair.contains("org."));
                    let mut pairs: Vec<_> = pairs.map(ToOwned::to_owned).collect();
                    pairs.sort();
                    pairs
                };
                assert_eq!(stable(query), stable(their_query));
            }
            "send_join" | "send_knock" | "send_leave" => {
                // The ID differs as `origin` does.
                let before = |path: &str| path.rsplit_once('/').unwrap().0.to_owned();
                assert_eq!(before(path), before(their_path));
                let own = own.unwrap();
                let id = event(&own, version).event_id().to_string();
                assert_eq!(decoded(path.rsplit_once('/').unwrap().1), id);
                same_event(&own, &asked.body, version);
                // Ours takes the whole state, and says nothing of less.
                let omits = if name == "send_join" { "omit_members=true" } else { "" };
                assert_eq!((query, their_query), ("", omits));
            }
            "send" => {
                let own = own.unwrap();
                assert_eq!(own["origin"], asked.body["origin"]);
                let sent = own["pdus"].as_array().unwrap();
                assert_eq!(sent.len(), 1);
                same_event(&sent[0], &asked.body["pdus"][0], version);
            }
            other => panic!("{other}"),
        }
    }

    /// The recorded answer, about our event in place of the recorded one.
    fn answer(&self, ours: &Request, recorded: &Exchange) -> exeunt_homeserver::Response {
        let version = &self.recording.version;
        let mut response = response(recorded, version);
        let mut answered = body(&response.body);
        match endpoint(&recorded.request.path) {
            "send_join" => {
                let signers = answered["event"]["signatures"].as_object().unwrap();
                let signers: Vec<_> = signers.keys().cloned().collect();
                let own = body(ours.body.as_deref().unwrap());
                answered["event"] = signed_by(&own, signers, version);
            }
            "send" => {
                let own = body(ours.body.as_deref().unwrap());
                let id = event(&own["pdus"][0], version).event_id().to_string();
                answered = json!({ "pdus": { id: {} } });
            }
            _ => {}
        }
        response.body = serde_json::to_vec(&answered).unwrap();
        response
    }

    /// Our server has entered the room by its own join. From here on the recorded join is in its
    /// place, as everything later cites it.
    fn settle(&mut self, exchange: &Exchange) {
        let version = self.recording.version.clone();
        let sent = &exchange.request.body;
        let room_id = RoomId::parse(sent["room_id"].as_str().unwrap()).unwrap();
        let joined = crate::replay::membership(&self.server, room_id.as_str(), BOB);
        assert_eq!(joined.as_deref(), Some("join"));
        let answer = signed_again(&exchange.response.body, &version);
        let pdus = |name: &str| -> Vec<_> {
            answer[name].as_array().unwrap().iter().map(|it| pdu(it, &version)).collect()
        };
        let (chain, state) = (pdus("auth_chain"), pdus("state"));
        let join = pdu(&answer["event"], &version);
        let (keys, version) = (keys(), version.clone());
        let (room, _) = Room::joined(
            version,
            chain.iter().map(|pdu| &pdu[..]),
            state.iter().map(|pdu| &pdu[..]),
            &join,
            Context { keys: Some(&keys) },
        );
        // By either join the same state, but for the join.
        let others = |room: &Room| -> Vec<String> {
            let entries = room.entries(room.current_state());
            let others = entries.filter(|(_, key, _)| *key != BOB);
            let mut ids: Vec<_> = others.map(|(_, _, id)| id.to_string()).collect();
            ids.sort();
            ids
        };
        assert_eq!(others(&room), others(self.server.room(&room_id).unwrap()));
        self.server.host(room).unwrap();
        // Synapse then asks for the state that it had left out.
        let asked = self.left.pop_front().unwrap();
        assert_eq!(endpoint(&asked.request.path), "state_ids");
    }

    fn view(&self, room_id: &str) -> Option<&View> {
        self.server.view(&user(BOB), &RoomId::parse(room_id).unwrap())
    }

    fn status(&self, room_id: &str) -> Option<&'static str> {
        self.view(room_id).map(|view| Status::as_str(&view.status))
    }

    fn note(&self, name: &str) -> &Value {
        let note = self.recording.handshake.notes.get(name);
        note.unwrap_or_else(|| panic!("{name} is no note"))
    }

    fn only_room(&self) -> String {
        self.recording.beginnings.keys().next().unwrap().clone()
    }
}

/// What bob's server says of each room in the end, in the order in which they were created.
pub(crate) fn last_statuses(name: &str, settings: Settings) -> Vec<Option<&'static str>> {
    let mut replay = Replay::new(name, settings);
    let mut rooms: Vec<String> = Vec::new();
    replay.run(|_, call, _| {
        if last_segment(call) == "createRoom" {
            rooms.push(call.response["room_id"].as_str().unwrap().to_owned());
        }
    });
    rooms.iter().map(|room| replay.status(room)).collect()
}

pub(crate) fn last_segment(call: &Call) -> &str {
    call.path.rsplit('/').next().unwrap()
}

/// Whether the user was told that it was done, as Synapse told its client.
fn same_outcome(call: &Call, outcome: Option<&Outcome>) {
    if let Some(outcome) = outcome {
        assert_eq!(outcome.is_ok(), call.status == 200, "{} {outcome:?}", call.path);
    }
}

#[test]
fn a_rejected_invite_is_rejected_by_the_recorded_requests() {
    for name in ["invite_reject_v1", "invite_reject_v6", "invite_reject_v11", "invite_reject_v12"] {
        let mut replay = Replay::new(name, Settings::default());
        let room_id = replay.only_room();
        let mut statuses = Vec::new();
        let mut outcomes = Vec::new();
        let id = [RoomId::parse(&room_id).unwrap()];
        let mut since = None;
        replay.run(|replay, call, outcome| {
            // A second leave is a 500 at Synapse, and `NothingToLeave` at ours.
            same_outcome(call, outcome);
            let sync = replay.server.sync(&user(BOB), since);
            match last_segment(call) {
                "invite" => assert_eq!(sync.invite, id),
                "leave" if outcomes.is_empty() => {
                    assert!(replay.note("bob_sync_leave_after").is_object());
                    assert_eq!(sync.leave, id);
                }
                _ => {}
            }
            since = Some(sync.next);
            statuses.push(replay.status(&room_id));
            outcomes.extend(outcome.cloned());
        });
        let left = Some("leave");
        assert_eq!(statuses, [None, Some("invite"), left, left, left], "{name}");
        assert!(matches!(outcomes[0], Ok(Done::Sent { .. })));
        assert_eq!(outcomes[1], Err(Denial::NothingToLeave));
        assert_eq!(replay.note("bob_sync_invite"), true);
        assert_eq!(replay.note("bob_still_invited"), false);
        assert!(replay.view(&room_id).unwrap().forgotten);
        assert_eq!(replay.unrecorded, [""; 0]);
    }
}

#[test]
fn an_invite_is_accepted_and_the_room_left_by_the_recorded_requests() {
    for name in ["invite_join_leave_v1", "invite_join_leave_v10", "invite_join_leave_v12"] {
        let mut replay = Replay::new(name, Settings::default());
        let room_id = replay.only_room();
        let mut statuses = Vec::new();
        replay.run(|replay, call, outcome| {
            same_outcome(call, outcome);
            statuses.push(replay.status(&room_id).unwrap_or("none"));
        });
        assert_eq!(statuses, ["none", "invite", "join", "leave", "leave"], "{name}");
        assert!(replay.view(&room_id).unwrap().forgotten);
    }
}

#[test]
fn a_restricted_room_is_joined_by_the_recorded_requests() {
    let mut replay = Replay::new("restricted_join_v10", Settings::default());
    replay.run(|_, call, outcome| same_outcome(call, outcome));
    let mut statuses: Vec<_> =
        replay.recording.beginnings.keys().map(|room| replay.status(room).unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["join", "leave"]);
}

#[test]
fn a_banned_user_sees_that_and_cannot_join_by_the_recorded_requests() {
    let mut replay = Replay::new("ban_joined_v12", Settings::default());
    let room_id = replay.only_room();
    let mut statuses = Vec::new();
    replay.run(|replay, call, outcome| {
        same_outcome(call, outcome);
        statuses.push((last_segment(call).to_owned(), replay.status(&room_id).unwrap_or("none")));
    });
    let of = |call: &str| statuses.iter().find(|(name, _)| name == call).unwrap().1;
    assert_eq!((of("invite"), of("ban"), of("forget")), ("invite", "ban", "ban"));
    // Nobody in the room tells the server of a user who was banned that the ban is over.
    assert_eq!(replay.status(&room_id), Some("ban"));
    assert_eq!(replay.note("hs2_view"), &json!([403, "M_FORBIDDEN"]));
    assert!(replay.view(&room_id).unwrap().forgotten);
}

#[test]
fn an_invite_that_is_taken_back_is_gone_by_the_recorded_transaction() {
    let mut replay = Replay::new("kick_invited_v11", Settings::default());
    let room_id = replay.only_room();
    let mut statuses = Vec::new();
    replay.run(|replay, call, outcome| {
        // There is nothing to leave any more: a 500 at Synapse.
        same_outcome(call, outcome);
        statuses.push(replay.status(&room_id).unwrap_or("none"));
    });
    assert_eq!(statuses, ["none", "invite", "leave", "leave"]);
    assert_eq!(replay.note("bob_still_sees_invite"), false);
    assert_eq!(replay.note("bob_sees_invite_after_leave"), false);
    assert!(replay.server.sync(&user(BOB), None).invite.is_empty());
}

#[test]
fn an_invite_is_rejected_while_nobody_can_be_told() {
    let mut replay = Replay::new("reject_while_inviter_down", Settings::default());
    let room_id = replay.only_room();
    let mut last = None;
    replay.run(|_, call, outcome| {
        same_outcome(call, outcome);
        last = outcome.cloned().or(last.take());
    });
    assert!(matches!(last, Some(Ok(Done::LeftUntold { .. }))), "{last:?}");
    assert_eq!(replay.unrecorded, ["make_leave"]);
    assert_eq!(replay.note("bob still invited"), false);
    let view = replay.view(&room_id).unwrap();
    assert!(view.status == Status::Left && view.untold);
}

/// Synapse retracts a knock without telling anybody: its own comments call that a gap. Ours asks the
/// server that it knocked at: "Servers can retract knocks over federation by leaving the room, as
/// described below for rejecting invites." Nobody recorded an answer, so that here it gets none.
#[test]
fn a_knock_is_made_by_the_recorded_requests_and_retracted_by_others() {
    for name in ["knock_retract_v10", "knock_denied_v12"] {
        let mut replay = Replay::new(name, Settings::default());
        let room_id = replay.only_room();
        let mut statuses = Vec::new();
        let mut knocked = None;
        replay.run(|replay, call, outcome| {
            same_outcome(call, outcome);
            let status = replay.status(&room_id).unwrap_or("none");
            if status == "knock" {
                knocked.get_or_insert_with(|| replay.server.clone());
            }
            statuses.push(status);
        });
        let expected: &[&str] = match name {
            "knock_retract_v10" => &["none", "knock", "leave", "leave"],
            // What `hs1` did not tell, `hs2` does not know.
            _ => &["none", "knock", "knock", "leave"],
        };
        assert_eq!(statuses, expected);
        assert_eq!(replay.unrecorded, ["make_leave"]);
        let knocked = knocked.unwrap();
        let sync = knocked.sync(&user(BOB), None);
        assert_eq!(sync.knock, [RoomId::parse(&room_id).unwrap()]);
        if name == "knock_denied_v12" {
            assert_eq!(replay.note("bob_knock_in_sync_after_denial"), true);
            continue;
        }
        // What Synapse's client is shown, beside the knock itself.
        let Status::Knocked(stripped) = &knocked.view(&user(BOB), &sync.knock[0]).unwrap().status
        else {
            panic!("the status is not knock")
        };
        let shown = replay.note("bob_sync_knock")["knock_state"]["events"].as_array().unwrap();
        let shown: Vec<_> = shown.iter().filter(|event| event["state_key"] != BOB).collect();
        assert_eq!(stripped.state.len(), shown.len());
        for (event, shown) in stripped.state.iter().zip(shown) {
            let content = event.object().get("content").cloned();
            assert_eq!(content.unwrap(), Json::from(object(&shown["content"])));
            assert_eq!(event.event_type().as_str(), shown["type"]);
        }
    }
}

#[test]
fn rooms_are_forgotten_as_the_recorded_clients_saw_it() {
    for (name, forced) in [("forget_default", false), ("forget_forced", true)] {
        let settings = Settings { forget_upon_leave: forced, ..Settings::default() };
        let mut replay = Replay::new(name, settings);
        let mut rooms: Vec<String> = Vec::new();
        let mut differing = Vec::new();
        replay.run(|replay, call, outcome| {
            let path = last_segment(call);
            match path {
                // Synapse has the name that the proposal had, and says `false` where ours, as the
                // text lets it, says nothing.
                "capabilities" => {
                    let told = &call.response["capabilities"];
                    let told = &told["org.matrix.msc4267.forget_forced_upon_leave"]["enabled"];
                    let own = replay.server.settings().capabilities();
                    let own = own.get("m.forget_forced_upon_leave").cloned();
                    let enabled = Json::from(object(&json!({ "enabled": true })));
                    assert_eq!(own, told.as_bool().unwrap().then_some(enabled));
                }
                "createRoom" => rooms.push(call.response["room_id"].as_str().unwrap().to_owned()),
                _ => {}
            }
            if let Some(outcome) = outcome
                && outcome.is_ok() != (call.status == 200)
            {
                differing.push((decoded(&call.path), outcome.clone()));
            }
            // Between the leave and the call of /forget.
            if path == "leave" && rooms.len() == 1 {
                let shown = replay.note("joined_then_left: in include_leave sync").as_bool();
                let forgotten = replay.view(&rooms[0]).unwrap().forgotten;
                assert_eq!((Some(!forgotten), forgotten), (shown, forced));
            }
        });
        // Synapse lets a client forget a room that it is invited to, and one that nobody has heard
        // of. Ours asks for a leave first ("400: The user has not left the room"), and says of the
        // other that it is not known.
        let forget = |room: &str| format!("/_matrix/client/v3/rooms/{room}/forget");
        assert_eq!(differing.len(), 2);
        assert_eq!(differing[0], (forget(&rooms[0]), Err(Denial::NotLeft)));
        assert_eq!(differing[1].0, forget("!nope:127.0.0.2:8448"));
        let shown = |index: usize| !replay.view(&rooms[index]).unwrap().forgotten;
        assert_eq!(replay.note("after forget: in include_leave sync"), shown(0));
        assert_eq!(replay.note("rejected_invite after forget"), shown(1));
        assert_eq!(replay.note("kicked: in include_leave sync"), shown(2));
        assert_eq!(replay.note("banned: in include_leave sync"), shown(3));
        // Synapse's client is never shown an invite that is over, forgotten or not.
        assert_eq!(replay.note("invite rescinded: in include_leave sync"), false);
        assert_eq!(shown(4), !forced);
        let statuses: Vec<_> = rooms.iter().map(|room| replay.status(room).unwrap()).collect();
        assert_eq!(statuses, ["leave", "leave", "leave", "ban", "leave"]);
    }
}

//! Requests of anybody, and what the rogue submits.

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, RoomId, ServerName};
use exeunt_homeserver::{Body, Message, Request, percent_encode, sign_unchecked};
use exeunt_laws::{Happening, NetworkStep};
use exeunt_version::{LenientNumbers, RoomVersion};

use super::NetworkOp;
use super::game::Game;
use super::tamper::{change, claim, garbage, header, noise};

const PREFIX: &str = "/_matrix/federation";

impl Game {
    pub(super) fn ask_as_stranger(&mut self, op: NetworkOp) {
        let NetworkOp::Stranger { to, from, uri, header: which, body, signed } = op else { return };
        let (to, from) = (self.server(to), self.server(from));
        let methods = ["GET", "PUT", "POST", "GET", "PUT", "DELETE", "get", ""];
        let method = methods[usize::from(which) % methods.len()].to_owned();
        let authorization = (0..which % 3).map(|more| header(which / 3 + more)).collect();
        let body = (body % 3 > 0).then(|| garbage(body / 3));
        let mut request = Request { method, uri: self.any_uri(uri), authorization, body };
        if signed % 2 == 1 {
            request = self.signed(&from, &to, request);
        }
        self.send_at_once(from, to, request);
    }

    /// A path that is near to those that there are, or none.
    fn any_uri(&self, which: u16) -> String {
        let chosen = noise(which, 8);
        let pick = |at: usize, list: &[&str]| {
            let at = usize::from(chosen.get(at).copied().unwrap_or(0)) % list.len();
            list[at].to_owned()
        };
        if chosen[0] % 10 == 9 {
            return String::from_utf8_lossy(&noise(which, 20)).into_owned();
        }
        let room = self.rooms.first().map_or("!x:hs1", |room_id| room_id.as_str());
        let room = percent_encode(room);
        let form = pick(1, &["v1", "v2", "v1", "v2", "v3"]);
        let name = pick(
            2,
            &[
                "make_leave",
                "make_join",
                "make_knock",
                "send_leave",
                "send_join",
                "send_knock",
                "invite",
                "send",
                "event",
                "event_auth",
                "state",
                "state_ids",
                "backfill",
                "get_missing_events",
                "query",
            ],
        );
        let room = pick(3, &[&room, &room, &room, "!x:hs1", "%ff", ""]);
        let last = ["@a:evil", "@a:hs1", "%40a%3Ahs2", "$event", "%", "%00", ""];
        let last = pick(4, &last);
        let query = pick(
            5,
            &[
                "",
                "",
                "?ver=1&ver=11",
                "?v=$a&limit=18446744073709551615",
                "?event_id=$a",
                "?omit_members=true",
                "?%zz=&&a",
            ],
        );
        match chosen[6] % 12 {
            0 => format!("{PREFIX}/{form}/{name}{query}"),
            1 => format!("{PREFIX}/{form}/{name}/{room}/{last}/{last}{query}"),
            2..=5 => format!("{PREFIX}/{form}/{name}/{room}{query}"),
            _ => format!("{PREFIX}/{form}/{name}/{room}/{last}{query}"),
        }
    }

    /// The rogue asks for a template, changes it, signs it, changes it once more, and submits it.
    pub(super) fn submit(&mut self, op: NetworkOp) {
        let NetworkOp::Submit { to, room, handshake, lie, node, value } = op else { return };
        let (Some(room_id), Some(rogue)) = (self.room_id(room), self.rogue.clone()) else { return };
        let Some(version) = self.room(&room_id, 0).map(|room| room.version().clone()) else {
            return;
        };
        let to = self.servers[usize::from(to) % (self.servers.len() - 1)].clone();
        let handshakes = ["leave", "join", "knock", "invite", "send"];
        let handshake = handshakes[usize::from(handshake) % handshakes.len()];
        let lie = Lie::new(lie);
        if lie == Lie::OthersEvent {
            self.submit_what_others_do(&rogue);
            return;
        }
        let mut template = self.template_for(&rogue, &to, &room_id, handshake, &version);
        if lie == Lie::BeforeSigning {
            change_object(&mut template, node, value);
        } else if lie == Lie::Claim {
            let user = &self.users[usize::from(value) % self.users.len()];
            let room_id = self.room_id(value);
            let room_id = room_id.as_ref().map_or("", RoomId::as_str);
            claim(&mut template, node, value, user.as_str(), room_id);
        }
        let Some(event) = self.signed_by_rogue(&rogue, template, &version) else { return };
        let mut event_id = event.event_id().to_string();
        let mut body = event.object().into_owned();
        if lie == Lie::AfterSigning {
            change_object(&mut body, node, value);
        }
        if lie == Lie::OtherId {
            event_id.push('x');
        }
        // A submission to another endpoint than the template was for.
        let handshake =
            if lie == Lie::OtherEndpoint { handshakes[usize::from(value) % 3] } else { handshake };
        let (room, id) = (percent_encode(room_id.as_str()), percent_encode(&event_id));
        let (uri, body) = match handshake {
            "knock" => (format!("{PREFIX}/v1/send_knock/{room}/{id}"), body),
            "invite" => {
                let mut invite = Object::from_iter([("room_version", version.id().to_owned())]);
                invite.insert("event", body);
                invite.insert("invite_room_state", Value::Array(Vec::new()));
                (format!("{PREFIX}/v2/invite/{room}/{id}"), invite)
            }
            "send" => {
                let body = Object::from_iter([("pdus", Value::Array(vec![Value::Object(body)]))]);
                (format!("{PREFIX}/v1/send/{}", self.next()), body)
            }
            name => (format!("{PREFIX}/v2/send_{name}/{room}/{id}"), body),
        };
        let body = Some(body.to_canonical(LenientNumbers::Value).into_bytes());
        let request = Request { method: "PUT".to_owned(), uri, authorization: Vec::new(), body };
        let request = self.signed(&rogue, &to, request);
        self.send_at_once(rogue, to, request);
    }

    /// The rogue submits what another server is about to submit, before that one does, or what it
    /// has submitted.
    fn submit_what_others_do(&mut self, rogue: &ServerName) {
        let submission = |message: &Message| {
            let Body::Request(request) = &message.body else { return None };
            let is_it = request.uri.contains("/send_") && message.to != *rogue;
            is_it.then(|| (message.to.clone(), request.clone()))
        };
        let arrived = |step: &NetworkStep| match &step.what {
            Happening::Arrived(message) => submission(message),
            _ => None,
        };
        let waiting = self.network().in_flight().iter().find_map(submission);
        let known = || self.history.steps.iter().rev().find_map(arrived);
        if let Some((to, request)) = waiting.or_else(known) {
            let request = self.signed(rogue, &to, request);
            self.send_at_once(rogue.clone(), to, request);
        }
    }

    /// What a server gives the rogue as a template for its user, or what the rogue makes up if it
    /// gives none.
    fn template_for(
        &self,
        rogue: &ServerName,
        to: &ServerName,
        room_id: &RoomId,
        handshake: &str,
        version: &RoomVersion,
    ) -> Object<'static> {
        let user = format!("@a:{rogue}");
        let name = if matches!(handshake, "invite" | "send") { "leave" } else { handshake };
        let (room, encoded) = (percent_encode(room_id.as_str()), percent_encode(&user));
        let uri = format!("{PREFIX}/v1/make_{name}/{room}/{encoded}?ver={}", version.id());
        let unsigned =
            Request { method: "GET".to_owned(), uri, authorization: Vec::new(), body: None };
        let request = self.signed(rogue, to, unsigned);
        // Aside, since what comes of it is nothing that happened.
        let mut aside = self.network().clone();
        let body = Body::Request(request);
        aside.inject(Message { from: rogue.clone(), to: to.clone(), id: 0, body });
        aside.deliver(aside.in_flight().len() - 1);
        let answer = match aside.in_flight().last().map(|message| &message.body) {
            Some(Body::Answer(Some(answer))) => answer.object(),
            _ => None,
        };
        let given = answer.and_then(|answer| match answer.get("event") {
            Some(Value::Object(event)) => Some(event.clone()),
            _ => None,
        });
        let mut template = given.unwrap_or_else(|| {
            let mut event = Object::from_iter([("type", "m.room.member".to_owned())]);
            event.insert("sender", user.clone());
            event.insert("state_key", user);
            event.insert("room_id", room_id.to_string());
            event.insert("content", Object::from_iter([("membership", name.to_owned())]));
            event.insert("depth", 9);
            event.insert("origin_server_ts", 1);
            event.insert("prev_events", Value::Array(Vec::new()));
            event.insert("auth_events", Value::Array(Vec::new()));
            event
        });
        if handshake == "invite" {
            template.insert("state_key", format!("@a:{to}"));
            template.insert("content", Object::from_iter([("membership", "invite")]));
        }
        template
    }

    /// The event that a template becomes with the rogue's signature.
    pub(super) fn signed_by_rogue(
        &self,
        rogue: &ServerName,
        object: Object<'static>,
        version: &RoomVersion,
    ) -> Option<Event> {
        sign_unchecked(object, self.history.keys.get(rogue)?, version).ok()
    }
}

/// What is wrong with a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    Nothing,
    BeforeSigning,
    /// A field that has to be checked says something else.
    Claim,
    AfterSigning,
    OtherId,
    OtherEndpoint,
    /// It is another server's.
    OthersEvent,
}

impl Lie {
    fn new(number: u16) -> Self {
        match number % 10 {
            0 | 1 => Self::Nothing,
            2 => Self::BeforeSigning,
            3 | 4 => Self::Claim,
            5 => Self::AfterSigning,
            6 => Self::OtherId,
            7 | 8 => Self::OtherEndpoint,
            _ => Self::OthersEvent,
        }
    }
}

fn change_object(object: &mut Object<'static>, node: u16, value: u16) {
    let mut changed = Value::Object(std::mem::take(object));
    change(&mut changed, node, value);
    if let Value::Object(changed) = changed {
        *object = changed;
    }
}

//! What goes between servers, faults on the way, and requests made by hand.

use std::collections::BTreeMap;

use exeunt_event::{Event, RoomId};
use exeunt_homeserver::{Body, Message, Network, Request, Response, percent_encode, sign_request};
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

use crate::house::{key, object, server, user};

/// A message about to be delivered.
pub(crate) struct Passing {
    /// `hs2 > hs1 v1/make_leave`, or `hs1 > hs2 v1/make_leave 200`.
    pub(crate) line: String,
    /// The body, if it is JSON.
    pub(crate) body: Json,
    /// Path and query of the request; of the one that is answered if it is an answer.
    pub(crate) uri: String,
}

impl Passing {
    pub(crate) fn is(&self, line: &str) -> bool {
        self.line == line
    }
}

/// A fault.
pub(crate) type Answer = fn() -> Fate;
/// What is changed in a body.
pub(crate) type Spoil = fn(&mut Json);

/// What becomes of it.
pub(crate) enum Fate {
    Arrives,
    Lost,
    /// Its sender is answered with that, or the answer becomes that.
    Says(u16, Json),
}

impl Fate {
    /// An answer with an error.
    pub(crate) fn error(status: u16, errcode: &str) -> Self {
        Self::Says(status, json!({ "errcode": errcode, "error": "" }))
    }

    /// Otherwise the message arrives.
    pub(crate) fn when(self, is_so: bool) -> Self {
        if is_so { self } else { Self::Arrives }
    }
}

/// Delivers everything but for faults, and gives what went between servers, line by line. A request
/// that is answered by a fault stands there as if it had arrived.
pub(crate) fn drive(network: &mut Network, fate: &mut impl FnMut(&Passing) -> Fate) -> Vec<String> {
    let mut asked: BTreeMap<_, String> = BTreeMap::new();
    let mut lines = Vec::new();
    while let Some(message) = network.in_flight().front().cloned() {
        assert!(lines.len() < 10_000, "there is no end to it");
        let Message { from, to, id, body } = message;
        let passing = match &body {
            Body::Request(request) => {
                asked.insert((from.clone(), to.clone(), id), request.uri.clone());
                let line = format!("{from} > {to} {}", endpoint(&request.uri));
                Passing { line, body: json_of(request.body.as_deref()), uri: request.uri.clone() }
            }
            Body::Answer(response) => {
                let key = (to.clone(), from.clone(), id);
                let uri = asked.get(&key).cloned().unwrap_or_default();
                let status = response.as_ref().map_or("-".to_owned(), |it| it.status.to_string());
                let body = json_of(response.as_ref().map(|response| &response.body[..]));
                Passing { line: format!("{from} > {to} {} {status}", endpoint(&uri)), body, uri }
            }
        };
        match fate(&passing) {
            Fate::Arrives => drop(network.deliver(0)),
            Fate::Lost => drop(network.lose(0)),
            Fate::Says(status, said) => {
                let response = Response { status, body: said.to_string().into_bytes() };
                let (from, to) = match body {
                    Body::Request(_) => (to, from),
                    Body::Answer(_) => (from, to),
                };
                let answer = Message { from, to, id, body: Body::Answer(Some(response)) };
                network.replace(0, answer).unwrap();
                network.deliver(0);
            }
        }
        lines.push(passing.line);
    }
    lines
}

/// Those lines that are requests of endpoints, but for transactions.
pub(crate) fn requests(lines: &[String]) -> Vec<&str> {
    let is_request = |line: &&str| line.split(' ').count() == 4 && !line.ends_with("v1/send");
    lines.iter().map(String::as_str).filter(is_request).collect()
}

/// Those that are transactions.
pub(crate) fn transactions(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).filter(|line| line.ends_with("v1/send")).collect()
}

fn endpoint(uri: &str) -> String {
    let path = uri.split('?').next().unwrap_or_default();
    path.split('/').skip(3).take(2).collect::<Vec<_>>().join("/")
}

fn json_of(body: Option<&[u8]>) -> Json {
    body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default()
}

/// What a path has in place of reserved characters.
pub(crate) fn encode(text: &(impl ToString + ?Sized)) -> String {
    percent_encode(&text.to_string())
}

/// A request, signed by the server that asks.
pub(crate) fn request(
    network: &Network,
    (from, to): (u8, u8),
    method: &str,
    path: &str,
    body: Option<&Json>,
) -> Request {
    let uri = format!("/_matrix/federation/{path}");
    let features = network.server(&server(from)).unwrap().features();
    let body = body.map(object);
    sign_request(method, &uri, &server(to), body.as_ref(), &key(from), features)
}

/// Asks by hand, as one server another, and gives status and answer; then everything that follows
/// happens.
pub(crate) fn ask(
    network: &mut Network,
    (from, to): (u8, u8),
    method: &str,
    path: &str,
    body: Option<&Json>,
) -> (u16, Json) {
    let request = request(network, (from, to), method, path, body);
    let body = Body::Request(request);
    let id = 1_000_000;
    network.inject(Message { from: server(from), to: server(to), id, body });
    network.deliver(network.in_flight().len() - 1).unwrap();
    let is_answer = |message: &&Message| message.id == id && message.to == server(from);
    let answer = match &network.in_flight().iter().find(is_answer).unwrap().body {
        Body::Answer(Some(response)) => (response.status, json_of(Some(&response.body))),
        body => panic!("{body:?}"),
    };
    network.settle(10_000);
    network.pass(1);
    network.settle(10_000);
    answer
}

/// Status and `errcode`.
pub(crate) fn error((status, answer): &(u16, Json)) -> (u16, &str) {
    (*status, answer["errcode"].as_str().unwrap_or_default())
}

/// Asks for a template by hand.
pub(crate) fn make(
    network: &mut Network,
    between: (u8, u8),
    membership: &str,
    name: &str,
    room_id: &RoomId,
) -> (u16, Json) {
    let versions: Vec<_> = (1..=12).map(|version| format!("ver={version}")).collect();
    let query = if membership == "leave" { String::new() } else { versions.join("&") };
    let path = format!("v1/make_{membership}/{}/{}?{query}", encode(room_id), encode(&user(name)));
    ask(network, between, "GET", path.trim_end_matches('?'), None)
}

/// An event as its server would send it, and its ID.
pub(crate) fn signed(event: &Json, by: u8, version: &str) -> (Json, String) {
    let version = RoomVersion::specified(version).unwrap();
    let mut event = event.clone();
    for added in ["hashes", "signatures", "unsigned"] {
        event.as_object_mut().unwrap().remove(added);
    }
    if version.capabilities.event_ids == exeunt_version::EventIds::Sent {
        let id = event.get("event_id").cloned();
        event["event_id"] = id.unwrap_or_else(|| json!(format!("$by_hand:hs{by}")));
    }
    let mut event = object(&event);
    exeunt_event::signatures::hash_and_sign(&mut event, &key(by), &version);
    let id = Event::from_object(&event, &version)
        .map_or_else(|_| "$none".to_owned(), |event| event.event_id().to_string());
    (serde_json::from_str(&event.as_received()).unwrap(), id)
}

/// Submits an event by hand.
pub(crate) fn send(
    network: &mut Network,
    between: (u8, u8),
    endpoint: &str,
    room_id: &(impl ToString + ?Sized),
    (event, event_id): (&Json, &str),
) -> (u16, Json) {
    let path = format!("{endpoint}/{}/{}", encode(room_id), encode(event_id));
    ask(network, between, "PUT", &path, Some(event))
}

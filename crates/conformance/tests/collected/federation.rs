//! Questions to `federation_request`, written by hand.

use exeunt_event::EventId;
use exeunt_event::json::{Object, Value};
use exeunt_homeserver::percent_encode;
use exeunt_version::{EventIds, RoomVersion, SPECIFICATION};
use serde_json::{Value as Json, json};

use crate::collection::{Collection, Question};
use crate::house::{ALICE, Asked, B, BOB, C, CAROL, House, get, post, put};
use crate::pdus::from_json;

const V1: &str = "/_matrix/federation/v1";
const V2: &str = "/_matrix/federation/v2";

/// The versions in which everything is asked; in the others what differs is.
pub(crate) const FULL: [&str; 3] = ["1", "11", "12"];

pub(crate) fn collect(into: &mut Collection) {
    for version in RoomVersion::all() {
        let is_full = FULL.contains(&version.id());
        let mut asking = Asking { into, version, is_full };
        leaves(&mut asking);
        joins(&mut asking);
        knocks(&mut asking);
        transactions(&mut asking);
        if is_full {
            access_control(&mut asking);
            history(&mut asking);
            authentication(&mut asking);
        }
    }
}

struct Asking<'c> {
    into: &'c mut Collection,
    version: RoomVersion,
    is_full: bool,
}

impl Asking<'_> {
    /// Asks, as this server, in that room.
    fn ask(
        &mut self,
        family: &str,
        name: &str,
        comment: &str,
        house: &House,
        by: &str,
        asked: &Asked,
    ) {
        self.take(family, name, comment, house.question(by, asked));
    }

    fn take(&mut self, family: &str, name: &str, comment: &str, request: Object<'static>) {
        let answer = self.into.answer(&request);
        let ok = answer.get("ok").and_then(Value::as_object);
        let status = ok.and_then(|ok| ok.get("status")).and_then(Value::as_integer);
        let link = format!(
            "https://spec.matrix.org/{SPECIFICATION}/server-server-api/#{}",
            anchor(family)
        );
        let asked = Question::new("by-hand", name, comment, request).filed(family).linked(link);
        self.into.add(asked.about_security(matches!(status, Some(401 | 403))));
    }
}

/// Where the text has a family.
pub(crate) fn anchor(family: &str) -> &'static str {
    match family {
        "make-leave" => "get_matrixfederationv1make_leaveroomiduserid",
        "send-leave" => "put_matrixfederationv2send_leaveroomideventid",
        "make-join" => "get_matrixfederationv1make_joinroomiduserid",
        "send-join" => "put_matrixfederationv2send_joinroomideventid",
        "make-knock" => "get_matrixfederationv1make_knockroomiduserid",
        "send-knock" => "put_matrixfederationv1send_knockroomideventid",
        "invite" => "put_matrixfederationv2inviteroomideventid",
        "send" => "put_matrixfederationv1sendtxnid",
        "server-acl" => "server-access-control-lists-acls",
        "authentication" => "request-authentication",
        _ => "retrieving-events",
    }
}

fn path(house: &House, endpoint: &str, last: &str) -> String {
    format!("{endpoint}/{}/{}", percent_encode(&house.name()), percent_encode(last))
}

fn supported(version: &RoomVersion) -> String {
    format!("?ver={}", version.id())
}

/// The submission of an event.
fn submit(house: &House, endpoint: &str, event: Object<'static>) -> Asked {
    let (id, event) = house.seal(event);
    put(path(house, endpoint, id.as_str()), event)
}

fn member(house: &House, sender: &str, target: &str, content: &Json) -> Object<'static> {
    house.draft(sender, "m.room.member", Some(target), content)
}

fn leaves(asking: &mut Asking<'_>) {
    let house = House::with_bob(&asking.version);
    let make = |house: &House, user: &str| get(path(house, &format!("{V1}/make_leave"), user));
    let send = format!("{V2}/send_leave");
    let leave = json!({ "membership": "leave" });
    asking.ask("make-leave", "joined", "Bob is about to leave.", &house, B, &make(&house, BOB));
    let event = member(&house, BOB, BOB, &leave);
    asking.ask(
        "send-leave",
        "joined",
        "Bob leaves.",
        &house,
        B,
        &submit(&house, &send, event.clone()),
    );
    let joins = member(&house, BOB, BOB, &json!({ "membership": "join", "displayname": "Bob" }));
    let comment = "What is submitted as a leave is a join, which the rules would let pass.";
    asking.ask("send-leave", "a join", comment, &house, B, &submit(&house, &send, joins));
    let mut invited = House::new(&asking.version, &json!({ "join_rule": "invite" }));
    invited.member(ALICE, BOB, "invite");
    asking.ask(
        "make-leave",
        "invited",
        "Bob is about to reject an invite.",
        &invited,
        B,
        &make(&invited, BOB),
    );
    let event = member(&invited, BOB, BOB, &leave);
    asking.ask(
        "send-leave",
        "invited",
        "Bob rejects an invite.",
        &invited,
        B,
        &submit(&invited, &send, event),
    );
    let mut banned = house.clone();
    banned.member(ALICE, BOB, "ban");
    asking.ask(
        "make-leave",
        "banned",
        "Bob is banned, and not to leave.",
        &banned,
        B,
        &make(&banned, BOB),
    );
    let event = member(&banned, BOB, BOB, &leave);
    asking.ask(
        "send-leave",
        "banned",
        "Bob is banned, and leaves.",
        &banned,
        B,
        &submit(&banned, &send, event),
    );
    if !asking.is_full {
        return;
    }
    asking.ask(
        "make-leave",
        "of another server",
        "A server asks for another server's user.",
        &house,
        B,
        &make(&house, CAROL),
    );
    asking.ask(
        "make-leave",
        "not there",
        "Carol was never there.",
        &house,
        C,
        &make(&house, CAROL),
    );
    asking.ask(
        "make-leave",
        "room unknown",
        "The room is not known.",
        &house,
        B,
        &get(format!("{V1}/make_leave/!other:a.example/{BOB}")),
    );
    asking.ask("make-leave", "no user", "The user ID is none.", &house, B, &make(&house, "bob"));
    let wrong = Asked { method: "POST", ..make(&house, BOB) };
    asking.ask("make-leave", "wrong method", "The endpoint has no such method.", &house, B, &wrong);
    asking.ask(
        "make-leave",
        "no endpoint",
        "There is no such endpoint.",
        &house,
        B,
        &get(path(&house, &format!("{V1}/make_exit"), BOB)),
    );
    let event = member(&house, BOB, BOB, &leave);
    let (_, sealed) = house.seal(event.clone());
    let other = put(path(&house, &send, "$other:b.example"), sealed.clone());
    asking.ask("send-leave", "another ID", "The path names another event.", &house, B, &other);
    let other = put(
        format!("{send}/!other:a.example/{}", percent_encode(house.id(&sealed).as_str())),
        sealed.clone(),
    );
    asking.ask("send-leave", "another room", "The path names another room.", &house, B, &other);
    asking.ask(
        "send-leave",
        "of another server",
        "Another server submits Bob's leave.",
        &house,
        C,
        &submit(&house, &send, event.clone()),
    );
    let mut unsigned = sealed.clone();
    unsigned.insert("signatures", Object::new());
    let id = house.id(&unsigned);
    asking.ask(
        "send-leave",
        "unsigned",
        "The leave is not signed.",
        &house,
        B,
        &put(path(&house, &send, id.as_str()), unsigned),
    );
    let kick = member(&house, BOB, ALICE, &leave);
    asking.ask(
        "send-leave",
        "a kick",
        "What is submitted is a kick.",
        &house,
        B,
        &submit(&house, &send, kick),
    );
    let message = house.draft(BOB, "m.room.message", None, &json!({ "body": "Exit" }));
    asking.ask(
        "send-leave",
        "a message",
        "What is submitted is a message.",
        &house,
        B,
        &submit(&house, &send, message),
    );
    let mut changed = sealed;
    changed.insert("content", Object::from_iter([("membership", "leave"), ("reason", "changed")]));
    let id = house.id(&changed);
    asking.ask(
        "send-leave",
        "hash",
        "The content hash is not that of the leave.",
        &house,
        B,
        &put(path(&house, &send, id.as_str()), changed),
    );
    let old = submit(&house, &format!("{V1}/send_leave"), event);
    asking.ask(
        "send-leave",
        "older form",
        "The older form of the endpoint is not there any more.",
        &house,
        B,
        &old,
    );
}

fn joins(asking: &mut Asking<'_>) {
    let public = House::new(&asking.version, &json!({ "join_rule": "public" }));
    let version = asking.version.clone();
    let make = |house: &House, user: &str| {
        get(path(house, &format!("{V1}/make_join"), user) + &supported(&version))
    };
    let send = format!("{V2}/send_join");
    let join = json!({ "membership": "join" });
    asking.ask(
        "make-join",
        "public",
        "Bob is about to join a public room.",
        &public,
        B,
        &make(&public, BOB),
    );
    let event = member(&public, BOB, BOB, &join);
    asking.ask(
        "send-join",
        "public",
        "Bob joins a public room.",
        &public,
        B,
        &submit(&public, &send, event),
    );
    let private = House::new(&asking.version, &json!({ "join_rule": "invite" }));
    asking.ask(
        "make-join",
        "not invited",
        "Bob is not invited.",
        &private,
        B,
        &make(&private, BOB),
    );
    let event = member(&private, BOB, BOB, &join);
    asking.ask(
        "send-join",
        "not invited",
        "Bob joins without an invite.",
        &private,
        B,
        &submit(&private, &send, event),
    );
    let allow = json!([{ "type": "m.room_membership", "room_id": "!other:a.example" }]);
    let restricted =
        House::new(&asking.version, &json!({ "join_rule": "restricted", "allow": allow }));
    let comment = "Bob is about to join a room that restricts who may.";
    asking.ask("make-join", "restricted", comment, &restricted, B, &make(&restricted, BOB));
    if !asking.is_full {
        return;
    }
    let mut invited = private.clone();
    invited.member(ALICE, BOB, "invite");
    asking.ask("make-join", "invited", "Bob is invited.", &invited, B, &make(&invited, BOB));
    let mut banned = public.clone();
    banned.member(ALICE, BOB, "ban");
    asking.ask("make-join", "banned", "Bob is banned.", &banned, B, &make(&banned, BOB));
    let asked = get(path(&public, &format!("{V1}/make_join"), BOB) + "?ver=org.example.other");
    asking.ask(
        "make-join",
        "version",
        "Bob's server does not support the room version.",
        &public,
        B,
        &asked,
    );
    let asked = get(path(&public, &format!("{V1}/make_join"), BOB));
    asking.ask(
        "make-join",
        "no version",
        "Bob's server does not say what it supports.",
        &public,
        B,
        &asked,
    );
    let event = member(&public, BOB, BOB, &json!({ "membership": "leave" }));
    asking.ask(
        "send-join",
        "a leave",
        "What is submitted as a join is a leave.",
        &public,
        B,
        &submit(&public, &send, event),
    );
    let event = member(&public, BOB, BOB, &join);
    asking.ask(
        "send-join",
        "of another server",
        "Another server submits Bob's join.",
        &public,
        C,
        &submit(&public, &send, event),
    );
}

fn knocks(asking: &mut Asking<'_>) {
    let house = House::new(&asking.version, &json!({ "join_rule": "knock" }));
    let version = asking.version.clone();
    let make =
        |house: &House| get(path(house, &format!("{V1}/make_knock"), BOB) + &supported(&version));
    let send = format!("{V1}/send_knock");
    let knock = json!({ "membership": "knock" });
    asking.ask("make-knock", "knock", "Bob is about to knock.", &house, B, &make(&house));
    let event = member(&house, BOB, BOB, &knock);
    asking.ask("send-knock", "knock", "Bob knocks.", &house, B, &submit(&house, &send, event));
    let public = House::new(&asking.version, &json!({ "join_rule": "public" }));
    asking.ask(
        "make-knock",
        "public",
        "Nobody knocks at an open door.",
        &public,
        B,
        &make(&public),
    );
    let event = member(&public, BOB, BOB, &knock);
    asking.ask(
        "send-knock",
        "public",
        "Bob knocks at an open door.",
        &public,
        B,
        &submit(&public, &send, event),
    );
}

/// A transaction with these events.
fn transaction(events: &[Object<'static>]) -> Asked {
    let pdus: Vec<_> = events.iter().cloned().map(Value::from).collect();
    let mut body = Object::new();
    body.insert("origin", B);
    body.insert("origin_server_ts", 1_700_000_100_000_i64);
    body.insert("pdus", pdus);
    put(format!("{V1}/send/1"), body)
}

fn transactions(asking: &mut Asking<'_>) {
    let house = House::with_bob(&asking.version);
    let say = |house: &House, who: &str| {
        house.draft(who, "m.room.message", None, &json!({ "msgtype": "m.text", "body": "Exit" }))
    };
    let (_, message) = house.seal(say(&house, BOB));
    asking.ask(
        "send",
        "message",
        "A message that Bob sent.",
        &house,
        B,
        &transaction(std::slice::from_ref(&message)),
    );
    let (_, topic) =
        house.seal(house.draft(BOB, "m.room.topic", Some(""), &json!({ "topic": "x" })));
    asking.ask(
        "send",
        "not allowed",
        "A topic that Bob may not set.",
        &house,
        B,
        &transaction(&[topic]),
    );
    if !asking.is_full {
        return;
    }
    asking.ask("send", "empty", "An empty transaction.", &house, B, &transaction(&[]));
    let mut bad = message.clone();
    bad.insert("depth", 77);
    asking.ask(
        "send",
        "bad signature",
        "A message that was changed after it was signed.",
        &house,
        B,
        &transaction(&[bad]),
    );
    let mut redacted = message.clone();
    redacted.insert("content", Object::from_iter([("body", "changed")]));
    let comment = "A message with another content hash enters the room redacted.";
    asking.ask("send", "hash", comment, &house, B, &transaction(&[redacted]));
    let mut after = house.clone();
    after.take(&message);
    let (_, second) = after.seal(say(&after, BOB));
    let comment = "Two messages, of which the second comes first.";
    asking.ask(
        "send",
        "backwards",
        comment,
        &house,
        B,
        &transaction(&[second.clone(), message.clone()]),
    );
    asking.ask(
        "send",
        "known",
        "A message that is known already.",
        &after,
        B,
        &transaction(std::slice::from_ref(&message)),
    );
    let comment = "A message that another server passes on.";
    asking.ask("send", "passed on", comment, &house, C, &transaction(&[message]));
    let many = vec![second; 51];
    asking.ask("send", "too many", "More than 50 events.", &house, B, &transaction(&many));
}

fn access_control(asking: &mut Asking<'_>) {
    let mut house = House::with_bob(&asking.version);
    house.member(CAROL, CAROL, "join");
    let with_acl = |content: &Json| {
        let mut house = house.clone();
        house.send(ALICE, "m.room.server_acl", Some(""), content);
        house
    };
    let make_leave = |house: &House| get(path(house, &format!("{V1}/make_leave"), BOB));
    for (name, comment, content) in [
        ("allowed", "All servers are allowed.", json!({ "allow": ["*"] })),
        ("denied", "Bob's server is denied.", json!({ "allow": ["*"], "deny": [B] })),
        (
            "denied in capitals",
            "Bob's server is denied in capitals.",
            json!({ "allow": ["*"], "deny": ["B.EXAMPLE"] }),
        ),
        (
            "allowed in capitals",
            "Bob's server is allowed in capitals.",
            json!({ "allow": ["*.EXAMPLE"] }),
        ),
        (
            "denied by a glob",
            "Bob's server is denied by a glob.",
            json!({ "allow": ["*"], "deny": ["?.exa*"] }),
        ),
        (
            "denied with its subdomains",
            "Only subdomains of Bob's server are denied.",
            json!({ "allow": ["*"], "deny": ["*.b.example"] }),
        ),
        (
            "not allowed",
            "Bob's server is not among those that are allowed.",
            json!({ "allow": ["a.example", "c.example"] }),
        ),
        ("empty", "An empty list allows nobody.", json!({})),
        ("malformed", "What is no list counts as empty.", json!({ "allow": "*", "deny": [] })),
        (
            "with a port",
            "Ports are not looked at, and cannot be listed.",
            json!({ "allow": ["*"], "deny": ["b.example:8448"] }),
        ),
        (
            "ip literals",
            "IP literals are denied, which Bob's server is none of.",
            json!({ "allow": ["*"], "allow_ip_literals": false }),
        ),
        (
            "numbers in it",
            "What is no string in a list is passed over.",
            json!({ "allow": [7, "*"], "deny": [null] }),
        ),
    ] {
        let house = with_acl(&content);
        asking.ask("server-acl", name, comment, &house, B, &make_leave(&house));
    }
    let house = with_acl(&json!({ "allow": ["*"], "deny": [C] }));
    let say = |who: &str| {
        let body = json!({ "msgtype": "m.text", "body": "Exit" });
        house.seal(house.draft(who, "m.room.message", None, &body)).1
    };
    let comment = "An ACL is about who sends: a denied server's message comes by another.";
    asking.ask("server-acl", "passed on", comment, &house, B, &transaction(&[say(CAROL)]));
    let comment = "An ACL is about who sends: a denied server sends another's message.";
    asking.ask(
        "server-acl",
        "passed on by the denied",
        comment,
        &house,
        C,
        &transaction(&[say(BOB)]),
    );
    asking.ask(
        "server-acl",
        "own message",
        "A denied server sends its own message.",
        &house,
        C,
        &transaction(&[say(CAROL)]),
    );
    let state = get(format!(
        "{V1}/state_ids/{}?event_id={}",
        percent_encode(&house.name()),
        percent_encode(ends(&house)[0].as_str())
    ));
    asking.ask("server-acl", "state", "A denied server asks for the state.", &house, C, &state);
    let send = format!("{V2}/send_leave");
    let leave = member(&house, CAROL, CAROL, &json!({ "membership": "leave" }));
    asking.ask(
        "server-acl",
        "leave",
        "A denied server's user leaves.",
        &house,
        C,
        &submit(&house, &send, leave),
    );
}

fn ends(house: &House) -> Vec<EventId> {
    house.room.forward_extremities().into_iter().cloned().collect()
}

/// Who asks for what happened.
fn history(asking: &mut Asking<'_>) {
    let mut house = House::with_bob(&asking.version);
    house.send(BOB, "m.room.message", None, &json!({ "msgtype": "m.text", "body": "Exit" }));
    let end = ends(&house)[0].to_string();
    let (room, event) = (percent_encode(&house.name()), percent_encode(&end));
    for (name, comment, asked) in [
        ("event", "An event.", get(format!("{V1}/event/{event}"))),
        (
            "event auth",
            "The auth chain of an event.",
            get(format!("{V1}/event_auth/{room}/{event}")),
        ),
        ("state", "The state before an event.", get(format!("{V1}/state/{room}?event_id={event}"))),
        (
            "state ids",
            "The IDs of the state before an event.",
            get(format!("{V1}/state_ids/{room}?event_id={event}")),
        ),
        (
            "backfill",
            "What came before an event.",
            get(format!("{V1}/backfill/{room}?v={event}&limit=2")),
        ),
        (
            "state without event",
            "A state without saying of when.",
            get(format!("{V1}/state/{room}")),
        ),
        (
            "unknown event",
            "An event that nobody knows.",
            get(format!("{V1}/event/$other:b.example")),
        ),
        (
            "missing events",
            "What lies between two events.",
            post(
                format!("{V1}/get_missing_events/{room}"),
                &json!({ "earliest_events": [], "latest_events": [end], "limit": 3 }),
            ),
        ),
    ] {
        asking.ask("history", name, comment, &house, B, &asked);
        let comment = format!("{comment} A server asks that is not in the room.");
        asking.ask("history", &format!("{name} from outside"), &comment, &house, C, &asked);
    }
}

fn authentication(asking: &mut Asking<'_>) {
    let house = House::with_bob(&asking.version);
    let asked = get(path(&house, &format!("{V1}/make_leave"), BOB));
    let good = house.question(B, &asked);
    let header = good.get("request").and_then(Value::as_object).unwrap();
    let header = header.get("authorization").and_then(Value::as_str).unwrap().to_owned();
    let family = "authentication";
    let mut with = |name: &str, comment: &str, header: Option<&str>| {
        asking.take(family, name, comment, house.with_header(&asked, header));
    };
    with("none", "The request is not signed.", None);
    with("other scheme", "The request has another authorisation.", Some("Bearer secret"));
    with("bad", "The signature is none.", Some(&header.replace("sig=\"", "sig=\"x")));
    with(
        "wrong signature",
        "The signature is of something else.",
        Some(&{
            let (before, _) = header.split_once("sig=\"").unwrap();
            format!("{before}sig=\"{}\"", "A".repeat(86))
        }),
    );
    with(
        "destination",
        "The request was meant for another server.",
        Some(&header.replace("destination=\"a.example\"", "destination=\"c.example\"")),
    );
    with("unknown key", "The key is not known.", Some(&header.replace("ed25519:1", "ed25519:9")));
    with(
        "origin",
        "The signature is of another server.",
        Some(&header.replace("b.example", "c.example")),
    );
    with(
        "space",
        "White space and capitals in the header.",
        Some(&header.replace("X-Matrix ", "x-matrix  ").replace(',', " , ")),
    );
    let for_other = get(path(&house, &format!("{V1}/make_leave"), CAROL));
    let other = house.question(B, &for_other);
    let other = other.get("request").and_then(Value::as_object).unwrap();
    let other = other.get("authorization").and_then(Value::as_str).unwrap();
    with("of another request", "The signature is of another request.", Some(other));
    for (name, comment, key) in [
        (
            "expired key",
            "The key is not used any more.",
            json!({ "expired_ts": 1_600_000_000_000_i64 }),
        ),
        (
            "key not valid",
            "The key is not valid any more.",
            json!({ "valid_until_ts": 1_600_000_000_000_i64 }),
        ),
    ] {
        let mut question = good.clone();
        let keys = question.get_mut("keys").unwrap().as_object_mut().unwrap();
        let of_server = keys.get_mut(B).unwrap().as_object_mut().unwrap();
        let of_key = of_server.get_mut("ed25519:1").unwrap().as_object_mut().unwrap();
        let (field, time) = key.as_object().unwrap().iter().next().unwrap();
        of_key.insert(field.clone(), from_json(time));
        asking.take(family, name, comment, question);
    }
    if asking.version.capabilities.event_ids != EventIds::Sent {
        asking.take(family, "good", "A request as it should be, of whom nothing is special.", {
            let mut question = good;
            question
                .get_mut("homeserver")
                .unwrap()
                .as_object_mut()
                .unwrap()
                .insert("spec", "v1.17");
            question
        });
    }
}

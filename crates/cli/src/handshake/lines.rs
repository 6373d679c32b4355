//! A handshake as JSON, one object a line.

use std::io::{self, Write};

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_event::{ServerName, UserId};
use exeunt_homeserver::{Denial, Done, Endpoint, Request, Response};

use super::side::Side;
use super::step::{Answered, Check, Next, Played, Step};
use super::wanted::Wanted;

pub(super) fn write(wanted: &Wanted, played: &Played, out: &mut impl Write) -> io::Result<()> {
    let mut before = of_kind("before");
    before.insert("handshake", wanted.kind.membership());
    before.insert("room_version", wanted.version.id().to_owned());
    before.insert("specification", wanted.specification.to_string());
    before.insert("join_rule", wanted.join_rule.as_str());
    before.insert("room_id", played.room_id.to_string());
    before.insert("story", played.story.clone());
    before.insert("servers", sides(&played.before));
    writeln!(out, "{}", before.as_received())?;
    for (at, step) in played.steps.iter().enumerate() {
        let mut line = line(step);
        line.insert("step", i64::try_from(at + 1).unwrap_or(i64::MAX));
        writeln!(out, "{}", line.as_received())?;
    }
    let mut after = outcome(&played.outcome);
    after.insert("servers", sides(&played.after));
    writeln!(out, "{}", after.as_received())
}

fn of_kind(kind: &'static str) -> Object<'static> {
    Object::from_iter([("kind", kind)])
}

fn line(step: &Step) -> Object<'static> {
    match step {
        Step::Acts { user, servers } => {
            let mut line = of_kind("acts");
            line.insert("user", UserId::to_string(user));
            line.insert("servers", names(servers.iter()));
            line
        }
        Step::Signs { server, checks, event } => {
            let mut line = of_kind("signs");
            line.insert("server", server.to_string());
            line.insert("checks", checked(checks));
            line.insert("event_id", event.event_id().to_string());
            line.insert("event", event.object().into_owned());
            line
        }
        Step::Asks { from, to, endpoint, request } => {
            let mut line = of_kind("asks");
            between(&mut line, from, to, endpoint);
            line.insert("request", asked(request));
            line
        }
        Step::IsLost { from, to, endpoint } => {
            let mut line = of_kind("is_lost");
            between(&mut line, from, to, endpoint);
            line
        }
        Step::Answers(answered) => {
            let Answered { server, to, endpoint, response, checks, is_fault, asked: _ } =
                answered.as_ref();
            let mut line = of_kind("answers");
            between(&mut line, server, to, endpoint);
            line.insert("checks", checked(checks));
            line.insert("response", said(response));
            line.insert("is_fault", *is_fault);
            line
        }
        Step::TurnsAway { server, asked, said, next } => {
            let mut line = of_kind("turns_away");
            line.insert("server", server.to_string());
            line.insert("asked", asked.to_string());
            if let Some(said) = said {
                line.insert("said", said.clone());
            }
            match next {
                Next::OlderForm => line.insert("next", "older_form"),
                Next::Server(other) => line.insert("next", other.to_string()),
                Next::Nobody => line.insert("next", Value::Null),
            };
            line
        }
        Step::Ends { server, checks } => {
            let mut line = of_kind("ends");
            line.insert("server", server.to_string());
            line.insert("checks", checked(checks));
            line
        }
    }
}

fn between(line: &mut Object<'static>, from: &ServerName, to: &ServerName, endpoint: &Endpoint) {
    line.insert("from", from.to_string());
    line.insert("to", to.to_string());
    line.insert("endpoint", name(endpoint));
}

fn name(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Make { handshake, .. } => format!("make_{}", handshake.membership()),
        Endpoint::Send { handshake, .. } => format!("send_{}", handshake.membership()),
        Endpoint::Invite { .. } => "invite".to_owned(),
        Endpoint::Transaction { .. } => "send".to_owned(),
        Endpoint::Event { .. } => "event".to_owned(),
        Endpoint::EventAuth { .. } => "event_auth".to_owned(),
        Endpoint::State { .. } => "state".to_owned(),
        Endpoint::Backfill { .. } => "backfill".to_owned(),
        Endpoint::MissingEvents { .. } => "get_missing_events".to_owned(),
    }
}

fn asked(request: &Request) -> Object<'static> {
    let mut asked = Object::new();
    asked.insert("method", request.method.clone());
    asked.insert("uri", request.uri.clone());
    asked.insert("authorization", request.authorization.clone());
    if let Some(body) = &request.body {
        asked.insert("body", json(body));
    }
    asked
}

fn said(response: &Response) -> Object<'static> {
    let mut said = Object::new();
    said.insert("status", i64::from(response.status));
    said.insert("body", json(&response.body));
    said
}

/// The JSON of a body; its text where it is none.
fn json(body: &[u8]) -> Value<'static> {
    match parse_any(body) {
        Ok(parsed) => parsed.value.into_owned(),
        Err(_) => Value::from(String::from_utf8_lossy(body).into_owned()),
    }
}

fn checked(checks: &[Check]) -> Value<'static> {
    let check = |check: &Check| {
        let mut object = Object::new();
        object.insert("says", check.says.clone());
        if let Some(rule) = &check.rule {
            object.insert("rule", rule.clone());
        }
        Value::Object(object)
    };
    Value::Array(checks.iter().map(check).collect())
}

fn names<'n>(servers: impl Iterator<Item = &'n ServerName>) -> Vec<String> {
    servers.map(ServerName::to_string).collect()
}

fn sides(sides: &[Side]) -> Value<'static> {
    Value::Array(sides.iter().map(|side| Value::Object(side_of(side))).collect())
}

fn side_of(side: &Side) -> Object<'static> {
    let mut object = Object::new();
    object.insert("server", side.server.to_string());
    object.insert("resident", side.is_resident);
    if let Some(room) = &side.room {
        let mut known = Object::new();
        known.insert("membership", text(room.membership.as_deref()));
        known.insert("state_entries", i64::try_from(room.entries).unwrap_or(i64::MAX));
        known.insert("forward_extremities", room.extremities.clone());
        object.insert("room", known);
    }
    if let Some(view) = &side.view {
        let mut seen = Object::new();
        seen.insert("membership", text(view.membership));
        seen.insert("untold", view.untold);
        object.insert("view", seen);
    }
    object
}

fn text(text: Option<&str>) -> Value<'static> {
    text.map_or(Value::Null, |text| Value::from(text.to_owned()))
}

fn outcome(outcome: &Result<Done, Denial>) -> Object<'static> {
    let mut line = of_kind("after");
    match outcome {
        Ok(done) => {
            let name = match done {
                Done::Sent { event_id, .. } => {
                    line.insert("event_id", event_id.to_string());
                    "sent"
                }
                Done::LeftUntold { tried, .. } => {
                    line.insert("tried", told(tried));
                    "left_untold"
                }
                Done::Locally => "locally",
            };
            line.insert("outcome", name);
        }
        Err(denial) => {
            line.insert("outcome", "refused");
            line.insert("reason", denial.to_string());
            if let Denial::NobodyHelped(tried) = denial {
                line.insert("tried", told(tried));
            }
        }
    }
    line
}

fn told(tried: &[(ServerName, String)]) -> Value<'static> {
    let entry = |(server, said): &(ServerName, String)| {
        let entry = [("server", server.to_string()), ("said", said.clone())];
        Value::Object(Object::from_iter(entry))
    };
    Value::Array(tried.iter().map(entry).collect())
}

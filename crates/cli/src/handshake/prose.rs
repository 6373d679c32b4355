//! A handshake as a person would tell it.

use std::io::{self, Write};

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_event::{Event, ServerName};
use exeunt_homeserver::{Denial, Done, Endpoint, Form, Handshake, Request, Response};
use exeunt_version::RoomVersion;

use super::pretty::pretty;
use super::side::{Side, View};
use super::stage::person;
use super::step::{Answered, Check, Kind, Next, Played, Step};
use super::wanted::Wanted;

pub(super) fn write(wanted: &Wanted, played: &Played, out: &mut impl Write) -> io::Result<()> {
    let mut teller = Teller { wanted, played, signed_at: None };
    let title = match wanted.kind {
        Kind::Leave => "Bob rejects an invite",
        Kind::Join => "Bob joins a room",
        Kind::Knock => "Bob knocks on a room",
        Kind::Invite => "Alice invites Bob",
    };
    let (version, release) = (&wanted.version, wanted.specification);
    writeln!(out, "{title}: room version {version}, Matrix {release}\n")?;
    for sentence in &played.story {
        writeln!(out, "{sentence}")?;
    }
    writeln!(out)?;
    write_sides(&played.before, out)?;
    for (at, step) in played.steps.iter().enumerate() {
        write!(out, "\n{}. ", at + 1)?;
        teller.write_step(at + 1, step, out)?;
    }
    writeln!(out, "\n{}\n", teller.end())?;
    write_sides(&played.after, out)
}

fn write_sides(sides: &[Side], out: &mut impl Write) -> io::Result<()> {
    for side in sides {
        let server = &side.server;
        let seen = match &side.view {
            None => String::new(),
            Some(View { membership: None, .. }) => "; Bob sees nothing of it".to_owned(),
            Some(View { membership: Some(membership), untold }) => {
                let untold = if *untold { ", and nobody in the room was told" } else { "" };
                format!("; Bob sees `{membership}`{untold}")
            }
        };
        let Some(room) = &side.room else {
            writeln!(out, "{server} does not have the room{seen}")?;
            continue;
        };
        let is_in = if side.is_resident { "is in the room" } else { "is not in the room any more" };
        let membership = room.membership.as_deref().map_or_else(
            || "Bob has no membership there".to_owned(),
            |membership| format!("Bob's membership there is `{membership}`"),
        );
        writeln!(out, "{server} {is_in}; {membership}{seen}")?;
        let (entries, extremities) = (room.entries, room.extremities.join(", "));
        writeln!(out, "    {entries} state entries; forward extremity {extremities}")?;
    }
    Ok(())
}

struct Teller<'p> {
    wanted: &'p Wanted,
    played: &'p Played,
    /// The step at which the event was signed, and the event.
    signed_at: Option<(usize, Value<'static>)>,
}

impl Teller<'_> {
    fn write_step(&mut self, at: usize, step: &Step, out: &mut impl Write) -> io::Result<()> {
        match step {
            Step::Acts { servers, .. } => writeln!(out, "{}", self.acts(servers)),
            Step::Signs { server, checks, event } => {
                let what = match self.wanted.kind {
                    Kind::Invite => "composes the invite, checks it",
                    _ => "checks the template",
                };
                writeln!(out, "{server} {what}, and signs.")?;
                write_checks(checks, out)?;
                let value = Value::Object(event.object().into_owned());
                write_json(&value, out)?;
                writeln!(out, "\n   It is the event {}.", event.event_id())?;
                self.signed_at = Some((at, value));
                Ok(())
            }
            Step::Asks { from, to, endpoint, request } => {
                writeln!(out, "{}", asks(from, to, endpoint))?;
                self.write_request(request, out)
            }
            Step::IsLost { to, endpoint, .. } => {
                let later = match endpoint {
                    Endpoint::Transaction { .. } => ": it will be told again",
                    _ => "",
                };
                writeln!(out, "{to} is not reached{later}.")
            }
            Step::Answers(answered) => self.write_answer(answered, out),
            Step::TurnsAway { server, asked, said, next } => {
                let said = said.as_deref().unwrap_or("no use");
                let next = match next {
                    Next::OlderForm => {
                        let form = "which can mean that it has no endpoint of the newer form: \
                                    the older one is tried";
                        return writeln!(out, "{server} has got {said} from {asked}, {form}.");
                    }
                    Next::Server(other) => format!("{other} is next"),
                    Next::Nobody => "there is nobody else to ask".to_owned(),
                };
                writeln!(out, "{server} gives {asked} up ({said}); {next}.")
            }
            Step::Ends { server, checks } => {
                writeln!(out, "{server} {}", self.ends())?;
                write_checks(checks, out)
            }
        }
    }

    fn acts(&self, servers: &[ServerName]) -> String {
        let names: Vec<_> = servers.iter().map(ServerName::to_string).collect();
        let names = names.join(", then ");
        match self.wanted.kind {
            Kind::Leave => format!(
                "Bob rejects the invite. hs2 is not in the room, so that it cannot send his leave \
                 into it: a server that is has to help. By the invite it can ask {names}."
            ),
            Kind::Join => format!(
                "Bob joins. hs2 is not in the room, so that a server that is has to let him in. It \
                 can ask {names}."
            ),
            Kind::Knock => format!(
                "Bob knocks. hs2 is not in the room, so that a server that is has to take the knock \
                 in. It can ask {names}."
            ),
            Kind::Invite => format!(
                "Alice invites Bob. {names} is not in the room: it is told of the invite by a \
                 request of its own, and has to sign it before it enters the room."
            ),
        }
    }

    fn ends(&self) -> &'static str {
        match self.wanted.kind {
            Kind::Leave => "is done: for Bob, the invite is rejected.",
            Kind::Join => "takes the room in, and is in it from now on.",
            Kind::Knock => "is done: Bob has knocked, and waits.",
            Kind::Invite => "lets the invite enter the room.",
        }
    }

    fn write_request(&self, request: &Request, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\n   {} {}", request.method, request.uri)?;
        for header in &request.authorization {
            writeln!(out, "   Authorization: {header}")?;
        }
        let Some(body) = &request.body else { return Ok(()) };
        writeln!(out)?;
        self.write_body(body, None, out)
    }

    fn write_answer(&self, answered: &Answered, out: &mut impl Write) -> io::Result<()> {
        let Answered { server, to, endpoint, asked, response, checks, is_fault } = answered;
        let (verb, why) = match (response.is_success(), is_fault) {
            (true, true) => ("answers", ", and lies"),
            (true, false) => ("answers", ""),
            (false, true) => ("answers", ", as was asked for"),
            (false, false) => ("refuses", ""),
        };
        writeln!(out, "{server} {verb} {to}: {}{why}.", response.status)?;
        if !checks.is_empty() {
            writeln!(out, "   It has checked:")?;
            write_checks(checks, out)?;
        }
        if let Endpoint::Make { .. } = endpoint {
            return match parse_any(&response.body) {
                Ok(parsed) => write_json(&parsed.value, out),
                Err(_) => write_text(response, out),
            };
        }
        writeln!(out)?;
        self.write_body(&response.body, asked.as_deref(), out)?;
        if matches!(endpoint, Endpoint::Transaction { .. }) && response.status >= 500 {
            writeln!(out, "\n   {to} will tell it again.")?;
        }
        Ok(())
    }

    /// A body: events that were told are not told again, and lists of events have a line for each.
    fn write_body(
        &self,
        body: &[u8],
        asked: Option<&[u8]>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let Ok(parsed) = parse_any(body) else {
            return writeln!(out, "   {}", String::from_utf8_lossy(body));
        };
        if let Some(named) = self.known(&parsed.value, asked) {
            return writeln!(out, "   Body: {named}");
        }
        let (object, prefix) = match &parsed.value {
            Value::Object(object) => (object, ""),
            Value::Array(pair) => match pair.get(1).and_then(Value::as_object) {
                Some(object) => (object, "[200, …] with "),
                None => return write_json(&parsed.value, out),
            },
            value => return writeln!(out, "   {}", pretty(value, 3)),
        };
        let has_events = object.iter().any(|(_, value)| is_event(value) || is_list(value));
        if !has_events {
            return writeln!(out, "   {}", pretty(&parsed.value, 3));
        }
        for (name, value) in object.iter() {
            write!(out, "   {prefix}{name}: ")?;
            match (self.known(value, asked), value) {
                (Some(named), _) => writeln!(out, "{named}")?,
                (None, Value::Array(items)) if is_list(value) => {
                    let noun = if items.len() == 1 { "event" } else { "events" };
                    writeln!(out, "{} {noun}", items.len())?;
                    for item in items {
                        let line = self.known(item, asked).unwrap_or_else(|| self.line(item));
                        writeln!(out, "     {line}")?;
                    }
                }
                _ => writeln!(out, "{}", pretty(value, 3))?,
            }
        }
        Ok(())
    }

    /// The name of an event that was shown.
    fn known(&self, value: &Value<'_>, asked: Option<&[u8]>) -> Option<String> {
        let (at, event) = self.signed_at.as_ref()?;
        let is_sent = asked.is_some_and(|asked| same(asked, value));
        (value == event || is_sent).then(|| format!("the event of step {at}"))
    }

    /// An event in a line.
    fn line(&self, value: &Value<'_>) -> String {
        let version: &RoomVersion = &self.wanted.version;
        let event = value.as_object().and_then(|object| Event::from_object(object, version).ok());
        event.map_or_else(
            || pretty(value, 5),
            |event| {
                let key = event.state_key().filter(|key| !key.is_empty());
                let key = key.map(|key| format!(" {key}")).unwrap_or_default();
                let who = person(event.sender());
                format!("{}{key} by {who}, {}", event.event_type(), event.event_id())
            },
        )
    }

    /// What came of it.
    fn end(&self) -> String {
        match &self.played.outcome {
            Ok(Done::Sent { .. }) => match self.wanted.kind {
                Kind::Leave => "The invite is rejected, and the room is told.".to_owned(),
                Kind::Join => "Bob is in the room.".to_owned(),
                Kind::Knock => "Bob has knocked.".to_owned(),
                Kind::Invite => "Bob is invited.".to_owned(),
            },
            Ok(Done::LeftUntold { .. }) => {
                "The invite is rejected: a leave always succeeds for the \
                                            user. No server in the room was told, so that there \
                                            Bob is still invited."
                    .to_owned()
            }
            Ok(Done::Locally) => "It is done.".to_owned(),
            Err(Denial::NobodyHelped(tried)) if tried.is_empty() => {
                "It did not come to its end.".to_owned()
            }
            Err(denial) => format!("Nothing came of it. {denial}"),
        }
    }
}

fn asks(from: &ServerName, to: &ServerName, endpoint: &Endpoint) -> String {
    let form = |form: &Form| match form {
        Form::V1 => ", in the older form",
        Form::V2 => "",
    };
    match endpoint {
        Endpoint::Make { handshake, .. } => {
            let what = handshake.membership();
            format!("{from} asks {to} for a template of the {what}.")
        }
        Endpoint::Send { handshake, form: asked, .. } => {
            let why = match handshake {
                Handshake::Leave | Handshake::Knock => "to let it enter the room",
                Handshake::Join => "to let it enter the room, and to tell what is in there",
            };
            format!("{from} sends {to} the signed event, {why}{}.", form(asked))
        }
        Endpoint::Invite { form: asked, .. } => {
            format!("{from} asks {to} to sign the invite of its user{}.", form(asked))
        }
        Endpoint::Transaction { .. } => format!("{from} tells {to} of the event."),
        _ => format!("{from} asks {to} for what it lacks."),
    }
}

fn write_checks(checks: &[Check], out: &mut impl Write) -> io::Result<()> {
    for check in checks {
        writeln!(out, "   - {}", check.says)?;
    }
    Ok(())
}

fn write_json(value: &Value<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n   {}", pretty(value, 3))
}

fn write_text(response: &Response, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n   {}", String::from_utf8_lossy(&response.body))
}

fn is_event(value: &Value<'_>) -> bool {
    let is = |object: &Object<'_>| object.contains_key("type") && object.contains_key("sender");
    value.as_object().is_some_and(is)
}

fn is_list(value: &Value<'_>) -> bool {
    let items = value.as_array().unwrap_or_default();
    !items.is_empty() && items.iter().all(is_event)
}

/// Whether a text is that of a value.
fn same(text: &[u8], value: &Value<'_>) -> bool {
    parse_any(text).is_ok_and(|parsed| parsed.value == *value)
}

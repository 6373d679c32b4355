//! What happened to homeservers, in words: who did what, what each server was asked and answered,
//! and what users were told.

use std::collections::BTreeMap;
use std::io::{self, Write};

use exeunt_event::json::{Value, parse_any};
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Body, Done, Homeserver, Message, Network, Response, Told};
use exeunt_laws::{Happening, NetworkHistory, NetworkStep, Witness};

use super::told::wait_for_enter;

/// How a network's history is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Every step.
    Steps,
    /// And what users see after it, where that changes; on a terminal, Enter goes on.
    Views,
}

pub(crate) fn write_history(
    history: &NetworkHistory,
    detail: Detail,
    out: &mut impl Write,
) -> io::Result<()> {
    let names: Vec<_> = history.network().servers().map(|it| it.name().to_string()).collect();
    writeln!(out, "  What happened at {}:", names.join(", "))?;
    let mut asked = BTreeMap::new();
    for (number, step) in (1..).zip(&history.steps) {
        writeln!(out, "  {number:4}. {}", what(step, &mut asked))?;
        for told in step.after.told().skip(step.before.told().count()) {
            if let Told::Outcome { server, outcome, .. } = told {
                let outcome = match outcome {
                    Ok(done) => done_words(done),
                    Err(denial) => format!("refused: {denial}"),
                };
                writeln!(out, "        {server} tells its user: {outcome}")?;
            }
        }
        if detail == Detail::Views {
            write_views(step, out)?;
            if number < history.steps.len() {
                wait_for_enter(out)?;
            }
        }
    }
    Ok(())
}

/// Where a law broke.
pub(crate) fn write_witness(witness: &Witness, out: &mut impl Write) -> io::Result<()> {
    let about = match witness.step {
        Some(step) => format!(" (step {})", step + 1),
        None => String::new(),
    };
    writeln!(out, "  Broken: {}{about}.", witness.sentence)
}

/// The requests that are not answered, by who asks and their numbers.
type Asked = BTreeMap<(ServerName, u64), String>;

fn what(step: &NetworkStep, asked: &mut Asked) -> String {
    match &step.what {
        Happening::Acted { user, action, .. } => format!("{user} {}", action_words(action)),
        Happening::Arrived(message) => arrived(step, message, asked),
        Happening::Lost(message) => format!("lost: {}", message_words(message, asked)),
        Happening::Repeated(message) => {
            format!("on its way twice: {}", message_words(message, asked))
        }
        Happening::Forged(message) => format!("forged: {}", message_words(message, asked)),
        Happening::Falsified { sent, instead } => {
            let (sent, instead) = (message_words(sent, asked), message_words(instead, asked));
            format!("falsified: {sent}; now {instead}")
        }
        Happening::Passed(time) => format!("{time} ms pass"),
        Happening::Restarted(name) => format!("{name} crashes, and starts again from its logs"),
    }
}

fn arrived(step: &NetworkStep, message: &Message, asked: &mut Asked) -> String {
    let Message { from, to, id, body } = message;
    match body {
        Body::Request(request) => {
            let what = format!("{} {}", request.method, path(&request.uri));
            asked.insert((from.clone(), *id), what.clone());
            let answer = match step.answered() {
                Some((_, _, answer)) => format!("answers {}", answer_words(answer)),
                None => "does not answer".to_owned(),
            };
            format!("{from} asks {to}: {what}; it {answer}")
        }
        Body::Answer(Some(answer)) => {
            let what = asked.remove(&(to.clone(), *id)).unwrap_or_default();
            format!("{to} gets the answer of {from} to {what}: {}", answer_words(answer))
        }
        Body::Answer(None) => {
            let what = asked.remove(&(to.clone(), *id));
            let what = what.map(|what| format!(" to {what}")).unwrap_or_default();
            format!("{to} gets no answer of {from}{what}")
        }
    }
}

fn message_words(message: &Message, asked: &Asked) -> String {
    let Message { from, to, id, body } = message;
    match body {
        Body::Request(request) => {
            let size = request.body.as_ref().map_or(0, Vec::len);
            let signed = if request.authorization.is_empty() { ", unsigned" } else { "" };
            let (method, path) = (&request.method, path(&request.uri));
            format!("{from} asks {to}: {method} {path} ({size} bytes{signed})")
        }
        Body::Answer(answer) => {
            let what = asked.get(&(to.clone(), *id)).cloned().unwrap_or_default();
            let answer = match answer {
                Some(answer) => answer_words(answer),
                None => "that there is none".to_owned(),
            };
            format!("the answer of {from} to {to} to {what}: {answer}")
        }
    }
}

/// The path, decoded where that is how it is read, and without what all have.
fn path(uri: &str) -> String {
    let path = uri.split('?').next().unwrap_or(uri);
    let path = path.strip_prefix("/_matrix/federation/").unwrap_or(path);
    let decoded = [("%21", "!"), ("%24", "$"), ("%3A", ":"), ("%40", "@")];
    decoded.iter().fold(path.to_owned(), |path, (code, sign)| path.replace(code, sign))
}

fn answer_words(answer: &Response) -> String {
    let status = answer.status;
    let size = answer.body.len();
    if let Some(code) = answer.errcode() {
        return format!("{status} {code}");
    }
    let parsed = parse_any(&answer.body).ok().map(|parsed| parsed.value);
    let object = parsed.as_ref().and_then(Value::as_object);
    let pdus = object.and_then(|object| object.get("pdus")?.as_object());
    let error = |(id, result): (&str, &Value<'_>)| {
        let error = result.as_object()?.get("error")?.as_str()?;
        Some(format!("{id}: {error}"))
    };
    let errors: Vec<String> = pdus
        .into_iter()
        .flat_map(|pdus| pdus.iter().filter_map(error).collect::<Vec<_>>())
        .collect();
    match errors.as_slice() {
        [] => format!("{status} ({size} bytes)"),
        errors => format!("{status}, {}", errors.join("; ")),
    }
}

fn action_words(action: &Action) -> String {
    let via = |via: &[ServerName]| {
        let names: Vec<String> = via.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    match action {
        Action::Create { room_version, .. } => format!("creates a room of version {room_version}"),
        Action::Send { room_id, event_type, content, .. } => {
            let content = content.to_canonical(exeunt_version::LenientNumbers::Value);
            format!("sends {event_type} {content} into {room_id}")
        }
        Action::Invite { room_id, target, .. } => format!("invites {target} into {room_id}"),
        Action::Join { room_id, via: servers } => {
            format!("joins {room_id} by {}", via(servers))
        }
        Action::Knock { room_id, via: servers, .. } => {
            format!("knocks at {room_id} by {}", via(servers))
        }
        Action::Leave { room_id, .. } => format!("leaves {room_id}"),
        Action::Kick { room_id, target, .. } => format!("takes {target} out of {room_id}"),
        Action::Ban { room_id, target, .. } => format!("bans {target} from {room_id}"),
        Action::Unban { room_id, target } => format!("ends the ban of {target} from {room_id}"),
        Action::Forget { room_id } => format!("forgets {room_id}"),
        Action::BlockInvites(true) => "takes no invites any more".to_owned(),
        Action::BlockInvites(false) => "takes invites again".to_owned(),
        Action::Backfill { room_id, from, .. } => {
            format!("asks {from} for what was earlier in {room_id}")
        }
    }
}

fn done_words(done: &Done) -> String {
    match done {
        Done::Sent { room_id, event_id } => format!("sent {event_id} into {room_id}"),
        Done::LeftUntold { room_id, .. } => format!("left {room_id}, and nobody there knows"),
        Done::Locally => "done".to_owned(),
    }
}

/// What users see after a step that they did not see before, and the rooms that changed.
fn write_views(step: &NetworkStep, out: &mut impl Write) -> io::Result<()> {
    let view = |network: &Network, user: &UserId, room_id: &RoomId| {
        let view = network.server(&user.server_name())?.view(user, room_id)?;
        let forgotten = if view.forgotten { ", forgotten" } else { "" };
        Some(format!("{}{forgotten}", view.status.as_str()))
    };
    for (before, after) in step.before.servers().zip(step.after.servers()) {
        for (user, room_id, _) in after.views() {
            let (old, new) = (view(&step.before, user, room_id), view(&step.after, user, room_id));
            if old != new {
                let [old, new] = [old, new].map(|it| it.unwrap_or_else(|| "nothing".to_owned()));
                writeln!(out, "        {user} sees {room_id}: {old} → {new}")?;
            }
        }
        for (room_id, room) in after.rooms() {
            let known = before.room(room_id);
            let is_same =
                known.is_some_and(|known| known.current_state().is_same(room.current_state()));
            if !is_same {
                let count = room.dag().len();
                let name = Homeserver::name(after);
                writeln!(out, "        {name} has another state of {room_id}, of {count} events")?;
            }
        }
    }
    Ok(())
}

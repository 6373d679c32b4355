//! A counterexample in words: who did what, in which order each server saw it, which rule decided,
//! and where the law broke.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use exeunt_auth::RuleNumber;
use exeunt_event::content::{Content, Member};
use exeunt_event::json::Value;
use exeunt_event::{Event, EventId, EventType};
use exeunt_laws::{Arrival, History, Judgement, Witness};
use exeunt_room::{Input, Outcome, Room, Standing};
use exeunt_version::{LenientNumbers, RoomVersion};

use super::counterexample::{Example, Found};
use super::told_network::{self, Detail};

pub(crate) fn write(example: &Example, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "  {}", example.law().sentence)?;
    match &example.found {
        Found::Room(found) => {
            write_history(&found.history, out)?;
            example.witness().map_or(Ok(()), |it| write_witness(&found.history, it, out))
        }
        Found::Network(found) => {
            told_network::write_history(&found.history, Detail::Steps, out)?;
            example.witness().map_or(Ok(()), |it| told_network::write_witness(it, out))
        }
    }
}

/// Where a law broke.
pub(crate) fn write_witness(
    history: &History,
    witness: &Witness,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "  Broken: {}.", place(history, witness))
}

/// What a witness says, and the numbers of the events that it is about.
pub(super) fn place(history: &History, witness: &Witness) -> String {
    let events = history.events();
    let numbers = witness.events.iter().filter_map(|id| number(&events, id));
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    let sentence = &witness.sentence;
    match numbers.as_slice() {
        [] => sentence.clone(),
        [one] => format!("{sentence} (event {one})"),
        many => format!("{sentence} (events {})", many.join(", ")),
    }
}

/// The events, and what became of each at each server.
pub(crate) fn write_history(history: &History, out: &mut impl Write) -> io::Result<()> {
    let events = history.events();
    writeln!(out, "  What was sent:")?;
    for (at, event) in events.iter().enumerate() {
        let at = at + 1;
        let after = list(&events, event.prev_events());
        let cites = list(&events, event.auth_events());
        let what = what(event);
        let time = event.origin_server_ts();
        writeln!(out, "  {at:4}. {what}; after {after}; cites {cites}; time {time}")?;
    }
    for (place, server) in history.servers.iter().enumerate() {
        writeln!(out, "  What {} saw:", server.name)?;
        let mut life = 0;
        for step in history.steps.iter().filter(|step| step.server == place) {
            if step.life != life {
                life = step.life;
                writeln!(out, "        it begins anew")?;
            }
            let Some(event) = &step.event else { continue };
            let at = number(&events, event.event_id()).unwrap_or_default();
            let room = server.room_of(life);
            let became = became(&events, &Arrival { history, step, event, room });
            writeln!(out, "  {at:4}  {became}")?;
        }
    }
    Ok(())
}

/// Goes on once Enter is pressed; at once if nobody is there to press it.
pub(crate) fn wait_for_enter(out: &mut impl Write) -> io::Result<()> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        out.flush()?;
        io::stdin().lock().read_line(&mut String::new())?;
    }
    Ok(())
}

/// What became of an event that came to a server, and of those that had waited for it.
pub(crate) fn became(events: &[&Event], arrival: &Arrival<'_>) -> String {
    let room = arrival.room;
    let receipt = &arrival.step.receipt;
    let decided = |id: &EventId, standing: &Standing| {
        let told = self::standing(standing, room.version());
        match allowed_by(room, id) {
            Some(rule) if *standing == Standing::Accepted => format!("{told} by rule {rule}"),
            _ => told,
        }
    };
    let mut became = match (&arrival.step.input, &receipt.outcome) {
        // No state before it was known then, even if one came to be known later.
        (Input::Outlier(_), outcome) => {
            let told = self::outcome(outcome, room.version());
            format!("{told}, for what others cite it for alone")
        }
        (_, Outcome::Decided(standing)) => decided(arrival.event.event_id(), standing),
        (_, outcome) => self::outcome(outcome, room.version()),
    };
    for (id, standing) in &receipt.taken_up {
        let at = number(events, id).unwrap_or_default();
        became = format!("{became}; then {at}, which had waited: {}", decided(id, standing));
    }
    became
}

/// The rule by which an event is allowed against the state before it.
fn allowed_by(room: &Room, id: &EventId) -> Option<RuleNumber> {
    let before = room.state_before(id).filter(|state| !state.is_empty())?;
    let event = room.event(id)?;
    let judgement = Judgement::new(&event, room, before);
    judgement.verdict.rule().number(&room.version().capabilities)
}

/// The number by which an event is told of.
pub(crate) fn number(events: &[&Event], id: &EventId) -> Option<usize> {
    Some(events.iter().position(|event| event.event_id() == id)? + 1)
}

fn list(events: &[&Event], ids: &[EventId]) -> String {
    let name = |id| number(events, id).map_or_else(|| "?".to_owned(), |at| at.to_string());
    let names: Vec<String> = ids.iter().map(name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// Who did what.
pub(crate) fn what(event: &Event) -> String {
    let sender = event.sender();
    let object = event.object();
    let content = || {
        let content = object.get("content");
        content.map(|content| content.to_canonical(LenientNumbers::Value)).unwrap_or_default()
    };
    match (event.event_type(), event.content(), event.state_key()) {
        (
            EventType::Member,
            Content::Member(Member { membership: Some(membership), .. }),
            Some(key),
        ) => {
            let name = membership.as_str();
            if key == sender.as_str() {
                format!("{sender}: {name}")
            } else {
                format!("{sender}: {name} for {key}")
            }
        }
        (EventType::JoinRules, Content::JoinRules(rule), Some("")) => {
            format!("{sender}: join rule {}", rule.as_str())
        }
        (EventType::Redaction, ..) => {
            let redacts = object.get("redacts").and_then(Value::as_str).unwrap_or("");
            format!("{sender}: redaction {redacts} {}", content())
        }
        (event_type, _, Some("")) => format!("{sender}: {} {}", event_type.as_str(), content()),
        (event_type, _, Some(key)) => {
            format!("{sender}: {} of {key:?} {}", event_type.as_str(), content())
        }
        (event_type, _, None) => format!("{sender}: {}", event_type.as_str()),
    }
}

pub(crate) fn outcome(outcome: &Outcome, version: &RoomVersion) -> String {
    match outcome {
        Outcome::Decided(standing) => self::standing(standing, version),
        Outcome::Dropped(dropped) => format!("dropped: {dropped}"),
        Outcome::Pending { missing } => format!("waits for {} events", missing.len()),
        Outcome::Known => "known already".to_owned(),
    }
}

fn standing(standing: &Standing, version: &RoomVersion) -> String {
    let refused = |how: &str, refusal: &exeunt_room::Refusal| {
        let check = refusal.check.number();
        let number = refusal.rule.and_then(|rule| rule.number(&version.capabilities));
        let rule = number.map(|number| format!(" by rule {number}")).unwrap_or_default();
        format!("{how} at check {check}{rule}: {}", refusal.reason)
    };
    match standing {
        Standing::Accepted => "accepted".to_owned(),
        Standing::SoftFailed(refusal) => refused("soft-failed", refusal),
        Standing::Rejected(refusal) => refused("rejected", refusal),
    }
}

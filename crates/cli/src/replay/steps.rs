//! One step after the other, with the state of the room after each.

use std::io::{self, Write};

use exeunt_auth::State as _;
use exeunt_event::content::Content;
use exeunt_event::{Event, EventType};
use exeunt_laws::{Arrival, History};
use exeunt_room::{Room, State};

use crate::check::told;

pub(crate) fn write(history: &History, out: &mut impl Write) -> io::Result<()> {
    let events = history.events();
    let count = history.steps.len();
    for (at, step) in history.steps.iter().enumerate() {
        let Some(server) = history.servers.get(step.server) else { continue };
        // As the server left it: what it was at this step is in the step.
        let room = server.room_of(step.life);
        writeln!(out, "\n  Step {} of {count}, {}:", at + 1, server.name)?;
        match &step.event {
            None => {
                let became = told::outcome(&step.receipt.outcome, &history.version);
                writeln!(out, "    what is no event: {became}")?;
            }
            Some(event) => {
                let number = told::number(&events, event.event_id()).unwrap_or_default();
                writeln!(out, "    {number}. {}", told::what(event))?;
                let arrival = Arrival { history, step, event, room };
                writeln!(out, "    {}", told::became(&events, &arrival))?;
            }
        }
        write_changes(room, [&step.before.current_state, &step.after.current_state], out)?;
        writeln!(out, "    members: {}", members(room, &step.after.current_state))?;
        if at + 1 < count {
            told::wait_for_enter(out)?;
        }
    }
    writeln!(out)
}

/// The entries of the current state that are others than before.
fn write_changes(room: &Room, states: [&State; 2], out: &mut impl Write) -> io::Result<()> {
    let mut keys: Vec<(&EventType, &str)> = Vec::new();
    for state in states {
        for (event_type, key, _) in room.entries(state) {
            if !keys.contains(&(event_type, key)) {
                keys.push((event_type, key));
            }
        }
    }
    let mut has_changed = false;
    for (event_type, key) in keys {
        let [old, new] = states.map(|state| room.view(state).entry(event_type, key));
        if old.map(Event::event_id) == new.map(Event::event_id) {
            continue;
        }
        has_changed = true;
        let [old, new] = [old, new].map(|it| it.map_or_else(|| "nothing".to_owned(), short));
        let name = match (event_type, key) {
            (EventType::Member, key) => key.to_owned(),
            (event_type, "") => event_type.as_str().to_owned(),
            (event_type, key) => format!("{} of {key:?}", event_type.as_str()),
        };
        if old == new {
            writeln!(out, "    {name}: {new}, by another event")?;
        } else {
            writeln!(out, "    {name}: {old} → {new}")?;
        }
    }
    if !has_changed {
        writeln!(out, "    the state stays")?;
    }
    Ok(())
}

/// What a state event says, in a few words.
fn short(event: &Event) -> String {
    match event.content() {
        Content::Member(member) => {
            member.membership.map_or("no membership", |it| it.as_str()).to_owned()
        }
        Content::JoinRules(rule) => rule.as_str().to_owned(),
        _ => {
            let object = event.object();
            let content = object.get("content");
            let text = content.map(|it| it.to_canonical(exeunt_version::LenientNumbers::Value));
            text.unwrap_or_default()
        }
    }
}

fn members(room: &Room, state: &State) -> String {
    let view = room.view(state);
    let members = room.entries(state).filter_map(|(event_type, key, _)| {
        let event = view.entry(event_type, key).filter(|_| *event_type == EventType::Member)?;
        Some(format!("{key} {}", short(event)))
    });
    let members: Vec<String> = members.collect();
    if members.is_empty() { "none".to_owned() } else { members.join(", ") }
}

//! What differs from a recording, for people: grouped by what explains it.

use std::io::{self, Write};

use exeunt_event::EventId;

use super::compare::{Difference, Side};
use super::explain::{Choice, Explanation};
use super::fold::Fold;
use super::report::{Recorded, place, plural};

pub(crate) fn write(
    recorded: &Recorded,
    fold: &Fold<'_>,
    all: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let Recorded { server, comparison, explanations } = recorded;
    write!(out, "\ncompared with the recording")?;
    if let Some(server) = server {
        write!(out, " of {server}")?;
    }
    let (events, states) = (comparison.events, comparison.states);
    write!(out, ": {events} event{}, {states} state{}", plural(events), plural(states))?;
    if let Some(count) = comparison.extremities {
        let what = if count == 1 { "extremity" } else { "extremities" };
        write!(out, ", the current state, {count} forward {what}")?;
    }
    let count = explanations.len();
    if count == 0 {
        return writeln!(out, "\nno differences");
    }
    let is_explained = |explanation: &&Explanation| !explanation.is_none();
    let explained = explanations.iter().filter(is_explained).count();
    let how_many = if explained == count { "all".to_owned() } else { explained.to_string() };
    writeln!(out, "\n{count} difference{}, {how_many} explained", plural(count))?;
    let mut groups: Vec<(String, Vec<&Difference>)> = Vec::new();
    for (difference, explanation) in comparison.differences.iter().zip(explanations) {
        let title = explanation.title();
        match groups.iter_mut().find(|(known, _)| *known == title) {
            Some((_, differences)) => differences.push(difference),
            None => groups.push((title, vec![difference])),
        }
    }
    for (title, differences) in groups {
        writeln!(out, "\n{} {title}{}", differences.len(), if all { ":" } else { ", such as:" })?;
        let shown = if all { differences.len() } else { 1 };
        for difference in differences.into_iter().take(shown) {
            write_difference(difference, fold, out)?;
        }
    }
    Ok(())
}

impl Explanation {
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::Unexplained)
    }

    fn title(&self) -> String {
        match self {
            Self::Lacking(message) => format!("by what the room lacks ({message})"),
            Self::Readings(choices) if choices.len() == 1 => {
                format!("by the reading {}", names(choices))
            }
            Self::Readings(choices) => format!("by the readings {} together", names(choices)),
            Self::Refused(finding) => {
                format!("by {} ({})", place(finding), finding.message)
            }
            Self::Unexplained => "unexplained".to_owned(),
        }
    }
}

fn names(choices: &[Choice]) -> String {
    let names: Vec<_> =
        choices.iter().map(|(reading, choice)| format!("{reading}={choice}")).collect();
    names.join(", ")
}

fn write_difference(
    difference: &Difference,
    fold: &Fold<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let what = difference.what.name();
    match &difference.event {
        Some((line, id)) => writeln!(out, "line {line}: {id}\n    {what}")?,
        None => writeln!(out, "{what}")?,
    }
    for (name, side) in [("recorded", &difference.recorded), ("here", &difference.here)] {
        writeln!(out, "    {name}: {}", describe(side, fold))?;
    }
    Ok(())
}

/// So many events of a state are named.
const NAMED: usize = 4;

fn describe(side: &Side, fold: &Fold<'_>) -> String {
    match side {
        Side::Word(word) => word.clone(),
        Side::Nothing => "no state".to_owned(),
        Side::Events(ids) if ids.is_empty() => "nothing in their place".to_owned(),
        Side::Events(ids) => {
            let mut named: Vec<_> = ids.iter().take(NAMED).map(|id| name(id, fold)).collect();
            if ids.len() > NAMED {
                named.push(format!("and {} more", ids.len() - NAMED));
            }
            named.join(", ")
        }
    }
}

fn name(id: &EventId, fold: &Fold<'_>) -> String {
    match fold.event(id) {
        Some(event) => match event.state_key() {
            Some("") | None => format!("{id} ({})", event.event_type().as_str()),
            Some(key) => format!("{id} ({} of {key})", event.event_type().as_str()),
        },
        None => id.to_string(),
    }
}

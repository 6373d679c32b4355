//! A resolution as a person would tell it.

use std::io::{self, Write};

use exeunt_auth::Verdict;
use exeunt_dag::Number;
use exeunt_resolve::{Body, Events, Fate, Place, Resolution};

use super::names::Names;

pub(super) fn write_state<T: Body>(
    resolution: &Resolution<'_>,
    events: Events<'_, T>,
    out: &mut impl Write,
) -> io::Result<()> {
    let state = resolution.state();
    let mut lines: Vec<_> = state
        .iter()
        .filter_map(|(key, event)| {
            let (event_type, state_key) = events.keys.name(key)?;
            let is_contested =
                resolution.contested().binary_search_by_key(&key, |(key, _)| *key).is_ok();
            Some((event_type.as_str(), state_key, is_contested, events.id(event)?))
        })
        .collect();
    lines.sort_unstable();
    for (event_type, state_key, is_contested, id) in lines {
        let star = if is_contested { '*' } else { ' ' };
        let key = if state_key.is_empty() { "\"\"" } else { state_key };
        writeln!(out, "{star} {event_type:<26} {key:<30} {id}")?;
    }
    Ok(())
}

pub(super) fn write_stories<T: Body>(
    resolution: &Resolution<'_>,
    events: Events<'_, T>,
    out: &mut impl Write,
) -> io::Result<()> {
    let names = Names::new(events);
    let stories = resolution.stories(events);
    if stories.is_empty() {
        return writeln!(out, "\nThe states do not differ: there was nothing to decide.");
    }
    for story in stories {
        let Some((event_type, state_key)) = events.keys.name(story.key) else {
            continue;
        };
        let key = if state_key.is_empty() { String::new() } else { format!(" {state_key}") };
        writeln!(out, "\n{event_type}{key}")?;
        let winner = story.winner.as_ref().map(|winner| winner.event);
        match winner {
            Some(winner) => writeln!(out, "  {} won.", names.event(winner))?,
            None => writeln!(out, "  Nothing won: the resolved state has no such entry.")?,
        }
        for (loser, fate) in &story.losers {
            writeln!(out, "  {}", lost(*loser, fate, winner, &names, events))?;
        }
    }
    Ok(())
}

fn lost<T: Body>(
    loser: Number,
    fate: &Fate<'_>,
    winner: Option<Number>,
    names: &Names<'_, T>,
    events: Events<'_, T>,
) -> String {
    let loser_name = names.event(loser);
    let to = winner.map(|winner| format!(" lost to {}", names.event(winner)));
    match fate {
        Fate::NotAllowed(verdict, _) => {
            let to = to.unwrap_or_else(|| " was not allowed".to_owned());
            format!("{loser_name}{to}: {}", rule(verdict, events))
        }
        Fate::Replaced { by, place, by_place } => {
            let why = place.zip(*by_place).map_or_else(
                || "the later has more depth, or as much and a smaller hash".to_owned(),
                |(place, by)| why_earlier(place, by),
            );
            let by = names.event(*by);
            format!("{loser_name} lost to {by}, which came after it and was allowed too: {why}.")
        }
        Fate::NotReached => {
            let to = to.unwrap_or_else(|| " was not looked at".to_owned());
            format!("{loser_name}{to}: the list of candidates ended before it.")
        }
        Fate::Cyclic => format!("{loser_name} took no part: it is in its own auth chain."),
        Fate::LeftOut => {
            format!("{loser_name} took no part: it was rejected when it was received.")
        }
    }
}

/// `rule 5.4.1 (…)`
pub(super) fn rule<T: Body>(verdict: &Verdict<'_>, events: Events<'_, T>) -> String {
    let number = verdict.rule().number(&events.version.capabilities);
    let rule = number.map_or(verdict.rule().name().to_owned(), |number| format!("rule {number}"));
    let sentence = verdict.explain();
    format!("{rule}: {}.", sentence.trim_end_matches('.'))
}

/// Why an event stands before another in the order of the checks.
fn why_earlier(earlier: Place, later: Place) -> String {
    match (earlier, later) {
        (Place::Power(_, earlier), Place::Power(_, later)) => {
            if earlier.power > later.power {
                let (earlier, later) = (earlier.power, later.power);
                format!("the sender of the earlier has power {earlier}, that of the later {later}")
            } else if earlier.power < later.power
                || earlier.origin_server_ts > later.origin_server_ts
            {
                "when the earlier had its turn, the later still waited for its auth events"
                    .to_owned()
            } else {
                by_time(earlier.origin_server_ts, later.origin_server_ts)
            }
        }
        (Place::Mainline(_, earlier), Place::Mainline(_, later)) => {
            if earlier.position == later.position {
                by_time(earlier.origin_server_ts, later.origin_server_ts)
            } else {
                let (earlier, later) = (mainline(earlier.position), mainline(later.position));
                format!("the earlier stands on {earlier}, the later on {later}")
            }
        }
        _ => "power events and what they stand on come before all others".to_owned(),
    }
}

fn by_time(earlier: i64, later: i64) -> String {
    if earlier == later {
        format!("both are of {earlier}, and the earlier has the smaller event ID")
    } else {
        format!("the earlier is of {earlier}, the later of {later}")
    }
}

/// How old the power levels are that an event stands on.
pub(super) fn mainline(position: Option<usize>) -> String {
    match position {
        None => "no power levels of the mainline".to_owned(),
        Some(0) => "the resolved power levels".to_owned(),
        Some(1) => "the power levels before the resolved ones".to_owned(),
        Some(position) => format!("the power levels {position} before the resolved ones"),
    }
}

//! A resolution as a person would tell it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use exeunt_auth::Verdict;
use exeunt_dag::Number;
use exeunt_event::EventType;
use exeunt_resolve::{
    Account, Body, Events, Fate, MainlineKey, Place, PowerKey, Resolution, Story,
};
use exeunt_version::PowerEventChain;

use super::names::{Names, shown};

pub(super) fn write_state<T: Body>(
    resolution: &Resolution<'_>,
    events: Events<'_, T>,
    out: &mut impl Write,
) -> io::Result<()> {
    let contested = resolution.contested().iter().map(|(key, winner)| (*key, *winner, true));
    let unconflicted = resolution.unconflicted().map(|(key, event)| (key, Some(event), false));
    let lines = contested.chain(unconflicted).filter_map(|(key, event, is_contested)| {
        let (event_type, state_key) = events.keys.name(key)?;
        Some((event_type.as_str(), state_key, is_contested, event))
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    for (event_type, state_key, is_contested, event) in lines {
        let star = if is_contested { '*' } else { ' ' };
        let key = if state_key.is_empty() { "\"\"".to_owned() } else { shown(state_key) };
        let id = event.and_then(|event| events.id(event));
        let id = id.map_or("(nothing)".to_owned(), |id| shown(id.as_str()));
        writeln!(out, "{star} {:<26} {key:<30} {id}", shown(event_type))?;
    }
    Ok(())
}

pub(super) fn write_stories<T: Body>(
    resolution: &Resolution<'_>,
    events: Events<'_, T>,
    out: &mut impl Write,
) -> io::Result<()> {
    let stories = resolution.stories(events);
    if stories.is_empty() {
        return writeln!(out, "\nThe states do not differ: there was nothing to decide.");
    }
    let names = Names::new(events);
    for story in &stories {
        let Some((event_type, state_key)) = events.keys.name(story.key) else {
            continue;
        };
        let separator = if state_key.is_empty() { "" } else { " " };
        writeln!(out, "\n{}{separator}{}", shown(event_type.as_str()), shown(state_key))?;
        let teller = Teller::new(story, resolution, events, &names);
        writeln!(out, "  {}", teller.won())?;
        for (loser, fate) in &story.losers {
            writeln!(out, "  {}", teller.lost(*loser, fate))?;
        }
    }
    Ok(())
}

/// Tells the story of one key.
struct Teller<'t, 'a, 'e, T> {
    story: &'t Story<'a>,
    is_v1: bool,
    events: Events<'e, T>,
    names: &'t Names<'e, T>,
    /// How often each brief name is that of a candidate.
    brief: BTreeMap<String, usize>,
}

impl<'t, 'a, 'e, T: Body> Teller<'t, 'a, 'e, T> {
    fn new(
        story: &'t Story<'a>,
        resolution: &Resolution<'_>,
        events: Events<'e, T>,
        names: &'t Names<'e, T>,
    ) -> Self {
        let mut brief = BTreeMap::new();
        let losers = story.losers.iter().map(|(loser, _)| *loser);
        let candidates = losers.chain(story.winner.as_ref().map(|winner| winner.event));
        for name in candidates.filter_map(|event| names.brief(event)) {
            *brief.entry(name).or_insert(0) += 1;
        }
        let is_v1 = matches!(resolution.account, Account::V1(_));
        Self { story, is_v1, events, names, brief }
    }

    /// A candidate's name, with its ID.
    fn named(&self, event: Number) -> String {
        self.names.with_id(event, self.names.brief(event))
    }

    /// The name of a candidate that has its own line elsewhere.
    fn brief(&self, event: Number) -> String {
        let name = self.names.brief(event);
        let clear = name.filter(|name| self.brief.get(name).is_some_and(|count| *count == 1));
        clear.unwrap_or_else(|| self.named(event))
    }

    fn won(&self) -> String {
        let Some(winner) = &self.story.winner else {
            return "Nothing won: the resolved state has no such entry.".to_owned();
        };
        let name = self.named(winner.event);
        let is_alone = self.story.losers.is_empty();
        match &winner.verdict {
            Some(verdict) if !verdict.is_allowed() => format!(
                "{name} won as the one of the lowest depth, though no candidate was allowed: {}",
                judged(verdict, self.events)
            ),
            Some(verdict) if is_alone => {
                format!("{name} won over having no such entry: {}", judged(verdict, self.events))
            }
            None if self.is_v1 && is_alone => {
                format!("{name} won unchecked: to have it or no such entry is no conflict.")
            }
            None if self.is_v1 => format!("{name} won unchecked, as the first of the list."),
            _ => format!("{name} won."),
        }
    }

    fn lost(&self, loser: Number, fate: &Fate<'_>) -> String {
        let name = self.named(loser);
        let winner = self.story.winner.as_ref().map(|winner| winner.event);
        let to = winner.map(|winner| format!(" to {}", self.brief(winner))).unwrap_or_default();
        match fate {
            Fate::NotAllowed(verdict, _) => {
                format!("{name} lost{to}: {}", judged(verdict, self.events))
            }
            Fate::Replaced { by, place, by_place } => {
                let why = match place.zip(*by_place) {
                    Some((place, by_place)) => self.why_earlier((loser, place), (*by, by_place)),
                    None => self.why_shallower(loser, *by),
                };
                let by = self.brief(*by);
                format!(
                    "{name} lost to {by}: both were allowed, and the one later in the order stays. \
                     This one came before, as {why}."
                )
            }
            Fate::NotReached => format!("{name} lost{to}: {}", self.why_not_reached(loser, winner)),
            Fate::Cyclic => format!("{name} took no part: it is in its own auth chain."),
            Fate::LeftOut => {
                format!("{name} took no part: it was rejected when it was received.")
            }
        }
    }

    /// Why an event stands before another in the order of the checks (v2 and v2.1).
    fn why_earlier(&self, earlier: (Number, Place), later: (Number, Place)) -> String {
        match (earlier.1, later.1) {
            (Place::Power(_, key), Place::Power(_, later_key)) => {
                self.why_more_powerful((earlier.0, key), (later.0, later_key))
            }
            (Place::Mainline(_, earlier), Place::Mainline(_, later)) => by_mainline(earlier, later),
            _ => "power events and their auth chains come before all other events".to_owned(),
        }
    }

    fn why_more_powerful(&self, earlier: (Number, PowerKey), later: (Number, PowerKey)) -> String {
        let auth = self.events.dag.auth();
        let is_in_chain = match self.events.version.readings.power_event_chain {
            PowerEventChain::Whole => auth.is_ancestor(earlier.0, later.0),
            // What lies between them may not count.
            PowerEventChain::Conflicted => auth.parents(later.0).contains(&earlier.0),
        };
        let (earlier, later) = (earlier.1, later.1);
        if is_in_chain {
            return "it is in the auth chain of the other".to_owned();
        }
        if earlier.power > later.power {
            let (more, less) = (earlier.power, later.power);
            return format!("its sender has more power ({more} against {less})");
        }
        let is_by_time = earlier.power == later.power;
        by_time(earlier.origin_server_ts, later.origin_server_ts)
            .filter(|_| is_by_time)
            .unwrap_or_else(|| "the other had to wait for events of its own auth chain".to_owned())
    }

    /// Why an event stands before another in a list that goes up (v1).
    fn why_shallower(&self, shallow: Number, deep: Number) -> String {
        let (depth, other) = (self.depth(shallow), self.depth(deep));
        if depth == other {
            format!("both have depth {depth} and the SHA-1 of its ID is the greater")
        } else {
            format!("its depth is less ({depth} against {other})")
        }
    }

    fn why_not_reached(&self, loser: Number, winner: Option<Number>) -> String {
        let goes_up = matches!(
            self.events.keys.name(self.story.key),
            Some((EventType::PowerLevels | EventType::JoinRules | EventType::Member, _))
        );
        match winner {
            Some(winner) if !goes_up => {
                let (depth, other) = (self.depth(loser), self.depth(winner));
                let why = if depth == other {
                    format!("both have depth {depth} and the SHA-1 of its ID is the less")
                } else {
                    format!("its depth is greater ({other} against {depth})")
                };
                format!("the first that is allowed wins, and that one came before, as {why}.")
            }
            _ => "the list of candidates had ended before it, at one that was rejected.".to_owned(),
        }
    }

    fn depth(&self, event: Number) -> i64 {
        self.events.state_event(event).map_or(0, |event| event.event.depth())
    }
}

/// `rule 5.4.1 rejected it. The sender ….`
fn judged<T: Body>(verdict: &Verdict<'_>, events: Events<'_, T>) -> String {
    let (judged, rule, sentence) = parts(verdict, events);
    format!("{rule} {judged} it. {sentence}.")
}

/// `rejected by rule 5.4.1: The sender ….`
pub(super) fn verdict_text<T: Body>(verdict: &Verdict<'_>, events: Events<'_, T>) -> String {
    let (judged, rule, sentence) = parts(verdict, events);
    format!("{judged} by {rule}: {sentence}.")
}

fn parts<T: Body>(verdict: &Verdict<'_>, events: Events<'_, T>) -> (&'static str, String, String) {
    let number = verdict.rule().number(&events.version.capabilities);
    let rule = number.map_or(verdict.rule().name().to_owned(), |number| format!("rule {number}"));
    let judged = if verdict.is_allowed() { "allowed" } else { "rejected" };
    (judged, rule, shown(verdict.explain().trim_end_matches('.')))
}

fn by_mainline(earlier: MainlineKey, later: MainlineKey) -> String {
    let (at, other) = (earlier.position, later.position);
    if at == other {
        return by_time(earlier.origin_server_ts, later.origin_server_ts).unwrap_or_default();
    }
    match (at, other) {
        (Some(at), Some(other)) => {
            format!("it stands on older power levels (mainline position {at} against {other})")
        }
        _ => "it stands on no power levels of the mainline".to_owned(),
    }
}

/// `None` if the first is not the earlier one.
fn by_time(earlier: i64, later: i64) -> Option<String> {
    match i128::from(later) - i128::from(earlier) {
        ..0 => None,
        0 => Some("both have the same time and its event ID is the smaller".to_owned()),
        difference => Some(format!("its time is {difference} ms earlier")),
    }
}

//! The account of a resolution, in full.

use std::io::{self, Write};

use exeunt_auth::Verdict;
use exeunt_dag::Number;
use exeunt_event::json::{Object, Value};
use exeunt_resolve::{
    Account, AccountV1, AccountV2, Body, CandidateOutcome, Events, Fate, Pass, Resolution, Story,
};

use super::names::Names;
use super::prose::verdict_text;

pub(super) fn write_text<T: Body>(
    resolution: &Resolution<'_>,
    events: Events<'_, T>,
    out: &mut impl Write,
) -> io::Result<()> {
    let names = Names::new(events);
    match &resolution.account {
        Account::V1(account) => write_v1(account, events, &names, out),
        Account::V2(account) => write_v2(account, events, &names, out),
    }
}

fn pass_name(pass: Pass) -> &'static str {
    match pass {
        Pass::PowerLevels => "power levels",
        Pass::JoinRules => "join rules",
        Pass::Members => "members",
        Pass::Others => "other events",
    }
}

fn write_v1<T: Body>(
    account: &AccountV1<'_>,
    events: Events<'_, T>,
    names: &Names<'_, T>,
    out: &mut impl Write,
) -> io::Result<()> {
    for contest in &account.contests {
        writeln!(out, "\n{}, in the order of the candidates:", pass_name(contest.pass))?;
        for candidate in &contest.candidates {
            let outcome = match &candidate.outcome {
                CandidateOutcome::First => "enters unchecked, as the first of the list".to_owned(),
                CandidateOutcome::Checked(verdict) => verdict_text(verdict, events),
                CandidateOutcome::NotReached => "not reached".to_owned(),
                CandidateOutcome::Fallback(verdict) => {
                    let verdict = verdict_text(verdict, events);
                    format!("{verdict} It enters as the one of the lowest depth.")
                }
            };
            writeln!(out, "  {}", names.event(candidate.event))?;
            writeln!(out, "    depth {}, SHA-1 {}", candidate.depth, hex(&candidate.sha1))?;
            writeln!(out, "    {outcome}")?;
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(digit.into(), 16));
        }
    }
    hex
}

fn write_v2<T: Body>(
    account: &AccountV2<'_>,
    events: Events<'_, T>,
    names: &Names<'_, T>,
    out: &mut impl Write,
) -> io::Result<()> {
    let empty = Vec::new();
    let sets = [
        ("conflicted state set", &account.conflicted),
        ("auth difference", &account.auth_difference),
        ("conflicted state subgraph", account.subgraph.as_ref().unwrap_or(&empty)),
    ];
    for (name, set) in sets {
        if !set.is_empty() {
            let count =
                if set.len() == 1 { "1 event".to_owned() } else { format!("{} events", set.len()) };
            writeln!(out, "\n{name}, {count}:")?;
            for event in set {
                writeln!(out, "  {}", names.event(*event))?;
            }
        }
    }
    if !account.power_events.is_empty() {
        writeln!(
            out,
            "\npower events with their auth chains, in reverse topological power ordering:"
        )?;
    }
    for step in &account.power_events {
        writeln!(out, "  {}", names.event(step.event))?;
        writeln!(out, "    power {}, time {}", step.key.power, step.key.origin_server_ts)?;
        writeln!(out, "    {}", verdict_text(&step.verdict, events))?;
    }
    for event in &account.cyclic {
        writeln!(out, "  {}: no place, as it is in its own auth chain", names.event(*event))?;
    }
    if !account.mainline.is_empty() {
        writeln!(out, "\nmainline, from the resolved power levels back:")?;
    }
    for (position, event) in account.mainline.iter().enumerate() {
        writeln!(out, "  {position}: {}", names.event(*event))?;
    }
    if !account.others.is_empty() {
        writeln!(out, "\nother events, in mainline ordering:")?;
    }
    for step in &account.others {
        writeln!(out, "  {}", names.event(step.event))?;
        let position = step.key.position.map_or("∞".to_owned(), |position| position.to_string());
        writeln!(out, "    mainline position {position}, time {}", step.key.origin_server_ts)?;
        writeln!(out, "    {}", verdict_text(&step.verdict, events))?;
    }
    Ok(())
}

/// One JSON object: `state`, the sorted event IDs; with the account if it is asked for.
pub(super) fn write_json<T: Body>(
    resolution: &Resolution<'_>,
    events: Events<'_, T>,
    why: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let id = |number: Number| events.id(number).map_or(String::new(), ToString::to_string);
    let ids = |numbers: &[Number]| numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
    let state = resolution.state();
    let mut sorted: Vec<_> = state.iter().map(|(_, event)| id(event)).collect();
    sorted.sort_unstable();
    let mut answer = Object::new();
    answer.insert("state", sorted);
    if why {
        let stories = resolution.stories(events);
        let contested = stories.iter().filter_map(|story| told(story, events, &id));
        answer.insert("contested", contested.collect::<Vec<_>>());
        match &resolution.account {
            Account::V1(account) => {
                answer.insert("contests", contests(account, events, &id));
            }
            Account::V2(account) => {
                answer.insert("conflicted", ids(&account.conflicted));
                answer.insert("auth_difference", ids(&account.auth_difference));
                if let Some(subgraph) = &account.subgraph {
                    answer.insert("subgraph", ids(subgraph));
                }
                answer.insert("power_events", power_events(account, events, &id));
                answer.insert("cyclic", ids(&account.cyclic));
                answer.insert("mainline", ids(&account.mainline));
                answer.insert("others", others(account, events, &id));
            }
        }
    }
    writeln!(out, "{}", answer.as_received())
}

/// What was decided about one key.
fn told<T: Body>(
    story: &Story<'_>,
    events: Events<'_, T>,
    id: &dyn Fn(Number) -> String,
) -> Option<Object<'static>> {
    let (event_type, state_key) = events.keys.name(story.key)?;
    let lost = |(event, fate): &(Number, Fate<'_>)| {
        let mut loser = Object::new();
        loser.insert("event_id", id(*event));
        let name = match fate {
            Fate::NotAllowed(..) => "rejected",
            Fate::Replaced { by, .. } => {
                loser.insert("by", id(*by));
                "replaced"
            }
            Fate::NotReached => "not_reached",
            Fate::Cyclic => "cyclic",
            Fate::LeftOut => "left_out",
        };
        loser.insert("fate", name);
        loser
    };
    let winner = story.winner.as_ref().map(|winner| Value::from(id(winner.event)));
    let mut entry = Object::new();
    entry.insert("type", event_type.as_str().to_owned());
    entry.insert("state_key", state_key.to_owned());
    entry.insert("winner", winner.unwrap_or(Value::Null));
    entry.insert("losers", story.losers.iter().map(lost).collect::<Vec<_>>());
    Some(entry)
}

fn contests<T: Body>(
    account: &AccountV1<'_>,
    events: Events<'_, T>,
    id: &dyn Fn(Number) -> String,
) -> Vec<Object<'static>> {
    let candidate = |candidate: &exeunt_resolve::Candidate<'_>| {
        let mut object = Object::new();
        object.insert("event_id", id(candidate.event));
        object.insert("depth", candidate.depth);
        object.insert("sha1", hex(&candidate.sha1));
        let name = match &candidate.outcome {
            CandidateOutcome::First => "first",
            CandidateOutcome::NotReached => "not_reached",
            CandidateOutcome::Checked(verdict) => {
                insert_verdict(&mut object, verdict, events);
                "checked"
            }
            CandidateOutcome::Fallback(verdict) => {
                insert_verdict(&mut object, verdict, events);
                "kept"
            }
        };
        object.insert("outcome", name);
        object
    };
    let contest = |contest: &exeunt_resolve::Contest<'_>| {
        let mut object = Object::new();
        object.insert("pass", pass_name(contest.pass));
        object.insert("candidates", contest.candidates.iter().map(candidate).collect::<Vec<_>>());
        object
    };
    account.contests.iter().map(contest).collect()
}

fn power_events<T: Body>(
    account: &AccountV2<'_>,
    events: Events<'_, T>,
    id: &dyn Fn(Number) -> String,
) -> Vec<Object<'static>> {
    let step = |step: &exeunt_resolve::Step<'_, exeunt_resolve::PowerKey>| {
        let mut object = Object::new();
        object.insert("event_id", id(step.event));
        object.insert("power", step.key.power.to_string());
        object.insert("origin_server_ts", step.key.origin_server_ts);
        insert_verdict(&mut object, &step.verdict, events);
        object
    };
    account.power_events.iter().map(step).collect()
}

fn others<T: Body>(
    account: &AccountV2<'_>,
    events: Events<'_, T>,
    id: &dyn Fn(Number) -> String,
) -> Vec<Object<'static>> {
    let step = |step: &exeunt_resolve::Step<'_, exeunt_resolve::MainlineKey>| {
        let mut object = Object::new();
        object.insert("event_id", id(step.event));
        let position = step.key.position.map(i64::from);
        object.insert("mainline_position", position.map_or(Value::Null, Value::Integer));
        object.insert("origin_server_ts", step.key.origin_server_ts);
        insert_verdict(&mut object, &step.verdict, events);
        object
    };
    account.others.iter().map(step).collect()
}

fn insert_verdict<T: Body>(
    object: &mut Object<'static>,
    verdict: &Verdict<'_>,
    events: Events<'_, T>,
) {
    object.insert("allowed", verdict.is_allowed());
    object.insert("reason", verdict.explain());
    if let Some(number) = verdict.rule().number(&events.version.capabilities) {
        object.insert("rule", number.to_string());
    }
}

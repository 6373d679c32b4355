//! Events that still wait at the end: for what, and what check 4 can say about them all the same.

use std::collections::BTreeMap;

use exeunt_auth::{AuthEvent, Rule, ServerSignatures, Verdict, check_by_auth_events};
use exeunt_dag::{Dag, View};
use exeunt_event::{Event, EventId, signatures};
use exeunt_room::Check;
use exeunt_version::RoomIds;

use super::fold::{Fate, Fold};

/// What is to be said about an event that waits.
#[derive(Clone, Debug)]
pub(crate) enum Wait {
    /// Check 4 rejects it, whatever becomes of what it waits for.
    Rejected { rule: Rule, message: String },
    /// It waits, before that check.
    For { check: Check, message: String, missing: Vec<EventId> },
}

/// How far check 4 is with an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    /// Its auth events are being looked at.
    Open,
    /// No rule rejects it, if none of its auth events is rejected later.
    Allowed,
    Rejected,
    /// An auth event is not there.
    Undecided,
}

struct Entry {
    event: Event,
    missing: Vec<EventId>,
    progress: Progress,
    rejection: Option<(Rule, String)>,
}

/// The events that wait at the end.
pub(crate) fn waiting(fold: &Fold<'_>) -> BTreeMap<EventId, Wait> {
    let mut entries = BTreeMap::new();
    for (id, missing) in fold.room.pending() {
        if let Some(event) = fold.room.pending_event(id) {
            let (event, progress) = (event.clone(), Progress::Waiting);
            entries.insert(id.clone(), Entry { event, missing, progress, rejection: None });
        }
    }
    authorise(&mut entries, fold);
    let mut graph = Dag::new();
    for (id, entry) in &entries {
        graph.insert(id, &entry.missing, entry.event.auth_events(), ());
    }
    let circles = [circles(graph.auth()), circles(graph.prev())];
    let describe = |(id, entry): (&EventId, &Entry)| {
        let wait = match &entry.rejection {
            Some((rule, message)) => Wait::Rejected { rule: *rule, message: message.clone() },
            None => why(id, entry, &entries, &circles, fold),
        };
        (id.clone(), wait)
    };
    entries.iter().map(describe).collect()
}

/// In which group of events that lead to one another an event is.
type Circles = BTreeMap<EventId, usize>;

fn circles(view: View<'_, ()>) -> Circles {
    let groups = view.cycles();
    let numbered = groups.iter().enumerate().flat_map(|(group, numbers)| {
        numbers.iter().filter_map(move |number| Some((view.dag().id(*number)?.clone(), group)))
    });
    numbered.collect()
}

fn why(
    id: &EventId,
    entry: &Entry,
    entries: &BTreeMap<EventId, Entry>,
    [auth, any]: &[Circles; 2],
    fold: &Fold<'_>,
) -> Wait {
    let event = &entry.event;
    let in_circle = |circles: &Circles, other: &EventId| {
        circles.get(id).is_some_and(|group| circles.get(other) == Some(group))
    };
    let is_cited = |missing: &EventId| {
        event.auth_events().contains(missing) || create_of(event, fold).as_ref() == Some(missing)
    };
    let reason = |missing: &EventId| {
        let kind = if event.auth_events().contains(missing) {
            "auth event"
        } else if is_cited(missing) {
            "create event"
        } else if event.prev_events().contains(missing) {
            "prev event"
        } else {
            "state event"
        };
        if missing == id {
            return format!("the event cites itself as {} {kind}", article(kind));
        }
        match fold.fates.get(missing) {
            None => format!("the {kind} {missing} is not in the room"),
            Some(Fate::Dropped(line)) => {
                format!("the {kind} {missing} was dropped (line {line})")
            }
            Some(Fate::Kept(line)) => {
                let how = if !entries.contains_key(missing) {
                    "has no place in the history"
                } else if is_cited(missing) && in_circle(auth, missing) {
                    "has this event in its auth chain"
                } else if in_circle(any, missing) {
                    "waits for this event in turn"
                } else {
                    "waits itself"
                };
                format!("the {kind} {missing} (line {line}) {how}")
            }
        }
    };
    let reasons: Vec<_> = entry.missing.iter().map(reason).collect();
    let waits_for_auth = entry.missing.iter().any(is_cited);
    let check = if waits_for_auth { Check::AuthEvents } else { Check::StateBefore };
    Wait::For { check, message: reasons.join("; "), missing: entry.missing.clone() }
}

fn article(kind: &str) -> &'static str {
    if kind.starts_with('a') { "an" } else { "a" }
}

/// The create event that the event's room ID stands for, in version 12.
fn create_of(event: &Event, fold: &Fold<'_>) -> Option<EventId> {
    let is_implied = fold.room.version().capabilities.room_ids == RoomIds::CreateEvent
        && event.has_room_id()
        && event.room_id().is_hash();
    is_implied.then(|| event.room_id().create_event())
}

/// Check 4, in an order in which every event follows its auth events.
fn authorise(entries: &mut BTreeMap<EventId, Entry>, fold: &Fold<'_>) {
    let ids: Vec<_> = entries.keys().cloned().collect();
    for start in ids {
        // A stack of our own, as auth chains may be as long as the room.
        let mut stack = vec![start];
        while let Some(id) = stack.last().cloned() {
            let Some(entry) = entries.get_mut(&id) else { break };
            let before = stack.len();
            if entry.progress == Progress::Waiting {
                entry.progress = Progress::Open;
                let cited: Vec<_> = entry.event.auth_events().to_vec();
                let is_new = |id: &EventId| {
                    entries.get(id).is_some_and(|entry| entry.progress == Progress::Waiting)
                };
                stack.extend(cited.into_iter().filter(is_new));
            }
            if stack.len() > before {
                continue;
            }
            stack.pop();
            let Some(entry) = entries.get(&id) else { continue };
            if entry.progress == Progress::Open {
                let (progress, rejection) = decide(entry, entries, fold);
                if let Some(entry) = entries.get_mut(&id) {
                    (entry.progress, entry.rejection) = (progress, rejection);
                }
            }
        }
    }
}

fn decide(
    entry: &Entry,
    entries: &BTreeMap<EventId, Entry>,
    fold: &Fold<'_>,
) -> (Progress, Option<(Rule, String)>) {
    let version = fold.room.version();
    let event = &entry.event;
    let create = create_of(event, fold);
    let cited: Vec<_> = event
        .auth_events()
        .iter()
        .chain(&create)
        .filter_map(|id| {
            if let Some(entry) = entries.get(id) {
                let rejected = entry.progress == Progress::Rejected;
                let is_decided = rejected || entry.progress == Progress::Allowed;
                return is_decided.then(|| (id, entry.event.clone(), rejected));
            }
            let record = fold.room.record(id)?;
            Some((id, record.event(version)?, record.standing().is_rejected()))
        })
        .collect();
    let find = |id: &EventId| {
        let (_, event, rejected) = cited.iter().find(|(known, ..)| *known == id)?;
        Some(AuthEvent { event, rejected: *rejected })
    };
    let keys = fold.context.keys;
    let signed_by =
        |server: &_| keys.is_some_and(|keys| signatures::signed_by(event, server, keys, version));
    let signatures = match keys {
        Some(_) => ServerSignatures::Checked(&signed_by),
        None => ServerSignatures::Satisfied,
    };
    match check_by_auth_events(version, event, find, signatures) {
        Ok(Verdict::Allowed { .. }) => (Progress::Allowed, None),
        Ok(verdict) => (Progress::Rejected, Some((verdict.rule(), verdict.explain()))),
        Err(_) => (Progress::Undecided, None),
    }
}

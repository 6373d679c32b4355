//! Receipt check 4, in an order in which every event follows its auth events.

use exeunt_auth::{AuthEvent, ServerSignatures, Verdict, check_by_auth_events};
use exeunt_event::signatures::{self, Keys};
use exeunt_event::{Event, EventId};
use exeunt_version::{RoomIds, RoomVersion};

use super::finding::{Check, Finding, Outcome};
use super::receive::{Fate, Room};

/// How far an event is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    /// Its auth events are being looked at.
    Open,
    Allowed,
    Rejected,
    /// No verdict.
    Undecided,
}

pub(crate) fn authorise(room: &mut Room, keys: Option<&Keys>, version: &RoomVersion) {
    let mut progress = vec![Progress::Waiting; room.events.len()];
    let mut found = Vec::new();
    room.entered[3] = room.events.len();
    for start in 0..room.events.len() {
        // A stack of our own, as auth chains may be as long as the room.
        let mut stack = vec![start];
        while let Some(&at) = stack.last() {
            if !matches!(progress[at], Progress::Waiting | Progress::Open) {
                stack.pop();
                continue;
            }
            let before = stack.len();
            if progress[at] == Progress::Waiting {
                progress[at] = Progress::Open;
                let cited = cited(&room.events[at].event, version);
                let known = cited.filter_map(|id| match room.fates.get(&id) {
                    Some(Fate::Kept(at)) => Some(*at),
                    _ => None,
                });
                stack.extend(known.filter(|at| progress[*at] == Progress::Waiting));
            }
            if stack.len() == before {
                let (outcome, finding) = decide(room, at, &progress, keys, version);
                progress[at] = outcome;
                found.extend(finding);
                stack.pop();
            }
        }
    }
    room.findings.extend(found);
    room.findings.sort_by_key(|finding| (finding.line, finding.check));
}

/// The events that must be decided before this one.
fn cited<'e>(event: &'e Event, version: &RoomVersion) -> impl Iterator<Item = EventId> + use<'e> {
    let create = version.capabilities.room_ids == RoomIds::CreateEvent && event.has_room_id();
    let create = create.then(|| event.room_id().create_event());
    event.auth_events().iter().cloned().chain(create)
}

fn decide(
    room: &Room,
    at: usize,
    progress: &[Progress],
    keys: Option<&Keys>,
    version: &RoomVersion,
) -> (Progress, Option<Finding>) {
    let received = &room.events[at];
    let event = &received.event;
    let find = |id: &EventId| match room.fates.get(id)? {
        Fate::Kept(at) => {
            let rejected = progress[*at] == Progress::Rejected;
            let is_decided = rejected || progress[*at] == Progress::Allowed;
            is_decided.then_some(AuthEvent { event: &room.events[*at].event, rejected })
        }
        Fate::Dropped(_) => None,
    };
    let signed_by =
        |server: &_| keys.is_some_and(|keys| signatures::signed_by(event, server, keys, version));
    let signatures = match keys {
        Some(_) => ServerSignatures::Checked(&signed_by),
        None => ServerSignatures::Satisfied,
    };
    let finding = |outcome, rule, message| {
        let event_id = Some(event.event_id().to_string());
        let check = Check::AuthEvents;
        Some(Finding { line: received.line, event_id, check, outcome, rule, message })
    };
    match check_by_auth_events(version, event, find, signatures) {
        Ok(Verdict::Allowed { .. }) => (Progress::Allowed, None),
        Ok(verdict) => {
            let rule = verdict.rule();
            let rule = Some((rule, rule.number(&version.capabilities)));
            (Progress::Rejected, finding(Outcome::Rejected, rule, verdict.explain()))
        }
        Err(missing) => {
            let message = why_missing(room, &missing.0, event, progress);
            (Progress::Undecided, finding(Outcome::Undecided, None, message))
        }
    }
}

fn why_missing(room: &Room, id: &EventId, event: &Event, progress: &[Progress]) -> String {
    if id == event.event_id() {
        return "the event cites itself as an auth event".to_owned();
    }
    match room.fates.get(id) {
        None => format!("the auth event {id} is not in the room"),
        Some(Fate::Dropped(line)) => format!("the auth event {id} was dropped (line {line})"),
        Some(Fate::Kept(at)) => {
            let line = room.events[*at].line;
            match progress[*at] {
                Progress::Undecided => {
                    format!("there is no verdict on the auth event {id} (line {line})")
                }
                _ => format!("the auth event {id} (line {line}) has this event in its auth chain"),
            }
        }
    }
}

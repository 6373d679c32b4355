use std::collections::BTreeSet;

use exeunt_event::content::Property;
use exeunt_event::{Event, EventId};
use exeunt_room::{Context, Input, Room, Standing};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, History, Judgement, Law, Tally, Witness};

pub(super) const LAW: Law = Law {
    id: "F13",
    name: "redacted-history-decides-the-same",
    sentence: "A server that gets the history later, with what was redacted redacted, rejects the \
               same events.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#handling-redactions",
    expected: |version: &RoomVersion| {
        let case = if version.capabilities.redaction.keeps_invite_level {
            "an invite by a third-party invite that is redacted"
        } else {
            "an invite below a level that goes as the power levels are redacted"
        };
        Expected::Fails { case, events: 5 }
    },
    about: About::History(check),
};

fn check(history: &History) -> Tally {
    let mut tally = Tally::default();
    let Some(room) = history.whole_room() else { return tally };
    let dag = room.dag();
    let events: Vec<Event> = dag
        .events()
        .filter_map(|number| dag.get(number))
        .filter(|record| !record.is_outlier())
        .filter_map(|record| record.event(room.version()))
        .collect();
    let redacted: BTreeSet<&EventId> =
        events.iter().filter_map(|event| redacts(room, event)).collect();
    if redacted.is_empty() {
        return tally;
    }
    let mut later = Room::new(room.version().clone());
    for event in &events {
        let is_redacted = redacted.contains(event.event_id());
        let event = if is_redacted { event.redacted(room.version()) } else { event.clone() };
        later.take(&Input::Pdu(event.shared_text().as_bytes().into()), Context::default());
    }
    for event in &events {
        let id = event.event_id();
        let is_rejected =
            |room: &Room| Some(room.record(id)?.standing().is_rejected());
        let (now, then) = (is_rejected(room), is_rejected(&later));
        tally.count(Answer::of(now == then, || {
            let sentence = match then {
                Some(true) => "an event is rejected by who gets the history redacted",
                Some(false) => "a rejected event is accepted by who gets the history redacted",
                None => "an event is none for who gets the history redacted",
            };
            Witness::new(sentence, [id.clone()])
        }));
    }
    tally
}

/// The event that one redacts with effect: both are accepted, and either it is of the same server or
/// the redaction's sender has the power to redact what others sent.
fn redacts<'e>(room: &Room, event: &'e Event) -> Option<&'e EventId> {
    let target = event.redacts()?;
    let is_accepted = |id| Some(*room.record(id)?.standing() == Standing::Accepted);
    if event.event_type().as_str() != "m.room.redaction"
        || !is_accepted(event.event_id())?
        || !is_accepted(target)?
    {
        return None;
    }
    let is_own = room.event(target)?.sender().domain() == event.sender().domain();
    let judgement = Judgement::new(event, room, room.state_before(event.event_id())?);
    let is_strong = judgement.power(event.sender().as_str()) >= judgement.level(Property::Redact);
    (is_own || is_strong).then_some(target)
}

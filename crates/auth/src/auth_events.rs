//! Rule 2, in version 12 rules 2 and 3: the event's own `auth_events`.

use exeunt_event::{Event, EventType};
use exeunt_version::{Mutant, RoomIds, RoomVersion};

use crate::check::{AuthEvent, Cited, Decision, reject};
use crate::{Rule, Selection, Witness};

pub(crate) fn check<'a>(
    event: &'a Event,
    cited: &Cited<'a>,
    version: &RoomVersion,
) -> Decision<'a> {
    let is_create = |entry: &AuthEvent<'_>| *entry.event.event_type() == EventType::Create;
    if version.capabilities.room_ids == RoomIds::CreateEvent {
        let witness = match &cited.create {
            None => Some(Witness::Named(event.room_id().as_str())),
            Some(create) if create.rejected || !is_create(create) => {
                Some(Witness::Entry(create.event))
            }
            Some(_) => None,
        };
        if let Some(witness) = witness {
            return reject(Rule::RoomIdIsNoCreateEvent, witness);
        }
    }
    let entries = &cited.entries;
    let find = |rule, is_wrong: &dyn Fn(usize, &AuthEvent<'a>) -> bool| {
        let mut wrong = entries.iter().enumerate().filter(|(at, entry)| is_wrong(*at, entry));
        wrong.next().and_then(|(_, entry)| reject(rule, Witness::Entry(entry.event)))
    };
    let selection = Selection::new(event, version);
    find(Rule::AuthEventsDuplicate, &|at, entry| {
        let same = |one: &AuthEvent<'_>| {
            let key = entry.event.state_key();
            key.is_some_and(|key| one.event.is_state(entry.event.event_type(), key))
        };
        entries[..at].iter().any(same) && !version.is_mutant(Mutant::DuplicateAuthEvents)
    })
    .or_else(|| {
        find(Rule::AuthEventsUnexpected, &|_, entry| {
            let key = entry.event.state_key();
            !key.is_some_and(|key| selection.contains(entry.event.event_type(), key))
                && !version.is_mutant(Mutant::UnexpectedAuthEvents)
        })
    })
    .or_else(|| find(Rule::AuthEventsRejected, &|_, entry| entry.rejected))
    .or_else(|| {
        if version.capabilities.room_ids == RoomIds::CreateEvent || entries.iter().any(is_create) {
            return None;
        }
        let witness = Witness::Property("auth_events");
        reject(Rule::AuthEventsNoCreate, witness)
    })
    .or_else(|| {
        find(Rule::AuthEventsOtherRoom, &|_, entry| {
            entry.event.room_id() != event.room_id()
                && !version.is_mutant(Mutant::ForeignAuthEvents)
        })
    })
}

use exeunt_event::EventType;
use exeunt_room::{Check, Outcome, Standing};
use exeunt_version::RoomVersion;

use super::pair::{event, sides};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "cherry-picked-auth",
    sentence: "An event cites power levels and a membership of its sender, both of its past, that \
               never were of one state: its auth events allow it, and the state before it does not.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu",
    events: 7,
    presence: |_: &RoomVersion| Presence::Present,
    found,
};

fn found(history: &History) -> Option<Witness> {
    let room = history.whole_room()?;
    let dag = room.dag();
    let sides = sides(history);
    history.arrivals().into_iter().find_map(|arrival| {
        let Outcome::Decided(Standing::Rejected(refusal)) = &arrival.step.receipt.outcome else {
            return None;
        };
        let sender = arrival.event.sender().as_str();
        let number = dag.number(arrival.event.event_id())?;
        let cited = |event_type: &EventType, state_key: &str| {
            let is_it = |number: &&_| {
                event(room, **number).is_some_and(|it| it.is_state(event_type, state_key))
            };
            dag.auth().parents(number).iter().find(is_it).copied()
        };
        let levels = cited(&EventType::PowerLevels, "")?;
        let member = cited(&EventType::Member, sender)?;
        let is_past = |it| dag.prev().is_ancestor(it, number);
        let are_together = || {
            sides.iter().any(|side| {
                side.number_of(&EventType::PowerLevels, "") == Some(levels)
                    && side.number_of(&EventType::Member, sender) == Some(member)
            })
        };
        let is_found = refusal.check == Check::StateBefore
            && is_past(levels)
            && is_past(member)
            && !are_together();
        let sentence = format!("{sender} cites what never was of one state");
        is_found.then(|| super::pair::witness(room, sentence, [levels, member, number]))
    })
}

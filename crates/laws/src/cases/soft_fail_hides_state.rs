use exeunt_event::EventType;
use exeunt_event::content::Membership;
use exeunt_room::{Outcome, Standing};
use exeunt_version::RoomVersion;

use super::{Case, Presence};
use crate::{Arrival, History, Witness};

pub(super) const CASE: Case = Case {
    name: "soft-fail-hides-state",
    sentence: "A server soft-fails what somebody sets for a ban that does not stand in the end, as \
               who banned is banned; others have it in their state, that server never has.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#soft-failure",
    events: 9,
    presence: |_: &RoomVersion| Presence::Present,
    found,
};

fn found(history: &History) -> Option<Witness> {
    history.arrivals().iter().find_map(|arrival| check(history, arrival))
}

fn check(history: &History, arrival: &Arrival<'_>) -> Option<Witness> {
    let Outcome::Decided(Standing::SoftFailed(_)) = arrival.step.receipt.outcome else {
        return None;
    };
    let (event, room) = (arrival.event, arrival.room);
    let (sender, key) = (event.sender().as_str(), event.state_key()?);
    let then = room.view(&arrival.step.before.current_state);
    if then.membership(sender) != Some(Membership::Ban) {
        return None;
    }
    // In the end the sender is in the room as they were, and what they set is not in the state.
    let now = room.view(room.current_state());
    let is_in = |entry: Option<&exeunt_event::Event>| {
        entry.is_some_and(|entry| entry.event_id() == event.event_id())
    };
    let before = room.view(room.state_before(event.event_id())?);
    let member = |view: exeunt_room::StateView<'_>| {
        Some(exeunt_auth::State::entry(&view, &EventType::Member, sender)?.event_id().clone())
    };
    let entry = |view: exeunt_room::StateView<'_>| {
        is_in(exeunt_auth::State::entry(&view, event.event_type(), key))
    };
    if member(now) != member(before)
        || now.membership(sender) != Some(Membership::Join)
        || entry(now)
    {
        return None;
    }
    // Another server has the same events, and has it in its state.
    let other = history.servers.iter().find(|server| {
        let other = &server.room;
        let has_all = |id| other.record(id).is_some();
        server.is_whole
            && room.dag().len() == other.dag().len()
            && room.dag().events().filter_map(|it| room.dag().id(it)).all(has_all)
            && entry(other.view(other.current_state()))
    })?;
    let sentence = format!("what {sender} set is in the state of {} alone", other.name);
    let mut witness = Witness::new(sentence, [event.event_id().clone()]);
    witness.server = Some(arrival.step.server);
    Some(witness)
}

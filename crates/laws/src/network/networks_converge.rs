use exeunt_event::RoomId;
use exeunt_homeserver::{Body, Homeserver};
use exeunt_room::{Room, Standing, State};
use exeunt_version::RoomVersion;

use super::reading::is_success;
use crate::{About, Answer, Expected, Happening, Law, NetworkHistory, Tally, Witness};

/// What the text gives of convergence, for messages that are delayed, reordered, doubled, and lost
/// as long as the sender is told so and tries again.
///
/// Each condition is needed:
///
/// - The last event of each server: a message that arrives before the answer to `send_join` has no
///   room that it would be received for, and what happens beside a join is not in the state that
///   comes with it. Both are made good for by the next event that refers to them.
/// - Knowing of each other: two servers that join at the same time by a third, which then leaves,
///   may have nobody who tells them of each other.
/// - No soft failure: check 6 is about what is current when an event arrives, and so about the order
///   of arrival. That the first sentence holds nevertheless is what makes it harmless to states.
/// - No server ACL: whom it denies is not heard.
/// - No falsified answer: who joins takes a server's word for the state, and who was told that an
///   event arrived does not send it again.
pub(super) const LAW: Law = Law {
    id: "F15",
    name: "networks-converge",
    sentence: "Unless answers are falsified, servers agree on whether an event is rejected and on \
               the state before it, whatever the order of arrival, whatever is lost, and whatever \
               strangers send. Once each server has said something that all others got, those that \
               know of each other have the same extremities and the same current state, unless there \
               was a server ACL, an event was soft-failed, or messages were forged or falsified.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    let mut tally = Tally::default();
    if history.steps.iter().any(|step| tells_lies(&step.what)) {
        return tally;
    }
    let is_tampered_with = |happening: &Happening| {
        matches!(happening, Happening::Forged(_) | Happening::Falsified { .. })
    };
    let has_arrived = history.network().in_flight().is_empty();
    let is_calm = history.is_settled
        && has_arrived
        && !history.steps.iter().any(|step| is_tampered_with(&step.what));
    let network = history.network();
    for (room_id, _) in history.rooms() {
        let residents: Vec<&Homeserver> =
            network.servers().filter(|server| server.is_resident(&room_id)).collect();
        let knows = |one: &Homeserver, other: &Homeserver| {
            one.servers_in(&room_id).any(|name| name == other.name())
        };
        let is_known = residents.iter().all(|one| residents.iter().all(|other| knows(one, other)));
        let mut rooms = network.servers().filter_map(|server| server.room(&room_id));
        let is_quiet = is_calm && is_known && !rooms.any(|it| has_soft_failures(it) || has_acl(it));
        for pair in residents.windows(2) {
            if let [one, other] = pair {
                compare([one, other], &room_id, is_quiet, &mut tally);
            }
        }
    }
    tally
}

/// Whether a server is given an answer that nobody gave, and that it may take for one.
fn tells_lies(happening: &Happening) -> bool {
    let Happening::Falsified { instead, .. } = happening else { return false };
    matches!(&instead.body, Body::Answer(Some(answer)) if is_success(answer))
}

fn has_soft_failures(room: &Room) -> bool {
    room.dag().events().any(|number| {
        let record = room.dag().get(number);
        record.is_some_and(|record| matches!(record.standing(), Standing::SoftFailed(_)))
    })
}

/// Whether the room has ever had an ACL: whom it denies is not heard.
fn has_acl(room: &Room) -> bool {
    let mut events = room.dag().events().filter_map(|number| room.event(room.dag().id(number)?));
    events.any(|event| event.event_type().as_str() == "m.room.server_acl")
}

fn compare(servers: [&Homeserver; 2], room_id: &RoomId, is_quiet: bool, tally: &mut Tally) {
    let [one, other] = servers.map(Homeserver::name);
    let [Some(mine), Some(theirs)] = servers.map(|server| server.room(room_id)) else { return };
    for id in mine.dag().events().filter_map(|number| mine.dag().id(number)) {
        let (Some(here), Some(there)) = (mine.record(id), theirs.record(id)) else { continue };
        let (Some(before), Some(other_before)) = (here.state_before(), there.state_before()) else {
            continue;
        };
        let is_same = before.fingerprint() == other_before.fingerprint()
            && here.standing().is_rejected() == there.standing().is_rejected();
        tally.count(Answer::of(is_same, || {
            Witness::new(format!("{one} and {other} differ about an event"), [id.clone()])
        }));
    }
    if is_quiet {
        let state = |room: &Room| State::fingerprint(room.current_state());
        let is_same = mine.forward_extremities() == theirs.forward_extremities()
            && state(mine) == state(theirs);
        tally.count(Answer::of(is_same, || {
            Witness::new(format!("{one} and {other} have other current states of {room_id}"), [])
        }));
    }
}

use std::collections::BTreeMap;

use exeunt_event::EventId;
use exeunt_room::{Fingerprint, Room, Standing};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, History, Law, Server, Tally, Witness};

pub(super) const LAW: Law = Law {
    id: "F1",
    name: "convergence",
    sentence: "Servers that know the whole history have the same verdicts at receipt checks 4 and 5 \
               and the same states before and after each event, whatever the order of arrival; and \
               the same current state if they know the same events and nothing was soft-failed.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::History(check),
};

/// Of an event what must not depend on the order.
#[derive(Debug, PartialEq)]
pub(super) struct Lasting {
    is_rejected: bool,
    before: Option<Fingerprint>,
    after: Option<Fingerprint>,
}

impl Lasting {
    /// Whether the states before and after it are known.
    pub(super) fn has_states(&self) -> bool {
        self.before.is_some() && self.after.is_some()
    }
}

pub(super) fn lasting(room: &Room) -> BTreeMap<&EventId, Lasting> {
    let of = |number| {
        let record = room.dag().get(number)?;
        let lasting = Lasting {
            is_rejected: record.standing().is_rejected(),
            before: record.state_before().map(exeunt_room::State::fingerprint),
            after: record.state_after().map(exeunt_room::State::fingerprint),
        };
        Some((room.dag().id(number)?, lasting))
    };
    room.dag().events().filter_map(of).collect()
}

/// Pairs of servers, neighbours by their places, that know the whole history.
pub(super) fn pairs(history: &History) -> Vec<[&Server; 2]> {
    let whole: Vec<_> = history.servers.iter().filter(|server| server.is_whole).collect();
    whole.windows(2).map(|pair| [pair[0], pair[1]]).collect()
}

pub(super) fn has_soft_failures(room: &Room) -> bool {
    room.dag().events().any(|number| {
        let record = room.dag().get(number);
        record.is_some_and(|record| matches!(record.standing(), Standing::SoftFailed(_)))
    })
}

/// Whether both decided the same events.
pub(super) fn know_the_same(one: &Room, other: &Room) -> bool {
    let ids = |room: &Room| {
        let mut ids: Vec<_> =
            room.dag().events().filter_map(|number| room.dag().id(number).cloned()).collect();
        ids.sort_unstable();
        ids
    };
    ids(one) == ids(other)
}

fn check(history: &History) -> Tally {
    let mut tally = Tally::default();
    for [one, other] in pairs(history) {
        let (mine, theirs) = (lasting(&one.room), lasting(&other.room));
        for (id, lasting) in &mine {
            let Some(other_lasting) = theirs.get(id) else { continue };
            tally.count(Answer::of(lasting == other_lasting, || {
                let sentence = format!("{} and {} differ about an event", one.name, other.name);
                Witness::new(sentence, [(*id).clone()])
            }));
        }
        let is_quiet = !has_soft_failures(&one.room) && !has_soft_failures(&other.room);
        if is_quiet && know_the_same(&one.room, &other.room) {
            let is_same = one.room.current_state() == other.room.current_state();
            tally.count(Answer::of(is_same, || {
                let sentence = format!("{} and {} have other current states", one.name, other.name);
                Witness::new(sentence, [])
            }));
        }
    }
    tally
}

use exeunt_event::content::Membership;
use exeunt_event::{EventType, UserId};
use exeunt_room::{Outcome, Standing};
use exeunt_version::RoomVersion;

use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "aliases-by-anyone",
    sentence: "A server that has nobody in the room sets aliases in it.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/2432",
    events: 3,
    presence: |version: &RoomVersion| {
        let has_rule = version.capabilities.aliases_rule;
        Presence::when(has_rule, "aliases are as other state (MSC2432)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    history.arrivals().into_iter().find_map(|arrival| {
        let (event, room) = (arrival.event, arrival.room);
        let server = event.sender().domain();
        let is_accepted = arrival.step.receipt.outcome == Outcome::Decided(Standing::Accepted);
        if !is_accepted || event.event_type().as_str() != "m.room.aliases" {
            return None;
        }
        let before = room.state_before(event.event_id())?;
        let view = room.view(before);
        let is_there = room.entries(before).any(|(event_type, user, _)| {
            *event_type == EventType::Member
                && UserId::from_received(user).domain() == server
                && view.membership(user) == Some(Membership::Join)
        });
        let sentence = format!("{} sets aliases without anybody of its server", event.sender());
        (!is_there).then(|| Witness::new(sentence, [event.event_id().clone()]))
    })
}

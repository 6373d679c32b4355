use exeunt_auth::Power;
use exeunt_room::{Outcome, Standing};
use exeunt_version::RoomVersion;

use super::pair::levels;
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "notifications-unchecked",
    sentence: "A level for notifications is set, changed or removed by somebody below it.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/2209",
    events: 6,
    presence: |version: &RoomVersion| {
        let is_checked = version.capabilities.notifications_rule;
        Presence::when(!is_checked, "the rules look at these levels too (MSC2209)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    history.arrivals().into_iter().find_map(|arrival| {
        let (event, room) = (arrival.event, arrival.room);
        let is_accepted = arrival.step.receipt.outcome == Outcome::Decided(Standing::Accepted);
        let new = levels(event).filter(|_| is_accepted)?;
        let view = room.view(room.state_before(event.event_id())?);
        let old = view.levels()?;
        let power = view.power(event.sender().as_str());
        let maps = [&old.notifications, &new.notifications];
        let level = maps.iter().flat_map(|map| map.iter()).find_map(|(name, level)| {
            let has_changed = maps[0].get(name.as_str()) != maps[1].get(name.as_str());
            (has_changed && power < Power::Level(level)).then_some(level)
        })?;
        let sentence = format!("{} sets or takes away the level {level}", event.sender());
        Some(Witness::new(sentence, [event.event_id().clone()]))
    })
}

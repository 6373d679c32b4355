use exeunt_dag::Number;
use exeunt_event::content::Membership;
use exeunt_event::{Event, EventType};
use exeunt_version::{RoomVersion, StateResolution};

use super::pair::{Side, event, member, sides, witness};
use super::{Case, Presence};
use crate::{History, Merge, Witness};

pub(super) const CASE: Case = Case {
    name: "hotel-california",
    sentence: "A user leaves, joins again and leaves again, with rising times and by the same power \
               levels and join rules; the first leave resolved with the second, and the result with \
               the join, brings the user back.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/1442",
    events: 6,
    presence: |version: &RoomVersion| {
        let is_v1 = version.capabilities.state_resolution == StateResolution::V1;
        Presence::when(is_v1, "what is between the leaves is in the auth difference (MSC1442)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    sides(history).iter().find_map(check)
}

/// The side is that after the second leave.
fn check(side: &Side<'_>) -> Option<Witness> {
    let (room, second) = (side.room, side.number);
    let auth = room.dag().auth();
    let leave = event(room, second)?;
    let (user, Membership::Leave) = member(leave)? else { return None };
    // What is cited of the same user, if it is that.
    let cited = |by, membership| {
        let is_it = |number: &&Number| event(room, **number).and_then(member) == Some((user, membership));
        auth.parents(by).iter().find(is_it).copied()
    };
    let join = cited(second, Membership::Join)?;
    let first = cited(join, Membership::Leave)?;
    let order = [event(room, first)?, event(room, join)?, leave];
    let is_own = order.iter().all(|event| event.sender().as_str() == user);
    if !is_own || !order.is_sorted_by(|a, b| a.origin_server_ts() < b.origin_server_ts()) {
        return None;
    }
    // Whoever cites others says that it happened at another time.
    let levels = |by: &Number| {
        let cited = auth.parents(*by).iter().copied();
        cited.filter(|it| event(room, *it).is_some_and(is_levels)).collect::<Vec<_>>()
    };
    if levels(&first) != levels(&second) || levels(&join) != levels(&second) {
        return None;
    }
    let states = [first, join].map(|number| Side::after(room, number));
    let [Some(after_first), Some(after_join)] = states else { return None };
    let key = room.keys().get(&EventType::Member, user)?;
    let sets = [after_first, after_join, *side].map(|side| side.state.entries());
    if [first, join, second].iter().zip(sets).any(|(number, set)| set.get(key) != Some(*number)) {
        return None;
    }
    // Where the join rules change too, later versions may take them back, and the second leave with
    // them.
    let rules = room.keys().get(&EventType::JoinRules, "");
    let rules = rules.map(|rules| sets.map(|set| set.get(rules)));
    if rules.is_some_and(|[first, others @ ..]| others.iter().any(|it| *it != first)) {
        return None;
    }
    let merge = Merge::new(room, [first, second]);
    let leaves = merge.resolution().state();
    let result = merge.resolve(&[leaves, sets[1].clone()]);
    let sentence = format!("{user} left last, and is back");
    (result.get(key) == Some(join)).then(|| witness(room, sentence, [first, join, second]))
}

fn is_levels(event: &Event) -> bool {
    event.is_state(&EventType::PowerLevels, "")
}

//! What may happen next.

use exeunt_room::Room;
use proptest::collection::vec;
use proptest::prelude::*;

use super::Expected;
use super::transition::{Deed, Transition};
use crate::play::sight::Sight;
use crate::{Kind, Lie, Mood, scripts};

/// A choice, before it is known who can make it.
#[derive(Clone, Debug)]
struct Wish {
    kind: Kind,
    actor: u8,
    target: u8,
    value: u8,
    hearsay: Hearsay,
    tick: u8,
    lies: Vec<Lie>,
}

/// What the sender's server knows of what happened.
#[derive(Clone, Copy, Debug)]
enum Hearsay {
    /// Everything.
    All,
    /// What the sender of an event knew, and that event. Of the last so many events ago.
    As(u8),
    /// Not the last so many.
    Older(u8),
    /// Not that of so many ago, nor what follows it.
    Missed(u8),
}

/// What those do who can do nothing of what they wish.
const INSTEAD: [Kind; 6] =
    [Kind::State, Kind::Message, Kind::Join, Kind::Leave, Kind::Invite, Kind::Levels];

/// The transitions that are possible: those of the room's creation, then any.
pub(crate) fn transitions(expected: &Expected) -> BoxedStrategy<Transition> {
    if let Some(transition) = expected.next_opening() {
        return Just(transition).boxed();
    }
    let expected = expected.clone();
    wishes(expected.mood()).prop_map(move |wish| expected.fulfil(&wish)).boxed()
}

fn wishes(mood: Mood) -> impl Strategy<Value = Wish> {
    let hearsay = prop_oneof![
        6 => Just(Hearsay::All),
        3 => (0..5_u8).prop_map(Hearsay::As),
        1 => (1..5_u8).prop_map(Hearsay::Older),
        1 => (1..9_u8).prop_map(Hearsay::Missed),
    ];
    let lies = match mood {
        Mood::Plausible => Just(Vec::new()).boxed(),
        Mood::Hostile => prop_oneof![2 => Just(Vec::new()), 1 => vec(lie(), 1..3)].boxed(),
    };
    (scripts::kind(mood), any::<(u8, u8, u8)>(), hearsay, 0..4_u8, lies).prop_map(
        |(kind, (actor, target, value), hearsay, tick, lies)| Wish {
            kind,
            actor,
            target,
            value,
            hearsay,
            tick,
            lies,
        },
    )
}

/// What an event's sender can lie about who sends no other event.
fn lie() -> impl Strategy<Value = Lie> {
    let of_one = |lie: Lie| match lie {
        Lie::Backdated { .. } | Lie::Outdated { .. } | Lie::Equivocate => Lie::NotAllowed,
        lie => lie,
    };
    scripts::lie().prop_map(of_one)
}

impl Expected {
    fn next_number(&self) -> u32 {
        self.last().map_or(0, |last| last.number + 1)
    }

    /// The next event of the room's creation.
    fn next_opening(&self) -> Option<Transition> {
        let number = self.next_number();
        let first = usize::try_from(number).ok()?;
        let opening = |at| {
            let (deed, number) = (Deed::Opening(at), u32::try_from(at).ok()?);
            Some(Transition { number, deed, unknown: Vec::new(), tick: 1, lies: Vec::new() })
        };
        (first..self.opening().len())
            .filter_map(opening)
            .find(|transition| self.is_possible(transition))
    }

    /// Somebody does what is wished, or something near to it that is possible.
    fn fulfil(&self, wish: &Wish) -> Transition {
        let unheard = self.unheard(wish.hearsay);
        let ways = std::iter::once(unheard).chain([Vec::new()]).chain(
            // If nobody can do anything any more, somebody could once.
            (0..self.arrivals().len()).map(|at| self.unheard_at(at)),
        );
        for unknown in ways {
            for kind in std::iter::once(wish.kind).chain(INSTEAD) {
                if let Some(transition) = self.find(wish, kind, &unknown) {
                    return transition;
                }
            }
        }
        self.transition(wish, wish.kind, (0, 0), &[])
    }

    /// By the actor, or the next user who may do it, to the target or the next one to whom it may
    /// be done.
    fn find(&self, wish: &Wish, kind: Kind, unknown: &[u32]) -> Option<Transition> {
        let cast = self.cast();
        let count = cast.users.len();
        let (first, target) = (usize::from(wish.actor), usize::from(wish.target));
        let event_type = kind.event_type(usize::from(wish.value));
        let regardless = wish.lies.contains(&Lie::NotAllowed);
        let mut rooms: Vec<Option<Room>> = vec![None; cast.servers.len()];
        let targets = if kind.has_target() { count } else { 1 };
        for target in (0..targets).map(|more| (target + more) % count) {
            for actor in (0..count).map(|more| (first + more) % count) {
                let server = cast.server_of(actor);
                let room = rooms[server].get_or_insert_with(|| self.room_at(server, unknown));
                let sight = Sight::new(room, room.current_state());
                let may = || sight.may(kind, cast.user(actor), cast.user(target), event_type);
                if regardless || may() {
                    let transition = self.transition(wish, kind, (actor, target), unknown);
                    if self.is_possible(&transition) {
                        return Some(transition);
                    }
                }
            }
        }
        None
    }

    fn transition(
        &self,
        wish: &Wish,
        kind: Kind,
        (actor, target): (usize, usize),
        unknown: &[u32],
    ) -> Transition {
        let user = |at: usize| self.cast().users[at].clone();
        let deed = Deed::Act { kind, actor: user(actor), target: user(target), value: wish.value };
        Transition {
            number: self.next_number(),
            deed,
            unknown: unknown.to_vec(),
            tick: wish.tick,
            lies: wish.lies.clone(),
        }
    }

    fn unheard(&self, hearsay: Hearsay) -> Vec<u32> {
        let count = self.arrivals().len();
        // Nobody knows of a room and not of its creation.
        let ago = |ago: u8| count.saturating_sub(usize::from(ago)).max(1);
        let number = |at: usize| self.arrivals().nth(at).map(|arrival| arrival.number);
        match hearsay {
            Hearsay::All => Vec::new(),
            Hearsay::As(at) => self.unheard_at(ago(at.saturating_add(1))),
            Hearsay::Older(at) => (ago(at)..count).filter_map(number).collect(),
            Hearsay::Missed(at) => {
                let missed: Vec<u32> = number(ago(at)).into_iter().collect();
                self.with_followers(&missed)
            }
        }
    }

    /// What somebody does not know of who knows that event, and what its sender knew.
    fn unheard_at(&self, at: usize) -> Vec<u32> {
        let Some(arrival) = self.arrivals().nth(at) else { return Vec::new() };
        let later = self.arrivals().skip(at + 1).map(|later| later.number);
        arrival.unknown.iter().copied().chain(later).collect()
    }
}

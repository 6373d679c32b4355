//! What happens in a room, as small steps. Numbers in them are taken modulo what there is, so that
//! any step may be left out and the rest still makes sense: that is how a failure shrinks.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

use crate::Mood;

/// A room's history and the states asked for.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) setup: Setup,
    /// What happens before the first fork.
    pub(crate) before: Vec<Step>,
    /// How many branches there are after it.
    pub(crate) branches: u8,
    pub(crate) after: Vec<Step>,
    pub(crate) sets: Vec<Set>,
    /// Which events count as rejected.
    pub(crate) rejected: Vec<u16>,
    pub(crate) breakages: Vec<Breakage>,
}

/// How the room was created.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) has_power_levels: bool,
    /// Which join rule there is; from 10 on: none.
    pub(crate) join_rule: u8,
    /// Which users beside the creator are moderators.
    pub(crate) moderators: u8,
    /// Which users beside the creator are joined.
    pub(crate) joined: u8,
    /// Which users beside the creator are creators too, where there may be several.
    pub(crate) creators: u8,
}

/// Something on one branch.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) branch: u8,
    pub(crate) op: Op,
    /// How much time has passed since the last step.
    pub(crate) tick: u8,
    pub(crate) mischief: Vec<Mischief>,
}

/// What is done on a branch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// Somebody sends an event.
    Act(Act),
    /// The state is kept, to be among those resolved.
    Mark,
    /// The branch takes in another; bit by bit, whose entry is kept.
    Merge { with: u8, theirs: u16 },
    /// The branch begins anew from where another one is.
    Fork { from: u8 },
}

/// Somebody does something to somebody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act {
    pub(crate) kind: Kind,
    pub(crate) actor: u8,
    pub(crate) target: u8,
    pub(crate) value: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    State,
    Join,
    Leave,
    Invite,
    Kick,
    Ban,
    Unban,
    Knock,
    Levels,
    JoinRules,
    /// The third-party invite of a token.
    Token,
    /// An invite by a token.
    TokenInvite,
    Message,
    /// Another create event.
    Create,
}

/// A lie about an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mischief {
    /// The actor sends it, whether or not that is allowed.
    AnySender,
    /// Another event of the same type and state key is cited.
    CiteOther { at: u8, other: u8 },
    /// An auth event is left out.
    Uncite { at: u8 },
    /// Any event is cited too.
    Cite { event: u16 },
    /// An auth event is cited twice.
    CiteTwice { at: u8 },
    /// The auth events are in reverse order.
    Reverse,
    /// The time is so many seconds away from the truth.
    Time { seconds: i16 },
    /// The depth is made up.
    Depth { kind: u8 },
    /// The state key is another.
    StateKey { kind: u8 },
    /// The content is malformed, or not what one should send.
    Content { kind: u8 },
}

/// A state asked for.
#[derive(Clone, Debug)]
pub(crate) enum Set {
    /// Of a branch at its end.
    Branch(u8),
    /// One that was marked.
    Mark(u8),
    /// That before the first fork.
    Start,
    /// Of a branch at its end, with entries changed: which, and to which event of the same type and
    /// state key.
    Altered { branch: u8, changes: Vec<(u8, u8)> },
    /// Picked from all events, for each type and state key alone.
    Picked { seed: u16 },
}

/// Damage to the bag of events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Breakage {
    /// An event is missing, unless it is in a state.
    Drop { event: u16 },
    /// An event is there twice.
    Twice { event: u16, at: u16 },
    /// Two events change their places.
    Swap { one: u16, other: u16 },
    /// An event cites any other, or itself. Only where IDs are sent.
    Cite { event: u16, cited: u16 },
    /// There is another event of the same ID. Only where IDs are sent.
    Double { event: u16, at: u16 },
}

fn setup() -> impl Strategy<Value = Setup> {
    let bits = || prop_oneof![2 => Just(0_u8), 3 => any::<u8>()];
    (prop::bool::weighted(0.9), 0..11_u8, bits(), any::<u8>(), bits()).prop_map(
        |(has_power_levels, join_rule, moderators, joined, creators)| Setup {
            has_power_levels,
            join_rule,
            moderators,
            joined,
            creators,
        },
    )
}

fn kind(mood: Mood) -> impl Strategy<Value = Kind> {
    let mut kinds = vec![
        (8, Just(Kind::State)),
        (6, Just(Kind::Join)),
        (3, Just(Kind::Leave)),
        (3, Just(Kind::Invite)),
        (3, Just(Kind::Kick)),
        (4, Just(Kind::Ban)),
        (2, Just(Kind::Unban)),
        (2, Just(Kind::Knock)),
        (7, Just(Kind::Levels)),
        (4, Just(Kind::JoinRules)),
        (1, Just(Kind::Token)),
        (3, Just(Kind::TokenInvite)),
        (1, Just(Kind::Message)),
    ];
    kinds.extend((mood != Mood::Honest).then_some((1, Just(Kind::Create))));
    Union::new_weighted(kinds)
}

fn mischief() -> impl Strategy<Value = Mischief> {
    prop_oneof![
        8 => Just(Mischief::AnySender),
        6 => any::<(u8, u8)>().prop_map(|(at, other)| Mischief::CiteOther { at, other }),
        2 => any::<u8>().prop_map(|at| Mischief::Uncite { at }),
        2 => any::<u16>().prop_map(|event| Mischief::Cite { event }),
        1 => any::<u8>().prop_map(|at| Mischief::CiteTwice { at }),
        1 => Just(Mischief::Reverse),
        4 => any::<i16>().prop_map(|seconds| Mischief::Time { seconds }),
        2 => any::<u8>().prop_map(|kind| Mischief::Depth { kind }),
        1 => any::<u8>().prop_map(|kind| Mischief::StateKey { kind }),
        1 => any::<u8>().prop_map(|kind| Mischief::Content { kind }),
    ]
}

fn step(mood: Mood) -> impl Strategy<Value = Step> {
    let act = (kind(mood), any::<(u8, u8, u8)>())
        .prop_map(|(kind, (actor, target, value))| Op::Act(Act { kind, actor, target, value }));
    let op = prop_oneof![
        30 => act,
        2 => Just(Op::Mark),
        2 => any::<(u8, u16)>().prop_map(|(with, theirs)| Op::Merge { with, theirs }),
        1 => any::<u8>().prop_map(|from| Op::Fork { from }),
    ];
    let mischief = match mood {
        // A little, so that clocks differ.
        Mood::Honest => prop_oneof![
            9 => Just(Vec::new()),
            1 => (-3..4_i16).prop_map(|seconds| vec![Mischief::Time { seconds }]),
        ]
        .boxed(),
        _ => prop_oneof![3 => Just(Vec::new()), 2 => vec(mischief(), 1..4)].boxed(),
    };
    (any::<u8>(), op, 0..4_u8, mischief).prop_map(|(branch, op, tick, mischief)| Step {
        branch,
        op,
        tick,
        mischief,
    })
}

fn set(mood: Mood) -> impl Strategy<Value = Set> {
    let mut sets = vec![
        (10, any::<u8>().prop_map(Set::Branch).boxed()),
        (3, any::<u8>().prop_map(Set::Mark).boxed()),
        (1, Just(Set::Start).boxed()),
    ];
    if mood != Mood::Honest {
        let altered = (any::<u8>(), vec(any::<(u8, u8)>(), 1..6))
            .prop_map(|(branch, changes)| Set::Altered { branch, changes });
        sets.push((4, altered.boxed()));
        sets.push((2, any::<u16>().prop_map(|seed| Set::Picked { seed }).boxed()));
    }
    Union::new_weighted(sets)
}

fn breakage() -> impl Strategy<Value = Breakage> {
    let pair = any::<(u16, u16)>;
    prop_oneof![
        4 => any::<u16>().prop_map(|event| Breakage::Drop { event }),
        1 => pair().prop_map(|(event, at)| Breakage::Twice { event, at }),
        1 => pair().prop_map(|(one, other)| Breakage::Swap { one, other }),
        4 => pair().prop_map(|(event, cited)| Breakage::Cite { event, cited }),
        1 => pair().prop_map(|(event, at)| Breakage::Double { event, at }),
    ]
}

/// Random scripts of a mood.
pub(crate) fn scripts(mood: Mood) -> impl Strategy<Value = Script> {
    let rejected = match mood {
        Mood::Honest => Just(Vec::new()).boxed(),
        _ => prop_oneof![1 => Just(Vec::new()), 1 => vec(any::<u16>(), 1..5)].boxed(),
    };
    let breakages = match mood {
        Mood::Broken => vec(breakage(), 1..7).boxed(),
        _ => Just(Vec::new()).boxed(),
    };
    let length = prop_oneof![3 => 2..12_usize, 2 => 12..32_usize];
    let after = length.prop_flat_map(move |length| vec(step(mood), 1..=length));
    (setup(), vec(step(mood), 0..6), 2..5_u8, after, vec(set(mood), 2..6), rejected, breakages)
        .prop_map(|(setup, before, branches, after, sets, rejected, breakages)| Script {
            setup,
            before,
            branches,
            after,
            sets,
            rejected,
            breakages,
        })
}

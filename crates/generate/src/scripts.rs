//! Random scripts.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

use crate::{Act, Kind, Lie, Mood, Op, Script, Setup, Step};

/// How long scripts are, and how many servers there are in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The fewest and the most steps after the room's creation.
    pub steps: (usize, usize),
    /// The fewest and the most servers.
    pub servers: (u8, u8),
}

impl Default for Size {
    /// Histories of about thirty events at two to four servers.
    fn default() -> Self {
        Self { steps: (4, 32), servers: (2, 4) }
    }
}

/// Random scripts of a mood.
pub fn scripts(mood: Mood, size: Size) -> impl Strategy<Value = Script> + use<> {
    let (fewest, most) = (size.steps.0, size.steps.1.max(size.steps.0));
    let script = (setup(mood, size), vec(step(mood), fewest..=most));
    // Some rooms begin with next to nothing and have few events: what breaks a law there is small.
    let bare = (setup(mood, size), 0..8_u8, vec(step(mood), fewest..=most.min(fewest.max(6))));
    let bare = bare.prop_map(|(setup, joined, steps)| {
        let setup = Setup {
            has_power_levels: false,
            join_rule: 10,
            // Most of them have their creator in them.
            joined: u16::from(joined > 0),
            ..setup
        };
        (setup, steps)
    });
    prop_oneof![12 => script, 1 => bare].prop_map(|(setup, steps)| Script { setup, steps })
}

pub(crate) fn setup(mood: Mood, size: Size) -> impl Strategy<Value = Setup> {
    let bits = || prop_oneof![2 => Just(0_u16), 3 => any::<u16>()];
    let without_levels = if mood == Mood::Plausible { 0.04 } else { 0.15 };
    let servers = size.servers.0..=size.servers.1.max(size.servers.0);
    let has_power_levels = prop::bool::weighted(1.0 - without_levels);
    let is_local = prop::bool::weighted(0.03);
    let users = (bits(), any::<u16>(), bits());
    (servers, has_power_levels, 0..11_u8, users, is_local, any::<u8>()).prop_map(
        |(servers, has_power_levels, join_rule, users, is_local, salt)| Setup {
            servers,
            has_power_levels,
            join_rule,
            moderators: users.0,
            joined: users.1 | 1,
            creators: users.2,
            is_local,
            salt,
        },
    )
}

pub(crate) fn kind(mood: Mood) -> impl Strategy<Value = Kind> {
    let mut kinds = vec![
        (7, Just(Kind::State)),
        (7, Just(Kind::Join)),
        (5, Just(Kind::Leave)),
        (6, Just(Kind::Invite)),
        (4, Just(Kind::Kick)),
        (4, Just(Kind::Ban)),
        (2, Just(Kind::Unban)),
        (3, Just(Kind::Knock)),
        (7, Just(Kind::Levels)),
        (5, Just(Kind::JoinRules)),
        (1, Just(Kind::Token)),
        (2, Just(Kind::TokenInvite)),
        (1, Just(Kind::Acl)),
        (1, Just(Kind::Message)),
        (2, Just(Kind::Redact)),
        (1, Just(Kind::Aliases)),
    ];
    kinds.extend((mood == Mood::Hostile).then_some((1, Just(Kind::Create))));
    Union::new_weighted(kinds)
}

pub(crate) fn lie() -> impl Strategy<Value = Lie> {
    prop_oneof![
        8 => Just(Lie::NotAllowed),
        6 => any::<u8>().prop_map(|back| Lie::Backdated { back }),
        5 => any::<(u8, u8)>().prop_map(|(at, other)| Lie::CiteOther { at, other }),
        2 => any::<u8>().prop_map(|at| Lie::Uncite { at }),
        2 => any::<u8>().prop_map(|event| Lie::Cite { event }),
        1 => any::<u8>().prop_map(|at| Lie::CiteTwice { at }),
        4 => any::<i16>().prop_map(|milliseconds| Lie::Time { milliseconds }),
        2 => any::<u8>().prop_map(|kind| Lie::Depth { kind }),
        3 => any::<u8>().prop_map(|kind| Lie::Content { kind }),
        1 => Just(Lie::Equivocate),
    ]
}

fn step(mood: Mood) -> impl Strategy<Value = Step> {
    let held = || prop::bool::weighted(0.15);
    let act = move || {
        (kind(mood), any::<(u8, u8, u8)>(), held()).prop_map(
            |(kind, (actor, target, value), held)| Act { kind, actor, target, value, held },
        )
    };
    // Often between two who have to do with each other.
    let race = (act(), act(), 0..4_u8).prop_map(|(one, mut other, how)| {
        if how < 2 {
            other.actor = one.target;
        }
        // And about what one of them may lose the power for.
        if how == 0 {
            other.kind = Kind::State;
        }
        Op::Race { one, other }
    });
    let mut ops = vec![
        (30, act().prop_map(Op::Act).boxed()),
        (8, race.boxed()),
        (2, any::<u8>().prop_map(Op::Cut).boxed()),
        (2, any::<bool>().prop_map(|reversed| Op::Heal { reversed }).boxed()),
        (2, any::<(u8, u8)>().prop_map(|(server, at)| Op::Deliver { server, at }).boxed()),
        (1, any::<(u8, u8)>().prop_map(|(server, event)| Op::Repeat { server, event }).boxed()),
    ];
    if mood == Mood::Hostile {
        let word = any::<(u8, u8, u16)>().prop_map(|(server, of, without)| Op::JoinByWord {
            server,
            of,
            without,
        });
        ops.push((1, word.boxed()));
    }
    let lies = match mood {
        // A little, so that clocks differ.
        Mood::Plausible => prop_oneof![
            14 => Just(Vec::new()),
            1 => (-3..4_i16).prop_map(|milliseconds| vec![Lie::Time { milliseconds }]),
        ]
        .boxed(),
        Mood::Hostile => prop_oneof![2 => Just(Vec::new()), 1 => vec(lie(), 1..3)].boxed(),
    };
    (Union::new_weighted(ops), 0..4_u8, lies).prop_map(|(op, tick, lies)| Step { op, tick, lies })
}

//! Random scripts.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

use crate::among::among;
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
        Self { steps: (1, 32), servers: (2, 4) }
    }
}

/// Random scripts of a mood.
pub fn scripts(mood: Mood, size: Size) -> impl Strategy<Value = Script> + use<> {
    let (fewest, most) = (size.steps.0, size.steps.1.max(size.steps.0));
    let script = (setup(mood, size), vec(step(mood), fewest..=most));
    // In some everybody knows of everything, and people are taken out and try to come back.
    let line = (setup(mood, size), vec(turn(), fewest..=most.min(fewest.max(16))));
    prop_oneof![12 => script, 2 => bare(mood, size), 2 => alone(mood, size), 2 => line]
        .prop_map(|(setup, steps)| Script { setup, steps })
}

/// Random scripts of a mood in which little happens: what breaks a law in one of them can be made as
/// small as anything can.
pub(crate) fn short_scripts(mood: Mood, size: Size) -> impl Strategy<Value = Script> + use<> {
    let (fewest, most) = (size.steps.0, size.steps.1.max(size.steps.0));
    let script = (setup(mood, size), vec(step(mood), fewest..=most.min(fewest.max(4))));
    prop_oneof![3 => script, 3 => bare(mood, size), 4 => alone(mood, size)]
        .prop_map(|(setup, steps)| Script { setup, steps })
}

/// Scripts in which a few people ban each other, or do something, and hear of it late: whose ban
/// stands is seen only once that is known by which the one who banned is out.
pub(crate) fn bans(size: Size) -> impl Strategy<Value = Script> + use<> {
    let kinds = Union::new_weighted(vec![
        (5, Just(Kind::Ban)),
        (4, Just(Kind::Invite)),
        (1, Just(Kind::Kick)),
        (1, Just(Kind::State)),
    ]);
    let held = prop::bool::weighted(0.9);
    let act = (kinds, (0..3_u8, 0..4_u8, any::<u8>()), held).prop_map(
        |(kind, (actor, target, value), held)| Op::Act(Act { kind, actor, target, value, held }),
    );
    let arrival = any::<(u8, u8)>().prop_map(|(server, at)| Op::Deliver { server, at });
    let step = (prop_oneof![5 => act, 1 => arrival], 0..3_u8).prop_map(|(op, tick)| Step {
        op,
        tick,
        lies: Vec::new(),
    });
    // The creator and two more at other servers, one of whom may ban; the other may invite.
    let servers = 3.min(size.servers.1);
    let setup = (setup(Mood::Plausible, size), 1..3_u8).prop_map(move |(setup, moderator)| Setup {
        servers: setup.servers.max(servers),
        levels: setup.levels & !1,
        has_power_levels: true,
        join_rule: 0,
        joined: 0b111,
        moderators: 1 << moderator,
        creators: 0,
        is_local: false,
        ..setup
    });
    let (fewest, most) = (size.steps.0, size.steps.1.max(size.steps.0));
    (setup, vec(step, fewest.max(most.min(3))..=most.min(fewest.max(6))))
        .prop_map(|(setup, steps)| Script { setup, steps })
}

/// Rooms that begin with next to nothing and have few events, often at one time.
fn bare(mood: Mood, size: Size) -> impl Strategy<Value = (Setup, Vec<Step>)> {
    let (fewest, most) = (size.steps.0, size.steps.1.max(size.steps.0));
    let few = vec(step(mood), fewest..=most.min(fewest.max(6)));
    let flaw = if mood == Mood::Plausible {
        Just(0).boxed()
    } else {
        prop_oneof![4 => Just(0), 1 => 1..3_u8].boxed()
    };
    let is_local = prop::bool::weighted(0.1);
    (setup(mood, size), (flaw, is_local), 0..8_u8, 0..3_u8, few).prop_map(
        |(setup, (flaw, is_local), joined, ticks, mut steps)| {
            let setup = Setup {
                flaw,
                is_local,
                has_power_levels: false,
                join_rule: 10,
                // Most of them have their creator in them.
                joined: u16::from(joined > 0),
                ..setup
            };
            if ticks > 0 {
                at_one_time(&mut steps);
            }
            (setup, steps)
        },
    )
}

/// The creator alone does a few things, often at one time, and in the hostile mood as if others of
/// them had not happened, or malformed.
fn alone(mood: Mood, size: Size) -> impl Strategy<Value = (Setup, Vec<Step>)> {
    let kinds = among(vec![
        (4, Kind::State),
        (4, Kind::Leave),
        (3, Kind::Join),
        (3, Kind::Levels),
        (2, Kind::JoinRules),
        (2, Kind::Invite),
        (1, Kind::Token),
        (1, Kind::TokenInvite),
        (1, Kind::Redact),
    ]);
    let lies = match mood {
        Mood::Plausible => Just(Vec::new()).boxed(),
        Mood::Hostile => prop_oneof![
            4 => Just(Vec::new()),
            4 => (0..6_u8).prop_map(|back| vec![Lie::Backdated { back }]),
            1 => any::<u8>().prop_map(|kind| vec![Lie::Depth { kind }]),
            1 => any::<u8>().prop_map(|kind| vec![Lie::Content { kind }]),
        ]
        .boxed(),
    };
    // Mostly the same again, so that events have to do with each other.
    let value = prop_oneof![2 => 0..2_u8, 1 => any::<u8>()];
    let step =
        (kinds, any::<u8>(), value, 0..4_u8, lies).prop_map(|(kind, target, value, tick, lies)| {
            let act = Act { kind, actor: 0, target, value, held: false };
            Step { op: Op::Act(act), tick, lies }
        });
    let (fewest, most) = (size.steps.0, size.steps.1.min(size.steps.0.max(5)));
    let is_there = prop::bool::weighted(0.8);
    let is_local = prop::bool::weighted(0.1);
    let steps = vec(step, fewest..=most.max(fewest));
    (setup(mood, size), is_there, is_local, 0..3_u8, steps).prop_map(
        |(setup, is_there, is_local, ticks, mut steps)| {
            if ticks > 0 {
                at_one_time(&mut steps);
            }
            let joined = u16::from(is_there);
            let setup = Setup { has_power_levels: false, join_rule: 10, joined, is_local, ..setup };
            (setup, steps)
        },
    )
}

fn at_one_time(steps: &mut [Step]) {
    for step in steps {
        step.tick = 0;
    }
}

/// A step of a history that is one line.
fn turn() -> impl Strategy<Value = Step> {
    let kinds = among(vec![
        (5, Kind::Join),
        (4, Kind::Leave),
        (3, Kind::Kick),
        (3, Kind::Ban),
        (3, Kind::Invite),
        (4, Kind::Unban),
        (2, Kind::Knock),
        (2, Kind::JoinRules),
        (2, Kind::Levels),
        (1, Kind::State),
    ]);
    (kinds, any::<(u8, u8, u8)>(), 0..4_u8).prop_map(|(kind, (actor, target, value), tick)| {
        let act = Act { kind, actor, target, value, held: false };
        Step { op: Op::Act(act), tick, lies: Vec::new() }
    })
}

pub(crate) fn setup(mood: Mood, size: Size) -> impl Strategy<Value = Setup> {
    let bits = || prop_oneof![2 => Just(0_u16), 3 => any::<u16>()];
    let without_levels = if mood == Mood::Plausible { 0.04 } else { 0.15 };
    let servers = size.servers.0..=size.servers.1.max(size.servers.0);
    let has_power_levels = prop::bool::weighted(1.0 - without_levels);
    let is_local = prop::bool::weighted(0.03);
    let users = (bits(), any::<u16>(), bits());
    let levels = prop_oneof![
        3 => Just(0),
        2 => Just(1),
        5 => Just(2),
        3 => Just(3),
        2 => 4..6_u8,
    ];
    (servers, (has_power_levels, levels), 0..11_u8, users, is_local, any::<u8>()).prop_map(
        |(servers, (has_power_levels, levels), join_rule, users, is_local, salt)| Setup {
            servers,
            flaw: 0,
            has_power_levels,
            levels,
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
        (7, Kind::State),
        (7, Kind::Join),
        (5, Kind::Leave),
        (6, Kind::Invite),
        (4, Kind::Kick),
        (4, Kind::Ban),
        (2, Kind::Unban),
        (3, Kind::Knock),
        (7, Kind::Levels),
        (5, Kind::JoinRules),
        (2, Kind::Token),
        (4, Kind::TokenInvite),
        (1, Kind::Acl),
        (1, Kind::Message),
        (3, Kind::Redact),
        (1, Kind::Aliases),
    ];
    kinds.extend((mood == Mood::Hostile).then_some((1, Kind::Create)));
    among(kinds)
}

/// Somebody is taken out or loses power, and does something at the same time.
fn measure(mood: Mood) -> impl Strategy<Value = Op> {
    let against = among(vec![(3, Kind::Ban), (3, Kind::Kick), (3, Kind::Levels)]);
    let deed = prop_oneof![
        3 => Just(Kind::State),
        1 => Just(Kind::Invite),
        2 => Just(Kind::Join),
        3 => kind(mood),
    ];
    let users = any::<(u8, u8, u8)>();
    // Of power levels those that give the target none, or a little.
    let values = (0..10_u8, any::<u8>());
    (against, deed, users, values).prop_map(|(against, deed, (actor, target, of), values)| {
        let value = values.0 % 5 + values.0 / 5 * 8;
        let one = Act { kind: against, actor, target, value, held: false };
        let other = Act { kind: deed, actor: target, target: of, value: values.1, held: false };
        Op::Race { one, other }
    })
}

/// Two of the same power set power levels, the one somebody's lower.
fn levels_at_once() -> impl Strategy<Value = Op> {
    let values = (0..10_u8, any::<u8>());
    (any::<(u8, u8)>(), any::<(u8, u8)>(), values).prop_map(|(actors, targets, values)| {
        let act =
            |actor, target, value| Act { kind: Kind::Levels, actor, target, value, held: false };
        let one = act(actors.0, targets.0, values.0 % 5 + values.0 / 5 * 8);
        Op::Race { one, other: act(actors.1, targets.1, values.1) }
    })
}

/// Somebody of power redacts, and somebody invites, be it allowed or not: what is redacted mostly is
/// what says who may.
fn redaction_beside_invite() -> impl Strategy<Value = Op> {
    any::<(u8, u8, u8, u8)>().prop_map(|(actor, target, value, redacted)| {
        let act = |kind, actor, value| Act { kind, actor, target, value, held: false };
        Op::Race { one: act(Kind::Redact, 0, redacted | 1), other: act(Kind::Invite, actor, value) }
    })
}

pub(crate) fn lie() -> impl Strategy<Value = Lie> {
    prop_oneof![
        10 => Just(Lie::NotAllowed),
        6 => any::<u8>().prop_map(|back| Lie::Backdated { back }),
        2 => any::<u8>().prop_map(|back| Lie::Outdated { back }),
        5 => any::<(u8, u8)>().prop_map(|(at, other)| Lie::CiteOther { at, other }),
        2 => any::<u8>().prop_map(|at| Lie::Uncite { at }),
        2 => any::<u8>().prop_map(|event| Lie::Cite { event }),
        1 => any::<u8>().prop_map(|at| Lie::CiteTwice { at }),
        4 => any::<i16>().prop_map(|milliseconds| Lie::Time { milliseconds }),
        2 => any::<u8>().prop_map(|kind| Lie::Depth { kind }),
        3 => any::<u8>().prop_map(|kind| Lie::Content { kind }),
        1 => Just(Lie::Rootless),
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
    let race = (act(), act(), any::<bool>()).prop_map(|(one, mut other, is_between)| {
        if is_between {
            other.actor = one.target;
        }
        Op::Race { one, other }
    });
    let mut ops = vec![
        (30, act().prop_map(Op::Act).boxed()),
        (5, race.boxed()),
        (6, measure(mood).boxed()),
        (2, levels_at_once().boxed()),
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
        ops.push((1, redaction_beside_invite().boxed()));
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
    let more = match mood {
        Mood::Plausible => Just(None).boxed(),
        Mood::Hostile => any::<(u8, u8)>().prop_map(Some).boxed(),
    };
    (Union::new_weighted(ops), 0..4_u8, lies, more).prop_map(move |(op, tick, mut lies, more)| {
        let has_redaction = matches!(op, Op::Race { one, .. } if one.kind == Kind::Redact);
        lies.extend((has_redaction && mood == Mood::Hostile).then_some(Lie::NotAllowed));
        if let (Op::Act(act), Some((chance, how))) = (op, more)
            && usize::from(chance) < 16 * lies_about(act.kind)
        {
            let is_of_invite = act.kind == Kind::TokenInvite;
            lies.extend((!is_of_invite || how % 4 == 1).then_some(Lie::NotAllowed));
            lies.extend((is_of_invite || how % 2 == 1).then_some(Lie::Content { kind: how / 2 }));
            lies.extend(
                (act.kind == Kind::Create && !how.is_multiple_of(3)).then_some(Lie::Rootless),
            );
        }
        Step { op, tick, lies }
    })
}

/// Of sixteen acts, about how many there are lies that only such acts can tell.
fn lies_about(kind: Kind) -> usize {
    match kind {
        Kind::Create => 16,
        Kind::TokenInvite | Kind::Unban | Kind::Aliases | Kind::Knock => 8,
        Kind::Token | Kind::Levels => 10,
        Kind::Redact => 5,
        Kind::Invite => 3,
        _ => 0,
    }
}

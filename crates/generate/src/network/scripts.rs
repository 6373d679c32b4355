//! Random scripts of networks.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

use super::{Manner, NetworkOp, NetworkScript, NetworkSetup};
use crate::{Mood, Size};

/// Random scripts of networks of 2 to 8 servers. If the mood is hostile, the last server is a
/// rogue, messages are falsified, and strangers ask for anything.
///
/// ```
/// use exeunt_generate::{Mood, Size, network_scripts, play_network};
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let version = RoomVersion::specified("12").unwrap();
/// let scripts = network_scripts(Mood::Plausible, Size { steps: (1, 6), servers: (2, 3) });
/// proptest!(exeunt_regressions::config!(cases = 4), |(script in scripts)| {
///     let history = play_network(&version, &script);
///     prop_assert!(history.network().in_flight().is_empty());
///     prop_assert!(!history.rooms().is_empty());
/// });
/// ```
pub fn network_scripts(mood: Mood, size: Size) -> impl Strategy<Value = NetworkScript> + use<> {
    let (fewest, most) = (size.steps.0, size.steps.1.max(size.steps.0));
    // A network of one server has nothing to say.
    let servers = size.servers.0.clamp(2, 8)..=size.servers.1.clamp(size.servers.0.clamp(2, 8), 8);
    let setup = servers.prop_flat_map(move |servers| setup(mood, servers.into()));
    (setup, vec(passage(mood), fewest..=most)).prop_map(move |(setup, passages)| {
        let steps = passages.into_iter().flatten().take(most).collect();
        NetworkScript { setup, steps }
    })
}

fn setup(mood: Mood, servers: u16) -> impl Strategy<Value = NetworkSetup> {
    // Mostly one that lets everybody in; or one for which users have to knock.
    let join_rule = prop_oneof![4 => Just(0_u16), 2 => Just(2), 3 => 1..8_u16];
    let joined = prop_oneof![2 => Just(0_u16), 3 => any::<u16>(), 1 => Just(u16::MAX)];
    let settles = prop::bool::weighted(if mood == Mood::Plausible { 0.5 } else { 0.1 });
    let manners = vec(manners(), usize::from(servers));
    (join_rule, joined, manners, 0..256_u16, settles).prop_map(
        move |(join_rule, joined, manners, salt, settles)| NetworkSetup {
            servers,
            has_rogue: mood == Mood::Hostile,
            join_rule,
            joined,
            manners,
            salt,
            settles,
        },
    )
}

fn manners() -> impl Strategy<Value = Manner> {
    let specification = prop_oneof![2 => Just(19_u16), 1 => Just(17), 2 => 1..=19_u16];
    let often = prop::bool::weighted;
    (specification, often(0.3), often(0.2), often(0.2)).prop_map(
        |(specification, forgets, is_strict, has_invalid_signature)| Manner {
            specification,
            forgets,
            is_strict,
            has_invalid_signature,
        },
    )
}

/// Numbers that are often small, and often any.
fn any_number() -> BoxedStrategy<u16> {
    (0..256_u16).boxed()
}

/// One of the operations of a name, with these numbers.
fn op(name: &'static str, numbers: Vec<BoxedStrategy<u16>>) -> BoxedStrategy<NetworkOp> {
    let heal = NetworkOp::Heal {};
    numbers.prop_map(move |numbers| NetworkOp::new(name, &numbers).unwrap_or(heal)).boxed()
}

/// A user, a room, and so many numbers more.
fn act(name: &'static str, more: usize) -> BoxedStrategy<NetworkOp> {
    let room = prop_oneof![5 => Just(0_u16), 1 => 0..4_u16].boxed();
    let more = (0..more).map(|_| any_number());
    op(name, [any_number(), room].into_iter().chain(more).collect())
}

/// A step, or a few that belong together.
fn passage(mood: Mood) -> impl Strategy<Value = Vec<NetworkOp>> {
    let step = ops(mood).prop_map(|op| vec![op]);
    // Somebody is invited or knocks, and is out again before they are in, whatever goes wrong.
    let settle = |count| NetworkOp::Settle { count };
    let fault = prop::option::weighted(0.4, ops(mood));
    let between = (0..3_u16, any_number(), any_number(), fault, 4..20_u16).prop_map(
        move |(kind, user, target, fault, count)| {
            let mut steps = match kind {
                0 => vec![
                    NetworkOp::JoinRules { user: 0, room: 0, rule: 2 },
                    NetworkOp::Knock { user, room: 0, via: target },
                ],
                _ => vec![NetworkOp::Invite { user: 0, room: 0, target }],
            };
            steps.extend([settle(count), NetworkOp::Leave { user: 1 + user % 2, room: 0 }]);
            steps.extend(fault);
            steps
        },
    );
    // Somebody joins, and is told something that is not so.
    let lie = prop_oneof![
        2 => any::<(u16, u16)>().prop_map(|(back, without)| NetworkOp::Stale { back, without }),
        1 => any::<(u16, u16)>().prop_map(|(field, value)| NetworkOp::Template { field, value }),
    ];
    let misled =
        (lie, any_number(), any_number(), 4..20_u16).prop_map(move |(lie, user, via, count)| {
            let open = NetworkOp::JoinRules { user: 0, room: 0, rule: 0 };
            vec![open, lie, NetworkOp::Join { user, room: 0, via }, settle(count)]
        });
    let share = u32::from(mood == Mood::Hostile);
    prop_oneof![12 => step, 1 => between, share => misled]
}

fn ops(mood: Mood) -> BoxedStrategy<NetworkOp> {
    let some = |name, count: usize| op(name, (0..count).map(|_| any_number()).collect());
    let wide = |name, count: usize| op(name, vec![any::<u16>().boxed(); count]);
    let mut shares = vec![
        (
            1,
            op(
                "create",
                vec![
                    any_number(),
                    any_number(),
                    prop_oneof![3 => Just(0_u16), 1 => 1..=12_u16].boxed(),
                ],
            ),
        ),
        (9, act("invite", 1)),
        (7, act("join", 1)),
        (6, act("knock", 1)),
        (10, act("leave", 0)),
        (2, act("kick", 1)),
        (1, act("ban", 1)),
        (1, act("unban", 1)),
        (3, act("forget", 0)),
        (2, act("levels", 3)),
        (4, act("join_rules", 1)),
        (3, act("acl", 1)),
        (3, act("topic", 1)),
        (1, act("profile", 1)),
        (
            1,
            op(
                "block_invites",
                vec![any_number(), prop_oneof![2 => Just(0_u16), 1 => Just(1)].boxed()],
            ),
        ),
        (1, act("backfill", 1)),
        (28, op("settle", vec![(1..30_u16).boxed()])),
        (8, op("deliver", vec![(0..3_u16).boxed()])),
        (9, some("deliver", 1)),
        (4, op("pass", vec![(1..5_000_u16).boxed()])),
        (4, some("repeat", 1)),
        (4, some("lose", 1)),
        (2, some("status", 2)),
        (2, some("cut", 1)),
        (1, some("unreach", 1)),
        (3, some("heal", 0)),
        (2, some("restart", 1)),
    ];
    if mood == Mood::Hostile {
        shares.extend([
            (2, wide("garble", 2)),
            (8, wide("change", 4)),
            (3, wide("path", 4)),
            (1, wide("header", 2)),
            (4, some("template", 2)),
            (3, some("stale", 2)),
            (5, wide("stranger", 6)),
            (14, wide("submit", 6)),
            (6, some("event", 6)),
        ]);
    }
    Union::new_weighted(shares).boxed()
}

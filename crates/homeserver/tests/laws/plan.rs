//! Plans: sequences of inputs as data.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::faults::{Bytes, Lie, lies, wild};

/// Everything that a run depends on.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How many servers there are beside the rogue one.
    pub(crate) servers: u8,
    /// The room version of the first room, from 1.
    pub(crate) version: u8,
    /// The first room's join rule.
    pub(crate) rule: u8,
    /// Of each server.
    pub(crate) manners: Vec<Manner>,
    pub(crate) steps: Vec<Step>,
}

/// How a server is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// The specification's minor version, from 1.
    pub(crate) specification: u8,
    pub(crate) forgets: bool,
    pub(crate) strict: bool,
    pub(crate) invalid_signature: bool,
}

/// One input. What chooses among things that there are is taken modulo how many there are.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A user does something about a room.
    Act { user: u8, room: u8, deed: Deed },
    /// A message arrives.
    Deliver(u8),
    /// So many messages arrive in order.
    Settle(u8),
    /// A message is lost.
    Lose(u8),
    /// A message is doubled.
    Twice(u8),
    /// A message is falsified.
    Falsify(u8, Lie),
    /// Time passes.
    Pass(u16),
    /// Anything, from anybody.
    Wild { to: u8, from: u8, bytes: Bytes },
    /// A submission of the rogue server's, made of what a server gave it for a user of its own.
    Rogue { to: u8, room: u8, handshake: u8, lie: Option<Lie>, signs_after: bool },
}

/// What a user does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Create { version: u8, rule: u8 },
    Invite(u8),
    Join(u8),
    Knock(u8),
    Leave,
    Kick(u8),
    Ban(u8),
    Unban(u8),
    Forget,
    PowerLevels { user: u8, level: i8, least: i8 },
    JoinRules(u8),
    Acl(u8),
    Topic(u8),
    BlockInvites(bool),
    Backfill(u8),
}

/// What a plan is made of, in shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mix {
    pub(crate) loses: u32,
    pub(crate) falsifies: u32,
    pub(crate) strangers: u32,
    pub(crate) reorders: u32,
    pub(crate) acls: u32,
    pub(crate) steps: usize,
}

/// All that there is.
pub(crate) const EVERYTHING: Mix =
    Mix { loses: 2, falsifies: 3, strangers: 3, reorders: 6, acls: 2, steps: 90 };

/// The join rule that lets users knock.
const KNOCK: u8 = 2;

pub(crate) fn plans(mix: Mix) -> impl Strategy<Value = Plan> {
    let manners = vec(manners(), 5);
    let rule = prop_oneof![4 => Just(0_u8), 1 => Just(KNOCK), 2 => any::<u8>()];
    let founders = vec(proptest::bool::weighted(0.7), 4);
    (2..=4_u8, 1..=12_u8, rule, manners, founders, vec(steps(mix), 8..mix.steps)).prop_map(
        |(servers, version, rule, manners, founders, steps)| {
            // Most rooms have users of several servers before anything happens.
            let joins = founders.iter().enumerate().filter(|(_, joins)| **joins);
            let has_to_knock = rule == KNOCK;
            let version = if has_to_knock { 7 + version % 6 } else { version };
            let joins = joins.flat_map(|(at, _)| {
                let user = u8::try_from(3 + 4 * at).unwrap();
                let deed = if has_to_knock { Deed::Knock(0) } else { Deed::Join(0) };
                [Step::Act { user, room: 0, deed }, Step::Settle(20)]
            });
            let steps = joins.chain(steps).collect();
            Plan { servers, version, rule, manners, steps }
        },
    )
}

/// The same plans in every run.
pub(crate) fn sample(mix: Mix, count: usize) -> Vec<Plan> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(exeunt_regressions::config!(), rng);
    let strategy = plans(mix);
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn manners() -> impl Strategy<Value = Manner> {
    let minor = prop_oneof![2 => Just(19_u8), 1 => Just(17), 2 => 1..=19_u8];
    let often = |often: f64| proptest::bool::weighted(often);
    (minor, often(0.3), often(0.2), often(0.2)).prop_map(
        |(specification, forgets, strict, invalid_signature)| Manner {
            specification,
            forgets,
            strict,
            invalid_signature,
        },
    )
}

fn steps(mix: Mix) -> BoxedStrategy<Step> {
    let any = any::<u8>;
    let act = (any(), prop_oneof![3 => Just(0_u8), 1 => any()], deeds(mix))
        .prop_map(|(user, room, deed)| Step::Act { user, room, deed });
    let mut shares = vec![
        (20, act.boxed()),
        (12, (1..30_u8).prop_map(Step::Settle).boxed()),
        (4, (0..3_u8).prop_map(Step::Deliver).boxed()),
        (2, (1..5_000_u16).prop_map(Step::Pass).boxed()),
        (mix.reorders, any().prop_map(Step::Deliver).boxed()),
        (mix.reorders / 2, any().prop_map(Step::Twice).boxed()),
        (mix.loses, any().prop_map(Step::Lose).boxed()),
        (mix.falsifies, (any(), lies()).prop_map(|(at, lie)| Step::Falsify(at, lie)).boxed()),
        (
            mix.strangers,
            (any(), any(), wild())
                .prop_map(|(to, from, bytes)| Step::Wild { to, from, bytes })
                .boxed(),
        ),
    ];
    let rogue = (any(), any(), any(), proptest::option::weighted(0.6, lies()), proptest::bool::ANY);
    let rogue = rogue.prop_map(|(to, room, handshake, lie, signs_after)| Step::Rogue {
        to,
        room,
        handshake,
        lie,
        signs_after,
    });
    shares.push((mix.strangers, rogue.boxed()));
    shares.retain(|(share, _)| *share > 0);
    proptest::strategy::Union::new_weighted(shares).boxed()
}

fn deeds(mix: Mix) -> BoxedStrategy<Deed> {
    let any = any::<u8>;
    let mut shares = vec![
        (1, (1..=12_u8, any()).prop_map(|(version, rule)| Deed::Create { version, rule }).boxed()),
        (9, any().prop_map(Deed::Invite).boxed()),
        (7, any().prop_map(Deed::Join).boxed()),
        (7, any().prop_map(Deed::Knock).boxed()),
        (10, Just(Deed::Leave).boxed()),
        (2, any().prop_map(Deed::Kick).boxed()),
        (1, any().prop_map(Deed::Ban).boxed()),
        (1, any().prop_map(Deed::Unban).boxed()),
        (3, Just(Deed::Forget).boxed()),
        (
            2,
            (any(), -10..=100_i8, 0..=50_i8)
                .prop_map(|(user, level, least)| Deed::PowerLevels { user, level, least })
                .boxed(),
        ),
        (4, any().prop_map(Deed::JoinRules).boxed()),
        (mix.acls, any().prop_map(Deed::Acl).boxed()),
        (4, any().prop_map(Deed::Topic).boxed()),
        (1, proptest::bool::weighted(0.3).prop_map(Deed::BlockInvites).boxed()),
        (1, any().prop_map(Deed::Backfill).boxed()),
    ];
    shares.retain(|(share, _)| *share > 0);
    proptest::strategy::Union::new_weighted(shares).boxed()
}

//! One of several values, as proptest's unions of constants choose it, in a fraction of the time.

use std::fmt;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;

/// What [`among`] gives.
#[derive(Clone, Debug)]
pub(crate) struct Among<T> {
    values: Arc<[(u32, T)]>,
}

/// One of the values, each as often as its weight says; shrinks to those before it. Of the same
/// random numbers it makes the same as [`Union`](proptest::strategy::Union) does, so that the
/// histories of a seed stay what they are.
pub(crate) fn among<T>(values: Vec<(u32, T)>) -> Among<T> {
    Among { values: values.into() }
}

/// A union takes a seed from the runner for each value before the one that it chooses, in case that
/// somebody makes it smaller: 32 numbers of four bytes.
type Seed = [u8; 32 * 4];

impl<T: Clone + fmt::Debug> Strategy for Among<T> {
    type Tree = AmongTree<T>;
    type Value = T;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let sum: u64 = self.values.iter().map(|(weight, _)| u64::from(*weight)).sum();
        if sum == 0 {
            return Err("nothing to choose from".into());
        }
        let mut rest = (0..sum).new_tree(runner)?.current();
        let mut place = 0;
        for weight in self.values.iter().map(|(weight, _)| u64::from(*weight)) {
            let Some(less) = rest.checked_sub(weight) else { break };
            rest = less;
            place += 1;
            let mut seed: Seed = [0; _];
            runner.rng().fill_bytes(&mut seed);
        }
        Ok(AmongTree { values: Arc::clone(&self.values), place, lowest: 0, before: None })
    }
}

/// A chosen value.
#[derive(Clone, Debug)]
pub(crate) struct AmongTree<T> {
    values: Arc<[(u32, T)]>,
    place: usize,
    /// Values before this one are too small.
    lowest: usize,
    /// Where it was before it was made smaller.
    before: Option<usize>,
}

impl<T: Clone + fmt::Debug> ValueTree for AmongTree<T> {
    type Value = T;

    fn current(&self) -> T {
        self.values[self.place].1.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.place <= self.lowest {
            return false;
        }
        self.before = Some(self.place);
        self.place -= 1;
        true
    }

    fn complicate(&mut self) -> bool {
        let Some(before) = self.before.take() else { return false };
        (self.place, self.lowest) = (before, before);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Union;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng};

    use super::*;

    fn runner(seed: u8) -> TestRunner {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng)
    }

    #[test]
    fn it_chooses_and_shrinks_as_a_union_does_and_leaves_the_same_random_numbers() {
        let values = vec![(3, 'a'), (1, 'b'), (7, 'c'), (2, 'd')];
        let union = values.iter().map(|(weight, value)| (*weight, Just(*value))).collect();
        let (ours, theirs) = (among(values), Union::new_weighted(union));
        for seed in 0..100 {
            let (mut one, mut other) = (runner(seed), runner(seed));
            for round in 0..20 {
                let (mut ours, mut theirs) =
                    (ours.new_tree(&mut one).unwrap(), theirs.new_tree(&mut other).unwrap());
                assert_eq!(ours.current(), theirs.current());
                for step in 0..8 {
                    if (round + step) % 3 == 0 {
                        assert_eq!(ours.complicate(), theirs.complicate());
                    } else {
                        assert_eq!(ours.simplify(), theirs.simplify());
                    }
                    assert_eq!(ours.current(), theirs.current());
                }
            }
            assert_eq!(one.rng().next_u64(), other.rng().next_u64());
        }
    }
}

//! Making a script of a network small.

use super::{Manner, NetworkOp, NetworkScript};
use crate::smaller::Smaller;

/// The smallest script that can be had from one by leaving out steps and servers, by having them
/// behave as the latest release says, and by making numbers smaller, such that it still is what is
/// looked for. `most` bounds how many scripts are tried.
///
/// `is_still` has to hold of the script that it starts from. Unless `most` was reached, no single
/// step of the result can be left out.
pub fn shrink_network(
    script: &NetworkScript,
    most: usize,
    is_still: impl Fn(&NetworkScript) -> bool,
) -> NetworkScript {
    let mut search = Smaller::new(script.clone(), most, is_still);
    loop {
        let before = search.best.clone();
        search.drop_steps();
        search.simplify_setup();
        search.simplify_steps();
        if search.best == before || search.left == 0 {
            return search.best;
        }
    }
}

impl<F: Fn(&NetworkScript) -> bool> Smaller<NetworkScript, F> {
    fn drop_steps(&mut self) {
        self.drop_runs(
            |script| script.steps.len(),
            |search, run| {
                search.attempt_change(|script| drop(script.steps.drain(run)));
            },
        );
    }

    fn simplify_setup(&mut self) {
        for servers in 2..self.best.setup.servers {
            if self.attempt_change(|script| script.setup.servers = servers) {
                break;
            }
        }
        self.attempt_change(|script| script.setup.has_rogue = false);
        self.attempt_change(|script| script.setup.settles = false);
        self.attempt_change(|script| script.setup.salt = 0);
        self.attempt_change(|script| script.setup.join_rule = 0);
        for bit in 0..16 {
            self.attempt_change(|script| script.setup.joined &= !(1 << bit));
        }
        self.attempt_change(|script| script.setup.manners.clear());
        for at in 0..self.best.setup.manners.len() {
            self.attempt_change(|script| script.setup.manners[at] = Manner::default());
        }
    }

    fn simplify_steps(&mut self) {
        let mut at = 0;
        while at < self.best.steps.len() {
            for number in 0..self.best.steps[at].numbers().len() {
                for change in
                    [|_| 0, |it| it % 2, |it| it % 8, |it| it / 2, |it: u16| it.saturating_sub(1)]
                {
                    self.attempt_change(|script| {
                        let op = &mut script.steps[at];
                        let mut numbers = op.numbers();
                        numbers[number] = change(numbers[number]);
                        if let Some(simpler) = NetworkOp::new(op.name(), &numbers) {
                            *op = simpler;
                        }
                    });
                }
            }
            at += 1;
        }
    }
}

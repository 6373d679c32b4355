//! Making a script of a network small.

use super::{Manner, NetworkOp, NetworkScript};

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
    let mut search = Search { best: script.clone(), left: most, is_still };
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

struct Search<F> {
    best: NetworkScript,
    left: usize,
    is_still: F,
}

impl<F: Fn(&NetworkScript) -> bool> Search<F> {
    fn attempt(&mut self, change: impl FnOnce(&mut NetworkScript)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        if self.left == 0 || candidate == self.best {
            return false;
        }
        self.left -= 1;
        let is_good = (self.is_still)(&candidate);
        if is_good {
            self.best = candidate;
        }
        is_good
    }

    /// Leaves out runs of steps, long ones first.
    fn drop_steps(&mut self) {
        let mut length = self.best.steps.len().next_power_of_two();
        while length > 0 {
            let mut at = self.best.steps.len();
            while at > 0 {
                let from = at.saturating_sub(length);
                self.attempt(|script| drop(script.steps.drain(from..at)));
                at = from.min(self.best.steps.len());
            }
            length /= 2;
        }
    }

    fn simplify_setup(&mut self) {
        for servers in 2..self.best.setup.servers {
            if self.attempt(|script| script.setup.servers = servers) {
                break;
            }
        }
        self.attempt(|script| script.setup.has_rogue = false);
        self.attempt(|script| script.setup.settles = false);
        self.attempt(|script| script.setup.salt = 0);
        self.attempt(|script| script.setup.join_rule = 0);
        for bit in 0..16 {
            self.attempt(|script| script.setup.joined &= !(1 << bit));
        }
        self.attempt(|script| script.setup.manners.clear());
        for at in 0..self.best.setup.manners.len() {
            self.attempt(|script| script.setup.manners[at] = Manner::default());
        }
    }

    fn simplify_steps(&mut self) {
        let mut at = 0;
        while at < self.best.steps.len() {
            for number in 0..self.best.steps[at].numbers().len() {
                for change in
                    [|_| 0, |it| it % 2, |it| it % 8, |it| it / 2, |it: u16| it.saturating_sub(1)]
                {
                    self.attempt(|script| {
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

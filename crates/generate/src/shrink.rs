//! Making a script small.

use crate::smaller::Smaller;
use crate::{Act, Kind, Lie, Op, Script, Step};

/// The smallest script that can be had from one by leaving out steps, users, servers and lies, by
/// making numbers smaller, and by other luck with ties, such that it still is what is looked for.
/// `most` bounds how many scripts are tried.
///
/// `is_still` has to hold of the script that it starts from. Unless `most` was reached, no single
/// step of the result can be left out.
pub fn shrink(script: &Script, most: usize, is_still: impl Fn(&Script) -> bool) -> Script {
    let mut search = Smaller::new(script.clone(), most, is_still);
    loop {
        let before = search.best.clone();
        search.drop_steps();
        search.simplify_setup();
        search.simplify_steps();
        if search.best == before {
            search.try_luck();
        }
        if search.best == before || search.left == 0 {
            return search.best;
        }
    }
}

impl<F: Fn(&Script) -> bool> Smaller<Script, F> {
    /// The change, or the same with numbers that mean something else after it: how long ago something
    /// is put, since what is left out may have been in between, which entry of a state a server is not
    /// told, and which event is redacted.
    fn attempt_nearer(&mut self, change: impl Fn(&mut Script)) -> bool {
        self.attempt_put_nearer(&change)
            || self.attempt_told_otherwise(&change)
            || self.attempt_redacting_otherwise(&change)
    }

    /// In short scripts, as in long ones it is mostly redactions that can be left out.
    fn attempt_redacting_otherwise(&mut self, change: impl Fn(&mut Script)) -> bool {
        let steps = &self.best.steps;
        let most = if steps.len() <= FEW && steps.iter().any(is_redaction) { 5 } else { 0 };
        (0..most).any(|which| {
            self.attempt_change(|script| {
                change(script);
                for act in script.steps.iter_mut().flat_map(acts) {
                    if act.kind == Kind::Redact {
                        act.value = 4 * which + 1;
                    }
                }
            })
        })
    }

    fn attempt_told_otherwise(&mut self, change: impl Fn(&mut Script)) -> bool {
        let is_by_word = |step: &Step| matches!(step.op, Op::JoinByWord { .. });
        let most = if self.best.steps.iter().any(is_by_word) { 6 } else { 0 };
        (1..most).any(|entry| {
            self.attempt_change(|script| {
                change(script);
                for step in &mut script.steps {
                    if let Op::JoinByWord { without, .. } = &mut step.op {
                        *without = 1 << entry;
                    }
                }
            })
        })
    }

    fn attempt_put_nearer(&mut self, change: impl Fn(&mut Script)) -> bool {
        let mut lies = self.best.steps.iter().flat_map(|step| &step.lies);
        let is_of_long_ago = |lie| matches!(lie, &(Lie::Backdated { .. } | Lie::Outdated { .. }));
        let most = if lies.any(is_of_long_ago) { 2 } else { 0 };
        (0..=most).any(|by| {
            self.attempt_change(|script| {
                change(script);
                for lie in script.steps.iter_mut().flat_map(|step| &mut step.lies) {
                    if let Lie::Backdated { back } | Lie::Outdated { back } = lie {
                        *back = back.saturating_sub(by);
                    }
                }
            })
        })
    }

    /// How long ago is taken modulo how many events there are: one of these is the same in small.
    fn simplify_back(&mut self, step: usize, lie: usize) {
        for modulus in 1..64 {
            let of_step = &self.best.steps[step].lies[lie];
            let (Lie::Backdated { back } | Lie::Outdated { back }) = *of_step else { return };
            if back < modulus {
                return;
            }
            self.attempt_change(|script| match &mut script.steps[step].lies[lie] {
                Lie::Backdated { back } | Lie::Outdated { back } => *back %= modulus,
                _ => {}
            });
        }
    }

    fn drop_steps(&mut self) {
        self.drop_runs(
            |script| script.steps.len(),
            |search, run| {
                search.attempt_nearer(|script| drop(script.steps.drain(run.clone())));
            },
        );
    }

    fn simplify_setup(&mut self) {
        for change in SETUPS {
            self.attempt_nearer(change);
        }
        if self.best.setup.join_rule < 10 {
            self.attempt_change(|script| script.setup.join_rule = 0);
        }
        for bit in 0..16 {
            for field in 0..3 {
                self.attempt_nearer(|script| {
                    let setup = &mut script.setup;
                    let bits = [&mut setup.joined, &mut setup.moderators, &mut setup.creators];
                    if let Some(bits) = bits.into_iter().nth(field) {
                        *bits &= !(1 << bit);
                    }
                });
            }
        }
        // The creator does everything.
        for is_target in [false, true] {
            self.attempt_nearer(|script| {
                for act in script.steps.iter_mut().flat_map(acts) {
                    act.actor = 0;
                    act.target = if is_target { 0 } else { act.target };
                }
            });
        }
        // One user does what another did.
        let users = 2 * self.best.setup.servers.clamp(2, 8);
        for user in 1..users {
            for other in 0..user {
                self.attempt_change(|script| {
                    for act in script.steps.iter_mut().flat_map(acts) {
                        for number in [&mut act.actor, &mut act.target] {
                            if *number % users == user {
                                *number = other;
                            }
                        }
                    }
                });
            }
        }
    }

    fn simplify_steps(&mut self) {
        let mut at = 0;
        while at < self.best.steps.len() {
            for lie in (0..self.best.steps[at].lies.len()).rev() {
                let is_left_out = self.attempt_change(|script| {
                    script.steps[at].lies.remove(lie);
                });
                if !is_left_out {
                    self.attempt_change(|script| simplify_lie(&mut script.steps[at].lies[lie]));
                    self.simplify_back(at, lie);
                }
            }
            for change in STEPS {
                self.attempt_change(|script| change(&mut script.steps[at]));
            }
            // Who redacts before they do the rest need not be in the room after it.
            if (1..FEW).contains(&at)
                && is_redaction(&self.best.steps[at])
                && !is_redaction(&self.best.steps[at - 1])
            {
                self.attempt_nearer(|script| script.steps.swap(at - 1, at));
            }
            at += 1;
        }
    }

    /// What decides a tie may be luck, of which a smaller script needs its own.
    fn try_luck(&mut self) {
        let count = self.best.steps.len();
        let mut candidates: Vec<Script> = Vec::new();
        let mut add = |change: &dyn Fn(&mut Script)| {
            let mut candidate = self.best.clone();
            change(&mut candidate);
            if candidate != self.best {
                candidates.push(candidate);
            }
        };
        for at in 0..count {
            add(&|script| drop(script.steps.remove(at)));
        }
        for change in SETUPS {
            add(&change);
        }
        for bit in 0..16 {
            add(&|script| script.setup.joined &= !(1 << bit));
        }
        add(&|script| script.steps.iter_mut().for_each(|step| step.tick = 0));
        if count <= FEW {
            for (at, later) in (0..count).flat_map(|at| (at + 1..count).map(move |to| (at, to))) {
                add(&|script| {
                    script.steps.remove(later);
                    script.steps.remove(at);
                });
            }
        }
        for candidate in candidates {
            for salt in 0..SALTS {
                let mut candidate = candidate.clone();
                candidate.setup.salt = salt;
                if self.attempt(candidate) {
                    return;
                }
            }
        }
    }
}

/// Up to how many steps changes are tried that take many tries.
const FEW: usize = 8;

/// How often luck is tried.
const SALTS: u8 = 8;

const SETUPS: [fn(&mut Script); 12] = [
    |script| script.setup.servers = 2,
    |script| script.setup.servers = script.setup.servers.saturating_sub(1).max(2),
    |script| script.setup.joined = 0,
    |script| script.setup.joined &= 1,
    |script| script.setup.moderators = 0,
    |script| script.setup.creators = 0,
    |script| script.setup.flaw = 0,
    |script| script.setup.has_power_levels = false,
    |script| script.setup.levels = 0,
    |script| script.setup.join_rule = 10,
    |script| script.setup.is_local = false,
    // Of three who are there two may do, if the second has as much power as the first.
    |script| {
        if script.setup.joined.count_ones() > 2 {
            script.setup.joined = 0b11;
            script.setup.moderators |= 0b10;
            script.setup.levels = 0b100;
        }
    },
];

const STEPS: [fn(&mut Step); 11] = [
    |step| {
        if let Op::Race { one, .. } = step.op {
            step.op = Op::Act(one);
        }
    },
    |step| {
        if let Op::Race { other, .. } = step.op {
            step.op = Op::Act(other);
        }
    },
    |step| step.tick = step.tick.min(1),
    |step| step.tick = 0,
    |step| each_act(step, |act| act.value %= 40),
    |step| each_act(step, |act| act.value %= 8),
    |step| each_act(step, |act| act.value = 0),
    |step| each_act(step, |act| act.actor = 0),
    |step| each_act(step, |act| act.target = 0),
    |step| each_act(step, |act| act.held = false),
    // Which entry it is that is left out changes with who is there: mostly the creator's join will do.
    |step| {
        if let Op::JoinByWord { server, of, without } = &mut step.op {
            (*server, *of, *without) = (1, 0, 0b10);
        }
    },
];

fn is_redaction(step: &Step) -> bool {
    matches!(step.op, Op::Act(Act { kind: Kind::Redact, .. }))
}

fn acts(step: &mut Step) -> Vec<&mut Act> {
    match &mut step.op {
        Op::Act(act) => vec![act],
        Op::Race { one, other } => vec![one, other],
        _ => Vec::new(),
    }
}

fn each_act(step: &mut Step, change: impl Fn(&mut Act)) {
    acts(step).into_iter().for_each(change);
}

fn simplify_lie(lie: &mut Lie) {
    match lie {
        Lie::Backdated { back } | Lie::Outdated { back } => *back /= 2,
        Lie::CiteOther { at, other } => (*at, *other) = (*at % 6, *other % 8),
        Lie::Uncite { at } | Lie::CiteTwice { at } => *at %= 6,
        Lie::Cite { event } => *event %= 16,
        Lie::Time { milliseconds } => *milliseconds = milliseconds.signum(),
        Lie::Depth { kind } => *kind %= 4,
        Lie::Content { kind } => *kind %= 63,
        Lie::NotAllowed | Lie::Rootless | Lie::Equivocate => {}
    }
}

//! Making a script small.

use crate::{Act, Op, Script, Step};

/// The smallest script that can be had from one by leaving out steps, servers and lies and by
/// making numbers smaller, such that it still is what is looked for. `most` bounds how many scripts
/// are tried.
///
/// `is_still` has to hold of the script that it starts from.
pub fn shrink(script: &Script, most: usize, is_still: impl Fn(&Script) -> bool) -> Script {
    let mut best = script.clone();
    let mut left = most;
    loop {
        let before = best.clone();
        drop_steps(&mut best, &mut left, &is_still);
        simplify(&mut best, &mut left, &is_still);
        if best == before || left == 0 {
            return best;
        }
    }
}

fn attempt(
    best: &mut Script,
    left: &mut usize,
    candidate: Script,
    is_still: &impl Fn(&Script) -> bool,
) -> bool {
    if *left == 0 || candidate == *best {
        return false;
    }
    *left -= 1;
    let is_good = is_still(&candidate);
    if is_good {
        *best = candidate;
    }
    is_good
}

/// Leaves out runs of steps, long ones first.
fn drop_steps(best: &mut Script, left: &mut usize, is_still: &impl Fn(&Script) -> bool) {
    let mut length = best.steps.len().next_power_of_two();
    while length > 0 {
        let mut at = best.steps.len();
        while at > 0 {
            let from = at.saturating_sub(length);
            let mut candidate = best.clone();
            candidate.steps.drain(from..at);
            attempt(best, left, candidate, is_still);
            at = from.min(best.steps.len());
        }
        length /= 2;
    }
}

/// Makes everything else simpler, one thing at a time.
fn simplify(best: &mut Script, left: &mut usize, is_still: &impl Fn(&Script) -> bool) {
    for change in SETUPS {
        let mut candidate = best.clone();
        change(&mut candidate);
        attempt(best, left, candidate, is_still);
    }
    for bit in 0..16 {
        for field in [0, 1, 2] {
            let mut candidate = best.clone();
            let setup = &mut candidate.setup;
            let bits = [&mut setup.joined, &mut setup.moderators, &mut setup.creators];
            if let Some(bits) = bits.into_iter().nth(field) {
                *bits &= !(1 << bit);
            }
            attempt(best, left, candidate, is_still);
        }
    }
    let mut at = 0;
    while at < best.steps.len() {
        for lie in (0..best.steps[at].lies.len()).rev() {
            let mut candidate = best.clone();
            candidate.steps[at].lies.remove(lie);
            attempt(best, left, candidate, is_still);
        }
        for change in STEPS {
            let mut candidate = best.clone();
            change(&mut candidate.steps[at]);
            attempt(best, left, candidate, is_still);
        }
        at += 1;
    }
}

const SETUPS: [fn(&mut Script); 7] = [
    |script| script.setup.servers = 2,
    |script| script.setup.joined = 0,
    |script| script.setup.moderators = 0,
    |script| script.setup.creators = 0,
    |script| script.setup.has_power_levels = false,
    |script| script.setup.join_rule = 10,
    |script| script.setup.is_local = false,
];

const STEPS: [fn(&mut Step); 8] = [
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
    |step| step.tick = 0,
    |step| step.tick = 1,
    |step| with_act(step, |act| act.value = 0),
    |step| with_act(step, |act| act.actor = 0),
    |step| with_act(step, |act| act.target = 0),
    |step| with_act(step, |act| act.held = false),
];

fn with_act(step: &mut Step, change: impl Fn(&mut Act)) {
    match &mut step.op {
        Op::Act(act) => change(act),
        Op::Race { one, other } => {
            change(one);
            change(other);
        }
        _ => {}
    }
}

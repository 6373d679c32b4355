//! Running a plan on threads.

#![allow(clippy::disallowed_methods, reason = "how long a run may take is about real time")]

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use exeunt_generate::Campaign;
use indicatif::ProgressBar;

use super::plan::Plan;
use super::report_file::Saved;
use super::verdict::is_missing;
use crate::{Failure, progress};

/// A run that has come to its end.
pub(crate) struct Run {
    pub(crate) saved: Saved,
    pub(crate) speed: Speed,
    /// Why the report could not be saved on the way.
    pub(crate) problem: Option<Failure>,
}

/// How fast it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    /// How many histories were tried in this run.
    pub(crate) histories: u64,
    pub(crate) time: Duration,
    pub(crate) jobs: usize,
}

/// How often a report is saved, and so how much a run that is killed may lose.
const BETWEEN_SAVES: Duration = Duration::from_secs(2);

/// How often it is looked whether a run is at its end.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

pub(crate) fn run(campaign: &Campaign, plan: &Plan, saved: Saved, folder: Option<&Path>) -> Run {
    let begin = Instant::now();
    let done_before = saved.done();
    let next = AtomicU64::new(saved.first_missing());
    let is_over = AtomicBool::new(false);
    let bar = progress(plan, &saved);
    let state = Mutex::new(saved);
    let lock = || state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut problem = None;
    let work = || {
        while !is_over.load(Ordering::Relaxed) {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            let Some(numbers) = plan.piece(piece) else { break };
            let done = lock().done_of(piece);
            let all = numbers.end - numbers.start;
            if done >= all {
                continue;
            }
            let mut report = campaign.report();
            for number in numbers.start + done..numbers.end {
                campaign.run(number, &mut report);
            }
            lock().add(piece, all, &report);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..plan.jobs).map(|_| scope.spawn(work)).collect();
        let mut last_save = Instant::now();
        while !workers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            std::thread::sleep(BETWEEN_LOOKS);
            if plan.limit.time().is_some_and(|time| begin.elapsed() >= time) {
                let saved = lock();
                let done = saved.done().saturating_mul(plan.shard.of);
                if plan.limit.is_enough(done) || !is_missing(campaign, &saved.report) {
                    is_over.store(true, Ordering::Relaxed);
                }
            }
            show(&bar, plan, lock().done(), begin.elapsed());
            if let Some(folder) = folder
                && last_save.elapsed() >= BETWEEN_SAVES
            {
                let copy = lock().clone();
                note(&mut problem, copy.write(folder));
                last_save = Instant::now();
            }
        }
    });
    bar.finish_and_clear();
    let saved = state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(folder) = folder {
        note(&mut problem, saved.write(folder));
    }
    let histories = saved.done().saturating_sub(done_before);
    let speed = Speed { histories, time: begin.elapsed(), jobs: plan.jobs };
    Run { saved, speed, problem }
}

/// A save that failed is told at once and once; a later one that does not makes up for it.
fn note(problem: &mut Option<Failure>, result: Result<(), Failure>) {
    match result {
        Ok(()) => *problem = None,
        Err(failure) => {
            if problem.is_none() {
                eprintln!("exeunt: {failure}; the run goes on");
            }
            *problem = Some(failure);
        }
    }
}

pub(super) fn bar(length: u64) -> ProgressBar {
    progress::bar(length, "{wide_bar} {msg}, {eta} left")
}

fn progress(plan: &Plan, saved: &Saved) -> ProgressBar {
    let bar = bar(match plan.limit.time() {
        None => plan.histories().unwrap_or_default(),
        Some(time) => milliseconds(time),
    });
    if plan.limit.time().is_none() {
        // What an earlier run did says nothing of how fast this one is.
        bar.set_position(saved.done());
        bar.reset_eta();
    }
    bar
}

fn show(bar: &ProgressBar, plan: &Plan, done: u64, elapsed: Duration) {
    bar.set_position(match plan.limit.time() {
        None => done,
        Some(time) => milliseconds(elapsed.min(time)),
    });
    bar.set_message(format!("{done} histories"));
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

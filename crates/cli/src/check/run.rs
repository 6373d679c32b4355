//! Running a plan on threads.

#![allow(clippy::disallowed_methods, reason = "how long a run may take is about real time")]

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use exeunt_generate::Campaign;
use indicatif::{ProgressBar, ProgressStyle};

use super::plan::{Limit, Plan};
use super::report_file::Saved;
use crate::Failure;

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

pub(crate) fn run(campaign: &Campaign, plan: &Plan, saved: Saved, folder: Option<&Path>) -> Run {
    let begin = Instant::now();
    let done_before = saved.histories();
    let next = AtomicU64::new(saved.first_missing());
    let is_over = AtomicBool::new(false);
    let working = AtomicUsize::new(plan.jobs);
    let state = Mutex::new(saved);
    let lock = || state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut problem = None;
    let bar = progress(plan);
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(numbers) = plan.piece(n) else { break };
                    if lock().has(n) {
                        continue;
                    }
                    let mut report = campaign.report();
                    for number in numbers {
                        campaign.run(number, &mut report);
                    }
                    lock().add(n, &report);
                }
                working.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let mut last_save = Instant::now();
        while working.load(Ordering::Relaxed) > 0 {
            std::thread::sleep(Duration::from_millis(50));
            if let Limit::Time(time) = plan.limit
                && begin.elapsed() >= time
            {
                is_over.store(true, Ordering::Relaxed);
            }
            show(&bar, plan, &lock(), begin.elapsed());
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
    let histories = saved.histories().saturating_sub(done_before);
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

fn progress(plan: &Plan) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let length = match plan.limit {
        Limit::Histories(_) => plan.pieces().unwrap_or_default(),
        Limit::Time(time) => time.as_secs(),
    };
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg} {eta}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, plan: &Plan, saved: &Saved, elapsed: Duration) {
    bar.set_position(match plan.limit {
        Limit::Histories(_) => saved.pieces(),
        Limit::Time(_) => elapsed.as_secs(),
    });
    bar.set_message(format!("{} histories", saved.histories()));
}

//! Lines on their way from the thread that reads them to the one that looks at them.

#![allow(clippy::disallowed_methods, reason = "the clock alone tells that a peer hangs")]

use std::collections::VecDeque;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::lines::Line;

/// As many lines wait to be looked at, and no more are read meanwhile: a peer that says more than it is
/// asked fills its own pipe.
const AHEAD: usize = 64;

/// So long the first line waits for others that come together with it: to be woken for each would
/// take longer than to look at it.
const GATHERING: Duration = Duration::from_millis(2);

/// What came first.
pub(super) enum First {
    /// Lines, at least one.
    Lines(VecDeque<Line>),
    /// The time.
    Nothing,
    /// The end, after all lines.
    End,
}

/// Lines that have come and were not taken yet.
#[derive(Default)]
pub(super) struct Arrivals {
    state: Mutex<State>,
    /// For whoever waits for lines.
    came: Condvar,
    /// For the reader, which waits for room.
    taken: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Line>,
    /// How many lines are waited for.
    wanted: usize,
    /// There will be no more.
    ended: bool,
    /// Nobody takes any more.
    closed: bool,
}

impl Arrivals {
    fn state(&self) -> MutexGuard<'_, State> {
        // No thread leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line when there is room for it. Whether anybody takes it.
    pub(super) fn add(&self, line: Line) -> bool {
        let is_full = |state: &mut State| state.lines.len() >= AHEAD && !state.closed;
        let state = self.taken.wait_while(self.state(), is_full);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.lines.push_back(line);
        if state.lines.len() == state.wanted {
            self.came.notify_one();
        }
        !state.closed
    }

    /// There are no more lines.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.came.notify_one();
    }

    /// Nobody takes any more lines.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.taken.notify_one();
    }

    /// All lines that have come, once there is one; those that come soon after it, up to so many,
    /// are waited for.
    pub(super) fn wait(&self, until: Instant, together: usize) -> First {
        let state = self.wait_for(self.state(), together, GATHERING);
        let left = until.saturating_duration_since(Instant::now());
        let mut state = self.wait_for(state, 1, left);
        if state.lines.is_empty() {
            return if state.ended { First::End } else { First::Nothing };
        }
        self.taken.notify_one();
        First::Lines(mem::take(&mut state.lines))
    }

    fn wait_for<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        count: usize,
        time: Duration,
    ) -> MutexGuard<'a, State> {
        state.wanted = count.min(AHEAD);
        let too_few = |state: &mut State| state.lines.len() < state.wanted && !state.ended;
        let waited = self.came.wait_timeout_while(state, time, too_few);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

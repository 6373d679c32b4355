//! The latest resolutions, so that events between the same branches are not resolved for again.

use im::Vector;

use crate::State;

const REMEMBERED: usize = 16;

/// Which states were resolved into which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memo(Vector<(Vec<State>, State)>);

impl Memo {
    pub(crate) fn get(&self, states: &[State]) -> Option<State> {
        let known = self.0.iter().find(|(of, _)| of == states);
        known.map(|(_, resolved)| resolved.clone())
    }

    pub(crate) fn put(&mut self, states: Vec<State>, resolved: State) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((states, resolved));
    }
}

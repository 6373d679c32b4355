//! The parts of a history that laws are about.

use std::cell::OnceCell;

use crate::{About, Arrival, History, Judgement, Law, Merge, Tally};

/// The parts of a history. Each list is made once, when somebody asks for it.
#[derive(Debug)]
pub struct Parts<'h> {
    history: &'h History,
    judgements: OnceCell<Vec<Judgement<'h>>>,
    arrivals: OnceCell<Vec<Arrival<'h>>>,
    resolved: OnceCell<Vec<Merge<'h>>>,
    merges: OnceCell<Vec<Merge<'h>>>,
}

impl<'h> Parts<'h> {
    /// Those of a history.
    pub fn new(history: &'h History) -> Self {
        let (judgements, arrivals) = (OnceCell::new(), OnceCell::new());
        let (resolved, merges) = (OnceCell::new(), OnceCell::new());
        Self { history, judgements, arrivals, resolved, merges }
    }

    /// [`History::judgements`].
    pub fn judgements(&self) -> &[Judgement<'h>] {
        self.judgements.get_or_init(|| self.history.judgements())
    }

    /// [`History::arrivals`].
    pub fn arrivals(&self) -> &[Arrival<'h>] {
        self.arrivals.get_or_init(|| self.history.arrivals())
    }

    /// [`History::resolved`].
    pub fn resolved(&self) -> &[Merge<'h>] {
        self.resolved.get_or_init(|| self.history.resolved())
    }

    /// [`History::merges`].
    pub fn merges(&self) -> &[Merge<'h>] {
        self.merges.get_or_init(|| self.history.merges(self.resolved()))
    }

    /// What each of the laws says of the history, in their order.
    pub fn ask<'l>(&self, laws: impl IntoIterator<Item = &'l Law>) -> Vec<Tally> {
        let tally = |law: &Law| match law.about {
            About::Judgement(check) => self.judgements().iter().map(check).collect(),
            About::Arrival(check) => self.arrivals().iter().map(check).collect(),
            About::Merge(check) => self.merges().iter().map(check).collect(),
            About::History(check) => check(self.history),
            // A room's history tells nothing of what homeservers say to each other, or of others.
            About::Network(_) | About::Run => Tally::default(),
        };
        laws.into_iter().map(tally).collect()
    }
}

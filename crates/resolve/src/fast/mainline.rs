//! Mainline positions, each worked out once.

use exeunt_dag::{Number, Sparse};
use exeunt_version::Mutant;

use super::loaded::Loaded;
use crate::Body;

/// Positions by power levels event: not known yet…
const UNKNOWN: u32 = 0;
/// …or that the mainline is never met, or from here on the place in it.
const INFINITE: u32 = 1;
const FIRST: u32 = 2;

/// The mainline of a power levels event.
pub(super) struct Mainline {
    /// The mainline, the event itself first.
    pub(super) list: Vec<Number>,
    /// By the number of a power levels event: the position of those that cite it.
    positions: Sparse<u32>,
    /// Scratch space: the events on the way to one whose position is known.
    way: Vec<Number>,
}

impl Mainline {
    pub(super) fn new<T: Body>(loaded: &Loaded<'_, T>, power_levels: Option<Number>) -> Self {
        let dag = loaded.events.dag;
        let mut positions = Sparse::new(dag.bound());
        let mut list = Vec::new();
        let mut next = power_levels.filter(|event| dag.is_known(*event));
        let mut position = FIRST;
        while let Some(event) = next.filter(|event| positions.get(event.index()) == UNKNOWN) {
            positions.set(event.index(), position);
            position += 1;
            list.push(event);
            next = loaded.power_levels_of(event);
        }
        Self { list, positions, way: Vec::new() }
    }

    /// The mainline position of an event that cites these power levels; `None` is infinity.
    pub(super) fn position<T: Body>(
        &mut self,
        loaded: &Loaded<'_, T>,
        power_levels: Option<Number>,
    ) -> Option<u32> {
        let version = loaded.events.version;
        let mut next = power_levels;
        if version.is_mutant(Mutant::MainlineOfAnother) {
            next = power_levels.and_then(|event| loaded.power_levels_of(event));
        }
        let position = loop {
            let Some(event) = next else { break INFINITE };
            match self.positions.get(event.index()) {
                UNKNOWN => {
                    // If the way comes back here, it meets nothing.
                    self.positions.set(event.index(), INFINITE);
                    self.way.push(event);
                    next = loaded.power_levels_of(event);
                }
                position => break position,
            }
        };
        for event in self.way.drain(..) {
            self.positions.set(event.index(), position);
        }
        let oldest = self.list.len().checked_sub(1).map(super::components::index);
        let collision = oldest.filter(|_| version.is_mutant(Mutant::MainlineCollision));
        position.checked_sub(FIRST).or(collision)
    }
}

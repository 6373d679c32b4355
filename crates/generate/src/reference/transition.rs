//! What happens, so that any of it may be left out.

use std::fmt;

use exeunt_event::UserId;

use crate::{Kind, Lie};

/// An event is sent and arrives. It is a choice, of which the event is made once it is known what
/// happened before: [`Expected::last`](super::Expected::last) has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Transition {
    /// What others call it by. It is larger than those of all before, whatever of these is left
    /// out.
    pub(crate) number: u32,
    pub(crate) deed: Deed,
    /// What the sender's server did not know of, nor of what follows it.
    pub(crate) unknown: Vec<u32>,
    /// How many milliseconds have passed since the last event.
    pub(crate) tick: u8,
    pub(crate) lies: Vec<Lie>,
}

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// One of the events of the room's creation.
    Opening(usize),
    Act {
        kind: Kind,
        actor: UserId,
        target: UserId,
        value: u8,
    },
}

impl Transition {
    /// Whether the sender's server has to let it through: clocks may differ.
    pub(crate) fn is_honest(&self) -> bool {
        self.lies.iter().all(|lie| matches!(lie, Lie::Time { .. }))
    }
}

/// On one line: a failing test prints one below the other.
impl fmt::Debug for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.number)?;
        match &self.deed {
            Deed::Opening(at) => write!(f, "creation of the room, event {at}")?,
            Deed::Act { kind, actor, target, value } => {
                write!(f, "{} does {kind:?}", actor.as_str())?;
                if kind.has_target() {
                    write!(f, " to {}", target.as_str())?;
                }
                write!(f, ", value {value}")?;
            }
        }
        if !self.unknown.is_empty() {
            write!(f, ", without knowing {:?}", self.unknown)?;
        }
        if !self.lies.is_empty() {
            write!(f, ", lying {:?}", self.lies)?;
        }
        write!(f, ", {} ms later", self.tick)
    }
}

//! What is known to go wrong in rooms, as predicates over histories: each case has a name, and is
//! there in some room versions and not in others.
//!
//! A law says what should be so of every history. A [`Case`] says what a history looks like that
//! goes wrong in one particular way, so that a search can find the smallest one, and can say that a
//! later room version has none. To add one, write its file and name it here.

mod pair;

/// Names the files of the cases, one case a file.
macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+
        /// Every case.
        pub const ALL: &[Case] = &[$($name::CASE),+];
    };
}

cases![
    reset_a,
    reset_b,
    creator_rollback,
    double_join_drop,
    hotel_california,
    kick_not_sticky,
    linear_rollback,
    restricted_redaction,
    topic_then_ban,
    v1_power_chain,
    v1_one_sided_key,
    cherry_picked_auth,
    soft_fail_hides_state,
    levels_redaction,
    create_redaction,
    duplicate_room_id,
    aliases_by_anyone,
    notifications_unchecked,
];

use exeunt_version::RoomVersion;

use crate::{History, Witness};

/// Something that goes wrong in rooms.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name, as one word for the command line.
    pub name: &'static str,
    /// What happens.
    pub sentence: &'static str,
    /// Where it is described: a link into the specification or to a proposal.
    pub source: &'static str,
    /// How many events the history has that is described.
    pub events: usize,
    /// Whether a room version has it.
    pub presence: fn(&RoomVersion) -> Presence,
    /// Where a history has it, if it has.
    pub found: fn(&History) -> Option<Witness>,
}

/// Whether a room version has a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Some history has it.
    Present,
    /// No history has it, for that reason.
    Absent(&'static str),
}

impl Presence {
    /// Whether some history has it.
    pub fn is_present(self) -> bool {
        self == Self::Present
    }

    /// Present where `is_present`, and otherwise absent for that reason.
    fn when(is_present: bool, otherwise: &'static str) -> Self {
        if is_present { Self::Present } else { Self::Absent(otherwise) }
    }
}

/// The case of that name.
pub fn case(name: &str) -> Option<&'static Case> {
    ALL.iter().find(|case| case.name == name)
}

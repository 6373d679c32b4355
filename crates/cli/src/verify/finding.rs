//! What a check has to say about a line.

use exeunt_auth::{Rule, RuleNumber};
use exeunt_room::Check;

/// What becomes of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It goes on as it is.
    Noted,
    /// It is dropped.
    Dropped,
    /// It goes on redacted.
    Redacted,
    /// It is rejected.
    Rejected,
    /// It is soft-failed.
    SoftFailed,
    /// It still waits for what it needs.
    Pending,
}

impl Outcome {
    pub(crate) const ALL: [Self; 6] = [
        Self::Dropped,
        Self::Redacted,
        Self::Rejected,
        Self::SoftFailed,
        Self::Pending,
        Self::Noted,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Noted => "noted",
            Self::Dropped => "dropped",
            Self::Redacted => "redacted",
            Self::Rejected => "rejected",
            Self::SoftFailed => "soft-failed",
            Self::Pending => "pending",
        }
    }
}

/// One finding.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The line, counted from 1.
    pub(crate) line: usize,
    /// The event, if its ID could be computed.
    pub(crate) event_id: Option<String>,
    pub(crate) check: Check,
    pub(crate) outcome: Outcome,
    /// The rule that decided, and its number in the room version.
    pub(crate) rule: Option<(Rule, Option<RuleNumber>)>,
    /// One sentence.
    pub(crate) message: String,
    /// What an event that waits waits for.
    pub(crate) missing: Vec<String>,
}

//! What a check has to say about a line.

use exeunt_auth::{Rule, RuleNumber};

/// A check on receipt of a PDU.
///
/// <https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Check {
    /// 1: a valid event.
    Format,
    /// 2: signatures.
    Signatures,
    /// 3: the content hash.
    Hash,
    /// 4: the authorisation rules against the event's auth events.
    AuthEvents,
}

impl Check {
    pub(crate) const ALL: [Self; 4] =
        [Self::Format, Self::Signatures, Self::Hash, Self::AuthEvents];

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Format => 1,
            Self::Signatures => 2,
            Self::Hash => 3,
            Self::AuthEvents => 4,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Signatures => "signatures",
            Self::Hash => "content hash",
            Self::AuthEvents => "auth events",
        }
    }
}

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
    /// There is no verdict, as an auth event is missing.
    Undecided,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Noted => "noted",
            Self::Dropped => "dropped",
            Self::Redacted => "redacted",
            Self::Rejected => "rejected",
            Self::Undecided => "undecided",
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
}

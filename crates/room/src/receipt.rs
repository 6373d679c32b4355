//! What became of a received PDU.

use exeunt_auth::{Rule, Verdict};
use exeunt_event::format::FormatError;
use exeunt_event::signatures::SignatureError;
use exeunt_event::{EventError, EventId, RoomId};

/// A check on receipt of a PDU.
///
/// <https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// 1: a valid event.
    Format = 1,
    /// 2: signatures.
    Signatures = 2,
    /// 3: the content hash.
    Hash = 3,
    /// 4: the authorisation rules against the event's auth events.
    AuthEvents = 4,
    /// 5: the authorisation rules against the state before the event.
    StateBefore = 5,
    /// 6: the authorisation rules against the current state.
    CurrentState = 6,
    /// 7: the signature of the room's policy server, if the room uses one.
    PolicyServer = 7,
}

impl Check {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Format,
        Self::Signatures,
        Self::Hash,
        Self::AuthEvents,
        Self::StateBefore,
        Self::CurrentState,
        Self::PolicyServer,
    ];

    /// Its number in the text.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What it is about.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Signatures => "signatures",
            Self::Hash => "content hash",
            Self::AuthEvents => "auth events",
            Self::StateBefore => "state before",
            Self::CurrentState => "current state",
            Self::PolicyServer => "policy server",
        }
    }
}

/// Why a PDU was dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dropped {
    /// Check 1: it is no event.
    #[error(transparent)]
    NoEvent(#[from] EventError),
    /// Check 1: it does not comply with the event format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// It is of another room, and so none of this one's events.
    #[error("it is of the room {0}")]
    OtherRoom(RoomId),
    /// Check 2: a signature that must be there is not, or is invalid.
    #[error(transparent)]
    Signatures(#[from] SignatureError),
}

impl Dropped {
    /// The check that it did not pass.
    pub fn check(&self) -> Check {
        match self {
            Self::NoEvent(_) | Self::Format(_) | Self::OtherRoom(_) => Check::Format,
            Self::Signatures(_) => Check::Signatures,
        }
    }
}

/// That an event failed a check that leaves it in the room's graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The check: 4, 5, 6 or 7.
    pub check: Check,
    /// The rule that decided; none at check 7, which is none of the authorisation rules'.
    pub rule: Option<Rule>,
    /// The verdict in words, with what decided.
    pub reason: Box<str>,
}

impl Refusal {
    /// `None` if the verdict allows.
    pub(crate) fn new(check: Check, verdict: &Verdict<'_>) -> Option<Box<Self>> {
        if verdict.is_allowed() {
            return None;
        }
        let reason = verdict.explain().into_boxed_str();
        Some(Box::new(Self { check, rule: Some(verdict.rule()), reason }))
    }
}

/// What became of an event that was not dropped, once all it needs was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It passed all checks; of an outlier, checks 1 to 4.
    Accepted,
    /// It passed checks 1 to 5 and failed check 6 or 7.
    SoftFailed(Box<Refusal>),
    /// It failed check 4 or 5.
    Rejected(Box<Refusal>),
}

impl Standing {
    /// Whether it was rejected.
    pub fn is_rejected(&self) -> bool {
        matches!(self, Self::Rejected(_))
    }

    /// Which check it failed and why.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Accepted => None,
            Self::SoftFailed(refusal) | Self::Rejected(refusal) => Some(refusal),
        }
    }
}

/// What became of a received PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was decided.
    Decided(Standing),
    /// It was dropped.
    Dropped(Dropped),
    /// It waits for events that it needs: those of its prev events and auth events that are not
    /// there, in version 12 also the create event.
    Pending {
        /// What is missing.
        missing: Vec<EventId>,
    },
    /// An event of this ID was received before. Nothing changes.
    Known,
}

/// The answer to an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The event's ID, if it has one.
    pub event_id: Option<EventId>,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether it goes on redacted, as its content hash was wrong (check 3).
    pub redacted: bool,
    /// What became of the events that had waited for this one, in the order in which they were
    /// taken up.
    pub taken_up: Vec<(EventId, Standing)>,
}

//! Which example with a known answer finds which mutant.

use exeunt_version::Mutant;

/// Where an example is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// `crates/auth/tests/examples`.
    RuleExamples,
    /// `crates/recordings/rooms`.
    RecordedRooms,
    /// The cases of `docs/HANDSHAKES.md`.
    HandshakeCases,
    /// `crates/mutants/tests/vectors/networks.rs`: stories of homeservers that keep the laws.
    Networks,
}

impl Suite {
    /// What its examples are called.
    pub fn of(self) -> &'static str {
        match self {
            Self::RuleExamples => "example of a rule",
            Self::RecordedRooms => "recording",
            Self::HandshakeCases => "handshake",
            Self::Networks => "story of homeservers",
        }
    }
}

/// An example, and a mutant that gives another answer to it than the model.
#[derive(Clone, Copy, Debug)]
pub struct Vector {
    /// The mutant.
    pub mutant: Mutant,
    /// Where the example is.
    pub suite: Suite,
    /// Its name there.
    pub name: &'static str,
}

const fn rule(mutant: Mutant, name: &'static str) -> Vector {
    Vector { mutant, suite: Suite::RuleExamples, name }
}

const fn recorded(mutant: Mutant, name: &'static str) -> Vector {
    Vector { mutant, suite: Suite::RecordedRooms, name }
}

const fn handshake(mutant: Mutant, name: &'static str) -> Vector {
    Vector { mutant, suite: Suite::HandshakeCases, name }
}

const fn network(mutant: Mutant, name: &'static str) -> Vector {
    Vector { mutant, suite: Suite::Networks, name }
}

/// All of them, at most one for each mutant.
pub const VECTORS: &[Vector] = &[
    recorded(Mutant::RedactionOfEarlier, "8-leaving"),
    recorded(Mutant::RedactionOfLater, "8-leaving"),
    recorded(Mutant::HashOfRedacted, "1-leaving"),
    recorded(Mutant::EventIdAlphabet, "4-leaving"),
    recorded(Mutant::FloatsAccepted, "6-evil: integer 2^53 in content"),
    recorded(Mutant::DepthBeyondBounds, "3-evil: depth 2^63"),
    rule(Mutant::LevelStrings, "mutant: version 10 takes levels that are strings"),
    rule(
        Mutant::DuplicateAuthEvents,
        "mutant: duplicate auth events pass, so that an old membership authorises",
    ),
    rule(Mutant::UnexpectedAuthEvents, "mutant: unexpected auth events pass"),
    rule(Mutant::ForeignAuthEvents, "mutant: auth events from another room pass"),
    rule(Mutant::CreatorWithoutPower, "mutant: a creator without power levels gets 0"),
    rule(Mutant::EverybodyHasPower, "mutant: without power levels everybody gets 100"),
    rule(Mutant::StateLevelZero, "mutant: missing power levels make the level of state 0"),
    rule(Mutant::InviteLevelFifty, "mutant: the level for inviting is 50 by default"),
    rule(Mutant::RestrictedEarly, "mutant: users join under restricted in version 7"),
    rule(
        Mutant::KnockRestrictedEarly,
        "mutant: users join under knock_restricted before version 10",
    ),
    rule(Mutant::KnockAnywhere, "mutant: users knock under any join rule, public for one"),
    rule(Mutant::LeaveAfterLeave, "mutant: who has left leaves again"),
    rule(Mutant::UnbanIgnoresKickLevel, "mutant: unbanning ignores the level for kicking"),
    rule(Mutant::UnbanIgnoresTarget, "mutant: unbanning ignores the power of the target"),
    rule(Mutant::UsersDefaultUnchecked, "mutant: changes of the level of everybody go unchecked"),
    rule(Mutant::RemovalsUnchecked, "mutant: removals of users go unchecked"),
    rule(Mutant::NotificationsBelow, "mutant: the level of notifications must be below one's own"),
    rule(
        Mutant::AuthorisesItself,
        "mutant: the event stands in for the membership that it does not cite",
    ),
    handshake(Mutant::SendLeaveTakesJoin, "send_leave v2: membership=join"),
    network(Mutant::TemplateOfAnotherRoom, "F7: a template of another room"),
    network(Mutant::LeaveOfAnotherUser, "F7: a template for the leave of somebody else"),
    network(Mutant::AclCase, "F9: a server is denied in capitals"),
    network(Mutant::AclOfSender, "F9: a denied server sends what others said"),
    network(Mutant::ForgetWhileJoined, "F10: somebody in a room forgets it"),
];

/// The example that finds a mutant.
pub fn vector(mutant: Mutant) -> Option<&'static Vector> {
    VECTORS.iter().find(|vector| vector.mutant == mutant)
}

//! Mistakes that implementations have made, to be made on purpose: what finds them has teeth.
//!
//! The place of each is where the rule is, as one line that asks [`RoomVersion::is_mutant`]. Without
//! the feature `mutants` that is `false` at compile time, and nothing of a mutant is in the build.

use std::fmt;
use std::str::FromStr;

use crate::{Redaction, RoomVersion};

/// There is no mutant of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no mutant {0:?}")]
pub struct UnknownMutant(pub String);

macro_rules! mutants {
    ($($variant:ident $name:literal $wrong:literal,)+) => {
        /// A mistake. Each is one that implementations have made or nearly made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Mutant {
            $(#[doc = $wrong] $variant,)+
        }

        impl Mutant {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name, as one word for the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What is done wrong, in a sentence.
            pub const fn wrong(self) -> &'static str {
                match self {
                    $(Self::$variant => $wrong,)+
                }
            }
        }
    };
}

mutants! {
    // Events as bytes.
    RedactionOfEarlier "redaction-of-earlier"
        "Redaction keeps what the algorithm before that of the room version keeps.",
    RedactionOfLater "redaction-of-later"
        "Redaction keeps what the algorithm after that of the room version keeps.",
    HashOfRedacted "hash-of-redacted" "The content hash is over the redacted event.",
    EventIdAlphabet "event-id-alphabet"
        "Event IDs are in the alphabet of version 3 in all versions after it.",
    LevelStrings "level-strings" "Levels that are strings are taken from version 10 on.",
    FloatsAccepted "floats-accepted"
        "Numbers that strict canonical JSON forbids are taken from version 6 on.",
    DepthBeyondBounds "depth-beyond-bounds"
        "A depth beyond 2^63 − 1 counts as that where the JSON may have it.",
    // The rules.
    DuplicateAuthEvents "duplicate-auth-events"
        "Two auth events of one type and state key pass.",
    UnexpectedAuthEvents "unexpected-auth-events"
        "Auth events that the selection does not name pass.",
    ForeignAuthEvents "foreign-auth-events" "Auth events of another room pass.",
    CreatorWithoutPower "creator-without-power"
        "Before there are power levels the creator has power 0.",
    EverybodyHasPower "everybody-has-power" "Before there are power levels everybody has power 100.",
    StateLevelZero "state-level-zero" "Before there are power levels state events need power 0.",
    InviteLevelFifty "invite-level-fifty" "The level for inviting is 50 where none is set.",
    RestrictedEarly "restricted-early" "The join rule `restricted` is honoured before version 8.",
    KnockRestrictedEarly "knock-restricted-early"
        "The join rule `knock_restricted` is honoured before version 10.",
    KnockAnywhere "knock-anywhere" "Knocks are taken under any join rule.",
    LeaveAfterLeave "leave-after-leave" "Who is not in the room may leave it.",
    UnbanIgnoresKickLevel "unban-ignores-kick-level"
        "Whoever may ban may end a ban, even where they may not kick.",
    UnbanIgnoresTarget "unban-ignores-target"
        "The ban of a user of the same or more power may be ended.",
    UsersDefaultUnchecked "users-default-unchecked" "Changes of `users_default` are not checked.",
    RemovalsUnchecked "removals-unchecked"
        "Entries of other users may be taken out of `users`, whatever their level.",
    NotificationsBelow "notifications-below"
        "A level in `notifications` must be below the sender's power, not at most that.",
    // Rooms.
    RejectedEntersState "rejected-enters-state" "A rejected event enters the state after it.",
    // Resolution.
    MainlineOfAnother "mainline-of-another"
        "The mainline position is looked up for the power levels before those that the event cites.",
    MainlineCollision "mainline-collision"
        "An event that never meets the mainline has the position of the mainline's oldest event.",
    OrderByIdAlone "order-by-id-alone"
        "Power events that may come next are ordered by their IDs alone.",
    FailureAborts "failure-aborts"
        "The iterative auth checks end with the first event that is rejected.",
    AuthorisesItself "authorises-itself"
        "An event stands in for its own auth events that are not there.",
    PowerChainInside "power-chain-inside"
        "The auth chain of a power event is followed only through the full conflicted set.",
    DifferenceOfConflicted "difference-of-conflicted"
        "The auth difference is worked out from the auth chains of conflicted events alone.",
    // Homeservers.
    AclCase "acl-case" "Server ACLs are compared case by case.",
    AclOfSender "acl-of-sender"
        "A server ACL is asked about the server of an event's sender, not about the one that sends it.",
    SendLeaveTakesJoin "send-leave-takes-join" "`send_leave` takes joins.",
    TemplateOfAnotherRoom "template-of-another-room"
        "The room of a template is not compared with the room that it was asked for.",
    LeaveOfAnotherUser "leave-of-another-user"
        "A template for the leave of somebody else is signed, whatever server they are of.",
    ForgetWhileJoined "forget-while-joined" "A room can be forgotten by who is in it.",
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Mutant {
    type Err = UnknownMutant;

    fn from_str(name: &str) -> Result<Self, UnknownMutant> {
        let mut all = Self::ALL.iter().copied();
        all.find(|mutant| mutant.name() == name).ok_or_else(|| UnknownMutant(name.to_owned()))
    }
}

impl RoomVersion {
    /// Whether what reads this version is to make that mistake.
    #[cfg(not(feature = "mutants"))]
    #[inline]
    pub const fn is_mutant(&self, _: Mutant) -> bool {
        false
    }

    /// Whether what reads this version is to make that mistake.
    #[cfg(feature = "mutants")]
    #[inline]
    pub fn is_mutant(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// What redaction keeps.
    #[inline]
    pub fn redaction(&self) -> Redaction {
        let own = self.capabilities.redaction;
        let all = [Redaction::V1, Redaction::V6, Redaction::V8, Redaction::V9, Redaction::V11];
        let neighbour = |by: isize| {
            let at = all.iter().position(|redaction| *redaction == own)?;
            all.get(at.checked_add_signed(by)?).copied()
        };
        if self.is_mutant(Mutant::RedactionOfEarlier) {
            return neighbour(-1).unwrap_or(own);
        }
        if self.is_mutant(Mutant::RedactionOfLater) { neighbour(1).unwrap_or(own) } else { own }
    }
}

/// How mistakes are made.
#[cfg(feature = "mutants")]
mod made {
    use std::cell::Cell;

    use super::Mutant;
    use crate::RoomVersion;

    thread_local! {
        static EVERYWHERE: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    impl RoomVersion {
        /// The same version, with that mistake made by all that read it.
        #[must_use]
        pub fn with_mutant(mut self, mutant: Mutant) -> Self {
            self.mutant = Some(mutant);
            self
        }
    }

    impl Mutant {
        /// What a function gives that gets its room versions from elsewhere: every version that
        /// this thread makes meanwhile has the mistake.
        pub fn everywhere<T>(self, run: impl FnOnce() -> T) -> T {
            /// However `run` ends, what follows is free of the mistake.
            struct Before(Option<Mutant>);
            impl Drop for Before {
                fn drop(&mut self) {
                    EVERYWHERE.set(self.0);
                }
            }
            let before = Before(EVERYWHERE.replace(Some(self)));
            let given = run();
            drop(before);
            given
        }

        pub(crate) fn of_this_thread() -> Option<Self> {
            EVERYWHERE.get()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_mutant_is_known_by_a_name_of_its_own() {
        let names: BTreeSet<_> = Mutant::ALL.iter().map(|mutant| mutant.name()).collect();
        assert_eq!(names.len(), Mutant::ALL.len());
        for mutant in Mutant::ALL {
            assert_eq!(mutant.name().parse(), Ok(*mutant));
            assert!(mutant.wrong().ends_with('.'));
        }
        assert_eq!("none".parse::<Mutant>(), Err(UnknownMutant("none".to_owned())));
    }

    #[test]
    fn versions_make_no_mistake_unless_told_to() {
        for version in RoomVersion::all() {
            assert!(!Mutant::ALL.iter().any(|mutant| version.is_mutant(*mutant)));
            assert_eq!(version.redaction(), version.capabilities.redaction);
        }
    }

    #[cfg(feature = "mutants")]
    #[test]
    fn a_mutant_is_on_where_it_was_put_and_nowhere_else() {
        let one = RoomVersion::specified("8").unwrap().with_mutant(Mutant::RedactionOfEarlier);
        assert_eq!(one.redaction(), Redaction::V6);
        assert!(!one.is_mutant(Mutant::RedactionOfLater));
        let other = Mutant::RedactionOfLater.everywhere(|| RoomVersion::specified("8").unwrap());
        assert_eq!(other.redaction(), Redaction::V9);
        assert!(!RoomVersion::specified("8").unwrap().is_mutant(Mutant::RedactionOfLater));
        let failed = std::panic::catch_unwind(|| Mutant::AclCase.everywhere(|| panic!("as asked")));
        assert!(failed.is_err() && Mutant::of_this_thread().is_none());
    }
}

//! What releases of the specification change for a homeserver.

use std::fmt;
use std::str::FromStr;

/// The release of the specification that a homeserver follows: v1.1 to v1.19.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Specification {
    minor: u8,
}

/// The name of a release that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of the releases \"v1.1\" to \"v1.19\"")]
pub struct UnknownSpecification(pub String);

impl Specification {
    /// The first release that is known here.
    pub const FIRST: Self = Self { minor: 1 };
    /// The latest release.
    pub const LATEST: Self = Self { minor: 19 };

    /// All releases, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (Self::FIRST.minor..=Self::LATEST.minor).map(|minor| Self { minor })
    }

    /// What a homeserver that follows the release does.
    pub const fn features(self) -> Features {
        Features {
            v1_send: self.minor < 18,
            acl_ignores_case: self.minor >= 19,
            create_event_in_invites: self.minor >= 16,
            invite_blocking: self.minor >= 18,
            forced_forgetting: self.minor >= 18,
            omitted_members: self.minor >= 6,
            destination_in_requests: self.minor >= 3,
        }
    }
}

impl Default for Specification {
    fn default() -> Self {
        Self::LATEST
    }
}

impl fmt::Display for Specification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}", self.minor)
    }
}

impl FromStr for Specification {
    type Err = UnknownSpecification;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::all().find(|release| release.to_string() == name);
        found.ok_or_else(|| UnknownSpecification(name.to_owned()))
    }
}

/// What a homeserver does by the release that it follows. Code reads these, and compares no releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a feature of its own")]
pub struct Features {
    /// `PUT v1/send_join` and `PUT v1/send_leave` exist, and v2 falls back to them; until v1.17
    /// (MSC4376).
    pub v1_send: bool,
    /// Globs of server ACLs ignore case; from v1.19 on (MSC4436).
    pub acl_ignores_case: bool,
    /// The room state beside an invite or knock has to have the create event and be made of PDUs;
    /// from v1.16 on (MSC4311).
    pub create_event_in_invites: bool,
    /// An invite that the user blocks is refused with `M_INVITE_BLOCKED`; from v1.18 on (MSC4380).
    pub invite_blocking: bool,
    /// `m.forget_forced_upon_leave` is a capability; from v1.18 on (MSC4267).
    pub forced_forgetting: bool,
    /// `omit_members` is known to `send_join`; from v1.6 on (MSC3706).
    pub omitted_members: bool,
    /// Requests name their destination; from v1.3 on.
    pub destination_in_requests: bool,
}

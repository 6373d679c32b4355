//! Restricted joins that a user of this server authorises.

use std::sync::Arc;

use exeunt_event::content::{AuthorisingUser, Content, Membership};
use exeunt_event::{Event, ServerName};
use exeunt_version::RoomVersion;

use super::{Ready, What};

/// A restricted join whose conditions this server found met.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConditionMet(());

impl ConditionMet {
    /// For the check of the conditions alone.
    pub(crate) fn found() -> Self {
        Self(())
    }
}

impl Ready {
    /// A join whose authorising user is of this server; `None` for any other event.
    ///
    /// <https://spec.matrix.org/v1.19/server-server-api/#restricted-rooms>
    pub(crate) fn from_restricted_join(
        event: &Event,
        version: &Arc<RoomVersion>,
        server: &ServerName,
        _met: ConditionMet,
    ) -> Option<Self> {
        let Content::Member(member) = event.content() else { return None };
        let AuthorisingUser::User(authoriser) = &member.authorising_user else { return None };
        let is_ours = authoriser.domain() == server.as_str();
        if member.membership != Some(Membership::Join) || !is_ours {
            return None;
        }
        let (object, version) = (event.object().into_owned(), Arc::clone(version));
        Some(Self { object, version, what: What::Countersigned })
    }
}

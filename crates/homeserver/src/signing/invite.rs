//! Invites of the server's users by others.

use std::sync::Arc;

use exeunt_event::content::{Content, Membership};
use exeunt_event::{Event, EventType, ServerName};
use exeunt_version::RoomVersion;

use super::{Ready, What};
use crate::Refusal;

impl Ready {
    /// An invite that another server asks this one to sign, if it is one: "to ensure they don't
    /// accidentally sign non-invite events".
    ///
    /// That it passes the signature check is the caller's part, as it needs keys.
    ///
    /// <https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2inviteroomideventid>
    pub(crate) fn from_invite(
        event: &Event,
        version: &Arc<RoomVersion>,
        origin: &ServerName,
        server: &ServerName,
    ) -> Result<Self, Refusal> {
        let refuse = |reason: &str| Err(Refusal::InvalidParam(reason.to_owned()));
        if *event.event_type() != EventType::Member {
            return refuse("The event is no m.room.member.");
        }
        let Content::Member(member) = event.content() else {
            return refuse("The event is no m.room.member.");
        };
        if member.membership != Some(Membership::Invite) {
            return refuse("The membership is not invite.");
        }
        if event.sender().domain() != origin.as_str() {
            return refuse("The sender is no user of the origin.");
        }
        let target = event.state_key().and_then(|key| exeunt_event::UserId::parse(key).ok());
        if target.is_none_or(|user| user.domain() != server.as_str()) {
            return refuse("The state key is no user of this server.");
        }
        let (object, version) = (event.object().into_owned(), Arc::clone(version));
        Ok(Self { object, version, what: What::Countersigned })
    }
}

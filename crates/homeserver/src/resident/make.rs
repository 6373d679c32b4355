//! Templates for leaves, joins and knocks of other servers' users.

use exeunt_auth::{ServerSignatures, check_state};
use exeunt_event::json::Object;
use exeunt_event::{RoomId, ServerName, UserId};

use crate::signing::{Draft, compose, membership, not_allowed};
use crate::turn::Turn;
use crate::{Handshake, Refusal, Response};

/// The versions that a server supports which says nothing.
/// <https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1make_joinroomiduserid>
const UNSAID: [&str; 1] = ["1"];

impl Turn {
    pub(super) fn make(
        &self,
        origin: &ServerName,
        handshake: Handshake,
        room_id: &RoomId,
        user: &UserId,
        versions: Option<&[String]>,
    ) -> Result<Response, Refusal> {
        let hosted = self.open_to(origin, room_id)?;
        let version = hosted.room.version();
        if user.domain() != origin.as_str() {
            let (user, origin) = (user.to_string(), origin.to_string());
            return Err(Refusal::UserOfAnotherServer { user, origin });
        }
        let is_listed = match (handshake, versions) {
            (Handshake::Leave, _) => true,
            (Handshake::Knock, None) => return Err(Refusal::MissingParam("ver")),
            (_, Some(versions)) => versions.iter().any(|listed| listed == version.id()),
            (Handshake::Join, None) => UNSAID.contains(&version.id()),
        };
        if !is_listed {
            let room_version = version.id().to_owned();
            return Err(Refusal::IncompatibleRoomVersion { room_version });
        }
        let mut content = membership(handshake.membership());
        if handshake == Handshake::Join
            && let Some(authoriser) = self.authoriser(hosted, user)?
        {
            content.insert("join_authorised_via_users_server", authoriser.to_string());
        }
        let draft = Draft::member(user, user, content);
        let template = compose(&hosted.room, &draft, self.now);
        let event = crate::signing::provisional(&template, version).ok_or_else(|| {
            Refusal::BadJson("The event has no form that events have.".to_owned())
        })?;
        let state = hosted.view();
        // That this server will sign a join that its user authorises is a promise.
        let verdict = check_state(version, &event, state, ServerSignatures::Satisfied);
        if !verdict.is_allowed() {
            return Err(not_allowed(&verdict, version));
        }
        let mut answer = Object::new();
        let mut template = template;
        template.insert("origin", self.server.name.to_string());
        answer.insert("event", template);
        answer.insert("room_version", version.id().to_owned());
        Ok(Response::ok(&answer))
    }
}

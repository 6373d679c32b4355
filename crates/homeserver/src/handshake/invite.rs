//! A user of another server is invited.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#inviting-to-a-room>

use std::sync::Arc;

use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::signed_by;
use exeunt_event::{Event, RoomId, ServerName, UserId};
use exeunt_room::Input as RoomInput;
use exeunt_version::{EventIds, RoomVersion};

use super::finish::is_same;
use crate::awaited::{Awaited, said};
use crate::hosted::{Hosted, pdus};
use crate::signing::{Draft, Ready};
use crate::turn::{Turn, pdu};
use crate::uri::encode;
use crate::{Denial, Done, Form, Refusal, Response};

/// `invite` was sent.
#[derive(Clone, Debug)]
pub(crate) struct Inviting {
    id: u64,
    room_id: RoomId,
    event: Event,
    version: Arc<RoomVersion>,
    asked: ServerName,
    form: Form,
}

impl Turn {
    /// Asks the server of the invited user to sign.
    pub(crate) fn invite_remote(
        &mut self,
        id: u64,
        room_id: &RoomId,
        target: &UserId,
        draft: &Draft,
    ) -> Result<(), Refusal> {
        let hosted = self.resident_room(room_id)?;
        let version = Arc::new(hosted.room.version().clone());
        let event = self.sign(Ready::from_draft(&hosted.room, draft, self.now)?)?;
        let (asked, room_id, form) = (target.server_name(), room_id.clone(), Form::V2);
        self.send_invite(Inviting { id, room_id, event, version, asked, form })
    }

    fn send_invite(&mut self, inviting: Inviting) -> Result<(), Refusal> {
        let hosted = self.resident_room(&inviting.room_id)?;
        let told = pdus(&told(hosted, &inviting.event));
        let mut event = inviting.event.object().into_owned();
        let (version, body) = match inviting.form {
            Form::V1 => {
                event.insert("unsigned", Object::from_iter([("invite_room_state", told)]));
                ("v1", event)
            }
            Form::V2 => {
                let mut body = Object::new();
                body.insert("room_version", inviting.version.id().to_owned());
                body.insert("event", event);
                body.insert("invite_room_state", told);
                ("v2", body)
            }
        };
        let (room, event) =
            (encode(inviting.room_id.as_str()), encode(inviting.event.event_id().as_str()));
        let uri = format!("/_matrix/federation/{version}/invite/{room}/{event}");
        let to = inviting.asked.clone();
        self.ask(&to, ("PUT", &uri), Some(&body), Awaited::Invite(inviting.into()));
        Ok(())
    }

    pub(crate) fn invite_answered(&mut self, inviting: Inviting, response: Option<&Response>) {
        let id = inviting.id;
        let outcome = match response {
            Some(answer) if answer.is_success() => {
                self.enter_invite(&inviting, answer).map_err(Denial::WorthlessAnswer)
            }
            // "…should retry using the v1 API as the server may be older, if the room version is
            // "1" or "2"": those whose events the older form can carry.
            Some(answer)
                if inviting.form == Form::V2
                    && matches!(answer.status, 400 | 404)
                    && inviting.version.capabilities.event_ids == EventIds::Sent =>
            {
                let Err(refusal) = self.send_invite(Inviting { form: Form::V1, ..inviting }) else {
                    return;
                };
                Err(refusal.into())
            }
            response => Err(Denial::NobodyHelped(vec![(inviting.asked, said(response))])),
        };
        self.tell(id, outcome);
    }

    /// The invite with the signature of the invited user's server enters the room.
    fn enter_invite(&mut self, inviting: &Inviting, answer: &Response) -> Result<Done, String> {
        let parsed = json::parse_any(&answer.body).map_err(|error| error.to_string())?;
        let object = match &parsed.value {
            Value::Array(pair) => pair.get(1).and_then(Value::as_object),
            value => value.as_object(),
        };
        let event = object.and_then(|answer| answer.get("event")).and_then(Value::as_object);
        let mut object = event.ok_or("it has no `event`")?.clone().into_owned();
        object.remove("unsigned");
        let event =
            Event::from_object(&object, &inviting.version).map_err(|error| error.to_string())?;
        if event.event_id() != inviting.event.event_id() || !is_same(&event, &inviting.event) {
            return Err("`event` is another event".to_owned());
        }
        if !signed_by(&event, &inviting.asked, &self.server.keys, &inviting.version) {
            return Err(format!("{} has not signed the invite", inviting.asked));
        }
        let input = RoomInput::Sent(pdu(&event));
        self.enter(&inviting.room_id, &event, &input, None)
            .map_err(|refusal| refusal.to_string())?;
        let event_id = event.event_id().clone();
        Ok(Done::Sent { room_id: inviting.room_id.clone(), event_id })
    }
}

fn told(hosted: &Hosted, invite: &Event) -> Vec<Event> {
    hosted.told_to_invited(Some(invite.sender()))
}

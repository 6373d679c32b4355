//! A signed event was submitted.

use std::sync::Arc;

use exeunt_event::{Event, ServerName};
use exeunt_version::RoomVersion;

use super::Plan;
use crate::awaited::{Awaited, said};
use crate::turn::Turn;
use crate::uri::encode;
use crate::{Form, Handshake, Response};

/// `send_leave`, `send_join` or `send_knock` was sent.
#[derive(Clone, Debug)]
pub(crate) struct Submitting {
    pub(super) plan: Plan,
    pub(super) asked: ServerName,
    pub(super) event: Event,
    pub(super) version: Arc<RoomVersion>,
    form: Form,
}

impl Submitting {
    pub(super) fn new(
        plan: Plan,
        asked: ServerName,
        event: Event,
        version: Arc<RoomVersion>,
    ) -> Self {
        Self { plan, asked, event, version, form: Form::V2 }
    }

    fn uri(&self) -> String {
        let template = &self.plan.template;
        let version = match (template.handshake, self.form) {
            (Handshake::Knock, _) | (_, Form::V1) => "v1",
            (_, Form::V2) => "v2",
        };
        let name = template.handshake.membership();
        let (room, event) =
            (encode(template.room_id.as_str()), encode(self.event.event_id().as_str()));
        format!("/_matrix/federation/{version}/send_{name}/{room}/{event}")
    }

    /// Whether the older form of the endpoint is tried after that answer: "senders which receive a
    /// 400, 404, or other status code which indicates this endpoint is not available should retry
    /// using the v1 API instead".
    fn falls_back(&self, response: &Response) -> bool {
        self.form == Form::V2
            && self.plan.template.handshake != Handshake::Knock
            && matches!(response.status, 400 | 404 | 405 | 501)
    }
}

impl Turn {
    pub(super) fn submit(&mut self, submitting: Submitting) {
        let uri = submitting.uri();
        let (to, content) = (submitting.asked.clone(), submitting.event.clone());
        let awaited = Awaited::Submission(submitting.into());
        self.ask(&to, ("PUT", &uri), Some(&content.object()), awaited);
    }

    pub(crate) fn submission_answered(&mut self, sent: Submitting, response: Option<&Response>) {
        match response {
            Some(answer) if answer.is_success() => self.finish(sent, answer),
            Some(answer) if self.server.features().v1_send && sent.falls_back(answer) => {
                self.submit(Submitting { form: Form::V1, ..sent });
            }
            response => {
                let Submitting { plan, asked, .. } = sent;
                self.walk(plan.without(&asked, said(response)));
            }
        }
    }
}

//! A leave of a room that the server was not in came to its end.

use exeunt_event::{Event, EventId};

use super::{Plan, Submitting};
use crate::signing::Draft;
use crate::turn::Turn;
use crate::view::Status;
use crate::{Denial, Done, Handshake};

impl Turn {
    /// A server that is in the room accepted the leave.
    pub(super) fn left(&mut self, sent: &Submitting) {
        let (user, room_id) = (&sent.plan.template.user_id, &sent.plan.template.room_id);
        if self.server.is_resident(room_id) {
            self.catch_up(sent, &sent.event);
        }
        // For the user it holds even if here it still waits for events that nobody may give.
        let shown = self.left_of(&sent.plan, Some(&sent.event));
        if shown.is_some() {
            self.server.set_status(user, room_id, Status::Left);
        }
        self.server.leave_told(user, room_id, &sent.event);
        for ended in shown.into_iter().chain(sent.plan.ends.clone()) {
            self.server.end(user, room_id, ended);
        }
    }

    /// Whether the leave is done as an event of this server's own: by another user it may have come
    /// into the room meanwhile.
    pub(super) fn leave_at_home(&mut self, plan: &Plan) -> bool {
        let (user, room_id) = (&plan.template.user_id, &plan.template.room_id);
        if plan.template.handshake != Handshake::Leave || self.left_of(plan, None).is_none() {
            return false;
        }
        let mut content = plan.content.clone();
        content.insert("membership", "leave");
        let sent = self.send(room_id, &Draft::member(user, user, content));
        let is_sent = sent.is_ok();
        if let Ok(event_id) = sent {
            self.tell(plan.id, Ok(Done::Sent { room_id: room_id.clone(), event_id }));
        }
        is_sent
    }

    /// No server helped. A leave succeeds nevertheless: for the user the room is left, and nobody
    /// in the room knows.
    pub(super) fn leave_untold(&mut self, plan: Plan) {
        let (user, room_id) = (&plan.template.user_id, &plan.template.room_id);
        if self.left_of(&plan, None).is_some() {
            self.server.leave_untold(user, room_id);
        }
        if let Some(ended) = plan.ends {
            self.server.end(user, room_id, ended);
        }
        let outcome = match self.server.view(user, room_id).map(|view| &view.status) {
            // The user has come into the room since, and is there.
            Some(Status::Joined) => Err(Denial::NobodyHelped(plan.tried)),
            _ => Ok(Done::LeftUntold { room_id: plan.template.room_id, tried: plan.tried }),
        };
        self.tell(plan.id, outcome);
    }

    /// What the user sees, if it is the invite or knock that they wanted to leave, or one that the
    /// leave ends. An invite that came since is another, and who joined since is in the room.
    fn left_of(&self, plan: &Plan, leave: Option<&Event>) -> Option<EventId> {
        let view = self.server.view(&plan.template.user_id, &plan.template.room_id)?;
        let id = view.status.event()?.event_id();
        let is_left = plan.ends.as_ref() == Some(id)
            || leave.is_some_and(|leave| leave.auth_events().contains(id));
        is_left.then(|| id.clone())
    }
}

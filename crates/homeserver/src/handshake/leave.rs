//! A leave of a room that the server was not in came to its end.

use exeunt_event::Event;

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
        if self.shows_what_was_left(&sent.plan, Some(&sent.event)) {
            self.server.set_status(user, room_id, Status::Left);
        }
        self.server.leave_told(user, room_id);
    }

    /// Whether the leave is done as an event of this server's own: by another user it may have come
    /// into the room meanwhile.
    pub(super) fn leave_at_home(&mut self, plan: &Plan) -> bool {
        let (user, room_id) = (&plan.template.user_id, &plan.template.room_id);
        if plan.template.handshake != Handshake::Leave || !self.shows_what_was_left(plan, None) {
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
        if self.shows_what_was_left(&plan, None) {
            self.server.leave_untold(user, room_id);
        }
        let outcome = match self.server.view(user, room_id).map(|view| &view.status) {
            // The user has come into the room since, and is there.
            Some(Status::Joined) => Err(Denial::NobodyHelped(plan.tried)),
            _ => Ok(Done::LeftUntold { room_id: plan.template.room_id, tried: plan.tried }),
        };
        self.tell(plan.id, outcome);
    }

    /// Whether what the user sees is the invite or knock that they wanted to leave, or one that the
    /// leave ends. An invite that came since is another, and who joined since is in the room.
    fn shows_what_was_left(&self, plan: &Plan, leave: Option<&Event>) -> bool {
        let view = self.server.view(&plan.template.user_id, &plan.template.room_id);
        let Some(Status::Invited(stripped) | Status::Knocked(stripped)) =
            view.map(|view| &view.status)
        else {
            return false;
        };
        let id = stripped.event.event_id();
        plan.ends.as_ref() == Some(id)
            || leave.is_some_and(|leave| leave.auth_events().contains(id))
    }
}

//! The handshakes of the server's own users: with resident servers of rooms that this one is not
//! in, and with the servers of those who are invited.
//!
//! Each state of a handshake is a type, and what comes next is had from it alone: a [`Plan`] asks a
//! server and is a [`Making`]; a [`Making`] with an answer whose template passes its check is a
//! [`Submitting`], else the plan again, for the next server; a [`Submitting`] with an answer is the
//! end, or the plan again.

mod finish;
mod invite;
mod leave;
mod make;
mod submit;

pub(crate) use invite::Inviting;
pub(crate) use make::Making;
pub(crate) use submit::Submitting;

use exeunt_event::json::Object;
use exeunt_event::{EventId, ServerName};
use im::Vector;

use crate::awaited::Awaited;
use crate::signing::Template;
use crate::turn::Turn;
use crate::{Denial, Handshake};

/// What a user wants to reach by a handshake, and who can still be asked.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The user's action.
    pub(crate) id: u64,
    pub(crate) template: Template,
    /// What the user adds to the content.
    pub(crate) content: Object<'static>,
    /// The invite or knock that a leave is to end.
    pub(crate) ends: Option<EventId>,
    /// Those who were not asked yet, in order.
    pub(crate) left: Vector<ServerName>,
    /// Those who were, with what they said.
    pub(crate) tried: Vec<(ServerName, String)>,
}

impl Plan {
    /// Asks each server once, and not this one.
    pub(crate) fn new(
        id: u64,
        template: Template,
        content: Object<'static>,
        servers: impl IntoIterator<Item = ServerName>,
        own: &ServerName,
    ) -> Self {
        let mut left = Vector::new();
        for server in servers {
            if server != *own && !left.contains(&server) {
                left.push_back(server);
            }
        }
        Self { id, template, content, ends: None, left, tried: Vec::new() }
    }

    /// The server did not help.
    fn without(mut self, server: &ServerName, said: String) -> Self {
        self.tried.push((server.clone(), said));
        self
    }
}

impl Turn {
    /// Asks the next server for a template; if there is none, that is the end.
    pub(crate) fn walk(&mut self, mut plan: Plan) {
        if self.leave_at_home(&plan) {
            return;
        }
        let Some(asked) = plan.left.pop_front() else {
            self.give_up(plan);
            return;
        };
        let uri = make::uri(&plan.template, self.server.versions.keys().map(String::as_str));
        let making = Making { plan, asked: asked.clone() };
        self.ask(&asked, ("GET", &uri), None, Awaited::Template(making.into()));
    }

    fn give_up(&mut self, plan: Plan) {
        if plan.template.handshake == Handshake::Leave {
            self.leave_untold(plan);
            return;
        }
        let Plan { id, tried, .. } = plan;
        let is_empty = tried.is_empty();
        let denial = if is_empty { Denial::NobodyToAsk } else { Denial::NobodyHelped(tried) };
        self.tell(id, Err(denial));
    }
}

//! A template was asked for.

use exeunt_event::ServerName;

use super::{Plan, Submitting};
use crate::awaited::said;
use crate::signing::Template;
use crate::turn::Turn;
use crate::uri::encode;
use crate::{Handshake, Homeserver, Response};

/// `make_leave`, `make_join` or `make_knock` was sent.
#[derive(Clone, Debug)]
pub(crate) struct Making {
    pub(super) plan: Plan,
    pub(super) asked: ServerName,
}

impl Making {
    /// The signed event, if the template passes its check; else the plan, for the next server.
    fn answered(
        self,
        response: Option<&Response>,
        server: &Homeserver,
        now: i64,
    ) -> Result<Submitting, Box<Plan>> {
        let Self { plan, asked } = self;
        let Some(answer) = response.filter(|response| response.is_success()) else {
            let said = said(response);
            return Err(plan.without(&asked, said).into());
        };
        let supported = |name: &str| server.version(name);
        match plan.template.check(&answer.body, &plan.content, supported, now) {
            Ok(ready) => {
                let version = ready.version();
                match server.signer.sign(ready) {
                    Ok(event) => Ok(Submitting::new(plan, asked, event, version)),
                    Err(error) => Err(plan.without(&asked, error.to_string()).into()),
                }
            }
            Err(fault) => {
                let said = format!("the template is malformed: {fault}");
                Err(plan.without(&asked, said).into())
            }
        }
    }
}

impl Turn {
    pub(crate) fn template_answered(&mut self, making: Making, response: Option<&Response>) {
        match making.answered(response, &self.server, self.now) {
            Ok(submitting) => self.submit(submitting),
            Err(plan) => self.walk(*plan),
        }
    }
}

/// Path and query of the request.
pub(super) fn uri<'v>(template: &Template, versions: impl Iterator<Item = &'v str>) -> String {
    let Template { handshake, room_id, user_id } = template;
    let name = handshake.membership();
    let (room, user) = (encode(room_id.as_str()), encode(user_id.as_str()));
    let mut uri = format!("/_matrix/federation/v1/make_{name}/{room}/{user}");
    if *handshake != Handshake::Leave {
        for (at, version) in versions.enumerate() {
            uri.push(if at == 0 { '?' } else { '&' });
            uri.push_str("ver=");
            uri.push_str(&encode(version));
        }
    }
    uri
}

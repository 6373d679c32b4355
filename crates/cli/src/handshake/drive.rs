//! Lets the messages of a handshake arrive, and notes what happens.

use std::collections::BTreeMap;

use exeunt_event::{Event, RoomId, ServerName};
use exeunt_homeserver::{
    Body, Denial, Endpoint, Form, Message, Network, Request, Response, Specification,
};
use exeunt_room::Room;
use exeunt_version::RoomVersion;

use super::fault::Faults;
use super::side::sides;
use super::stage::{MOST_MESSAGES, Stage, user};
use super::step::{Answered, Check, Next, Played, Step};
use super::wanted::{BOBS, Wanted};
use super::{checks, said};

pub(super) fn play(stage: Stage, wanted: &Wanted) -> Played {
    let Stage { mut network, room_id, story, actor, action, asked } = stage;
    // Of all users it is Bob whose membership changes.
    let subject = user(BOBS).unwrap_or_else(|_| actor.clone());
    let before = sides(&network, &room_id, &subject);
    let steps = vec![Step::Acts { user: actor.clone(), servers: asked }];
    let id = network.act(&actor, action).unwrap_or_default();
    let Wanted { faults, version, .. } = wanted;
    let mut driver = Driver {
        network,
        faults,
        version,
        action: id,
        room_id,
        steps,
        open: BTreeMap::new(),
        signed: None,
    };
    for _ in 0..MOST_MESSAGES {
        if !driver.advance() {
            break;
        }
    }
    let Driver { network, steps, room_id, .. } = driver;
    let after = sides(&network, &room_id, &subject);
    let outcome = network.outcome(id).cloned();
    let outcome = outcome.unwrap_or(Err(Denial::NobodyHelped(Vec::new())));
    Played { room_id, story, before, steps, outcome, after }
}

/// A request that is not answered yet.
struct Open {
    endpoint: Endpoint,
    request: Request,
    checks: Vec<Check>,
    is_fault: bool,
}

struct Driver<'w> {
    network: Network,
    faults: &'w Faults,
    version: &'w RoomVersion,
    action: u64,
    room_id: RoomId,
    steps: Vec<Step>,
    /// By the server that asks and the number that it gave the request.
    open: BTreeMap<(ServerName, u64), Open>,
    /// The event of the handshake, once it is signed.
    signed: Option<Vec<u8>>,
}

impl Driver<'_> {
    /// One message; `false` if there is none.
    fn advance(&mut self) -> bool {
        // What the room's other servers are told comes after the handshake: so it reads better, and
        // nothing depends on it.
        let messages = self.network.in_flight();
        let of_handshake = messages.iter().position(|message| !self.is_transaction(message));
        let at = of_handshake.unwrap_or(0);
        let Some(message) = messages.get(at).cloned() else { return false };
        match &message.body {
            Body::Request(request) => self.request(at, &message, request),
            Body::Answer(response) => self.answer(at, &message, response.as_ref()),
        }
        true
    }

    fn is_transaction(&self, message: &Message) -> bool {
        let endpoint = match &message.body {
            Body::Request(request) => endpoint(request),
            Body::Answer(_) => self.opened(message).map(|open| open.endpoint.clone()),
        };
        matches!(endpoint, Some(Endpoint::Transaction { .. }))
    }

    fn opened(&self, answer: &Message) -> Option<&Open> {
        self.open.get(&(answer.to.clone(), answer.id))
    }

    fn request(&mut self, at: usize, message: &Message, request: &Request) {
        let (from, to) = (message.from.clone(), message.to.clone());
        let Some(endpoint) = endpoint(request) else {
            self.network.deliver(at);
            return;
        };
        self.note_signing(&from, &endpoint, request);
        self.steps.push(Step::Asks {
            from: from.clone(),
            to: to.clone(),
            endpoint: endpoint.clone(),
            request: request.clone(),
        });
        let server = self.network.server(&to);
        let looked_at = server
            .map(|server| checks::of_request(&from, server, &endpoint, request, self.version));
        let fault = self.faults.answer(&to, &endpoint);
        let open = Open {
            endpoint: endpoint.clone(),
            request: request.clone(),
            checks: looked_at.unwrap_or_default(),
            is_fault: fault.is_some(),
        };
        self.open.insert((from.clone(), message.id), open);
        if self.faults.unreachable.contains(&to) {
            self.steps.push(Step::IsLost { from, to, endpoint });
            self.network.lose(at);
        } else if let Some(response) = fault {
            let (id, body) = (message.id, Body::Answer(Some(response)));
            self.network.replace(at, Message { from: to, to: from, id, body });
        } else {
            self.network.deliver(at);
        }
    }

    /// A request with an event of the server's own user shows that it signed one.
    fn note_signing(&mut self, server: &ServerName, endpoint: &Endpoint, request: &Request) {
        let body = request.object();
        let object = match endpoint {
            Endpoint::Send { .. } | Endpoint::Invite { form: Form::V1, .. } => body,
            Endpoint::Invite { .. } => {
                let event = body.as_ref().and_then(|body| body.get("event"));
                event.and_then(|event| Some(event.as_object()?.clone().into_owned()))
            }
            _ => return,
        };
        let Some(mut object) = object else { return };
        object.remove("unsigned");
        let text = object.as_received().into_bytes();
        if self.signed.as_ref() == Some(&text) {
            // Sent again, in another form.
            return;
        }
        let Ok(event) = Event::from_object(&object, self.version) else { return };
        let looked_at = match endpoint {
            Endpoint::Send { handshake, .. } => {
                checks::of_signed_template(*handshake, &event, self.version.id())
            }
            _ => self.room_of(server).map(|room| checks::of_own(room, &event)).unwrap_or_default(),
        };
        self.signed = Some(text);
        self.steps.push(Step::Signs { server: server.clone(), checks: looked_at, event });
    }

    fn room_of(&self, server: &ServerName) -> Option<&Room> {
        self.network.server(server)?.room(&self.room_id)
    }

    fn answer(&mut self, at: usize, message: &Message, response: Option<&Response>) {
        let (helper, asker) = (&message.from, &message.to);
        let Some(open) = self.open.remove(&(asker.clone(), message.id)) else {
            self.network.deliver(at);
            return;
        };
        let Open { endpoint, request, mut checks, mut is_fault } = open;
        if let Some(good) = response {
            let is_make = matches!(endpoint, Endpoint::Make { .. });
            if let Some(room) = self.room_of(helper).filter(|_| is_make) {
                checks.extend(checks::of_template(room, good));
            }
            let evil = if is_make { self.faults.template(helper, good) } else { None };
            is_fault |= evil.is_some();
            if let Some(evil) = &evil {
                let body = Body::Answer(Some(evil.clone()));
                self.network.replace(at, Message { body, ..message.clone() });
            }
            let response = evil.unwrap_or_else(|| good.clone());
            let has_checked = response.is_success() && !is_fault;
            self.steps.push(Step::Answers(Box::new(Answered {
                server: helper.clone(),
                to: asker.clone(),
                endpoint: endpoint.clone(),
                asked: request.body,
                response: response.clone(),
                checks: if has_checked { checks } else { Vec::new() },
                is_fault,
            })));
            self.network.deliver(at);
            self.go_on(helper, asker, &endpoint, Some(&response));
        } else {
            self.network.deliver(at);
            self.go_on(helper, asker, &endpoint, None);
        }
    }

    /// What the server that helper makes of an answer.
    fn go_on(
        &mut self,
        helper: &ServerName,
        asker: &ServerName,
        endpoint: &Endpoint,
        response: Option<&Response>,
    ) {
        let is_make = matches!(endpoint, Endpoint::Make { .. });
        if !is_make && !matches!(endpoint, Endpoint::Send { .. } | Endpoint::Invite { .. }) {
            return;
        }
        let next = self.next_request(asker);
        let is_done = matches!(self.network.outcome(self.action), Some(Ok(done))
            if !matches!(done, exeunt_homeserver::Done::LeftUntold { .. }));
        match (next, response) {
            _ if is_done => {
                let server = self.network.server(asker);
                let looked_at = server
                    .zip(response)
                    .map(|(server, response)| checks::of_end(helper, server, endpoint, response));
                let checks = looked_at.unwrap_or_default();
                self.steps.push(Step::Ends { server: asker.clone(), checks });
            }
            // The template is good, and the event is on its way.
            (Some((_, Endpoint::Send { .. })), _) if is_make => {}
            (next, _) => {
                let next = match next {
                    Some((to, Endpoint::Make { .. })) => Next::Server(to),
                    Some((_, Endpoint::Send { .. } | Endpoint::Invite { .. })) => Next::OlderForm,
                    _ => Next::Nobody,
                };
                let said = match (&next, response) {
                    (Next::OlderForm, Some(response)) => Some(response.status.to_string()),
                    _ => said::of(&self.network, self.action, helper),
                };
                self.steps.push(Step::TurnsAway {
                    server: asker.clone(),
                    asked: helper.clone(),
                    said,
                    next,
                });
            }
        }
    }

    /// The next request of the handshake that a server has sent.
    fn next_request(&self, server: &ServerName) -> Option<(ServerName, Endpoint)> {
        self.network.in_flight().iter().find_map(|message| {
            let Body::Request(request) = &message.body else { return None };
            let endpoint = endpoint(request).filter(|_| message.from == *server)?;
            let is_part = !matches!(endpoint, Endpoint::Transaction { .. });
            is_part.then(|| (message.to.clone(), endpoint))
        })
    }
}

/// What a request asks for, in whatever release there is such an endpoint.
fn endpoint(request: &Request) -> Option<Endpoint> {
    Endpoint::of(request, Specification::FIRST.features()).ok()
}

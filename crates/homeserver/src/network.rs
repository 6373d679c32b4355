//! Several homeservers, and what is on its way between them.

use exeunt_event::json::Object;
use exeunt_event::signatures::Keys;
use exeunt_event::{ServerName, UserId};
use im::{OrdMap, Vector};

use crate::{Action, Denial, Done, Homeserver, Input, Output, Request, Response};

/// Homeservers that know each other's keys, and the messages between them.
///
/// A value, as each homeserver is. It delivers nothing by itself: whoever drives it says which
/// message comes next, which is lost, which comes twice, and how much time passes, so that every
/// order of events and every fault of a network is a sequence of calls.
#[derive(Clone, Debug)]
pub struct Network {
    servers: OrdMap<ServerName, Homeserver>,
    in_flight: Vector<Message>,
    told: Vector<Told>,
    now: i64,
    /// The number of the next action.
    next: u64,
}

/// A message that was sent and has not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who sent it.
    pub from: ServerName,
    /// Who is to get it.
    pub to: ServerName,
    /// The request, as the server that asks numbers them: an answer has the number of its request.
    pub id: u64,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A request.
    Request(Request),
    /// An answer; `None` tells the server that asked that there will be none.
    Answer(Option<Response>),
}

/// What came out of a homeserver, and is for no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A local user's action has come to its end.
    Outcome {
        /// The server.
        server: ServerName,
        /// The action, as [`Network::act`] numbered it.
        id: u64,
        /// What came of it.
        outcome: Result<Done, Denial>,
    },
    /// An EDU that passed.
    Edu {
        /// Who got it.
        server: ServerName,
        /// Who sent it.
        origin: ServerName,
        /// The EDU.
        edu: Object<'static>,
    },
}

impl Network {
    /// No servers, at a time in milliseconds since the epoch.
    pub fn new(now: i64) -> Self {
        let (servers, in_flight) = (OrdMap::new(), Vector::new());
        Self { servers, in_flight, told: Vector::new(), now, next: 1 }
    }

    /// Adds a server, or puts it in the place of the one of that name. From now on it has the keys
    /// of all others, and they have its.
    pub fn add(&mut self, server: Homeserver) {
        self.servers.insert(server.name().clone(), server);
        let mut keys = Keys::new();
        for server in self.servers.values() {
            if let Some((key_id, key)) = server.published_key() {
                keys.insert(server.name().as_str(), key_id, key.clone());
            }
        }
        let names: Vec<_> = self.servers.keys().cloned().collect();
        for name in names {
            self.step(&name, Input::Keys(keys.clone()));
        }
    }

    /// A server.
    pub fn server(&self, name: &ServerName) -> Option<&Homeserver> {
        self.servers.get(name)
    }

    /// The servers, by name.
    pub fn servers(&self) -> impl Iterator<Item = &Homeserver> {
        self.servers.values()
    }

    /// The time, in milliseconds since the epoch.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Lets time pass, in milliseconds, and has every server try again what could not be delivered.
    pub fn pass(&mut self, time: i64) {
        self.now = self.now.saturating_add(time);
        let names: Vec<_> = self.servers.keys().cloned().collect();
        for name in names {
            self.step(&name, Input::Retry);
        }
    }

    /// A server crashes and starts again ([`Homeserver::restarted`]); `false` if there is none of
    /// that name.
    pub fn restart(&mut self, name: &ServerName) -> bool {
        let Some(server) = self.servers.get(name) else { return false };
        let server = server.restarted();
        self.servers.insert(name.clone(), server);
        true
    }

    /// A user does something at their server. The number comes back with the outcome; `None` if
    /// there is no such server.
    pub fn act(&mut self, user: &UserId, action: Action) -> Option<u64> {
        let name = user.server_name();
        self.servers.get(&name)?;
        let id = self.next;
        self.next += 1;
        self.step(&name, Input::Client { id, user: user.clone(), action });
        Some(id)
    }

    /// What came of an action, once it has come to its end.
    pub fn outcome(&self, action: u64) -> Option<&Result<Done, Denial>> {
        self.told.iter().find_map(|told| match told {
            Told::Outcome { id, outcome, .. } if *id == action => Some(outcome),
            _ => None,
        })
    }

    /// Everything that servers told, in order.
    pub fn told(&self) -> impl Iterator<Item = &Told> {
        self.told.iter()
    }

    /// The messages on their way, those first that were sent first.
    pub fn in_flight(&self) -> &Vector<Message> {
        &self.in_flight
    }

    /// Puts a message on its way, as the last one: one that a server which lies would send, or one
    /// that was delivered before.
    pub fn inject(&mut self, message: Message) {
        self.in_flight.push_back(message);
    }

    /// A message arrives; `None` if there is none at that place.
    ///
    /// A request for a server that there is not is as good as lost.
    pub fn deliver(&mut self, at: usize) -> Option<Message> {
        if at >= self.in_flight.len() {
            return None;
        }
        let message = self.in_flight.remove(at);
        let id = message.id;
        match message.body.clone() {
            Body::Request(request) if self.servers.contains_key(&message.to) => {
                let outputs = self.apply(&message.to, Input::Request { id, request });
                for output in outputs {
                    self.take(&message.to, Some(&message.from), output);
                }
            }
            Body::Request(_) => self.give_no_answer(&message),
            Body::Answer(response) => self.step(&message.to, Input::Answer { id, response }),
        }
        Some(message)
    }

    /// A message is lost: the server that asked will get no answer, and is told so as it would tell
    /// itself after waiting long enough. `None` if there is no message at that place.
    pub fn lose(&mut self, at: usize) -> Option<Message> {
        if at >= self.in_flight.len() {
            return None;
        }
        let message = self.in_flight.remove(at);
        match message.body {
            Body::Request(_) => self.give_no_answer(&message),
            Body::Answer(Some(_)) => {
                self.in_flight.push_back(Message { body: Body::Answer(None), ..message.clone() });
            }
            // That there is no answer nobody sent, and nothing on the way can lose it.
            Body::Answer(None) => {
                self.step(&message.to, Input::Answer { id: message.id, response: None });
            }
        }
        Some(message)
    }

    /// Puts another message in the place of one, and gives that one; `None` if there is none.
    pub fn replace(&mut self, at: usize, message: Message) -> Option<Message> {
        (at < self.in_flight.len()).then(|| self.in_flight.set(at, message))
    }

    /// Delivers what is on its way, in order, until nothing is or so many messages were delivered;
    /// gives how many were.
    pub fn settle(&mut self, most: usize) -> usize {
        let mut count = 0;
        while count < most && self.deliver(0).is_some() {
            count += 1;
        }
        count
    }

    fn give_no_answer(&mut self, request: &Message) {
        self.in_flight.push_back(Message {
            from: request.to.clone(),
            to: request.from.clone(),
            id: request.id,
            body: Body::Answer(None),
        });
    }

    fn apply(&mut self, name: &ServerName, input: Input) -> Vec<Output> {
        let Some(server) = self.servers.get(name) else { return Vec::new() };
        let (server, outputs) = server.step(self.now, input);
        self.servers.insert(name.clone(), server);
        outputs
    }

    fn step(&mut self, name: &ServerName, input: Input) {
        for output in self.apply(name, input) {
            self.take(name, None, output);
        }
    }

    /// `asker` is the server whose request was the input.
    fn take(&mut self, name: &ServerName, asker: Option<&ServerName>, output: Output) {
        match output {
            Output::Answer { id, response } => {
                let Some(asker) = asker else { return };
                self.in_flight.push_back(Message {
                    from: name.clone(),
                    to: asker.clone(),
                    id,
                    body: Body::Answer(Some(response)),
                });
            }
            Output::Request { id, to, request } => {
                let (from, body) = (name.clone(), Body::Request(request));
                self.in_flight.push_back(Message { from, to, id, body });
            }
            Output::Client { id, outcome } => {
                self.told.push_back(Told::Outcome { server: name.clone(), id, outcome });
            }
            Output::Edu { origin, edu } => {
                self.told.push_back(Told::Edu { server: name.clone(), origin, edu });
            }
        }
    }
}

//! Stories of three homeservers: `alice` of `hs1`, `bob` of `hs2` and `carol` of `hs3`.

use std::collections::BTreeMap;
use std::sync::Arc;

use exeunt_event::json::{Object, parse_any};
use exeunt_event::signatures::SigningKey;
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Body, Done, Homeserver, Network, Settings};
use exeunt_laws::{Happening, NetworkHistory, NetworkStep, Tally, ask_network, law};
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

pub(crate) struct Story {
    pub(crate) history: NetworkHistory,
    pub(crate) room_id: RoomId,
}

pub(crate) fn user(name: &str) -> UserId {
    let number = match name {
        "alice" => 1,
        "bob" => 2,
        "carol" => 3,
        _ => panic!("nobody is called {name}"),
    };
    UserId::parse(&format!("@{name}:hs{number}")).unwrap()
}

pub(crate) fn server(number: u8) -> ServerName {
    ServerName::parse(&format!("hs{number}")).unwrap()
}

fn object(json: &Json) -> Object<'static> {
    let text = json.to_string();
    parse_any(text.as_bytes()).unwrap().value.as_object().unwrap().clone().into_owned()
}

/// The network after a user has done something more, which nobody heard of yet.
pub(crate) fn and_then(network: &Network, name: &str, action: Action) -> Network {
    let mut network = network.clone();
    network.act(&user(name), action).unwrap();
    network
}

impl Story {
    /// A room of alice's with a join rule.
    pub(crate) fn new(version: &RoomVersion, rule: &str) -> Self {
        let key =
            |number: u8| SigningKey::from_seed(&format!("hs{number}"), "ed25519:1", &[number; 32]);
        let mut network = Network::new(1_700_000_000_000);
        for number in 1..=3 {
            network.add(Homeserver::new(key(number), Settings::default()).unwrap());
        }
        let keys: BTreeMap<ServerName, SigningKey> =
            (1..=3).map(|number| (server(number), key(number))).collect();
        let history = NetworkHistory::new(version.clone(), Arc::new(keys), network);
        let room_id = RoomId::parse("!room:hs1").unwrap();
        let mut story = Self { history, room_id: room_id.clone() };
        let rule = object(&json!({ "join_rule": rule }));
        let action = Action::Create {
            room_id,
            room_version: version.id().to_owned(),
            content: Object::new(),
            initial_state: vec![("m.room.join_rules".to_owned(), String::new(), rule)],
        };
        let id = story.act("alice", action);
        match story.network().outcome(id) {
            Some(Ok(Done::Sent { room_id, .. })) => story.room_id = room_id.clone(),
            other => panic!("{other:?}"),
        }
        story
    }

    /// One in which these users are, too.
    pub(crate) fn with(version: &RoomVersion, names: &[&str]) -> Self {
        let mut story = Self::new(version, "public");
        for name in names {
            let join = story.join();
            story.act(name, join);
            assert_eq!(story.status(name), Some("join"));
        }
        story
    }

    pub(crate) fn network(&self) -> &Network {
        self.history.network()
    }

    pub(crate) fn begin(&mut self, name: &str, action: Action) -> u64 {
        self.history.act(&user(name), action).unwrap()
    }

    /// Does it, and lets everything arrive.
    pub(crate) fn act(&mut self, name: &str, action: Action) -> u64 {
        let id = self.begin(name, action);
        self.settle();
        id
    }

    pub(crate) fn settle(&mut self) {
        while self.history.deliver(0) {}
        self.history.pass(1);
        while self.history.deliver(0) {}
    }

    /// Everything arrives until a request is the next whose URI has these words.
    pub(crate) fn until(&mut self, words: &str) {
        loop {
            let message = self.network().in_flight().front().unwrap();
            match &message.body {
                Body::Request(request) if request.uri.contains(words) => return,
                _ => assert!(self.history.deliver(0)),
            }
        }
    }

    pub(crate) fn status(&self, name: &str) -> Option<&'static str> {
        let user = user(name);
        let view = self.network().server(&user.server_name())?.view(&user, &self.room_id)?;
        Some(view.status.as_str())
    }

    pub(crate) fn join(&self) -> Action {
        Action::Join { room_id: self.room_id.clone(), via: vec![server(1)] }
    }

    pub(crate) fn leave(&self) -> Action {
        Action::Leave { room_id: self.room_id.clone(), reason: None }
    }

    pub(crate) fn invite(&self, name: &str) -> Action {
        Action::Invite { room_id: self.room_id.clone(), target: user(name), reason: None }
    }

    pub(crate) fn forget(&self) -> Action {
        Action::Forget { room_id: self.room_id.clone() }
    }

    pub(crate) fn say(&self) -> Action {
        self.send("m.room.message", None, &json!({ "body": "hello" }))
    }

    pub(crate) fn deny(&self, name: &str) -> Action {
        self.send("m.room.server_acl", Some(""), &json!({ "allow": ["*"], "deny": [name] }))
    }

    pub(crate) fn send(&self, event_type: &str, key: Option<&str>, content: &Json) -> Action {
        Action::Send {
            room_id: self.room_id.clone(),
            event_type: event_type.to_owned(),
            state_key: key.map(ToOwned::to_owned),
            content: object(content),
        }
    }

    /// The last step that is so.
    pub(crate) fn step(&mut self, is_it: impl Fn(&NetworkStep) -> bool) -> &mut NetworkStep {
        self.history.steps.iter_mut().rev().find(|step| is_it(step)).unwrap()
    }

    /// The last step in which a request arrived whose URI has these words.
    pub(crate) fn arrival(&mut self, words: &str) -> &mut NetworkStep {
        self.step(|step| step.answered().is_some_and(|(_, request, _)| request.uri.contains(words)))
    }

    /// The last step in which somebody did something.
    pub(crate) fn action(&mut self) -> &mut Action {
        let step = self.step(|step| matches!(step.what, Happening::Acted { .. }));
        match &mut step.what {
            Happening::Acted { action, .. } => action,
            other => panic!("{other:?}"),
        }
    }

    fn tally(&self, id: &str) -> Tally {
        ask_network([law(id).unwrap()], &self.history).remove(0)
    }

    pub(crate) fn keeps(&self, id: &str) {
        let (tally, version) = (self.tally(id), &self.history.version);
        assert!(tally.met > 0, "{id} is not met in version {version}");
        assert_eq!(tally.broken, None, "{id} in version {version}");
    }

    pub(crate) fn breaks(&self, id: &str) {
        let tally = self.tally(id);
        assert!(tally.broken.is_some(), "{id} is kept in version {}", self.history.version);
    }

    pub(crate) fn is_silent_about(&self, id: &str) {
        assert_eq!(self.tally(id), Tally::default(), "{id} in version {}", self.history.version);
    }
}

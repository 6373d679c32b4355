//! A room of Alice's (`hs1`) with Carol (`hs3`) in it, to which Bob (`hs2`) is invited; and Bob's
//! server, which a test can let ask whatever it wants, as the test has its key.

use std::sync::LazyLock;

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_event::signatures::{SigningKey, hash_and_sign};
use exeunt_event::{Event, RoomId, ServerName, UserId, base64, hashes};
use exeunt_homeserver::{
    Action, Body, Denial, Done, Homeserver, Message, Method, Network, Request, Response, Settings,
    Specification, Status, percent_encode, sign_request,
};
use exeunt_room::Fingerprint;
use exeunt_version::{EventIds, RoomVersion};

pub(crate) fn versions() -> impl Iterator<Item = RoomVersion> {
    RoomVersion::all()
}

pub(crate) fn server(number: u8) -> ServerName {
    ServerName::parse(&format!("hs{number}")).unwrap()
}

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&format!("hs{number}"), "ed25519:1", &[number; 32])
}

pub(crate) fn user(name: &str) -> UserId {
    let number = match name {
        "alice" => 1,
        "bob" | "bert" => 2,
        "carol" => 3,
        _ => panic!("nobody is called {name}"),
    };
    UserId::parse(&format!("@{name}:hs{number}")).unwrap()
}

pub(crate) fn json(text: &str) -> Object<'static> {
    parse_any(text.as_bytes()).unwrap().value.as_object().unwrap().clone().into_owned()
}

pub(crate) fn with_v1() -> Settings {
    Settings { specification: "v1.17".parse::<Specification>().unwrap(), ..Settings::default() }
}

#[derive(Clone)]
pub(crate) struct House {
    pub(crate) network: Network,
    pub(crate) version: RoomVersion,
    pub(crate) room_id: RoomId,
}

impl House {
    /// Alice and Carol are joined, and Bob is invited.
    pub(crate) fn new(version: &RoomVersion, settings: Settings) -> Self {
        /// For each version, with the settings that most tests have.
        static HOUSES: LazyLock<Vec<House>> = LazyLock::new(|| {
            let settings = Settings::default();
            versions().map(|version| House::with_join_rule(&version, settings, "invite")).collect()
        });
        if settings == Settings::default() {
            let found = HOUSES.iter().find(|house| house.version.id() == version.id());
            return found.unwrap().clone();
        }
        Self::with_join_rule(version, settings, "invite")
    }

    pub(crate) fn with_join_rule(version: &RoomVersion, settings: Settings, rule: &str) -> Self {
        let mut network = Network::new(1_700_000_000_000);
        for number in 1..=3 {
            network.add(Homeserver::new(key(number), settings).unwrap());
        }
        let room_id = RoomId::parse("!room:hs1").unwrap();
        let mut house = Self { network, version: version.clone(), room_id };
        let done = house.act(
            "alice",
            Action::Create {
                room_id: house.room_id.clone(),
                room_version: version.id().to_owned(),
                content: Object::new(),
                initial_state: vec![(
                    "m.room.join_rules".to_owned(),
                    String::new(),
                    Object::from_iter([("join_rule", rule.to_owned())]),
                )],
            },
        );
        let Ok(Done::Sent { room_id, .. }) = done else { panic!("{done:?}") };
        house.room_id = room_id;
        house.invite("carol");
        house.act("carol", Action::Join { room_id: house.room_id.clone(), via: vec![] }).unwrap();
        house.invite("bob");
        house
    }

    /// Does it, and lets everything that follows happen.
    pub(crate) fn act(&mut self, name: &str, action: Action) -> Result<Done, Denial> {
        let id = self.network.act(&user(name), action).unwrap();
        self.settle();
        self.network.outcome(id).unwrap().clone()
    }

    pub(crate) fn settle(&mut self) {
        self.network.settle(10_000);
        self.network.pass(1);
        self.network.settle(10_000);
        assert!(self.network.in_flight().is_empty());
    }

    pub(crate) fn invite(&mut self, name: &str) {
        let room_id = self.room_id.clone();
        self.act("alice", Action::Invite { room_id, target: user(name), reason: None }).unwrap();
    }

    pub(crate) fn join(&mut self, name: &str) {
        let room_id = self.room_id.clone();
        self.act(name, Action::Join { room_id, via: vec![server(1)] }).unwrap();
    }

    pub(crate) fn leave(&mut self, name: &str) -> Result<Done, Denial> {
        let room_id = self.room_id.clone();
        self.act(name, Action::Leave { room_id, reason: None })
    }

    pub(crate) fn ban(&mut self, name: &str) {
        let room_id = self.room_id.clone();
        self.act("alice", Action::Ban { room_id, target: user(name), reason: None }).unwrap();
    }

    /// Alice sends a state event.
    pub(crate) fn set(&mut self, event_type: &str, content: &str) {
        let action = Action::Send {
            room_id: self.room_id.clone(),
            event_type: event_type.to_owned(),
            state_key: Some(String::new()),
            content: json(content),
        };
        self.act("alice", action).unwrap();
    }

    /// What a server's view of the room gives a user.
    pub(crate) fn status(&self, name: &str) -> Option<&'static str> {
        let user = user(name);
        let server = self.network.server(&user.server_name()).unwrap();
        server.view(&user, &self.room_id).map(|view| Status::as_str(&view.status))
    }

    /// The membership in the current state of the room at a server.
    pub(crate) fn membership(&self, at: u8, name: &str) -> Option<String> {
        let room = self.network.server(&server(at)).unwrap().room(&self.room_id)?;
        let user = user(name);
        let mut entries = room.entries(room.current_state());
        let (_, _, id) = entries
            .find(|(kind, key, _)| kind.as_str() == "m.room.member" && *key == user.as_str())?;
        let event = room.event(id)?;
        let object = event.object();
        Some(object.get("content")?.as_object()?.get("membership")?.as_str()?.to_owned())
    }

    /// Of everything that happened to the room at a server.
    pub(crate) fn fingerprint(&self, at: u8) -> Fingerprint {
        self.network.server(&server(at)).unwrap().room(&self.room_id).unwrap().fingerprint()
    }

    /// Lets a server ask Alice's server something.
    pub(crate) fn ask(&mut self, request: Request) -> Response {
        self.ask_from(2, request)
    }

    pub(crate) fn ask_from(&mut self, from: u8, request: Request) -> Response {
        // No server has sent so many requests that this number would be one of its own.
        let id = 1 << 40;
        let (from, to) = (server(from), server(1));
        self.network.inject(Message { from, to, id, body: Body::Request(request) });
        self.network.deliver(self.network.in_flight().len() - 1).unwrap();
        let is_answer = |message: &Message| message.id == id;
        let at = self.network.in_flight().iter().position(is_answer).unwrap();
        match self.network.deliver(at).unwrap().body {
            Body::Answer(Some(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    /// A request to Alice's server, signed by another.
    pub(crate) fn request(
        &self,
        from: u8,
        method: Method,
        uri: &str,
        body: Option<&Object<'_>>,
    ) -> Request {
        let features = self.network.server(&server(from)).unwrap().features();
        sign_request(method.as_str(), uri, &server(1), body, &key(from), features)
    }

    pub(crate) fn make_leave(&mut self, from: u8, user: &str) -> Response {
        let uri = make_leave_uri(self.room_id.as_str(), user);
        let request = self.request(from, Method::Get, &uri, None);
        self.ask_from(from, request)
    }

    /// The template that Alice's server gives for a leave of Bob's.
    pub(crate) fn template(&mut self) -> Object<'static> {
        let answer = self.make_leave(2, "@bob:hs2");
        assert_eq!(answer.status, 200, "{}", self.version);
        let answer = parse_any(&answer.body).unwrap().value.into_owned();
        answer.as_object().unwrap().get("event").unwrap().as_object().unwrap().clone()
    }

    /// An event signed by a server.
    pub(crate) fn signed(&self, mut object: Object<'static>, by: u8) -> Event {
        object.insert("origin", server(by).to_string());
        if self.version.capabilities.event_ids == EventIds::Sent {
            object.remove("event_id");
            let hash = hashes::content_hash(&object, &self.version);
            let opaque = base64::encode_url_safe(&hash[..18]);
            object.insert("event_id", format!("${opaque}:hs{by}"));
        }
        hash_and_sign(&mut object, &key(by), &self.version);
        Event::from_object(&object, &self.version).unwrap()
    }

    /// Bob's leave, ready to be sent; it is later after that.
    pub(crate) fn bobs_leave(&mut self) -> Event {
        let template = self.template();
        self.network.pass(1_000);
        self.signed(template, 2)
    }

    pub(crate) fn send_leave(&mut self, form: &str, event: &Event) -> Response {
        let (event_id, object) = (event.event_id().to_string(), event.object().into_owned());
        self.send_leave_at(form, &event_id, &object)
    }

    pub(crate) fn send_leave_at(
        &mut self,
        form: &str,
        event_id: &str,
        object: &Object<'_>,
    ) -> Response {
        let uri = send_leave_uri(form, self.room_id.as_str(), event_id);
        let request = self.request(2, Method::Put, &uri, Some(object));
        self.ask(request)
    }
}

pub(crate) fn make_leave_uri(room_id: &str, user: &str) -> String {
    format!(
        "/_matrix/federation/v1/make_leave/{}/{}",
        percent_encode(room_id),
        percent_encode(user)
    )
}

pub(crate) fn send_leave_uri(form: &str, room_id: &str, event_id: &str) -> String {
    format!(
        "/_matrix/federation/{form}/send_leave/{}/{}",
        percent_encode(room_id),
        percent_encode(event_id)
    )
}

/// Status and `errcode`.
pub(crate) fn told(response: &Response) -> (u16, String) {
    (response.status, response.errcode().unwrap_or_default())
}

pub(crate) fn forbidden() -> (u16, String) {
    (403, "M_FORBIDDEN".to_owned())
}

/// The object with another value in it.
pub(crate) fn with(object: &Object<'static>, key: &str, value: Value<'static>) -> Object<'static> {
    let mut object = object.clone();
    object.insert(key.to_owned(), value);
    object
}

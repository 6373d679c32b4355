//! Carrying out a plan.

use std::collections::BTreeMap;

use exeunt_event::json::{Object, parse_any};
use exeunt_event::signatures::{SigningKey, hash_and_sign};
use exeunt_event::{Event, RoomId, ServerName, UserId, base64, hashes};
use exeunt_homeserver::{
    Action, Body, Done, Homeserver, Message, Network, Request, Settings, SignatureError,
    Specification, Status, percent_encode, sign_request,
};
use exeunt_version::{EventIds, RoomVersion};
use serde_json::json;

use crate::faults::{Bytes, Lie, change, false_answer, false_request, false_template};
use crate::plan::{Deed, Manner, Plan, Step};
use crate::reading::{object, room, status};

/// The server whose key the test uses to send what it likes.
pub(crate) const ROGUE: &str = "evil";

/// What one step of a run was.
#[derive(Clone, Debug)]
pub(crate) enum Happened {
    Act { id: u64, user: UserId, action: Action },
    Delivered(Message),
    Lost,
    Passed,
}

/// A step, as a law sees it.
pub(crate) struct Seen<'w> {
    pub(crate) before: &'w Network,
    pub(crate) happened: &'w Happened,
    pub(crate) after: &'w Network,
    /// The rooms that users have created, with their versions.
    pub(crate) rooms: &'w BTreeMap<RoomId, RoomVersion>,
}

impl Seen<'_> {
    /// The messages that servers sent in this step.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &Message> {
        let gone = match self.happened {
            Happened::Delivered(_) | Happened::Lost => 1,
            Happened::Act { .. } | Happened::Passed => 0,
        };
        self.after.in_flight().iter().skip(self.before.in_flight().len() - gone)
    }

    /// What a request that arrived was answered.
    pub(crate) fn answered(&self) -> Option<(&Message, &Request, &exeunt_homeserver::Response)> {
        let Happened::Delivered(message) = self.happened else { return None };
        let request = crate::reading::request(message)?;
        Some((message, request, crate::reading::answer(message, self.sent())?))
    }
}

/// What holds of every step.
pub(crate) trait Law {
    fn see(&mut self, seen: &Seen<'_>);
}

pub(crate) struct World {
    pub(crate) network: Network,
    pub(crate) rooms: BTreeMap<RoomId, RoomVersion>,
    /// In the order in which they were created.
    named: Vec<RoomId>,
    users: Vec<UserId>,
    next: u64,
    /// What the next template is to claim.
    claim: Option<(u8, u8)>,
}

pub(crate) fn key(server: &str) -> SigningKey {
    let seed = server.bytes().fold(0_u8, u8::wrapping_add);
    SigningKey::from_seed(server, "ed25519:1", &[seed; 32])
}

fn settings(manner: Manner) -> Settings {
    let specification: Specification = format!("v1.{}", manner.specification).parse().unwrap();
    let signature_error = if manner.invalid_signature {
        SignatureError::InvalidSignature
    } else {
        SignatureError::InvalidParam
    };
    Settings {
        specification,
        forget_upon_leave: manner.forgets,
        check_every_invite_state: manner.strict,
        signature_error,
    }
}

/// Carries out a plan, and lets everything that is on its way arrive.
pub(crate) fn run(plan: &Plan, law: &mut impl Law) -> World {
    let mut world = World::new(plan, law);
    for step in &plan.steps {
        world.step(step, law);
    }
    world.finish(law);
    world
}

impl World {
    pub(crate) fn new(plan: &Plan, law: &mut impl Law) -> Self {
        let mut network = Network::new(1_700_000_000_000);
        let mut users = Vec::new();
        let names: Vec<String> = (1..=plan.servers).map(|number| format!("hs{number}")).collect();
        for (name, manner) in names.iter().map(String::as_str).chain([ROGUE]).zip(&plan.manners) {
            network.add(Homeserver::new(key(name), settings(*manner)).unwrap());
            for user in ["a", "b"] {
                users.push(UserId::parse(&format!("@{user}:{name}")).unwrap());
            }
        }
        let mut world = Self {
            network,
            rooms: BTreeMap::new(),
            named: Vec::new(),
            users,
            next: 1 << 40,
            claim: None,
        };
        let create = Deed::Create { version: plan.version, rule: plan.rule };
        world.act(0, 0, &create, law);
        world
    }

    pub(crate) fn users(&self) -> &[UserId] {
        &self.users
    }

    pub(crate) fn step(&mut self, step: &Step, law: &mut impl Law) {
        match step {
            Step::Act { user, room, deed } => self.act(*user, *room, deed, law),
            Step::Deliver(at) => self.deliver(*at, law),
            Step::Settle(count) => (0..*count).for_each(|_| self.deliver(0, law)),
            Step::Lose(at) => {
                let Some(at) = self.place(*at) else { return };
                let before = self.network.clone();
                self.network.lose(at).unwrap();
                self.show(&before, &Happened::Lost, law);
            }
            Step::Twice(at) => {
                let Some(at) = self.place(*at) else { return };
                self.network.inject(self.network.in_flight()[at].clone());
            }
            Step::Falsify(_, Lie::Claim { field, value }) => self.claim = Some((*field, *value)),
            Step::Falsify(at, lie) => self.falsify(*at, lie),
            Step::Pass(time) => self.pass(i64::from(*time), law),
            Step::Wild { to, from, bytes } => self.wild(*to, *from, bytes, law),
            Step::Rogue { to, room, handshake, lie, signs_after } => {
                self.rogue(*to, *room, *handshake, lie.as_ref(), *signs_after, law);
            }
        }
    }

    /// Lets everything arrive that is on its way, and everything that follows from that.
    pub(crate) fn finish(&mut self, law: &mut impl Law) {
        for _ in 0..20_000 {
            if self.network.in_flight().is_empty() {
                self.pass(1, law);
                if self.network.in_flight().is_empty() {
                    return;
                }
            }
            self.deliver(0, law);
        }
        panic!("there is no end to the messages");
    }

    pub(crate) fn pass(&mut self, time: i64, law: &mut impl Law) {
        let before = self.network.clone();
        self.network.pass(time);
        self.show(&before, &Happened::Passed, law);
    }

    fn show(&self, before: &Network, happened: &Happened, law: &mut impl Law) {
        law.see(&Seen { before, happened, after: &self.network, rooms: &self.rooms });
    }

    fn place(&self, at: u8) -> Option<usize> {
        usize::from(at).checked_rem(self.network.in_flight().len())
    }

    pub(crate) fn deliver(&mut self, at: u8, law: &mut impl Law) {
        let Some(at) = self.place(at) else { return };
        self.deliver_at(at, law);
    }

    fn deliver_at(&mut self, at: usize, law: &mut impl Law) {
        let message = &self.network.in_flight()[at];
        if let (Some((field, value)), Body::Answer(Some(answer))) = (self.claim, &message.body)
            && let Some(answer) = false_template(answer, field, value)
        {
            let body = Body::Answer(Some(answer));
            self.network.replace(at, Message { body, ..message.clone() });
            self.claim = None;
        }
        let before = self.network.clone();
        let message = self.network.deliver(at).unwrap();
        self.show(&before, &Happened::Delivered(message), law);
    }

    fn falsify(&mut self, at: u8, lie: &Lie) {
        let Some(at) = self.place(at) else { return };
        let message = self.network.in_flight()[at].clone();
        let body = match &message.body {
            Body::Request(request) => {
                let (request, is_signed) = false_request(request, lie);
                let request = if is_signed {
                    Self::signed(&message.from, &message.to, &request)
                } else {
                    request
                };
                Body::Request(request)
            }
            Body::Answer(Some(response)) => Body::Answer(false_answer(response, lie)),
            Body::Answer(None) => return,
        };
        self.network.replace(at, Message { body, ..message });
    }

    /// The request with its sender's signature, if its body is JSON.
    fn signed(from: &ServerName, to: &ServerName, request: &Request) -> Request {
        let content = request.body.as_deref().and_then(object);
        if request.body.is_some() && content.is_none() {
            return request.clone();
        }
        let features = Specification::LATEST.features();
        let (method, uri) = (&request.method, &request.uri);
        sign_request(method, uri, to, content.as_ref(), &key(from.as_str()), features)
    }

    fn wild(&mut self, to: u8, from: u8, bytes: &Bytes, law: &mut impl Law) {
        let names: Vec<_> = self.network.servers().map(|server| server.name().clone()).collect();
        let [from, to] = [from, to].map(|at| names[usize::from(at) % names.len()].clone());
        let Bytes { method, uri, headers, body, is_signed } = bytes.clone();
        // The room that there is has not always the ID that was made up.
        let uri = match self.named.first() {
            Some(room) => uri.replace("!room:hs1", &percent_encode(room.as_str())),
            None => uri,
        };
        let mut request = Request { method, uri, authorization: headers, body };
        if is_signed {
            request = Self::signed(&from, &to, &request);
        }
        self.send_at_once(from, to, request, law);
    }

    /// A request that arrives before everything else.
    fn send_at_once(
        &mut self,
        from: ServerName,
        to: ServerName,
        request: Request,
        law: &mut impl Law,
    ) {
        self.next += 1;
        self.network.inject(Message { from, to, id: self.next, body: Body::Request(request) });
        self.deliver_at(self.network.in_flight().len() - 1, law);
    }

    /// The rogue server asks for a template, changes it, signs it, changes it once more.
    fn rogue(
        &mut self,
        to: u8,
        room_at: u8,
        handshake: u8,
        lie: Option<&Lie>,
        signs_after: bool,
        law: &mut impl Law,
    ) {
        let Some(room_id) = self.room_id(room_at) else { return };
        let rogue = ServerName::parse(ROGUE).unwrap();
        let others = self.network.servers().map(|server| server.name().clone());
        let others: Vec<_> = others.filter(|name| *name != rogue).collect();
        let to = others[usize::from(to) % others.len()].clone();
        let user = format!("@a:{ROGUE}");
        let version = self.rooms[&room_id].clone();
        let handshakes = ["leave", "join", "knock", "invite", "send"];
        let handshake = handshakes[usize::from(handshake) % handshakes.len()];
        let name = if matches!(handshake, "invite" | "send") { "leave" } else { handshake };
        let uri = format!(
            "/_matrix/federation/v1/make_{name}/{}/{}?ver={}",
            percent_encode(room_id.as_str()),
            percent_encode(&user),
            version.id()
        );
        let unsigned = Request { method: "GET".into(), uri, authorization: vec![], body: None };
        let request = Self::signed(&rogue, &to, &unsigned);
        let mut aside = self.network.clone();
        let body = Body::Request(request);
        aside.inject(Message { from: rogue.clone(), to: to.clone(), id: 0, body });
        aside.deliver(aside.in_flight().len() - 1);
        let answer = aside.in_flight().iter().next_back().and_then(|message| match &message.body {
            Body::Answer(Some(answer)) => serde_json::from_slice(&answer.body).ok(),
            _ => None,
        });
        let mut template = answer
            .and_then(|answer: serde_json::Value| answer.get("event").cloned())
            .unwrap_or_else(|| {
                json!({
                    "type": "m.room.member", "sender": user, "state_key": user,
                    "room_id": room_id.as_str(), "content": {"membership": name}, "depth": 9,
                    "origin_server_ts": 1, "prev_events": [], "auth_events": [],
                })
            });
        if handshake == "invite" {
            template["state_key"] = json!(format!("@a:{to}"));
            template["content"] = json!({"membership": "invite"});
        }
        let changes = |template: &mut serde_json::Value| {
            if let Some(Lie::Node { at, value, .. }) = lie {
                change(template, *at, *value);
            }
        };
        if signs_after {
            changes(&mut template);
        }
        let Some(event) = signed_event(&template, ROGUE, &version) else { return };
        let mut event_id = event.event_id().to_string();
        let mut body: serde_json::Value = serde_json::from_str(event.text()).unwrap();
        if signs_after {
            if matches!(lie, Some(Lie::Path { .. })) {
                event_id.push('x');
            }
        } else {
            changes(&mut body);
        }
        // A submission to another endpoint than the template was for.
        let handshake = match lie {
            Some(Lie::Claim { value, .. }) => handshakes[usize::from(*value) % 3],
            _ => handshake,
        };
        let (room, id) = (percent_encode(room_id.as_str()), percent_encode(&event_id));
        let (uri, body) = match handshake {
            "knock" => (format!("v1/send_knock/{room}/{id}"), body),
            "invite" => {
                let body =
                    json!({"room_version": version.id(), "event": body, "invite_room_state": []});
                (format!("v2/invite/{room}/{id}"), body)
            }
            "send" => {
                self.next += 1;
                (format!("v1/send/{}", self.next), json!({"pdus": [body]}))
            }
            name => (format!("v2/send_{name}/{room}/{id}"), body),
        };
        let unsigned = Request {
            method: "PUT".into(),
            uri: format!("/_matrix/federation/{uri}"),
            authorization: vec![],
            body: Some(serde_json::to_vec(&body).unwrap()),
        };
        let request = Self::signed(&rogue, &to, &unsigned);
        self.send_at_once(rogue, to, request, law);
    }

    fn room_id(&self, at: u8) -> Option<RoomId> {
        let at = usize::from(at).checked_rem(self.named.len())?;
        Some(self.named[at].clone())
    }

    pub(crate) fn act(&mut self, user: u8, room: u8, deed: &Deed, law: &mut impl Law) {
        let room_id = self.room_id(room);
        let user = self.choose(user, room_id.as_ref(), |relation| match deed {
            Deed::Leave => matches!(relation, "invite" | "knock" | "join"),
            Deed::Forget => matches!(relation, "leave" | "ban"),
            Deed::Join(_) => relation != "join",
            Deed::Knock(_) => matches!(relation, "" | "leave"),
            Deed::Create { .. } | Deed::BlockInvites(_) => true,
            _ => relation == "join",
        });
        let Some(action) = self.action(room, deed) else { return };
        self.act_as(&user, action, law);
    }

    /// A user whose relation to the room makes sense; now and then any.
    fn choose(&self, at: u8, room_id: Option<&RoomId>, fits: impl Fn(&str) -> bool) -> UserId {
        let relation = |user: &UserId| {
            let status = status(&self.network, user, room_id?)?;
            Some(Status::as_str(status))
        };
        let fitting: Vec<_> =
            self.users.iter().filter(|user| fits(relation(user).unwrap_or_default())).collect();
        let at = usize::from(at);
        if at >= 220 || fitting.is_empty() {
            return self.users[at % self.users.len()].clone();
        }
        // The first user has the power, and is chosen more often than others. Those who are neither
        // in the room nor out of it are few, and so are they.
        let between = |user: &&&UserId| matches!(relation(user), Some("invite" | "knock"));
        let preferred = match at % 4 {
            0 => fitting.first(),
            1 | 2 => fitting.iter().find(between),
            _ => None,
        };
        (*preferred.unwrap_or(&fitting[at % fitting.len()])).clone()
    }

    pub(crate) fn act_as(&mut self, user: &UserId, action: Action, law: &mut impl Law) {
        let before = self.network.clone();
        let id = self.network.act(user, action.clone()).unwrap();
        if let Action::Create { .. } = &action
            && let Some(Ok(Done::Sent { room_id, .. })) = self.network.outcome(id)
        {
            let version = self.network_room(user, room_id).version().clone();
            self.rooms.insert(room_id.clone(), version);
            self.named.push(room_id.clone());
        }
        self.show(&before, &Happened::Act { id, user: user.clone(), action }, law);
    }

    fn network_room(&self, user: &UserId, room_id: &RoomId) -> &exeunt_room::Room {
        room(&self.network, &user.server_name(), room_id).unwrap()
    }

    fn action(&self, room: u8, deed: &Deed) -> Option<Action> {
        let servers: Vec<_> = self.users.iter().step_by(2).map(UserId::server_name).collect();
        let via = |at: u8| {
            let mut via = servers.clone();
            via.rotate_left(usize::from(at) % servers.len());
            via
        };
        if let Deed::Create { version, rule } = deed {
            let number = self.named.len();
            let name = if number == 0 { "!room:hs1".to_owned() } else { format!("!r{number}:hs1") };
            return Some(Action::Create {
                room_id: RoomId::parse(&name).unwrap(),
                room_version: version.to_string(),
                // Rooms whose IDs follow from their create events are to be told apart.
                content: content(&json!({"number": number})),
                initial_state: vec![(
                    "m.room.join_rules".to_owned(),
                    String::new(),
                    content(&self.join_rules(*rule, *version)),
                )],
            });
        }
        let room_id = self.room_id(room)?;
        let state = |event_type: &str, value: &serde_json::Value| Action::Send {
            room_id: room_id.clone(),
            event_type: event_type.to_owned(),
            state_key: Some(String::new()),
            content: content(value),
        };
        let version: u8 = self.rooms[&room_id].id().parse().unwrap();
        let room_id = room_id.clone();
        let here = room_id.clone();
        let target = |at: u8, fits: fn(&str) -> bool| self.choose(at, Some(&here), fits);
        let user = |at: u8| target(at, |_| true);
        Some(match deed {
            Deed::Create { .. } => return None,
            Deed::Invite(at) => {
                let target = target(*at, |relation| relation != "join");
                Action::Invite { room_id, target, reason: None }
            }
            Deed::Join(at) => Action::Join { room_id, via: via(*at) },
            Deed::Knock(at) => Action::Knock { room_id, via: via(*at), reason: Some("?".into()) },
            Deed::Leave => Action::Leave { room_id, reason: None },
            Deed::Kick(at) => {
                let target =
                    target(*at, |relation| matches!(relation, "join" | "invite" | "knock"));
                Action::Kick { room_id, target, reason: None }
            }
            Deed::Ban(at) => Action::Ban { room_id, target: user(*at), reason: None },
            Deed::Unban(at) => {
                let target = target(*at, |relation| relation == "ban");
                Action::Unban { room_id, target }
            }
            Deed::Forget => Action::Forget { room_id },
            Deed::PowerLevels { user: at, level, least } => {
                let mut users = serde_json::Map::new();
                users.insert(user(*at).to_string(), json!(level));
                if version == 12 {
                    users.remove("@a:hs1");
                } else {
                    users.insert("@a:hs1".to_owned(), json!(100));
                }
                let levels =
                    json!({"users": users, "invite": least, "kick": least, "state_default": least});
                state("m.room.power_levels", &levels)
            }
            Deed::JoinRules(rule) => state("m.room.join_rules", &self.join_rules(*rule, version)),
            Deed::Acl(at) => state("m.room.server_acl", &acl(*at, &servers)),
            Deed::Topic(at) => state("m.room.topic", &json!({"topic": at.to_string()})),
            Deed::BlockInvites(blocks) => Action::BlockInvites(*blocks),
            Deed::Backfill(at) => {
                Action::Backfill { room_id, from: via(*at)[0].clone(), limit: usize::from(*at) }
            }
        })
    }

    /// Mostly one that the version has.
    fn join_rules(&self, rule: u8, version: u8) -> serde_json::Value {
        let rules = ["public", "invite", "knock", "public", "restricted", "knock_restricted"];
        let name = match rules[usize::from(rule) % rules.len()] {
            "knock" if version < 7 && rule < 230 => "invite",
            "restricted" if version < 8 && rule < 230 => "public",
            "knock_restricted" if version < 10 && rule < 230 => "public",
            name => name,
        };
        let allow = self.named.iter().take(2);
        let allow: Vec<_> = allow
            .map(|room| json!({"type": "m.room_membership", "room_id": room.as_str()}))
            .collect();
        json!({"join_rule": name, "allow": allow})
    }
}

fn acl(at: u8, servers: &[ServerName]) -> serde_json::Value {
    let name = servers[usize::from(at) % servers.len()].as_str();
    match at % 8 {
        0 => json!({"allow": ["*"], "deny": []}),
        1 => json!({"allow": ["hs1", ROGUE, name]}),
        2 => json!({"allow": ["*"], "deny": ["hs1"]}),
        3 if at > 200 => json!({}),
        _ => json!({"allow": ["*"], "deny": [name]}),
    }
}

pub(crate) fn content(value: &serde_json::Value) -> Object<'static> {
    object(value.to_string().as_bytes()).unwrap()
}

/// The event that a template becomes with a server's signature.
pub(crate) fn signed_event(
    template: &serde_json::Value,
    server: &str,
    version: &RoomVersion,
) -> Option<Event> {
    let text = template.to_string();
    let mut object = parse_any(text.as_bytes()).ok()?.value.as_object()?.clone().into_owned();
    for added in ["signatures", "unsigned", "hashes", "event_id"] {
        object.remove(added);
    }
    if version.capabilities.event_ids == EventIds::Sent {
        let hash = hashes::content_hash(&object, version);
        let opaque = base64::encode_url_safe(&hash[..18]);
        object.insert("event_id", format!("${opaque}:{server}"));
    }
    hash_and_sign(&mut object, &key(server), version);
    Event::from_object(&object, version).ok()
}

/// For steps that show nothing.
pub(crate) struct Nothing;

impl Law for Nothing {
    fn see(&mut self, _: &Seen<'_>) {}
}

//! Stories of homeservers in which each law about networks is kept, though somebody does what they
//! should not.

use exeunt_event::json::parse_any;
use exeunt_event::signatures::SigningKey;
use exeunt_homeserver::{Body, Message, Response, Specification, sign_request};
use exeunt_laws::{ask_network, law};
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

use crate::network_told::{Story, server};

type Play = fn(&RoomVersion) -> Story;

/// The stories that break a law, by the law's number and what they are about.
pub(crate) fn wrong() -> Vec<String> {
    let version = RoomVersion::specified("11").unwrap();
    let stories: [(&str, &str, Play); 5] = [
        ("F7", "a template of another room", of_another_room),
        ("F7", "a template for the leave of somebody else", of_somebody_else),
        ("F9", "a server is denied in capitals", in_capitals),
        ("F9", "a denied server sends what others said", relayed_by_the_denied),
        ("F10", "somebody in a room forgets it", forgotten),
    ];
    let breaks = |(id, about, story): (&str, &str, Play)| {
        let tally = ask_network([law(id).unwrap()], &story(&version).history).remove(0);
        tally.broken.is_some().then(|| format!("{id}: {about}"))
    };
    stories.into_iter().filter_map(breaks).collect()
}

/// The answer that is on its way says something else in its event.
fn falsify(story: &mut Story, change: impl FnOnce(&mut Json)) {
    let message = story.network().in_flight().front().unwrap().clone();
    let Body::Answer(Some(answer)) = &message.body else { panic!("{message:?}") };
    let mut body: Json = serde_json::from_slice(&answer.body).unwrap();
    change(&mut body["event"]);
    let response = Response { status: 200, body: serde_json::to_vec(&body).unwrap() };
    let instead = Message { body: Body::Answer(Some(response)), ..message };
    assert!(story.history.falsify(0, instead));
}

fn of_another_room(version: &RoomVersion) -> Story {
    let mut story = Story::new(version, "public");
    story.begin("bob", story.join());
    story.until("/make_join/");
    assert!(story.history.deliver(0));
    falsify(&mut story, |event| event["room_id"] = json!("!other:hs1"));
    story.settle();
    story
}

fn of_somebody_else(version: &RoomVersion) -> Story {
    let mut story = Story::new(version, "invite");
    story.act("alice", story.invite("bob"));
    story.begin("bob", story.leave());
    story.until("/make_leave/");
    assert!(story.history.deliver(0));
    falsify(&mut story, |event| {
        event["sender"] = json!("@carol:hs3");
        event["state_key"] = json!("@carol:hs3");
    });
    story.settle();
    story
}

fn in_capitals(version: &RoomVersion) -> Story {
    let mut story = Story::with(version, &["bob", "carol"]);
    story.act("alice", story.deny("HS3"));
    story.act("carol", story.say());
    story
}

/// What bob says comes to alice's server by carol's alone, which the ACL denies.
fn relayed_by_the_denied(version: &RoomVersion) -> Story {
    let mut story = Story::with(version, &["bob", "carol"]);
    story.act("alice", story.deny("hs3"));
    story.begin("bob", story.say());
    let is_to_alice = |message: &Message| message.to == server(1);
    let at = story.network().in_flight().iter().position(is_to_alice).unwrap();
    let lost = story.network().in_flight()[at].clone();
    assert!(story.history.lose(at));
    let Body::Request(request) = &lost.body else { panic!("{lost:?}") };
    let parsed = parse_any(request.body.as_deref().unwrap()).unwrap().value.into_owned();
    let key = SigningKey::from_seed("hs3", "ed25519:1", &[3; 32]);
    let uri = "/_matrix/federation/v1/send/relayed";
    let features = Specification::LATEST.features();
    let request = sign_request("PUT", uri, &server(1), parsed.as_object(), &key, features);
    let next = story.network().in_flight().len();
    story.history.forge(Message {
        from: server(3),
        to: server(1),
        id: 1 << 40,
        body: Body::Request(request),
    });
    assert!(story.history.deliver(next));
    story
}

fn forgotten(version: &RoomVersion) -> Story {
    let mut story = Story::with(version, &["bob"]);
    story.act("bob", story.forget());
    story
}

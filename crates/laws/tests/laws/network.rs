//! Laws about homeservers: each is kept by an honest story, and broken by one in which a step is
//! told otherwise than it was.

use exeunt_homeserver::{Body, Message, Response};
use exeunt_laws::{Happening, ask, law};
use exeunt_version::RoomVersion;
use serde_json::json;

use crate::network_told::{Story, and_then, server};
use crate::told::told;
use crate::world::Scribe;

/// Bob rejects alice's invite.
fn rejected(version: &RoomVersion) -> Story {
    let mut story = Story::new(version, "invite");
    story.act("alice", story.invite("bob"));
    story.act("bob", story.leave());
    assert_eq!(story.status("bob"), Some("leave"));
    story
}

#[test]
fn f5_rejecting_needs_no_room() {
    for version in RoomVersion::all() {
        rejected(&version).keeps("F5");
        // Nobody can be asked, and the leave succeeds nevertheless.
        let mut untold = Story::new(&version, "invite");
        untold.act("alice", untold.invite("bob"));
        untold.begin("bob", untold.leave());
        while untold.history.lose(0) {}
        untold.keeps("F5");
        // What bob asked for was to join by a server that there is not.
        let mut denied = Story::new(&version, "invite");
        denied.act("alice", denied.invite("bob"));
        denied.begin("bob", denied.join());
        while denied.history.lose(0) {}
        *denied.action() = denied.leave();
        denied.breaks("F5");
        // Alice invites again as soon as she sees the leave, and that overtakes the answer to it.
        let mut again = Story::new(&version, "invite");
        again.act("alice", again.invite("bob"));
        again.begin("bob", again.leave());
        again.until("/send_leave/");
        again.history.deliver(0);
        again.begin("alice", again.invite("bob"));
        again.history.deliver(1);
        again.settle();
        assert_eq!(again.status("bob"), Some("invite"));
        again.keeps("F5");
        // The last step is that bob is told: then his invite is gone.
        let mut stale = rejected(&version);
        let told = |step: &exeunt_laws::NetworkStep| {
            step.before.told().count() < step.after.told().count()
        };
        let last = stale.history.steps.iter().rposition(told).unwrap();
        let step = &mut stale.history.steps[last];
        step.after.add(step.before.server(&server(2)).unwrap().clone());
        stale.breaks("F5");
        // Without that step, he never is told.
        let mut endless = rejected(&version);
        endless.history.steps.remove(last);
        endless.breaks("F5");
        // Unless his server starts again meanwhile.
        let restart = endless.history.network().clone();
        endless.history.steps.push(exeunt_laws::NetworkStep {
            before: restart.clone(),
            what: Happening::Restarted(server(2)),
            after: restart,
        });
        endless.is_silent_about("F5");
    }
}

#[test]
fn f6_submissions_are_what_they_say() {
    for version in RoomVersion::all() {
        let story = || Story::with(&version, &["bob"]);
        story().keeps("F6");
        let change = |change: fn(&mut exeunt_homeserver::Request)| {
            let mut story = story();
            let Happening::Arrived(Message { body: Body::Request(request), .. }) =
                &mut story.arrival("/send_join/").what
            else {
                panic!("a request arrived");
            };
            change(request);
            story
        };
        change(|request| request.uri.push('x')).breaks("F6");
        change(|request| request.uri = request.uri.replace("send_join", "send_leave")).breaks("F6");
        change(|request| request.uri = request.uri.replace("/v2/", "/v3/")).breaks("F6");
        change(|request| request.method = "POST".to_owned()).breaks("F6");
        change(|request| request.body = Some(b"{}".to_vec())).breaks("F6");
        let origin = |request: &mut exeunt_homeserver::Request| {
            for header in &mut request.authorization {
                *header = header.replace("origin=\"hs2\"", "origin=\"hs3\"");
            }
        };
        change(origin).breaks("F6");
    }
}

#[test]
fn f7_nothing_is_signed_unchecked() {
    for version in RoomVersion::all() {
        let mut story = Story::with(&version, &["bob"]);
        story.act("bob", story.say());
        story.keeps("F7");
        *story.action() = story.forget();
        story.breaks("F7");
        // A join for which no template was asked for.
        let mut story = Story::with(&version, &["bob"]);
        let is_request = |step: &exeunt_laws::NetworkStep| {
            let mut sent = step.sent();
            sent.any(|it| matches!(&it.body, Body::Request(it) if it.uri.contains("/make_join/")))
        };
        let place = story.history.steps.iter().position(is_request).unwrap();
        let before = story.history.steps[place].before.clone();
        story.history.steps[place].after = before;
        story.breaks("F7");
        // What rogues sign need not be theirs.
        let mut story = Story::with(&version, &["bob"]);
        story.act("bob", story.say());
        *story.action() = story.forget();
        story.history.rogues.insert(server(2));
        story.history.rogues.insert(server(1));
        story.keeps("F7");
    }
}

#[test]
fn f8_one_leave_is_one() {
    for version in RoomVersion::all() {
        let story = rejected(&version);
        story.keeps("F8");
        let acl = story.deny("hs2");
        // By then the ACL denies the server: the same leave is not taken any more.
        let mut story = rejected(&version);
        let after = story.arrival("/send_leave/").after.clone();
        story.arrival("/send_leave/").after = and_then(&after, "alice", acl);
        story.breaks("F8");
    }
}

#[test]
fn f9_the_denied_touch_nothing() {
    for version in RoomVersion::all() {
        let denied = || {
            let mut story = Story::with(&version, &["bob", "carol"]);
            story.begin("alice", story.deny("hs3"));
            let first = story.network().in_flight().len();
            story.begin("carol", story.say());
            // Carol's message arrives at both before the ACL does.
            while story.network().in_flight().len() > first {
                assert!(story.history.deliver(first));
            }
            story.act("bob", story.say());
            story
        };
        denied().keeps("F9");
        // What hs3 was refused for is told to have changed the room.
        let mut story = denied();
        let say = story.say();
        let refused = |step: &exeunt_laws::NetworkStep| {
            step.answered()
                .is_some_and(|(message, _, _)| message.from == server(3) && message.to == server(1))
        };
        let after = story.step(refused).after.clone();
        story.step(refused).after = and_then(&after, "alice", say);
        story.breaks("F9");
    }
}

#[test]
fn f10_forgetting_touches_nothing() {
    for version in RoomVersion::all() {
        let mut story = Story::with(&version, &["bob"]);
        story.act("bob", story.forget());
        story.act("bob", story.leave());
        story.act("bob", story.forget());
        story.keeps("F10");
        // What was done was no forgetting.
        let mut story = Story::with(&version, &["bob"]);
        story.act("bob", story.say());
        *story.action() = story.forget();
        story.breaks("F10");
        let mut story = Story::with(&version, &["bob"]);
        story.act("bob", story.leave());
        story.act("bob", story.say());
        *story.action() = story.forget();
        story.breaks("F10");
    }
}

#[test]
fn f14_refusals_change_nothing() {
    for version in RoomVersion::all() {
        let refused = || {
            let mut story = Story::new(&version, "invite");
            story.act("bob", story.join());
            story
        };
        refused().keeps("F14");
        let mut story = refused();
        let (after, say) = (story.arrival("/make_join/").after.clone(), story.say());
        story.arrival("/make_join/").after = and_then(&after, "alice", say);
        story.breaks("F14");
        // Nobody answers.
        let mut story = refused();
        let step = story.arrival("/make_join/");
        step.after = step.before.clone();
        step.after.lose(0);
        story.breaks("F14");
        // The answer has no error code.
        let mut story = refused();
        let step = story.arrival("/make_join/");
        let answer = step.after.in_flight().front().unwrap().clone();
        let body = Body::Answer(Some(Response { status: 403, body: b"{}".to_vec() }));
        step.after.replace(0, Message { body, ..answer });
        story.breaks("F14");
        // There is no end.
        let mut story = Story::with(&version, &["bob"]);
        story.begin("alice", story.say());
        story.history.is_settled = true;
        story.breaks("F14");
    }
}

/// Bob and alice say something in turn, twice.
fn settled(mut story: Story) -> Story {
    for name in ["alice", "bob", "alice", "bob"] {
        story.act(name, story.say());
    }
    story.history.is_settled = true;
    story
}

/// Bob joins, and is not told of what changes with each.
fn misled(version: &RoomVersion, is_told: bool) -> Story {
    let mut story = Story::new(version, "public");
    story.act("alice", story.send("m.room.topic", Some(""), &json!({ "topic": "Winter" })));
    story.begin("bob", story.join());
    story.until("/send_join/");
    assert!(story.history.deliver(0));
    let message = story.network().in_flight().front().unwrap().clone();
    let Body::Answer(Some(answer)) = &message.body else { panic!("{message:?}") };
    let mut body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    body["state"].as_array_mut().unwrap().retain(|event| event["type"] != "m.room.topic");
    let response = Response { status: 200, body: serde_json::to_vec(&body).unwrap() };
    let instead = Message { body: Body::Answer(Some(response)), ..message };
    assert!(story.history.falsify(0, instead));
    if !is_told {
        let after = story.network().clone();
        story.history.steps.last_mut().unwrap().what = Happening::Passed(0);
        assert_eq!(after.in_flight().len(), 1);
    }
    story.settle();
    settled(story)
}

#[test]
fn f15_networks_converge() {
    for version in RoomVersion::all() {
        settled(Story::with(&version, &["bob"])).keeps("F15");
        misled(&version, true).is_silent_about("F15");
        misled(&version, false).breaks("F15");
        // What the last one said did not arrive.
        let mut story = Story::with(&version, &["bob"]);
        story.begin("alice", story.say());
        while story.history.lose(0) {}
        story.history.is_settled = true;
        story.breaks("F15");
    }
}

#[test]
fn f16_restarts_lose_nothing() {
    for version in RoomVersion::all() {
        let mut story = Story::with(&version, &["bob"]);
        story.begin("alice", story.say());
        assert!(story.history.restart(&server(2)));
        story.settle();
        story.keeps("F16");
        let mut story = Story::with(&version, &["bob"]);
        story.begin("alice", story.say());
        let step = story.history.steps.last_mut().unwrap();
        step.what = Happening::Restarted(server(1));
        story.breaks("F16");
    }
}

#[test]
fn laws_of_rooms_and_of_networks_say_nothing_of_the_other() {
    let version = RoomVersion::specified("11").unwrap();
    let scribe = Scribe::peopled(version.clone());
    assert_eq!(ask([law("F5").unwrap()], &told(&scribe))[0].met, 0);
    Story::with(&version, &["bob"]).is_silent_about("F1");
}

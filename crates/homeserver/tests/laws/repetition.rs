//! Law F8: the same leave sent twice is one leave, and a second leave is rejected.

use exeunt_event::{Event, RoomId, ServerName};
use exeunt_homeserver::{
    Body, Message, Network, Request, Response, Specification, percent_encode, sign_request,
};
use exeunt_room::Room;
use proptest::prelude::*;

use crate::plan::{EVERYTHING, Mix, Plan, plans, sample};
use crate::reading::{is_success, membership, object, origin, path, room};
use crate::world::{Law, Seen, key, run, signed_event};

/// How many accepted leaves were repeated.
#[derive(Default)]
struct Repetition(usize);

impl Law for Repetition {
    fn see(&mut self, seen: &Seen<'_>) {
        let Some((message, request, answer)) = seen.answered() else { return };
        let Some(path) = path(request) else { return };
        let [_, name, room_id, _] = &path[..] else { return };
        if name != "send_leave" || !is_success(answer) {
            return;
        }
        let (room_id, origin) = (RoomId::parse(room_id).unwrap(), origin(request).unwrap());
        let room_after =
            |network: &Network| heads_and_state(room(network, &message.to, &room_id).unwrap());
        let told = room_after(seen.after);
        let (again, answer, has_told) = ask(seen.after, &origin, &message.to, request.clone());
        assert!(is_success(&answer), "the same leave was accepted before");
        assert_eq!(room_after(&again), told);
        assert!(!has_told, "nobody is told again");

        let body: serde_json::Value =
            serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
        let here = room(seen.after, &message.to, &room_id).unwrap();
        let body_object = object(request.body.as_deref().unwrap()).unwrap();
        let event = Event::from_object(&body_object, here.version()).unwrap();
        // Resolution may have put another membership in the place of the leave.
        if membership(here, event.sender()).as_deref() != Some("leave") {
            return;
        }
        let mut second = body;
        second["origin_server_ts"] = (event.origin_server_ts() + 1).into();
        let second = signed_event(&second, origin.as_str(), here.version()).unwrap();
        let uri = format!(
            "/_matrix/federation/v2/send_leave/{}/{}",
            percent_encode(room_id.as_str()),
            percent_encode(second.event_id().as_str())
        );
        let features = Specification::LATEST.features();
        let (key, body) = (key(origin.as_str()), second.object());
        let request = sign_request("PUT", &uri, &message.to, Some(&body), &key, features);
        let (again, answer, has_told) = ask(seen.after, &origin, &message.to, request);
        assert_eq!(answer.status, 403, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(room_after(&again), told);
        assert!(!has_told, "nobody is told of it");
        self.0 += 1;
    }
}

fn heads_and_state(room: &Room) -> (Vec<String>, exeunt_room::Fingerprint) {
    let heads = room.forward_extremities().iter().map(ToString::to_string).collect();
    (heads, room.current_state().fingerprint())
}

/// The network after one more request, the answer, and whether that had anything sent.
fn ask(
    network: &Network,
    from: &ServerName,
    to: &ServerName,
    request: Request,
) -> (Network, Response, bool) {
    let mut network = network.clone();
    let before = network.in_flight().len();
    let (from, to) = (from.clone(), to.clone());
    network.inject(Message { from, to, id: u64::MAX, body: Body::Request(request) });
    network.deliver(before).unwrap();
    let has_told = network.in_flight().len() > before + 1;
    let response = network.in_flight().iter().find_map(|message| match &message.body {
        Body::Answer(Some(response)) if message.id == u64::MAX => Some(response.clone()),
        _ => None,
    });
    (network, response.unwrap(), has_told)
}

fn holds(plan: &Plan) -> usize {
    let mut law = Repetition::default();
    run(plan, &mut law);
    law.0
}

const MIX: Mix = Mix { strangers: 6, ..EVERYTHING };

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn a_leave_sent_twice_is_one_leave(plan in plans(MIX)) {
        holds(&plan);
    }
}

#[test]
fn many_leaves_are_sent_twice() {
    let count: usize = sample(MIX, 48).iter().map(holds).sum();
    eprintln!("{count} leaves");
    assert!(count >= 5, "{count}");
}

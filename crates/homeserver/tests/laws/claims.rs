//! Law F6: what `send_leave`, `send_join` and `send_knock` accept agrees with the path, the type, the
//! membership, the sender's server and the state key.

use std::collections::BTreeMap;

use exeunt_event::{Event, RoomId};
use proptest::prelude::*;

use crate::plan::{EVERYTHING, Mix, Plan, plans, sample};
use crate::reading::{content, is_success, object, origin, path, room};
use crate::world::{Law, Seen, run};

/// How often each of the endpoints accepted something, and how often it did not.
#[derive(Default)]
struct Claims(BTreeMap<(String, bool), usize>);

impl Law for Claims {
    fn see(&mut self, seen: &Seen<'_>) {
        let Some((message, request, answer)) = seen.answered() else { return };
        let Some(path) = path(request) else { return };
        let [form, name, room_id, event_id] = &path[..] else { return };
        let expected = match name.as_str() {
            "send_leave" => "leave",
            "send_join" => "join",
            "send_knock" => "knock",
            _ => return,
        };
        *self.0.entry((name.clone(), is_success(answer))).or_default() += 1;
        if !is_success(answer) {
            return;
        }
        assert_eq!(request.method, "PUT");
        assert!(matches!(
            (form.as_str(), expected),
            ("v1", "knock") | ("v2" | "v1", "leave" | "join")
        ));
        let room_id = RoomId::parse(room_id).unwrap();
        let room = room(seen.after, &message.to, &room_id).unwrap();
        let body = object(request.body.as_deref().unwrap()).unwrap();
        let event = Event::from_object(&body, room.version()).unwrap();
        assert_eq!(*event.room_id(), room_id);
        assert_eq!(event.event_id().as_str(), event_id);
        assert_eq!(event.event_type().as_str(), "m.room.member");
        assert_eq!(content(&event, "membership").as_deref(), Some(expected));
        assert_eq!(event.sender().server_name(), origin(request).unwrap());
        assert_eq!(event.state_key(), Some(event.sender().as_str()));
        let record = room.record(event.event_id()).unwrap();
        assert!(record.standing().refusal().is_none());
    }
}

fn holds(plan: &Plan, law: &mut Claims) {
    run(plan, law);
}

const MIX: Mix = Mix { falsifies: 6, strangers: 6, ..EVERYTHING };

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn what_is_accepted_is_what_the_endpoint_says(plan in plans(MIX)) {
        holds(&plan, &mut Claims::default());
    }
}

#[test]
fn each_endpoint_accepts_and_refuses() {
    let mut law = Claims::default();
    for plan in sample(MIX, 48) {
        holds(&plan, &mut law);
    }
    eprintln!("{:?}", law.0);
    for name in ["send_leave", "send_join", "send_knock"] {
        for is_accepted in [true, false] {
            let count = law.0.get(&(name.to_owned(), is_accepted)).copied().unwrap_or_default();
            assert!(count >= 4, "{name} {is_accepted}: {count}");
        }
    }
}

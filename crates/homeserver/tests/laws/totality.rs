//! No input, in any order, from any origin, panics; and what is refused changes nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::plan::{EVERYTHING, Mix, Plan, plans, sample};
use crate::reading::{is_success, rooms};
use crate::world::{Law, Seen, run};

/// How many requests were answered with each status.
#[derive(Default)]
struct Refused(BTreeMap<u16, usize>);

impl Law for Refused {
    fn see(&mut self, seen: &Seen<'_>) {
        let Some((message, request, answer)) = seen.answered() else { return };
        *self.0.entry(answer.status).or_default() += 1;
        assert!((200..=599).contains(&answer.status), "{}", answer.status);
        if is_success(answer) {
            return;
        }
        assert!(answer.errcode().is_some_and(|errcode| errcode.starts_with("M_")));
        let server = |network: &exeunt_homeserver::Network| {
            let server = network.server(&message.to).unwrap();
            (rooms(server), server.awaits())
        };
        assert_eq!(server(seen.before), server(seen.after), "{}", request.uri);
        assert_eq!(seen.sent().count(), 1, "nothing but the answer");
    }
}

fn holds(plan: &Plan, law: &mut Refused) {
    run(plan, law);
}

const MIX: Mix = Mix { loses: 4, falsifies: 10, strangers: 20, ..EVERYTHING };

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 32))]

    #[test]
    fn nothing_panics_and_what_is_refused_changes_nothing(plan in plans(MIX)) {
        holds(&plan, &mut Refused::default());
    }
}

#[test]
fn much_is_refused_for_every_reason() {
    let mut law = Refused::default();
    for plan in sample(MIX, 32) {
        holds(&plan, &mut law);
    }
    eprintln!("{:?}", law.0);
    for status in [200, 400, 401, 403, 404, 405] {
        assert!(law.0.get(&status).is_some_and(|count| *count >= 1), "{status}: {:?}", law.0);
    }
}

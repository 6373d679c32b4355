use exeunt_auth::{Selection, ServerSignatures, State as _, StateMap, check_state};
use exeunt_event::EventType;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S13",
    name: "redaction-changes-nothing",
    sentence: "With the event and the state redacted the verdict is the same.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#redactions",
    expected: |version: &RoomVersion| {
        if version.capabilities.aliases_rule {
            let case = "aliases of another server in a room that, redacted, federates";
            Expected::Fails { case, events: 2 }
        } else {
            let case = "an invite with a third-party invite that has no signed part";
            Expected::Fails { case, events: 3 }
        }
    },
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let version = it.version();
    let view = it.view();
    let mut redacted = StateMap::new();
    let create = view.entry(&EventType::Create, "");
    for event in Selection::new(it.event, version).events(view).into_iter().chain(create) {
        redacted.insert(it.redacted(event));
    }
    let event = it.redacted(it.event);
    let verdict = check_state(version, &event, &redacted, ServerSignatures::Satisfied);
    let (was, is) = (it.is_allowed(), verdict.is_allowed());
    Answer::of(was == is, || {
        let say = |allowed| if allowed { "allowed" } else { "rejected" };
        it.witness(format!("{}, and with everything redacted {}", say(was), say(is)))
    })
}

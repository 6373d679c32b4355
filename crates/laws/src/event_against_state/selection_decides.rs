use exeunt_auth::{Selection, ServerSignatures, State as _, StateMap, check_state};
use exeunt_event::EventType;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S12",
    name: "selection-decides",
    sentence: "The verdict depends on those entries of the state alone that the auth events \
               selection names, and on the create event.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#auth-events-selection",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let version = it.version();
    let view = it.view();
    let mut selected = StateMap::new();
    let create = view.entry(&EventType::Create, "");
    for event in Selection::new(it.event, version).events(view).into_iter().chain(create) {
        selected.insert(event.clone());
    }
    let verdict = check_state(version, it.event, &selected, ServerSignatures::Satisfied);
    let (allowed, rule) = (verdict.is_allowed(), verdict.rule());
    Answer::of(allowed == it.is_allowed() && rule == it.verdict.rule(), || {
        let (one, other) = (it.verdict.rule().name(), rule.name());
        it.witness(format!("by the whole state {one} decides, by the selection {other}"))
    })
}

use exeunt_event::EventId;
use exeunt_version::RoomVersion;

use crate::redacted::{Redacted, is_rejected};
use crate::{About, Answer, Expected, History, Law, Tally, Witness};

pub(super) const LAW: Law = Law {
    id: "F13",
    name: "redacted-history-decides-the-same",
    sentence: "A server that gets the history later, with what was redacted redacted, rejects the \
               same events.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#handling-redactions",
    expected: |version: &RoomVersion| {
        let case = if version.capabilities.redaction.keeps_invite_level {
            "an invite by a third-party invite that is redacted"
        } else {
            "an invite below a level that goes as the power levels are redacted"
        };
        Expected::Fails { case, events: 5 }
    },
    about: About::History(check),
};

fn check(history: &History) -> Tally {
    let mut tally = Tally::default();
    let Some(history) = Redacted::of(history) else { return tally };
    let targets: Vec<&EventId> = history.targets().iter().map(|event| event.event_id()).collect();
    let later = history.later(&targets);
    for event in history.events() {
        let id = event.event_id();
        let (now, then) = (is_rejected(history.room(), id), is_rejected(&later, id));
        tally.count(Answer::of(now == then, || {
            let sentence = match then {
                Some(true) => "an event is rejected by who gets the history redacted",
                Some(false) => "a rejected event is accepted by who gets the history redacted",
                None => "an event is none for who gets the history redacted",
            };
            Witness::new(sentence, [id.clone()])
        }));
    }
    tally
}

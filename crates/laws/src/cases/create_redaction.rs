use exeunt_event::EventType;
use exeunt_version::RoomVersion;

use super::{Case, Presence};
use crate::redacted::{Redacted, is_rejected};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "create-redaction",
    sentence: "The create event of a room for one server alone is redacted, and with it that it is; a \
               server that gets the history later accepts somebody of another one.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/2176",
    events: 5,
    presence: |version: &RoomVersion| {
        let is_lost = !version.capabilities.redaction.keeps_create_content;
        Presence::when(is_lost, "redaction keeps what the create event says (MSC2176)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    let history = Redacted::of(history)?;
    let is_create = |event: &&_| *exeunt_event::Event::event_type(event) == EventType::Create;
    let create = history.targets().into_iter().find(is_create)?;
    let later = history.later(&[create.event_id()]);
    history.events().iter().find_map(|event| {
        let id = event.event_id();
        let is_found = event.sender().domain() != create.sender().domain()
            && is_rejected(history.room(), id) == Some(true)
            && is_rejected(&later, id) == Some(false);
        let sentence = format!("what {} does is accepted by who comes later", event.sender());
        is_found.then(|| Witness::new(sentence, [id.clone()]))
    })
}

use exeunt_event::Event;
use exeunt_event::content::{AuthorisingUser, Content, Membership};
use exeunt_version::RoomVersion;

use super::{Case, Presence};
use crate::redacted::{Redacted, is_rejected};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "restricted-redaction",
    sentence: "A join for which somebody vouched is redacted, and with it who vouched; a server that \
               gets the history later rejects it.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/3375",
    events: 6,
    presence: |version: &RoomVersion| {
        let capabilities = &version.capabilities;
        if !capabilities.restricted_joins {
            return Presence::Absent("nobody vouches for joins");
        }
        let is_lost = !capabilities.redaction.keeps_authorising_user;
        Presence::when(is_lost, "redaction keeps who vouched (MSC3375)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    let history = Redacted::of(history)?;
    history.targets().into_iter().filter(|event| is_vouched_for(event)).find_map(|join| {
        let id = join.event_id();
        let is_found = is_rejected(&history.later(&[id]), id) == Some(true);
        let sentence = format!("the join of {} is rejected by who comes later", join.sender());
        is_found.then(|| Witness::new(sentence, [id.clone()]))
    })
}

fn is_vouched_for(event: &Event) -> bool {
    match event.content() {
        Content::Member(member) => {
            member.membership == Some(Membership::Join)
                && member.authorising_user != AuthorisingUser::Absent
        }
        _ => false,
    }
}

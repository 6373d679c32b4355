use exeunt_auth::State as _;
use exeunt_event::EventType;
use exeunt_event::content::Membership;
use exeunt_version::RoomVersion;

use super::pair::{levels, member};
use super::{Case, Presence};
use crate::redacted::{Redacted, is_rejected};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "levels-redaction",
    sentence: "Power levels that say who may invite are redacted, and with them that level; a server \
               that gets the history later decides otherwise about an invite.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/2176",
    events: 5,
    presence: |version: &RoomVersion| {
        let is_lost = !version.capabilities.redaction.keeps_invite_level;
        Presence::when(is_lost, "redaction keeps the level (MSC2176)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    let history = Redacted::of(history)?;
    history.targets().into_iter().filter(|event| levels(event).is_some()).find_map(|redacted| {
        let later = history.later(&[redacted.event_id()]);
        // Levels that whoever comes later rejects as a whole are another matter.
        if is_rejected(&later, redacted.event_id()) != Some(false) {
            return None;
        }
        history.events().iter().find_map(|invite| {
            let id = invite.event_id();
            let (_, Membership::Invite) = member(invite)? else { return None };
            // By these levels, and not by others that are decided otherwise because of them.
            let before = history.room().state_before(id)?;
            let standing = history.room().view(before).entry(&EventType::PowerLevels, "");
            let is_by_them = standing.is_some_and(|it| it.event_id() == redacted.event_id())
                && invite.auth_events().contains(redacted.event_id());
            let differs = |id| is_rejected(history.room(), id) != is_rejected(&later, id);
            let is_found = is_by_them && differs(id) && !invite.auth_events().iter().any(differs);
            let events = [redacted.event_id().clone(), id.clone()];
            is_found.then(|| Witness::new("who comes later decides otherwise", events))
        })
    })
}

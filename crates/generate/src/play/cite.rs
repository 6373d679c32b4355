//! What an event should cite.

use exeunt_event::json::Value;
use exeunt_event::{EventId, EventType};
use exeunt_version::RoomIds;

use super::compose::Draft;
use super::sight::Sight;

/// The entries of a state that the auth events selection names for a draft. The selection of the
/// rules takes an event; this is the same of what is to become one, and a test compares the two.
pub(crate) fn selection(sight: &Sight<'_>, sender: &str, draft: &Draft) -> Vec<EventId> {
    if draft.event_type == "m.room.create" {
        return Vec::new();
    }
    let capabilities = &sight.room.version().capabilities;
    let string = |key| draft.content.get(key).and_then(Value::as_str);
    let mut cited = Vec::with_capacity(6);
    let mut cite = |event_type: EventType, state_key: &str| {
        let event = sight.entry(&event_type, state_key);
        if let Some(id) = event.map(|event| event.event_id().clone())
            && !cited.contains(&id)
        {
            cited.push(id);
        }
    };
    if capabilities.room_ids == RoomIds::Domain {
        cite(EventType::Create, "");
    }
    cite(EventType::PowerLevels, "");
    cite(EventType::Member, sender);
    let membership = string("membership");
    if draft.event_type != "m.room.member" {
        return cited;
    }
    if let Some(target) = &draft.state_key {
        cite(EventType::Member, target);
    }
    if matches!(membership, Some("join" | "invite" | "knock")) {
        cite(EventType::JoinRules, "");
    }
    let takes_conditions = capabilities.restricted_joins || capabilities.knock_restricted_joins;
    if membership == Some("join")
        && takes_conditions
        && let Some(authoriser) = string("join_authorised_via_users_server")
    {
        cite(EventType::Member, authoriser);
    }
    if membership == Some("invite") && draft.content.contains_key("third_party_invite") {
        cite(EventType::ThirdPartyInvite, super::act::TOKEN);
    }
    cited
}

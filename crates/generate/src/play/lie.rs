//! Lies about events.

use exeunt_event::EventId;
use exeunt_event::json::{Object, Value};
use exeunt_room::Room;
use exeunt_version::RoomVersion;

use super::cast::{CREATOR, Cast};
use super::compose::{Draft, Place};
use crate::Lie;

/// Puts the lies into the draft.
pub(crate) fn about_content(draft: &mut Draft, lies: &[Lie], cast: &Cast) {
    for lie in lies {
        if let Lie::Content { kind } = lie {
            malform(draft, usize::from(*kind), cast);
        }
    }
}

/// Puts the lies into the place.
pub(crate) fn about_place(place: &mut Place, lies: &[Lie], room: &Room, version: &RoomVersion) {
    let dag = room.dag();
    let any = |at: u8| -> Option<EventId> {
        let ids: Vec<_> = dag.events().filter_map(|number| dag.id(number)).collect();
        ids.get(usize::from(at) % ids.len().max(1)).map(|id| (*id).clone())
    };
    let count = place.auth.len().max(1);
    for lie in lies {
        match *lie {
            Lie::Outdated { back } => {
                if let Some(id) = super::earlier(room, usize::from(back)) {
                    let depth = room.event(&id).map_or(0, |event| event.depth());
                    place.depth = depth.saturating_add(1).min(version.capabilities.maximum_depth);
                    place.prev = vec![id];
                }
            }
            Lie::CiteOther { at, other } => {
                let Some(cited) = place.auth.get_mut(usize::from(at) % count) else { continue };
                if let Some(other) = same_key(room, cited, other) {
                    *cited = other;
                }
            }
            Lie::Uncite { at } if !place.auth.is_empty() => {
                place.auth.remove(usize::from(at) % place.auth.len());
            }
            Lie::Cite { event } => place.auth.extend(any(event)),
            Lie::CiteTwice { at } => {
                let cited = place.auth.get(usize::from(at) % count).cloned();
                place.auth.extend(cited);
            }
            Lie::Rootless => {
                place.prev.clear();
                place.depth = 1;
            }
            Lie::Time { milliseconds } => {
                place.time = place.time.saturating_add(i64::from(milliseconds));
            }
            Lie::Depth { kind } => {
                let most = version.capabilities.maximum_depth;
                place.depth = [0, 1, most, place.depth / 2][usize::from(kind) % 4];
            }
            Lie::NotAllowed
            | Lie::Backdated { .. }
            | Lie::Uncite { .. }
            | Lie::Content { .. }
            | Lie::Equivocate => {}
        }
    }
}

/// Another event of the type and state key of one.
fn same_key(room: &Room, id: &EventId, other: u8) -> Option<EventId> {
    let one = room.event(id)?;
    let dag = room.dag();
    let is_alike = |id: &&EventId| {
        room.event(id).is_some_and(|event| {
            event.event_type() == one.event_type() && event.state_key() == one.state_key()
        })
    };
    let alike: Vec<_> = dag.events().filter_map(|number| dag.id(number)).filter(is_alike).collect();
    alike.get(usize::from(other) % alike.len().max(1)).map(|id| (*id).clone())
}

/// The proof of a third-party invite, such that it proves nothing.
fn malform_proof(content: &mut Object<'static>, kind: usize, user: String) {
    let proof = content.get_mut("third_party_invite").and_then(Value::as_object_mut);
    let Some(proof) = proof else { return };
    if kind.is_multiple_of(4) {
        proof.insert("signed", Object::new());
        return;
    }
    let Some(signed) = proof.get_mut("signed").and_then(Value::as_object_mut) else { return };
    match kind % 4 {
        1 => signed.insert("mxid", user),
        2 => signed.insert("token", "another"),
        _ => signed.insert("signatures", Object::new()),
    };
}

fn malform(draft: &mut Draft, kind: usize, cast: &Cast) {
    let content = &mut draft.content;
    let user = cast.id(kind / 7 % cast.users.len()).to_owned();
    let is_knock = content.get("membership").and_then(Value::as_str) == Some("knock");
    match draft.event_type {
        "m.room.member"
            if content.contains_key("third_party_invite") && !kind.is_multiple_of(4) =>
        {
            malform_proof(content, kind / 4, user);
        }
        "m.room.member" if is_knock && !kind.is_multiple_of(4) => draft.state_key = Some(user),
        "m.room.member" => {
            match kind % 9 {
                0 => content.remove("membership"),
                1 => content.insert("membership", 1),
                2 => content.insert("membership", "unknown"),
                3 => content.insert("membership", "join"),
                4 => content.insert("membership", "ban"),
                5 => content.insert("third_party_invite", Object::new()),
                6 => content.insert("join_authorised_via_users_server", user),
                7 => content.insert("join_authorised_via_users_server", 1),
                _ => {
                    draft.state_key = Some(user);
                    None
                }
            };
        }
        "m.room.join_rules" => {
            match kind % 4 {
                0 => content.remove("join_rule"),
                1 => content.insert("join_rule", "private"),
                2 => content.insert("join_rule", "restricted"),
                _ => content.insert("join_rule", "unknown"),
            };
        }
        "m.room.power_levels" => {
            match kind % 11 {
                0 => content.insert("ban", "50"),
                1 => content.insert("users_default", "plenty"),
                2 => content.insert("users", 1),
                3 => content.insert("users", Object::from_iter([("nobody", 50)])),
                4 => content.insert("users", Object::from_iter([(user, 50)])),
                5 => content.insert("notifications", Object::from_iter([("room", 100)])),
                6 => content.insert("invite", 100),
                7 => content.insert("events_default", 1_000_000),
                8 => content.insert("events", Object::from_iter([("m.room.topic", "plenty")])),
                9 => {
                    content.insert("users", Object::from_iter([(cast.id(CREATOR).to_owned(), 100)]))
                }
                _ => content.remove("users"),
            };
        }
        "m.room.create" => {
            match kind % 5 {
                0 => content.remove("creator"),
                1 => content.insert("room_version", "unknown"),
                2 => content.insert("m.federate", false),
                3 => content.insert("additional_creators", 1),
                _ => content.insert("room_version", 1),
            };
        }
        "m.room.third_party_invite" => {
            content.remove("public_key");
        }
        "m.room.aliases" => {
            draft.state_key = Some(user).filter(|_| kind.is_multiple_of(2));
        }
        _ => {
            content.insert("org.example.odd", true);
            if kind.is_multiple_of(2) && draft.state_key.is_some() {
                draft.state_key = Some(user);
            }
        }
    }
}

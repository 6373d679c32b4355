//! Lies about events, and states that never were.

use std::collections::BTreeMap;

use exeunt_event::base64;
use exeunt_event::json::{MAXIMUM_INTEGER, Object, Value};
use exeunt_event::signatures::{SigningKey, sign_json};
use exeunt_version::CanonicalJson;

use crate::room::{
    Draft, Entries, JOIN_RULES, Key, MEMBER, POWER_LEVELS, Place, Room, TOKEN, user,
};
use crate::script::Mischief;

/// Whether the actor need not be allowed to send the event.
pub(crate) fn is_by_anybody(mischief: &[Mischief]) -> bool {
    mischief.iter().any(|mischief| matches!(mischief, Mischief::AnySender))
}

/// Changes the event as the lies say. Whether its content or state key was changed.
pub(crate) fn apply(draft: &mut Draft, room: &Room<'_>, mischief: &[Mischief]) -> bool {
    let mut is_other = false;
    for mischief in mischief {
        let cited = &mut draft.auth_events;
        let place = |at: u8| usize::from(at).checked_rem(cited.len());
        match *mischief {
            Mischief::AnySender => {}
            Mischief::CiteOther { at, other } => {
                if let Some(at) = place(at) {
                    let alike = places_of(room, room.keys[cited[at]].as_ref());
                    if let Some(other) = usize::from(other).checked_rem(alike.len()) {
                        cited[at] = alike[other];
                    }
                }
            }
            Mischief::Uncite { at } => drop(place(at).map(|at| cited.remove(at))),
            Mischief::Cite { event } => cited.push(usize::from(event) % room.events.len()),
            Mischief::CiteTwice { at } => {
                if let Some(at) = place(at) {
                    cited.push(cited[at]);
                }
            }
            Mischief::Reverse => cited.reverse(),
            Mischief::Time { seconds } => draft.skew = i64::from(seconds) * 1_000,
            Mischief::Depth { kind } => {
                let maximum = room.version.capabilities.maximum_depth;
                draft.depth = Some([0, 1, 7, maximum][usize::from(kind) % 4]);
            }
            Mischief::StateKey { kind } => {
                if draft.state_key.is_some() {
                    let target = user(usize::from(kind) % 3);
                    let keys = ["x".to_owned(), "@x".to_owned(), String::new(), target];
                    draft.state_key = Some(keys[usize::from(kind) / 8 % 4].clone());
                    is_other = true;
                }
            }
            Mischief::Content { kind } => {
                change_content(draft, room, usize::from(kind));
                is_other = true;
            }
        }
    }
    is_other
}

fn change_content(draft: &mut Draft, room: &Room<'_>, kind: usize) {
    let content = &mut draft.content;
    match draft.event_type {
        POWER_LEVELS => {
            let lenient = room.version.capabilities.canonical_json == CanonicalJson::Lenient;
            let float = if lenient { Value::Number("50.5".into()) } else { Value::from("50.5") };
            let user_level = |user: String, level: Value<'static>| -> Object<'static> {
                [(user, level)].into_iter().collect()
            };
            let sender = user(draft.sender);
            match kind % 12 {
                0 => content.insert("users", user_level(user(0), 100.into())),
                1 => content.insert("users", user_level(sender, "100".into())),
                2 => content.insert("users", Vec::<String>::new()),
                3 => content.insert("ban", "x"),
                4 => content.insert("kick", Value::Null),
                5 => content.insert("users", user_level("nobody".to_owned(), 0.into())),
                6 => content.insert("users_default", MAXIMUM_INTEGER),
                7 => content.insert("state_default", float),
                8 => content.insert("events", user_level(POWER_LEVELS.to_owned(), 200.into())),
                9 => content.insert("events_default", -5),
                10 => content.remove("users"),
                _ => content.insert("users", user_level(sender, MAXIMUM_INTEGER.into())),
            };
        }
        MEMBER => {
            match kind % 7 {
                0 => content.remove("membership"),
                1 => content.insert("membership", 7),
                2 => content.insert("membership", "unknown"),
                3 => content.insert("membership", "join"),
                4 => content.insert("membership", "ban"),
                5 => content.insert("third_party_invite", invite_proof(&user(kind / 7 % 3))),
                _ => content.insert("join_authorised_via_users_server", user(kind / 7 % 3)),
            };
        }
        JOIN_RULES => {
            match kind % 4 {
                0 => content.remove("join_rule"),
                1 => content.insert("join_rule", "private"),
                2 => content.insert("join_rule", "restricted"),
                _ => content.insert("join_rule", "unknown"),
            };
        }
        _ => {
            content.insert("org.example.odd", true);
        }
    }
}

/// All events of a type and state key.
fn places_of(room: &Room<'_>, key: Option<&Key>) -> Vec<Place> {
    let places = 0..room.events.len();
    places.filter(|place| key.is_some() && room.keys[*place].as_ref() == key).collect()
}

/// Changes entries: which, and to which event of the same type and state key. One more than there
/// are is none.
pub(crate) fn alter(state: &mut Entries, room: &Room<'_>, changes: &[(u8, u8)]) {
    let by_key = by_key(room);
    for (key, choice) in changes {
        let (key, places) = &by_key[usize::from(*key) % by_key.len()];
        match places.get(usize::from(*choice) % (places.len() + 1)) {
            Some(place) => state.insert((*key).clone(), *place),
            None => state.remove(*key),
        };
    }
}

/// For each type and state key any of its events, or none.
pub(crate) fn picked(room: &Room<'_>, seed: u16) -> Entries {
    let mut bits = u64::from(seed);
    let pick = |(key, places): (&Key, Vec<Place>)| {
        // A step of a linear congruential generator, of which the high bits are good enough.
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let choice = usize::try_from(bits >> 40).unwrap_or_default();
        let is_there = choice % 8 > 0;
        is_there.then(|| (key.clone(), places[choice / 8 % places.len()]))
    };
    by_key(room).into_iter().filter_map(pick).collect()
}

fn by_key<'r>(room: &'r Room<'_>) -> Vec<(&'r Key, Vec<Place>)> {
    let mut places = BTreeMap::<&Key, Vec<Place>>::new();
    for (place, key) in room.keys.iter().enumerate() {
        if let Some(key) = key {
            places.entry(key).or_default().push(place);
        }
    }
    places.into_iter().collect()
}

fn identity_key() -> SigningKey {
    SigningKey::from_seed("identity.example", "ed25519:0", &[7; 32])
}

/// The public key by which invited third parties are proven.
pub(crate) fn identity_key_public() -> String {
    base64::encode(identity_key().public_bytes())
}

/// `content.third_party_invite` for that user.
pub(crate) fn invite_proof(target: &str) -> Object<'static> {
    let mut signed = Object::new();
    signed.insert("mxid", target.to_owned());
    signed.insert("token", TOKEN);
    sign_json(&mut signed, &identity_key());
    let mut proof = Object::new();
    proof.insert("display_name", "t");
    proof.insert("signed", signed);
    proof
}

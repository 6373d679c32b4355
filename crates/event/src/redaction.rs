//! The redaction algorithm of each room version.
//!
//! <https://spec.matrix.org/v1.19/rooms/v11/#redactions>

use exeunt_version::{
    LenientNumbers, RedactedCreateRoomId, RedactedThirdPartyInvite, RoomIds, RoomVersion,
};

use crate::json::{Object, Value, Written, write_canonical, write_members};

/// What redaction keeps of a content.
#[derive(Clone, Copy)]
enum Keep {
    /// Everything.
    All,
    /// These keys, and `third_party_invite.signed` where the flag is set.
    Keys(&'static [&'static str], bool),
}

const POWER_LEVELS: [&str; 9] = [
    "ban",
    "events",
    "events_default",
    "kick",
    "redact",
    "state_default",
    "users",
    "users_default",
    "invite",
];

fn keeps_top_level(key: &str, is_create: bool, version: &RoomVersion) -> bool {
    match key {
        "room_id" if is_create => {
            version.capabilities.room_ids == RoomIds::Domain
                || version.readings.redacted_create_room_id == RedactedCreateRoomId::Kept
        }
        "auth_events" | "content" | "depth" | "event_id" | "hashes" | "origin_server_ts"
        | "prev_events" | "room_id" | "sender" | "signatures" | "state_key" | "type" => true,
        "prev_state" | "origin" | "membership" => version.redaction().keeps_legacy_keys,
        _ => false,
    }
}

fn kept_content(event_type: &str, version: &RoomVersion) -> Keep {
    let redaction = version.redaction();
    let keys: &'static [&'static str] = match event_type {
        "m.room.member" if redaction.keeps_authorising_user => {
            &["membership", "join_authorised_via_users_server"]
        }
        "m.room.member" => &["membership"],
        "m.room.create" if redaction.keeps_create_content => return Keep::All,
        "m.room.create" => &["creator"],
        "m.room.join_rules" if redaction.keeps_allow => &["join_rule", "allow"],
        "m.room.join_rules" => &["join_rule"],
        "m.room.power_levels" if redaction.keeps_invite_level => &POWER_LEVELS,
        "m.room.power_levels" => POWER_LEVELS.split_at(POWER_LEVELS.len() - 1).0,
        "m.room.aliases" if redaction.keeps_aliases => &["aliases"],
        "m.room.history_visibility" => &["history_visibility"],
        "m.room.redaction" if redaction.keeps_redacts => &["redacts"],
        _ => &[],
    };
    let signed = event_type == "m.room.member" && redaction.keeps_third_party_signed;
    Keep::Keys(keys, signed)
}

/// What is kept of a value of `content.third_party_invite`.
fn kept_invite<'a>(invite: &Value<'a>, version: &RoomVersion) -> Option<Value<'a>> {
    let signed = invite.as_object().and_then(|invite| invite.get("signed"));
    let kept: Object<'_> = signed.map(|signed| ("signed", signed.clone())).into_iter().collect();
    let keep_empty =
        version.readings.redacted_third_party_invite == RedactedThirdPartyInvite::Empty;
    (!kept.is_empty() || keep_empty).then_some(Value::Object(kept))
}

/// The event without what redaction strips. `unsigned` is stripped too.
///
/// A content that is no object, or a type that is no string, keeps nothing of the content.
#[must_use]
pub fn redact<'a>(event: &Object<'a>, version: &RoomVersion) -> Object<'a> {
    let mut redacted = event.clone();
    redact_in_place(&mut redacted, version);
    redacted
}

/// [`redact`], in place.
pub fn redact_in_place(event: &mut Object<'_>, version: &RoomVersion) {
    let event_type = event.get("type").and_then(Value::as_str).unwrap_or_default();
    let keep = kept_content(event_type, version);
    let is_create = event_type == "m.room.create";
    event.retain(|key, value| {
        if key == "content" {
            match (keep, value.as_object_mut()) {
                (Keep::All, Some(_)) => {}
                (Keep::Keys(keys, signed), Some(content)) => {
                    content.retain(|key, value| {
                        if signed && key == "third_party_invite" {
                            let kept = kept_invite(value, version);
                            return kept.map(|kept| *value = kept).is_some();
                        }
                        keys.contains(&key)
                    });
                }
                (_, None) => *value = Object::new().into(),
            }
        }
        keeps_top_level(key, is_create, version)
    });
}

/// Appends the canonical form of the redacted event without `signatures`: what servers sign, and
/// what the reference hash is over. It is [`redact`] and the canonical form in one pass, without a
/// copy.
pub(crate) fn write_signable(event: &Object<'_>, version: &RoomVersion, out: &mut Vec<u8>) {
    let numbers = version.readings.lenient_numbers;
    let event_type = event.get("type").and_then(Value::as_str).unwrap_or_default();
    let keep = kept_content(event_type, version);
    let is_create = event_type == "m.room.create";
    let kept = event
        .iter()
        .filter(|(key, _)| *key != "signatures" && keeps_top_level(key, is_create, version));
    write_members(kept, out, |key, value, out| match (key, value, keep) {
        ("content", Value::Object(content), Keep::Keys(keys, signed)) => {
            write_content(content, keys, signed, version, out);
        }
        ("content", Value::Object(_), Keep::All) => write_canonical(value, numbers, out),
        ("content", _, _) => out.extend_from_slice(b"{}"),
        _ => write_canonical(value, numbers, out),
    });
}

/// [`write_signable`] of an event that is written already, and has no numbers that canonical JSON
/// spells otherwise.
pub(crate) fn copy_signable(
    event: &Object<'_>,
    written: &Written,
    version: &RoomVersion,
    out: &mut Vec<u8>,
) {
    let event_type = event.get("type").and_then(Value::as_str).unwrap_or_default();
    let keep = kept_content(event_type, version);
    let is_create = event_type == "m.room.create";
    let is_kept = |key: &str| key != "signatures" && keeps_top_level(key, is_create, version);
    written.write_members(event, out, is_kept, |key, value, out| match (key, value, keep) {
        ("content", Value::Object(content), Keep::Keys(keys, signed)) => {
            out.extend_from_slice(b"\"content\":");
            write_content(content, keys, signed, version, out);
            true
        }
        ("content", Value::Object(_), Keep::All) => false,
        ("content", _, _) => {
            out.extend_from_slice(b"\"content\":{}");
            true
        }
        _ => false,
    });
}

fn write_content(
    content: &Object<'_>,
    keys: &[&str],
    signed: bool,
    version: &RoomVersion,
    out: &mut Vec<u8>,
) {
    let numbers: LenientNumbers = version.readings.lenient_numbers;
    let is_invite = |key: &str| signed && key == "third_party_invite";
    let kept = content.iter().filter(|(key, value)| {
        if is_invite(key) { kept_invite(value, version).is_some() } else { keys.contains(key) }
    });
    write_members(kept, out, |key, value, out| {
        let invite = is_invite(key).then(|| kept_invite(value, version)).flatten();
        write_canonical(invite.as_ref().unwrap_or(value), numbers, out);
    });
}

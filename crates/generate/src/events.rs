//! Random events, without a room that they would fit into.

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId, base64, hashes};
use exeunt_version::{EventIds, RoomIds, RoomVersion};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{
    create_contents, event_ids, join_rules_contents, malformed_contents, member_contents,
    power_levels_contents, room_ids, user_ids,
};

type Fields = Object<'static>;

/// Events of the form that the room version has, with the right content hash and no signatures:
/// they pass receipt checks 1 and 3. What they cite is nowhere.
///
/// ```
/// use exeunt_event::{format, hashes};
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// for version in RoomVersion::all() {
///     let events = exeunt_generate::events(&version);
///     proptest!(exeunt_regressions::config!(cases = 8), |(event in events)| {
///         prop_assert_eq!(format::check(&event, &version), Ok(()));
///         prop_assert!(hashes::content_hash_matches(&event, &version));
///     });
/// }
/// ```
pub fn events(version: &RoomVersion) -> impl Strategy<Value = Event> + use<> {
    let of_version = version.clone();
    fields(version).prop_filter_map("it has the form of an event", move |fields| {
        Event::from_object(&hashed(fields, &of_version), &of_version).ok()
    })
}

/// What is wrong with a broken event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A field is missing that every event has.
    Missing,
    /// A field is of another kind.
    Kind,
    /// A number is not an integer.
    Fraction,
    /// It is larger than events may be.
    Large,
    /// The text ends early.
    Cut,
    /// The content hash is another event's.
    Hash,
    /// The content is malformed, which only the rules mind.
    Content,
}

/// Texts of events with a fault each. [`Fault::Hash`] is redacted at receipt check 3 and
/// [`Fault::Content`] is for the rules; the others are dropped at check 1.
///
/// ```
/// use exeunt_generate::Fault;
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_room::{Context, check};
/// use exeunt_version::RoomVersion;
///
/// let version = RoomVersion::specified("11").unwrap();
/// let events = exeunt_generate::broken_events(&version);
/// proptest!(exeunt_regressions::config!(cases = 64), |((fault, text) in events)| {
///     let checked = check(text.as_bytes(), &version, Context::default());
///     match fault {
///         Fault::Hash => prop_assert!(checked.unwrap().is_redacted()),
///         Fault::Content => prop_assert!(!checked.unwrap().is_redacted()),
///         _ => prop_assert!(checked.is_err(), "{fault:?}"),
///     }
/// });
/// ```
pub fn broken_events(version: &RoomVersion) -> impl Strategy<Value = (Fault, String)> + use<> {
    let of_version = version.clone();
    let faults = prop::sample::select(vec![
        Fault::Missing,
        Fault::Kind,
        Fault::Fraction,
        Fault::Large,
        Fault::Cut,
        Fault::Hash,
    ]);
    let broken = (fields(version), faults, any::<prop::sample::Index>())
        .prop_map(move |(fields, fault, at)| (fault, break_event(fields, fault, at, &of_version)));
    let of_version = version.clone();
    let members = malformed_contents("m.room.member", version);
    let malformed = (fields(version), members).prop_map(move |(mut fields, content)| {
        fields.insert("type", "m.room.member");
        fields.insert("state_key", "@alice:one.example");
        fields.insert("content", content);
        fields.remove("redacts");
        (Fault::Content, hashed(fields, &of_version).as_received())
    });
    prop_oneof![6 => broken, 1 => malformed]
}

fn break_event(
    fields: Fields,
    fault: Fault,
    at: prop::sample::Index,
    version: &RoomVersion,
) -> String {
    const NEEDED: [&str; 5] = ["type", "sender", "prev_events", "auth_events", "depth"];
    let mut fields = hashed(fields, version);
    match fault {
        Fault::Missing => drop(fields.remove(NEEDED[at.index(NEEDED.len())])),
        Fault::Kind => drop(fields.insert(NEEDED[at.index(NEEDED.len())], true)),
        Fault::Large => drop(fields.insert("unsigned", "x".repeat(70_000))),
        Fault::Hash => {
            let hash = base64::encode([u8::try_from(at.index(256)).unwrap_or(0); 32]);
            fields.insert("hashes", Object::from_iter([("sha256", hash)]));
        }
        Fault::Fraction | Fault::Cut | Fault::Content => {}
    }
    let mut text = fields.as_received();
    match fault {
        Fault::Fraction => text.insert_str(text.len() - 1, ",\"zero\":0.5"),
        Fault::Cut => text.truncate(text.len() / 2),
        _ => {}
    }
    text
}

/// Types, state keys and contents that go together.
fn bodies(
    version: &RoomVersion,
) -> impl Strategy<Value = (&'static str, Option<String>, Fields)> + use<> {
    let topic = "[a-z ]{0,20}".prop_map(|topic| Fields::from_iter([("topic", topic)]));
    let unkeyed = |event_type: &'static str, content: BoxedStrategy<Fields>| {
        content.prop_map(move |content| (event_type, Some(String::new()), content))
    };
    let member = (user_ids(), member_contents(version))
        .prop_map(|(user, content)| ("m.room.member", Some(user.to_string()), content));
    let message = "[a-z ]{0,20}"
        .prop_map(|body| ("m.room.message", None, Fields::from_iter([("body", body)])));
    prop_oneof![
        1 => unkeyed("m.room.create", create_contents(version).boxed()),
        3 => unkeyed("m.room.power_levels", power_levels_contents(version).boxed()),
        2 => unkeyed("m.room.join_rules", join_rules_contents(version).boxed()),
        2 => unkeyed("m.room.topic", topic.boxed()),
        4 => member,
        2 => message,
    ]
}

fn fields(version: &RoomVersion) -> impl Strategy<Value = Fields> + use<> {
    let capabilities = version.capabilities;
    let ids = || vec(event_ids(version), 1..4);
    let numbers = (1..1_000_i64, 1_500_000_000_000..1_800_000_000_000_i64);
    let of_event = (user_ids(), room_ids(version), event_ids(version), bodies(version));
    (of_event, ids(), ids(), numbers).prop_map(
        move |((sender, room, id, body), prev, auth, (depth, time))| {
            let (event_type, state_key, content) = body;
            let is_create = event_type == "m.room.create";
            let references = |ids: &[EventId]| {
                let ids = if is_create { &[] } else { ids };
                Value::Array(ids.iter().map(|id| reference(id, capabilities.event_ids)).collect())
            };
            let mut fields = Fields::from_iter([
                ("type", Value::from(event_type)),
                ("sender", Value::from(sender.to_string())),
                ("content", Value::from(content)),
                ("prev_events", references(&prev)),
                ("auth_events", references(&auth)),
                ("depth", Value::from(depth)),
                ("origin_server_ts", Value::from(time)),
                ("signatures", Value::from(Object::new())),
            ]);
            if let Some(key) = state_key {
                fields.insert("state_key", key);
            }
            if !(is_create && capabilities.room_ids == RoomIds::CreateEvent) {
                fields.insert("room_id", room.to_string());
            }
            if capabilities.event_ids == EventIds::Sent {
                fields.insert("event_id", id.to_string());
            }
            fields
        },
    )
}

fn reference(id: &EventId, form: EventIds) -> Value<'static> {
    let id = Value::from(id.to_string());
    match form {
        EventIds::Sent => Value::Array(vec![id, Value::from(Object::new())]),
        EventIds::ReferenceHash | EventIds::UrlSafeReferenceHash => id,
    }
}

fn hashed(mut fields: Fields, version: &RoomVersion) -> Fields {
    let hash = base64::encode(hashes::content_hash(&fields, version));
    fields.insert("hashes", Object::from_iter([("sha256", hash)]));
    fields
}

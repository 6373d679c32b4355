//! Random contents of the events that rules read.

use exeunt_event::json::{Object, Value};
use exeunt_version::{Creator, LevelForm, RoomVersion};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::user_ids;

type Content = Object<'static>;

/// Contents of `m.room.member`, of the memberships that the room version has.
///
/// ```
/// use exeunt_event::json::Value;
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let contents = exeunt_generate::member_contents(&RoomVersion::specified("6").unwrap());
/// proptest!(exeunt_regressions::config!(cases = 32), |(content in contents)| {
///     let membership = content.get("membership").and_then(Value::as_str);
///     prop_assert!(["join", "leave", "invite", "ban"].contains(&membership.unwrap()));
/// });
/// ```
pub fn member_contents(version: &RoomVersion) -> impl Strategy<Value = Content> + use<> {
    let capabilities = &version.capabilities;
    let mut memberships = vec!["join", "leave", "invite", "ban"];
    memberships.extend(capabilities.knocking.then_some("knock"));
    let takes_conditions = capabilities.restricted_joins || capabilities.knock_restricted_joins;
    let authoriser = prop::option::weighted(0.3, user_ids());
    let name = prop::option::of("[A-Z][a-z]{1,9}");
    (prop::sample::select(memberships), name, authoriser).prop_map(
        move |(membership, name, authoriser)| {
            let mut content = Content::from_iter([("membership", membership)]);
            if let Some(name) = name {
                content.insert("displayname", name);
            }
            if let Some(user) = authoriser.filter(|_| membership == "join" && takes_conditions) {
                content.insert("join_authorised_via_users_server", user.to_string());
            }
            content
        },
    )
}

/// Contents of `m.room.power_levels`. Where the room version takes them, some levels are strings.
///
/// ```
/// use exeunt_event::json::Value;
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let contents = exeunt_generate::power_levels_contents(&RoomVersion::specified("12").unwrap());
/// proptest!(exeunt_regressions::config!(cases = 32), |(content in contents)| {
///     for property in ["ban", "kick", "invite", "redact"] {
///         prop_assert!(content.get(property).is_none_or(|level| level.as_str().is_none()));
///     }
/// });
/// ```
pub fn power_levels_contents(version: &RoomVersion) -> impl Strategy<Value = Content> + use<> {
    let takes_strings = version.capabilities.levels != LevelForm::Integers;
    let level = move || {
        let level = prop_oneof![4 => (0..5_i64).prop_map(|n| 25 * n), 1 => -10..1_000_i64];
        (level, prop::bool::weighted(0.1)).prop_map(move |(level, is_string)| {
            if is_string && takes_strings {
                Value::from(level.to_string())
            } else {
                Value::from(level)
            }
        })
    };
    let types = prop::sample::select(vec!["m.room.name", "m.room.power_levels", "m.room.message"]);
    let general = prop::sample::select(vec![
        "ban",
        "kick",
        "invite",
        "redact",
        "state_default",
        "events_default",
        "users_default",
    ]);
    let users = vec((user_ids().prop_map(|user| user.to_string()), level()), 0..4);
    (users, vec((types, level()), 0..3), vec((general, level()), 0..4)).prop_map(
        |(users, events, general)| {
            let mut content = Content::from_iter(general);
            content.insert("users", Content::from_iter(users));
            content.insert("events", Content::from_iter(events));
            content
        },
    )
}

/// Contents of `m.room.join_rules`, of the rules that the room version has.
///
/// ```
/// use exeunt_event::json::Value;
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let contents = exeunt_generate::join_rules_contents(&RoomVersion::specified("7").unwrap());
/// proptest!(exeunt_regressions::config!(cases = 32), |(content in contents)| {
///     let rule = content.get("join_rule").and_then(Value::as_str);
///     prop_assert!(["public", "invite", "knock"].contains(&rule.unwrap()));
/// });
/// ```
pub fn join_rules_contents(version: &RoomVersion) -> impl Strategy<Value = Content> + use<> {
    prop::sample::select(crate::play::rules_of(version)).prop_map(crate::play::join_rule)
}

/// Contents of `m.room.create`, with the creators that the room version has.
///
/// ```
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let contents = exeunt_generate::create_contents(&RoomVersion::specified("11").unwrap());
/// proptest!(exeunt_regressions::config!(cases = 32), |(content in contents)| {
///     prop_assert!(content.get("creator").is_none());
/// });
/// ```
pub fn create_contents(version: &RoomVersion) -> impl Strategy<Value = Content> + use<> {
    let (id, creator) = (version.id().to_owned(), version.capabilities.creator);
    let federate = prop::option::weighted(0.2, any::<bool>());
    (vec(user_ids(), 1..4), federate).prop_map(move |(users, federate)| {
        let mut content = Content::from_iter([("room_version", id.clone())]);
        let mut users = users.iter().map(ToString::to_string);
        match creator {
            Creator::Property => {
                content.insert("creator", users.next().unwrap_or_default());
            }
            Creator::Sender => {}
            Creator::Privileged => {
                content.insert("additional_creators", users.skip(1).collect::<Vec<_>>());
            }
        }
        if let Some(federate) = federate {
            content.insert("m.federate", federate);
        }
        content
    })
}

/// The types of contents that [`malformed_contents`] knows.
pub const RULED_TYPES: [&str; 4] =
    ["m.room.create", "m.room.join_rules", "m.room.member", "m.room.power_levels"];

/// Contents that are nearly what an event of the type should have, one of [`RULED_TYPES`]: a key is
/// missing, or has a value of another kind.
///
/// ```
/// use exeunt_event::json::Value;
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let version = RoomVersion::specified("11").unwrap();
/// let contents = exeunt_generate::malformed_contents("m.room.join_rules", &version);
/// proptest!(exeunt_regressions::config!(cases = 32), |(content in contents)| {
///     prop_assert!(content.get("join_rule").and_then(Value::as_str).is_none());
/// });
/// ```
pub fn malformed_contents(
    event_type: &str,
    version: &RoomVersion,
) -> impl Strategy<Value = Content> + use<> {
    let (keys, valid) = match event_type {
        "m.room.create" => (
            match version.capabilities.creator {
                Creator::Property => vec!["creator"],
                Creator::Sender | Creator::Privileged => vec!["room_version"],
            },
            create_contents(version).boxed(),
        ),
        "m.room.join_rules" => (vec!["join_rule"], join_rules_contents(version).boxed()),
        "m.room.power_levels" => {
            let keys = vec!["users", "ban", "kick", "state_default", "users_default", "events"];
            (keys, power_levels_contents(version).boxed())
        }
        _ => (vec!["membership"], member_contents(version).boxed()),
    };
    // Of no key is this a value, and not one of power levels may be left out.
    let may_be_missing = event_type != "m.room.power_levels";
    let odd = prop_oneof![
        Just(Value::from(true)),
        Just(Value::from(Vec::<String>::new())),
        Just(Value::from(vec![1_i64])),
    ];
    let odd = if may_be_missing {
        prop::option::weighted(0.7, odd).boxed()
    } else {
        odd.prop_map(Some).boxed()
    };
    (valid, prop::sample::select(keys), odd).prop_map(|(mut content, key, odd)| {
        match odd {
            Some(odd) => content.insert(key, odd),
            None => content.remove(key),
        };
        content
    })
}

//! Where ruma departs from the text: each class with a predicate that is no wider than it must be,
//! and with the answers that it explains.

use exeunt_version::{Creator, LevelForm, RoomVersion};
use serde_json::Value as Json;

use crate::scene::{Draft, Scene};

/// A class of questions to which ruma gives another answer than the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// Versions 1 to 10: `creator` of the create event in the state is no user ID.
    Creator,
    /// Versions 1 to 10: a create event with a `creator` of `null` has none.
    NullCreator,
    /// `m.federate` is neither `true` nor `false`.
    Federate,
    /// Version 12: `additional_creators` in the state are malformed.
    AdditionalCreators,
    /// The state key of a membership is no user ID.
    MemberStateKey,
    /// A membership in the state is no string.
    StateMembership,
    /// Version 8 and later: `join_authorised_via_users_server` is no user ID. ruma leaves this rule
    /// to `verify_event`.
    Authoriser,
    /// A key of a third-party invite in the state is malformed.
    InviteKeys,
    /// The signatures of a server in the proof are no object.
    InviteSignatures,
    /// Versions 1 to 9: a level that 53 bits cannot hold; versions 1 to 5: a level spelled as a
    /// float.
    LevelRange,
    /// Versions 1 to 9: a level spelled with two plus signs.
    TwoSigns,
    /// The power levels in the state hold something that is no level.
    StateLevels,
}

impl Departure {
    /// Whether Exeunt and ruma allow the event.
    fn answers(self) -> (bool, bool) {
        match self {
            Self::Authoriser | Self::TwoSigns => (false, true),
            _ => (true, false),
        }
    }
}

/// Whether a departure explains these answers to the question.
pub(crate) fn explains(scene: &Scene, answers: (bool, bool)) -> bool {
    departures(scene).into_iter().any(|departure| departure.answers() == answers)
}

pub(crate) fn is_user(value: &Json) -> bool {
    value.as_str().is_some_and(|user| ruma_common::UserId::parse(user).is_ok())
}

fn of_type<'a>(state: &'a [Draft], event_type: &'a str) -> impl Iterator<Item = &'a Draft> + Clone {
    state.iter().filter(move |draft| draft.event_type == event_type)
}

fn departures(scene: &Scene) -> Vec<Departure> {
    let (version, event) = (&scene.version, &scene.event);
    let create = &scene.state[0].content;
    let capabilities = &version.capabilities;
    let mut found = Vec::new();
    let mut note = |departure, is_there: bool| found.extend(is_there.then_some(departure));
    let names_creator = capabilities.creator == Creator::Property;
    note(Departure::Creator, names_creator && !create.get("creator").is_some_and(is_user));
    note(
        Departure::NullCreator,
        names_creator && event.event_type == "m.room.create" && event.content["creator"].is_null(),
    );
    note(
        Departure::Federate,
        create.get("m.federate").is_some_and(|federate| !federate.is_boolean()),
    );
    note(
        Departure::AdditionalCreators,
        capabilities.creator == Creator::Privileged
            && create.get("additional_creators").is_some_and(|users| {
                !users.as_array().is_some_and(|users| users.iter().all(is_user))
            }),
    );
    let is_member = event.event_type == "m.room.member";
    let key = event.state_key.as_deref();
    note(
        Departure::MemberStateKey,
        is_member && key.is_some_and(|key| ruma_common::UserId::parse(key).is_err()),
    );
    note(
        Departure::StateMembership,
        of_type(&scene.state, "m.room.member")
            .any(|member| !member.content["membership"].is_string()),
    );
    note(
        Departure::Authoriser,
        is_member
            && capabilities.restricted_joins
            && event
                .content
                .get("join_authorised_via_users_server")
                .is_some_and(|user| !is_user(user)),
    );
    note(
        Departure::InviteKeys,
        of_type(&scene.state, "m.room.third_party_invite")
            .any(|invite| !keys_are_strings(&invite.content)),
    );
    let signatures = &event.content["third_party_invite"]["signed"]["signatures"];
    note(
        Departure::InviteSignatures,
        signatures.as_object().is_some_and(|of| of.values().any(|keys| !keys.is_object())),
    );
    let in_state = of_type(&scene.state, "m.room.power_levels").map(|draft| &draft.content);
    let in_event = Some(&event.content).filter(|_| event.event_type == "m.room.power_levels");
    let spelled: Vec<_> = in_state.clone().chain(in_event).flat_map(levels).collect();
    note(
        Departure::LevelRange,
        spelled.iter().any(|level| is_integer(level, version) && !fits(level)),
    );
    note(
        Departure::TwoSigns,
        in_event.into_iter().flat_map(levels).any(|level| {
            level.as_str().is_some_and(|text| text.trim().starts_with("++"))
                && capabilities.levels != LevelForm::Integers
        }),
    );
    note(Departure::StateLevels, in_state.clone().any(|content| !is_well_formed(content, version)));
    found
}

fn keys_are_strings(content: &Json) -> bool {
    content.get("public_key").is_none_or(|key| key.is_string() || key.is_null())
        && content.get("public_keys").is_none_or(|keys| {
            let is_key = |key: &Json| key["public_key"].is_string();
            keys.as_array().is_some_and(|keys| keys.iter().all(is_key))
        })
}

const PROPERTIES: [&str; 7] =
    ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"];
const MAPS: [&str; 3] = ["events", "notifications", "users"];

pub(crate) fn levels(content: &Json) -> Vec<&Json> {
    let of_maps = MAPS.iter().filter_map(|map| content.get(map)?.as_object());
    PROPERTIES
        .iter()
        .filter_map(|property| content.get(property))
        .chain(of_maps.flat_map(|map| map.values()))
        .collect()
}

/// Whether the text has the value for an integer in the version.
fn is_integer(level: &Json, version: &RoomVersion) -> bool {
    match (level, version.capabilities.levels) {
        (Json::Number(_), LevelForm::FloatsAndStrings) => true,
        (Json::Number(number), _) => !number.is_f64(),
        (Json::String(text), LevelForm::FloatsAndStrings | LevelForm::Strings) => {
            let text = text.trim();
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether 53 bits hold it.
pub(crate) fn fits(level: &Json) -> bool {
    const BOUND: u64 = (1 << 53) - 1;
    let number = match level {
        Json::String(text) => text.trim().parse::<i64>().ok(),
        level => level.as_i64(),
    };
    number.is_some_and(|number| number.unsigned_abs() <= BOUND)
}

pub(crate) fn is_well_formed(content: &Json, version: &RoomVersion) -> bool {
    let users_are_users = content["users"]
        .as_object()
        .is_none_or(|users| users.keys().all(|user| is_user(&user.as_str().into())));
    users_are_users
        && MAPS.iter().all(|map| content.get(map).is_none_or(Json::is_object))
        && levels(content).into_iter().all(|level| is_integer(level, version))
}

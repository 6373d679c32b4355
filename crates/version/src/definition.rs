//! Room versions that a user defines in TOML.
//!
//! `base` names the version to start from; every other key is a capability that differs. The keys
//! are the fields of [`Capabilities`](crate::Capabilities), with redaction's fields in a table
//! `[redaction]` (or `redaction = "11"` for the whole algorithm of a version).

use toml::{Table, Value};

use crate::{
    CanonicalJson, Capabilities, Creator, EventIds, LevelForm, Redaction, RoomIds, RoomVersion,
    StateResolution, UnknownRoomVersion,
};

/// Why a definition is not a room version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// The text is not TOML.
    #[error("the definition is not TOML: {0}")]
    Toml(String),
    /// `base` is missing or no string.
    #[error("the definition names no `base` (a string such as \"11\")")]
    NoBase,
    /// `base` is no room version of the specification.
    #[error("`base`: {0}")]
    UnknownBase(#[from] UnknownRoomVersion),
    /// A key that no capability has.
    #[error("unknown key `{key}`; the nearest valid one is `{nearest}`")]
    UnknownKey {
        /// The key as it stands in the definition, dotted where it is inside a table.
        key: String,
        /// The valid key that is nearest to it.
        nearest: String,
    },
    /// A value that the key does not take.
    #[error("`{key}` takes {expected}, not {found}")]
    BadValue {
        /// The key.
        key: String,
        /// What it takes.
        expected: String,
        /// What stands there.
        found: String,
    },
}

const KEYS: [&str; 19] = [
    "id",
    "base",
    "event_ids",
    "room_ids",
    "canonical_json",
    "maximum_depth",
    "redaction",
    "event_id_server_signs",
    "key_validity",
    "aliases_rule",
    "redaction_rule",
    "redacts_in_content",
    "notifications_rule",
    "knocking",
    "restricted_joins",
    "knock_restricted_joins",
    "levels",
    "creator",
    "state_resolution",
];

const REDACTION_KEYS: [&str; 8] = [
    "keeps_legacy_keys",
    "keeps_aliases",
    "keeps_allow",
    "keeps_authorising_user",
    "keeps_create_content",
    "keeps_invite_level",
    "keeps_redacts",
    "keeps_third_party_signed",
];

pub(crate) fn parse(text: &str) -> Result<RoomVersion, DefinitionError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        DefinitionError::Toml(error.to_string().trim_end().to_owned())
    })?;
    let base = table.get("base").and_then(Value::as_str).ok_or(DefinitionError::NoBase)?;
    let base = RoomVersion::specified(base)?;
    let mut id = format!("{base}-variant");
    let mut capabilities = base.capabilities;
    for (key, value) in &table {
        match key.as_str() {
            "base" => {}
            "id" => string(key, value)?.clone_into(&mut id),
            "redaction" => redaction(&mut capabilities.redaction, value)?,
            _ => set(&mut capabilities, key, value)?,
        }
    }
    Ok(RoomVersion::new(&id, base.page(), capabilities))
}

fn set(to: &mut Capabilities, key: &str, value: &Value) -> Result<(), DefinitionError> {
    match key {
        "event_ids" => {
            to.event_ids = choice(
                key,
                value,
                &[
                    ("sent", EventIds::Sent),
                    ("reference_hash", EventIds::ReferenceHash),
                    ("url_safe_reference_hash", EventIds::UrlSafeReferenceHash),
                ],
            )?;
        }
        "room_ids" => {
            to.room_ids = choice(
                key,
                value,
                &[("domain", RoomIds::Domain), ("create_event", RoomIds::CreateEvent)],
            )?;
        }
        "canonical_json" => {
            to.canonical_json = choice(
                key,
                value,
                &[("lenient", CanonicalJson::Lenient), ("strict", CanonicalJson::Strict)],
            )?;
        }
        "maximum_depth" => {
            to.maximum_depth = value
                .as_integer()
                .filter(|depth| *depth >= 0)
                .ok_or_else(|| bad(key, "an integer from 0 to 2^63 - 1", value))?;
        }
        "event_id_server_signs" => to.event_id_server_signs = boolean(key, value)?,
        "key_validity" => to.key_validity = boolean(key, value)?,
        "aliases_rule" => to.aliases_rule = boolean(key, value)?,
        "redaction_rule" => to.redaction_rule = boolean(key, value)?,
        "redacts_in_content" => to.redacts_in_content = boolean(key, value)?,
        "notifications_rule" => to.notifications_rule = boolean(key, value)?,
        "knocking" => to.knocking = boolean(key, value)?,
        "restricted_joins" => to.restricted_joins = boolean(key, value)?,
        "knock_restricted_joins" => to.knock_restricted_joins = boolean(key, value)?,
        "levels" => {
            to.levels = choice(
                key,
                value,
                &[
                    ("floats_and_strings", LevelForm::FloatsAndStrings),
                    ("strings", LevelForm::Strings),
                    ("integers", LevelForm::Integers),
                ],
            )?;
        }
        "creator" => {
            to.creator = choice(
                key,
                value,
                &[
                    ("property", Creator::Property),
                    ("sender", Creator::Sender),
                    ("privileged", Creator::Privileged),
                ],
            )?;
        }
        "state_resolution" => {
            to.state_resolution = choice(
                key,
                value,
                &[
                    ("1", StateResolution::V1),
                    ("2", StateResolution::V2),
                    ("2.1", StateResolution::V2_1),
                ],
            )?;
        }
        _ => return Err(unknown(key, key, &KEYS, "")),
    }
    Ok(())
}

fn redaction(to: &mut Redaction, value: &Value) -> Result<(), DefinitionError> {
    if value.is_str() {
        *to = choice(
            "redaction",
            value,
            &[
                ("1", Redaction::V1),
                ("6", Redaction::V6),
                ("8", Redaction::V8),
                ("9", Redaction::V9),
                ("11", Redaction::V11),
            ],
        )?;
        return Ok(());
    }
    let table = value.as_table().ok_or_else(|| {
        bad("redaction", "a table, or one of \"1\", \"6\", \"8\", \"9\", \"11\"", value)
    })?;
    for (key, value) in table {
        let field = match key.as_str() {
            "keeps_legacy_keys" => &mut to.keeps_legacy_keys,
            "keeps_aliases" => &mut to.keeps_aliases,
            "keeps_allow" => &mut to.keeps_allow,
            "keeps_authorising_user" => &mut to.keeps_authorising_user,
            "keeps_create_content" => &mut to.keeps_create_content,
            "keeps_invite_level" => &mut to.keeps_invite_level,
            "keeps_redacts" => &mut to.keeps_redacts,
            "keeps_third_party_signed" => &mut to.keeps_third_party_signed,
            _ => {
                return Err(unknown(
                    key,
                    &format!("redaction.{key}"),
                    &REDACTION_KEYS,
                    "redaction.",
                ));
            }
        };
        *field = boolean(&format!("redaction.{key}"), value)?;
    }
    Ok(())
}

fn choice<T: Copy>(key: &str, value: &Value, among: &[(&str, T)]) -> Result<T, DefinitionError> {
    value
        .as_str()
        .and_then(|name| among.iter().find(|(known, _)| *known == name))
        .map(|(_, choice)| *choice)
        .ok_or_else(|| {
            let names: Vec<_> = among.iter().map(|(name, _)| format!("{name:?}")).collect();
            bad(key, &format!("one of {}", names.join(", ")), value)
        })
}

fn boolean(key: &str, value: &Value) -> Result<bool, DefinitionError> {
    value.as_bool().ok_or_else(|| bad(key, "true or false", value))
}

fn string<'a>(key: &str, value: &'a Value) -> Result<&'a str, DefinitionError> {
    value.as_str().ok_or_else(|| bad(key, "a string", value))
}

fn bad(key: &str, expected: &str, found: &Value) -> DefinitionError {
    DefinitionError::BadValue {
        key: key.to_owned(),
        expected: expected.to_owned(),
        found: found.to_string(),
    }
}

fn unknown(key: &str, shown: &str, among: &[&str], prefix: &str) -> DefinitionError {
    let nearest = among.iter().min_by_key(|known| strsim::levenshtein(known, key));
    DefinitionError::UnknownKey {
        key: shown.to_owned(),
        nearest: format!("{prefix}{}", nearest.copied().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_changes_what_it_names_and_nothing_else() {
        let version =
            parse("base = \"11\"\nstate_resolution = \"2.1\"\nknocking = false\n[redaction]\nkeeps_allow = false")
                .unwrap();
        let expected = Capabilities {
            state_resolution: StateResolution::V2_1,
            knocking: false,
            redaction: Redaction { keeps_allow: false, ..Redaction::V11 },
            ..Capabilities::V11
        };
        assert_eq!(version.capabilities, expected);
        assert_eq!(version.page(), 11);
        assert_eq!(version.id(), "11-variant");
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_valid_one() {
        let error = parse("base = \"11\"\nstate_resolutoin = \"2\"").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown key `state_resolutoin`; the nearest valid one is `state_resolution`"
        );
        let error = parse("base = \"11\"\nredaction = { keep_allow = true }").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown key `redaction.keep_allow`; the nearest valid one is `redaction.keeps_allow`"
        );
    }

    #[test]
    fn every_key_but_id_base_and_redaction_is_settable() {
        for key in KEYS.iter().filter(|key| !["id", "base", "redaction"].contains(key)) {
            let error = parse(&format!("base = \"11\"\n{key} = []")).unwrap_err();
            assert!(matches!(error, DefinitionError::BadValue { .. }), "{key}: {error}");
        }
    }

    #[test]
    fn a_wrong_value_names_what_the_key_takes() {
        let error = parse("base = \"11\"\nlevels = \"floats\"").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`levels` takes one of \"floats_and_strings\", \"strings\", \"integers\", not \"floats\""
        );
        assert_eq!(parse("knocking = true"), Err(DefinitionError::NoBase));
        assert!(matches!(parse("base = \"13\""), Err(DefinitionError::UnknownBase(_))));
        assert!(matches!(parse("base = "), Err(DefinitionError::Toml(_))));
    }
}

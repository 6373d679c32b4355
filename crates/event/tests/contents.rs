//! What the rules read of contents: levels in every spelling, and whatever is malformed kept as
//! such.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::content::{
    AdditionalCreators, AuthorisingUser, Content, Create, Federate, InviteProof, JoinRule,
    LevelValue, Member, Membership, NamedVersion, PowerLevels, Property, SignedInvite,
};
use exeunt_event::{Event, EventError, UserId};
use exeunt_version::RoomVersion;
use rstest::rstest;
use sample::{event, read_as, state, version, versions};
use serde_json::{Value as Json, json};

/// The power levels of that content, which is JSON as text to have numbers as they are spelled.
fn levels_in(content: &str, version: &RoomVersion) -> Result<PowerLevels, EventError> {
    let pdu = state(version, "m.room.power_levels", "", json!("CONTENT")).to_string();
    let event = Event::parse(pdu.replace("\"CONTENT\"", content).as_bytes(), version)?;
    match event.content() {
        Content::PowerLevels(levels) => Ok((**levels).clone()),
        other => panic!("{other:?}"),
    }
}

/// The level `ban` in a spelling; `None` where the version has no such JSON.
fn level(spelling: &str, version: &RoomVersion) -> Option<LevelValue> {
    let content = format!("{{\"ban\":{spelling}}}");
    levels_in(&content, version).ok().map(|levels| levels.property(Property::Ban))
}

const IS_50: Option<LevelValue> = Some(LevelValue::Is(50));
const MALFORMED: Option<LevelValue> = Some(LevelValue::Malformed);
const MAX: Option<LevelValue> = Some(LevelValue::Is(i64::MAX));
const MIN: Option<LevelValue> = Some(LevelValue::Is(i64::MIN));
const DROPPED: Option<LevelValue> = None;

/// A spelling in versions 1 to 5, in 6 to 9, and from 10 on.
#[rstest]
#[case::integer("50", IS_50, IS_50, IS_50)]
#[case::largest(
    "9007199254740991",
    Some(LevelValue::Is(9_007_199_254_740_991)),
    Some(LevelValue::Is(9_007_199_254_740_991)),
    Some(LevelValue::Is(9_007_199_254_740_991))
)]
#[case::negative("-50", Some(LevelValue::Is(-50)), Some(LevelValue::Is(-50)), Some(LevelValue::Is(-50)))]
#[case::beyond_2_53(
    "9007199254740992",
    Some(LevelValue::Is(9_007_199_254_740_992)),
    DROPPED,
    DROPPED
)]
#[case::beyond_64_bits("99999999999999999999", MAX, DROPPED, DROPPED)]
#[case::below_64_bits("-99999999999999999999", MIN, DROPPED, DROPPED)]
#[case::float("50.57", IS_50, DROPPED, DROPPED)]
#[case::round_float("50.0", IS_50, DROPPED, DROPPED)]
#[case::negative_float("-50.57", Some(LevelValue::Is(-50)), DROPPED, DROPPED)]
#[case::small_float("-0.5", Some(LevelValue::Is(0)), DROPPED, DROPPED)]
#[case::exponent("5.114698E4", Some(LevelValue::Is(51_146)), DROPPED, DROPPED)]
#[case::negative_exponent("5057e-2", IS_50, DROPPED, DROPPED)]
#[case::minus_zero("-0", Some(LevelValue::Is(0)), DROPPED, DROPPED)]
#[case::large_float("1e300", MAX, DROPPED, DROPPED)]
#[case::beyond_doubles("1e400", DROPPED, DROPPED, DROPPED)]
#[case::infinity("Infinity", DROPPED, DROPPED, DROPPED)]
#[case::string("\"50\"", IS_50, IS_50, MALFORMED)]
#[case::zeros("\"00050\"", IS_50, IS_50, MALFORMED)]
#[case::plus("\"+50\"", IS_50, IS_50, MALFORMED)]
#[case::minus("\"-50\"", Some(LevelValue::Is(-50)), Some(LevelValue::Is(-50)), MALFORMED)]
#[case::spaces("\"  +0050 \"", IS_50, IS_50, MALFORMED)]
#[case::tabs("\"\\t50\\n\"", IS_50, IS_50, MALFORMED)]
#[case::long_string("\"99999999999999999999\"", MAX, MAX, MALFORMED)]
#[case::float_string("\"50.0\"", MALFORMED, MALFORMED, MALFORMED)]
#[case::exponent_string("\"5e1\"", MALFORMED, MALFORMED, MALFORMED)]
#[case::two_signs("\"--50\"", MALFORMED, MALFORMED, MALFORMED)]
#[case::inner_space("\"5 0\"", MALFORMED, MALFORMED, MALFORMED)]
#[case::hexadecimal("\"0x32\"", MALFORMED, MALFORMED, MALFORMED)]
#[case::word("\"abc\"", MALFORMED, MALFORMED, MALFORMED)]
#[case::empty("\"\"", MALFORMED, MALFORMED, MALFORMED)]
#[case::truth("true", MALFORMED, MALFORMED, MALFORMED)]
#[case::null("null", MALFORMED, MALFORMED, MALFORMED)]
#[case::array("[50]", MALFORMED, MALFORMED, MALFORMED)]
#[case::object("{}", MALFORMED, MALFORMED, MALFORMED)]
fn a_level_has_the_spellings_of_its_version(
    #[case] spelling: &str,
    #[case] first_five: Option<LevelValue>,
    #[case] until_nine: Option<LevelValue>,
    #[case] from_ten: Option<LevelValue>,
) {
    for version in RoomVersion::all() {
        let expected = match version.page() {
            1..=5 => first_five,
            6..=9 => until_nine,
            _ => from_ten,
        };
        assert_eq!(level(spelling, &version), expected, "{spelling} in {version}");
    }
}

#[test]
fn read_as_python_more_strings_and_truth_values_are_levels_until_version_9() {
    for id in RoomVersion::SPECIFIED {
        let python = read_as(id, "level_strings", "python");
        for (spelling, expected) in [("\"1_0\"", 10), ("\"٥٠\"", 50), ("true", 1), ("false", 0)] {
            let (by_text, by_python) = (level(spelling, &version(id)), level(spelling, &python));
            assert_eq!(by_text, MALFORMED, "{spelling} in {id}");
            let takes_it = version(id).page() <= 9;
            let expected = if takes_it { Some(LevelValue::Is(expected)) } else { MALFORMED };
            assert_eq!(by_python, expected, "{spelling} in {id}");
        }
    }
}

/// Where a user's version has the JSON of one specified version and the levels of another.
#[test]
fn floats_are_levels_by_the_form_of_levels_not_by_the_json() {
    let with = |base: &str, more: &str| {
        RoomVersion::from_toml(&format!("base = \"{base}\"\n{more}")).unwrap()
    };
    let lenient = "canonical_json = \"lenient\"";
    assert_eq!(level("50.57", &with("5", "")), IS_50);
    assert_eq!(level("50.57", &with("9", lenient)), MALFORMED);
    assert_eq!(level("50.57", &with("11", lenient)), MALFORMED);
    assert_eq!(level("\"50\"", &with("9", lenient)), IS_50);
}

/// The two examples of the specification.
#[test]
fn the_power_levels_of_the_specification_with_floats_and_strings() {
    let floats = r#"{"ban": 50, "events": {"m.room.power_levels": 100}, "events_default": 0,
        "state_default": 50, "users": {"@example:example.org": 100, "@alice:localhost": 50,
        "@bob:localhost": 50.57}, "users_default": 0}"#;
    let strings = r#"{"ban": "50", "events": {"m.room.power_levels": "100"},
        "events_default": "0", "state_default": "50", "users": {"@example:localhost": "100"},
        "users_default": "0"}"#;
    for version in versions(1, 5) {
        let levels = levels_in(floats, &version).unwrap();
        assert_eq!(levels.user("@bob:localhost"), levels.user("@alice:localhost"));
        assert_eq!(levels.user("@bob:localhost"), 50);
    }
    for version in versions(6, 12) {
        assert!(levels_in(floats, &version).is_err());
    }
    for version in versions(1, 9) {
        let levels = levels_in(strings, &version).unwrap();
        assert_eq!(levels.user("@example:localhost"), 100);
        assert_eq!(levels.required("m.room.power_levels", true), 100);
        assert_eq!(levels.property(Property::StateDefault), LevelValue::Is(50));
        assert_eq!((levels.users.malformed(), levels.events.malformed()), (None, None));
    }
    for version in versions(10, 12) {
        let levels = levels_in(strings, &version).unwrap();
        assert_eq!(levels.users.malformed(), Some("@example:localhost"));
        assert_eq!(levels.events.malformed(), Some("m.room.power_levels"));
        assert_eq!(levels.property(Property::UsersDefault), LevelValue::Malformed);
        assert_eq!(levels.user("@example:localhost"), 0);
    }
}

#[test]
fn absent_levels_have_their_defaults_and_present_ones_their_names() {
    let version = version("12");
    let none = levels_in("{}", &version).unwrap();
    let defaults = [
        ("users_default", 0),
        ("events_default", 0),
        ("state_default", 50),
        ("ban", 50),
        ("redact", 50),
        ("kick", 50),
        ("invite", 0),
    ];
    for (property, (name, default)) in Property::ALL.into_iter().zip(defaults) {
        assert_eq!(property.as_str(), name);
        assert_eq!(none.property(property), LevelValue::Absent);
        assert_eq!((none.level(property), property.default_level()), (default, default));
        let some = levels_in(&format!("{{\"{name}\":7}}"), &version).unwrap();
        assert_eq!(some.level(property), 7);
        let others = Property::ALL.into_iter().filter(|other| *other != property);
        assert!(others.into_iter().all(|other| some.property(other) == LevelValue::Absent));
        let malformed = levels_in(&format!("{{\"{name}\":[]}}"), &version).unwrap();
        assert_eq!(malformed.level(property), default);
    }
    assert_eq!((none.required("a", true), none.required("a", false)), (50, 0));
    assert_eq!(none.user("@a:b"), 0);
    assert!(!none.users.is_present() && none.users.is_object());
}

#[test]
fn a_map_of_levels_keeps_what_is_malformed() {
    for version in RoomVersion::all() {
        for name in ["events", "notifications", "users"] {
            let map = |value: &str| {
                let levels = levels_in(&format!("{{\"{name}\":{value}}}"), &version).unwrap();
                match name {
                    "events" => levels.events,
                    "notifications" => levels.notifications,
                    _ => levels.users,
                }
            };
            for wrong in ["[]", "null", "1", "\"{}\""] {
                assert!(map(wrong).is_present() && !map(wrong).is_object(), "{wrong}");
                assert_eq!(map(wrong).iter().count(), 0);
            }
            let mixed = map(r#"{"@d:d": [], "@b:b": 2, "@a:a": 1, "@c:c": null}"#);
            assert_eq!(mixed.malformed(), Some("@c:c"));
            assert_eq!(
                (mixed.get("@a:a"), mixed.get("@c:c"), mixed.get("@e")),
                (Some(1), None, None)
            );
            let names: Vec<_> =
                mixed.iter().map(|(name, level)| (name.to_string(), level)).collect();
            assert_eq!(names, [("@a:a".to_owned(), 1), ("@b:b".to_owned(), 2)]);
        }
    }
}

#[rstest]
#[case("@alice:one.example", true, true)]
#[case("@:one.example", true, true)]
#[case("@Alice B:one.example:80", true, true)]
#[case("@alice:", false, true)]
#[case("@alice:one_example", false, true)]
#[case("@ali\\u0000ce:one.example", false, true)]
#[case("@alice", false, false)]
#[case("alice:one.example", false, false)]
#[case("", false, false)]
fn a_key_of_users_is_a_user_id_as_it_is_read(
    #[case] user: &str,
    #[case] user_ids: bool,
    #[case] sigil_and_colon: bool,
) {
    for id in RoomVersion::SPECIFIED {
        let users = format!("{{\"users\":{{\"@a:a\":1,\"{user}\":\"malformed\"}}}}");
        for (reading, expected) in [("user_ids", user_ids), ("sigil_and_colon", sigil_and_colon)] {
            let version = read_as(id, "power_levels_users", reading);
            let levels = levels_in(&users, &version).unwrap();
            let invalid = levels.invalid_user.map(|name| name.to_string());
            let name = user.replace("\\u0000", "\0");
            assert_eq!(invalid, (!expected).then_some(name), "{user} as {reading}");
        }
    }
}

fn create(content: Json) -> Create {
    let version = version("11");
    match event(&state(&version, "m.room.create", "", content), &version).content() {
        Content::Create(create) => create.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_create_content_tells_absent_from_malformed() {
    let empty = create(json!({}));
    assert!(!empty.has_creator && empty.creator.is_none());
    assert_eq!(empty.room_version, NamedVersion::Absent);
    assert_eq!(empty.federate, Federate::Absent);
    assert_eq!(empty.additional_creators, AdditionalCreators::Absent);

    let full = create(json!({
        "creator": "@a:b", "room_version": "12", "m.federate": false,
        "additional_creators": ["@c:d", "no user"],
    }));
    assert!(full.has_creator);
    assert_eq!(full.creator, Some(UserId::from_received("@a:b")));
    assert_eq!(full.room_version, NamedVersion::Named("12".into()));
    assert_eq!(full.federate, Federate::Is(false));
    let listed: Vec<_> = full.additional_creators.listed().iter().map(UserId::as_str).collect();
    assert_eq!(listed, ["@c:d", "no user"]);

    for wrong in [json!(null), json!(1), json!({}), json!([1]), json!(["@a:b", null])] {
        let malformed = create(json!({
            "creator": wrong, "room_version": wrong, "m.federate": wrong,
            "additional_creators": wrong,
        }));
        assert!(malformed.has_creator && malformed.creator.is_none());
        assert_eq!(malformed.room_version, NamedVersion::Malformed);
        assert_eq!(malformed.federate, Federate::Malformed);
        assert_eq!(malformed.additional_creators, AdditionalCreators::Malformed);
        assert!(malformed.additional_creators.listed().is_empty());
    }
    assert_eq!(create(json!({ "m.federate": "false" })).federate, Federate::Malformed);
    let nobody = create(json!({ "additional_creators": [] })).additional_creators;
    assert_eq!(nobody, AdditionalCreators::Listed([].into()));
}

fn member_in(content: Json, version: &RoomVersion) -> Member {
    match event(&sample::member(version, "@a:b", content), version).content() {
        Content::Member(member) => member.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_membership_is_one_of_five_or_unknown_or_absent() {
    let membership = |content: Json| member_in(content, &version("1")).membership;
    for (name, expected) in [
        ("invite", Membership::Invite),
        ("join", Membership::Join),
        ("leave", Membership::Leave),
        ("ban", Membership::Ban),
        ("knock", Membership::Knock),
    ] {
        assert_eq!(membership(json!({ "membership": name })), Some(expected));
        assert_eq!(expected.as_str(), name);
    }
    for unknown in [json!("Join"), json!(""), json!("unknown"), json!(null), json!(["join"])] {
        assert_eq!(membership(json!({ "membership": unknown })), Some(Membership::Unknown));
    }
    assert_eq!(membership(json!({})), None);
}

#[test]
fn an_authorising_user_is_a_string_or_malformed_or_absent() {
    let user = |content: Json| member_in(content, &version("8")).authorising_user;
    let key = "join_authorised_via_users_server";
    assert_eq!(user(json!({})), AuthorisingUser::Absent);
    let named = AuthorisingUser::User(UserId::from_received("no user"));
    assert_eq!(user(json!({ key: "no user" })), named);
    for wrong in [json!(null), json!(1), json!(["@a:b"])] {
        assert_eq!(user(json!({ key: wrong })), AuthorisingUser::Malformed);
    }
}

fn proof(invite: &Json) -> InviteProof {
    let content = json!({ "membership": "invite", "third_party_invite": invite });
    member_in(content, &version("11")).third_party_invite
}

fn signed_part(signed: &Json) -> SignedInvite {
    match proof(&json!({ "signed": signed, "display_name": "a" })) {
        InviteProof::Signed(signed) => *signed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_proof_of_a_third_party_invite_is_over_what_the_identity_server_signed() {
    let signed = signed_part(&json!({
        "token": "t", "mxid": "@a:b", "extra": [1, "é"], "unsigned": 1,
        "signatures": {
            "id.example": { "ed25519:1": "two", "ed25519:0": "one", "rsa:1": "none" },
            "another.example": { "ed25519:0": "zero", "ed25519:2": 1 },
            "third.example": "none",
        },
    }));
    assert_eq!((signed.mxid.as_deref(), signed.token.as_deref()), (Some("@a:b"), Some("t")));
    let signatures: Vec<&str> = signed.signatures.iter().map(|one| &**one).collect();
    assert_eq!(signatures, ["zero", "one", "two"]);
    let signable = std::str::from_utf8(&signed.signable).unwrap();
    assert_eq!(signable, r#"{"extra":[1,"é"],"mxid":"@a:b","token":"t"}"#);

    let malformed = signed_part(&json!({ "mxid": 1, "token": null, "signatures": [] }));
    assert_eq!((malformed.mxid, malformed.token), (None, None));
    assert!(malformed.signatures.is_empty());
    assert_eq!(&*signed_part(&json!("signed")).signable, b"{}");
    assert_eq!(&*signed_part(&json!(null)).signable, b"{}");
}

#[test]
fn a_proof_without_signed_is_there_but_proves_nothing() {
    for invite in [json!({}), json!({ "display_name": 1 }), json!([]), json!("a"), json!(null)] {
        assert!(matches!(proof(&invite), InviteProof::WithoutSigned));
    }
    let content = json!({ "membership": "invite" });
    let absent = member_in(content, &version("11")).third_party_invite;
    assert!(matches!(absent, InviteProof::Absent));
    let null = json!({ "membership": "invite", "third_party_invite": null });
    let version = read_as("11", "null_third_party_invite", "absent");
    assert!(matches!(member_in(null, &version).third_party_invite, InviteProof::Absent));
}

#[test]
fn a_join_rule_is_one_of_five_or_another() {
    let rule = |content: Json| {
        let version = version("1");
        match event(&state(&version, "m.room.join_rules", "", content), &version).content() {
            Content::JoinRules(rule) => *rule,
            other => panic!("{other:?}"),
        }
    };
    for (name, expected) in [
        ("public", JoinRule::Public),
        ("invite", JoinRule::Invite),
        ("knock", JoinRule::Knock),
        ("restricted", JoinRule::Restricted),
        ("knock_restricted", JoinRule::KnockRestricted),
    ] {
        assert_eq!(rule(json!({ "join_rule": name })), expected);
        assert_eq!(expected.as_str(), name);
    }
    for other in [json!("private"), json!("Public"), json!(null), json!(["public"])] {
        assert_eq!(rule(json!({ "join_rule": other })), JoinRule::Other);
    }
    assert_eq!(rule(json!({})), JoinRule::Other);
}

#[test]
fn a_third_party_invite_has_the_keys_of_both_places() {
    let keys = |content: Json| {
        let version = version("1");
        match event(&state(&version, "m.room.third_party_invite", "t", content), &version).content()
        {
            Content::ThirdPartyInvite(invite) => invite.public_keys.join(" "),
            other => panic!("{other:?}"),
        }
    };
    let both = json!({
        "public_key": "one",
        "public_keys": [{ "public_key": "two" }, 3, { "public_key": 4 }, {}, { "public_key": "five" }],
    });
    assert_eq!(keys(both), "one two five");
    assert_eq!(keys(json!({ "public_keys": [{ "public_key": "two" }] })), "two");
    assert_eq!(keys(json!({ "public_key": 1, "public_keys": {} })), "");
    assert_eq!(keys(json!({})), "");
}

#[test]
fn other_types_have_no_content_that_a_rule_reads() {
    let version = version("1");
    for event_type in ["m.room.message", "m.room.aliases", "m.room.redaction", "m.room.Create"] {
        let content = json!({ "membership": "join", "creator": "@a:b" });
        let event = event(&state(&version, event_type, "", content), &version);
        assert!(matches!(event.content(), Content::Other), "{event_type}");
        assert_eq!(event.event_type().as_str(), event_type);
    }
}

//! Questions about canonical JSON, event IDs, redaction and signing, written by hand.

use exeunt_event::base64;
use exeunt_event::json::Value;
use exeunt_version::{CanonicalJson, EventIds, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

use crate::collection::{Collection, Question};
use crate::pdus::{from_json, pdu, question, seed, signed, value};

pub(crate) fn collect(into: &mut Collection) {
    for version in RoomVersion::all() {
        canonical_json(into, &version);
        event_ids(into, &version);
        redactions(into, &version);
        signing(into, &version);
    }
}

fn canonical_json(into: &mut Collection, version: &RoomVersion) {
    let mut ask = |family: &str, name: &str, comment: &str, text: &str| {
        let request = question("canonical_json", version, [("value", value(text))]);
        into.add(Question::new("by-hand", name, comment, request).filed(family));
    };
    for (name, comment, text) in VALUES {
        ask("values", name, comment, text);
    }
    for (name, comment, text) in STRINGS {
        ask("strings", name, comment, text);
    }
    for (name, comment, text) in KEYS {
        ask("keys", name, comment, text);
    }
    // In earlier versions such numbers have no canonical form.
    let is_strict = version.capabilities.canonical_json == CanonicalJson::Strict;
    for (name, comment, text) in NUMBERS.iter().filter(|_| is_strict) {
        ask("numbers", name, comment, text);
    }
}

type Text = (&'static str, &'static str, &'static str);

const VALUES: &[Text] = &[
    ("empty object", "An empty object.", "{}"),
    ("empty array", "An empty array.", "[]"),
    ("null", "The value null.", "null"),
    ("true", "The value true.", "true"),
    ("false", "The value false.", "false"),
    ("zero", "Zero.", "0"),
    ("negative", "A negative integer.", "-17"),
    ("largest", "The largest integer that canonical JSON has.", "9007199254740991"),
    ("smallest", "The smallest integer that canonical JSON has.", "-9007199254740991"),
    (
        "32 bits",
        "An integer that takes more than 32 bits.",
        "[2147483648, 4294967296, -2147483649]",
    ),
    ("space", "White space is left out.", " { \"a\" : [ 1 , 2 ] } "),
    (
        "nested",
        "Arrays keep their order, and objects in them are sorted.",
        r#"[3,{"b":1,"a":[2,1]},"x"]"#,
    ),
    ("null member", "A member that is null stays.", r#"{"a":null}"#),
    (
        "of the specification",
        "An example of the specification.",
        r#"{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"medium":"email","address":"john.doe@example.org"},{"medium":"msisdn","address":"123456789"}]}}}"#,
    ),
];

const STRINGS: &[Text] = &[
    ("empty", "An empty string.", r#""""#),
    ("quote", "A quotation mark is escaped.", r#""\"""#),
    ("backslash", "A backslash is escaped.", r#""\\""#),
    ("slash", "A slash is not escaped.", r#""\/""#),
    ("short escapes", "Control characters that have a short escape have that.", r#""\b\t\n\f\r""#),
    ("nul", "NUL is escaped with lower-case digits.", r#""\u0000""#),
    (
        "controls",
        "Other control characters are escaped with lower-case digits.",
        r#""\u0001\u000b\u001f""#,
    ),
    ("delete", "DEL is no control character here.", r#""\u007f""#),
    ("c1", "Control characters above DEL are not escaped.", r#""\u0080\u009f""#),
    ("latin", "Letters beyond ASCII are not escaped.", r#""\u00e9\u00df""#),
    ("japanese", "Nor are other scripts.", r#""\u65e5\u672c\u8a9e""#),
    ("surrogates", "A surrogate pair is one character, and not escaped.", r#""\ud83d\ude00""#),
    ("line separators", "Line separators of JavaScript are not escaped.", r#""\u2028\u2029""#),
    ("html", "What HTML escapes is not escaped.", r#""<a href='x'>&</a>""#),
    ("not normalised", "Unicode is not normalised.", r#"["\u00e9","e\u0301"]"#),
    ("byte order mark", "A byte order mark within a string stays.", r#""\ufeffa""#),
    ("non-characters", "Non-characters stay.", r#""\uffff\ufffe""#),
];

const KEYS: &[Text] = &[
    ("sorted", "Keys are sorted.", r#"{"b":"2","a":"1"}"#),
    ("upper case", "Upper case comes before lower case.", r#"{"a":1,"B":2,"A":3,"_":4}"#),
    ("digits", "Keys of digits are sorted as text.", r#"{"10":1,"9":2,"1":3}"#),
    (
        "prefix",
        "A key comes before a longer one that it begins.",
        r#"{"ab":1,"a":2,"":3,"a b":4,"a.b":5}"#,
    ),
    (
        "code points",
        "Keys are sorted by code points, not by UTF-16 code units.",
        r#"{"\ud800\udc00":1,"\uffff":2,"\ue000":3,"z":4}"#,
    ),
    ("japanese", "Keys beyond ASCII are sorted by code points.", r#"{"本":2,"日":1}"#),
    (
        "escapes",
        "Keys are sorted by what they are, not by how they are written.",
        r#"{"\n":1,"\"":2,"!":3,"\u0000":4,"\\":5}"#,
    ),
    ("nested", "Keys are sorted at every depth.", r#"{"b":{"d":1,"c":2},"a":[{"f":1,"e":2}]}"#),
];

const NUMBERS: &[Text] = &[
    ("fraction", "A float has no canonical form.", "1.5"),
    ("whole float", "Nor has an integer that is spelled as a float.", "1.0"),
    ("exponent", "Nor has a number with an exponent.", "1e2"),
    ("signed exponent", "Nor has one with a signed exponent.", "1E+2"),
    ("negative exponent", "Nor has one with a negative exponent.", "1e-2"),
    ("minus zero", "Minus zero is a float.", "-0"),
    ("zero float", "Zero may be spelled as a float too.", "0.0"),
    ("too large", "An integer of 2^53 is out of range.", "9007199254740992"),
    ("too small", "An integer of -2^53 is out of range.", "-9007199254740992"),
    ("64 bits", "An integer beyond 64 bits is out of range.", "18446744073709551616"),
    ("i64", "The largest 64-bit integer is out of range.", "9223372036854775807"),
    ("in an array", "A float within an array.", r#"{"a":[1,2.5]}"#),
    ("in an object", "A float within an object.", r#"{"a":{"b":1.0}}"#),
];

/// Events of many types, with all that redaction keeps and things that it does not.
fn contents() -> Vec<(&'static str, Option<&'static str>, Json)> {
    let token = json!({ "mxid": "@bob:b.example", "token": "abc",
        "signatures": { "id.example": { "ed25519:0": "c2lnbmF0dXJl" } } });
    vec![
        (
            "m.room.member",
            Some("@bob:b.example"),
            json!({ "membership": "invite",
            "displayname": "Bob", "avatar_url": "mxc://b.example/b", "reason": "why", "is_direct": true,
            "join_authorised_via_users_server": "@alice:a.example",
            "third_party_invite": { "display_name": "b…", "signed": token, "other": 1 } }),
        ),
        (
            "m.room.create",
            Some(""),
            json!({ "creator": "@alice:a.example", "room_version": "1",
            "m.federate": true, "type": "m.space", "predecessor": { "room_id": "!old:a.example" },
            "additional_creators": ["@bob:b.example"], "other": 1 }),
        ),
        (
            "m.room.join_rules",
            Some(""),
            json!({ "join_rule": "restricted",
            "allow": [{ "type": "m.room_membership", "room_id": "!other:a.example" }], "other": 1 }),
        ),
        (
            "m.room.power_levels",
            Some(""),
            json!({ "users": { "@alice:a.example": 100 },
            "users_default": 0, "events": { "m.room.name": 50 }, "events_default": 0,
            "state_default": 50, "ban": 50, "kick": 50, "redact": 50, "invite": 0,
            "notifications": { "room": 50 }, "historical": 100, "other": 1 }),
        ),
        (
            "m.room.history_visibility",
            Some(""),
            json!({ "history_visibility": "shared", "other": 1 }),
        ),
        ("m.room.aliases", Some("a.example"), json!({ "aliases": ["#a:a.example"], "other": 1 })),
        ("m.room.redaction", None, json!({ "redacts": "$target", "reason": "spam" })),
        ("m.room.canonical_alias", Some(""), json!({ "alias": "#a:a.example", "alt_aliases": [] })),
        ("m.room.name", Some(""), json!({ "name": "Elsinore" })),
        ("m.room.topic", Some(""), json!({ "topic": "Something is rotten" })),
        ("m.room.server_acl", Some(""), json!({ "allow": ["*"], "deny": ["evil.example"] })),
        (
            "m.room.third_party_invite",
            Some("abc"),
            json!({ "display_name": "b…",
            "public_key": "a2V5", "public_keys": [{ "public_key": "a2V5" }] }),
        ),
        ("m.room.guest_access", Some(""), json!({ "guest_access": "can_join" })),
        ("m.room.encryption", Some(""), json!({ "algorithm": "m.megolm.v1.aes-sha2" })),
        ("m.room.tombstone", Some(""), json!({ "replacement_room": "!new:a.example" })),
        ("m.room.message", None, json!({ "msgtype": "m.text", "body": "Exeunt" })),
        ("m.room.encrypted", None, json!({ "ciphertext": "xyz" })),
        ("m.reaction", None, json!({ "m.relates_to": { "event_id": "$x", "key": "!" } })),
        ("org.example.other", Some("key"), json!({ "membership": "join", "join_rule": "public" })),
    ]
}

/// An event of a type, with every top-level key that some version knows.
fn full(kind: &str, state_key: Option<&str>, content: &Json) -> Json {
    let mut fields = json!({
        "type": kind, "content": content, "origin": "a.example", "membership": "join",
        "prev_state": [], "redacts": "$target:a.example", "other": { "a": 1 },
        "unsigned": { "age": 12, "replaces_state": "$x" }, "hashes": { "sha256": "" },
        "signatures": { "a.example": { "ed25519:1": "c2lnbmF0dXJl" } },
    });
    if let Some(key) = state_key {
        fields["state_key"] = json!(key);
    }
    fields
}

fn redactions(into: &mut Collection, version: &RoomVersion) {
    let mut ask = |family: &str, name: &str, comment: String, fields: &Json| {
        let event = Value::from(pdu(version, fields));
        let request = question("redact", version, [("event", event)]);
        into.add(Question::new("by-hand", name, comment, request).filed(family));
    };
    for (kind, state_key, content) in contents() {
        let comment = format!("What redaction keeps of an {kind} event.");
        ask("types", kind, comment, &full(kind, state_key, &content));
    }
    let invite = |invite: Json| {
        let content = json!({ "membership": "invite", "third_party_invite": invite });
        json!({ "type": "m.room.member", "state_key": "@bob:b.example", "content": content })
    };
    for (name, comment, value) in [
        (
            "without signed",
            "A third-party invite without what is signed.",
            json!({ "display_name": "b" }),
        ),
        ("no object", "A third-party invite that is no object.", json!(7)),
        ("null", "A third-party invite of null.", json!(null)),
        ("empty", "An empty third-party invite.", json!({})),
        (
            "signed no object",
            "A third-party invite whose signed part is no object.",
            json!({ "signed": 5 }),
        ),
    ] {
        ask("third-party-invites", name, comment.to_owned(), &invite(value));
    }
    for (name, comment, key, value) in [
        (
            "membership of another type",
            "What is kept is kept whatever its type.",
            "membership",
            json!(5),
        ),
        (
            "membership of null",
            "What is kept is kept even if it is null.",
            "membership",
            json!(null),
        ),
    ] {
        let fields = json!({ "type": "m.room.member", "state_key": "@bob:b.example",
            "content": { key: value } });
        ask("values", name, comment.to_owned(), &fields);
    }
    let levels = json!({ "type": "m.room.power_levels", "content": { "users": 5, "invite": "x" } });
    ask("values", "levels that are none", "Levels are kept whatever they are.".to_owned(), &levels);
    let deep = json!({ "type": "m.room.power_levels", "state_key": "",
        "content": { "users": { "@a:b": 1, "x": { "y": [] } }, "events": { "z": null } } });
    ask("values", "levels in full", "Maps of levels are kept whole.".to_owned(), &deep);
    if version.capabilities.room_ids == RoomIds::CreateEvent {
        let fields = json!({ "type": "m.room.create", "state_key": "", "room_id": "!r:a.example",
            "content": { "room_version": "12" } });
        ask("create", "with a room ID", "A create event that has a room ID.".to_owned(), &fields);
    }
}

fn event_ids(into: &mut Collection, version: &RoomVersion) {
    let mut ask = |family: &str, name: &str, comment: String, fields: &Json| {
        let event = Value::from(pdu(version, fields));
        let request = question("event_id", version, [("event", event)]);
        into.add(Question::new("by-hand", name, comment, request).filed(family));
    };
    for (kind, state_key, content) in contents() {
        let comment = format!("The hashes of an {kind} event with all that it may have.");
        ask("types", kind, comment, &full(kind, state_key, &content));
    }
    let message = |more: Json| {
        let mut fields = json!({ "type": "m.room.message",
            "content": { "msgtype": "m.text", "body": "Exit" } });
        for (key, value) in more.as_object().unwrap() {
            fields[key] = value.clone();
        }
        fields
    };
    for (name, comment, more) in [
        ("plain", "A message without anything more.", json!({})),
        ("unsigned", "What is unsigned is not hashed.", json!({ "unsigned": { "age": 5 } })),
        (
            "signatures",
            "Signatures are not hashed.",
            json!({ "signatures": { "a.example": { "ed25519:1": "eA" } } }),
        ),
        (
            "hashes",
            "The hash of an event covers its hashes, its content hash does not.",
            json!({ "hashes": { "sha256": "eA" } }),
        ),
        (
            "two hashes",
            "Hashes of other kinds count too.",
            json!({ "hashes": { "sha256": "eA", "md5": "eQ" } }),
        ),
        (
            "age_ts",
            "What Synapse once added at the top level.",
            json!({ "age_ts": 5, "outlier": true, "destinations": [] }),
        ),
        ("origin", "The origin.", json!({ "origin": "a.example" })),
        ("redacts", "A message that redacts something.", json!({ "redacts": "$x:a.example" })),
        (
            "unicode",
            "Text beyond ASCII.",
            json!({ "content": { "body": "日本語 😀 \u{7f}\u{0}\u{2028}" } }),
        ),
        (
            "deep",
            "Nested content.",
            json!({ "content": { "b": [{ "d": [], "c": {} }], "a": [1, [2, [3]]] } }),
        ),
        ("depth of zero", "A depth of zero.", json!({ "depth": 0 })),
        (
            "largest depth",
            "The largest depth that all versions have.",
            json!({ "depth": 9_007_199_254_740_991_i64 }),
        ),
        ("time before the epoch", "A negative time.", json!({ "origin_server_ts": -1 })),
        (
            "no state key",
            "A state key of null is one of the wrong type.",
            json!({ "state_key": null }),
        ),
    ] {
        ask("messages", name, comment.to_owned(), &message(more));
    }
    let is_strict = version.capabilities.canonical_json == CanonicalJson::Strict;
    for (name, text) in [("float", "1.5"), ("whole float", "1.0"), ("2^53", "9007199254740992")] {
        let mut event = pdu(version, &message(json!({})));
        let content = event.get_mut("content").unwrap().as_object_mut().unwrap();
        content.insert("number", value(text));
        let request = question("event_id", version, [("event", Value::from(event))]);
        let comment = "A number that canonical JSON forbids makes it no event.";
        if is_strict {
            let asked = Question::new("by-hand", name, comment, request).filed("bad-events");
            into.add(asked.about_security(true));
        }
    }
    for field in [
        "type",
        "sender",
        "content",
        "prev_events",
        "auth_events",
        "depth",
        "origin_server_ts",
        "room_id",
    ] {
        for (what, wrong) in [("without", None), ("wrong", Some(Value::from(true)))] {
            let mut event = pdu(version, &message(json!({})));
            event.remove(field);
            if let Some(wrong) = wrong {
                event.insert(field, wrong);
            }
            let request = question("event_id", version, [("event", Value::from(event))]);
            let comment = format!(
                "An event whose {field} is {}.",
                match what {
                    "without" => "missing",
                    _ => "of the wrong type",
                }
            );
            let name = format!("{what} {field}");
            into.add(Question::new("by-hand", name, comment, request).filed("bad-events"));
        }
    }
    for (name, text) in [("2^63", "9223372036854775808"), ("2^63 - 1", "9223372036854775807")] {
        let mut event = pdu(version, &message(json!({})));
        event.insert("depth", value(text));
        let request = question("event_id", version, [("event", Value::from(event))]);
        let comment = format!("A depth of {name}.");
        into.add(
            Question::new("by-hand", format!("depth {name}"), comment, request).filed("bad-events"),
        );
    }
    if version.capabilities.event_ids == EventIds::Sent {
        let mut event = pdu(version, &message(json!({})));
        event.remove("event_id");
        let request = question("event_id", version, [("event", Value::from(event))]);
        let comment = "An event that does not carry its ID.";
        into.add(Question::new("by-hand", "without ID", comment, request).filed("bad-events"));
    }
    if version.capabilities.room_ids == RoomIds::CreateEvent {
        let fields = json!({ "type": "m.room.create", "state_key": "", "room_id": "!r:a.example",
            "content": { "room_version": "12" } });
        let event = Value::from(pdu(version, &fields));
        let request = question("event_id", version, [("event", event)]);
        let comment = "A create event that has a room ID, although it is to give the room one.";
        into.add(
            Question::new("by-hand", "create with a room ID", comment, request).filed("types"),
        );
    }
}

fn signing(into: &mut Collection, version: &RoomVersion) {
    let mut ask = |name: &str, comment: &str, server: &str, event: Value<'static>| {
        let fields = [
            ("event", event),
            ("server", Value::from(server.to_owned())),
            ("key_id", Value::from("ed25519:1".to_owned())),
            ("seed", Value::from(base64::encode(seed(server)))),
        ];
        let request = question("sign", version, fields);
        into.add(Question::new("by-hand", name, comment, request).filed("events"));
    };
    let message = json!({ "type": "m.room.message", "content": { "body": "Exit" } });
    let event = |fields: &Json| Value::from(pdu(version, fields));
    ask("message", "A message gets a hash and a signature.", "a.example", event(&message));
    let mut unsigned = message.clone();
    unsigned["unsigned"] = json!({ "age": 5 });
    ask("unsigned", "What is unsigned stays, and is not signed.", "a.example", event(&unsigned));
    let mut empty = message.clone();
    empty["signatures"] = json!({});
    empty["hashes"] = json!({});
    ask("empty signatures", "Empty signatures and hashes are filled.", "a.example", event(&empty));
    let other = Value::from(signed(version, &message, &["b.example"]));
    ask("second server", "The signature of another server stays.", "a.example", other);
    let again = Value::from(signed(version, &message, &["a.example"]));
    ask("again", "Who signs again signs the same.", "a.example", again);
    for (kind, state_key, content) in contents() {
        if kind == "m.room.member" || kind == "m.room.create" || kind == "m.room.power_levels" {
            let mut fields = full(kind, state_key, &content);
            fields.as_object_mut().unwrap().remove("signatures");
            ask(kind, "What redaction keeps is what is signed.", "a.example", event(&fields));
        }
    }
    let minimal = json!({ "room_id": "!x:domain", "sender": "@a:domain", "origin": "domain",
        "origin_server_ts": 1_000_000, "signatures": {}, "hashes": {}, "type": "X", "content": {},
        "prev_events": [], "auth_events": [], "depth": 3, "unsigned": { "age_ts": 1_000_000 } });
    let redactable = json!({ "content": { "body": "Here is the message content" },
        "event_id": "$0:domain", "hashes": {}, "origin": "domain", "origin_server_ts": 1_000_000,
        "type": "m.room.message", "room_id": "!r:domain", "sender": "@u:domain", "signatures": {},
        "unsigned": { "age_ts": 1_000_000 }, "prev_events": [], "auth_events": [], "depth": 3 });
    for (name, mut event) in
        [("minimal of the specification", minimal), ("redactable of the specification", redactable)]
    {
        if version.capabilities.event_ids == EventIds::Sent {
            event["event_id"] = json!("$0:domain");
        }
        let fields = [
            ("event", from_json(&event)),
            ("server", Value::from("domain".to_owned())),
            ("key_id", Value::from("ed25519:1".to_owned())),
            ("seed", Value::from("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1".to_owned())),
        ];
        let request = question("sign", version, fields);
        let comment = "After a test vector of the specification.";
        let link = "https://spec.matrix.org/v1.19/appendices/#event-signing";
        let asked = Question::new("by-hand", name, comment, request).filed("events");
        into.add(asked.linked(link));
    }
}

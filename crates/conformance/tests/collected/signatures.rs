//! Questions to `check_signatures`, written by hand.

use exeunt_event::base64;
use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::{SigningKey, hash_and_sign};
use exeunt_version::{EventIds, RoomVersion};
use serde_json::{Value as Json, json};

use crate::collection::{Collection, Question};
use crate::pdus::{from_json, keys, pdu, question, signed};

const A: &str = "a.example";
const B: &str = "b.example";
/// When the events say that they were made.
const TIME: i64 = 1_700_000_000_000;

struct Asking<'c> {
    into: &'c mut Collection,
    version: RoomVersion,
}

impl Asking<'_> {
    fn ask(
        &mut self,
        family: &str,
        name: &str,
        comment: &str,
        event: Object<'static>,
        keys: &Json,
    ) {
        let fields = [("event", Value::from(event)), ("keys", from_json(keys))];
        let request = question("check_signatures", &self.version, fields);
        let answer = self.into.answer(&request);
        let ok = answer.get("ok").and_then(Value::as_object);
        let passes = ok.and_then(|ok| ok.get("outcome")).and_then(Value::as_str) == Some("valid");
        let asked = Question::new("by-hand", name, comment, request).filed(family);
        self.into.add(asked.about_security(!passes));
    }

    /// The message, signed by its sender's server.
    fn message(&self) -> Object<'static> {
        signed(&self.version, &message(), &[A])
    }

    /// The message with another signature of its sender's server.
    fn with_signature(&self, change: impl Fn(&str) -> String) -> Object<'static> {
        let mut event = self.message();
        let signature = signature(&mut event, A);
        let changed = signature.as_str().map(change).unwrap();
        *signature = Value::from(changed);
        event
    }
}

fn message() -> Json {
    json!({ "type": "m.room.message", "content": { "msgtype": "m.text", "body": "Exit" } })
}

fn signature<'o>(event: &'o mut Object<'static>, server: &str) -> &'o mut Value<'static> {
    let signatures = event.get_mut("signatures").unwrap().as_object_mut().unwrap();
    let of_server = signatures.get_mut(server).unwrap().as_object_mut().unwrap();
    of_server.get_mut("ed25519:1").unwrap()
}

fn member<'o>(event: &'o mut Object<'static>, name: &str) -> &'o mut Object<'static> {
    event.get_mut(name).unwrap().as_object_mut().unwrap()
}

pub(crate) fn collect(into: &mut Collection) {
    for version in RoomVersion::all() {
        let mut asking = Asking { into, version };
        of_signatures(&mut asking);
        of_encodings(&mut asking);
        of_keys(&mut asking);
        of_hashes(&mut asking);
        of_servers(&mut asking);
    }
}

fn of_signatures(asking: &mut Asking<'_>) {
    let both = keys(&[A, B]);
    let family = "signatures";
    let event = asking.message();
    asking.ask(family, "good", "A message that its sender's server signed.", event, &both);
    let event = signed(&asking.version, &message(), &[A, B]);
    asking.ask(family, "two good", "Another server signed it too.", event, &both);
    let mut event = signed(&asking.version, &message(), &[A, B]);
    *signature(&mut event, B) = Value::from(base64::encode([7; 64]));
    let comment = "The signature of a server that need not sign is not looked at.";
    asking.ask(family, "bad of another", comment, event, &both);
    let event = signed(&asking.version, &message(), &[B]);
    asking.ask(family, "of another alone", "Another server signed it alone.", event, &both);
    let mut event = asking.message();
    event.insert("signatures", Object::new());
    asking.ask(family, "none", "Nobody signed it.", event.clone(), &both);
    event.remove("signatures");
    asking.ask(family, "absent", "It has no signatures at all.", event, &both);
    let mut event = asking.message();
    *signature(&mut event, A) = Value::from(base64::encode([7; 64]));
    asking.ask(family, "bad", "The signature is not one of the event.", event, &both);
    let mut event = asking.message();
    event.insert("depth", 6);
    asking.ask(family, "signed part changed", "What redaction keeps was changed.", event, &both);
    let mut event = asking.message();
    event.insert("unsigned", Object::from_iter([("age", 5)]));
    asking.ask(family, "unsigned added", "What is unsigned was added.", event, &both);
    let mut event = asking.message();
    let second = SigningKey::from_seed(A, "ed25519:2", &[9; 32]);
    hash_and_sign(&mut event, &second, &asking.version);
    let comment = "One of two signatures of the server is with a key that nobody knows.";
    asking.ask(family, "one key unknown", comment, event.clone(), &both);
    let mut known = both.clone();
    known[A]["ed25519:2"] = json!({ "key": base64::encode(second.public_bytes()) });
    asking.ask(family, "two keys", "The server signed with two keys.", event.clone(), &known);
    let of_server = member(&mut event, "signatures").get_mut(A).unwrap().as_object_mut().unwrap();
    of_server.insert("ed25519:2", base64::encode([7; 64]));
    asking.ask(
        family,
        "one of two bad",
        "One of two signatures with known keys is bad.",
        event,
        &known,
    );
    let mut event = asking.message();
    let of_server = member(&mut event, "signatures").get_mut(A).unwrap().as_object_mut().unwrap();
    let good = of_server.remove("ed25519:1").unwrap();
    of_server.insert("rsa:1", good);
    asking.ask(
        family,
        "other algorithm",
        "It is signed with another algorithm alone.",
        event,
        &both,
    );
}

fn of_encodings(asking: &mut Asking<'_>) {
    let known = keys(&[A]);
    let family = "encodings";
    let event = asking.with_signature(|it| format!("{it}=="));
    asking.ask(family, "padded", "The signature's Base64 is padded.", event, &known);
    let event = asking.with_signature(|it| it[..it.len() - 2].to_owned());
    asking.ask(family, "short", "The signature has a byte too few.", event, &known);
    let event = asking.with_signature(|it| format!("{it}AA"));
    asking.ask(family, "long", "The signature has more than 64 bytes.", event, &known);
    let event = asking.with_signature(|_| String::new());
    asking.ask(family, "empty", "The signature is empty.", event, &known);
    // Some signature has a character in which the alphabets differ.
    for number in 0..40 {
        let mut fields = message();
        fields["origin_server_ts"] = json!(TIME + number);
        let mut event = signed(&asking.version, &fields, &[A]);
        let signature = signature(&mut event, A);
        let url_safe = signature.as_str().unwrap().replace('+', "-").replace('/', "_");
        if signature.as_str() != Some(&url_safe) {
            *signature = Value::from(url_safe);
            let comment = "The signature is in the URL-safe alphabet of Base64.";
            asking.ask(family, "url-safe", comment, event, &known);
            break;
        }
    }
    let mut event = asking.message();
    *signature(&mut event, A) = Value::from(7);
    asking.ask(family, "number", "The signature is a number.", event, &known);
    // The group's order, added to the scalar: the same point, another encoding.
    let event = asking.with_signature(|it| {
        let mut bytes = base64::decode(it).unwrap();
        add_order(&mut bytes[32..]);
        base64::encode(bytes)
    });
    asking.ask(
        family,
        "scalar too large",
        "The scalar of the signature is not reduced.",
        event,
        &known,
    );
    // Of order one: both points of the equation are the neutral element.
    let neutral = |rest: usize| format!("AQ{}", "A".repeat(41 + rest));
    let event = asking.with_signature(|_| neutral(43));
    let small = json!({ A: { "ed25519:1": { "key": neutral(0) } } });
    asking.ask(
        family,
        "small order",
        "The key and the signature are of small order.",
        event,
        &small,
    );
}

/// Adds the order of the Ed25519 group to a number of 32 bytes.
fn add_order(scalar: &mut [u8]) {
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, more) in scalar.iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

fn of_keys(asking: &mut Asking<'_>) {
    let family = "keys";
    let with = |name: &str, time: i64| {
        let mut known = keys(&[A]);
        known[A]["ed25519:1"][name] = json!(time);
        known
    };
    for (name, comment, known) in [
        ("none", "The server's keys are not known.", keys(&[B])),
        ("valid", "The key was valid when the event was made.", with("valid_until_ts", TIME + 1)),
        ("valid until then", "The key was valid until just then.", with("valid_until_ts", TIME)),
        ("not valid", "The key was not valid any more.", with("valid_until_ts", TIME - 1)),
        ("expired later", "The key was given up later.", with("expired_ts", TIME + 1)),
        ("expired then", "The key was given up just then.", with("expired_ts", TIME)),
        ("expired", "The key had been given up.", with("expired_ts", TIME - 1)),
    ] {
        let event = asking.message();
        asking.ask(family, name, comment, event, &known);
    }
    let known = json!({ A: { "ed25519:1": { "key": base64::encode(crate::pdus::key(B).public_bytes()) } } });
    let event = asking.message();
    asking.ask(family, "another key", "Under that key ID another key is known.", event, &known);
    let other = SigningKey::from_seed(A, "ed25519:2", &[9; 32]);
    let mut event = pdu(&asking.version, &message());
    hash_and_sign(&mut event, &other, &asking.version);
    asking.ask(
        family,
        "unknown key",
        "It is signed with a key that nobody knows.",
        event,
        &keys(&[A]),
    );
}

fn of_hashes(asking: &mut Asking<'_>) {
    let family = "hashes";
    let known = keys(&[A]);
    let mut event = asking.message();
    member(&mut event, "content").insert("body", "Exeunt");
    asking.ask(family, "content changed", "What redaction removes was changed.", event, &known);
    let mut event = asking.message();
    event.insert("extra", 1);
    asking.ask(family, "key added", "A key at the top level was added.", event, &known);
    let mut event = asking.message();
    event.insert("unsigned", Object::from_iter([("age", 1)]));
    asking.ask(
        family,
        "unsigned",
        "What is unsigned is no part of the content hash.",
        event,
        &known,
    );
    let mut event = asking.message();
    event.insert("age_ts", 1);
    asking.ask(
        family,
        "age_ts",
        "What some servers leave out of the content hash was added.",
        event,
        &known,
    );
    // The hashes are signed, so that they are changed before that.
    let mut with_hashes = |name: &str, comment: &str, change: &dyn Fn(&mut Object<'static>)| {
        let mut event = asking.message();
        change(member(&mut event, "hashes"));
        event.insert("signatures", Object::new());
        sign_alone(&mut event, &asking.version);
        asking.ask(family, name, comment, event, &known);
    };
    with_hashes("wrong", "The content hash is another, and signed.", &|hashes| {
        hashes.insert("sha256", base64::encode([7; 32]));
    });
    with_hashes("none", "There is no content hash, and that is signed.", &|hashes| {
        hashes.remove("sha256");
    });
    with_hashes("padded", "The content hash is padded.", &|hashes| {
        let padded = format!("{}=", hashes.get("sha256").and_then(Value::as_str).unwrap());
        hashes.insert("sha256", padded);
    });
    with_hashes("another kind", "There is a hash of another kind besides.", &|hashes| {
        hashes.insert("sha512", "eA");
    });
    with_hashes("number", "The content hash is a number.", &|hashes| {
        hashes.insert("sha256", 7);
    });
}

/// Signs an event as it is, whatever its hashes say.
fn sign_alone(event: &mut Object<'static>, version: &RoomVersion) {
    let mut redacted = exeunt_event::redaction::redact(event, version);
    exeunt_event::signatures::sign_json(&mut redacted, &crate::pdus::key(A));
    event.insert("signatures", redacted.remove("signatures").unwrap());
}

fn of_servers(asking: &mut Asking<'_>) {
    let family = "servers";
    let known = keys(&[A, B, "c.example"]);
    let join = |authoriser: Json| {
        json!({ "type": "m.room.member", "sender": "@bob:b.example", "state_key": "@bob:b.example",
            "content": { "membership": "join", "join_authorised_via_users_server": authoriser } })
    };
    let mut ask = |name: &str, comment: &str, fields: &Json, by: &[&str]| {
        let mut fields = fields.clone();
        if asking.version.capabilities.event_ids == EventIds::Sent
            && fields.get("event_id").is_none()
        {
            let sender = fields["sender"].as_str().unwrap().to_owned();
            let domain = sender.split_once(':').unwrap().1;
            fields["event_id"] = json!(format!("$event:{domain}"));
        }
        let event = signed(&asking.version, &fields, by);
        asking.ask(family, name, comment, event, &known);
    };
    let alice = json!("@alice:a.example");
    ask(
        "vouched",
        "A join that somebody vouches for, signed by both servers.",
        &join(alice.clone()),
        &[B, A],
    );
    ask("vouched unsigned", "The server of who vouches did not sign.", &join(alice.clone()), &[B]);
    ask("vouched alone", "The server of who joins did not sign.", &join(alice.clone()), &[A]);
    ask("vouched by nobody", "Who vouches is no user.", &join(json!("alice")), &[B]);
    ask("vouched by a number", "Who vouches is a number.", &join(json!(7)), &[B]);
    let mut leave = join(alice.clone());
    leave["content"]["membership"] = json!("leave");
    ask("leave", "A leave that names somebody who vouches.", &leave, &[B]);
    let invite = |token: Json| {
        json!({ "type": "m.room.member", "sender": "@alice:a.example",
            "state_key": "@bob:b.example",
            "content": { "membership": "invite", "third_party_invite": token } })
    };
    let token = json!({ "signed": { "mxid": "@bob:b.example", "token": "t", "signatures": {} } });
    ask(
        "third-party invite",
        "A third-party invite need not be signed by its sender's server.",
        &invite(token),
        &[B],
    );
    ask("invite", "An invite is signed by its sender's server.", &invite(json!(null)), &[B]);
    let mut plain = invite(json!(null));
    plain["content"].as_object_mut().unwrap().remove("third_party_invite");
    ask("plain invite", "An invite that the invited server alone signed.", &plain, &[B]);
    ask("invite of both", "An invite that both servers signed.", &plain, &[A, B]);
    if asking.version.capabilities.event_ids == EventIds::Sent {
        let mut ask = |name: &str, comment: &str, by: &[&str]| {
            let mut fields = message();
            fields["event_id"] = json!("$event:c.example");
            let event = signed(&asking.version, &fields, by);
            asking.ask(family, name, comment, event, &known);
        };
        ask("event ID of another", "The server that the event ID names did not sign.", &[A]);
        ask(
            "event ID of another signed",
            "The server that the event ID names signed too.",
            &[A, "c.example"],
        );
    }
}

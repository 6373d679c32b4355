//! The list of errors, and the 403 of `make_leave`.

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_homeserver::{Method, Settings, SignatureError};

use crate::house::{House, forbidden, make_leave_uri, send_leave_uri, told, user, versions, with};

#[test]
fn m_forbidden_for_a_user_who_is_not_in_the_room() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let leave = house.bobs_leave();
        // Bert was never there.
        assert_eq!(told(&house.make_leave(2, "@bert:hs2")), forbidden(), "{version}");
        let mut berts = leave.object().into_owned();
        berts.insert("sender", user("bert").to_string());
        berts.insert("state_key", user("bert").to_string());
        let berts = house.signed(berts, 2);
        assert_eq!(told(&house.send_leave("v2", &berts)), forbidden(), "{version}");
        // Bob was, and is not any more.
        house.leave("bob").unwrap();
        assert_eq!(told(&house.make_leave(2, "@bob:hs2")), forbidden(), "{version}");
        assert_eq!(told(&house.send_leave("v2", &leave)), forbidden(), "{version}");
    }
}

#[test]
fn m_forbidden_for_a_server_that_asks_for_a_user_of_another() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        for joined in ["@carol:hs3", "@alice:hs1"] {
            assert_eq!(told(&house.make_leave(2, joined)), forbidden(), "{version}");
        }
        assert_eq!(told(&house.make_leave(3, "@bob:hs2")), forbidden(), "{version}");
    }
}

#[test]
fn m_not_found_for_a_room_that_does_not_exist() {
    for version in versions() {
        let mut house = House::new(&version, with_all_endpoints());
        let leave = house.bobs_leave();
        let (id, object) = (leave.event_id().as_str(), leave.object().into_owned());
        let not_found = (404, "M_NOT_FOUND".to_owned());
        let uri = make_leave_uri("!nowhere:hs1", "@bob:hs2");
        let request = house.request(2, Method::Get, &uri, None);
        assert_eq!(told(&house.ask(request)), not_found, "{version}");
        for form in ["v1", "v2"] {
            let uri = send_leave_uri(form, "!nowhere:hs1", id);
            let request = house.request(2, Method::Put, &uri, Some(&object));
            assert_eq!(told(&house.ask(request)), not_found, "{version}");
        }
    }
}

/// The resident server knows the users of no other server, and so cannot tell one that does not
/// exist from one that is not in the room: both get the answer that the endpoint lists, which is
/// 403. What is no user ID at all is `M_INVALID_PARAM`.
#[test]
fn m_not_found_for_a_user_cannot_be_told_from_m_forbidden() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let nobody = house.make_leave(2, "@nobody:hs2");
        let outsider = house.make_leave(2, "@bert:hs2");
        assert_eq!(told(&nobody), forbidden(), "{version}");
        assert_eq!(told(&outsider), told(&nobody), "{version}");
        let no_user = house.make_leave(2, "nobody");
        assert_eq!(told(&no_user), (400, "M_INVALID_PARAM".to_owned()), "{version}");
    }
}

#[test]
fn m_invalid_signature_by_setting_and_m_invalid_param_by_default() {
    for (signature_error, errcode) in [
        (SignatureError::InvalidParam, "M_INVALID_PARAM"),
        (SignatureError::InvalidSignature, "M_INVALID_SIGNATURE"),
    ] {
        for version in versions() {
            let settings = Settings { signature_error, ..with_all_endpoints() };
            let mut house = House::new(&version, settings);
            let template = house.template();
            let before = house.fingerprint(1);
            // By another server's key; by none; by the right key, and changed after that.
            let others = house.signed(with(&template, "x", Value::Null), 3).object().into_owned();
            let right = house.signed(template, 2).object().into_owned();
            let changed = with(&right, "origin_server_ts", Value::Integer(1));
            for wrong in [others, with(&right, "signatures", Object::new().into()), changed] {
                let event = exeunt_event::Event::from_object(&wrong, &version).unwrap();
                for form in ["v1", "v2"] {
                    let answer = house.send_leave(form, &event);
                    assert_eq!(told(&answer), (400, errcode.to_owned()), "{version}");
                }
            }
            assert_eq!(house.fingerprint(1), before, "{version}");
        }
    }
}

#[test]
fn m_bad_json_for_a_malformed_event() {
    for version in versions() {
        let mut house = House::new(&version, with_all_endpoints());
        let leave = house.bobs_leave();
        let (id, right) = (leave.event_id().to_string(), leave.object().into_owned());
        let before = house.fingerprint(1);
        for (field, value) in [
            ("content", Value::from("leave".to_owned())),
            ("content", Value::Array(vec![])),
            ("depth", Value::from("1".to_owned())),
            ("depth", Value::Null),
            ("prev_events", Value::Object(Object::new())),
            ("auth_events", Value::Integer(3)),
            ("sender", Value::Integer(2)),
            ("type", Value::Bool(true)),
            ("origin_server_ts", Value::from("now".to_owned())),
            ("signatures", Value::Array(vec![])),
        ] {
            let wrong = with(&right, field, value);
            for form in ["v1", "v2"] {
                let answer = house.send_leave_at(form, &id, &wrong);
                assert_eq!(
                    told(&answer),
                    (400, "M_BAD_JSON".to_owned()),
                    "{version} {field} {}",
                    String::from_utf8_lossy(&answer.body)
                );
            }
        }
        // A body that is JSON, and no object.
        let uri = send_leave_uri("v2", house.room_id.as_str(), &id);
        let mut request = house.request(2, Method::Put, &uri, None);
        request.body = Some(b"[]".to_vec());
        assert_eq!(told(&house.ask(request)), (400, "M_BAD_JSON".to_owned()), "{version}");
        assert_eq!(house.fingerprint(1), before, "{version}");
    }
}

#[test]
fn the_403_of_make_leave_has_an_errcode_and_an_error_for_humans() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let answer = house.make_leave(2, "@bert:hs2");
        assert_eq!(answer.status, 403, "{version}");
        let body = parse_any(&answer.body).unwrap().value;
        let body = body.as_object().unwrap();
        assert_eq!(body.get("errcode").unwrap().as_str(), Some("M_FORBIDDEN"), "{version}");
        assert!(!body.get("error").unwrap().as_str().unwrap().is_empty(), "{version}");
    }
}

fn with_all_endpoints() -> Settings {
    crate::house::with_v1()
}

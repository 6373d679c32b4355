//! The list of endpoints that server ACLs protect, each allowed and denied.

use exeunt_homeserver::{Response, Settings};

use crate::house::{House, forbidden, told, versions, with_v1};

const ACL: &str = "m.room.server_acl";
const DENIES_BOBS_SERVER: &str = r#"{"allow": ["*"], "deny": ["hs2"]}"#;
const ALLOWS_BOBS_SERVER: &str = r#"{"allow": ["hs?"], "deny": ["hs4"]}"#;

/// What the endpoint answers without an ACL, with one that denies the server, and with one that
/// allows it.
fn holds(settings: Settings, ask: impl Fn(&mut House) -> Response) {
    for version in versions() {
        let mut house = House::new(&version, settings);
        house.set(ACL, DENIES_BOBS_SERVER);
        let (before, left) = (house.fingerprint(1), house.membership(1, "bob"));
        assert_eq!(told(&ask(&mut house)), forbidden(), "{version}");
        assert_eq!(house.fingerprint(1), before, "{version}");
        assert_eq!(house.membership(1, "bob"), left, "{version}");
        assert!(house.network.in_flight().is_empty(), "{version}");
        house.set(ACL, ALLOWS_BOBS_SERVER);
        assert_eq!(ask(&mut house).status, 200, "{version}");
        let mut house = House::new(&version, settings);
        assert_eq!(ask(&mut house).status, 200, "{version}");
    }
}

/// Bob's leave as it would be if the server had given a template.
fn send_leave(form: &'static str) -> impl Fn(&mut House) -> Response {
    move |house| {
        let mut free =
            House::new(&house.version, *house.network.servers().next().unwrap().settings());
        let template = free.template();
        let event = free.signed(template, 2);
        let answer = house.send_leave(form, &event);
        if answer.status == 200 {
            assert_eq!(house.membership(1, "bob").as_deref(), Some("leave"), "{form}");
        }
        answer
    }
}

#[test]
fn v1_make_leave() {
    holds(Settings::default(), |house| house.make_leave(2, "@bob:hs2"));
}

#[test]
fn v1_send_leave() {
    holds(with_v1(), send_leave("v1"));
}

#[test]
fn v2_send_leave() {
    holds(Settings::default(), send_leave("v2"));
}

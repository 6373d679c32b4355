//! `make_leave`, and who asks.

use exeunt_homeserver::XMatrix;

use crate::case::{Case, case};
use crate::house::{
    ALICE, Answer, EVE, HS1, HS2, HS3, MALLORY, Scene, header, key, request, signed, unknown_key,
    wrong_key,
};
use crate::texts;

const NO_KNOCKS: (&[u8], &str) = (&[1, 2, 3, 4, 5, 6], "Knocks came with room version 7.");

const MALFORMED: &str = "The text has a code for parameters with a wrong value; Synapse says that the \
                         error is unknown.";
const NOT_RESIDENT: &str = "A server that has nobody in the room may not know what happened there \
                            since, and we say the same to who leaves as to who joins; Synapse \
                            refuses the join alone.";

pub(crate) fn cases() -> Vec<Case> {
    let mut all = rooms();
    all.extend(authentication());
    all.extend(parameters());
    all
}

/// `make_leave` for eve, who is invited, with whatever is done to the header.
fn with_header(scene: &mut Scene, change: impl FnOnce(&mut XMatrix)) -> Answer {
    let uri = invited(scene);
    let mut header = header("GET", &uri, None, &key(HS2));
    change(&mut header);
    let request = request("GET", &uri, None, Some(header.to_header()));
    (&scene.ask(HS2, request)).into()
}

/// `make_leave` for eve, who is invited, with these credentials.
fn with_credentials(scene: &mut Scene, credentials: Option<&str>) -> Answer {
    let uri = invited(scene);
    let request = request("GET", &uri, None, credentials.map(ToOwned::to_owned));
    (&scene.ask(HS2, request)).into()
}

/// Path and query of `make_leave` for eve, who is invited.
fn invited(scene: &mut Scene) -> String {
    scene.invite(&scene.closed.clone(), EVE);
    scene.make_uri("leave", scene.closed.as_str(), EVE)
}

/// A signed request without a body, in the name of `hs2`.
fn ask(scene: &mut Scene, method: &str, uri: &str) -> Answer {
    (&scene.ask(HS2, signed(method, uri, None, &key(HS2)))).into()
}

fn rooms() -> Vec<Case> {
    vec![
        case("make_leave: invited user", texts::LEAVE_TEMPLATE, |scene| {
            let room = scene.closed.clone();
            scene.invite(&room, EVE);
            scene.make("leave", &room, EVE)
        }),
        case("make_leave: user never in room", texts::NOT_IN_ROOM, |scene| {
            scene.make("leave", &scene.closed.clone(), EVE)
        }),
        case("make_leave: unknown room", texts::UNKNOWN_ROOM_TO_LEAVE, |scene| {
            let uri = scene.make_uri("leave", "!unknown:hs1", EVE);
            ask(scene, "GET", &uri)
        }),
        case("make_leave: banned user", texts::NOT_IN_ROOM, |scene| {
            let room = scene.closed.clone();
            scene.invite(&room, EVE);
            scene.ban(&room, EVE);
            scene.make("leave", &room, EVE)
        }),
        case("make_leave: user who already left", texts::NOT_IN_ROOM, |scene| {
            let room = scene.open.clone();
            scene.join(&room, EVE);
            scene.leave(&room, EVE);
            scene.make("leave", &room, EVE)
        }),
        case("make_leave: joined user", texts::LEAVE_TEMPLATE, |scene| {
            let room = scene.open.clone();
            scene.join(&room, EVE);
            scene.make("leave", &room, EVE)
        }),
        case("send_leave v2: joined user", texts::LEAVE_ACCEPTED, |scene| {
            let room = scene.open.clone();
            scene.join(&room, EVE);
            let mut event = scene.template("leave", &room, EVE);
            scene.hash_and_sign(&mut event, &key(HS2));
            let answer = scene.send("v2/send_leave", &room, &event);
            assert_eq!(scene.membership(&room, EVE).as_deref(), Some("leave"));
            answer
        }),
        case("make_leave: knocking user (retract)", texts::RETRACTED, |scene| {
            let room = scene.room(ALICE, "!knock:hs1", "knock");
            scene.knock(&room, EVE);
            scene.make("leave", &room, EVE)
        })
        .not_in(NO_KNOCKS.0, NO_KNOCKS.1),
        case("send_leave v2: knocking user (retract)", texts::RETRACTED, |scene| {
            let room = scene.room(ALICE, "!knock:hs1", "knock");
            scene.knock(&room, EVE);
            assert_eq!(scene.membership(&room, EVE).as_deref(), Some("knock"));
            let mut event = scene.template("leave", &room, EVE);
            scene.hash_and_sign(&mut event, &key(HS2));
            let answer = scene.send("v2/send_leave", &room, &event);
            assert_eq!(scene.membership(&room, EVE).as_deref(), Some("leave"));
            answer
        })
        .not_in(NO_KNOCKS.0, NO_KNOCKS.1),
        case("make_leave: origin denied by m.room.server_acl", texts::ACL, |scene| {
            let room = scene.closed.clone();
            scene.invite(&room, EVE);
            scene.deny(&room);
            scene.make("leave", &room, EVE)
        }),
        case("make_leave: other origin, same ACL room", texts::LEAVE_TEMPLATE, |scene| {
            let room = scene.closed.clone();
            scene.invite(&room, MALLORY);
            scene.deny(&room);
            scene.make("leave", &room, MALLORY)
        }),
    ]
}

fn authentication() -> Vec<Case> {
    vec![
        case("make_leave: bad X-Matrix signature", texts::UNAUTHENTICATED, |scene| {
            let uri = invited(scene);
            (&scene.ask(HS2, signed("GET", &uri, None, &wrong_key(HS2)))).into()
        }),
        case("make_leave: signature is not base64", texts::UNAUTHENTICATED, |scene| {
            with_header(scene, |header| "no base64 at all!".clone_into(&mut header.sig))
        }),
        case("make_leave: no Authorization header", texts::UNAUTHENTICATED, |scene| {
            with_credentials(scene, None)
        }),
        case("make_leave: Authorization: Bearer xyz", texts::UNAUTHENTICATED, |scene| {
            with_credentials(scene, Some("Bearer xyz"))
        }),
        case("make_leave: malformed X-Matrix (no key=)", texts::MALFORMED_HEADER, |scene| {
            with_credentials(scene, Some(r#"X-Matrix origin="hs2",destination="hs1",sig="AAAA""#))
        })
        .differs(
            "Whatever is wrong with the header, the request is not authorised, and 401 is the \
             status that HTTP has for that.",
        ),
        case("make_leave: unknown key id", texts::UNAUTHENTICATED, |scene| {
            let uri = invited(scene);
            (&scene.ask(HS2, signed("GET", &uri, None, &unknown_key(HS2)))).into()
        }),
        case(
            "make_leave: destination= another server in header",
            texts::WRONG_DESTINATION,
            |scene| with_header(scene, |header| header.destination = Some(HS3.to_owned())),
        ),
        case(
            "make_leave: no destination= in header (still signed)",
            texts::NO_DESTINATION,
            |scene| with_header(scene, |header| header.destination = None),
        ),
        case("make_leave: origin header of a server we are not", texts::UNAUTHENTICATED, |scene| {
            with_header(scene, |header| HS3.clone_into(&mut header.origin))
        }),
        case("make_leave: user of another server", texts::USER_OF_ORIGIN, |scene| {
            let room = scene.closed.clone();
            scene.invite(&room, MALLORY);
            let uri = scene.make_uri("leave", room.as_str(), MALLORY);
            ask(scene, "GET", &uri)
        }),
        case("make_leave: user of the queried server", texts::USER_OF_ORIGIN, |scene| {
            let uri = scene.make_uri("leave", scene.closed.as_str(), ALICE);
            ask(scene, "GET", &uri)
        }),
    ]
}

fn parameters() -> Vec<Case> {
    vec![
        case("make_leave: malformed user id 'eve'", texts::USER_ID, |scene| {
            let uri = scene.make_uri("leave", scene.closed.as_str(), "eve");
            ask(scene, "GET", &uri)
        })
        .differs(MALFORMED),
        case("make_leave: malformed user id '@eve'", texts::USER_ID, |scene| {
            let uri = scene.make_uri("leave", scene.closed.as_str(), "@eve");
            ask(scene, "GET", &uri)
        })
        .differs(MALFORMED),
        case("make_leave: malformed room id 'foo'", texts::UNKNOWN_ROOM_TO_LEAVE, |scene| {
            let uri = scene.make_uri("leave", "foo", EVE);
            ask(scene, "GET", &uri)
        }),
        case("make_leave: POST", texts::METHOD, |scene| {
            let uri = invited(scene);
            (&scene.ask(HS2, signed("POST", &uri, Some(b"{}".to_vec()), &key(HS2)))).into()
        }),
        case("make_leave: PUT", texts::METHOD, |scene| {
            let uri = invited(scene);
            (&scene.ask(HS2, signed("PUT", &uri, Some(b"{}".to_vec()), &key(HS2)))).into()
        }),
        case("make_leave: under /v2", texts::ENDPOINT, |scene| {
            let uri = invited(scene).replace("/v1/", "/v2/");
            ask(scene, "GET", &uri)
        }),
        // What a server that is asked for its keys answers is no part of the model: keys come in,
        // or they do not.
        case(
            "make_leave: origin whose key server is unreachable",
            texts::UNAUTHENTICATED,
            |scene| stranger(scene, "hs8"),
        ),
        case("make_leave: origin whose key server answers 404", texts::UNAUTHENTICATED, |scene| {
            stranger(scene, "hs9")
        }),
        case("make_leave: room all of whose local users have left", texts::NOBODY_LEFT, |scene| {
            let room = scene.closed.clone();
            scene.invite(&room, EVE);
            scene.leave(&room, ALICE);
            scene.make("leave", &room, EVE)
        })
        .differs(NOT_RESIDENT),
        case("send_leave v2: that same room", texts::NOBODY_LEFT, |scene| {
            let room = scene.closed.clone();
            scene.invite(&room, EVE);
            scene.leave(&room, ALICE);
            let mut event = scene.member(HS1, &room, (EVE, EVE), "leave");
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send("v2/send_leave", &room, &event)
        })
        .differs(NOT_RESIDENT),
    ]
}

/// `make_leave` by a server whose key `hs1` does not have.
fn stranger(scene: &mut Scene, server: &str) -> Answer {
    let uri = scene.make_uri("leave", scene.closed.as_str(), &format!("@eve:{server}"));
    (&scene.ask(HS2, signed("GET", &uri, None, &key(server)))).into()
}

//! An event whose state could not be had whole waits, and is not decided by a part of it.

use std::collections::BTreeMap;

use exeunt_homeserver::{Body, Message, Network, Settings};

use crate::house::{
    VERSIONS, act, join, joining, membership, message, network, room, server, user,
};

/// Delivers everything, each message changed as one likes.
fn deliver_instead(network: &mut Network, change: impl Fn(&str, &mut Message)) {
    let mut asked = BTreeMap::new();
    while let Some(mut message) = network.in_flight().front().cloned() {
        if let Body::Request(request) = &message.body {
            asked.insert((message.from.clone(), message.id), request.uri.clone());
        }
        let uri = match &message.body {
            Body::Request(request) => request.uri.clone(),
            Body::Answer(_) => asked[&(message.to.clone(), message.id)].clone(),
        };
        change(&uri, &mut message);
        network.replace(0, message).unwrap();
        network.deliver(0).unwrap();
    }
}

#[test]
fn a_part_of_a_state_is_not_gone_on_with() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "public");
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        // Bob's server says that it got the second join, and did not read it.
        network.act(&user("anna"), joining(&room_id, &[]));
        deliver_instead(&mut network, |_, message| match &mut message.body {
            Body::Request(request) => request.authorization.clear(),
            Body::Answer(Some(answer)) => answer.status = 200,
            Body::Answer(None) => {}
        });
        network.act(&user("anna"), message(&room_id, "hello"));
        deliver_instead(&mut network, |uri, message| {
            let asks = ["/get_missing_events/", "/event_auth/", "/event/"];
            if let Body::Answer(Some(answer)) = &mut message.body
                && asks.iter().any(|it| uri.contains(it))
            {
                answer.status = 403;
            }
        });
        let waiting = |network: &Network| {
            network.server(&server(2)).unwrap().room(&room_id).unwrap().pending().count()
        };
        assert_eq!(waiting(&network), 1, "version {version}");
        assert_eq!(membership(&network, 2, "anna", &room_id), None, "version {version}");
        // Another event brings both.
        act(&mut network, "anna", message(&room_id, "are you there?")).unwrap();
        assert_eq!(waiting(&network), 0, "version {version}");
        let joined = membership(&network, 2, "anna", &room_id);
        assert_eq!(joined.as_deref(), Some("join"), "version {version}");
    }
}

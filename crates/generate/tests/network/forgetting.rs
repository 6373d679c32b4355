//! Whether servers forget upon leaving is nothing to rooms.

use std::collections::BTreeMap;

use exeunt_event::{RoomId, ServerName};
use exeunt_generate::play_network;
use exeunt_laws::NetworkHistory;
use exeunt_room::Fingerprint;
use proptest::prelude::*;

use crate::sample::{any_script, any_version};

fn rooms(history: &NetworkHistory) -> BTreeMap<(ServerName, RoomId), Fingerprint> {
    let servers = history.network().servers();
    let of = servers.flat_map(|server| server.rooms().map(|(id, room)| (server.name(), id, room)));
    of.map(|(name, id, room)| ((name.clone(), id.clone()), room.fingerprint())).collect()
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 16))]

    #[test]
    fn rooms_are_the_same_whether_or_not_servers_forget(
        script in any_script(),
        version in any_version(),
    ) {
        let mut other = script.clone();
        for manner in &mut other.setup.manners {
            manner.forgets = !manner.forgets;
        }
        let (one, other) = (play_network(&version, &script), play_network(&version, &other));
        prop_assert_eq!(rooms(&one), rooms(&other));
    }
}

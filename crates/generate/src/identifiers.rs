//! Random identifiers.

use exeunt_event::{EventId, RoomId, ServerName, UserId};
use exeunt_version::{EventIds, RoomIds, RoomVersion};
use proptest::prelude::*;

const LOCALPART: &str = "[a-z0-9._=/+-]{1,12}";
const OPAQUE: &str = "[A-Za-z0-9]{1,18}";
const HASH: &str = "[A-Za-z0-9_-]{43}";
const STANDARD_HASH: &str = "[A-Za-z0-9/+]{43}";

fn host() -> impl Strategy<Value = String> + use<> {
    let port = prop::option::weighted(0.3, 1..=u16::MAX)
        .prop_map(|port| port.map(|port| format!(":{port}")).unwrap_or_default());
    let name = prop_oneof![
        6 => "[a-z][a-z0-9]{0,8}\\.example",
        1 => any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}")),
        1 => any::<[u16; 2]>().prop_map(|[a, b]| format!("[2001:db8::{a:x}:{b:x}]")),
    ];
    (name, port).prop_map(|(name, port)| name + &port)
}

/// Server names of the grammar: DNS names and addresses, with and without a port.
///
/// ```
/// use exeunt_event::ServerName;
/// use exeunt_regressions::proptest::prelude::*;
///
/// proptest!(exeunt_regressions::config!(cases = 32), |(name in exeunt_generate::server_names())| {
///     prop_assert!(ServerName::parse(name.as_str()).is_ok());
/// });
/// ```
pub fn server_names() -> impl Strategy<Value = ServerName> + use<> {
    host().prop_map(|host| ServerName::from_received(&host))
}

/// User IDs of the current grammar, and now and then a historical one.
///
/// ```
/// use exeunt_event::UserId;
/// use exeunt_regressions::proptest::prelude::*;
///
/// proptest!(exeunt_regressions::config!(cases = 32), |(user in exeunt_generate::user_ids())| {
///     prop_assert!(UserId::parse(user.as_str()).is_ok());
/// });
/// ```
pub fn user_ids() -> impl Strategy<Value = UserId> + use<> {
    let localpart = prop_oneof![9 => LOCALPART, 1 => "[A-Z !#$é]{0,6}"];
    (localpart, host()).prop_map(|(name, host)| UserId::from_received(&format!("@{name}:{host}")))
}

/// Room IDs of the form that the room version has.
///
/// ```
/// use exeunt_event::RoomId;
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// for version in RoomVersion::all() {
///     let rooms = exeunt_generate::room_ids(&version);
///     proptest!(exeunt_regressions::config!(cases = 8), |(room in rooms)| {
///         prop_assert!(RoomId::parse(room.as_str()).is_ok());
///     });
/// }
/// ```
pub fn room_ids(version: &RoomVersion) -> impl Strategy<Value = RoomId> + use<> {
    let text = match version.capabilities.room_ids {
        RoomIds::CreateEvent => HASH.prop_map(|hash| format!("!{hash}")).boxed(),
        RoomIds::Domain => {
            (OPAQUE, host()).prop_map(|(opaque, host)| format!("!{opaque}:{host}")).boxed()
        }
    };
    text.prop_map(|text| RoomId::from_received(&text))
}

/// Event IDs of the form that the room version has.
///
/// ```
/// use exeunt_event::EventId;
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// for version in RoomVersion::all() {
///     let events = exeunt_generate::event_ids(&version);
///     proptest!(exeunt_regressions::config!(cases = 8), |(event in events)| {
///         prop_assert!(EventId::parse(event.as_str()).is_ok());
///     });
/// }
/// ```
pub fn event_ids(version: &RoomVersion) -> impl Strategy<Value = EventId> + use<> {
    let text = match version.capabilities.event_ids {
        EventIds::UrlSafeReferenceHash => HASH.prop_map(|hash| format!("${hash}")).boxed(),
        EventIds::ReferenceHash => STANDARD_HASH.prop_map(|hash| format!("${hash}")).boxed(),
        EventIds::Sent => {
            (OPAQUE, host()).prop_map(|(opaque, host)| format!("${opaque}:{host}")).boxed()
        }
    };
    text.prop_map(|text| EventId::from_received(&text))
}

/// Strings that are near to server names, and none.
///
/// ```
/// use exeunt_event::ServerName;
/// use exeunt_regressions::proptest::prelude::*;
///
/// let names = exeunt_generate::broken_server_names();
/// proptest!(exeunt_regressions::config!(cases = 32), |(name in names)| {
///     prop_assert!(ServerName::parse(&name).is_err());
/// });
/// ```
pub fn broken_server_names() -> impl Strategy<Value = String> + use<> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{1,8}_[a-z]{1,8}",
        "[a-z]{1,8}:",
        "[a-z]{1,8}:[0-9]{6,8}",
        "[a-z]{1,8}:[0-9]{1,3}[a-z]",
        "\\[[g-z]{1,4}\\]",
        "\\[::1",
        "[a-z]{1,4} [a-z]{1,4}",
        "[a-z]{256,300}",
    ]
}

/// Strings that are near to user IDs, room IDs and event IDs, and none of them in any room version.
///
/// ```
/// use exeunt_event::{EventId, RoomId, UserId};
/// use exeunt_regressions::proptest::prelude::*;
///
/// let broken = exeunt_generate::broken_ids();
/// proptest!(exeunt_regressions::config!(cases = 32), |(id in broken)| {
///     prop_assert!(UserId::parse(&id).is_err());
///     prop_assert!(RoomId::parse(&id).is_err());
///     prop_assert!(EventId::parse(&id).is_err());
/// });
/// ```
pub fn broken_ids() -> impl Strategy<Value = String> + use<> {
    let sigil = || prop::sample::select(vec!["@", "!", "$"]);
    prop_oneof![
        // No sigil, or that of an alias.
        (prop::sample::select(vec!["", "#", "+"]), LOCALPART, host())
            .prop_map(|(sigil, name, host)| format!("{sigil}{name}:{host}")),
        // No server, or none that is one.
        (sigil(), LOCALPART).prop_map(|(sigil, name)| format!("{sigil}{name}")),
        (sigil(), LOCALPART, broken_server_names())
            .prop_map(|(sigil, name, host)| format!("{sigil}{name}:{host}")),
        // Too long.
        (sigil(), "[a-z]{255,300}", host())
            .prop_map(|(sigil, name, host)| format!("{sigil}{name}:{host}")),
    ]
}

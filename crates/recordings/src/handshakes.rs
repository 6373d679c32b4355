//! Handshakes recorded between two real homeservers.
//!
//! `handshakes/README.md` of this crate says where they come from and what was not recorded.
//!
//! ```
//! let recorded = exeunt_recordings::handshakes::handshake("invite_reject_v12");
//! assert!(recorded.federation.last().unwrap().request.path.contains("/v2/send_leave/"));
//! ```

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::decompressed;

/// What happened in one recording.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Handshake {
    /// The name of its file.
    #[serde(rename = "scenario")]
    pub name: String,
    /// What clients asked of their servers, in order.
    pub client: Vec<Call>,
    /// What was asked of a server afterwards, and the answer, by question.
    pub notes: Value,
    /// What the servers asked each other, in order.
    pub federation: Vec<Exchange>,
}

/// A client's request and its answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Call {
    /// The user.
    pub user: String,
    /// The method.
    pub method: String,
    /// The path, percent-encoded.
    pub path: String,
    /// The parameters of the query.
    pub query: Value,
    /// The body; null if there was none.
    pub body: Value,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub response: Value,
}

/// A server's request and its answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Exchange {
    /// The count over all recordings.
    pub seq: u64,
    /// The name of the server that asked.
    pub from: String,
    /// `hs1` or `hs2`.
    pub to: String,
    /// What was asked.
    pub request: Asked,
    /// What was answered.
    pub response: Answered,
}

/// A server's request.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query, percent-encoded.
    pub path: String,
    /// Name and value of each header.
    pub headers: Vec<(String, String)>,
    /// The body; null if there was none.
    pub body: Value,
}

/// The answer to a server's request.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

/// The names of all recorded handshakes, in order.
pub const NAMES: [&str; 16] = [
    "ban_joined_v12",
    "capabilities",
    "forget_default",
    "forget_forced",
    "invite_join_leave_v1",
    "invite_join_leave_v10",
    "invite_join_leave_v12",
    "invite_reject_v1",
    "invite_reject_v11",
    "invite_reject_v12",
    "invite_reject_v6",
    "kick_invited_v11",
    "knock_denied_v12",
    "knock_retract_v10",
    "reject_while_inviter_down",
    "restricted_join_v10",
];

/// The recorded handshake of that name.
pub fn handshake(name: &str) -> Handshake {
    read(name)
}

/// Events that were not recorded and could be made again, by room.
pub fn rebuilt() -> Value {
    read("rebuilt")
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("handshakes");
    let content = decompressed(&path.join(format!("{name}.json.gz")));
    serde_json::from_slice(&content).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_handshake_is_readable_and_called_by_its_name() {
        let requests: usize = NAMES
            .iter()
            .map(|name| {
                let recorded = handshake(name);
                assert_eq!(recorded.name, *name);
                recorded.federation.len()
            })
            .sum();
        assert_eq!(requests, 128);
        assert_eq!(rebuilt().as_object().map(serde_json::Map::len), Some(12));
    }
}

//! What a local user is told when something cannot be done.

use exeunt_event::ServerName;

use crate::Refusal;

/// Why a local user's action was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// As a request of another server would have been refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The user is of another server.
    #[error("The user is of another server.")]
    NotLocal,
    /// The user is in the room, and forgets no room that they are in.
    #[error("The user has not left the room.")]
    NotLeft,
    /// There is no invite, knock or membership to be left.
    #[error("The user has nothing to leave there.")]
    NothingToLeave,
    /// There is no server to ask.
    #[error("There is no server to ask.")]
    NobodyToAsk,
    /// No server that was asked helped.
    #[error("No server helped: {}", told(.0))]
    NobodyHelped(Vec<(ServerName, String)>),
    /// The server asked made the event part of no room, or gave no state for it.
    #[error("The answer to the handshake is worthless: {0}.")]
    WorthlessAnswer(String),
}

fn told(tried: &[(ServerName, String)]) -> String {
    let told = tried.iter().map(|(server, said)| format!("{server} ({said})"));
    told.collect::<Vec<_>>().join(", ")
}

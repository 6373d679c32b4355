//! Networks of homeservers: what users do at them, what becomes of the messages between them, and
//! who lies.

mod action;
mod event;
mod game;
mod script;
mod script_json;
mod scripts;
mod shrink;
mod stranger;
mod tamper;

pub use game::play_network;
pub use script::{Manner, NetworkOp, NetworkScript, NetworkSetup};
pub use script_json::NetworkScriptError;
pub use scripts::network_scripts;
pub use shrink::shrink_network;

//! Handshakes between model servers, in every room version that has them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod blocked_invites;
mod forgetting;
mod house;
mod invite;
mod join;
mod knock;
mod leave;
mod missing_events;
mod network;
mod one_room_of_three;
mod partial_state;
mod reject_invite;
mod rejected_stays_rejected;
mod relayed;
mod restarts;
mod restricted_join;
mod retract_knock;
mod submissions;
mod taken_out;
mod templates;
mod transactions;
mod v1_endpoints;
mod wire;

//! What real servers said to each other, said again to this homeserver.
//!
//! - `resident`: as `hs1` in the recorded handshakes. Our answers are compared with the real ones.
//! - `asking`: as `hs2` in them. Our requests, and what our users are told, are compared.
//! - `inviting`: as `hs1`, whose user invites, kicks and bans.
//! - `rooms`: every membership of other servers' users in the recorded rooms of eight room versions,
//!   with the real signatures.
//! - `newcomers`: those memberships as the users' servers made them that were not in the room.
//! - `transactions`: those rooms, and others with forks and a server that misbehaves, event by event.
//! - `transposed`: the clients' calls of the recordings in all twelve room versions, between two of
//!   our servers.
//!
//! Where our answers or requests depart from Synapse's, the test says so and why; nothing else may
//! differ.
//!
//! **A limit.** The public keys of the servers in the recorded handshakes were not recorded, so that
//! their signatures cannot be checked. Here each has a key of the test's own under the same ID, and
//! all signatures on events and requests are made anew with it. Event IDs and content hashes stay as
//! they were recorded, and are checked. The recorded rooms have their real signatures, but requests
//! about them are signed with keys of the test's own.
//!
//! Our events have an `origin` and no profile, and by that other IDs than the recorded ones. Each is
//! shown to be the recorded one otherwise, to its content hash and ID; the recorded answer is then
//! given for ours, and after a join the recorded room takes the place of ours.
//!
//! Of rooms that nobody of `hs2` joined, not every event was recorded. Those that are missing were
//! made again (`exeunt_recordings::handshakes::rebuilt`), and from room version 3 on their IDs, which
//! recorded events cite, prove that they are the same to the byte. In the one room of version 1 the
//! history before the invite has a gap, over which the test gives the state.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod comparison;
mod inviting;
mod newcomers;
mod replay;
mod resident;
mod rooms;
mod transactions;
mod transposed;

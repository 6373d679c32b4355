//! Request authentication: the header, and who sent a request.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#request-authentication>

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod header;
mod pieces;

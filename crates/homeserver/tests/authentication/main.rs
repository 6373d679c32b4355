//! Request authentication: the header, and who sent a request.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#request-authentication>

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod header;
mod pieces;
mod request;
mod sample;
mod several_headers;
mod tampering;

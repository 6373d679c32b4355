//! The event graph against its definitions: random graphs, and models that read like the text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cycles;
mod difference;
mod edges;
mod generations;
mod model;
mod order;
mod persistence;
mod petgraph;
mod reader;
mod scale;
mod subgraph;
mod walks;

//! PDUs on their way to another server.

use std::sync::Arc;

use im::Vector;

/// How many PDUs a transaction has at most.
/// <https://spec.matrix.org/v1.19/server-server-api/#transactions>
pub(crate) const MOST_PDUS: usize = 50;

/// What another server is still to be told, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) pdus: Vector<Arc<str>>,
    /// How many of them are in the transaction that is not answered yet.
    pub(crate) in_flight: usize,
    /// The number of that transaction, or of one that was not delivered, and how many PDUs it has:
    /// until it is, no other is sent.
    pub(crate) transaction: Option<(u64, usize)>,
}

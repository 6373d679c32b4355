//! One homeserver as a pure state machine: what happens to it goes in, the next homeserver and what
//! it sends come out.
//!
//! - [`Homeserver`]: the value, and [`Homeserver::step`]. [`Input`] and [`Output`] are what happens
//!   and what it does about it.
//! - [`Network`]: several of them, and what is on its way between them.
//! - Handshakes: leaving, rejecting an invite, retracting a knock, joining, knocking, inviting; as
//!   the server that asks, and as the one that answers.
//! - [`authenticate`]: who sends a request. [`ServerAcl`]: whether that server may.
//! - [`Refusal`]: everything that is refused, with its status and `errcode`.
//! - [`View`]: what a local user sees of a room, and [`Sync`]; forgetting touches nothing else.
//!
//! A homeserver signs nothing that was not checked: what signs takes a [`Ready`], and only a check
//! gives one. [`sign_unchecked`] is for those who play one that lies.

mod acl;
mod authenticate;
mod awaited;
mod client;
mod denial;
mod endpoint;
mod fetch;
mod glob;
mod handshake;
mod homeserver;
mod hosted;
mod http;
mod input;
mod network;
mod outbox;
mod refusal;
mod resident;
mod restart;
mod settings;
mod signing;
mod spec;
mod turn;
mod uri;
mod view;
mod x_matrix;

pub use acl::ServerAcl;
pub use authenticate::{Authenticated, authenticate, sign_request};
pub use denial::Denial;
pub use endpoint::{Endpoint, Form, Handshake};
pub use homeserver::Homeserver;
pub use http::{Method, Request, Response};
pub use input::{Action, Done, Input, Output};
pub use network::{Body, Message, Network, Told};
pub use refusal::Refusal;
pub use settings::{Settings, SignatureError};
pub use signing::{Draft, Ready, Template, TemplateFault, compose, sign_unchecked};
pub use spec::{Features, Specification, UnknownSpecification};
pub use uri::encode as percent_encode;
pub use view::{Status, Stripped, Sync, View};
pub use x_matrix::XMatrix;

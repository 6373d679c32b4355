//! What an operator sets.

use exeunt_event::json::{Object, Value};

use crate::Specification;

/// The `errcode` for an event that fails the signature check in `send_leave`, `send_join`,
/// `send_knock` and `invite`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureError {
    /// `M_INVALID_PARAM`, as the endpoints' descriptions say that servers should.
    #[default]
    InvalidParam,
    /// `M_INVALID_SIGNATURE`.
    InvalidSignature,
}

/// What an operator sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The release of the specification that is followed.
    pub specification: Specification,
    /// Whether a user who leaves, or is kicked or banned, forgets the room with that.
    pub forget_upon_leave: bool,
    /// Whether what accompanies an invite is checked in rooms of every version; otherwise it is in
    /// those whose ID is that of their create event.
    pub check_every_invite_state: bool,
    /// See there.
    pub signature_error: SignatureError,
}

impl Settings {
    /// The capabilities that clients are told of because of these settings.
    ///
    /// <https://spec.matrix.org/v1.19/client-server-api/#mforget_forced_upon_leave-capability>
    pub fn capabilities(&self) -> Object<'static> {
        let mut capabilities = Object::new();
        if self.forget_upon_leave && self.specification.features().forced_forgetting {
            let enabled = Object::from_iter([("enabled", Value::Bool(true))]);
            capabilities.insert("m.forget_forced_upon_leave", enabled);
        }
        capabilities
    }
}

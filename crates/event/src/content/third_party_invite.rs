//! `m.room.third_party_invite`.
//! <https://spec.matrix.org/v1.19/client-server-api/#mroomthird_party_invite>

use crate::json::{Object, Value};

/// The content of a third-party invite event.
#[derive(Clone, Debug)]
pub struct ThirdPartyInvite {
    /// The public keys, in Base64: `public_key`, then those of `public_keys`.
    pub public_keys: Box<[Box<str>]>,
}

impl ThirdPartyInvite {
    pub(super) fn new(content: &Object<'_>) -> Self {
        let single = content.get("public_key").and_then(Value::as_str);
        let listed = content.get("public_keys").and_then(Value::as_array).unwrap_or_default();
        let listed =
            listed.iter().filter_map(|entry| entry.as_object()?.get("public_key")?.as_str());
        Self { public_keys: single.into_iter().chain(listed).map(Into::into).collect() }
    }
}

//! `m.room.member`. <https://spec.matrix.org/v1.19/client-server-api/#mroommember>

use std::sync::OnceLock;

use exeunt_version::{Ed25519, NullThirdPartyInvite, RoomVersion, ThirdPartySignatures};

use crate::json::{Object, Value};
use crate::signatures::ed25519::VerifyingKey;
use crate::{UserId, base64};

/// A membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Membership {
    /// `invite`
    Invite,
    /// `join`
    Join,
    /// `leave`
    Leave,
    /// `ban`
    Ban,
    /// `knock`
    Knock,
    /// Anything else.
    Unknown,
}

impl Membership {
    /// From its name.
    pub fn new(name: &str) -> Self {
        match name {
            "invite" => Self::Invite,
            "join" => Self::Join,
            "leave" => Self::Leave,
            "ban" => Self::Ban,
            "knock" => Self::Knock,
            _ => Self::Unknown,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Ban => "ban",
            Self::Knock => "knock",
            Self::Unknown => "unknown",
        }
    }
}

/// `join_authorised_via_users_server` of a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorisingUser {
    /// Not there.
    Absent,
    /// A string, which may or may not be a user ID.
    User(UserId),
    /// There, but no string.
    Malformed,
}

/// `third_party_invite` of a membership.
#[derive(Clone, Debug)]
pub enum InviteProof {
    /// Not there.
    Absent,
    /// There, without `signed`.
    WithoutSigned,
    /// There, with `signed`.
    Signed(Box<SignedInvite>),
}

/// `third_party_invite.signed` of a membership.
#[derive(Clone, Debug)]
pub struct SignedInvite {
    /// `mxid`, if it is a string.
    pub mxid: Option<Box<str>>,
    /// `token`, if it is a string.
    pub token: Option<Box<str>>,
    /// The signatures, in Base64, in the order of the servers and key IDs they stand under.
    pub signatures: Box<[Box<str>]>,
    /// What was signed: the object without `signatures` and `unsigned`, in canonical JSON.
    pub signable: Box<[u8]>,
    verdict: OnceLock<KeyVerdict>,
}

/// What came of checking the signatures against a key.
#[derive(Clone, Debug)]
struct KeyVerdict {
    key: Box<str>,
    readings: (Ed25519, ThirdPartySignatures),
    is_valid: bool,
}

/// The content of a member event.
#[derive(Clone, Debug)]
pub struct Member {
    /// The membership, if there is one.
    pub membership: Option<Membership>,
    /// The user whose server authorises a restricted join.
    pub authorising_user: AuthorisingUser,
    /// The proof that the invited user owns the third-party identifier that was invited.
    pub third_party_invite: InviteProof,
}

impl Member {
    pub(super) fn new(content: &Object<'_>, version: &RoomVersion) -> Self {
        Self {
            membership: content
                .get("membership")
                .map(|value| value.as_str().map_or(Membership::Unknown, Membership::new)),
            authorising_user: match content.get("join_authorised_via_users_server") {
                None => AuthorisingUser::Absent,
                Some(Value::String(user)) => AuthorisingUser::User(UserId::from_received(user)),
                Some(_) => AuthorisingUser::Malformed,
            },
            third_party_invite: InviteProof::new(content.get("third_party_invite"), version),
        }
    }
}

impl InviteProof {
    fn new(value: Option<&Value<'_>>, version: &RoomVersion) -> Self {
        let null_is_absent =
            version.readings.null_third_party_invite == NullThirdPartyInvite::Absent;
        match value {
            None => Self::Absent,
            Some(Value::Null) if null_is_absent => Self::Absent,
            Some(value) => match value.as_object().and_then(|invite| invite.get("signed")) {
                None => Self::WithoutSigned,
                Some(signed) => Self::Signed(Box::new(SignedInvite::new(signed, version))),
            },
        }
    }
}

impl SignedInvite {
    fn new(signed: &Value<'_>, version: &RoomVersion) -> Self {
        let mut signed = signed.as_object().cloned().unwrap_or_default();
        let string = |key| signed.get(key).and_then(Value::as_str).map(Into::into);
        let (mxid, token) = (string("mxid"), string("token"));
        let mut signatures = Vec::new();
        if let Some(servers) = signed.get("signatures").and_then(Value::as_object) {
            let of_keys = servers.iter().filter_map(|(_, keys)| keys.as_object());
            for (key_id, signature) in of_keys.flat_map(Object::iter) {
                if key_id.starts_with("ed25519:") {
                    signatures.extend(signature.as_str().map(Into::into));
                }
            }
        }
        signed.remove("signatures");
        signed.remove("unsigned");
        Self {
            mxid,
            token,
            signatures: signatures.into_boxed_slice(),
            signable: signed
                .to_canonical(version.readings.lenient_numbers)
                .into_bytes()
                .into_boxed_slice(),
            verdict: OnceLock::new(),
        }
    }

    /// Whether one of the signatures is by that key, in Base64. An event is checked against many
    /// states with the same invite, so the answer for the first key that is asked for is remembered.
    pub fn is_signed_by(&self, key: &str, version: &RoomVersion) -> bool {
        let readings = (version.readings.ed25519, version.readings.third_party_signatures);
        let verify = || KeyVerdict {
            key: key.into(),
            readings,
            is_valid: self.verify(key, readings.0, readings.1),
        };
        let known = self.verdict.get_or_init(verify);
        if *known.key == *key && known.readings == readings {
            return known.is_valid;
        }
        self.verify(key, readings.0, readings.1)
    }

    /// Takes over what came of checking the same signatures of the same object in another event.
    /// Whether there was something to take over.
    pub fn learn_from(&self, other: &Self) -> bool {
        let is_same = self.signable == other.signable && self.signatures == other.signatures;
        let known = other.verdict.get().filter(|_| is_same);
        known.map(|known| self.verdict.get_or_init(|| known.clone())).is_some()
    }

    fn verify(&self, key: &str, ed25519: Ed25519, third_party: ThirdPartySignatures) -> bool {
        let decoded = base64::decode_array_of_either(key);
        let Some(key) = decoded.and_then(|key| VerifyingKey::new(&key, ed25519)) else {
            return false;
        };
        let counted = match third_party {
            ThirdPartySignatures::Any => usize::MAX,
            ThirdPartySignatures::First => 1,
        };
        self.signatures
            .iter()
            .take(counted)
            .filter_map(|signature| base64::decode_array(signature))
            .any(|signature| key.verify(&self.signable, &signature))
    }
}

//! The log of inputs: the truth, of which all else is a fold.

use std::sync::Arc;

use exeunt_auth::Rule;
use exeunt_event::json::{self, Object, Value};
use exeunt_event::{EventId, base64};
use exeunt_version::RoomVersion;

use crate::pending::Role;
use crate::{Context, Outcome, Receipt, Room, Standing};

/// Something that happened to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A PDU was received over federation.
    Pdu(Arc<[u8]>),
    /// The server sent a PDU of its own: check 6, which is about what is received over federation,
    /// is not for it.
    Sent(Arc<[u8]>),
    /// A PDU was fetched because others cite it: it goes through checks 1 to 4, and has no place in
    /// the history of the room until it is received as [`Input::Pdu`].
    Outlier(Arc<[u8]>),
    /// A PDU was received together with the state before it, as somebody gave it where the events
    /// before it cannot be had (`state_ids`).
    Given {
        /// The PDU.
        pdu: Arc<[u8]>,
        /// The events of the state before it.
        state: Arc<[EventId]>,
    },
    /// The server joined the room over federation with this PDU, and was given the state before it
    /// (`send_join`). The room's history begins there, once more if it had begun before: the join
    /// is the only forward extremity. As nobody sent it to the server, check 6 is not for it.
    Joined {
        /// The PDU.
        pdu: Arc<[u8]>,
        /// The events of the state before it.
        state: Arc<[EventId]>,
    },
}

/// A line that is no input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] json::JsonError),
    /// It is none of the objects that inputs are written as.
    #[error("{0}")]
    Form(&'static str),
}

impl Input {
    pub(crate) fn new(pdu: Arc<[u8]>, role: &Role) -> Self {
        match role {
            Role::Event => Self::Pdu(pdu),
            Role::Sent => Self::Sent(pdu),
            Role::Outlier => Self::Outlier(pdu),
            Role::Given(state) => Self::Given { pdu, state: Arc::clone(state) },
            Role::Joined(state) => Self::Joined { pdu, state: Arc::clone(state) },
        }
    }

    /// The PDU's bytes.
    pub fn pdu(&self) -> &[u8] {
        match self {
            Self::Pdu(pdu)
            | Self::Sent(pdu)
            | Self::Outlier(pdu)
            | Self::Given { pdu, .. }
            | Self::Joined { pdu, .. } => pdu,
        }
    }

    /// As a line of JSON, without a line break: `{"pdu": …}`, `{"sent": …}`, `{"outlier": …}`,
    /// `{"pdu": …, "state": [event ID, …]}`, `{"join": …, "state": [event ID, …]}`. The PDU stands
    /// there as it is if it is an object with sorted keys and no white space, as the PDUs of a room's
    /// log are unless they were dropped; any other bytes stand as a string of Base64.
    pub fn to_line(&self) -> String {
        let mut line = Object::new();
        let bytes = self.pdu();
        let value = match json::parse_any(bytes) {
            // Only what comes back as the same bytes.
            Ok(parsed)
                if parsed
                    .value
                    .as_object()
                    .is_some_and(|it| it.as_received().as_bytes() == bytes) =>
            {
                parsed.value
            }
            _ => Value::from(base64::encode(bytes)),
        };
        let name = match self {
            Self::Pdu(_) | Self::Given { .. } => "pdu",
            Self::Sent(_) => "sent",
            Self::Outlier(_) => "outlier",
            Self::Joined { .. } => "join",
        };
        line.insert(name, value);
        if let Some(state) = self.given_state() {
            line.insert("state", state.iter().map(EventId::to_string).collect::<Vec<_>>());
        }
        line.as_received()
    }

    /// From a line that [`Input::to_line`] wrote.
    pub fn from_line(line: &[u8]) -> Result<Self, InputError> {
        let parsed = json::parse_any(line)?;
        let object = parsed.value.as_object().ok_or(InputError::Form("it is no object"))?;
        let pdu = |value: &Value<'_>| match value {
            Value::Object(object) => Ok(object.as_received().into_bytes().into()),
            Value::String(text) => base64::decode(text)
                .map(Into::into)
                .ok_or(InputError::Form("the PDU is a string, but not in Base64")),
            _ => Err(InputError::Form("the PDU is neither an object nor a string")),
        };
        let state = || {
            let ids = object.get("state").and_then(Value::as_array).and_then(|ids| {
                ids.iter().map(|id| id.as_str().map(EventId::from_received)).collect()
            });
            ids.ok_or(InputError::Form("`state` is no array of event IDs"))
        };
        let kinds = ["pdu", "sent", "outlier", "join"];
        let mut named = kinds.iter().filter_map(|kind| Some((*kind, object.get(kind)?)));
        let (Some((kind, value)), None) = (named.next(), named.next()) else {
            return Err(InputError::Form(
                "it has not exactly one of `pdu`, `sent`, `outlier`, `join`",
            ));
        };
        let pdu = pdu(value)?;
        Ok(match kind {
            "sent" => Self::Sent(pdu),
            "outlier" => Self::Outlier(pdu),
            "join" => Self::Joined { pdu, state: state()? },
            _ if object.contains_key("state") => Self::Given { pdu, state: state()? },
            _ => Self::Pdu(pdu),
        })
    }

    /// The events of the state that came with the PDU.
    pub fn given_state(&self) -> Option<&[EventId]> {
        match self {
            Self::Pdu(_) | Self::Sent(_) | Self::Outlier(_) => None,
            Self::Given { state, .. } | Self::Joined { state, .. } => Some(state),
        }
    }

    pub(crate) fn hash(&self, hasher: &mut blake3::Hasher) {
        let kind: u8 = match self {
            Self::Pdu(_) => 0,
            Self::Outlier(_) => 1,
            Self::Given { .. } => 2,
            Self::Joined { .. } => 3,
            Self::Sent(_) => 4,
        };
        hash_bytes(hasher.update(&[kind]), self.pdu());
        hash_ids(hasher, self.given_state().unwrap_or_default());
    }
}

impl Receipt {
    pub(crate) fn hash(&self, hasher: &mut blake3::Hasher) {
        let standing = |hasher: &mut blake3::Hasher, standing: &Standing| {
            let kind = match standing {
                Standing::Accepted => 0,
                Standing::SoftFailed(_) => 1,
                Standing::Rejected(_) => 2,
            };
            hasher.update(&[kind]);
            if let Some(refusal) = standing.refusal() {
                hasher.update(&[refusal.check.number()]);
                hash_bytes(hasher, refusal.rule.map_or("", Rule::name).as_bytes());
            }
        };
        match &self.outcome {
            Outcome::Decided(decided) => standing(hasher.update(&[0]), decided),
            Outcome::Dropped(dropped) => {
                hasher.update(&[1, dropped.check().number()]);
            }
            Outcome::Pending { missing } => {
                hash_ids(hasher.update(&[2]), missing);
            }
            Outcome::Known => {
                hasher.update(&[3]);
            }
        }
        hasher.update(&[u8::from(self.redacted)]);
        hasher.update(&(self.taken_up.len() as u64).to_le_bytes());
        for (id, decided) in &self.taken_up {
            hash_bytes(hasher, id.as_bytes());
            standing(hasher, decided);
        }
    }
}

// What is of no fixed length goes with its length, so that nothing else hashes the same bytes.

fn hash_bytes(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}

fn hash_ids(hasher: &mut blake3::Hasher, ids: &[EventId]) {
    hasher.update(&(ids.len() as u64).to_le_bytes());
    for id in ids {
        hash_bytes(hasher, id.as_bytes());
    }
}

impl Room {
    /// The room that inputs make, in order.
    pub fn fold<'i>(
        version: RoomVersion,
        inputs: impl IntoIterator<Item = &'i Input>,
        context: Context<'_>,
    ) -> Self {
        let mut room = Self::new(version);
        for input in inputs {
            room.take(input, context);
        }
        room
    }

    /// A room that is joined over federation: it begins with a state that somebody gave.
    ///
    /// `auth_chain` and `state` are the PDUs of the answer to `send_join`, in any order; `event` is
    /// the join.
    pub fn joined<'p>(
        version: RoomVersion,
        auth_chain: impl IntoIterator<Item = &'p [u8]>,
        state: impl IntoIterator<Item = &'p [u8]>,
        event: &[u8],
        context: Context<'_>,
    ) -> (Self, Vec<Receipt>) {
        let mut room = Self::new(version);
        let mut receipts = Vec::new();
        for pdu in auth_chain {
            receipts.push(room.take(&Input::Outlier(pdu.into()), context));
        }
        let mut ids = Vec::new();
        for pdu in state {
            let receipt = room.take(&Input::Outlier(pdu.into()), context);
            // What was dropped is in nobody's state.
            if !matches!(receipt.outcome, Outcome::Dropped(_)) {
                ids.extend(receipt.event_id.clone());
            }
            receipts.push(receipt);
        }
        let joined = Input::Joined { pdu: event.into(), state: ids.into() };
        receipts.push(room.take(&joined, context));
        (room, receipts)
    }
}

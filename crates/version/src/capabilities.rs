//! The one table: what each room version changes.

/// Where an event's ID comes from.
///
/// <https://spec.matrix.org/v1.19/rooms/v3/#event-ids>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventIds {
    /// The sending server chose it: `event_id` in the PDU (versions 1 and 2). `prev_events` and
    /// `auth_events` are lists of pairs of ID and hashes.
    Sent,
    /// The reference hash in the standard Base64 alphabet (version 3).
    ReferenceHash,
    /// The reference hash in the URL-safe Base64 alphabet (version 4 and later).
    UrlSafeReferenceHash,
}

/// Where a room's ID comes from.
///
/// <https://spec.matrix.org/v1.19/rooms/v12/#event-format>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoomIds {
    /// The creating server chose it, and it carries that server's name.
    Domain,
    /// It is the create event's ID with the sigil `!`. The create event has no `room_id`, and no
    /// event names it among its auth events.
    CreateEvent,
}

/// How strictly canonical JSON is enforced.
///
/// <https://spec.matrix.org/v1.19/rooms/v6/#canonical-json>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CanonicalJson {
    /// Floats and integers of any size pass (versions 1 to 5).
    Lenient,
    /// Only integers within ±(2^53 − 1), written as such (version 6 and later).
    Strict,
}

/// Which spellings of a power level are integers.
///
/// <https://spec.matrix.org/v1.19/rooms/v10/#values-in-mroompower_levels-events-must-be-integers>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LevelForm {
    /// Integers, floats (truncated) and strings (versions 1 to 5).
    FloatsAndStrings,
    /// Integers and strings (versions 6 to 9).
    Strings,
    /// Integers alone, and rules that say so (version 10 and later).
    Integers,
}

/// Who created the room.
///
/// <https://spec.matrix.org/v1.19/rooms/v11/#remove-the-creator-property-of-mroomcreate-events>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Creator {
    /// The user that `content.creator` of the create event names (versions 1 to 10).
    Property,
    /// The sender of the create event (version 11).
    Sender,
    /// The sender and the `additional_creators`, all with infinite power (version 12).
    Privileged,
}

/// Which algorithm decides where states meet.
///
/// <https://spec.matrix.org/v1.19/rooms/v12/#state-resolution>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateResolution {
    /// The original algorithm (version 1).
    V1,
    /// Power events first, then the mainline ordering (versions 2 to 11).
    V2,
    /// The same from an empty state, with the conflicted state subgraph (version 12).
    V2_1,
}

/// What redaction keeps beyond what it keeps in every version.
///
/// In every version it keeps the top-level keys `event_id`, `type`, `room_id`, `sender`,
/// `state_key`, `content`, `hashes`, `signatures`, `depth`, `prev_events`, `auth_events` and
/// `origin_server_ts`, and of the contents: `membership` of members, `join_rule` of join rules,
/// `history_visibility` of history visibility, and `ban`, `events`, `events_default`, `kick`,
/// `redact`, `state_default`, `users`, `users_default` of power levels, and `creator` of create.
///
/// <https://spec.matrix.org/v1.19/rooms/v11/#redactions>
#[allow(clippy::struct_excessive_bools, reason = "each is an independent row of the table")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Redaction {
    /// The top-level keys `prev_state`, `origin` and `membership` (versions 1 to 10).
    pub keeps_legacy_keys: bool,
    /// `aliases` of `m.room.aliases` (versions 1 to 5).
    pub keeps_aliases: bool,
    /// `allow` of `m.room.join_rules` (version 8 and later).
    pub keeps_allow: bool,
    /// `join_authorised_via_users_server` of `m.room.member` (version 9 and later).
    pub keeps_authorising_user: bool,
    /// The whole content of `m.room.create` (version 11 and later).
    pub keeps_create_content: bool,
    /// `invite` of `m.room.power_levels` (version 11 and later).
    pub keeps_invite_level: bool,
    /// `redacts` of `m.room.redaction` (version 11 and later).
    pub keeps_redacts: bool,
    /// `third_party_invite.signed` of `m.room.member` (version 11 and later).
    pub keeps_third_party_signed: bool,
}

impl Redaction {
    /// The algorithm of versions 1 to 5.
    pub const V1: Self = Self {
        keeps_legacy_keys: true,
        keeps_aliases: true,
        keeps_allow: false,
        keeps_authorising_user: false,
        keeps_create_content: false,
        keeps_invite_level: false,
        keeps_redacts: false,
        keeps_third_party_signed: false,
    };
    /// The algorithm of versions 6 and 7.
    pub const V6: Self = Self { keeps_aliases: false, ..Self::V1 };
    /// The algorithm of version 8.
    pub const V8: Self = Self { keeps_allow: true, ..Self::V6 };
    /// The algorithm of versions 9 and 10.
    pub const V9: Self = Self { keeps_authorising_user: true, ..Self::V8 };
    /// The algorithm of versions 11 and 12.
    pub const V11: Self = Self {
        keeps_legacy_keys: false,
        keeps_create_content: true,
        keeps_invite_level: true,
        keeps_redacts: true,
        keeps_third_party_signed: true,
        ..Self::V9
    };
}

/// What a room version says, wherever versions differ.
#[allow(clippy::struct_excessive_bools, reason = "each is an independent row of the table")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capabilities {
    /// Where event IDs come from, and how events refer to one another.
    pub event_ids: EventIds,
    /// Where the room ID comes from.
    pub room_ids: RoomIds,
    /// How strictly canonical JSON is enforced.
    pub canonical_json: CanonicalJson,
    /// The largest `depth` an event may have.
    pub maximum_depth: i64,
    /// What redaction keeps.
    pub redaction: Redaction,
    /// Whether the server in the event ID must sign too, if it is not the sender's.
    pub event_id_server_signs: bool,
    /// Whether a signing key counts only while it is valid.
    pub key_validity: bool,
    /// Whether `m.room.aliases` has a rule of its own.
    pub aliases_rule: bool,
    /// Whether `m.room.redaction` has a rule of its own.
    pub redaction_rule: bool,
    /// Whether a redaction names its target in `content` rather than at the top level.
    pub redacts_in_content: bool,
    /// Whether changes to `notifications` in the power levels are checked.
    pub notifications_rule: bool,
    /// Whether users may knock.
    pub knocking: bool,
    /// Whether the join rule `restricted` is known.
    pub restricted_joins: bool,
    /// Whether the join rule `knock_restricted` is known.
    pub knock_restricted_joins: bool,
    /// Which spellings of a power level are integers.
    pub levels: LevelForm,
    /// Who created the room.
    pub creator: Creator,
    /// Which state resolution algorithm the room uses.
    pub state_resolution: StateResolution,
}

impl Capabilities {
    /// Room version 1. <https://spec.matrix.org/v1.19/rooms/v1/>
    pub const V1: Self = Self {
        event_ids: EventIds::Sent,
        room_ids: RoomIds::Domain,
        canonical_json: CanonicalJson::Lenient,
        maximum_depth: i64::MAX,
        redaction: Redaction::V1,
        event_id_server_signs: true,
        key_validity: false,
        aliases_rule: true,
        redaction_rule: true,
        redacts_in_content: false,
        notifications_rule: false,
        knocking: false,
        restricted_joins: false,
        knock_restricted_joins: false,
        levels: LevelForm::FloatsAndStrings,
        creator: Creator::Property,
        state_resolution: StateResolution::V1,
    };
    /// Room version 2. <https://spec.matrix.org/v1.19/rooms/v2/>
    pub const V2: Self = Self { state_resolution: StateResolution::V2, ..Self::V1 };
    /// Room version 3. <https://spec.matrix.org/v1.19/rooms/v3/>
    pub const V3: Self = Self {
        event_ids: EventIds::ReferenceHash,
        event_id_server_signs: false,
        redaction_rule: false,
        ..Self::V2
    };
    /// Room version 4. <https://spec.matrix.org/v1.19/rooms/v4/>
    pub const V4: Self = Self { event_ids: EventIds::UrlSafeReferenceHash, ..Self::V3 };
    /// Room version 5. <https://spec.matrix.org/v1.19/rooms/v5/>
    pub const V5: Self = Self { key_validity: true, ..Self::V4 };
    /// Room version 6. <https://spec.matrix.org/v1.19/rooms/v6/>
    pub const V6: Self = Self {
        canonical_json: CanonicalJson::Strict,
        maximum_depth: (1 << 53) - 1,
        redaction: Redaction::V6,
        aliases_rule: false,
        notifications_rule: true,
        levels: LevelForm::Strings,
        ..Self::V5
    };
    /// Room version 7. <https://spec.matrix.org/v1.19/rooms/v7/>
    pub const V7: Self = Self { knocking: true, ..Self::V6 };
    /// Room version 8. <https://spec.matrix.org/v1.19/rooms/v8/>
    pub const V8: Self = Self { restricted_joins: true, redaction: Redaction::V8, ..Self::V7 };
    /// Room version 9. <https://spec.matrix.org/v1.19/rooms/v9/>
    pub const V9: Self = Self { redaction: Redaction::V9, ..Self::V8 };
    /// Room version 10. <https://spec.matrix.org/v1.19/rooms/v10/>
    pub const V10: Self =
        Self { knock_restricted_joins: true, levels: LevelForm::Integers, ..Self::V9 };
    /// Room version 11. <https://spec.matrix.org/v1.19/rooms/v11/>
    pub const V11: Self = Self {
        redaction: Redaction::V11,
        redacts_in_content: true,
        creator: Creator::Sender,
        ..Self::V10
    };
    /// Room version 12. <https://spec.matrix.org/v1.19/rooms/v12/>
    pub const V12: Self = Self {
        room_ids: RoomIds::CreateEvent,
        creator: Creator::Privileged,
        state_resolution: StateResolution::V2_1,
        ..Self::V11
    };
}

//! The list itself: name, effect, versions and sentence of every rule, in the order of the text.

use super::Effect;

/// The room versions that have the rule, and a link to the page of the newest one.
macro_rules! versions {
    (12..=12) => {
        concat!("Room version 12: ", versions!(12))
    };
    ($first:literal..=$last:tt) => {
        concat!("Room versions ", $first, " to ", $last, ": ", versions!($last))
    };
    ($newest:literal) => {
        concat!("<https://spec.matrix.org/v1.19/rooms/v", $newest, "/#authorisation-rules>")
    };
}

/// For each rule: its variant, its effect, its name, the first and the last room version of the
/// specification that have it, and its sentence.
macro_rules! rules {
    ($($rule:ident $effect:ident $name:literal $first:tt..=$last:tt $sentence:literal)+) => {
        /// An authorisation rule.
        ///
        /// Rules are ordered as in the text. What a rule is numbered depends on the room version:
        /// [`Rule::number`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(
                #[doc = $sentence]
                #[doc = ""]
                #[doc = versions!($first..=$last)]
                $rule,
            )+
        }

        impl Rule {
            /// Every rule, in the order of the text.
            pub const ALL: &'static [Self] = &[$(Self::$rule),+];
        }

        const ROWS: &[Row] =
            &[$(Row { name: $name, effect: Effect::$effect, sentence: $sentence }),+];

        /// The versions that each rule's documentation names.
        #[cfg(test)]
        const VERSIONS: &[std::ops::RangeInclusive<u8>] = &[$($first..=$last),+];
    };
}

struct Row {
    name: &'static str,
    effect: Effect,
    sentence: &'static str,
}

impl Rule {
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The name of the rule, such as `join-restricted-authoriser`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What it means that the rule has spoken.
    pub fn effect(self) -> Effect {
        self.row().effect
    }

    /// What the rule says, as one sentence that gives the reason for a verdict.
    ///
    /// For a rule that [decides](Effect::Decides), the sentence is the condition for allowing.
    pub fn sentence(self) -> &'static str {
        self.row().sentence
    }
}

rules! {
    CreateHasPrevEvents Rejects "create-has-prev-events" 1..=12
        "The create event has previous events."
    CreateRoomIdDomain Rejects "create-room-id-domain" 1..=11
        "The room ID of the create event does not carry the domain of its sender."
    CreateHasRoomId Rejects "create-has-room-id" 12..=12
        "The create event has a room ID, although its own event ID is to become that."
    CreateRoomVersion Rejects "create-room-version" 1..=12
        "The create event names a room version that is not known."
    CreateWithoutCreator Rejects "create-without-creator" 1..=10
        "The create event does not say who the creator is."
    CreateAdditionalCreators Rejects "create-additional-creators" 12..=12
        "The additional creators of the room are not a list of valid user IDs."
    CreateAllowed Allows "create-allowed" 1..=12
        "The create event has no fault."

    RoomIdIsNoCreateEvent Rejects "room-id-is-no-create-event" 12..=12
        "The room ID does not stand for a create event that was accepted."

    AuthEventsDuplicate Rejects "auth-events-duplicate" 1..=12
        "Two of the auth events have the same type and state key."
    AuthEventsUnexpected Rejects "auth-events-unexpected" 1..=12
        "An auth event is none of those that such an event selects."
    AuthEventsRejected Rejects "auth-events-rejected" 1..=12
        "An auth event was itself rejected."
    AuthEventsNoCreate Rejects "auth-events-no-create" 1..=11
        "None of the auth events is a create event."
    AuthEventsOtherRoom Rejects "auth-events-other-room" 1..=12
        "An auth event belongs to another room."

    NotFederated Rejects "not-federated" 1..=12
        "The room does not federate, and the sender's domain is not that of who created it."

    AliasesWithoutStateKey Rejects "aliases-without-state-key" 1..=5
        "The aliases have no state key."
    AliasesDomain Rejects "aliases-domain" 1..=5
        "The state key of the aliases is not the sender's domain."
    AliasesAllowed Allows "aliases-allowed" 1..=5
        "The state key of the aliases is the sender's domain."

    MemberIncomplete Rejects "member-incomplete" 1..=12
        "The member event lacks a state key or a membership."
    MemberAuthoriserSignature Rejects "member-authoriser-signature" 8..=12
        "The server of the user named as authorising the join has not validly signed the event."

    JoinCreator Allows "join-creator" 1..=12
        "The user who created the room joins right after the create event."
    JoinForAnother Rejects "join-for-another" 1..=12
        "The sender is not the user who would join."
    JoinBanned Rejects "join-banned" 1..=12
        "The user who would join is banned."
    JoinInvited Allows "join-invited" 1..=12
        "The join rule asks for an invitation, and the user is invited or already joined."
    JoinRestrictedMember Allows "join-restricted-member" 8..=12
        "The room restricts who may join, and the user is invited or already joined."
    JoinRestrictedAuthoriser Rejects "join-restricted-authoriser" 8..=12
        "The user named as authorising the join is not joined, or lacks the power to invite."
    JoinRestrictedAllowed Allows "join-restricted-allowed" 8..=12
        "The room restricts who may join, and a joined user with the power to invite vouches."
    JoinPublic Allows "join-public" 1..=12
        "The room is public."
    JoinOtherwise Rejects "join-otherwise" 1..=12
        "The join rule does not let the user join."

    InviteThirdPartyBanned Rejects "invite-third-party-banned" 1..=12
        "The user whom the third-party invite is for is banned."
    InviteThirdPartyWithoutSigned Rejects "invite-third-party-without-signed" 1..=12
        "The third-party invite has no signed part."
    InviteThirdPartyWithoutMxidOrToken Rejects "invite-third-party-without-mxid-or-token" 1..=12
        "The signed part of the third-party invite lacks the user ID or the token."
    InviteThirdPartyMxid Rejects "invite-third-party-mxid" 1..=12
        "The signed part of the third-party invite names a user other than the state key."
    InviteThirdPartyWithoutEvent Rejects "invite-third-party-without-event" 1..=12
        "The state of the room has no third-party invite for the token."
    InviteThirdPartySender Rejects "invite-third-party-sender" 1..=12
        "The third-party invite in the state of the room was sent by somebody else."
    InviteThirdPartySignature Allows "invite-third-party-signature" 1..=12
        "The third-party invite is signed with a key that the state of the room has for it."
    InviteThirdPartyOtherwise Rejects "invite-third-party-otherwise" 1..=12
        "The third-party invite is signed with no key that the state of the room has for it."
    InviteSenderNotJoined Rejects "invite-sender-not-joined" 1..=12
        "The user who invites is not joined."
    InviteTargetJoinedOrBanned Rejects "invite-target-joined-or-banned" 1..=12
        "The user who would be invited is joined or banned."
    InviteAllowed Allows "invite-allowed" 1..=12
        "The sender has the power to invite."
    InviteOtherwise Rejects "invite-otherwise" 1..=12
        "The sender lacks the power to invite."

    LeaveOwn Decides "leave-own" 1..=12
        "The sender may leave while invited or joined, or knocking where the version has that."
    LeaveSenderNotJoined Rejects "leave-sender-not-joined" 1..=12
        "The user who removes another is not joined."
    LeaveUnban Rejects "leave-unban" 1..=12
        "The user to be removed is banned, and the sender lacks the power to ban."
    LeaveKick Allows "leave-kick" 1..=12
        "The sender has the power to kick, and more power than the user to be removed."
    LeaveOtherwise Rejects "leave-otherwise" 1..=12
        "The sender lacks the power to kick, or has no more power than the user to be removed."

    BanSenderNotJoined Rejects "ban-sender-not-joined" 1..=12
        "The user who bans is not joined."
    BanAllowed Allows "ban-allowed" 1..=12
        "The sender has the power to ban, and more power than the user to be banned."
    BanOtherwise Rejects "ban-otherwise" 1..=12
        "The sender lacks the power to ban, or has no more power than the user to be banned."

    KnockJoinRule Rejects "knock-join-rule" 7..=12
        "The join rule does not let users knock."
    KnockForAnother Rejects "knock-for-another" 7..=12
        "The sender is not the user who would knock."
    KnockAllowed Allows "knock-allowed" 7..=12
        "The user who knocks is not banned, invited or joined."
    KnockOtherwise Rejects "knock-otherwise" 7..=12
        "The user who would knock is banned, invited or joined."

    MemberUnknown Rejects "member-unknown" 1..=12
        "The room version does not know the membership."

    SenderNotJoined Rejects "sender-not-joined" 1..=12
        "The sender is not joined."
    ThirdPartyInviteLevel Decides "third-party-invite-level" 1..=12
        "Inviting a third party takes the power to invite."
    RequiredPowerLevel Rejects "required-power-level" 1..=12
        "The type of the event requires more power than the sender has."
    StateKeyOfAnother Rejects "state-key-of-another" 1..=12
        "The state key begins with `@` and is not the sender."

    PowerLevelsNotIntegers Rejects "power-levels-not-integers" 1..=12
        "One of the general levels is not what the version takes for an integer."
    PowerLevelsMapsNotIntegers Rejects "power-levels-maps-not-integers" 1..=12
        "The levels of events or notifications are not a map to what the version takes for integers."
    PowerLevelsUsers Rejects "power-levels-users" 1..=12
        "The levels of users are not a map from user IDs to what the version takes for integers."
    PowerLevelsCreator Rejects "power-levels-creator" 12..=12
        "The levels of users name a creator of the room, whose power has no bounds."
    PowerLevelsFirst Allows "power-levels-first" 1..=12
        "The room has no power levels yet."
    PowerLevelsCurrentProperty Rejects "power-levels-current-property" 1..=12
        "One of the general levels changes that is above the sender's level."
    PowerLevelsNewProperty Rejects "power-levels-new-property" 1..=12
        "One of the general levels would change to more than the sender's level."
    PowerLevelsCurrentEntry Rejects "power-levels-current-entry" 1..=12
        "The level of an event type (or guarded notification) changes and is above the sender's."
    PowerLevelsNewEntry Rejects "power-levels-new-entry" 1..=12
        "The level of an event type (or guarded notification) would exceed the sender's."
    PowerLevelsCurrentUser Rejects "power-levels-current-user" 1..=12
        "The level of another user changes and is not below the sender's."
    PowerLevelsNewUser Rejects "power-levels-new-user" 1..=12
        "The level of a user would change to more than the sender's."
    PowerLevelsAllowed Allows "power-levels-allowed" 1..=12
        "No level changes that is out of the sender's reach."

    RedactionLevel Allows "redaction-level" 1..=2
        "The sender has the power to redact."
    RedactionDomain Allows "redaction-domain" 1..=2
        "The event IDs of the redaction and of what it redacts have the same domain."
    RedactionOtherwise Rejects "redaction-otherwise" 1..=2
        "The sender lacks the power to redact, and what is to be redacted is of another domain."

    Otherwise Allows "otherwise" 1..=12
        "No rule speaks against the event."
}

#[cfg(test)]
mod tests {
    use exeunt_version::RoomVersion;

    use super::*;

    #[test]
    fn the_rows_are_in_the_order_of_the_rules() {
        assert_eq!(ROWS.len(), Rule::ALL.len());
        for (position, rule) in Rule::ALL.iter().enumerate() {
            assert_eq!(*rule as usize, position);
            let mut name = String::new();
            for letter in format!("{rule:?}").chars() {
                if letter.is_uppercase() && !name.is_empty() {
                    name.push('-');
                }
                name.push(letter.to_ascii_lowercase());
            }
            assert_eq!(rule.name(), name);
        }
    }

    #[test]
    fn the_documentation_names_the_versions_that_have_the_rule() {
        assert!(versions!(12).contains(exeunt_version::SPECIFICATION));
        for version in RoomVersion::all() {
            for (rule, versions) in Rule::ALL.iter().zip(VERSIONS) {
                let documented = versions.contains(&version.page());
                let exists = rule.exists_in(&version.capabilities);
                assert_eq!(exists, documented, "{rule} in version {version}");
            }
        }
    }

    #[test]
    fn every_sentence_is_one_sentence() {
        for rule in Rule::ALL {
            let sentence = rule.sentence();
            assert!(sentence.starts_with(|first: char| first.is_ascii_uppercase()), "{sentence}");
            assert_eq!(sentence.find('.'), Some(sentence.len() - 1), "{sentence}");
            assert!(!sentence.contains(['|', '\n', ':']), "{sentence}");
        }
    }
}

//! Rules in families, by which vectors are filed.

use exeunt_auth::Rule;

/// The family of a rule, as a name of one word: what reports count by, and the file that vectors
/// about it are in.
pub fn family(rule: Rule) -> &'static str {
    use Rule as R;
    match rule {
        R::CreateHasPrevEvents
        | R::CreateRoomIdDomain
        | R::CreateHasRoomId
        | R::CreateRoomVersion
        | R::CreateWithoutCreator
        | R::CreateAdditionalCreators
        | R::CreateAllowed => "create",
        R::RoomIdIsNoCreateEvent
        | R::AuthEventsDuplicate
        | R::AuthEventsUnexpected
        | R::AuthEventsRejected
        | R::AuthEventsNoCreate
        | R::AuthEventsOtherRoom => "auth-events",
        R::NotFederated => "room-wide",
        R::AliasesWithoutStateKey | R::AliasesDomain | R::AliasesAllowed => "aliases",
        R::MemberIncomplete | R::MemberAuthoriserSignature | R::MemberUnknown => "member",
        R::JoinCreator
        | R::JoinForAnother
        | R::JoinBanned
        | R::JoinInvited
        | R::JoinRestrictedMember
        | R::JoinRestrictedAuthoriser
        | R::JoinRestrictedAllowed
        | R::JoinPublic
        | R::JoinOtherwise => "member-join",
        R::InviteThirdPartyBanned
        | R::InviteThirdPartyWithoutSigned
        | R::InviteThirdPartyWithoutMxidOrToken
        | R::InviteThirdPartyMxid
        | R::InviteThirdPartyWithoutEvent
        | R::InviteThirdPartySender
        | R::InviteThirdPartySignature
        | R::InviteThirdPartyOtherwise
        | R::ThirdPartyInviteLevel => "third-party-invite",
        R::InviteSenderNotJoined
        | R::InviteTargetJoinedOrBanned
        | R::InviteAllowed
        | R::InviteOtherwise => "member-invite",
        R::LeaveOwn
        | R::LeaveSenderNotJoined
        | R::LeaveUnban
        | R::LeaveKick
        | R::LeaveOtherwise => "member-leave",
        R::BanSenderNotJoined | R::BanAllowed | R::BanOtherwise => "member-ban",
        R::KnockJoinRule | R::KnockForAnother | R::KnockAllowed | R::KnockOtherwise => {
            "member-knock"
        }
        R::SenderNotJoined | R::RequiredPowerLevel | R::Otherwise => "events",
        R::StateKeyOfAnother => "state-keys",
        R::PowerLevelsNotIntegers
        | R::PowerLevelsMapsNotIntegers
        | R::PowerLevelsUsers
        | R::PowerLevelsCreator
        | R::PowerLevelsFirst
        | R::PowerLevelsCurrentProperty
        | R::PowerLevelsNewProperty
        | R::PowerLevelsCurrentEntry
        | R::PowerLevelsNewEntry
        | R::PowerLevelsCurrentUser
        | R::PowerLevelsNewUser
        | R::PowerLevelsAllowed => "power-levels",
        R::RedactionLevel | R::RedactionDomain | R::RedactionOtherwise => "redaction",
    }
}

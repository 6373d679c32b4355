//! The text laid out once, as the tree that its lists are, for all room versions together.
//!
//! Every item says in which versions it exists. Its number is then a matter of counting the items
//! before it that exist, which is what the lists of the specification's pages do.

use exeunt_version::{Capabilities, Creator, LevelForm, RoomIds};

#[allow(
    clippy::enum_glob_use,
    reason = "a tree of rules reads best with nothing but their names"
)]
use super::Rule::{self, *};
use super::number::RuleNumber;

/// An item of a list.
struct Item {
    /// The rule that the item says, unless it is a condition for those under it or a mere part of
    /// the one above it.
    rule: Option<Rule>,
    exists: fn(&Capabilities) -> bool,
    under: &'static [Item],
}

impl Item {
    const fn says(rule: Rule) -> Self {
        Self { rule: Some(rule), ..Self::heads(&[]) }
    }

    const fn heads(under: &'static [Self]) -> Self {
        Self { rule: None, exists: |_| true, under }
    }

    const fn with(self, under: &'static [Self]) -> Self {
        Self { under, ..self }
    }

    const fn when(self, exists: fn(&Capabilities) -> bool) -> Self {
        Self { exists, ..self }
    }

    /// The first rule at or under the item. None for a mere part of a rule.
    fn first(&self) -> Option<Rule> {
        self.rule.or_else(|| self.under.first()?.first())
    }
}

fn domain_in_room_id(capabilities: &Capabilities) -> bool {
    matches!(capabilities.room_ids, RoomIds::Domain)
}

fn room_id_is_create_event(capabilities: &Capabilities) -> bool {
    matches!(capabilities.room_ids, RoomIds::CreateEvent)
}

fn creator_property(capabilities: &Capabilities) -> bool {
    matches!(capabilities.creator, Creator::Property)
}

fn privileged_creators(capabilities: &Capabilities) -> bool {
    matches!(capabilities.creator, Creator::Privileged)
}

fn restricted_joins(capabilities: &Capabilities) -> bool {
    capabilities.restricted_joins || capabilities.knock_restricted_joins
}

pub(super) fn levels_are_integers(capabilities: &Capabilities) -> bool {
    matches!(capabilities.levels, LevelForm::Integers)
}

static TEXT: &[Item] = &[
    // The type is m.room.create:
    Item::heads(&[
        Item::says(CreateHasPrevEvents),
        Item::says(CreateRoomIdDomain).when(domain_in_room_id),
        Item::says(CreateHasRoomId).when(room_id_is_create_event),
        Item::says(CreateRoomVersion),
        Item::says(CreateWithoutCreator).when(creator_property),
        Item::says(CreateAdditionalCreators).when(privileged_creators),
        Item::says(CreateAllowed),
    ]),
    Item::says(RoomIdIsNoCreateEvent).when(room_id_is_create_event),
    // The auth events:
    Item::heads(&[
        Item::says(AuthEventsDuplicate),
        Item::says(AuthEventsUnexpected),
        Item::says(AuthEventsRejected),
        Item::says(AuthEventsNoCreate).when(domain_in_room_id),
        Item::says(AuthEventsOtherRoom),
    ]),
    Item::says(NotFederated),
    // The type is m.room.aliases:
    Item::heads(&[
        Item::says(AliasesWithoutStateKey),
        Item::says(AliasesDomain),
        Item::says(AliasesAllowed),
    ])
    .when(|capabilities| capabilities.aliases_rule),
    // The type is m.room.member:
    Item::heads(&[
        Item::says(MemberIncomplete),
        // The content has join_authorised_via_users_server:
        Item::heads(&[Item::says(MemberAuthoriserSignature)]).when(restricted_joins),
        JOIN,
        INVITE,
        LEAVE,
        BAN,
        KNOCK,
        Item::says(MemberUnknown),
    ]),
    Item::says(SenderNotJoined),
    // The type is m.room.third_party_invite:
    Item::heads(&[Item::says(ThirdPartyInviteLevel)]),
    Item::says(RequiredPowerLevel),
    Item::says(StateKeyOfAnother),
    POWER_LEVELS,
    // The type is m.room.redaction:
    Item::heads(&[
        Item::says(RedactionLevel),
        Item::says(RedactionDomain),
        Item::says(RedactionOtherwise),
    ])
    .when(|capabilities| capabilities.redaction_rule),
    Item::says(Otherwise),
];

/// The membership is join:
const JOIN: Item = Item::heads(&[
    Item::says(JoinCreator),
    Item::says(JoinForAnother),
    Item::says(JoinBanned),
    Item::says(JoinInvited),
    // The join rule is restricted (or knock_restricted):
    Item::heads(&[
        Item::says(JoinRestrictedMember),
        Item::says(JoinRestrictedAuthoriser),
        Item::says(JoinRestrictedAllowed),
    ])
    .when(restricted_joins),
    Item::says(JoinPublic),
    Item::says(JoinOtherwise),
]);

/// The membership is invite:
const INVITE: Item = Item::heads(&[
    // The content has third_party_invite:
    Item::heads(&[
        Item::says(InviteThirdPartyBanned),
        Item::says(InviteThirdPartyWithoutSigned),
        Item::says(InviteThirdPartyWithoutMxidOrToken),
        Item::says(InviteThirdPartyMxid),
        Item::says(InviteThirdPartyWithoutEvent),
        Item::says(InviteThirdPartySender),
        // Where the keys stand: in public_key, and in public_keys.
        Item::says(InviteThirdPartySignature).with(&[Item::heads(&[]), Item::heads(&[])]),
        Item::says(InviteThirdPartyOtherwise),
    ]),
    Item::says(InviteSenderNotJoined),
    Item::says(InviteTargetJoinedOrBanned),
    Item::says(InviteAllowed),
    Item::says(InviteOtherwise),
]);

/// The membership is leave:
const LEAVE: Item = Item::heads(&[
    Item::says(LeaveOwn),
    Item::says(LeaveSenderNotJoined),
    Item::says(LeaveUnban),
    Item::says(LeaveKick),
    Item::says(LeaveOtherwise),
]);

/// The membership is ban:
const BAN: Item = Item::heads(&[
    Item::says(BanSenderNotJoined),
    Item::says(BanAllowed),
    Item::says(BanOtherwise),
]);

/// The membership is knock:
const KNOCK: Item = Item::heads(&[
    Item::says(KnockJoinRule),
    Item::says(KnockForAnother),
    Item::says(KnockAllowed),
    Item::says(KnockOtherwise),
])
.when(|capabilities| capabilities.knocking);

/// The type is `m.room.power_levels`:
const POWER_LEVELS: Item = Item::heads(&[
    Item::says(PowerLevelsNotIntegers).when(levels_are_integers),
    Item::says(PowerLevelsMapsNotIntegers).when(levels_are_integers),
    Item::says(PowerLevelsUsers),
    Item::says(PowerLevelsCreator).when(privileged_creators),
    Item::says(PowerLevelsFirst),
    // Each of the levels that stand by themselves:
    Item::heads(&[Item::says(PowerLevelsCurrentProperty), Item::says(PowerLevelsNewProperty)]),
    // Each entry of events and notifications, changed or removed; then added or changed:
    Item::heads(&[Item::says(PowerLevelsCurrentEntry)]),
    Item::heads(&[Item::says(PowerLevelsNewEntry)]),
    // Each entry of users, likewise:
    Item::heads(&[Item::says(PowerLevelsCurrentUser)]),
    Item::heads(&[Item::says(PowerLevelsNewUser)]),
    Item::says(PowerLevelsAllowed),
]);

/// The number of the item that says `rule`.
pub(super) fn number(rule: Rule, capabilities: &Capabilities) -> Option<RuleNumber> {
    let mut number = RuleNumber::EMPTY;
    let mut items = TEXT;
    loop {
        // Rules have the order of the text, so the last item that does not begin after the rule
        // is the one that has it.
        let mut item = None;
        let mut before = 0;
        let mut count = 0;
        for candidate in items.iter().take_while(|item| item.first().is_some_and(|it| it <= rule)) {
            before = count;
            count += u8::from((candidate.exists)(capabilities));
            item = Some(candidate);
        }
        let item = item.filter(|item| (item.exists)(capabilities))?;
        number = number.with(before + 1)?;
        if item.rule == Some(rule) {
            return Some(number);
        }
        items = item.under;
    }
}

/// The rule that the item with that number says.
pub(super) fn at(number: RuleNumber, capabilities: &Capabilities) -> Option<Rule> {
    let mut rule = None;
    let mut items = TEXT;
    for component in number.components() {
        let item = items
            .iter()
            .filter(|item| (item.exists)(capabilities))
            .nth(usize::from(*component).checked_sub(1)?)?;
        rule = item.rule;
        items = item.under;
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(items: &[Item], found: &mut Vec<Rule>) {
        for item in items {
            found.extend(item.rule);
            rules(item.under, found);
        }
    }

    #[test]
    fn the_tree_says_every_rule_once_and_in_order() {
        let mut found = Vec::new();
        rules(TEXT, &mut found);
        assert_eq!(found, Rule::ALL);
    }
}

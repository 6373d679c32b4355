//! The auth events selection.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#auth-events-selection>

use exeunt_event::content::{AuthorisingUser, InviteProof, Membership};
use exeunt_event::{Event, EventType};
use exeunt_version::{RoomIds, RoomVersion};

use crate::check::is_special;
use crate::state::{State, member};

/// The state entries that an event should have as its auth events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection<'a> {
    create: bool,
    sender: Option<&'a str>,
    target: Option<&'a str>,
    authorising_user: Option<&'a str>,
    join_rules: bool,
    third_party_token: Option<&'a str>,
}

impl<'a> Selection<'a> {
    const NOTHING: Self = Self {
        create: false,
        sender: None,
        target: None,
        authorising_user: None,
        join_rules: false,
        third_party_token: None,
    };

    /// The selection for an event.
    pub fn new(event: &'a Event, version: &RoomVersion) -> Self {
        if is_special(event, &EventType::Create, version) {
            return Self::NOTHING;
        }
        let mut selection = Self {
            create: version.capabilities.room_ids == RoomIds::Domain,
            sender: Some(event.sender().as_str()),
            ..Self::NOTHING
        };
        let Some(member) = member(event) else {
            return selection;
        };
        selection.target = event.state_key();
        match member.membership {
            Some(Membership::Join) => {
                selection.join_rules = true;
                let capabilities = &version.capabilities;
                let is_restricted =
                    capabilities.restricted_joins || capabilities.knock_restricted_joins;
                if let AuthorisingUser::User(user) = &member.authorising_user
                    && is_restricted
                {
                    selection.authorising_user = Some(user.as_str());
                }
            }
            Some(Membership::Invite) => {
                selection.join_rules = true;
                if let InviteProof::Signed(signed) = &member.third_party_invite {
                    selection.third_party_token = signed.token.as_deref();
                }
            }
            Some(Membership::Knock) => selection.join_rules = true,
            _ => {}
        }
        selection
    }

    /// Whether the entry of that type and state key is selected.
    pub fn contains(&self, event_type: &EventType, state_key: &str) -> bool {
        match event_type {
            EventType::Create => self.create && state_key.is_empty(),
            EventType::PowerLevels => self.sender.is_some() && state_key.is_empty(),
            EventType::JoinRules => self.join_rules && state_key.is_empty(),
            EventType::ThirdPartyInvite => self.third_party_token == Some(state_key),
            EventType::Member => {
                [self.sender, self.target, self.authorising_user].contains(&Some(state_key))
            }
            _ => false,
        }
    }

    /// The types and state keys selected, each once.
    pub fn keys(&self) -> Vec<(EventType, &'a str)> {
        let mut keys = Vec::with_capacity(6);
        keys.extend(self.create.then_some((EventType::Create, "")));
        keys.extend(self.sender.map(|_| (EventType::PowerLevels, "")));
        keys.extend(self.join_rules.then_some((EventType::JoinRules, "")));
        keys.extend(self.third_party_token.map(|token| (EventType::ThirdPartyInvite, token)));
        for user in [self.sender, self.target, self.authorising_user].into_iter().flatten() {
            if !keys.contains(&(EventType::Member, user)) {
                keys.push((EventType::Member, user));
            }
        }
        keys
    }

    /// The events of a state that are selected: the auth events of the event, were it sent now.
    #[allow(clippy::needless_pass_by_value, reason = "a state is a reference, or as cheap as one")]
    pub fn events<'s>(&self, state: impl State<'s>) -> Vec<&'s Event> {
        let keys = self.keys();
        keys.iter().filter_map(|(event_type, key)| state.entry(event_type, key)).collect()
    }
}

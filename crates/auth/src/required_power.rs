//! The rules about the power that an event type needs.

use exeunt_event::content::Property;
use exeunt_event::{Event, EventType};

use crate::check::{Decision, allow, reject};
use crate::state::View;
use crate::{LevelOf, Power, Rule, Witness};

/// A level that the sender lacks, as a witness.
pub(crate) fn lacking<'a>(
    event: &'a Event,
    of: LevelOf<'a>,
    level: Power,
    power: Power,
) -> Witness<'a> {
    Witness::Level { of, level, user: event.sender().as_str(), power }
}

/// `m.room.third_party_invite` needs the invite level.
pub(crate) fn check_third_party_invite<'a>(event: &'a Event, view: &View<'_, 'a>) -> Decision<'a> {
    if *event.event_type() != EventType::ThirdPartyInvite {
        return None;
    }
    let (level, power) = (view.level(Property::Invite), view.sender_power(event));
    if power >= level {
        return allow(Rule::ThirdPartyInviteLevel);
    }
    let of = LevelOf::Property(Property::Invite.as_str());
    reject(Rule::ThirdPartyInviteLevel, lacking(event, of, level, power))
}

/// Any other event needs the level of its type.
pub(crate) fn check<'a>(event: &'a Event, view: &View<'_, 'a>) -> Decision<'a> {
    let level = view.required(event.event_type(), event.state_key_bytes().is_some());
    let power = view.sender_power(event);
    if level > power {
        let of = LevelOf::Event(event.event_type().as_str());
        let witness = lacking(event, of, level, power);
        return reject(Rule::RequiredPowerLevel, witness);
    }
    None
}

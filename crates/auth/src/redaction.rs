//! The rule about `m.room.redaction`, in versions 1 and 2.

use exeunt_event::content::Property;
use exeunt_event::{Event, EventId, EventType};
use exeunt_version::TargetlessRedaction;

use crate::check::{Decision, allow, reject};
use crate::required_power::lacking;
use crate::state::View;
use crate::{LevelOf, Rule};

pub(crate) fn check<'a>(event: &'a Event, view: &View<'_, 'a>) -> Decision<'a> {
    if !view.version.capabilities.redaction_rule || *event.event_type() != EventType::Redaction {
        return None;
    }
    let (level, power) = (view.level(Property::Redact), view.sender_power(event));
    if power >= level {
        return allow(Rule::RedactionLevel);
    }
    let own_domain = event.event_id().domain();
    let has_same_domain = match event.redacts() {
        Some(target) => own_domain.is_some() && EventId::domain(target) == own_domain,
        None => view.version.readings.targetless_redaction == TargetlessRedaction::Allowed,
    };
    if has_same_domain {
        return allow(Rule::RedactionDomain);
    }
    let of = LevelOf::Property(Property::Redact.as_str());
    reject(Rule::RedactionOtherwise, lacking(event, of, level, power))
}

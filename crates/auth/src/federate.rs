//! The rule about `m.federate`.

use exeunt_event::content::Federate;
use exeunt_event::{Event, UserId};
use exeunt_version::MFederate;

use crate::check::{Decision, reject};
use crate::state::{View, member};
use crate::{Rule, Witness};

pub(crate) fn check<'a>(event: &'a Event, view: &View<'_, 'a>) -> Decision<'a> {
    let is_foreign = |user: &UserId| user.domain() != view.create_event.sender().domain();
    let is_rejected = match (view.version.readings.m_federate, view.create.federate) {
        (_, Federate::Absent | Federate::Is(true))
        | (MFederate::OnlyFalse, Federate::Malformed) => false,
        (MFederate::OnlyFalse, Federate::Is(false)) => is_foreign(event.sender()),
        (MFederate::NotTrue, _) => {
            let target = member(event).and(event.state_key()).map(UserId::from_received);
            is_foreign(event.sender()) || target.as_ref().is_some_and(is_foreign)
        }
    };
    if is_rejected { reject(Rule::NotFederated, Witness::Entry(view.create_event)) } else { None }
}

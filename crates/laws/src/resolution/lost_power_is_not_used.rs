use exeunt_auth::{Power, Selection, ServerSignatures, check_state, power};
use exeunt_dag::Number;
use exeunt_event::content::{Content, Membership};
use exeunt_event::{Event, EventType};
use exeunt_version::{RoomVersion, StateResolution};

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R13",
    name: "lost-power-is-not-used",
    sentence: "Where power levels of somebody of more power stand that take a user's power away, \
               nothing that the user needs it for at the same time stands, power events aside.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#state-resolution",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => {
            Expected::Fails { case: "an invite beside power levels that no longer let its sender invite", events: 6 }
        }
        StateResolution::V2 | StateResolution::V2_1 => Expected::Holds,
    },
    about: About::Merge(check),
};

/// What somebody did against a user, beside what that user did.
pub(super) struct Measure {
    pub(super) number: Number,
    pub(super) event: Event,
    pub(super) target: String,
    /// The power of who did it and of that user, before either did anything.
    powers: [Power; 2],
    /// The user's events on the other branch.
    pub(super) acts: Vec<Act>,
}

pub(super) struct Act {
    pub(super) number: Number,
    pub(super) event: Event,
    pub(super) is_power_event: bool,
}

impl Measure {
    /// One event on one side, and events of one user of less power on the other.
    pub(super) fn find(it: &Merge<'_>) -> Option<Self> {
        Self::all(it).find(|measure| measure.powers[0] > measure.powers[1])
    }

    /// One event on one side, and events of another user of the same power on the other: there may
    /// be one such event on either side.
    pub(super) fn between_equals(it: &Merge<'_>) -> impl Iterator<Item = Self> {
        Self::all(it).filter(|measure| {
            let is_own = measure.event.sender().as_str() == measure.target;
            !is_own && measure.powers[0] == measure.powers[1]
        })
    }

    /// Whether nothing is left out of what the auth events selection names for it.
    pub(super) fn cites_what_it_should(&self, it: &Merge<'_>) -> bool {
        let before = it.record(self.number).and_then(|record| record.state_before());
        let Some(before) = before else { return false };
        let selected = Selection::new(&self.event, it.room.version()).events(it.room.view(before));
        selected.iter().all(|event| self.event.auth_events().contains(event.event_id()))
    }

    fn all(it: &Merge<'_>) -> impl Iterator<Item = Self> {
        let ways = match it.states[..] {
            [one, other] => vec![(one.0, other.0), (other.0, one.0)],
            _ => Vec::new(),
        };
        ways.into_iter().filter_map(|(measured, acted)| Self::of(it, measured, acted))
    }

    fn of(it: &Merge<'_>, measured: Number, acted: Number) -> Option<Self> {
        let beside = |of: Number, without: Number| {
            let dag = it.room.dag();
            let known = dag.prev().ancestors([without]);
            let mut own = dag.prev().ancestors([of]);
            own.push(of);
            own.retain(|number| *number != without && !known.contains(number));
            own
        };
        let [number] = beside(measured, acted)[..] else { return None };
        let version = it.room.version();
        let event_of = |number| it.record(number)?.event(version);
        let event = event_of(number)?;
        let mut acts = Vec::new();
        for number in beside(acted, measured) {
            let event = event_of(number)?;
            let is_power_event = is_power_event(&event);
            acts.push(Act { number, event, is_power_event });
        }
        let target = acts.first()?.event.sender().to_string();
        if acts.iter().any(|act| act.event.sender().as_str() != target) {
            return None;
        }
        let before = it.record(number)?.state_before()?;
        let view = it.room.view(before);
        let powers =
            [event.sender().as_str(), &target].map(|user| power(version, view, user));
        Some(Self { number, event, target, powers, acts })
    }
}

fn is_power_event(event: &Event) -> bool {
    match (event.event_type(), event.content()) {
        (EventType::PowerLevels | EventType::JoinRules | EventType::Create, _) => true,
        (EventType::Member, Content::Member(member)) => {
            let takes_out = matches!(member.membership, Some(Membership::Leave | Membership::Ban));
            takes_out && event.state_key() != Some(event.sender().as_str())
        }
        _ => false,
    }
}

fn check(it: &Merge<'_>) -> Answer {
    let Some(measure) = Measure::find(it) else { return Answer::Silent };
    if *measure.event.event_type() != EventType::PowerLevels {
        return Answer::Silent;
    }
    let states = it.record(measure.number);
    let states = states.and_then(|record| record.state_before().zip(record.state_after()));
    let Some((before, after)) = states else { return Answer::Silent };
    let version = it.room.version();
    let state = it.resolution().state();
    if !state.iter().any(|(_, entry)| entry == measure.number) {
        return Answer::Silent;
    }
    let mut is_met = false;
    for act in measure.acts.iter().filter(|act| !act.is_power_event) {
        // What only the measure has taken the power for.
        let is_allowed = |state| {
            let view = it.room.view(state);
            check_state(version, &act.event, view, ServerSignatures::Satisfied).is_allowed()
        };
        if !is_allowed(before) || is_allowed(after) {
            continue;
        }
        is_met = true;
        if state.iter().any(|(_, entry)| entry == act.number) {
            let target = &measure.target;
            let sentence = format!("what {target} had no power for any more stands");
            return Answer::Broken(it.witness(sentence));
        }
    }
    if is_met { Answer::Kept } else { Answer::Silent }
}

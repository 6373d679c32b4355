//! The rules in the order of the text, in its two halves.

use exeunt_event::{Event, EventId, EventType, ServerName};
use exeunt_version::{Mutant, RoomIds, RoomVersion, SpecialStateKey};

use crate::state::{FewEvents, State, View};
use crate::verdict::{MissingAuthEvent, Verdict, Witness};
use crate::{
    Rule, aliases, auth_events, create, federate, member, power_levels, redaction, required_power,
    sender, state_keys,
};

/// An event cited as an auth event, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct AuthEvent<'a> {
    /// The event.
    pub event: &'a Event,
    /// Whether it was rejected by the checks on receipt.
    pub rejected: bool,
}

/// What is known about who signed the event under check.
#[derive(Clone, Copy)]
pub enum ServerSignatures<'a> {
    /// Sentences about a server's signature count as satisfied.
    Satisfied,
    /// Whether the event is validly signed by that server.
    Checked(&'a dyn Fn(&ServerName) -> bool),
}

impl std::fmt::Debug for ServerSignatures<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Satisfied => "Satisfied",
            Self::Checked(_) => "Checked",
        })
    }
}

/// A rule that looked at an event either decides or leaves it to the next.
pub(crate) type Decision<'a> = Option<Verdict<'a>>;

// Verdicts are decisions, so that every rule ends in one of these.
#[allow(clippy::unnecessary_wraps, reason = "rules end in a decision")]
pub(crate) fn allow<'a>(rule: Rule) -> Decision<'a> {
    Some(Verdict::Allowed { rule })
}

#[allow(clippy::unnecessary_wraps, reason = "rules end in a decision")]
pub(crate) fn reject(rule: Rule, witness: Witness<'_>) -> Decision<'_> {
    Some(Verdict::Rejected { rule, witness: Box::new(witness) })
}

/// Whether the rules of a special type apply to the event.
pub(crate) fn is_special(event: &Event, event_type: &EventType, version: &RoomVersion) -> bool {
    event.event_type() == event_type
        && match version.readings.special_state_key {
            SpecialStateKey::Any => true,
            SpecialStateKey::Empty => event.state_key() == Some(""),
        }
}

/// Whether the second half reads no more of an event than its sender and its type, and of the state
/// no more than the create event, the power levels and the sender's membership: then events of the
/// same sender and type have the same verdict. So it is with state events for which no rule of their
/// own exists, unless the state key is the ID of another user.
pub fn is_plain_state(event: &Event) -> bool {
    let is_plain = matches!(event.event_type(), EventType::JoinRules | EventType::Other(_));
    is_plain && event.state_key_bytes().is_some() && state_keys::check(event).is_none()
}

/// The first half: the rules about the event and its own `auth_events` (rules 1 and 2, in version
/// 12 also 3).
///
/// `find` gives the events that it cites, and in version 12 the create event. `None` means that
/// the second half must decide.
pub fn check_auth_events<'a>(
    version: &RoomVersion,
    event: &'a Event,
    find: impl Fn(&EventId) -> Option<AuthEvent<'a>>,
) -> Result<Option<Verdict<'a>>, MissingAuthEvent> {
    if is_special(event, &EventType::Create, version) {
        return Ok(create::check(event, version));
    }
    let cited = Cited::find(version, event, find)?;
    Ok(auth_events::check(event, &cited, version))
}

/// The second half: the rules about a given state.
///
/// A create event is allowed: no rule of this half speaks of it.
#[allow(clippy::needless_pass_by_value, reason = "a state is a reference, or as cheap as one")]
pub fn check_state<'a>(
    version: &RoomVersion,
    event: &'a Event,
    state: impl State<'a>,
    signatures: ServerSignatures<'_>,
) -> Verdict<'a> {
    if is_special(event, &EventType::Create, version) {
        return Verdict::Allowed { rule: Rule::CreateAllowed };
    }
    let Some(view) = View::new(version, &state) else {
        // The first rule of this half reads the create event's content.
        let witness = Witness::NoEntry { event_type: "m.room.create", state_key: "" };
        return Verdict::Rejected { rule: Rule::NotFederated, witness: Box::new(witness) };
    };
    let is_power_levels = is_special(event, &EventType::PowerLevels, version);
    federate::check(event, &view)
        .or_else(|| aliases::check(event, &view))
        .or_else(|| member::check(event, &view, signatures))
        .or_else(|| sender::check(event, &view))
        .or_else(|| required_power::check_third_party_invite(event, &view))
        .or_else(|| required_power::check(event, &view))
        .or_else(|| state_keys::check(event))
        .or_else(|| if is_power_levels { power_levels::check(event, &view) } else { None })
        .or_else(|| redaction::check(event, &view))
        .unwrap_or(Verdict::Allowed { rule: Rule::Otherwise })
}

/// Receipt check 4: both halves, against the state made of exactly the event's `auth_events` (in
/// version 12 plus the create event).
pub fn check_by_auth_events<'a>(
    version: &RoomVersion,
    event: &'a Event,
    find: impl Fn(&EventId) -> Option<AuthEvent<'a>>,
    signatures: ServerSignatures<'_>,
) -> Result<Verdict<'a>, MissingAuthEvent> {
    if is_special(event, &EventType::Create, version) {
        let allowed = Verdict::Allowed { rule: Rule::CreateAllowed };
        return Ok(create::check(event, version).unwrap_or(allowed));
    }
    let cited = Cited::find(version, event, find)?;
    if let Some(verdict) = auth_events::check(event, &cited, version) {
        return Ok(verdict);
    }
    let itself = version.is_mutant(Mutant::AuthorisesItself).then_some(event);
    let events = cited.create.iter().chain(&cited.entries).map(|cited| cited.event).chain(itself);
    Ok(check_state(version, event, FewEvents(events.collect()), signatures))
}

/// The events that an event cites.
pub(crate) struct Cited<'a> {
    /// The create event that the room ID stands for, in version 12; `None` if it can stand for
    /// none.
    pub(crate) create: Option<AuthEvent<'a>>,
    /// The `auth_events`.
    pub(crate) entries: Vec<AuthEvent<'a>>,
}

impl<'a> Cited<'a> {
    fn find(
        version: &RoomVersion,
        event: &Event,
        find: impl Fn(&EventId) -> Option<AuthEvent<'a>>,
    ) -> Result<Self, MissingAuthEvent> {
        let find = |id: &EventId| {
            // An event is not among those known while it is being checked.
            let found = if id == event.event_id() { None } else { find(id) };
            found.ok_or_else(|| MissingAuthEvent(id.clone()))
        };
        let create = match version.capabilities.room_ids {
            RoomIds::Domain => None,
            RoomIds::CreateEvent if !event.room_id().is_hash() => None,
            RoomIds::CreateEvent => Some(find(&event.room_id().create_event())?),
        };
        let entries = event.auth_events().iter().map(find).collect::<Result<_, _>>()?;
        Ok(Self { create, entries })
    }
}

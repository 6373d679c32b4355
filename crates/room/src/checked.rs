//! Receipt checks 1 to 3, which need the bytes alone.

use std::sync::Arc;

use exeunt_event::hashes::Hashed;
use exeunt_event::json::{Duplicate, Object};
use exeunt_event::signatures::{self, Keys};
use exeunt_event::{Event, EventId, format, hashes};
use exeunt_version::RoomVersion;

use crate::Dropped;
use crate::state::Weight;

/// What is known outside of the room while an event is received.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'k> {
    /// The servers' keys. Without them check 2 is left out, and sentences about a server's
    /// signature count as satisfied.
    pub keys: Option<&'k Keys>,
}

/// An event that passed receipt checks 1 to 3.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(crate) event: Event,
    /// What was received, where the event goes on redacted.
    pub(crate) original: Option<Arc<[u8]>>,
    duplicates: Vec<Duplicate>,
    /// Worked out here, so that rooms that take the same event do not each do it.
    pub(crate) weight: Option<Weight>,
}

impl Checked {
    fn new(event: Event, original: Option<Arc<[u8]>>, duplicates: Vec<Duplicate>) -> Self {
        let weight = Weight::of(&event);
        Self { event, original, duplicates, weight }
    }

    /// The room goes on with another event of the same ID.
    pub(crate) fn replace(&mut self, event: Event) {
        self.weight = Weight::of(&event);
        self.event = event;
    }

    /// The event as it goes on: redacted, if its content hash was wrong.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Whether it goes on redacted.
    pub fn is_redacted(&self) -> bool {
        self.original.is_some()
    }

    /// The keys that stood twice in an object of it; of each the last counted.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }
}

/// An event that was dropped, with its ID if it has one.
pub type DroppedEvent = (Option<EventId>, Dropped);

/// Runs one PDU through checks 1 to 3.
pub fn check(
    pdu: &[u8],
    version: &RoomVersion,
    context: Context<'_>,
) -> Result<Checked, DroppedEvent> {
    let (event, duplicates) = check_format(pdu, version)?;
    match context.keys.map_or(Ok(()), |keys| signatures::check(&event, keys, version)) {
        Ok(()) => Ok(finish(event, duplicates, version)),
        Err(error) => Err((Some(event.event_id().clone()), Dropped::Signatures(error))),
    }
}

/// [`check`] of an event that is parsed already.
pub fn check_event(
    event: Event,
    version: &RoomVersion,
    context: Context<'_>,
) -> Result<Checked, DroppedEvent> {
    check_parsed(event, version, context).map(|event| finish(event, Vec::new(), version))
}

/// Checks 1 and 2 of an event.
fn check_parsed(
    event: Event,
    version: &RoomVersion,
    context: Context<'_>,
) -> Result<Event, DroppedEvent> {
    let dropped = match format::check(&event, version) {
        Ok(()) => {
            match context.keys.map_or(Ok(()), |keys| signatures::check(&event, keys, version)) {
                Ok(()) => return Ok(event),
                Err(error) => Dropped::Signatures(error),
            }
        }
        Err(error) => Dropped::Format(error),
    };
    Err((Some(event.event_id().clone()), dropped))
}

/// [`check`] of an event as an object, which need not be parsed.
pub fn check_object(
    object: &Object<'_>,
    version: &RoomVersion,
    context: Context<'_>,
) -> Result<Checked, DroppedEvent> {
    let event = Event::from_object(object, version);
    let event = event.map_err(|error| (None, Dropped::NoEvent(error)))?;
    let event = check_parsed(event, version, context)?;
    let is_whole = hashes::content_hash_matches_in(object, version);
    Ok(go_on(event, is_whole, Vec::new(), version))
}

/// [`check_object`] of an event whose content hash was worked out for the same version: check 3 would
/// work it out again and hold it against itself.
pub fn check_hashed(
    event: Hashed<'_>,
    version: &RoomVersion,
    context: Context<'_>,
) -> Result<Checked, DroppedEvent> {
    let event = Event::from_hashed(event, version);
    let event = event.map_err(|error| (None, Dropped::NoEvent(error)))?;
    let event = check_parsed(event, version, context)?;
    Ok(go_on(event, true, Vec::new(), version))
}

/// Runs PDUs through checks 1 to 3, with the answers in the same order. Checking signatures
/// together is faster, and gives each the verdict that it has alone.
pub fn check_all(
    pdus: &[&[u8]],
    version: &RoomVersion,
    context: Context<'_>,
) -> Vec<Result<Checked, DroppedEvent>> {
    let events: Vec<_> = pdus.iter().map(|pdu| check_format(pdu, version)).collect();
    let valid: Vec<&Event> = events.iter().flatten().map(|(event, _)| event).collect();
    let mut signed = match context.keys {
        Some(keys) => signatures::check_batch(&valid, keys, version),
        None => vec![Ok(()); valid.len()],
    }
    .into_iter();
    let check_signatures = |event: Event, signed: Option<Result<(), _>>| match signed {
        Some(Err(error)) => Err((Some(event.event_id().clone()), Dropped::Signatures(error))),
        _ => Ok(event),
    };
    events
        .into_iter()
        .map(|event| {
            let (event, duplicates) = event?;
            let event = check_signatures(event, signed.next())?;
            Ok(finish(event, duplicates, version))
        })
        .collect()
}

fn check_format(
    pdu: &[u8],
    version: &RoomVersion,
) -> Result<(Event, Vec<Duplicate>), DroppedEvent> {
    let parsed = Event::parse_noting(pdu, version);
    let (event, duplicates) = parsed.map_err(|error| (None, Dropped::NoEvent(error)))?;
    match format::check(&event, version) {
        Ok(()) => Ok((event, duplicates)),
        Err(error) => Err((Some(event.event_id().clone()), Dropped::Format(error))),
    }
}

fn finish(event: Event, duplicates: Vec<Duplicate>, version: &RoomVersion) -> Checked {
    let is_whole = hashes::content_hash_matches(&event, version);
    go_on(event, is_whole, duplicates, version)
}

/// The event as it goes on after check 3.
fn go_on(
    event: Event,
    is_whole: bool,
    duplicates: Vec<Duplicate>,
    version: &RoomVersion,
) -> Checked {
    if is_whole {
        return Checked::new(event, None, duplicates);
    }
    let original = Some(event.shared_text().into());
    Checked::new(event.redacted(version), original, duplicates)
}

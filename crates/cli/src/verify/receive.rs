//! From lines to events: receipt checks 1 to 3.

use exeunt_event::json::Duplicate;
use exeunt_event::signatures::{self, Keys};
use exeunt_event::{Event, EventError, EventId, format, hashes};
use exeunt_version::RoomVersion;
use hashbrown::HashMap;
use indicatif::ProgressBar;
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;

use super::finding::{Check, Finding, Outcome};
use super::input::{Files, LONGEST_LINE};
use crate::Failure;
use crate::lines::{self, Line};

/// So many lines are in memory as text at a time, and so many signatures are checked at once.
const BATCH: usize = 2048;

/// An event that was not dropped, as it goes on: redacted, if its hash was wrong.
pub(crate) struct Received {
    pub(crate) line: usize,
    pub(crate) event: Event,
}

/// What became of an event ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes on, at that place among the events.
    Kept(usize),
    /// It was dropped, and so is nobody's auth event. The line that had it.
    Dropped(usize),
}

/// A room after receipt checks 1 to 3.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) lines: usize,
    pub(crate) empty_lines: usize,
    /// Lines that repeat an event to the letter.
    pub(crate) repeated: usize,
    pub(crate) events: Vec<Received>,
    pub(crate) fates: HashMap<EventId, Fate, FxBuildHasher>,
    pub(crate) findings: Vec<Finding>,
    /// How many events entered each check.
    pub(crate) entered: [usize; 4],
}

/// A line as an event, or what is wrong with it.
struct Parsed {
    line: usize,
    result: Result<(Event, Vec<Duplicate>), String>,
    format: Result<(), format::FormatError>,
}

pub(crate) fn receive(
    files: &Files,
    keys: Option<&Keys>,
    version: &RoomVersion,
    progress: &ProgressBar,
) -> Result<Room, Failure> {
    let mut input = files.open()?;
    let mut room = Room::default();
    let mut batch = Vec::with_capacity(BATCH);
    progress.set_message("checks 1 to 3");
    loop {
        let line =
            lines::next(&mut input, LONGEST_LINE).map_err(|error| files.unreadable(&error))?;
        let at_end = line.is_none();
        if let Some(line) = line {
            room.lines += 1;
            let is_empty =
                matches!(&line, Line::Bytes(bytes) if bytes.iter().all(u8::is_ascii_whitespace));
            progress.inc(match &line {
                Line::Bytes(bytes) => bytes.len() as u64 + 1,
                Line::TooLong(length) => *length as u64 + 1,
            });
            if is_empty {
                room.empty_lines += 1;
            } else {
                batch.push((room.lines, line));
            }
        }
        if at_end || batch.len() == BATCH {
            room.take(&batch, keys, version);
            batch.clear();
        }
        if at_end {
            room.findings.sort_by_key(|finding| (finding.line, finding.check));
            return Ok(room);
        }
    }
}

fn parse(line: usize, text: &Line, version: &RoomVersion) -> Parsed {
    let result = match text {
        Line::TooLong(length) => {
            Err(format!("the line has {length} bytes; lines beyond {LONGEST_LINE} are not read"))
        }
        Line::Bytes(bytes) => {
            Event::parse_noting(bytes, version).map_err(|error: EventError| error.to_string())
        }
    };
    let format = result.as_ref().map_or(Ok(()), |(event, _)| format::check(event, version));
    Parsed { line, result, format }
}

impl Room {
    fn take(&mut self, batch: &[(usize, Line)], keys: Option<&Keys>, version: &RoomVersion) {
        let parsed: Vec<_> =
            batch.par_iter().map(|(line, text)| parse(*line, text, version)).collect();
        let valid = self.check_format(parsed);
        let signed = match keys {
            Some(keys) => self.check_signatures(valid, keys, version),
            None => valid,
        };
        self.check_hashes(signed, version);
    }

    fn find(&mut self, line: usize, event: Option<&Event>, check: Check, what: (Outcome, String)) {
        self.findings.push(Finding {
            line,
            event_id: event.map(|event| event.event_id().to_string()),
            check,
            outcome: what.0,
            rule: None,
            message: what.1,
        });
    }

    /// Drops the event, unless its ID is already known from an earlier line.
    fn drop(&mut self, line: usize, event: &Event, check: Check, message: String) {
        self.fates.entry(event.event_id().clone()).or_insert(Fate::Dropped(line));
        self.find(line, Some(event), check, (Outcome::Dropped, message));
    }

    fn check_format(&mut self, parsed: Vec<Parsed>) -> Vec<Received> {
        self.entered[0] += parsed.len();
        let mut valid = Vec::with_capacity(parsed.len());
        for Parsed { line, result, format } in parsed {
            let (event, duplicates) = match result {
                Ok(event) => event,
                Err(message) => {
                    self.find(line, None, Check::Format, (Outcome::Dropped, message));
                    continue;
                }
            };
            for Duplicate { key, position } in duplicates {
                let message = format!(
                    "the object that ends at byte {position} has the key {key:?} twice; the last \
                     one counts"
                );
                self.find(line, Some(&event), Check::Format, (Outcome::Noted, message));
            }
            match format {
                Ok(()) => valid.push(Received { line, event }),
                Err(error) => self.drop(line, &event, Check::Format, error.to_string()),
            }
        }
        valid
    }

    fn check_signatures(
        &mut self,
        events: Vec<Received>,
        keys: &Keys,
        version: &RoomVersion,
    ) -> Vec<Received> {
        self.entered[1] += events.len();
        let per_thread = events.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
        let verdicts: Vec<_> = events
            .par_chunks(per_thread)
            .flat_map_iter(|chunk| {
                let events: Vec<_> = chunk.iter().map(|received| &received.event).collect();
                signatures::check_batch(&events, keys, version)
            })
            .collect();
        let mut signed = Vec::with_capacity(events.len());
        for (received, verdict) in events.into_iter().zip(verdicts) {
            match verdict {
                Ok(()) => signed.push(received),
                Err(error) => {
                    let message = error.to_string();
                    self.drop(received.line, &received.event, Check::Signatures, message);
                }
            }
        }
        signed
    }

    fn check_hashes(&mut self, events: Vec<Received>, version: &RoomVersion) {
        self.entered[2] += events.len();
        let redacted: Vec<_> = events
            .par_iter()
            .map(|Received { event, .. }| {
                let is_right = hashes::content_hash_matches(event, version);
                (!is_right).then(|| event.redacted(version))
            })
            .collect();
        for (received, redacted) in events.into_iter().zip(redacted) {
            let Received { line, event } = received;
            let is_redacted = redacted.is_some();
            let event = redacted.unwrap_or(event);
            if let Some(Fate::Kept(at)) = self.fates.get(event.event_id()) {
                self.repeat(*at, line, &event);
                continue;
            }
            if is_redacted {
                let message = "the content hash is not that of the event; it goes on redacted";
                let what = (Outcome::Redacted, message.to_owned());
                self.find(line, Some(&event), Check::Hash, what);
            }
            self.fates.insert(event.event_id().clone(), Fate::Kept(self.events.len()));
            self.events.push(Received { line, event });
        }
    }

    /// An event whose ID an earlier line had. What the ID covers is the same, save in versions 1
    /// and 2, where the sender chose it.
    fn repeat(&mut self, at: usize, line: usize, event: &Event) {
        let Received { line: first, event: known } = &self.events[at];
        let first = *first;
        let what = |event: &Event| {
            let mut object = event.object().into_owned();
            object.remove("unsigned");
            object.remove("signatures");
            object
        };
        if what(known) == what(event) {
            self.repeated += 1;
        } else {
            let message = format!("line {first} has another event with this ID; that one counts");
            self.find(line, Some(event), Check::Format, (Outcome::Dropped, message));
        }
    }
}

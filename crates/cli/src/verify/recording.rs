//! What a homeserver made of a room, as it was recorded, and the inputs that it had.

use std::path::Path;
use std::sync::Arc;

use exeunt_event::content::{Content, Membership};
use exeunt_event::json::{self, Object, Value};
use exeunt_event::{Event, EventId};

use super::fold::Role;
use super::input::{self, Files};
use crate::Failure;
use crate::lines::{self, Line};

/// Lines of expectations beyond this many bytes are not read: they name whole states.
const LONGEST_LINE: usize = 1 << 30;

/// A homeserver's account of a room.
pub(crate) struct Recording {
    /// The name of the homeserver.
    pub(crate) server: Option<String>,
    /// What it made of each line.
    pub(crate) rows: Option<Vec<Row>>,
    /// Where it ended up.
    pub(crate) current: Option<Current>,
}

/// What the homeserver made of one line.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) event_id: EventId,
    /// `accepted`, `soft-failed` or `rejected`.
    pub(crate) standing: &'static str,
    pub(crate) outlier: bool,
    /// The states around it, sorted; none for an outlier.
    pub(crate) before: Option<Arc<[EventId]>>,
    pub(crate) after: Option<Arc<[EventId]>>,
    /// An outlier at first, that was taken into the graph when it had taken so many inputs.
    taken_into_graph_at: Option<usize>,
    /// Whether it never had some of the prev events, so that somebody gave it the state.
    misses_prev: bool,
}

/// Where the homeserver ended up.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) state: Arc<[EventId]>,
    pub(crate) extremities: Arc<[EventId]>,
}

impl Recording {
    /// The account beside a room; `None` if there is none.
    pub(crate) fn find(files: &Files) -> Result<Option<Self>, Failure> {
        let rows = files.expected.as_deref().map(rows).transpose()?;
        let current = files.current.as_deref().map(current).transpose()?;
        if rows.is_none() && current.is_none() {
            return Ok(None);
        }
        let server = match &files.meta {
            Some(path) => {
                let meta = input::object(path)?;
                meta.get("server_name").and_then(Value::as_str).map(str::to_owned)
            }
            None => None,
        };
        Ok(Some(Self { server, rows, current }))
    }

    /// Fails if the account is not of as many lines as the room has.
    pub(crate) fn check_length(&self, lines: usize, files: &Files) -> Result<(), Failure> {
        match (&self.rows, &files.expected) {
            (Some(rows), Some(path)) if rows.len() != lines => {
                let what = format!("it is about {} events, and the room has {lines}", rows.len());
                Err(Failure::about(path, what))
            }
            _ => Ok(()),
        }
    }

    /// The inputs that the homeserver had, each as the place of a line and its role, in order;
    /// `events` are those of the lines, without those that were dropped.
    pub(crate) fn inputs(&self, events: &[Option<Event>]) -> Vec<(usize, Role)> {
        let mut inputs = Vec::with_capacity(events.len());
        // By when they are to be taken into the graph.
        let mut later: Vec<(usize, usize)> = Vec::new();
        let take_later = |inputs: &mut Vec<_>, later: &mut Vec<(usize, usize)>, all: bool| {
            while let Some(at) = later.iter().position(|(when, _)| all || *when <= inputs.len()) {
                let (_, place) = later.remove(at);
                inputs.push((place, self.role(place, events)));
            }
        };
        for place in 0..events.len() {
            take_later(&mut inputs, &mut later, false);
            let row = self.rows.as_ref().and_then(|rows| rows.get(place));
            let is_outlier = row.is_some_and(|row| row.outlier);
            match row.and_then(|row| row.taken_into_graph_at) {
                Some(when) if !is_outlier => {
                    later.push((when, place));
                    inputs.push((place, Role::Outlier));
                }
                _ if is_outlier => inputs.push((place, Role::Outlier)),
                _ => inputs.push((place, self.role(place, events))),
            }
        }
        take_later(&mut inputs, &mut later, true);
        inputs
    }

    /// In what role an event came into the graph.
    fn role(&self, place: usize, events: &[Option<Event>]) -> Role {
        let Some(Some(event)) = events.get(place) else { return Role::Received };
        let is_own = self.server.as_deref() == Some(event.sender().domain());
        let is_join = matches!(event.content(), Content::Member(member)
            if member.membership == Some(Membership::Join));
        let row = self.rows.as_ref().and_then(|rows| rows.get(place));
        let given = row.filter(|row| row.misses_prev).and_then(|row| row.before.clone());
        match given {
            Some(state) if is_own && is_join => Role::Joined(state),
            Some(state) => Role::Given(state),
            None if is_own => Role::Sent,
            None => Role::Received,
        }
    }
}

fn rows(path: &Path) -> Result<Vec<Row>, Failure> {
    let mut input = input::open(path)?;
    let mut rows = Vec::new();
    for number in 1_usize.. {
        let line = lines::next(&mut input, LONGEST_LINE)
            .map_err(|error| input::unreadable(path, &error))?;
        let bytes = match line {
            None => break,
            Some(Line::Bytes(bytes)) => bytes,
            Some(Line::TooLong(_)) => Vec::new(),
        };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let wrong = |what: &str| Failure::about(path, format!("line {number}: {what}"));
        let parsed = json::parse_lenient(&bytes).map_err(|error| wrong(&error.to_string()))?;
        let object = parsed.value.as_object().ok_or_else(|| wrong("it is no JSON object"))?;
        rows.push(row(object).map_err(|what| wrong(&what))?);
    }
    Ok(rows)
}

fn row(object: &Object<'_>) -> Result<Row, String> {
    let flag = |key: &str| match object.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(format!("`{key}` is neither true nor false")),
    };
    let state = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => ids(value).map(Some).ok_or_else(|| format!("`{key}` {NO_IDS}")),
    };
    let event_id = object.get("event_id").and_then(Value::as_str).ok_or("it has no `event_id`")?;
    Ok(Row {
        event_id: EventId::from_received(event_id),
        standing: match (flag("rejected")?, flag("soft_failed")?) {
            (true, _) => "rejected",
            (false, true) => "soft-failed",
            (false, false) => "accepted",
        },
        outlier: flag("outlier")?,
        before: state("state_before")?,
        after: state("state_after")?,
        taken_into_graph_at: object.get("persists").and_then(taken_into_graph_at),
        misses_prev: object
            .get("missing_prev")
            .and_then(Value::as_array)
            .is_some_and(|missing| !missing.is_empty()),
    })
}

const NO_IDS: &str = "is no array of event IDs";

fn current(path: &Path) -> Result<Current, Failure> {
    let object = input::object(path)?;
    let part = |key: &str| {
        let ids = object.get(key).and_then(ids);
        ids.ok_or_else(|| Failure::about(path, format!("`{key}` {NO_IDS}")))
    };
    Ok(Current { state: part("state")?, extremities: part("forward_extremities")? })
}

/// Sorted by code point.
fn ids(value: &Value<'_>) -> Option<Arc<[EventId]>> {
    let ids = value.as_array()?.iter().map(|id| id.as_str().map(EventId::from_received));
    let mut ids = ids.collect::<Option<Vec<_>>>()?;
    ids.sort_unstable();
    Some(ids.into())
}

/// `[[67, "outlier"], [70, "timeline"]]`
fn taken_into_graph_at(persists: &Value<'_>) -> Option<usize> {
    let [first, later] = persists.as_array()? else { return None };
    let step = |step: &Value<'_>| match step.as_array()? {
        [at, how] => Some((usize::try_from(at.as_integer()?).ok()?, how.as_str()?.to_owned())),
        _ => None,
    };
    let ((_, first), (at, later)) = (step(first)?, step(later)?);
    (first == "outlier" && later == "timeline").then_some(at)
}

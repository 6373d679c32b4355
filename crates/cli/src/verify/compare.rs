//! A fold of a recorded room beside what the homeserver made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use exeunt_event::EventId;
use exeunt_room::{Context, Standing};
use exeunt_version::RoomVersion;

use super::finding::Outcome;
use super::fold::Fold;
use super::receive::{Text, check};
use super::recording::{Recording, Row};
use super::waiting::Wait;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    EventId,
    Outcome,
    StateBefore,
    StateAfter,
    CurrentState,
    Extremities,
}

impl What {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EventId => "event ID",
            Self::Outcome => "outcome",
            Self::StateBefore => "state before",
            Self::StateAfter => "state after",
            Self::CurrentState => "current state",
            Self::Extremities => "forward extremities",
        }
    }
}

/// What one side has and the other has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Word(String),
    /// These events are in the set of this side alone.
    Events(Vec<EventId>),
    /// There is no state.
    Nothing,
}

/// Where fold and recording differ.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) what: What,
    /// The line and the event; none for what is of the whole room.
    pub(crate) event: Option<(usize, EventId)>,
    pub(crate) recorded: Side,
    pub(crate) here: Side,
}

impl Difference {
    /// The same for the same question in two comparisons.
    pub(crate) fn subject(&self) -> (Option<usize>, What) {
        (self.event.as_ref().map(|(line, _)| *line), self.what)
    }
}

/// How much was compared, and what differs.
pub(crate) struct Comparison {
    pub(crate) events: usize,
    pub(crate) states: usize,
    /// How many forward extremities the recording has, if it says.
    pub(crate) extremities: Option<usize>,
    pub(crate) differences: Vec<Difference>,
}

/// Folds a recorded room in the order and the roles in which the homeserver had its events.
pub(crate) fn replay<'k>(
    recording: &Recording,
    texts: &[Text],
    version: &RoomVersion,
    context: Context<'k>,
) -> Fold<'k> {
    let checked = check(texts, context.keys, version);
    let event = |line: &Option<Result<exeunt_room::Checked, _>>| {
        Some(line.as_ref()?.as_ref().ok()?.event().clone())
    };
    let events: Vec<_> = checked.iter().map(event).collect();
    let mut fold = Fold::new(version, context);
    let mut is_taken = vec![false; texts.len()];
    for (place, role) in recording.inputs(&events) {
        let (text, checked) = (&texts[place], checked[place].clone());
        if std::mem::replace(&mut is_taken[place], true) {
            fold.take_again(text, checked, &role);
        } else {
            fold.take(text, checked, &role);
        }
    }
    fold
}

/// Compares a fold with the recording.
pub(crate) fn compare(
    recording: &Recording,
    texts: &[Text],
    fold: &Fold<'_>,
    waiting: &BTreeMap<EventId, Wait>,
) -> Comparison {
    let mut comparison =
        Comparison { events: 0, states: 0, extremities: None, differences: Vec::new() };
    let lines: BTreeMap<_, _> = fold.kept.iter().map(|kept| (kept.line, &kept.id)).collect();
    let dropped: BTreeMap<_, _> = fold
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Dropped)
        .map(|finding| (finding.line, finding.event_id.as_deref()))
        .collect();
    for (row, text) in recording.rows.iter().flatten().zip(texts) {
        comparison.events += 1;
        let about = Some((text.line, row.event_id.clone()));
        let id = match lines.get(&text.line) {
            Some(id) => Some(id.as_str()),
            None => dropped.get(&text.line).copied().flatten(),
        };
        if id.is_some_and(|id| id != row.event_id.as_str()) {
            let here = Side::Word(id.unwrap_or_default().to_owned());
            let recorded = Side::Word(row.event_id.to_string());
            let what = What::EventId;
            comparison.differences.push(Difference { what, event: about, recorded, here });
            continue;
        }
        comparison.row(row, about, fold, waiting);
    }
    if let Some(current) = &recording.current {
        comparison.extremities = Some(current.extremities.len());
        let state = fold.room.event_ids(fold.room.current_state());
        comparison.set(What::CurrentState, None, Some(&current.state), Some(state));
        let extremities = fold.room.forward_extremities();
        comparison.set(What::Extremities, None, Some(&current.extremities), Some(extremities));
    }
    comparison
}

impl Comparison {
    fn row(
        &mut self,
        row: &Row,
        about: Option<(usize, EventId)>,
        fold: &Fold<'_>,
        waiting: &BTreeMap<EventId, Wait>,
    ) {
        let recorded = word(row.standing, row.outlier);
        let here = outcome(&row.event_id, fold, waiting);
        if recorded != here {
            self.differences.push(Difference {
                what: What::Outcome,
                event: about.clone(),
                recorded: Side::Word(recorded),
                here: Side::Word(here),
            });
        }
        let ids = |state| fold.room.event_ids(state);
        let before = fold.room.state_before(&row.event_id).map(ids);
        let after = fold.room.state_after(&row.event_id).map(ids);
        self.set(What::StateBefore, about.clone(), row.before.as_ref(), before);
        self.set(What::StateAfter, about, row.after.as_ref(), after);
    }

    fn set(
        &mut self,
        what: What,
        event: Option<(usize, EventId)>,
        recorded: Option<&Arc<[EventId]>>,
        here: Option<Vec<&EventId>>,
    ) {
        self.states += usize::from(recorded.is_some() && event.is_some());
        let (recorded, here) = match (recorded, here) {
            (None, None) => return,
            (Some(recorded), None) => (Side::Events(recorded.to_vec()), Side::Nothing),
            (None, Some(here)) => {
                (Side::Nothing, Side::Events(here.into_iter().cloned().collect()))
            }
            (Some(recorded), Some(here)) => {
                if recorded.iter().eq(here.iter().copied()) {
                    return;
                }
                let ours: BTreeSet<_> = here.iter().copied().collect();
                let theirs: BTreeSet<_> = recorded.iter().collect();
                let alone = |of: &BTreeSet<&EventId>, not: &BTreeSet<&EventId>| {
                    Side::Events(of.difference(not).copied().cloned().collect())
                };
                (alone(&theirs, &ours), alone(&ours, &theirs))
            }
        };
        self.differences.push(Difference { what, event, recorded, here });
    }
}

fn word(standing: &str, is_outlier: bool) -> String {
    match (standing, is_outlier) {
        ("accepted", true) => "outlier".to_owned(),
        (standing, true) => format!("{standing} outlier"),
        (standing, false) => standing.to_owned(),
    }
}

fn outcome(id: &EventId, fold: &Fold<'_>, waiting: &BTreeMap<EventId, Wait>) -> String {
    if let Some(record) = fold.room.record(id) {
        let standing = match record.standing() {
            Standing::Accepted => "accepted",
            Standing::SoftFailed(_) => "soft-failed",
            Standing::Rejected(_) => "rejected",
        };
        return word(standing, record.is_outlier());
    }
    match waiting.get(id) {
        Some(Wait::Rejected { .. }) => "rejected",
        Some(Wait::For { .. }) => "pending",
        None => "dropped",
    }
    .to_owned()
}

//! What a peer's answers add up to.

use std::collections::BTreeMap;

use exeunt_conformance::{Comparison, Oracle, Vector, explaining_readings};

use super::source::Asked;
use crate::peer::Fate;

/// What became of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Agrees,
    AgreesByReading,
    Differs,
    Refused,
    Crashed,
    TimedOut,
    Garbled,
    GivenUp,
    Excluded,
    NotClaimed,
}

impl Class {
    pub(super) const ALL: [Self; 10] = [
        Self::Agrees,
        Self::AgreesByReading,
        Self::Differs,
        Self::Refused,
        Self::Crashed,
        Self::TimedOut,
        Self::Garbled,
        Self::GivenUp,
        Self::Excluded,
        Self::NotClaimed,
    ];

    /// As the heading of a column and in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Agrees => "agree",
            Self::AgreesByReading => "by reading",
            Self::Differs => "differ",
            Self::Refused => "refused",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed out",
            Self::Garbled => "garbled",
            Self::GivenUp => "not asked",
            Self::Excluded => "excluded",
            Self::NotClaimed => "not claimed",
        }
    }

    /// Whether it speaks against the peer.
    pub(super) fn is_failure(self) -> bool {
        match self {
            Self::Differs | Self::Crashed | Self::TimedOut | Self::Garbled | Self::GivenUp => true,
            Self::Agrees
            | Self::AgreesByReading
            | Self::Refused
            | Self::Excluded
            | Self::NotClaimed => false,
        }
    }
}

/// A room version, in the order in which people count: 2 before 10.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'v> {
    length: usize,
    pub(super) id: &'v str,
}

impl<'v> Version<'v> {
    fn new(id: &'v str) -> Self {
        Self { length: id.len(), id }
    }
}

/// A vector that is worth a word: one that speaks against the peer, or an excluded one.
pub(super) struct Finding<'v> {
    pub(super) vector: Vector,
    pub(super) family: &'v str,
    pub(super) class: Class,
    /// What is wrong.
    pub(super) what: String,
    /// The answer, if there is one.
    pub(super) answer: Option<String>,
    /// The reading that explains the answer, as `name=choice`, or several with “and” between them.
    /// What is excluded has its reason.
    pub(super) reading: Option<String>,
    /// Why it is excluded, if it is.
    pub(super) excluded: Option<&'v str>,
}

/// What a peer's answers add up to.
#[derive(Default)]
pub(super) struct Report<'v> {
    /// By room version and family, how many vectors of each class.
    pub(super) rows: BTreeMap<(Version<'v>, &'v str), BTreeMap<Class, usize>>,
    pub(super) findings: Vec<Finding<'v>>,
    /// Excluded vectors that agree: their exclusion is no longer needed.
    pub(super) needless: Vec<&'v str>,
    /// By reading, or readings that do so together, how many answers it decides.
    pub(super) readings: BTreeMap<String, usize>,
}

impl<'v> Report<'v> {
    /// A vector that the peer does not claim to answer.
    pub(super) fn not_claimed(&mut self, asked: &'v Asked<'v>) {
        self.count(asked, Class::NotClaimed);
    }

    /// A vector that was asked.
    pub(super) fn add(
        &mut self,
        oracle: &Oracle,
        asked: &'v Asked<'v>,
        fate: Fate,
        excluded: Option<&'v str>,
    ) {
        let mut answer = None;
        let (class, what) = match fate {
            Fate::Answered(answered) => match asked.vector.compare(&answered) {
                Comparison::Agrees { readings: None } => (Class::Agrees, String::new()),
                Comparison::Agrees { readings: Some(readings) } => {
                    *self.readings.entry(readings.to_string()).or_default() += 1;
                    (Class::AgreesByReading, String::new())
                }
                Comparison::Unsupported => (Class::Refused, String::new()),
                Comparison::Differs(difference) => {
                    answer = Some(answered.to_object().into_owned());
                    (Class::Differs, difference.to_string())
                }
            },
            Fate::Garbled(what) => (Class::Garbled, what),
            Fate::TimedOut(what) => (Class::TimedOut, what),
            Fate::Crashed(what) => (Class::Crashed, what),
            Fate::GivenUp(what) => (Class::GivenUp, format!("not asked any more after: {what}")),
        };
        let is_agreed = matches!(class, Class::Agrees | Class::AgreesByReading);
        if excluded.is_some() && is_agreed {
            self.needless.push(asked.vector.id());
        }
        self.count(asked, if excluded.is_some() { Class::Excluded } else { class });
        if class.is_failure() {
            let vector = asked.vector.vector();
            let unexplained = answer.as_ref().filter(|_| excluded.is_none());
            let reading =
                unexplained.and_then(|it| explaining_readings(oracle, &vector.request, it));
            let reading = reading.map(|readings| readings.to_string());
            let answer = answer.map(|answer| answer.as_received());
            let family = &asked.family;
            self.findings.push(Finding { vector, family, class, what, answer, reading, excluded });
        }
    }

    /// How many vectors of a class there are.
    pub(super) fn total(&self, class: Class) -> usize {
        self.rows.values().filter_map(|row| row.get(&class)).sum()
    }

    /// Whether nothing speaks against the peer, save what is excluded.
    pub(super) fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.excluded.is_some())
    }

    fn count(&mut self, asked: &'v Asked<'v>, class: Class) {
        let version = Version::new(asked.version());
        let row = self.rows.entry((version, &asked.family)).or_default();
        *row.entry(class).or_default() += 1;
    }
}

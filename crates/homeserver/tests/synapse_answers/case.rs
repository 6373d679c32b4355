//! What a case is: a situation with a request, what the text demands, and why answers differ.

use crate::house::{Answer, Scene};

/// The text that a link into begins with.
pub(crate) const SPECIFICATION: &str = "https://spec.matrix.org/v1.19/";

/// What the text demands of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// That the request succeeds.
    Success,
    /// This status and this code.
    Must(u16, &'static str),
    /// This code, "should", with the status that the endpoint has for it.
    Should(u16, &'static str),
    /// This status; the code is open.
    Status(u16),
    /// That the request is refused, and by its definition this code is for that; the status is open.
    Fits(&'static str),
    /// That the request is refused; status and code are open.
    Refusal,
    /// Nothing: the text lets a server do either.
    Nothing,
}

impl Demand {
    pub(crate) fn is_met_by(self, answer: &Answer) -> bool {
        match self {
            Self::Success => answer.status == 200,
            Self::Must(status, code) | Self::Should(status, code) => {
                answer.status == status && answer.has_code(code)
            }
            Self::Status(status) => answer.status == status,
            Self::Fits(_) | Self::Refusal => (400..500).contains(&answer.status),
            Self::Nothing => true,
        }
    }

    /// Whether the answer has the code that fits, where that is all that the text says of codes.
    pub(crate) fn is_fitted_by(self, answer: &Answer) -> bool {
        match self {
            Self::Fits(code) => answer.has_code(code),
            _ => true,
        }
    }
}

impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Success => write!(f, "200"),
            Self::Must(status, code) => write!(f, "{status} `{code}`"),
            Self::Should(status, code) => write!(f, "should be {status} `{code}`"),
            Self::Status(status) => write!(f, "{status}, no code named"),
            Self::Fits(code) => write!(f, "refused, `{code}` fits"),
            Self::Refusal => write!(f, "refused, no code named"),
            Self::Nothing => write!(f, "open"),
        }
    }
}

/// What the text says, where, and what that comes to in each room version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    /// The demand in a room version.
    pub(crate) demand: fn(u8) -> Demand,
    /// The section, as the end of a link.
    pub(crate) section: &'static str,
    /// What the section is called here.
    pub(crate) name: &'static str,
    /// What it says, in a sentence.
    pub(crate) says: &'static str,
}

/// A recorded case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// As it was recorded.
    pub(crate) name: &'static str,
    pub(crate) text: Text,
    /// Builds the situation, sends the request and gives the answer.
    pub(crate) play: fn(&mut Scene) -> Answer,
    /// Why our answer is not Synapse's, if it is not.
    pub(crate) differs: Option<&'static str>,
    /// Room versions without a recording where our answer is not that of the nearest one with a
    /// recording, and why.
    pub(crate) apart: Option<(&'static [u8], &'static str)>,
    /// Room versions in which there can be no such situation, and why.
    pub(crate) not_in: Option<(&'static [u8], &'static str)>,
}

pub(crate) fn case(name: &'static str, text: Text, play: fn(&mut Scene) -> Answer) -> Case {
    Case { name, text, play, differs: None, apart: None, not_in: None }
}

impl Case {
    pub(crate) fn differs(self, why: &'static str) -> Self {
        Self { differs: Some(why), ..self }
    }

    pub(crate) fn apart(self, versions: &'static [u8], why: &'static str) -> Self {
        Self { apart: Some((versions, why)), ..self }
    }

    pub(crate) fn not_in(self, versions: &'static [u8], why: &'static str) -> Self {
        Self { not_in: Some((versions, why)), ..self }
    }

    pub(crate) fn is_in(&self, version: u8) -> bool {
        self.not_in.is_none_or(|(versions, _)| !versions.contains(&version))
    }
}

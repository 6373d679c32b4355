//! A question with its right answer, as a line of a vector file.

use std::fmt;

use exeunt_event::json::{Object, Value};

use crate::{Choices, VectorLine};

/// What readers of a vector should know about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// The reading of that name decides it, alone or with others: any of its answers will do.
    Ambiguous(String),
    /// The text says this, and servers in use do something else.
    DeployedDiffers,
    /// Who gets it wrong is open to attack.
    Security,
}

impl Flag {
    /// The flag as files spell it, if it is one.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "deployed-differs" => Some(Self::DeployedDiffers),
            "security" => Some(Self::Security),
            _ => {
                let reading = name.strip_prefix("ambiguous:").filter(|it| !it.is_empty())?;
                Some(Self::Ambiguous(reading.to_owned()))
            }
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous(reading) => write!(f, "ambiguous:{reading}"),
            Self::DeployedDiffers => f.write_str("deployed-differs"),
            Self::Security => f.write_str("security"),
        }
    }
}

/// An answer that another reading of the text gives, or several together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The readings: one, or as many as it takes.
    pub readings: Choices,
    /// The answer.
    pub response: Object<'static>,
}

/// A question with its right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Its name, which no other vector has. The question and the answer have it as their `id`.
    pub id: String,
    /// What it shows, in a sentence.
    pub comment: String,
    /// The numbers of the rules that decide, as the page of the room version counts them.
    pub rules: Vec<String>,
    /// Links into the specification, where it is about no numbered rule.
    pub links: Vec<String>,
    /// What readers should know.
    pub flags: Vec<Flag>,
    /// The question.
    pub request: Object<'static>,
    /// The answer of the text, read as Exeunt does by default.
    pub response: Object<'static>,
    /// The answers of other readings, where the text is ambiguous.
    pub alternatives: Vec<Alternative>,
}

/// Why a line is no vector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVector {
    /// It is not JSON.
    #[error("it is no JSON: {0}")]
    NotJson(String),
    /// It is no object, or a member is missing or of the wrong type.
    #[error("{0}")]
    Field(String),
}

impl Vector {
    /// A line of a vector file, without its line break.
    ///
    /// # Errors
    ///
    /// If it is no such line: what is missing or wrong in it.
    pub fn parse(line: &[u8]) -> Result<Self, BadVector> {
        VectorLine::parse(line).map(|line| line.vector())
    }

    /// The line of a vector file, without a line break: members in the order in which people read
    /// them, lists only where they hold something.
    pub fn to_line(&self) -> String {
        let mut line = String::from("{");
        let mut member = |name: &str, value: Value<'_>| {
            if line.len() > 1 {
                line.push(',');
            }
            // An object sorts its members; one alone stays where it is.
            let alone = Object::from_iter([(name.to_owned(), value)]).as_received();
            line.push_str(&alone[1..alone.len() - 1]);
        };
        member("id", Value::from(self.id.clone()));
        member("comment", Value::from(self.comment.clone()));
        let flags: Vec<_> = self.flags.iter().map(ToString::to_string).collect();
        let lists = [("rules", &self.rules), ("links", &self.links), ("flags", &flags)];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            member(name, Value::from(list.clone()));
        }
        member("request", Value::from(self.request.clone()));
        member("response", Value::from(self.response.clone()));
        if !self.alternatives.is_empty() {
            let alternatives = self.alternatives.iter().map(|alternative| {
                let mut object = Object::new();
                match alternative.readings.iter().len() {
                    1 => object.insert("reading", alternative.readings.to_string()),
                    _ => object.insert("readings", alternative.readings.to_object()),
                };
                object.insert("response", alternative.response.clone());
                object
            });
            member("alternatives", Value::from(alternatives.collect::<Vec<_>>()));
        }
        line.push('}');
        line
    }

    /// What is asked.
    pub fn op(&self) -> &str {
        // A vector without one is not taken.
        self.request.get("op").and_then(Value::as_str).unwrap_or_default()
    }

    /// The room version that it is about, if it names one.
    pub fn room_version(&self) -> Option<&str> {
        room_version(&self.request)
    }
}

/// The members of a question that tell its room version.
pub(crate) const TELLING: [&str; 3] = ["room_version", "homeserver", "request"];

/// The room version that a question is about, if it names one: its own; that of the room that the
/// homeserver is in; or if it is in none, that of the room that the request is about, which an invite
/// says and whoever asks for a template, if they know no other version.
pub fn room_version<'q>(question: &'q Object<'_>) -> Option<&'q str> {
    if let Some(own) = question.get("room_version") {
        return own.as_str();
    }
    let rooms = question.get("homeserver")?.as_object()?.get("rooms")?.as_array()?;
    if let Some(room) = rooms.first() {
        return room.as_object()?.get("room_version")?.as_str();
    }
    let request = question.get("request")?.as_object()?;
    let of_body = || request.get("body")?.as_object()?.get("room_version")?.as_str();
    let of_uri = || asked_for(request.get("uri")?.as_str()?);
    of_body().or_else(of_uri)
}

/// The only `ver` in the query of a `make_join` or `make_knock`.
fn asked_for(uri: &str) -> Option<&str> {
    let (path, query) = uri.split_once('?')?;
    if !["/make_join/", "/make_knock/"].iter().any(|endpoint| path.contains(endpoint)) {
        return None;
    }
    let mut versions = query.split('&').filter_map(|pair| pair.strip_prefix("ver="));
    let only = versions.next()?;
    versions.next().is_none().then_some(only)
}

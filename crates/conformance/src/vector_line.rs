//! A line of a vector file whose question and answers stay text.

use std::borrow::Cow;

use exeunt_event::json::{self, Object, Value};

use crate::answer_line::{is_string, object, said};
use crate::compare::{Comparison, held_against};
use crate::vector::{TELLING, room_version};
use crate::{Alternative, AnswerLine, BadVector, Choices, Flag, Vector};

/// A vector of which no more is read than it takes to ask it, and to see that it is one.
#[derive(Clone, Debug)]
pub struct VectorLine<'t> {
    id: Cow<'t, str>,
    op: Cow<'t, str>,
    room_version: Option<String>,
    request: &'t [u8],
    response: AnswerLine<&'t [u8]>,
    alternatives: Vec<Alternative>,
    comment: String,
    rules: Vec<String>,
    links: Vec<String>,
    flags: Vec<Flag>,
}

fn bad(message: impl Into<String>) -> BadVector {
    BadVector::Field(message.into())
}

impl<'t> VectorLine<'t> {
    /// A line of a vector file, without its line break.
    ///
    /// # Errors
    ///
    /// If it is no such line: what is missing or wrong in it.
    pub fn parse(line: &'t [u8]) -> Result<Self, BadVector> {
        let fields = Fields::of(line)?.ok_or_else(|| bad("it is no JSON object"))?;
        let id = fields.string("id")?;
        let [request, response] = ["request", "response"].map(|name| fields.object(name));
        let ((request, question), (response, answer)) = (request?, response?);
        for (name, part) in [("request", &question), ("response", &answer)] {
            if !part.get("id").is_some_and(|spelled| is_string(spelled, &id)) {
                return Err(bad(format!("`{name}.id` is not that of the vector")));
            }
        }
        let op = question.string("op").map_err(|_| bad("`request.op` is missing or no string"))?;
        // It is JSON, and an object.
        let response = AnswerLine::parse(response).map_err(|_| no_answer("response"))?;
        let flags = fields.strings("flags")?.into_iter();
        let flags = flags.map(|name| {
            Flag::parse(&name).ok_or_else(|| bad(format!("there is no flag {name:?}")))
        });
        Ok(Self {
            comment: fields.string("comment")?.into_owned(),
            rules: fields.strings("rules")?,
            links: fields.strings("links")?,
            flags: flags.collect::<Result<_, _>>()?,
            alternatives: fields.alternatives()?,
            room_version: question.room_version(),
            id,
            op,
            request,
            response,
        })
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is asked.
    pub fn op(&self) -> &str {
        &self.op
    }

    /// The room version that it is about, if it names one.
    pub fn room_version(&self) -> Option<&str> {
        self.room_version.as_deref()
    }

    /// The question, as it is spelled.
    pub fn request(&self) -> &'t [u8] {
        self.request
    }

    /// All of it.
    pub fn vector(&self) -> Vector {
        Vector {
            id: self.id.clone().into_owned(),
            comment: self.comment.clone(),
            rules: self.rules.clone(),
            links: self.links.clone(),
            flags: self.flags.clone(),
            request: object(self.request).into_owned(),
            response: self.response.to_object().into_owned(),
            alternatives: self.alternatives.clone(),
        }
    }

    /// Holds an answer against the vector, as [`compare`](crate::compare) does.
    pub fn compare<T: AsRef<[u8]>>(&self, answer: &AnswerLine<T>) -> Comparison {
        // What is spelled alike says the same.
        if answer.ok().is_some() && answer.ok() == self.response.ok() {
            return Comparison::Agrees { readings: None };
        }
        let expected = self.response.to_object();
        held_against(&self.op, &expected, &self.alternatives, &answer.to_object())
    }
}

/// The members of an object, as they are spelled.
struct Fields<'t> {
    text: &'t [u8],
    members: Vec<json::SpelledMember<'t>>,
}

impl<'t> Fields<'t> {
    fn of(text: &'t [u8]) -> Result<Option<Self>, BadVector> {
        let members = json::spelled_members(text);
        let members = members.map_err(|error| BadVector::NotJson(error.to_string()))?;
        Ok(members.map(|members| Self { text, members }))
    }

    fn get(&self, name: &str) -> Option<&'t [u8]> {
        // Of a key that stands twice the last one counts.
        let (_, at) = self.members.iter().rev().find(|(key, _)| key == name)?;
        self.text.get(at.clone())
    }

    fn value(&self, name: &str) -> Option<Value<'t>> {
        // The whole text is JSON.
        self.get(name).and_then(|text| json::parse_any(text).ok()).map(|parsed| parsed.value)
    }

    fn string(&self, name: &str) -> Result<Cow<'t, str>, BadVector> {
        match self.value(name) {
            Some(Value::String(string)) => Ok(string),
            _ => Err(bad(format!("`{name}` is missing or no string"))),
        }
    }

    /// The text of an object, and its members.
    fn object(&self, name: &str) -> Result<(&'t [u8], Self), BadVector> {
        let missing = || bad(format!("`{name}` is missing or no object"));
        let text = self.get(name).ok_or_else(missing)?;
        Ok((text, Self::of(text)?.ok_or_else(missing)?))
    }

    /// A list of strings, empty if it is absent.
    fn strings(&self, name: &str) -> Result<Vec<String>, BadVector> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let strings = |list: &[Value<'_>]| {
            list.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()
        };
        let strings = value.as_array().and_then(strings);
        strings.ok_or_else(|| bad(format!("`{name}` is no array of strings")))
    }

    fn alternatives(&self) -> Result<Vec<Alternative>, BadVector> {
        let Some(value) = self.value("alternatives") else { return Ok(Vec::new()) };
        let wrong = || bad("`alternatives` is no array of objects");
        let alternative = |item: &Value<'_>| {
            let item = item.as_object().ok_or_else(wrong)?;
            let missing = |name, kind| bad(format!("`{name}` is missing or no {kind}"));
            let response = item.get("response").and_then(Value::as_object);
            let response = response.ok_or_else(|| missing("response", "object"))?;
            if !is_answer(response) {
                return Err(no_answer("alternatives.response"));
            }
            let readings = match (item.get("reading"), item.get("readings")) {
                (Some(one), None) => one.as_str().and_then(Choices::parse_one),
                (None, Some(several)) => several.as_object().and_then(Choices::of_object),
                _ => return Err(bad("`alternatives` has not one of `reading` and `readings`")),
            };
            let readings = readings.filter(|it| it.iter().len() > 0).ok_or_else(|| {
                bad("`alternatives.reading` is no `name=choice`, or `readings` no object of such")
            })?;
            Ok(Alternative { readings, response: response.clone().into_owned() })
        };
        value.as_array().ok_or_else(wrong)?.iter().map(alternative).collect()
    }

    /// The room version that a question is about, if it names one.
    fn room_version(&self) -> Option<String> {
        let telling = TELLING.into_iter().filter_map(|name| Some((name, self.value(name)?)));
        room_version(&telling.collect()).map(str::to_owned)
    }
}

fn is_answer(response: &Object<'_>) -> bool {
    said(|name| response.get(name).and_then(Value::as_object)).is_some()
}

fn no_answer(name: &str) -> BadVector {
    bad(format!("`{name}` has not one of `ok` and `error`, an object"))
}

//! Requests and answers as values.

use std::collections::BTreeMap;

use exeunt_event::Event;
use exeunt_event::json::{Object, Value};

use crate::{Form, Refusal};

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `PUT`
    Put,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
    /// Any other that HTTP has.
    Other,
}

impl Method {
    /// From its name, in upper case as HTTP has it.
    pub fn new(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "PUT" => Self::Put,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Other => "OTHER",
        }
    }
}

/// A request of one server to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, by name: a signature is over the name as it was sent.
    pub method: String,
    /// Path and query, as they stand in the request line.
    pub uri: String,
    /// Every `Authorization` header.
    pub authorization: Vec<String>,
    /// The body; `None` if there is none.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// The object that the body is, if it is one.
    pub fn object(&self) -> Option<Object<'static>> {
        object(self.body.as_deref()?)
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// 200 with a JSON object.
    pub fn ok(body: &Object<'_>) -> Self {
        Self { status: 200, body: body.as_received().into_bytes() }
    }

    /// 200 in the form of the first versions of some endpoints: `[200, {…}]`.
    pub fn ok_pair(body: Object<'_>) -> Self {
        let pair = Value::Array(vec![Value::Integer(200), Value::Object(body)]);
        let mut text = Vec::new();
        exeunt_event::json::write_canonical(
            &pair,
            exeunt_version::LenientNumbers::Value,
            &mut text,
        );
        Self { status: 200, body: text }
    }

    /// 200 with an object that has events in it.
    pub(crate) fn ok_members(members: &Members) -> Self {
        Self { status: 200, body: members.write() }
    }

    /// 200 in the form of `send_leave`, `send_join` and `send_knock`.
    pub(crate) fn ok_sent(form: Form, members: &Members) -> Self {
        let Self { status, body } = Self::ok_members(members);
        match form {
            Form::V1 => Self { status, body: [b"[200,".as_slice(), &body, b"]"].concat() },
            Form::V2 => Self { status, body },
        }
    }

    /// Whether it says that the request was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The object that the body is, if it is one.
    pub fn object(&self) -> Option<Object<'static>> {
        object(&self.body)
    }

    /// The `errcode`, if the body has one.
    pub fn errcode(&self) -> Option<String> {
        let parsed = exeunt_event::json::parse_any(&self.body).ok()?;
        Some(parsed.value.as_object()?.get("errcode")?.as_str()?.to_owned())
    }
}

fn object(body: &[u8]) -> Option<Object<'static>> {
    match exeunt_event::json::parse_any(body).ok()?.value.into_owned() {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let mut body = Object::new();
        body.insert("errcode", refusal.errcode());
        body.insert("error", refusal.to_string());
        if let Refusal::IncompatibleRoomVersion { room_version } = &refusal {
            body.insert("room_version", room_version.clone());
        }
        Self { status: refusal.status(), body: body.as_received().into_bytes() }
    }
}

/// The members of a JSON object as text: events go into an answer as they stand in memory, without
/// being parsed and written once more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    texts: BTreeMap<&'static str, String>,
}

impl Members {
    pub(crate) fn insert(&mut self, name: &'static str, value: &Value<'_>) {
        self.texts.insert(name, value.to_canonical(exeunt_version::LenientNumbers::Value));
    }

    pub(crate) fn insert_event(&mut self, name: &'static str, event: &Event) {
        self.texts.insert(name, event.text().to_owned());
    }

    pub(crate) fn insert_events(&mut self, name: &'static str, events: &[Event]) {
        let size: usize = events.iter().map(|event| event.text().len() + 1).sum();
        let mut text = String::with_capacity(size + 2);
        text.push('[');
        for (at, event) in events.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(event.text());
        }
        text.push(']');
        self.texts.insert(name, text);
    }

    /// The object. The names are some of ours, and need no escapes.
    fn write(&self) -> Vec<u8> {
        let size: usize = self.texts.iter().map(|(name, text)| name.len() + text.len() + 4).sum();
        let mut object = String::with_capacity(size + 2);
        object.push('{');
        for (at, (name, text)) in self.texts.iter().enumerate() {
            object.push_str(if at > 0 { ",\"" } else { "\"" });
            object.push_str(name);
            object.push_str("\":");
            object.push_str(text);
        }
        object.push('}');
        object.into_bytes()
    }
}

//! Requests and answers as values.

use exeunt_event::json::{Object, Value};

use crate::Refusal;

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

    /// Whether it says that the request was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The `errcode`, if the body has one.
    pub fn errcode(&self) -> Option<String> {
        let parsed = exeunt_event::json::parse_any(&self.body).ok()?;
        Some(parsed.value.as_object()?.get("errcode")?.as_str()?.to_owned())
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

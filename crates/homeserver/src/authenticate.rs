//! Who sends a request.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#request-authentication>

use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::ed25519::VerifyingKey;
use exeunt_event::signatures::{Keys, SigningKey, sign_json};
use exeunt_event::{ServerName, base64};
use exeunt_version::LenientNumbers;

use crate::{Features, Refusal, Request, XMatrix};

/// The server that sent a request, as its signature shows. [`authenticate`] alone makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    origin: ServerName,
}

impl Authenticated {
    /// The server.
    pub fn origin(&self) -> &ServerName {
        &self.origin
    }
}

/// Finds out who sends a request to `server` at `now` (milliseconds since the epoch), with the keys
/// that are known.
///
/// The body is looked at first: it has to be JSON, in numbers that a double can hold, as others have
/// no canonical form. An empty body is none: HTTP does not tell the two apart.
///
/// A request has one header for each key that its origin signed with; headers of other schemes are
/// none of ours. So that no two servers read one request differently, all `X-Matrix` headers have to
/// be well-formed, to name the same origin and, where they name a destination, this server. Then, as
/// with events, those signatures count whose key is known and valid at `now`; there has to be one,
/// and all have to be right.
///
/// Older servers leave the destination out of the header, but never left it out of what they sign: a
/// signature that is not over this server's name is wrong.
pub fn authenticate(
    request: &Request,
    server: &ServerName,
    keys: &Keys,
    now: i64,
) -> Result<Authenticated, Refusal> {
    let body = request.body.as_deref().filter(|body| !body.is_empty());
    let content = body.map(json::parse_lenient).transpose();
    let content = content.map_err(|error| Refusal::NotJson(error.to_string()))?;
    let headers = request.authorization.iter().filter_map(|header| XMatrix::parse(header));
    let headers = headers.collect::<Result<Vec<_>, _>>()?;
    let origin = origin_of(&headers)?;
    let other = |destination: &&str| *destination != server.as_str();
    let mut destinations = headers.iter().filter_map(|header| header.destination.as_deref());
    if let Some(destination) = destinations.find(other) {
        return Err(Refusal::WrongDestination { destination: destination.to_owned() });
    }

    let content = content.map(|content| content.value);
    let target = (request.method.as_str(), request.uri.as_str());
    let signed = signed_object(target, origin.as_str(), server, content);
    let message = signed.to_canonical(LenientNumbers::Value);
    let mut outcome = Err(Refusal::NoAuthorization);
    for header in &headers {
        match usable_key(header, keys, now) {
            Ok(key) => {
                let signature = base64::decode_array(&header.sig);
                if !signature.is_some_and(|signature| key.verify(message.as_bytes(), &signature)) {
                    return Err(Refusal::RequestSignature { origin: origin.as_str().to_owned() });
                }
                outcome = Ok(());
            }
            Err(refusal) if outcome == Err(Refusal::NoAuthorization) => outcome = Err(refusal),
            Err(_) => {}
        }
    }
    outcome.map(|()| Authenticated { origin })
}

/// The server that all headers name.
fn origin_of(headers: &[XMatrix]) -> Result<ServerName, Refusal> {
    let first = headers.first().ok_or(Refusal::NoAuthorization)?;
    if headers.iter().any(|header| header.origin != first.origin) {
        return Err(Refusal::MalformedAuthorization("the headers name more than one origin"));
    }
    ServerName::parse(&first.origin)
        .map_err(|_| Refusal::MalformedAuthorization("origin is no server name"))
}

/// The key that a header names, if it is known and still valid. An old key is none to sign requests
/// with, whatever events it once signed.
fn usable_key<'k>(header: &XMatrix, keys: &'k Keys, now: i64) -> Result<&'k VerifyingKey, Refusal> {
    let (origin, key_id) = (header.origin.clone(), header.key.clone());
    let is_understood = key_id.starts_with("ed25519:");
    let key = keys.get(&origin, &key_id).filter(|_| is_understood);
    let Some(key) = key else { return Err(Refusal::UnknownKey { origin, key_id }) };
    let is_past = |end: Option<i64>| end.is_some_and(|end| end < now);
    if is_past(key.valid_until_ts) || is_past(key.expired_ts) {
        return Err(Refusal::ExpiredKey { origin, key_id });
    }
    Ok(&key.key)
}

/// A request to `destination`, signed with `key` by the server whose key it is.
///
/// The destination is always signed; that the header names it too came with v1.3.
pub fn sign_request(
    method: &str,
    uri: &str,
    destination: &ServerName,
    content: Option<&Object<'_>>,
    key: &SigningKey,
    features: Features,
) -> Request {
    let signed_content = content.map(|content| Value::Object(content.clone()));
    let mut signed = signed_object((method, uri), key.server(), destination, signed_content);
    sign_json(&mut signed, key);
    let header = XMatrix {
        origin: key.server().to_owned(),
        destination: features.destination_in_requests.then(|| destination.as_str().to_owned()),
        key: key.key_id().to_owned(),
        // `sign_json` has just put it there.
        sig: signature(&signed, key).unwrap_or_default().to_owned(),
    };
    Request {
        method: method.to_owned(),
        uri: uri.to_owned(),
        authorization: vec![header.to_header()],
        body: content.map(|content| content.as_received().into_bytes()),
    }
}

/// The signature that the key put into an object.
fn signature<'o>(signed: &'o Object<'_>, key: &SigningKey) -> Option<&'o str> {
    let of_server = signed.get("signatures")?.as_object()?.get(key.server())?.as_object()?;
    of_server.get(key.key_id())?.as_str()
}

/// What is signed, without the signatures.
fn signed_object<'a>(
    (method, uri): (&'a str, &'a str),
    origin: &'a str,
    destination: &'a ServerName,
    content: Option<Value<'a>>,
) -> Object<'a> {
    let mut signed = Object::from_iter([
        ("method", method),
        ("uri", uri),
        ("origin", origin),
        ("destination", destination.as_str()),
    ]);
    if let Some(content) = content {
        signed.insert("content", content);
    }
    signed
}

//! Server ACLs: which servers a room lets in.
//!
//! <https://spec.matrix.org/v1.19/client-server-api/#mroomserver_acl>,
//! <https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls>

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventType, ServerName};

use crate::Features;
use crate::glob;

/// The content of an `m.room.server_acl` event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAcl {
    allow_ip_literals: bool,
    allow: Vec<String>,
    deny: Vec<String>,
}

impl ServerAcl {
    /// From the content. IP literals are allowed unless `allow_ip_literals` is `false`. A list that
    /// is no array is empty, and what is no string in a list matches nothing.
    ///
    /// So the content that redaction leaves, `{}`, denies every server.
    pub fn from_content(content: &Object<'_>) -> Self {
        Self {
            allow_ip_literals: !matches!(
                content.get("allow_ip_literals"),
                Some(Value::Bool(false))
            ),
            allow: globs(content, "allow"),
            deny: globs(content, "deny"),
        }
    }

    /// Whether the server is let in, by the steps of the text. The first, that a room without ACL
    /// lets everybody in, is [`ServerAcl::denies`]'s.
    pub fn is_allowed(&self, server: &ServerName, features: Features) -> bool {
        let hostname = hostname(server.as_str());
        let is_in = |globs: &[String]| {
            globs.iter().any(|glob| glob::matches(glob, hostname, features.acl_ignores_case))
        };
        // Step 2.
        if !self.allow_ip_literals && is_ip_literal(hostname) {
            return false;
        }
        // Steps 3 to 5.
        !is_in(&self.deny) && is_in(&self.allow)
    }

    /// Whether the room's `m.room.server_acl` event, if it has one, keeps the server out. An event
    /// that is not of that type with an empty state key is no ACL and keeps nobody out.
    ///
    /// This reads the whole event. Who asks about many servers should keep the [`ServerAcl`].
    pub fn denies(acl: Option<&Event>, server: &ServerName, features: Features) -> bool {
        let is_acl = |event: &&Event| event.is_state(&EventType::new("m.room.server_acl"), "");
        acl.filter(is_acl).is_some_and(|event| {
            let object = event.object();
            let content = object.get("content").and_then(Value::as_object);
            let acl =
                content.map_or_else(|| Self::from_content(&Object::new()), Self::from_content);
            !acl.is_allowed(server, features)
        })
    }
}

fn globs(content: &Object<'_>, name: &str) -> Vec<String> {
    let items = content.get(name).and_then(Value::as_array).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// The server name without its port. An IPv6 literal keeps its brackets, as they are part of the
/// hostname. A name with more colons outside of brackets is invalid, and taken whole.
///
/// <https://spec.matrix.org/v1.19/appendices/#server-name>
fn hostname(server: &str) -> &str {
    match server.rsplit_once(':') {
        Some((hostname, port))
            if (1..=5).contains(&port.len())
                && port.bytes().all(|byte| byte.is_ascii_digit())
                && (!hostname.contains(':') || hostname.ends_with(']')) =>
        {
            hostname
        }
        _ => server,
    }
}

/// Whether the hostname is an IP address: anything in brackets, or four numbers from 0 to 255 of
/// one to three digits. So `1.2.3.004` is one, which the standard library would not take.
fn is_ip_literal(hostname: &str) -> bool {
    let is_number = |part: &str| {
        (1..=3).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok()
    };
    hostname.starts_with('[')
        || (hostname.split('.').count() == 4 && hostname.split('.').all(is_number))
}

//! Who is there: servers, and two users of each.

use exeunt_event::{ServerName, UserId};

/// The most servers.
pub(crate) const SERVERS: usize = 8;
/// The most users.
pub(crate) const USERS: usize = 2 * SERVERS;
/// The user who creates the room.
pub(crate) const CREATOR: usize = 0;

const NAMES: [&str; USERS] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "karl",
    "lena", "mallory", "nils", "olivia", "peggy",
];
const HOSTS: [&str; SERVERS] = ["one", "two", "three", "four", "five", "six", "seven", "eight"];

/// A user by their place among all, and their ID.
#[derive(Clone, Copy)]
pub(crate) struct User<'c> {
    pub(crate) at: usize,
    pub(crate) id: &'c str,
}

/// The servers and users of a history.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) servers: Vec<ServerName>,
    pub(crate) users: Vec<UserId>,
    /// Those of the users, as text.
    ids: Vec<String>,
}

impl Cast {
    /// So many servers, from two to eight.
    pub(crate) fn new(servers: u8) -> Self {
        let count = usize::from(servers).clamp(2, SERVERS);
        let host = |at: usize| format!("{}.example", HOSTS[at]);
        let servers = (0..count).map(|at| ServerName::from_received(&host(at))).collect();
        let id = |at: usize| format!("@{}:{}", NAMES[at], host(at % count));
        let ids: Vec<String> = (0..count * 2).map(id).collect();
        Self { servers, users: ids.iter().map(|id| UserId::from_received(id)).collect(), ids }
    }

    /// The place of a user's server.
    pub(crate) fn server_of(&self, user: usize) -> usize {
        user % self.servers.len()
    }

    pub(crate) fn user(&self, at: usize) -> User<'_> {
        User { at, id: self.id(at) }
    }

    pub(crate) fn id(&self, user: usize) -> &str {
        &self.ids[user]
    }
}

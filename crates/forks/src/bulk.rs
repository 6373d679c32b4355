//! Large forks of a given shape.

use exeunt_event::EventId;
use exeunt_event::json::{Object, Value};
use exeunt_version::RoomVersion;

use crate::Fork;
use crate::levels::Levels;
use crate::play::{join_rule, member};
use crate::room::{Branch, CREATE, CREATOR, Draft, JOIN_RULES, POWER_LEVELS, Room, user};

/// The shape of a large fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// How many events the full conflicted set has in all, give or take one for each fork.
    pub conflicted: usize,
    /// How many branches there are from one common state.
    pub forks: usize,
    /// Every how many events of a branch the power levels change; each change cites the one before.
    pub power_levels_every: Option<usize>,
    /// How many users the power levels list. Each power levels event of a thousand users is some
    /// 30 kB.
    pub users: usize,
}

/// How many of the users listed are joined and send events.
const MODERATORS: usize = 16;
/// The type of most events.
const STATE: &str = "org.example.state";

/// A large fork: the same every time.
///
/// On every branch joined moderators set many state keys, guests join, and seldom somebody is
/// banned. Each event cites what its branch's state says that it should, and is allowed there. The
/// states are those at the ends of the branches; all that came after the common state is in
/// conflict, power levels that have been replaced too, as they are in the auth difference.
pub fn bulk(version: &RoomVersion, shape: Bulk) -> Fork {
    let mut maker = Maker { room: Room::new(version, &[]), users: Object::new() };
    let common = maker.common_state(shape.users);
    let forks = shape.forks.max(1);
    let mut state_sets = Vec::with_capacity(forks);
    for fork in 0..forks {
        let mut branch = common.clone();
        // The first branches have one event more where it does not come out even.
        let count = shape.conflicted / forks + usize::from(fork < shape.conflicted % forks);
        for at in 0..count {
            maker.send(&mut branch, shape, fork, at);
        }
        let ids = branch.state.values().map(|place| maker.room.events[*place].event_id().clone());
        state_sets.push(ids.collect::<Vec<EventId>>());
    }
    Fork { version: version.clone(), events: maker.room.events, rejected: Vec::new(), state_sets }
}

struct Maker<'v> {
    room: Room<'v>,
    /// `users` of the power levels.
    users: Object<'static>,
}

impl Maker<'_> {
    /// A public room in which the moderators are joined.
    fn common_state(&mut self, users: usize) -> Branch {
        let mut branch = Branch::default();
        let create = self.room.create_content(CREATOR);
        self.make(&mut branch, Draft::new(CREATE, Some(""), CREATOR, create));
        self.make(&mut branch, member(CREATOR, CREATOR, "join"));
        let listed = (0..users.max(2)).filter(|at| !self.room.is_creator(*at));
        let level = |at| if at == CREATOR { 100 } else { 50 };
        let levels =
            Levels { users: listed.map(|at| (at, level(at))).collect(), ..Levels::default() };
        let content = levels.content();
        if let Some(Value::Object(users)) = content.get("users") {
            self.users = users.clone();
        }
        self.make(&mut branch, Draft::new(POWER_LEVELS, Some(""), CREATOR, content));
        self.make(&mut branch, Draft::new(JOIN_RULES, Some(""), CREATOR, join_rule("public")));
        for at in 1..=moderators(users) {
            self.make(&mut branch, member(at, at, "join"));
        }
        branch
    }

    /// The event at a place of a branch.
    fn send(&mut self, branch: &mut Branch, shape: Bulk, fork: usize, at: usize) {
        let sender = 1 + (at * 7 + fork * 3) % moderators(shape.users);
        // Guests are those not listed, other ones on each branch.
        let guest = shape.users.max(2) + at * shape.forks + fork;
        let is_levels =
            shape.power_levels_every.is_some_and(|every| at.is_multiple_of(every.max(1)));
        let draft = if is_levels {
            self.change_of_levels(shape.users, fork, at)
        } else if at % 64 == 63 {
            member(sender, guest, "ban")
        } else if at % 8 == 7 {
            member(guest, guest, "join")
        } else {
            let said = format!("said by {sender} on branch {fork}");
            let content = [("value", said)].into_iter().collect();
            Draft::new(STATE, Some(&format!("key {at}")), sender, content)
        };
        self.make(branch, draft);
    }

    /// Another level for one user, given by the creator.
    fn change_of_levels(&self, users: usize, fork: usize, at: usize) -> Draft {
        let mut levels = self.users.clone();
        // Moderators go on being moderators.
        let changed = 1 + (at + fork) % users.max(2).saturating_sub(1).max(1);
        levels.insert(user(changed), 50 + i64::try_from((at + fork) % 49).unwrap_or_default());
        let content = [("users", Value::from(levels))].into_iter().collect();
        Draft::new(POWER_LEVELS, Some(""), CREATOR, content)
    }

    fn make(&mut self, branch: &mut Branch, mut draft: Draft) {
        draft.auth_events = self.room.selection(&branch.state, &draft);
        self.room.send(branch, &draft);
    }
}

fn moderators(users: usize) -> usize {
    users.saturating_sub(1).clamp(1, MODERATORS)
}

//! Playing a script: who does what, as far as a simple simulation knows what is allowed.

use exeunt_event::content::{JoinRule, Membership};
use exeunt_event::json::{Object, Value};
use exeunt_version::RoomVersion;

use crate::levels::Levels;
use crate::room::{
    Branch, CREATE, CREATOR, Draft, Entries, JOIN_RULES, MEMBER, POWER_LEVELS, Place, Room,
    THIRD_PARTY_INVITE, TOKEN, USERS, user,
};
use crate::script::{Act, Kind, Op, Script, Set, Setup, Step};
use crate::{Fork, breakage, mischief};

const MOST_BRANCHES: usize = 4;

/// The fork that the script makes.
pub(crate) fn play(version: &RoomVersion, script: &Script) -> Fork {
    let has_bit = |bits: u8, at: &usize| bits >> at & 1 == 1;
    let creators: Vec<_> = (1..USERS).filter(|at| has_bit(script.setup.creators, at)).collect();
    let mut game = Game {
        room: Room::new(version, &creators),
        branches: vec![Branch::default()],
        marks: Vec::new(),
    };
    game.set_up(script.setup);
    script.before.iter().for_each(|step| game.step(step));
    // Steps before the first fork may fork already.
    let start = game.branches[0].state.clone();
    while game.branches.len() < usize::from(script.branches) {
        game.branches.push(game.branches[0].clone());
    }
    script.after.iter().for_each(|step| game.step(step));
    let sets: Vec<_> = script.sets.iter().map(|set| game.state(set, &start)).collect();
    let id = |place: &Place| game.room.events[*place].event_id().clone();
    let count = game.room.events.len();
    let rejected = script.rejected.iter().map(|at| usize::from(*at) % count);
    let mut fork = Fork {
        version: version.clone(),
        rejected: rejected.map(|place| id(&place)).collect(),
        state_sets: sets.iter().map(|set| set.values().map(id).collect()).collect(),
        events: game.room.events,
    };
    fork.rejected.sort_unstable();
    fork.rejected.dedup();
    breakage::break_up(&mut fork, &script.breakages);
    fork
}

struct Game<'v> {
    room: Room<'v>,
    branches: Vec<Branch>,
    marks: Vec<Entries>,
}

impl Game<'_> {
    fn set_up(&mut self, setup: Setup) {
        let mut branch = std::mem::take(&mut self.branches[0]);
        let content = self.room.create_content(CREATOR);
        self.send(&mut branch, Draft::new(CREATE, Some(""), CREATOR, content), None);
        self.send(&mut branch, member(CREATOR, CREATOR, "join"), None);
        if setup.has_power_levels {
            let is_moderator = |at: &usize| setup.moderators >> at & 1 == 1;
            let mut levels = Levels::default();
            levels.users.insert(CREATOR, 100);
            let moderators = (1..USERS).filter(is_moderator);
            levels.users.extend(moderators.map(|at| (at, if at % 2 == 0 { 50 } else { 100 })));
            levels.users.retain(|at, _| !self.room.is_creator(*at));
            let draft = Draft::new(POWER_LEVELS, Some(""), CREATOR, levels.content());
            self.send(&mut branch, draft, Some(levels));
        }
        // In a few rooms there are no join rules, and nobody can join.
        if setup.join_rule < 10 {
            let rules = self.join_rules();
            let rule = rules[usize::from(setup.join_rule) % rules.len()];
            let draft = Draft::new(JOIN_RULES, Some(""), CREATOR, join_rule(rule));
            self.send(&mut branch, draft, None);
        }
        for at in (1..USERS).filter(|at| setup.joined >> at & 1 == 1) {
            if self.join_rule(&branch.state) != Some("public") {
                self.send(&mut branch, member(CREATOR, at, "invite"), None);
            }
            let join = member(at, at, "join");
            if self.may_join(&branch.state, at, &join) {
                self.send(&mut branch, join, None);
            }
        }
        self.branches[0] = branch;
    }

    fn step(&mut self, step: &Step) {
        let at = usize::from(step.branch) % self.branches.len();
        match step.op {
            Op::Mark => self.marks.push(self.branches[at].state.clone()),
            Op::Merge { with, theirs } => {
                let with = self.branches[usize::from(with) % self.branches.len()].clone();
                merge(&mut self.branches[at], with, theirs);
            }
            Op::Fork { from } => {
                let from = self.branches[usize::from(from) % self.branches.len()].clone();
                if self.branches.len() < MOST_BRANCHES {
                    self.branches.push(from);
                } else {
                    self.branches[at] = from;
                }
            }
            Op::Act(act) => {
                let is_anybody = mischief::is_by_anybody(&step.mischief);
                let mut branch = std::mem::take(&mut self.branches[at]);
                if let Some((mut draft, mut levels)) = self.draft(&branch.state, act, is_anybody) {
                    draft.auth_events = self.room.selection(&branch.state, &draft);
                    draft.tick = i64::from(step.tick);
                    if mischief::apply(&mut draft, &self.room, &step.mischief) {
                        levels = None;
                    }
                    self.make(&mut branch, &draft, levels);
                }
                self.branches[at] = branch;
            }
        }
    }

    /// Sends an event that cites what it should.
    fn send(&mut self, branch: &mut Branch, mut draft: Draft, levels: Option<Levels>) {
        draft.auth_events = self.room.selection(&branch.state, &draft);
        self.make(branch, &draft, levels);
    }

    fn make(&mut self, branch: &mut Branch, draft: &Draft, levels: Option<Levels>) {
        let place = self.room.send(branch, draft);
        if let Some(levels) = levels {
            self.room.note_levels(place, levels);
        }
    }

    /// The event of an act: by its actor, or the next user who may do it, to its target or the
    /// next one to whom it may be done.
    fn draft(
        &self,
        state: &Entries,
        act: Act,
        is_anybody: bool,
    ) -> Option<(Draft, Option<Levels>)> {
        let (actor, target) = (usize::from(act.actor), usize::from(act.target));
        let has_token = self.room.entry(state, THIRD_PARTY_INVITE, TOKEN).is_some();
        let kind = if act.kind == Kind::TokenInvite && !has_token { Kind::Token } else { act.kind };
        let act = Act { kind, ..act };
        if is_anybody {
            return self.content(state, act, actor % USERS, target % USERS);
        }
        let targets = if act.kind.has_target() { USERS } else { 1 };
        (0..targets).map(|more| (target + more) % USERS).find_map(|target| {
            let mut actors = (0..USERS).map(|more| (actor + more) % USERS);
            actors.find_map(|actor| {
                let draft = self.content(state, act, actor, target)?;
                self.may(state, act.kind, actor, target, &draft).then_some(draft)
            })
        })
    }

    fn content(
        &self,
        state: &Entries,
        act: Act,
        actor: usize,
        target: usize,
    ) -> Option<(Draft, Option<Levels>)> {
        let value = usize::from(act.value);
        let draft = match act.kind {
            Kind::State => self.plain_state(actor, value),
            Kind::Message => {
                let content = [("body", "Exit, pursued by a bear")].into_iter().collect();
                Draft::new("m.room.message", None, actor, content)
            }
            Kind::Join => self.join(state, actor, value),
            Kind::Leave => member(actor, actor, "leave"),
            Kind::Knock => member(actor, actor, "knock"),
            Kind::Invite => member(actor, target, "invite"),
            Kind::Kick | Kind::Unban => member(actor, target, "leave"),
            Kind::Ban => member(actor, target, "ban"),
            Kind::JoinRules => {
                let rules = self.join_rules();
                Draft::new(JOIN_RULES, Some(""), actor, join_rule(rules[value % rules.len()]))
            }
            Kind::Token => {
                let key = mischief::identity_key_public();
                let content = [("public_key", key), ("display_name", "t".to_owned())];
                Draft::new(THIRD_PARTY_INVITE, Some(TOKEN), actor, content.into_iter().collect())
            }
            Kind::TokenInvite => {
                let mut draft = member(actor, target, "invite");
                let proof = mischief::invite_proof(&user(target));
                draft.content.insert("third_party_invite", proof);
                draft
            }
            Kind::Create => {
                let mut content = self.room.create_content(actor);
                content.insert("org.example.again", true);
                Draft::new(CREATE, Some(""), actor, content)
            }
            Kind::Levels => {
                let levels = self.new_levels(state, actor, target, value)?;
                let draft = Draft::new(POWER_LEVELS, Some(""), actor, levels.content());
                return Some((draft, Some(levels)));
            }
        };
        // A create event of its own would make another room where it gives the room its ID.
        let is_possible = act.kind != Kind::Create
            || self.room.version.capabilities.room_ids == exeunt_version::RoomIds::Domain;
        is_possible.then_some((draft, None))
    }

    fn plain_state(&self, actor: usize, value: usize) -> Draft {
        let (event_type, key) = match value % 8 {
            0 | 1 => ("m.room.topic", String::new()),
            2 => ("m.room.name", String::new()),
            3 => ("m.room.history_visibility", String::new()),
            4 => ("org.example.widget", user(actor)),
            at => ("org.example.widget", format!("{at}")),
        };
        let said = format!("{value} by {actor} after {}", self.room.events.len());
        let content = [("value", said)].into_iter().collect();
        Draft::new(event_type, Some(&key), actor, content)
    }

    fn join(&self, state: &Entries, actor: usize, value: usize) -> Draft {
        let mut draft = member(actor, actor, "join");
        if value % 2 == 1 {
            draft.content.insert("displayname", format!("{actor} called {value}"));
        }
        let is_restricted = self.join_rule(state).is_some_and(|rule| rule.ends_with("restricted"));
        let is_known = matches!(
            self.room.membership(state, actor),
            Some(Membership::Join | Membership::Invite)
        );
        if is_restricted && !is_known {
            let mut users = (0..USERS).map(|more| (value + more) % USERS);
            let authoriser = users.find(|at| {
                self.room.is_joined(state, *at)
                    && self.room.level(state, *at) >= self.invite_level(state)
            });
            if let Some(authoriser) = authoriser {
                draft.content.insert("join_authorised_via_users_server", user(authoriser));
            }
        }
        draft
    }

    /// The levels of the state with one changed, to as much as the actor could give.
    fn new_levels(
        &self,
        state: &Entries,
        actor: usize,
        target: usize,
        value: usize,
    ) -> Option<Levels> {
        let own = self.room.level(state, actor);
        let mut levels = self.room.levels(state).cloned().unwrap_or_else(|| {
            let users = [(CREATOR, 100)].into_iter();
            Levels {
                users: users.filter(|(at, _)| !self.room.is_creator(*at)).collect(),
                ..Levels::default()
            }
        });
        let new = [0, 25, 50, 75, 100][value / 8 % 5].min(own);
        match value % 8 {
            0..=3 => {
                let target = if self.room.is_creator(target) {
                    (1..USERS).find(|at| !self.room.is_creator(*at))?
                } else {
                    target
                };
                let old = levels.users.insert(target, new);
                (target == actor || old.is_none_or(|old| old < own)).then_some(levels)
            }
            4 => {
                let old = levels.users.remove(&target)?;
                (target == actor || old < own).then_some(levels)
            }
            5 => {
                let event_type = [POWER_LEVELS, "m.room.topic", JOIN_RULES, MEMBER][value / 8 % 4];
                let old = levels.events.insert(event_type, new);
                old.is_none_or(|old| old <= own).then_some(levels)
            }
            6 => {
                let name = ["state_default", "users_default", "events_default"][value / 8 % 3];
                // Rarely to a level at which nobody can do anything.
                let old = levels.other(name);
                levels.others.insert(name, if name == "state_default" { new } else { new / 2 });
                (old <= own).then_some(levels)
            }
            _ => {
                let name = ["ban", "kick", "invite", "redact"][value / 8 % 4];
                let old = levels.other(name);
                levels.others.insert(name, new);
                (old <= own).then_some(levels)
            }
        }
    }

    /// Whether the rules would allow it, more or less.
    fn may(
        &self,
        state: &Entries,
        kind: Kind,
        actor: usize,
        target: usize,
        (draft, _): &(Draft, Option<Levels>),
    ) -> bool {
        let room = &self.room;
        let is_joined = room.is_joined(state, actor);
        let own = room.level(state, actor);
        let of_target = room.membership(state, target);
        let other = |name| room.levels(state).map_or(50, |levels| levels.other(name));
        let outranks = || target != actor && room.level(state, target) < own;
        let required = || {
            let is_state = draft.state_key.is_some();
            let without = if is_state { 50 } else { 0 };
            let levels = room.levels(state);
            levels.map_or(without, |levels| levels.required(draft.event_type, is_state))
        };
        match kind {
            Kind::Create => false,
            Kind::Join => self.may_join(state, actor, draft),
            Kind::Leave => matches!(
                room.membership(state, actor),
                Some(Membership::Join | Membership::Invite | Membership::Knock)
            ),
            Kind::Knock => {
                self.join_rule(state).is_some_and(|rule| rule.starts_with("knock"))
                    && matches!(room.membership(state, actor), None | Some(Membership::Leave))
            }
            Kind::Invite => {
                is_joined
                    && !matches!(of_target, Some(Membership::Join | Membership::Ban))
                    && own >= self.invite_level(state)
            }
            Kind::TokenInvite => {
                let token = room.entry(state, THIRD_PARTY_INVITE, TOKEN);
                of_target != Some(Membership::Ban)
                    && token.is_some_and(|token| token.sender().as_str() == user(actor))
            }
            Kind::Kick => {
                is_joined
                    && !matches!(of_target, None | Some(Membership::Ban | Membership::Leave))
                    && outranks()
                    && own >= other("kick")
            }
            Kind::Ban => is_joined && outranks() && own >= other("ban"),
            Kind::Unban => {
                is_joined
                    && of_target == Some(Membership::Ban)
                    && outranks()
                    && own >= other("ban").max(other("kick"))
            }
            Kind::Token => is_joined && own >= self.invite_level(state),
            Kind::State | Kind::Levels | Kind::JoinRules | Kind::Message => {
                is_joined && own >= required()
            }
        }
    }

    fn may_join(&self, state: &Entries, actor: usize, draft: &Draft) -> bool {
        let membership = self.room.membership(state, actor);
        let is_known = matches!(membership, Some(Membership::Join | Membership::Invite));
        membership != Some(Membership::Ban)
            && match self.join_rule(state) {
                None => false,
                Some("public") => true,
                Some(_) => {
                    is_known || draft.content.contains_key("join_authorised_via_users_server")
                }
            }
    }

    fn invite_level(&self, state: &Entries) -> i64 {
        self.room.levels(state).map_or(0, |levels| levels.other("invite"))
    }

    /// The join rules of the version.
    fn join_rules(&self) -> Vec<&'static str> {
        JoinRule::of(self.room.version).map(JoinRule::as_str).collect()
    }

    fn join_rule(&self, state: &Entries) -> Option<&'static str> {
        let object = self.room.entry(state, JOIN_RULES, "")?.object();
        let name = object.get("content")?.as_object()?.get("join_rule")?.as_str()?;
        self.join_rules().into_iter().find(|rule| *rule == name)
    }

    fn state(&self, set: &Set, start: &Entries) -> Entries {
        let branch = |at: u8| &self.branches[usize::from(at) % self.branches.len()].state;
        match set {
            Set::Branch(at) => branch(*at).clone(),
            Set::Mark(at) => {
                let marked = self.marks.get(usize::from(*at) % self.marks.len().max(1));
                marked.unwrap_or_else(|| branch(*at)).clone()
            }
            Set::Start => start.clone(),
            Set::Altered { branch: at, changes } => {
                let mut state = branch(*at).clone();
                mischief::alter(&mut state, &self.room, changes);
                state
            }
            Set::Picked { seed } => mischief::picked(&self.room, *seed),
        }
    }
}

impl Kind {
    /// Whether it is done to a user, who may be somebody else.
    fn has_target(self) -> bool {
        matches!(
            self,
            Self::Invite | Self::Kick | Self::Ban | Self::Unban | Self::TokenInvite | Self::Levels
        )
    }
}

/// Takes another branch in: bit by bit, whose entry is kept where both have one.
fn merge(branch: &mut Branch, with: Branch, theirs: u16) {
    let mut bit = 0;
    for (key, place) in with.state {
        let ours = branch.state.entry(key).or_insert(place);
        if *ours != place {
            if theirs >> (bit % 16) & 1 == 1 {
                *ours = place;
            }
            bit += 1;
        }
    }
    for head in with.heads {
        if !branch.heads.contains(&head) {
            branch.heads.push(head);
        }
    }
}

pub(crate) fn member(sender: usize, target: usize, membership: &'static str) -> Draft {
    let content = [("membership", Value::from(membership))].into_iter().collect();
    Draft::new(MEMBER, Some(&user(target)), sender, content)
}

pub(crate) fn join_rule(rule: &str) -> Object<'static> {
    let mut content = Object::new();
    content.insert("join_rule", rule.to_owned());
    if rule.ends_with("restricted") {
        content.insert("allow", Value::Array(Vec::new()));
    }
    content
}

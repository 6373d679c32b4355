//! What users do: the contents of their events.

use exeunt_auth::Power;
use exeunt_event::content::{
    AuthorisingUser, Content, InviteProof, JoinRule, Membership, Property,
};
use exeunt_event::json::{Object, Value};
use exeunt_event::{EventId, EventType};

use super::cast::Cast;
use super::compose::Draft;
use super::proofs;
use super::sight::Sight;
use crate::{Act, Kind};

/// The token of every third-party invite.
pub(crate) const TOKEN: &str = "token";

impl Kind {
    /// The type of the events.
    pub(crate) fn event_type(self, value: usize) -> &'static str {
        match self {
            Self::State => PLAIN[value % PLAIN.len()],
            Self::Join
            | Self::Leave
            | Self::Invite
            | Self::Kick
            | Self::Ban
            | Self::Unban
            | Self::Knock
            | Self::TokenInvite => "m.room.member",
            Self::Levels => "m.room.power_levels",
            Self::JoinRules => "m.room.join_rules",
            Self::Token => "m.room.third_party_invite",
            Self::Acl => "m.room.server_acl",
            Self::Message => "m.room.message",
            Self::Redact => "m.room.redaction",
            Self::Aliases => "m.room.aliases",
            Self::Create => "m.room.create",
        }
    }

    /// Whether it is done to a user, who may be somebody else.
    pub(crate) fn has_target(self) -> bool {
        matches!(
            self,
            Self::Invite | Self::Kick | Self::Ban | Self::Unban | Self::TokenInvite | Self::Levels
        )
    }
}

const PLAIN: [&str; 5] = [
    "m.room.topic",
    "m.room.topic",
    "m.room.name",
    "m.room.history_visibility",
    "org.example.widget",
];

/// What somebody does, once it is settled who and to whom.
#[derive(Clone, Copy)]
pub(crate) struct Deed {
    pub(crate) kind: Kind,
    pub(crate) actor: usize,
    pub(crate) target: usize,
    pub(crate) value: usize,
    /// A number that no other event has.
    pub(crate) number: u32,
    /// Whether or not it is allowed.
    pub(crate) regardless: bool,
}

/// The draft of an act: by its actor, or the next user who may do it, to its target or the next one
/// to whom it may be done. If nobody may, `None`, or by the actor if `regardless`.
pub(crate) fn draft(
    cast: &Cast,
    sights: &[Sight<'_>],
    act: Act,
    number: u32,
    regardless: bool,
) -> Option<Draft> {
    let count = cast.users.len();
    let (actor, target) = (usize::from(act.actor) % count, usize::from(act.target) % count);
    let value = usize::from(act.value);
    let sight = |actor: usize| &sights[cast.server_of(actor)];
    // Who has no token to invite by makes one first.
    let has_token =
        || sight(actor).entry(&EventType::ThirdPartyInvite, TOKEN).is_some() || regardless;
    let kind = if act.kind == Kind::TokenInvite && !has_token() { Kind::Token } else { act.kind };
    let act = Act { kind, ..act };
    let event_type = act.kind.event_type(value);
    let targets = if act.kind.has_target() { count } else { 1 };
    let allowed = (0..targets).map(|more| (target + more) % count).find_map(|target| {
        let mut actors = (0..count).map(|more| (actor + more) % count);
        let actor = actors.find(|actor| {
            sight(*actor).may(act.kind, cast.user(*actor), cast.user(target), event_type)
        });
        Some((actor?, target))
    });
    let (actor, target) = match (regardless, allowed) {
        (false, allowed) => allowed?,
        // Who just may send power levels goes too far, and somebody with little power makes a
        // token; others do what somebody else might.
        (true, Some((other, _))) if matches!(act.kind, Kind::Levels | Kind::Token) => {
            let could = |at: &usize| match act.kind {
                Kind::Levels => {
                    sight(*at).may(act.kind, cast.user(*at), cast.user(target), event_type)
                }
                _ => sight(*at).is_joined(cast.user(*at)),
            };
            let weakest =
                (0..count).filter(could).min_by_key(|at| sight(*at).power(cast.user(*at)));
            (weakest.unwrap_or(other), target)
        }
        // Somebody in the room ends a ban.
        (true, Some((_, banned))) if act.kind == Kind::Unban => {
            let mut actors = (0..count).map(|more| (actor + more) % count);
            let joined = actors.find(|actor| sight(*actor).is_joined(cast.user(*actor)));
            (joined.unwrap_or(actor), banned)
        }
        (true, Some((_, other))) if value.is_multiple_of(2) => (actor, other),
        (true, _) => (actor, target),
    };
    let deed = Deed { kind: act.kind, actor, target, value, number, regardless };
    content(cast, sight(actor), deed)
}

/// Two acts at the same time. Where the one is against whoever does the other, they are made such
/// that somebody joined does what they may, and somebody of more power acts against that user. Other
/// power levels beside each other are of two users of the same power, if there are such.
pub(crate) fn opposed(cast: &Cast, sights: &[Sight<'_>], one: Act, other: Act) -> (Act, Act) {
    let is_against = matches!(one.kind, Kind::Kick | Kind::Ban | Kind::Levels);
    if !is_against || one.target != other.actor {
        let are_levels = [one.kind, other.kind] == [Kind::Levels; 2];
        let equals = if are_levels { between_equals(cast, sights, one, other) } else { None };
        return equals.unwrap_or((one, other));
    }
    let count = cast.users.len();
    let after = |user: u8| (0..count).map(move |more| (usize::from(user) + more) % count);
    let may = |act: Act, actor: usize, target: usize| {
        let event_type = act.kind.event_type(usize::from(act.value));
        sights[cast.server_of(actor)].may(act.kind, cast.user(actor), cast.user(target), event_type)
    };
    let is_stronger = |actor: usize, target: usize| {
        let sight = &sights[cast.server_of(actor)];
        if !sight.is_joined(cast.user(target)) {
            return false;
        }
        let [power, less] = [actor, target].map(|user| sight.power(cast.user(user)));
        let has_some =
            || one.kind != Kind::Levels || less > Power::Level(0) || sight.levels().is_none();
        less < power && has_some()
    };
    let number = |user: usize| u8::try_from(user).unwrap_or_default();
    let against = |target: usize| {
        after(one.actor).find(|actor| is_stronger(*actor, target) && may(one, *actor, target))
    };
    // Who may act against whom is the same whatever those do.
    let pairs: Vec<(usize, usize)> =
        after(one.target).filter_map(|target| Some((against(target)?, target))).collect();
    for kind in [other.kind, Kind::State, Kind::Invite, Kind::Join] {
        let other = Act { kind, ..other };
        for (actor, target) in &pairs {
            if let Some(of) = after(other.target).find(|of| may(other, *target, *of)) {
                let target = number(*target);
                let one = Act { actor: number(*actor), target, ..one };
                return (one, Act { actor: target, target: number(of), ..other });
            }
        }
    }
    (one, other)
}

/// Power levels of two users of the same power: the one's are about somebody who has power that they
/// may take, if anybody has.
fn between_equals(cast: &Cast, sights: &[Sight<'_>], one: Act, other: Act) -> Option<(Act, Act)> {
    let count = cast.users.len();
    let after = |user: u8| (0..count).map(move |more| (usize::from(user) + more) % count);
    let sight = |user: usize| &sights[cast.server_of(user)];
    let power = |user: usize| sight(user).power(cast.user(user));
    let may = |user: &usize| {
        sight(*user).may(Kind::Levels, cast.user(*user), cast.user(*user), "m.room.power_levels")
    };
    let mut pairs = after(one.actor).filter(may).filter_map(|actor| {
        let is_equal = |equal: &usize| *equal != actor && power(*equal) == power(actor);
        Some((actor, after(other.actor).filter(may).find(is_equal)?))
    });
    let (actor, equal) = pairs.next()?;
    let of = |user: usize| sight(actor).power(cast.user(user));
    let is_in_reach = |user: &usize| {
        let has_some = of(*user) > Power::Level(0) && of(*user) < Power::Infinite;
        has_some && (*user == actor || of(*user) < of(actor))
    };
    let target = after(one.target).find(is_in_reach).unwrap_or(usize::from(one.target));
    let number = |user: usize| u8::try_from(user).unwrap_or_default();
    let one = Act { actor: number(actor), target: number(target), ..one };
    Some((one, Act { actor: number(equal), ..other }))
}

/// The draft of a deed; `None` if it cannot be done.
pub(crate) fn content(cast: &Cast, sight: &Sight<'_>, deed: Deed) -> Option<Draft> {
    let Deed { kind, actor, target, value, number, regardless } = deed;
    let event_type = kind.event_type(value);
    let member = |target: usize, membership: &'static str| {
        let content = Object::from_iter([("membership", membership)]);
        Draft::state(event_type, cast.id(target), actor, content)
    };
    Some(match kind {
        Kind::State => {
            let key = match value % 16 {
                4 => cast.id(actor).to_owned(),
                9 | 14 => format!("{}", value % 3),
                _ => String::new(),
            };
            let said = format!("{value} by {} at {number}", cast.id(actor));
            Draft::state(event_type, key, actor, Object::from_iter([("value", said)]))
        }
        Kind::Message => {
            let content = Object::from_iter([("body", "Exit, pursued by a bear")]);
            Draft { event_type, state_key: None, sender: actor, content, redacts: None }
        }
        Kind::Join => {
            let mut draft = member(actor, "join");
            if value % 2 == 1 {
                draft.content.insert("displayname", format!("called {value}"));
            }
            if let Some(user) = authoriser(cast, sight, actor, value) {
                draft.content.insert("join_authorised_via_users_server", user);
            }
            draft
        }
        Kind::Leave => member(actor, "leave"),
        Kind::Knock => member(actor, "knock"),
        Kind::Invite => member(target, "invite"),
        Kind::Kick | Kind::Unban => member(target, "leave"),
        Kind::Ban => member(target, "ban"),
        Kind::TokenInvite => {
            let mut draft = member(target, "invite");
            draft.content.insert("third_party_invite", proofs::of(cast, target));
            draft
        }
        Kind::Token => {
            let content = Object::from_iter([
                ("public_key", proofs::identity_key()),
                ("display_name", "t".to_owned()),
            ]);
            Draft::state(event_type, TOKEN, actor, content)
        }
        Kind::JoinRules => {
            let rules = join_rules(sight);
            Draft::state(event_type, "", actor, join_rule(rules[value % rules.len()]))
        }
        Kind::Acl => {
            let denied = cast.servers[target % cast.servers.len()].to_string();
            let list = |name: &str| Value::Array(vec![Value::from(name.to_owned())]);
            let content = Object::from_iter([("allow", list("*")), ("deny", list(&denied))]);
            Draft::state(event_type, "", actor, content)
        }
        Kind::Aliases => {
            let content = Object::from_iter([("aliases", Value::Array(Vec::new()))]);
            let key = cast.servers[cast.server_of(actor)].to_string();
            Draft::state(event_type, key, actor, content)
        }
        Kind::Redact => {
            let redacts = Some(redacted(cast, sight, deed)?);
            Draft { event_type, state_key: None, sender: actor, content: Object::new(), redacts }
        }
        Kind::Create => {
            let mut content = Object::new();
            content.insert("room_version", sight.room.version().id().to_owned());
            content.insert("creator", cast.id(actor).to_owned());
            content.insert("org.example.again", true);
            Draft::state(event_type, "", actor, content)
        }
        Kind::Levels => {
            let beyond = || super::levels::beyond_reach(cast, sight, actor, value);
            let content = if regardless { beyond() } else { None };
            let content =
                content.or_else(|| super::levels::changed(cast, sight, actor, target, value))?;
            Draft::state(event_type, "", actor, content)
        }
    })
}

/// What is redacted: mostly what rules read and redaction takes away, and else any event; of other
/// servers only by who has the power.
fn redacted(cast: &Cast, sight: &Sight<'_>, deed: Deed) -> Option<EventId> {
    let Deed { actor, value, regardless, .. } = deed;
    let may_any = regardless || sight.power(cast.user(actor)) >= sight.level(Property::Redact);
    let of = |id: &EventId| {
        let event = sight.room.event(id)?;
        (may_any || event.sender().domain() == cast.users[actor].domain()).then_some(event)
    };
    let loses = |id: &EventId| {
        of(id).is_some_and(|event| match event.content() {
            Content::Create(_) | Content::PowerLevels(_) => true,
            Content::Member(member) => {
                !matches!(member.third_party_invite, InviteProof::Absent)
                    || !matches!(member.authorising_user, AuthorisingUser::Absent)
            }
            _ => *event.event_type() == EventType::ThirdPartyInvite,
        })
    };
    let of_state = sight.room.entries(sight.state).map(|(_, _, id)| id);
    let mut ids: Vec<&EventId> = if value.is_multiple_of(4) {
        Vec::new()
    } else {
        of_state.filter(|id| loses(id)).collect()
    };
    if ids.is_empty() {
        let dag = sight.room.dag();
        let all = dag.events().filter_map(|at| dag.id(at));
        ids = all.filter(|id| of(id).is_some()).collect();
    }
    ids.get(value / 4 % ids.len().max(1)).map(|id| (*id).clone())
}

/// Somebody who may let the user in where the join rule takes conditions.
fn authoriser(cast: &Cast, sight: &Sight<'_>, actor: usize, value: usize) -> Option<String> {
    let is_restricted =
        matches!(sight.join_rule(), Some(JoinRule::Restricted | JoinRule::KnockRestricted));
    let was_let_in =
        matches!(sight.membership(cast.user(actor)), Some(Membership::Invite | Membership::Join));
    if !is_restricted || was_let_in {
        return None;
    }
    let count = cast.users.len();
    let mut users = (0..count).map(|more| cast.user((value + more) % count));
    let invite = sight.level(Property::Invite);
    let user = users.find(|user| sight.is_joined(*user) && sight.power(*user) >= invite);
    user.map(|user| user.id.to_owned())
}

/// The join rules of the version.
pub(crate) fn join_rules(sight: &Sight<'_>) -> Vec<&'static str> {
    rules_of(sight.room.version())
}

pub(crate) fn rules_of(version: &exeunt_version::RoomVersion) -> Vec<&'static str> {
    JoinRule::of(version).map(JoinRule::as_str).collect()
}

pub(crate) fn join_rule(rule: &'static str) -> Object<'static> {
    let mut content = Object::from_iter([("join_rule", rule)]);
    if rule.ends_with("restricted") {
        content.insert("allow", Value::Array(Vec::new()));
    }
    content
}

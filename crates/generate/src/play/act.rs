//! What users do: the contents of their events.

use exeunt_auth::Power;
use exeunt_event::EventType;
use exeunt_event::base64;
use exeunt_event::content::{JoinRule, Membership, PowerLevels, Property};
use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::{SigningKey, sign_json};

use super::cast::Cast;
use super::compose::Draft;
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
    if regardless {
        return content(cast, sight(actor), act.kind, actor, target, value, number);
    }
    let event_type = act.kind.event_type(value);
    let targets = if act.kind.has_target() { count } else { 1 };
    for more in 0..targets {
        let target = (target + more) % count;
        for more in 0..count {
            let actor = (actor + more) % count;
            if sight(actor).may(act.kind, cast.id(actor), cast.id(target), event_type) {
                return content(cast, sight(actor), act.kind, actor, target, value, number);
            }
        }
    }
    None
}

/// The draft of somebody who does something to somebody; `None` if it cannot be done.
pub(crate) fn content(
    cast: &Cast,
    sight: &Sight<'_>,
    kind: Kind,
    actor: usize,
    target: usize,
    value: usize,
    number: u32,
) -> Option<Draft> {
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
            draft.content.insert("third_party_invite", invite_proof(cast.id(target)));
            draft
        }
        Kind::Token => {
            let content = Object::from_iter([
                ("public_key", identity_key_public()),
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
            let dag = sight.room.dag();
            let ids: Vec<_> = dag.events().filter_map(|at| dag.id(at)).collect();
            let redacts = Some((*ids.get(value % ids.len().max(1))?).clone());
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
            let content = levels(cast, sight, actor, target, value)?;
            Draft::state(event_type, "", actor, content)
        }
    })
}

/// Somebody who may let the user in where the join rule takes conditions.
fn authoriser(cast: &Cast, sight: &Sight<'_>, actor: usize, value: usize) -> Option<String> {
    let is_restricted =
        matches!(sight.join_rule(), Some(JoinRule::Restricted | JoinRule::KnockRestricted));
    let was_let_in =
        matches!(sight.membership(cast.id(actor)), Some(Membership::Invite | Membership::Join));
    if !is_restricted || was_let_in {
        return None;
    }
    let count = cast.users.len();
    let mut users = (0..count).map(|more| cast.id((value + more) % count));
    let invite = sight.level(Property::Invite);
    users.find(|user| sight.is_joined(user) && sight.power(user) >= invite).map(ToOwned::to_owned)
}

/// The join rules of the version.
pub(crate) fn join_rules(sight: &Sight<'_>) -> Vec<&'static str> {
    rules_of(sight.room.version())
}

pub(crate) fn rules_of(version: &exeunt_version::RoomVersion) -> Vec<&'static str> {
    let capabilities = &version.capabilities;
    let mut rules = vec!["public", "invite"];
    rules.extend(capabilities.knocking.then_some("knock"));
    rules.extend(capabilities.restricted_joins.then_some("restricted"));
    rules.extend(capabilities.knock_restricted_joins.then_some("knock_restricted"));
    rules
}

pub(crate) fn join_rule(rule: &'static str) -> Object<'static> {
    let mut content = Object::from_iter([("join_rule", rule)]);
    if rule.ends_with("restricted") {
        content.insert("allow", Value::Array(Vec::new()));
    }
    content
}

/// The levels of the state with one changed, to as much as the actor could give.
fn levels(
    cast: &Cast,
    sight: &Sight<'_>,
    actor: usize,
    target: usize,
    value: usize,
) -> Option<Object<'static>> {
    let own = match sight.power(cast.id(actor)) {
        Power::Level(level) => level,
        Power::Infinite => 100,
    };
    let old = sight.entry(&EventType::PowerLevels, "");
    let mut content = match old {
        Some(event) => {
            let object = event.object();
            object.get("content").and_then(Value::as_object)?.clone().into_owned()
        }
        None => first_levels(cast, sight),
    };
    let new = [0, 25, 50, 75, 100][value / 8 % 5].min(own);
    let parsed = sight.levels();
    match value % 8 {
        0..=4 => {
            let is_privileged = |at: usize| sight.power(cast.id(at)) == Power::Infinite;
            let target = if is_privileged(target) {
                (1..cast.users.len()).find(|at| !is_privileged(*at))?
            } else {
                target
            };
            let listed = parsed.and_then(|levels: &PowerLevels| levels.users.get(cast.id(target)));
            if target != actor && listed.is_some_and(|level| level >= own) {
                return None;
            }
            let users = map(&mut content, "users")?;
            if value % 8 == 4 {
                users.remove(cast.id(target))?;
            } else {
                users.insert(cast.id(target).to_owned(), new);
            }
        }
        5 => {
            let kinds =
                ["m.room.power_levels", "m.room.topic", "m.room.join_rules", "m.room.member"];
            let kind = kinds[value / 8 % kinds.len()];
            if parsed.and_then(|levels| levels.events.get(kind)).is_some_and(|level| level > own) {
                return None;
            }
            map(&mut content, "events")?.insert(kind, new);
        }
        6 => {
            let property =
                [Property::StateDefault, Property::UsersDefault, Property::EventsDefault]
                    [value / 8 % 3];
            if sight.level(property) > Power::Level(own) {
                return None;
            }
            // Rarely to a level at which nobody can do anything.
            let new = if property == Property::StateDefault { new } else { new / 2 };
            content.insert(property.as_str(), new);
        }
        _ => {
            let property =
                [Property::Ban, Property::Kick, Property::Invite, Property::Redact][value / 8 % 4];
            if sight.level(property) > Power::Level(own) {
                return None;
            }
            content.insert(property.as_str(), new);
        }
    }
    Some(content)
}

fn map<'c>(
    content: &'c mut Object<'static>,
    name: &'static str,
) -> Option<&'c mut Object<'static>> {
    if !content.contains_key(name) {
        content.insert(name, Object::new());
    }
    content.get_mut(name)?.as_object_mut()
}

fn first_levels(cast: &Cast, sight: &Sight<'_>) -> Object<'static> {
    let creator = cast.id(super::cast::CREATOR);
    let mut users = Object::new();
    if sight.power(creator) != Power::Infinite {
        users.insert(creator.to_owned(), 100);
    }
    Object::from_iter([("users", users)])
}

fn identity_key() -> SigningKey {
    SigningKey::from_seed("identity.example", "ed25519:0", &[7; 32])
}

fn identity_key_public() -> String {
    base64::encode(identity_key().public_bytes())
}

/// `content.third_party_invite` for that user.
fn invite_proof(target: &str) -> Object<'static> {
    let mut signed = Object::new();
    signed.insert("mxid", target.to_owned());
    signed.insert("token", TOKEN);
    sign_json(&mut signed, &identity_key());
    let mut proof = Object::new();
    proof.insert("display_name", "t");
    proof.insert("signed", signed);
    proof
}

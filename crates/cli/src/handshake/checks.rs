//! What servers look at before they go on, in words.

use exeunt_auth::{ServerSignatures, check_state};
use exeunt_event::content::{AuthorisingUser, Content};
use exeunt_event::json::{self, Object, Value};
use exeunt_event::{Event, ServerName, UserId};
use exeunt_homeserver::{Endpoint, Form, Handshake, Homeserver, Request, Response};
use exeunt_room::{Room, State};
use exeunt_version::{EventIds, RoomIds, RoomVersion};

use super::stage::person;
use super::step::Check;

/// What a server checks before it does what it is asked for.
pub(super) fn of_request(
    asker: &ServerName,
    server: &Homeserver,
    endpoint: &Endpoint,
    request: &Request,
    version: &RoomVersion,
) -> Vec<Check> {
    let mut checks = vec![authentication(asker, server.name())];
    match endpoint {
        Endpoint::Make { handshake, room_id, user_id, .. } => {
            checks.push(residence(asker, server.name()));
            checks.push(format!("{user_id} is a user of {asker}.").into());
            if server.room(room_id).is_some() && *handshake != Handshake::Leave {
                checks.push(format!("{asker} supports room version {version}.").into());
            }
        }
        Endpoint::Send { handshake, room_id, .. } => {
            checks.push(residence(asker, server.name()));
            let room = server.room(room_id);
            let event = room
                .zip(request.object())
                .and_then(|(room, object)| Event::from_object(&object, room.version()).ok());
            if let Some((room, event)) = room.zip(event) {
                checks.extend(of_sent(asker, server.name(), *handshake, room, &event));
            }
        }
        Endpoint::Invite { form, .. } => checks.extend(of_invite(asker, server, *form, version)),
        Endpoint::Transaction { .. } => {
            let says = "Each PDU passes the checks on receipt; the answer has an entry for each.";
            checks.push(says.to_owned().into());
        }
        _ => {}
    }
    checks
}

fn authentication(asker: &ServerName, server: &ServerName) -> Check {
    format!("The X-Matrix signature is {asker}'s, and over this request to {server}.").into()
}

fn residence(asker: &ServerName, server: &ServerName) -> Check {
    format!("{server} has a user in the room, and no server ACL there denies {asker}.").into()
}

/// What a resident checks of the event itself.
fn of_sent(
    asker: &ServerName,
    server: &ServerName,
    handshake: Handshake,
    room: &Room,
    event: &Event,
) -> Vec<Check> {
    let (version, membership) = (room.version(), handshake.membership());
    let id = match version.capabilities.event_ids {
        EventIds::Sent => "its ID is",
        _ => "its ID, which is its reference hash, is",
    };
    let mut checks: Vec<Check> = vec![
        format!("The event is of the room in the path, and {id} the one in the path.").into(),
        format!("It is an m.room.member whose membership is `{membership}`.").into(),
        format!("Its sender is a user of {asker}, and its state key is its sender.").into(),
        format!(
            "It has the format of room version {version}, {asker}'s signature on it is valid, and \
             its content hash is right."
        )
        .into(),
    ];
    if let Some(authoriser) = authoriser(event).filter(|user| user.server_name() == *server) {
        let who = person(&authoriser);
        checks.push(
            format!(
                "{} meets a condition of the join rule, and {who}, who may invite, answers for it: \
                 {server} signs the event too.",
                person(event.sender())
            )
            .into(),
        );
    }
    let says = "Its auth events allow it, and so does the state before it, which is also the \
                current state";
    checks.extend(by_rule(says, room, room.current_state(), event));
    checks
}

fn authoriser(event: &Event) -> Option<UserId> {
    match event.content() {
        Content::Member(member) => match &member.authorising_user {
            AuthorisingUser::User(user) => Some(user.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What the server of an invited user checks.
fn of_invite(
    asker: &ServerName,
    server: &Homeserver,
    form: Form,
    version: &RoomVersion,
) -> Vec<Check> {
    let name = server.name();
    let settings = server.settings();
    let derives = version.capabilities.room_ids == RoomIds::CreateEvent;
    let supports = match form {
        Form::V1 => format!("No room version is named: {name} takes it to be 1."),
        Form::V2 => format!("{name} supports room version {version}."),
    };
    let is_strict =
        server.features().create_event_in_invites && (settings.check_every_invite_state || derives);
    let told = if is_strict {
        "Each entry of `invite_room_state` is a state event of the room whose signatures are valid, \
         and the create event is among them."
    } else {
        "Entries of `invite_room_state` that are no state events of the room with valid signatures \
         are left out."
    };
    vec![
        supports.into(),
        "The event is of the room in the path, and its ID is the one in the path."
            .to_owned()
            .into(),
        "It is an m.room.member whose membership is `invite`.".to_owned().into(),
        format!("Its sender is a user of {asker}, and its state key is a user of {name}.").into(),
        format!(
            "It has the format of room version {version}, {asker}'s signature on it is valid, and \
             its content hash is right."
        )
        .into(),
        told.to_owned().into(),
        "Bob takes invites.".to_owned().into(),
        format!("Whether the rules allow it {name} cannot tell, as it is not in the room.").into(),
    ]
}

/// What a server that gave a template checked last: whether the rules allow it.
pub(super) fn of_template(room: &Room, response: &Response) -> Vec<Check> {
    let version = room.version();
    let Some(mut object) = answered(response, "event") else { return Vec::new() };
    if version.capabilities.event_ids == EventIds::Sent {
        object.insert("event_id", "$template:hs");
    }
    let Ok(event) = Event::from_object(&object, version) else { return Vec::new() };
    let mut checks = Vec::new();
    if let Some(authoriser) = authoriser(&event) {
        let who = (person(event.sender()), person(&authoriser));
        let says = format!(
            "{} meets a condition of the join rule, and {}, who may invite, can answer for it.",
            who.0, who.1
        );
        checks.push(says.into());
    }
    checks.extend(by_rule(
        "The current state allows the event",
        room,
        room.current_state(),
        &event,
    ));
    checks
}

/// What was checked of a template before it was signed.
pub(super) fn of_signed_template(handshake: Handshake, event: &Event, version: &str) -> Vec<Check> {
    let (membership, user) = (handshake.membership(), event.sender());
    vec![
        format!("`room_version` is {version:?}, which it supports.").into(),
        format!("`room_id` is {}, as asked for.", event.room_id()).into(),
        format!("`sender` and `state_key` are {user}.").into(),
        "`type` is m.room.member.".to_owned().into(),
        format!("`content.membership` is `{membership}`.").into(),
        format!("With its own time, hash and signature it is an event of room version {version}.")
            .into(),
    ]
}

/// What is checked of an invite before it is signed by the server of who invites.
pub(super) fn of_own(room: &Room, event: &Event) -> Vec<Check> {
    let allowed = by_rule("The current state allows the event", room, room.current_state(), event);
    allowed.into_iter().collect()
}

/// What the server that asked checks of the last answer.
pub(super) fn of_end(
    asked: &ServerName,
    server: &Homeserver,
    endpoint: &Endpoint,
    response: &Response,
) -> Vec<Check> {
    match endpoint {
        Endpoint::Send { handshake: Handshake::Leave, .. } => {
            vec![format!("The status says that {asked} accepted the event.").into()]
        }
        Endpoint::Send { handshake: Handshake::Knock, .. } => vec![
            format!("The status says that {asked} accepted the event.").into(),
            "Entries of `knock_room_state` that are no state events of the room with valid \
             signatures are left out."
                .to_owned()
                .into(),
        ],
        Endpoint::Send { handshake: Handshake::Join, room_id, event_id, .. } => {
            let mut checks = vec![
                "`event` is the event that was sent, but for signatures.".to_owned().into(),
                "`state` has the room's create event.".to_owned().into(),
            ];
            let count = |name| answer_list(response, name);
            checks.push(
                format!(
                    "Checks 1 to 4 on receipt, for each of the {} events of `state` and the {} of \
                     `auth_chain`: what fails is no part of the state.",
                    count("state"),
                    count("auth_chain")
                )
                .into(),
            );
            let Some(room) = server.room(room_id) else { return checks };
            if let Some((event, state)) = room.event(event_id).zip(room.state_before(event_id)) {
                checks.extend(by_rule("That state allows the join", room, state, &event));
            }
            checks
        }
        Endpoint::Invite { .. } => vec![
            "`event` is the event that was sent, but for signatures.".to_owned().into(),
            format!("{asked} signed it.").into(),
            "The current state still allows it.".to_owned().into(),
        ],
        _ => Vec::new(),
    }
}

/// That the rules allow an event in a state, and which rule does.
fn by_rule(says: &str, room: &Room, state: &State, event: &Event) -> Option<Check> {
    let version = room.version();
    let verdict = check_state(version, event, room.view(state), ServerSignatures::Satisfied);
    let rule = verdict.rule().number(&version.capabilities)?.to_string();
    let because = verdict.explain();
    Some(Check { says: format!("{says}, by rule {rule}: {because}"), rule: Some(rule) })
}

/// The body of an answer: an object, or the one in `[200, {…}]`.
pub(super) fn answer(response: &Response) -> Option<Object<'static>> {
    let parsed = json::parse_any(&response.body).ok()?;
    let object = match &parsed.value {
        Value::Array(pair) => pair.get(1)?.as_object()?,
        value => value.as_object()?,
    };
    Some(object.clone().into_owned())
}

fn answered(response: &Response, name: &str) -> Option<Object<'static>> {
    Some(answer(response)?.get(name)?.as_object()?.clone().into_owned())
}

fn answer_list(response: &Response, name: &str) -> usize {
    let answer = answer(response).unwrap_or_default();
    answer.get(name).and_then(Value::as_array).map_or(0, <[_]>::len)
}

//! Histories of what a scribe wrote, and laws asked one at a time.

use exeunt_auth::{Verdict, Witness};
use exeunt_dag::Number;
use exeunt_event::{Event, ServerName};
use exeunt_laws::{
    About, Answer, Expected, History, Judgement, Law, Merge, Resolver, Server, Step, Tally, ask,
    law,
};
use exeunt_room::{Input, Room};
use exeunt_version::{Creator, RoomVersion};
use serde_json::{Value as Json, json};

use crate::world::{ALICE, Scribe, join};

/// What happened at a server for each of the orders, in which these inputs came to it.
pub(crate) fn history(version: &RoomVersion, orders: &[Vec<Input>]) -> History {
    let (mut servers, mut steps) = (Vec::new(), Vec::new());
    for (server, inputs) in orders.iter().enumerate() {
        let mut room = Room::new(version.clone());
        for input in inputs {
            steps.push(Step::take(server, 0, &mut room, input.clone()));
        }
        let name = ServerName::from_received(&format!("{server}.example"));
        servers.push(Server { name, room, left: Vec::new(), is_whole: true });
    }
    History { version: version.clone(), servers, steps }
}

/// Everything that the scribe wrote, at one server.
pub(crate) fn told(scribe: &Scribe) -> History {
    let inputs = scribe.pdus.iter().map(|pdu| Input::Pdu(pdu.as_slice().into())).collect();
    history(scribe.room.version(), &[inputs])
}

/// These events, at one server for each order.
pub(crate) fn told_in(scribe: &Scribe, orders: &[&[&str]]) -> History {
    let input = |name: &&str| Input::Pdu(scribe.pdu(name).into());
    let orders: Vec<Vec<Input>> =
        orders.iter().map(|names| names.iter().map(input).collect()).collect();
    history(scribe.room.version(), &orders)
}

/// A room that Alice created and joined: `create`, `alice`.
pub(crate) fn begun(version: &RoomVersion) -> Scribe {
    let mut scribe = Scribe::new(version.clone());
    scribe.create();
    scribe.write("alice", join(ALICE));
    scribe
}

/// Power levels by these users: with 100 for Alice, where she is not above that.
pub(crate) fn users(version: &RoomVersion, mut others: Json) -> Json {
    if version.capabilities.creator != Creator::Privileged {
        others[ALICE] = json!(100);
    }
    others
}

pub(crate) fn tally(id: &str, history: &History) -> Tally {
    ask([law(id).unwrap()], history).remove(0)
}

/// The law is met in the history, and kept.
pub(crate) fn keeps(id: &str, history: &History) {
    let tally = tally(id, history);
    assert!(tally.met > 0, "{id} is not met in version {}", history.version);
    assert_eq!(tally.broken, None, "{id} in version {}", history.version);
}

/// The law breaks in the history.
pub(crate) fn breaks(id: &str, history: &History) {
    let tally = tally(id, history);
    assert!(tally.broken.is_some(), "{id} is kept in version {}: {tally:?}", history.version);
}

/// How many events the law says that suffice to break it.
pub(crate) fn stated(law: &Law, version: &RoomVersion) -> usize {
    match (law.expected)(version) {
        Expected::Fails { events, .. } => events,
        other => panic!("{} in version {version}: {other:?}", law.id),
    }
}

/// The law breaks in the history, which has as many events as it says.
pub(crate) fn breaks_as_stated(id: &str, history: &History) {
    breaks(id, history);
    let stated = stated(law(id).unwrap(), &history.version);
    assert_eq!(history.events().len(), stated, "{id} in version {}", history.version);
}

/// The law about an event of the scribe against the state before it.
pub(crate) fn judgement<'r>(scribe: &'r Scribe, event: &'r Event) -> Judgement<'r> {
    let state = scribe.room.state_before(event.event_id()).unwrap();
    Judgement::new(event, &scribe.room, state)
}

pub(crate) fn judged(id: &str, judgement: &Judgement<'_>) -> Answer {
    match law(id).unwrap().about {
        About::Judgement(check) => check(judgement),
        about => panic!("{id} is {about:?}"),
    }
}

/// The other verdict, by the same rule.
pub(crate) fn falsified<'r>(judgement: &Judgement<'r>) -> Judgement<'r> {
    let rule = judgement.verdict.rule();
    let verdict = if judgement.is_allowed() {
        Verdict::Rejected { rule, witness: Box::new(Witness::Property("nothing")) }
    } else {
        Verdict::Allowed { rule }
    };
    judgement.clone().with_verdict(verdict)
}

pub(crate) fn asked(id: &str, merge: &Merge<'_>) -> Answer {
    match law(id).unwrap().about {
        About::Merge(check) => check(merge),
        about => panic!("{id} is {about:?}"),
    }
}

/// The states after these events.
pub(crate) fn merge<'r>(scribe: &'r Scribe, names: &[&str]) -> Merge<'r> {
    let number = |name: &&str| scribe.room.dag().known(&scribe.id(name)).unwrap();
    Merge::new(&scribe.room, names.iter().map(number))
}

/// The same with another resolver.
pub(crate) fn by<'r>(merge: &Merge<'r>, resolver: Resolver) -> Merge<'r> {
    merge.clone().with_resolver(resolver)
}

/// Whether some states after so many events of the room, or fewer, break the law.
pub(crate) fn breaks_somewhere(id: &str, room: &Room, count: usize) -> bool {
    let numbers: Vec<Number> = room.dag().events().collect();
    let choices = numbers.len().pow(u32::try_from(count).unwrap());
    (0..choices).any(|choice| {
        let place = |at| choice / numbers.len().pow(at) % numbers.len();
        let chosen = (0..u32::try_from(count).unwrap()).map(|at| numbers[place(at)]);
        matches!(asked(id, &Merge::new(room, chosen)), Answer::Broken(_))
    })
}

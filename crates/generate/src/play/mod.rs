//! Playing a script: who does what, when, and what reaches whom.

pub(crate) mod act;
pub(crate) mod cast;
mod cite;
pub(crate) mod compose;
mod deliver;
mod levels;
pub(crate) mod lie;
mod proofs;
pub(crate) mod set_up;
pub(crate) mod sight;

use std::sync::Arc;

use exeunt_event::{Event, EventId};
use exeunt_laws::{History, Moment, Server, Step as Happened};
use exeunt_room::{Checked, Context, Input, Room, Shared, check_hashed};
use exeunt_version::RoomVersion;

use crate::{Act, Lie, Op, Script, Setup, Step};
use cast::Cast;
use compose::{Draft, Spot};
use sight::Sight;

pub(crate) use act::{join_rule, rules_of};

/// The time at which rooms are created, in milliseconds since the epoch.
pub(crate) const FIRST_TIME: i64 = 1_700_000_000_000;

/// Plays a script in a room version. The same script gives the same history.
///
/// The rooms check everything but signatures, as if every event were signed.
pub fn play(version: &RoomVersion, script: &Script) -> History {
    let mut game = Game::new(version, script.setup);
    // Of each step an event, of some two, and some for the beginning, at every server.
    let events = script.steps.len() + script.steps.len() / 4 + 10;
    game.sent.reserve(events);
    game.happened.reserve(events * game.players.len());
    game.set_up(script.setup);
    for step in &script.steps {
        game.step(step);
    }
    game.end()
}

/// An event that was sent.
#[derive(Clone, Debug)]
struct Sent {
    event: Event,
    checked: Checked,
    pdu: Arc<[u8]>,
}

/// A server while the script is played.
#[derive(Debug)]
struct Player {
    room: Room,
    /// What the room is now.
    now: Moment,
    /// Its rooms before it began anew.
    left: Vec<Room>,
    /// Places in [`Game::sent`] of what is on its way, in the order in which it was sent.
    inbox: Vec<usize>,
    /// What has arrived.
    has: Vec<usize>,
    is_whole: bool,
}

#[derive(Debug)]
struct Game<'v> {
    version: &'v RoomVersion,
    cast: Cast,
    players: Vec<Player>,
    sent: Vec<Sent>,
    shared: Shared,
    happened: Vec<Happened>,
    time: i64,
    /// Bit by bit, on which side of a cut network a server is.
    sides: u8,
    salt: u8,
}

/// An event that a server is about to take in and to send.
#[derive(Clone, Copy, Debug)]
struct Outgoing {
    server: usize,
    first: Option<usize>,
    /// What the other half of the servers gets, if the sender equivocates.
    second: Option<usize>,
}

impl<'v> Game<'v> {
    fn new(version: &'v RoomVersion, setup: Setup) -> Self {
        let cast = Cast::new(setup.servers);
        let player = |_| Player {
            room: Room::new(version.clone()),
            now: Moment::default(),
            left: Vec::new(),
            inbox: Vec::new(),
            has: Vec::new(),
            is_whole: true,
        };
        let players = cast.servers.iter().map(player).collect();
        let (sent, happened, shared) = (Vec::new(), Vec::new(), Shared::default());
        let (salt, time) = (setup.salt, FIRST_TIME + i64::from(setup.salt));
        Self { version, cast, players, sent, shared, happened, time, sides: 0, salt }
    }

    fn step(&mut self, step: &Step) {
        self.time += i64::from(step.tick);
        match step.op {
            Op::Act(act) => {
                if let Some(outgoing) = self.prepare(act, &step.lies) {
                    self.spread(outgoing, act.held);
                }
            }
            Op::Race { one, other } => {
                let (one, other) = act::opposed(&self.cast, &self.sights(&step.lies), one, other);
                let one = self.prepare(one, &step.lies);
                let other = self.prepare(other, &step.lies);
                for outgoing in [one, other].into_iter().flatten() {
                    self.spread(outgoing, true);
                }
                // Others have what two users of one server did in the other order.
                let is_of_one =
                    one.zip(other).is_some_and(|(one, other)| one.server == other.server);
                self.heal(is_of_one);
            }
            Op::Cut(sides) => self.sides = sides,
            Op::Heal { reversed } => self.heal(reversed),
            Op::Deliver { server, at } => {
                let server = usize::from(server) % self.players.len();
                let waiting = self.players[server].inbox.len();
                if waiting > 0 {
                    self.deliver(server, usize::from(at) % waiting);
                }
            }
            Op::Repeat { server, event } => {
                let server = usize::from(server) % self.players.len();
                let has = &self.players[server].has;
                if let Some(sent) = has.get(usize::from(event) % has.len().max(1)) {
                    self.arrive(server, *sent);
                }
            }
            Op::JoinByWord { server, of, without } => self.join_by_word(server, of, without),
        }
    }

    /// Makes the event of an act, which has not arrived anywhere yet.
    fn prepare(&mut self, act: Act, lies: &[Lie]) -> Option<Outgoing> {
        let number = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        let regardless = lies.contains(&Lie::NotAllowed);
        let mut draft = act::draft(&self.cast, &self.sights(lies), act, number, regardless)?;
        lie::about_content(&mut draft, lies, &self.cast);
        let server = self.cast.server_of(draft.sender);
        let other = lies.contains(&Lie::Equivocate).then(|| {
            let mut other = draft.clone();
            other.content.insert("org.example.other", true);
            other
        });
        let event = self.compose(server, draft, lies)?;
        let first = self.send(event);
        let second = other.and_then(|other| {
            let event = self.compose(server, other, lies)?;
            self.send(event)
        });
        Some(Outgoing { server, first, second })
    }

    /// What each server sees where an event is put: in the past, if it is backdated.
    fn sights(&self, lies: &[Lie]) -> Vec<Sight<'_>> {
        let rooms = self.players.iter().map(|player| &player.room);
        let sights = rooms.map(|room| {
            let then = backdated(room, lies).and_then(|id| room.state_after(&id));
            Sight::new(room, then.unwrap_or_else(|| room.current_state()))
        });
        sights.collect()
    }

    /// The event of a draft, at the end of its server's room or where lies put it, after checks 1
    /// to 3.
    fn compose(&self, server: usize, draft: Draft, lies: &[Lie]) -> Option<Checked> {
        let room = &self.players[server].room;
        let backdated = backdated(room, lies);
        let prev: Vec<EventId> = match &backdated {
            Some(id) => vec![id.clone()],
            None => room.forward_extremities().into_iter().take(20).cloned().collect(),
        };
        let state = match &backdated {
            Some(id) => room.state_after(id)?,
            None => room.current_state(),
        };
        let number = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        let number = number.wrapping_add(u32::from(self.salt) << 16);
        let spot = Spot { sight: Sight::new(room, state), prev, time: self.time, number };
        let sender = self.cast.id(draft.sender);
        let place = compose::place(&spot, (sender, &draft), lies);
        let event = compose::event(room, (sender, draft), &place);
        let checked = check_hashed(event, self.version, Context::default()).ok()?;
        proofs::recall(checked.event());
        Some(checked)
    }

    fn send(&mut self, checked: Checked) -> Option<usize> {
        // Its hash is right, so that it goes on as it is.
        let event = checked.event().clone();
        // The same event at the same time on another side of a cut is the same event.
        let known = self.sent.iter().any(|sent| sent.event.event_id() == event.event_id());
        if known {
            return None;
        }
        let pdu: Arc<[u8]> = event.shared_text().into();
        self.sent.push(Sent { event, checked, pdu });
        Some(self.sent.len() - 1)
    }

    fn take(&mut self, server: usize, sent: usize, input: Input) {
        let Sent { event, checked, .. } = &self.sent[sent];
        let (event, checked) = (event.clone(), checked.clone());
        let player = &mut self.players[server];
        let life = player.left.len();
        let (room, shared) = (&mut player.room, &mut self.shared);
        let receipt = room.take_shared(Ok(checked), &input, Context::default(), shared);
        player.has.push(sent);
        let event = Some(event);
        let after = Moment::of(&player.room);
        let before = std::mem::replace(&mut player.now, after.clone());
        self.happened.push(Happened { server, input, event, life, before, after, receipt });
    }

    fn end(mut self) -> History {
        self.heal(false);
        let server = |(name, player): (_, Player)| {
            let Player { room, left, is_whole, .. } = player;
            Server { name, room, left, is_whole }
        };
        let servers = self.cast.servers.into_iter().zip(self.players).map(server).collect();
        History { version: self.version.clone(), servers, steps: self.happened }
    }
}

/// The event after which one is put that is backdated.
fn backdated(room: &Room, lies: &[Lie]) -> Option<EventId> {
    lies.iter().find_map(|lie| match lie {
        Lie::Backdated { back } => earlier(room, usize::from(*back)),
        _ => None,
    })
}

/// An event of so long ago that has a state.
fn earlier(room: &Room, back: usize) -> Option<EventId> {
    let dag = room.dag();
    let count = dag.events().len();
    let number = dag.events().rev().nth(back % count.max(1))?;
    let record = dag.get(number)?;
    let is_good = !record.is_outlier() && !record.standing().is_rejected();
    dag.id(number).filter(|_| is_good).cloned()
}

//! What reaches whom.

use std::sync::Arc;

use exeunt_event::EventId;
use exeunt_event::content::JoinRule;
use exeunt_laws::Moment;
use exeunt_room::Input;

use super::{Game, Outgoing};
use crate::Kind;

impl Game<'_> {
    /// The sender's server takes its event in, and the others get it, if the network lets them.
    pub(super) fn spread(&mut self, outgoing: Outgoing, held: bool) {
        let Outgoing { server, first, second } = outgoing;
        for sent in [first, second].into_iter().flatten() {
            let input = Input::Sent(Arc::clone(&self.sent[sent].pdu));
            self.take(server, sent, input);
        }
        for other in (0..self.players.len()).filter(|other| *other != server) {
            // Who equivocates says one thing to these servers, and another to those.
            let sent = if other % 2 == 1 { second.or(first) } else { first };
            let Some(sent) = sent else { continue };
            self.players[other].inbox.push(sent);
            if !held && !self.is_cut(server, other) {
                let last = self.players[other].inbox.len() - 1;
                self.deliver(other, last);
            }
        }
    }

    fn is_cut(&self, one: usize, other: usize) -> bool {
        (self.sides >> (one % 8) ^ self.sides >> (other % 8)) & 1 == 1
    }

    /// A message arrives.
    pub(super) fn deliver(&mut self, server: usize, at: usize) {
        let sent = self.players[server].inbox.remove(at);
        self.arrive(server, sent);
    }

    pub(super) fn arrive(&mut self, server: usize, sent: usize) {
        let input = Input::Pdu(Arc::clone(&self.sent[sent].pdu));
        self.take(server, sent, input);
    }

    /// Everything that was held back arrives, everywhere.
    pub(super) fn heal(&mut self, reversed: bool) {
        self.sides = 0;
        for server in 0..self.players.len() {
            let mut inbox = std::mem::take(&mut self.players[server].inbox);
            if reversed {
                inbox.reverse();
            }
            for sent in inbox {
                self.arrive(server, sent);
            }
            self.fetch(server);
        }
    }

    /// What a server's events cite and nobody told it of, it gets from the others.
    fn fetch(&mut self, server: usize) {
        if !self.players[server].is_whole {
            return;
        }
        loop {
            let room = &self.players[server].room;
            let missing: Vec<EventId> = room.pending().flat_map(|(_, missing)| missing).collect();
            if missing.is_empty() {
                return;
            }
            let wanted = (0..self.sent.len()).find(|sent| {
                let is_new = !self.players[server].has.contains(sent);
                is_new && missing.contains(self.sent[*sent].event.event_id())
            });
            let Some(sent) = wanted else { return };
            self.arrive(server, sent);
        }
    }

    /// A server joins anew by another's word: with the state that it has, or says that it has.
    pub(super) fn join_by_word(&mut self, server: u8, of: u8, without: u16) {
        let count = self.players.len();
        let (server, of) = (usize::from(server) % count, usize::from(of) % count);
        if server == of || server == 0 {
            return;
        }
        let other = &self.players[of].room;
        // A user of the server who is in the room there joins again, or one who may joins.
        let sight = super::Sight::new(other, other.current_state());
        let users = || (0..self.cast.users.len()).filter(|at| self.cast.server_of(*at) == server);
        let may_join = |user: &usize| {
            let user = self.cast.user(*user);
            let is_public = sight.join_rule() == Some(JoinRule::Public);
            is_public && sight.may(Kind::Join, user, user, "m.room.member")
        };
        let is_there = users().find(|user| sight.is_joined(self.cast.user(*user)));
        let Some(user) = is_there.or_else(|| users().find(may_join)) else { return };
        let state: Vec<EventId> = other
            .entries(other.current_state())
            .enumerate()
            // The create event nobody could leave out unnoticed.
            .filter(|(at, _)| *at == 0 || without >> (at % 16) & 1 == 0)
            .map(|(_, (_, _, id))| id.clone())
            .collect();
        let mut content = exeunt_event::json::Object::new();
        content.insert("membership", "join");
        content.insert("displayname", format!("back at {}", self.sent.len()));
        let draft = super::Draft::state("m.room.member", self.cast.id(user), user, content);
        let Some(event) = self.compose(of, draft, &[]) else { return };
        let Some(sent) = self.send(event) else { return };
        // What the state is made of, it gets as outliers.
        let known: Vec<usize> = (0..self.sent.len()).filter(|at| *at != sent).collect();
        let room = exeunt_room::Room::new(self.version.clone());
        let player = &mut self.players[server];
        let left = std::mem::replace(&mut player.room, room);
        player.left.push(left);
        player.now = Moment::default();
        player.is_whole = false;
        player.has.clear();
        player.inbox.clear();
        for at in known {
            let pdu = Arc::clone(&self.sent[at].pdu);
            if self.players[of].has.contains(&at) {
                self.take(server, at, Input::Outlier(pdu));
            }
        }
        let pdu = Arc::clone(&self.sent[sent].pdu);
        self.take(server, sent, Input::Joined { pdu, state: state.into() });
        for other in (0..count).filter(|other| *other != server) {
            self.players[other].inbox.push(sent);
            let last = self.players[other].inbox.len() - 1;
            self.deliver(other, last);
        }
    }
}

//! What happens in a network, as data. Numbers are taken modulo what there is, so that any step may
//! be left out and what remains is still a history.

/// What happens to some homeservers, before it is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkScript {
    /// What there is in the beginning.
    pub setup: NetworkSetup,
    /// What happens then.
    pub steps: Vec<NetworkOp>,
}

/// What there is in the beginning: servers with two users each, and a room of the first one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSetup {
    /// How many servers there are: 2 to 8.
    pub servers: u16,
    /// Whether the last of them is a rogue, whose key signs whatever the script has it say.
    pub has_rogue: bool,
    /// The join rule, of those that the room version has.
    pub join_rule: u16,
    /// Bit by bit, which servers beside the first have a user in the room.
    pub joined: u16,
    /// How the servers are set, one after the other, and from the beginning if there are more.
    pub manners: Vec<Manner>,
    /// Changes nothing but the times and the IDs of all events, and so which of two wins a tie.
    pub salt: u16,
    /// Whether in the end, in every room, a user of each server says something, twice over.
    pub settles: bool,
}

/// How a server is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Which release of the specification it follows: v1.1 to v1.19, by their last number.
    pub specification: u16,
    /// Whether who leaves forgets.
    pub forgets: bool,
    /// Whether what accompanies an invite is checked in every room version.
    pub is_strict: bool,
    /// Whether a signature that fails is `M_INVALID_SIGNATURE`.
    pub has_invalid_signature: bool,
}

impl Default for Manner {
    /// As the latest release says.
    fn default() -> Self {
        Self { specification: 19, forgets: false, is_strict: false, has_invalid_signature: false }
    }
}

/// The list of operations, with what reads and writes them as a name and numbers.
macro_rules! ops {
    ($(
        $(#[$doc:meta])*
        $op:ident $name:literal { $($(#[$field_doc:meta])* $field:ident),* $(,)? }
    )+) => {
        /// Something that happens.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum NetworkOp {
            $($(#[$doc])* $op { $($(#[$field_doc])* $field: u16),* },)+
        }

        impl NetworkOp {
            /// Every name.
            pub const NAMES: &[&str] = &[$($name),+];

            /// Its name, as files have it.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$op { .. } => $name,)+
                }
            }

            /// Its numbers, in their order.
            pub fn numbers(&self) -> Vec<u16> {
                match *self {
                    $(Self::$op { $($field),* } => vec![$($field),*],)+
                }
            }

            /// The operation of that name with those numbers; `None` if there is none, or it has
            /// another count of them.
            pub fn new(name: &str, numbers: &[u16]) -> Option<Self> {
                let mut left = numbers.iter().copied();
                let op = match name {
                    $($name => Self::$op { $($field: left.next()?),* },)+
                    _ => return None,
                };
                left.next().is_none().then_some(op)
            }
        }
    };
}

ops! {
    /// A user creates another room.
    Create "create" {
        /// Who.
        user,
        /// Its join rule.
        join_rule,
        /// Its room version: that of the history if it is 0.
        version,
    }
    /// A user invites another.
    Invite "invite" {
        /// Who, of those for whom it makes sense; now and then any.
        user,
        /// Into which room.
        room,
        /// Whom.
        target,
    }
    /// A user joins.
    Join "join" {
        /// Who.
        user,
        /// Which room.
        room,
        /// Which server is asked first.
        via,
    }
    /// A user knocks.
    Knock "knock" {
        /// Who.
        user,
        /// At which room.
        room,
        /// Which server is asked first.
        via,
    }
    /// A user leaves, rejects an invite, or retracts a knock.
    Leave "leave" {
        /// Who.
        user,
        /// Which room.
        room,
    }
    /// A user takes another out.
    Kick "kick" {
        /// Who.
        user,
        /// Of which room.
        room,
        /// Whom.
        target,
    }
    /// A user bans another.
    Ban "ban" {
        /// Who.
        user,
        /// From which room.
        room,
        /// Whom.
        target,
    }
    /// A user ends a ban.
    Unban "unban" {
        /// Who.
        user,
        /// In which room.
        room,
        /// Whose.
        target,
    }
    /// A user forgets a room.
    Forget "forget" {
        /// Who.
        user,
        /// Which room.
        room,
    }
    /// A user changes power levels.
    Levels "levels" {
        /// Who.
        user,
        /// In which room.
        room,
        /// Whose level.
        target,
        /// To what: from -10 to 100.
        level,
        /// What inviting, kicking and state take: from 0 to 50.
        least,
    }
    /// A user changes the join rule.
    JoinRules "join_rules" {
        /// Who.
        user,
        /// In which room.
        room,
        /// To what.
        rule,
    }
    /// A user sets the server ACL.
    Acl "acl" {
        /// Who.
        user,
        /// In which room.
        room,
        /// To what.
        value,
    }
    /// A user sets the topic.
    Topic "topic" {
        /// Who.
        user,
        /// In which room.
        room,
        /// To what.
        value,
    }
    /// A user changes their name in a room.
    Profile "profile" {
        /// Who.
        user,
        /// In which room.
        room,
        /// To what.
        value,
    }
    /// A user takes no invites any more, or takes them again.
    BlockInvites "block_invites" {
        /// Who.
        user,
        /// Whether they are blocked: if it is odd.
        value,
    }
    /// A user looks at what was before.
    Backfill "backfill" {
        /// Who.
        user,
        /// In which room.
        room,
        /// Which server is asked.
        via,
    }
    /// Of what is on its way one message arrives, before what was sent earlier.
    Deliver "deliver" {
        /// Which.
        at,
    }
    /// Messages arrive in the order in which they were sent.
    Settle "settle" {
        /// How many.
        count,
    }
    /// A message is lost.
    Lose "lose" {
        /// Which.
        at,
    }
    /// A message will arrive twice.
    Repeat "repeat" {
        /// Which.
        at,
    }
    /// Time passes, and servers try again what could not be delivered.
    Pass "pass" {
        /// How many milliseconds.
        time,
    }
    /// The network falls apart: what would cross the cut is lost.
    Cut "cut" {
        /// Bit by bit, on which side a server is.
        sides,
    }
    /// Requests do not reach a server any more, though it reaches others.
    Unreach "unreach" {
        /// Which.
        server,
    }
    /// Everybody reaches everybody again.
    Heal "heal" {}
    /// A server crashes, and starts again from its logs.
    Restart "restart" {
        /// Which.
        server,
    }
    /// Another status in place of that of an answer; another method in place of a request's.
    Status "status" {
        /// Which message.
        at,
        /// Which status.
        status,
    }
    /// Other bytes in place of a message's body.
    Garble "garble" {
        /// Which message.
        at,
        /// Which bytes.
        body,
    }
    /// Another value in place of a node of a body's JSON, or none.
    Change "change" {
        /// Which message.
        at,
        /// Which node.
        node,
        /// Which value.
        value,
        /// Whether the sender's server signs that, if it is a request: if it is odd.
        signed,
    }
    /// Another segment in place of one of a request's path.
    Path "path" {
        /// Which message.
        at,
        /// Which segment.
        segment,
        /// Which other.
        other,
        /// Whether the sender's server signs that: if it is odd.
        signed,
    }
    /// Another header in place of a request's.
    Header "header" {
        /// Which message.
        at,
        /// Which header.
        header,
    }
    /// The next template that arrives says something else.
    Template "template" {
        /// Which field.
        field,
        /// What.
        value,
    }
    /// The next answer to a join that arrives has a state of some time ago.
    Stale "stale" {
        /// How many events ago.
        back,
        /// Bit by bit, which entries are left out beside that.
        without,
    }
    /// Anything, in anybody's name.
    Stranger "stranger" {
        /// Whom.
        to,
        /// In whose name.
        from,
        /// Which path.
        uri,
        /// Which method and headers.
        header,
        /// Which body.
        body,
        /// Whether it has the right signature: if it is odd.
        signed,
    }
    /// The rogue submits an event, made of what a server gave it as a template.
    Submit "submit" {
        /// To whom.
        to,
        /// In which room.
        room,
        /// For which handshake.
        handshake,
        /// What is wrong with it.
        lie,
        /// Which node of it that is about.
        node,
        /// Which value it has instead.
        value,
    }
    /// The rogue sends an event of its user's.
    Event "event" {
        /// In which room.
        room,
        /// What it says.
        kind,
        /// After the event of how many events ago it comes.
        back,
        /// Which citation is wrong, and how.
        cite,
        /// Which depth it claims.
        depth,
        /// Bit by bit, who gets it; others get another one, if the rogue equivocates.
        to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_its_name_and_numbers() {
        for name in NetworkOp::NAMES {
            let ops: Vec<NetworkOp> =
                (0..9).filter_map(|count| NetworkOp::new(name, &vec![7; count])).collect();
            let [op] = &ops[..] else { panic!("{ops:?}") };
            assert_eq!(op.name(), *name);
            assert!(op.numbers().iter().all(|number| *number == 7));
        }
        assert_eq!(NetworkOp::new("nothing", &[]), None);
    }
}

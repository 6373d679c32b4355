//! What happens, as data. Numbers in a script are taken modulo what there is, so that any step may
//! be left out and what remains is still a history: that is how a failure shrinks.

/// How users and servers behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// Everybody keeps to the rules: most events are allowed, and what is interesting is what
    /// happens at the same time.
    Plausible,
    /// Users and servers lie: about citations, times, depths, contents, and about what came before.
    Hostile,
}

impl Mood {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Plausible, Self::Hostile];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plausible => "plausible",
            Self::Hostile => "hostile",
        }
    }
}

/// A room's history, before it is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// How the room was created.
    pub setup: Setup,
    /// What happens then.
    pub steps: Vec<Step>,
}

/// How the room was created. User 0 creates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// How many servers there are.
    pub servers: u8,
    /// What is wrong with the create event, modulo 3: nothing; it names a room version that nobody
    /// knows; it does not say who created the room, or not in the way of the room version.
    pub flaw: u8,
    /// Whether there are power levels.
    pub has_power_levels: bool,
    /// Bit by bit, what they say: inviting takes 50; other things take 75; moderators have as much as
    /// the creator.
    pub levels: u8,
    /// Which join rule there is, of those that the room version has; from 10 on: none.
    pub join_rule: u8,
    /// Bit by bit, which users beside the creator have power level 50, or 100.
    pub moderators: u16,
    /// Bit by bit, which users are joined; if the creator is not, there is the create event alone.
    pub joined: u16,
    /// Bit by bit, which users beside the creator are creators too, where there may be several.
    pub creators: u16,
    /// Whether the room is for the creator's server alone.
    pub is_local: bool,
    /// Changes nothing but the times and the IDs of all events, and so which of two wins a tie.
    pub salt: u8,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub op: Op,
    /// How many milliseconds have passed since the last step.
    pub tick: u8,
    /// What is wrong with the event, if it is one.
    pub lies: Vec<Lie>,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A user sends an event, at their own server.
    Act(Act),
    /// Two users send events, neither knowing of the other's; then everything that was held back
    /// arrives. Two of one server may do so too: servers are made of many processes.
    Race {
        /// The one.
        one: Act,
        /// The other.
        other: Act,
    },
    /// The network falls apart: bit by bit, on which side a server is.
    Cut(u8),
    /// It comes together, and what was held back arrives; in reverse order, if so.
    Heal {
        /// Whether the last comes first.
        reversed: bool,
    },
    /// Of what waits for a server one message arrives.
    Deliver {
        /// The server.
        server: u8,
        /// Which message.
        at: u8,
    },
    /// A message that arrived before arrives again.
    Repeat {
        /// The server.
        server: u8,
        /// Which event.
        event: u8,
    },
    /// A server joins anew, with another's current state as that one gives it.
    JoinByWord {
        /// The server.
        server: u8,
        /// Whose word it takes.
        of: u8,
        /// Bit by bit, which entries the other leaves out, if it lies.
        without: u16,
    },
}

/// A user does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// What.
    pub kind: Kind,
    /// Who.
    pub actor: u8,
    /// To whom, where it is done to somebody.
    pub target: u8,
    /// Which of what there is to choose from.
    pub value: u8,
    /// Whether the event is held back from other servers until something delivers it.
    pub held: bool,
}

/// What users do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Sets a topic, a name, or some other state.
    State,
    /// Joins, or changes their profile.
    Join,
    /// Leaves, rejects an invite, or retracts a knock.
    Leave,
    /// Invites somebody.
    Invite,
    /// Takes somebody out, or takes an invite back.
    Kick,
    /// Bans somebody.
    Ban,
    /// Ends a ban.
    Unban,
    /// Knocks.
    Knock,
    /// Changes power levels.
    Levels,
    /// Changes the join rule.
    JoinRules,
    /// Invites a third party.
    Token,
    /// Invites somebody by the third party's invite.
    TokenInvite,
    /// Sets the server ACL.
    Acl,
    /// Sends a message.
    Message,
    /// Redacts an event.
    Redact,
    /// Sets aliases of their server.
    Aliases,
    /// Sends another create event.
    Create,
}

/// A lie about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// It is sent whether or not it is allowed.
    NotAllowed,
    /// It comes after an event of long ago, and as far as it says nothing happened since.
    Backdated {
        /// How many events ago.
        back: u8,
    },
    /// It comes after an event of long ago, and cites what has come since: to its server the state
    /// is an older one than to those whom it cites.
    Outdated {
        /// How many events ago.
        back: u8,
    },
    /// Another event of the same type and state key is cited.
    CiteOther {
        /// Which citation.
        at: u8,
        /// Which event instead.
        other: u8,
    },
    /// A citation is left out.
    Uncite {
        /// Which.
        at: u8,
    },
    /// Any event is cited too.
    Cite {
        /// Which.
        event: u8,
    },
    /// An event is cited twice.
    CiteTwice {
        /// Which.
        at: u8,
    },
    /// It has no events before it.
    Rootless,
    /// The time is so many milliseconds away from the truth.
    Time {
        /// How many.
        milliseconds: i16,
    },
    /// The depth is made up.
    Depth {
        /// How.
        kind: u8,
    },
    /// The content is malformed, or not what one should send.
    Content {
        /// How.
        kind: u8,
    },
    /// Half of the servers get this event, the others one that differs.
    Equivocate,
}

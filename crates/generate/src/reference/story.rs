//! What happened, in words.

use std::fmt;

use exeunt_event::Event;
use exeunt_event::content::Content;
use exeunt_room::Standing;

use super::{Arrival, Expected};

/// What happened so far, an event a line, with the numbers of their transitions.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "room version {}", self.version().id())?;
        for arrival in self.arrivals() {
            self.tell(f, arrival)?;
        }
        Ok(())
    }
}

/// Short: a failing test prints the first one, in which nothing has happened.
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, mood) = (self.version().id(), self.mood().as_str());
        let events = self.arrivals().len();
        write!(f, "a {mood} room of version {version} with {events} events: {:?}", self.setup())
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Arrival").field(&self.event().text()).field(self.standing()).finish()
    }
}

impl Expected {
    fn tell(&self, f: &mut fmt::Formatter<'_>, arrival: &Arrival) -> fmt::Result {
        let event = arrival.event();
        write!(f, "{:>3} {} ", arrival.number, event.event_id().as_str())?;
        write!(f, "{}: ", event.sender().as_str())?;
        what(f, event)?;
        let prev = self.arrivals().filter(|it| event.prev_events().contains(it.event().event_id()));
        let prev: Vec<String> = prev.map(|prev| prev.number.to_string()).collect();
        if !prev.is_empty() {
            write!(f, ", after {}", prev.join(", "))?;
        }
        let (how, refusal) = match arrival.standing() {
            Standing::Accepted => return writeln!(f, ": accepted"),
            Standing::SoftFailed(refusal) => ("soft-failed", refusal),
            Standing::Rejected(refusal) => ("rejected", refusal),
        };
        write!(f, ": {how} at check {} ({})", refusal.check.number(), refusal.check.name())?;
        let capabilities = &self.version().capabilities;
        if let Some(number) = refusal.rule.and_then(|rule| rule.number(capabilities)) {
            write!(f, " by rule {number}")?;
        }
        writeln!(f, ": {}", refusal.reason)
    }
}

fn what(f: &mut fmt::Formatter<'_>, event: &Event) -> fmt::Result {
    write!(f, "{}", event.event_type().as_str())?;
    if let Some(key) = event.state_key().filter(|key| !key.is_empty()) {
        write!(f, " {key}")?;
    }
    if let Content::Member(member) = event.content()
        && let Some(membership) = member.membership
    {
        write!(f, " {}", membership.as_str())?;
    }
    Ok(())
}

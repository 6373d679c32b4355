//! Why an answer did not help.

use exeunt_event::ServerName;
use exeunt_homeserver::{Body, Denial, Done, Network};

use super::stage::MOST_MESSAGES;

/// What the server that asks holds against one that it asked.
///
/// It tells only when it has asked everybody. So this looks ahead, in a network where nobody else is
/// reached any more: a network is a value, and this one stays as it is.
pub(super) fn of(network: &Network, action: u64, asked: &ServerName) -> Option<String> {
    let mut ahead = network.clone();
    for _ in 0..MOST_MESSAGES {
        if let Some(outcome) = ahead.outcome(action) {
            return told(outcome, asked);
        }
        match ahead.in_flight().front()?.body {
            Body::Request(_) => ahead.lose(0),
            Body::Answer(_) => ahead.deliver(0),
        };
    }
    None
}

fn told(outcome: &Result<Done, Denial>, asked: &ServerName) -> Option<String> {
    let of = |tried: &[(ServerName, String)]| {
        tried.iter().find(|(server, _)| server == asked).map(|(_, said)| said.clone())
    };
    match outcome {
        Ok(Done::LeftUntold { tried, .. }) | Err(Denial::NobodyHelped(tried)) => of(tried),
        Err(Denial::WorthlessAnswer(reason)) => Some(reason.clone()),
        _ => None,
    }
}

//! Much happens in networks: what laws are about is done and refused, for every reason.

use std::collections::BTreeMap;

use exeunt_event::json::{Value, parse_any};
use exeunt_generate::Mood;
use exeunt_homeserver::{Body, Done, Told};
use exeunt_laws::{Happening, NetworkHistory};

use crate::sample::histories;

type Counts = BTreeMap<String, usize>;

fn count(counts: &mut Counts, what: impl Into<String>) {
    *counts.entry(what.into()).or_default() += 1;
}

fn answers(history: &NetworkHistory, counts: &mut Counts) {
    for step in &history.steps {
        let Some((_, request, answer)) = step.answered() else { continue };
        count(counts, answer.status.to_string());
        let path = request.uri.split('?').next().unwrap_or_default();
        let Some(name) = path.split('/').nth(4).filter(|name| name.starts_with("send_")) else {
            continue;
        };
        count(counts, format!("{name} {}", if answer.is_success() { "taken" } else { "refused" }));
    }
}

fn outcomes(history: &NetworkHistory, counts: &mut Counts) {
    for told in history.network().told() {
        let Told::Outcome { outcome, .. } = told else { continue };
        count(
            counts,
            match outcome {
                Ok(Done::Sent { .. }) => "sent",
                Ok(Done::LeftUntold { .. }) => "left untold",
                Ok(Done::Locally) => "done",
                Err(_) => "denied",
            },
        );
    }
}

/// The state that an answer to a join gives.
fn state(body: &Body) -> Option<Value<'static>> {
    let Body::Answer(Some(answer)) = body else { return None };
    let parsed = parse_any(&answer.body).ok()?.value.into_owned();
    parsed.as_object()?.get("state").cloned()
}

/// Faults and lies, and what became of it when servers that join were lied to.
fn happenings(history: &NetworkHistory, counts: &mut Counts) {
    for step in &history.steps {
        match &step.what {
            Happening::Lost(_) => count(counts, "lost"),
            Happening::Repeated(_) => count(counts, "repeated"),
            Happening::Forged(_) => count(counts, "forged"),
            Happening::Restarted(_) => count(counts, "restarted"),
            Happening::Falsified { sent, instead } => {
                let (before, after) = (state(&sent.body), state(&instead.body));
                let is_stale = before.is_some() && after.is_some() && before != after;
                count(counts, if is_stale { "stale state" } else { "falsified" });
            }
            Happening::Acted { .. } | Happening::Arrived(_) | Happening::Passed(_) => {}
        }
    }
}

#[test]
fn everything_is_done_and_refused() {
    let mut counts = Counts::new();
    for mood in Mood::ALL {
        for history in histories(mood, 96) {
            answers(&history, &mut counts);
            outcomes(&history, &mut counts);
            happenings(&history, &mut counts);
        }
    }
    eprintln!("{counts:?}");
    for (what, least) in [
        ("200", 1_000),
        ("400", 8),
        ("401", 4),
        ("403", 50),
        ("404", 20),
        ("405", 1),
        ("send_join taken", 50),
        ("send_join refused", 4),
        ("send_leave taken", 4),
        ("send_leave refused", 4),
        ("send_knock taken", 2),
        ("send_knock refused", 2),
        ("sent", 500),
        ("left untold", 3),
        ("done", 20),
        ("denied", 50),
        ("lost", 50),
        ("repeated", 20),
        ("forged", 100),
        ("restarted", 20),
        ("falsified", 50),
        ("stale state", 1),
    ] {
        let found = counts.get(what).copied().unwrap_or_default();
        assert!(found >= least, "{what}: {found} of {least}; {counts:?}");
    }
}

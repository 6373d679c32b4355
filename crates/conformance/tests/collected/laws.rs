//! The laws that are expected to fail: random histories that break them, made small.

use std::collections::BTreeSet;

use exeunt_event::EventId;
use exeunt_event::json::Object;
use exeunt_generate::{Campaign, Mood, Size, play};
use exeunt_laws::{About, Answer, Expected, History, Judgement, Law, Parts};
use exeunt_version::RoomVersion;

use crate::collection::{Collection, Question};
use crate::federation::FULL;
use crate::histories::cited;
use crate::merges::Draft;
use crate::replays::Story;
use crate::rules::authorise;

/// How many histories of a room version are tried.
const HISTORIES: u64 = 2_000;

/// How many histories are tried to make one smaller.
const SHRINKING: usize = 300;

pub(crate) fn collect(into: &mut Collection) {
    for version in RoomVersion::all().filter(|version| FULL.contains(&version.id())) {
        let fails = |law: &&Law| matches!((law.expected)(&version), Expected::Fails { .. });
        let mut laws: Vec<&'static Law> = exeunt_laws::all().filter(fails).collect();
        let campaign = Campaign {
            versions: vec![version.clone()],
            moods: Mood::ALL.to_vec(),
            laws: laws.clone(),
            seed: 7,
            size: Size { steps: (1, 12), servers: (2, 3) },
        };
        for number in 0..HISTORIES {
            let (_, script) = campaign.script(number).unwrap();
            let history = play(&version, &script);
            let tallies = Parts::new(&history).ask(laws.iter().copied());
            let broken = laws.iter().zip(&tallies).filter(|(_, tally)| tally.broken.is_some());
            let broken: Vec<&'static Law> = broken.map(|(law, _)| *law).collect();
            laws.retain(|law| !broken.iter().any(|other| other.id == law.id));
            for law in broken {
                let found = campaign.counterexample(law, number, SHRINKING).unwrap();
                for request in questions(into, law, &found.history) {
                    let comment =
                        format!("Of a history that breaks the law {}: {}", law.id, law.sentence);
                    let question = Question::new("law", law.name, comment, request);
                    // What rules decide is filed under them.
                    let is_about_rules = matches!(law.about, About::Judgement(_));
                    let question = if is_about_rules { question } else { question.filed("laws") };
                    into.add(question.linked(law.source));
                }
            }
            if laws.is_empty() {
                break;
            }
        }
    }
}

/// What of the history breaks the law, as a question.
fn questions(into: &Collection, law: &Law, history: &History) -> Vec<Object<'static>> {
    let is_broken = |answer: Answer| matches!(answer, Answer::Broken(_));
    let parts = Parts::new(history);
    match law.about {
        About::Judgement(check) => {
            let mut broken = parts.judgements().iter().filter(|it| is_broken(check(it)));
            broken.next().and_then(judged).into_iter().collect()
        }
        About::Merge(check) => {
            let mut broken = parts.merges().iter().filter(|it| is_broken(check(it)));
            broken.next().and_then(Draft::of).map(|it| it.request()).into_iter().collect()
        }
        About::Arrival(_) | About::History(_) => {
            // What came to the servers in another order is another question if it ends otherwise.
            let mut ends = BTreeSet::new();
            let questions = Story::of(history).into_iter().map(|story| story.request());
            questions.filter(|question| ends.insert(state_of(&into.answer(question)))).collect()
        }
        About::Run | About::Network(_) => Vec::new(),
    }
}

/// The current state that an answer to `replay` has.
fn state_of(answer: &Object<'_>) -> Option<String> {
    let state = answer.get("ok")?.as_object()?.get("state")?.clone();
    Some(Object::from_iter([("state", state)]).as_received())
}

/// Whether the event may happen, given that state.
fn judged(judgement: &Judgement<'_>) -> Option<Object<'static>> {
    let (event, room) = (judgement.event, judgement.room);
    let state: Vec<EventId> = room.event_ids(judgement.state).into_iter().cloned().collect();
    let mut pool = cited(room, event)?;
    for id in &state {
        if pool.iter().all(|other| other.event_id() != id) {
            pool.push(room.event(id)?);
        }
    }
    Some(authorise(room.version(), event, &pool, &[], Some(&state)))
}

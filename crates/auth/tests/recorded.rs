//! Receipt check 4 over every recorded room: the rules reject, against an event's own auth events,
//! exactly what the recorded homeserver rejected there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use exeunt_auth::{
    AuthEvent, MissingAuthEvent, Rule, ServerSignatures, Verdict, check_by_auth_events,
};
use exeunt_event::hashes::content_hash_matches;
use exeunt_event::{Event, EventId, ServerName};
use exeunt_recordings::{Expected, Room, rooms};
use exeunt_version::RoomVersion;

/// A recorded room as far as check 4 can be made.
struct Checked {
    version: RoomVersion,
    /// Every event with a verdict: whether it was rejected by this or by a later check.
    known: BTreeMap<EventId, (Event, bool)>,
    /// What was rejected by this check, and by which rule.
    rejected: BTreeMap<String, Rule>,
    /// What cites an event that is not there.
    waiting: Vec<(Event, Expected)>,
}

/// An event as the checks see it: redacted if its content hash is wrong.
fn received(line: &[u8], version: &RoomVersion) -> Event {
    let event = Event::parse(line, version).unwrap();
    if content_hash_matches(&event, version) { event } else { event.redacted(version) }
}

/// Why the recorded homeserver rejected the event, if that was because of its auth events.
fn against_auth_events(recorded: &Expected) -> Option<&str> {
    recorded.reject_detail.as_deref()?.strip_prefix("against auth_events: ")
}

impl Checked {
    fn new(room: &Room) -> Self {
        let version = RoomVersion::specified(&room.version).unwrap();
        let lines = room.lines();
        let events = lines.iter().map(|line| received(line, &version));
        let mut checked = Self {
            known: BTreeMap::new(),
            rejected: BTreeMap::new(),
            waiting: events.zip(room.expected()).collect(),
            version,
        };
        // Auth events first: again and again until nothing more is settled.
        loop {
            let before = checked.waiting.len();
            for (event, recorded) in std::mem::take(&mut checked.waiting) {
                assert_eq!(event.event_id().as_str(), recorded.event_id);
                checked.receive(event, recorded);
            }
            if checked.waiting.len() == before {
                return checked;
            }
        }
    }

    fn find(&self, id: &EventId) -> Option<AuthEvent<'_>> {
        self.known.get(id).map(|(event, rejected)| AuthEvent { event, rejected: *rejected })
    }

    fn receive(&mut self, event: Event, recorded: Expected) {
        let signatures = ServerSignatures::Satisfied;
        let find = |id: &EventId| self.find(id);
        match check_by_auth_events(&self.version, &event, find, signatures) {
            Err(MissingAuthEvent(_)) => self.waiting.push((event, recorded)),
            Ok(verdict) => {
                let (is_allowed, rule) = (verdict.is_allowed(), verdict.rule());
                if !is_allowed {
                    self.rejected.insert(recorded.event_id, rule);
                }
                // Check 5, which is not made here, rejects as well.
                let rejected = !is_allowed || recorded.rejected;
                self.known.insert(event.event_id().clone(), (event, rejected));
            }
        }
    }
}

#[test]
fn the_rules_reject_exactly_what_was_rejected_because_of_its_auth_events() {
    let mut events = 0;
    for room in rooms() {
        let checked = Checked::new(&room);
        let waiting: BTreeSet<&str> =
            checked.waiting.iter().map(|(event, _)| event.event_id().as_str()).collect();
        let recorded = room.expected();
        let expected: BTreeSet<&str> = recorded
            .iter()
            .filter(|it| against_auth_events(it).is_some())
            .map(|it| &*it.event_id)
            .filter(|id| !waiting.contains(id))
            .collect();
        let rejected: BTreeSet<&str> = checked.rejected.keys().map(String::as_str).collect();
        assert_eq!(rejected, expected, "{}", room.name);
        events += recorded.len() - waiting.len();
    }
    // All but the one of each evil room that cites an event of another room.
    assert_eq!(events, 7_297 - 8);
}

/// Every evil room has two events that check 5 rejects, and that check 4 has to let pass: a banned
/// user citing what was before the ban, and an event without prev events, whose state is empty.
#[test]
fn what_the_state_before_rejects_passes_its_auth_events() {
    for room in rooms() {
        let checked = Checked::new(&room);
        let by_state = room.expected().into_iter().filter(|it| {
            let detail = it.reject_detail.as_deref().unwrap_or_default();
            detail.starts_with("against room state before the event: ")
        });
        let by_state: Vec<String> = by_state.map(|it| it.event_id).collect();
        assert_eq!(by_state.len(), if room.name.ends_with("evil") { 2 } else { 0 });
        for id in by_state {
            assert!(!checked.rejected.contains_key(&id), "{}: {id}", room.name);
        }
    }
}

/// One event of every evil room cites an event of another room, which no recording has. It cites
/// everything that the selection would take besides, so that whatever the missing event is, it is
/// duplicate or unexpected, and that is said before its room is looked at.
#[test]
fn an_auth_event_of_another_room_is_duplicate_or_unexpected_whatever_it_is() {
    for room in rooms() {
        let checked = Checked::new(&room);
        assert_eq!(checked.waiting.len(), usize::from(room.name.ends_with("evil")));
        for (event, recorded) in &checked.waiting {
            let missing: Vec<&EventId> =
                event.auth_events().iter().filter(|id| checked.find(id).is_none()).collect();
            let [missing] = *missing else { panic!("{missing:?}") };
            let why = against_auth_events(recorded).unwrap();
            assert!(why.contains(&format!("found event {missing} in the state which is in room")));

            let elsewhere = exeunt_recordings::room(&format!("{}-leaving", room.version));
            let mut rules = BTreeSet::new();
            for (other, _) in Checked::new(&elsewhere).known.values() {
                let find = |id: &EventId| {
                    let other = AuthEvent { event: other, rejected: false };
                    if id == missing { Some(other) } else { checked.find(id) }
                };
                let signatures = ServerSignatures::Satisfied;
                let verdict =
                    check_by_auth_events(&checked.version, event, find, signatures).unwrap();
                assert!(!verdict.is_allowed());
                rules.insert(verdict.rule());
            }
            assert_eq!(
                rules,
                BTreeSet::from([Rule::AuthEventsDuplicate, Rule::AuthEventsUnexpected])
            );
        }
    }
}

/// What the rules say of everything that the misbehaving server sent and nobody stored, and the
/// check that stops it where they allow it.
const NEVER_STORED: &[(&str, &str, &str)] = &[
    ("11 auth_events", "rejected by auth-events-unexpected", "check 1 drops it before that"),
    ("21 prev_events", "allowed by otherwise", "check 1"),
    ("70 kB", "`type` is missing", "check 1; the recording does not have the event"),
    ("bad signature", "allowed by otherwise", "check 2"),
    ("event_id of another domain", "allowed by otherwise", "check 2"),
    ("float in content (added after signing)", "not JSON: a float at byte ", "check 1"),
    (
        "gap of two, prev of the pulled one unknown, /state_ids answers 404",
        "allowed by otherwise",
        "nothing: nobody knows the state before it",
    ),
    (
        "gap of two, state of the unknown prev from /state_ids; hidden topic unknown",
        "allowed by otherwise",
        "nothing: nobody knows the state before it",
    ),
    ("integer 2^53 in content", "not JSON: a number out of range at byte ", "check 1"),
    ("missing prev, not divulged", "allowed by otherwise", "nothing: it hangs in the air"),
    ("no signature", "allowed by otherwise", "check 2"),
    ("power levels with a non-integer level", "rejected by power-levels-not-integers", ""),
    ("power levels with string levels", "rejected by power-levels-not-integers", ""),
    (
        "redacted content of a signed key changed (state_key)",
        "rejected by auth-events-unexpected",
        "check 2 drops it before that",
    ),
    (
        "restricted-style join, authorised via alice without her signature",
        "rejected by member-authoriser-signature",
        "",
    ),
    ("second create event", "rejected by create-has-prev-events", ""),
    ("sender of hs2, signed by evil only", "allowed by otherwise", "check 2"),
    ("unknown auth event, not divulged", "the auth event ", "nothing: there is no verdict"),
    ("unknown key id", "allowed by otherwise", "check 2"),
    ("v12: auth_events contain the create event", "rejected by auth-events-unexpected", ""),
    ("v12: power levels naming the creator", "rejected by power-levels-creator", ""),
];

fn verdict_of(case: &serde_json::Value, checked: &Checked) -> String {
    let text = serde_json::to_vec(&case["pdu"]).unwrap();
    let event = match Event::parse(&text, &checked.version) {
        Ok(event) => event,
        Err(error) => return error.to_string(),
    };
    let signed_by = |server: &ServerName| case["pdu"]["signatures"].get(server.as_str()).is_some();
    let signatures = ServerSignatures::Checked(&signed_by);
    let find = |id: &EventId| checked.find(id);
    match check_by_auth_events(&checked.version, &event, find, signatures) {
        Ok(Verdict::Allowed { rule }) => format!("allowed by {rule}"),
        Ok(Verdict::Rejected { rule, .. }) => format!("rejected by {rule}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_was_never_stored_is_rejected_by_a_rule_or_stopped_by_another_check() {
    let mut tried = BTreeSet::new();
    for room in rooms() {
        let checked = Checked::new(&room);
        for case in room.cases().iter().filter(|case| case["outcome"] == "not stored") {
            let name = case["case"].as_str().unwrap();
            let known = NEVER_STORED.iter().find(|(known, ..)| *known == name);
            let Some((name, expected, _)) = known else { panic!("{}: {name}", room.name) };
            let verdict = verdict_of(case, &checked);
            assert!(verdict.starts_with(expected), "{}: {name}: {verdict}", room.name);
            tried.insert(*name);
        }
    }
    assert_eq!(tried.len(), NEVER_STORED.len());
    for (name, verdict, stopped_by) in NEVER_STORED {
        assert!(verdict.starts_with("rejected") || !stopped_by.is_empty(), "{name}");
    }
}

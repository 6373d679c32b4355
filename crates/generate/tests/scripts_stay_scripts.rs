//! Of a script anything may be left out, and it may be played in any room version.

use exeunt_generate::{Mood, Script, Size, play, scripts};
use exeunt_laws::{History, Server};
use exeunt_version::RoomVersion;
use proptest::prelude::*;

fn any_script() -> impl Strategy<Value = Script> {
    let size = Size { steps: (1, 10), servers: (2, 4) };
    prop_oneof![scripts(Mood::Plausible, size), scripts(Mood::Hostile, size)]
}

fn any_version() -> impl Strategy<Value = RoomVersion> {
    prop::sample::select(RoomVersion::all().collect::<Vec<_>>())
}

/// What is always so of what was played.
fn is_whole(script: &Script, history: &History) -> bool {
    let created = history
        .events()
        .first()
        .is_some_and(|event| event.is_state(&exeunt_event::EventType::Create, ""));
    // Who joined by somebody's word may have been given a state that does not allow it.
    let mut whole = history.servers.iter().filter(|server| server.is_whole);
    let is_empty = |server: &Server| server.room.current_state().is_empty();
    created && (script.setup.flaw != 0 || !whole.any(is_empty))
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 48))]

    #[test]
    fn every_step_may_be_left_out(
        script in any_script(),
        version in any_version(),
        at in any::<prop::sample::Index>(),
    ) {
        prop_assert!(is_whole(&script, &play(&version, &script)));
        let mut shorter = script;
        shorter.steps.remove(at.index(shorter.steps.len()));
        prop_assert!(is_whole(&shorter, &play(&version, &shorter)));
    }

    #[test]
    fn a_script_gives_one_history(script in any_script(), version in any_version()) {
        let (one, other) = (play(&version, &script), play(&version, &script));
        prop_assert_eq!(one.steps.len(), other.steps.len());
        for (one, other) in one.steps.iter().zip(&other.steps) {
            prop_assert_eq!(one.server, other.server);
            prop_assert_eq!(&one.input, &other.input);
            prop_assert_eq!(&one.receipt, &other.receipt);
        }
        for (one, other) in one.servers.iter().zip(&other.servers) {
            prop_assert_eq!(one.room.fingerprint(), other.room.fingerprint());
        }
    }

    #[test]
    fn salt_changes_ids_and_nothing_of_what_a_lone_user_does(version in any_version()) {
        let steps = Vec::new();
        let setup = |salt| exeunt_generate::Setup {
            servers: 2,
            flaw: 0,
            has_power_levels: true,
            levels: 0,
            join_rule: 0,
            moderators: 0,
            joined: 1,
            creators: 0,
            is_local: false,
            salt,
        };
        let [one, other] = [0, 1].map(|salt| {
            play(&version, &Script { setup: setup(salt), steps: steps.clone() })
        });
        prop_assert_eq!(one.events().len(), other.events().len());
        for (one, other) in one.events().into_iter().zip(other.events()) {
            prop_assert_eq!(one.event_type(), other.event_type());
            prop_assert_ne!(one.event_id(), other.event_id());
        }
    }
}

//! The servers of a history tell each other what follows from the same, and have the rooms that
//! each would have alone.

use exeunt_generate::{Mood, Script, Size, play, scripts};
use exeunt_laws::History;
use exeunt_room::{Context, Receipt, Record, Room, State};
use exeunt_version::RoomVersion;
use proptest::prelude::*;

fn any_script() -> impl Strategy<Value = Script> {
    let size = Size::default();
    prop_oneof![scripts(Mood::Plausible, size), scripts(Mood::Hostile, size)]
}

fn any_version() -> impl Strategy<Value = RoomVersion> {
    prop::sample::select(RoomVersion::all().collect::<Vec<_>>())
}

/// The room of a server made anew, and its answers beside those that it gave.
fn alone(history: &History, server: usize, life: usize) -> (Room, Vec<[Receipt; 2]>) {
    let mut room = Room::new(history.version.clone());
    let steps = history.steps.iter().filter(|step| (step.server, step.life) == (server, life));
    let take = |step: &exeunt_laws::Step| {
        [room.take(&step.input, Context::default()), step.receipt.clone()]
    };
    let receipts = steps.map(take).collect();
    (room, receipts)
}

/// The entries of the states around an event.
fn entries(record: &Record) -> [Option<Vec<String>>; 2] {
    let list = |state: &State| state.entries().iter().map(|entry| format!("{entry:?}")).collect();
    [record.state_before(), record.state_after()].map(|state| state.map(list))
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 96))]

    #[test]
    fn rooms_that_share_are_what_they_are_alone(script in any_script(), version in any_version()) {
        let history = play(&version, &script);
        for (at, server) in history.servers.iter().enumerate() {
            for (life, room) in server.left.iter().chain([&server.room]).enumerate() {
                let (alone, receipts) = alone(&history, at, life);
                for [one, other] in receipts {
                    prop_assert_eq!(one, other);
                }
                prop_assert_eq!(alone.fingerprint(), room.fingerprint());
                prop_assert!(alone.dag().events().eq(room.dag().events()));
                for number in room.dag().events() {
                    let records = [alone.dag().get(number), room.dag().get(number)];
                    let [Some(one), Some(other)] = records else { continue };
                    prop_assert_eq!(one.standing(), other.standing());
                    prop_assert_eq!(entries(one), entries(other));
                    // The sums too, which are not made from the entries anew.
                    prop_assert_eq!(one.state_after(), other.state_after());
                }
            }
        }
    }
}

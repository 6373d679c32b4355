//! Random histories and rooms.

use exeunt_laws::History;
use exeunt_room::Room;
use exeunt_version::RoomVersion;
use proptest::prelude::*;

use crate::{Act, Kind, Mood, Op, Script, Size, Step, play, scripts};

/// Histories of a room version: [`scripts`], played.
///
/// ```
/// use exeunt_generate::{Mood, Size};
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let version = RoomVersion::specified("11").unwrap();
/// let histories = exeunt_generate::histories(&version, Mood::Hostile, Size::default());
/// proptest!(exeunt_regressions::config!(cases = 8), |(history in histories)| {
///     prop_assert!(history.servers.len() >= 2);
/// });
/// ```
pub fn histories(
    version: &RoomVersion,
    mood: Mood,
    size: Size,
) -> impl Strategy<Value = History> + use<> {
    let version = version.clone();
    scripts(mood, size).prop_map(move |script| play(&version, &script))
}

/// Histories without forks: whatever a user does is known everywhere before the next does
/// something.
///
/// ```
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let version = RoomVersion::specified("8").unwrap();
/// let histories = exeunt_generate::linear_histories(&version, 10);
/// proptest!(exeunt_regressions::config!(cases = 8), |(history in histories)| {
///     prop_assert!(history.is_linear());
/// });
/// ```
pub fn linear_histories(
    version: &RoomVersion,
    steps: usize,
) -> impl Strategy<Value = History> + use<> {
    let version = version.clone();
    let size = Size { steps: (0, steps), servers: (2, 3) };
    let played = scripts(Mood::Plausible, size).prop_map(move |mut script| {
        script.steps.retain_mut(|step| {
            if let Op::Act(act) = &mut step.op {
                act.held = false;
            }
            matches!(step.op, Op::Act(_))
        });
        play(&version, &script)
    });
    // Of a hundred some have an event that is rejected, which no other comes after.
    played.prop_filter("every event comes after the one before it", History::is_linear)
}

/// Rooms with several forward extremities: two users have just done something at once.
///
/// ```
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// let forks = exeunt_generate::forks(&RoomVersion::specified("12").unwrap());
/// proptest!(exeunt_regressions::config!(cases = 8), |(room in forks)| {
///     prop_assert!(room.forward_extremities().len() > 1);
/// });
/// ```
pub fn forks(version: &RoomVersion) -> impl Strategy<Value = Room> + use<> {
    let version = version.clone();
    let size = Size { steps: (0, 8), servers: (2, 4) };
    (scripts(Mood::Plausible, size), any::<[u8; 4]>()).prop_filter_map(
        "two events at once are accepted",
        move |(mut script, [one, other, value, more])| {
            let act = |kind, actor, value| Act { kind, actor, target: more, value, held: false };
            let one = act(Kind::State, one, value);
            let other = act(Kind::Join, other, more | 1);
            script.steps.push(still(Op::Heal { reversed: false }));
            script.steps.push(still(Op::Race { one, other }));
            room(&version, &script).filter(|room| room.forward_extremities().len() > 1)
        },
    )
}

/// Rooms as one of their servers has them after a while.
///
/// ```
/// use exeunt_regressions::proptest::prelude::*;
/// use exeunt_version::RoomVersion;
///
/// for version in RoomVersion::all() {
///     let rooms = exeunt_generate::rooms(&version);
///     proptest!(exeunt_regressions::config!(cases = 4), |(room in rooms)| {
///         prop_assert!(!room.current_state().is_empty());
///         prop_assert_eq!(room.version().id(), version.id());
///     });
/// }
/// ```
pub fn rooms(version: &RoomVersion) -> impl Strategy<Value = Room> + use<> {
    let version = version.clone();
    scripts(Mood::Plausible, Size { steps: (0, 16), servers: (2, 3) })
        .prop_filter_map("there is a server", move |script| room(&version, &script))
}

fn still(op: Op) -> Step {
    Step { op, tick: 1, lies: Vec::new() }
}

/// The room of the creator's server.
fn room(version: &RoomVersion, script: &Script) -> Option<Room> {
    play(version, script).servers.into_iter().next().map(|server| server.room)
}

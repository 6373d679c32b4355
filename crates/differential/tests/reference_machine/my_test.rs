use exeunt_generate::reference::{Expected, Plausible, RoomReference, Transition};
use exeunt_room::Standing;
use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};

use crate::homeserver::{MyRoom, Verdict};

struct MyTest;

impl StateMachineTest for MyTest {
    type SystemUnderTest = MyRoom;
    type Reference = RoomReference<Plausible>;

    fn init_test(expected: &Expected) -> MyRoom {
        MyRoom::new(expected.version().id())
    }

    fn apply(mut room: MyRoom, expected: &Expected, _: Transition) -> MyRoom {
        let arrival = expected.last().unwrap();
        let verdict = match arrival.standing() {
            Standing::Accepted => Verdict::Accepted,
            Standing::SoftFailed(_) => Verdict::SoftFailed,
            Standing::Rejected(_) => Verdict::Rejected,
        };
        assert_eq!(room.receive(arrival.event_id(), arrival.pdu()), verdict, "{expected}");
        assert_eq!(room.current_state(), expected.current_state(), "{expected}");
        room
    }
}

prop_state_machine! {
    #![proptest_config(Config {
        max_shrink_iters: 4_096,
        ..exeunt_regressions::config!(cases = 32)
    })]

    #[test]
    fn my_rooms_are_as_expected(sequential 1..30 => MyTest);
}

use exeunt_version::RoomVersion;

use crate::{About, Expected, Law};

pub(super) const LAW: Law = Law {
    id: "F11",
    name: "every-rule-decides",
    sentence: "In a run of many histories each rule of the room version both allows and rejects, if \
               it can.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Run,
};

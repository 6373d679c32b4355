//! Laws about homeservers, and the messages between them.

laws!(
    rejecting_needs_no_room,
    submissions_are_what_they_say,
    nothing_is_signed_unchecked,
    one_leave_is_one,
    the_denied_touch_nothing,
    forgetting_touches_nothing,
    refusals_change_nothing,
    networks_converge,
    restarts_lose_nothing,
);

mod reading;

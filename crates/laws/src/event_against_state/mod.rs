//! Laws about one event against one state. One that a third-party invite may break is about events
//! without one.

laws! {
    own_leave,
    transitions,
    bans_last,
    only_power_removes,
    inviters_are_joined,
    joins_have_a_provenance,
    levels_stay_within_reach,
    notifications_stay_within_reach,
    nobody_raises_themselves,
    creators_are_above_everything,
    unfederated_rooms,
    unfederated_members,
    outsiders_do_little,
    selection_decides,
    redaction_changes_nothing,
    state_of_users_is_their_own,
    every_verdict_has_a_rule,
    rejection_changes_nothing,
    leave_is_final,
    others_need_their_level,
    knocks_need_a_rule,
    what_is_within_reach_may_change,
    levels_are_integers,
    citations_are_those_selected,
}

//! Laws about the resolution of states.

laws! {
    order_and_multiplicity,
    one_state_stays,
    unconflicted_entries_survive,
    entries_have_an_origin,
    entries_are_the_states,
    associative,
    absorption,
    fast_forward,
    nothing_that_all_have_is_lost,
    order_of_arrival,
    topological_order,
    v2_1_looks_at_more,
    bans_win,
    kicks_win,
    lost_power_is_not_used,
    lost_power_stays_lost,
    fast_equals_definition,
    steps_follow_the_rules,
}

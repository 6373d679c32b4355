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
    topological_order,
    fast_equals_definition,
    bans_win,
    lost_power_is_not_used,
}

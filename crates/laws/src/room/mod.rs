//! Laws about rooms and what comes to servers.

laws! {
    convergence,
    current_states_converge,
    converges_by_word,
    accepted_by_their_past,
    entries_pass_against_their_state,
    soft_failure_changes_nothing,
    logs_fold_into_the_same_room,
    every_rule_decides,
    redacted_history_decides_the_same,
}

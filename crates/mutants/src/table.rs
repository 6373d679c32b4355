//! `docs/MUTANTS.md`.

use exeunt_laws::law;
use exeunt_version::Mutant;

use crate::{Kill, vector};

/// How many histories of rooms are tried of each mutant when the table is written…
pub const ROOMS: u64 = 2_000;
/// …and, if none of them finds it, how many of networks.
pub const NETWORKS: u64 = 240;

/// The table, with what the laws found.
pub fn markdown(kills: &[(Mutant, Option<Kill>)]) -> String {
    let mut text = format!(
        "# Mutants\n\n\
        Mistakes that implementations have made, made on purpose, and what finds them. Each is one \
        switch at the place of its rule (`Mutant` of `exeunt-version`), which is in no build but \
        with the feature `mutants`. A mutant is *killed* if a law that holds of the model is broken, \
        or an example with a known answer comes out otherwise.\n\n\
        The laws (`docs/LAWS.md`) are asked about the histories that `exeunt check` tries without \
        options, of all room versions in turn: {ROOMS} of rooms at most, and then {NETWORKS} of networks; the \
        number is how many of them it took. \
        That the fast resolver is not the definition is law R14. What histories cannot tell \
        is left to examples: those of the rules in `crates/auth/tests/examples`, the recordings in \
        `crates/recordings/rooms`, the handshakes of `docs/HANDSHAKES.md`, and stories of \
        homeservers in `crates/mutants/tests/vectors`, of which the law is named that they break.\n\n\
        This file is written by `EXEUNT_WRITE=1 cargo test --release -p exeunt-mutants --features \
        mutants --test table`.\n\n\
        | mutant | what is done wrong | law | histories | example |\n|---|---|---|---|---|\n"
    );
    for (mutant, kill) in kills {
        let (law, histories) = kill.map_or_else(
            || ("–".to_owned(), "–".to_owned()),
            |kill| (format!("{} `{}`", kill.law.id, kill.law.name), kill.histories.to_string()),
        );
        let example = vector(*mutant)
            .map_or_else(|| "–".to_owned(), |it| format!("{}: {}", it.suite.of(), it.name));
        let row =
            format!("| `{mutant}` | {} | {law} | {histories} | {example} |\n", mutant.wrong());
        text.push_str(&row);
    }
    text
}

/// What a written table says that the laws found. A mutant that it does not have is not there.
pub fn kills(table: &str) -> Vec<(Mutant, Option<Kill>)> {
    let row = |line: &str| {
        let cells: Vec<_> = line.strip_prefix("| `")?.split(" | ").collect();
        let [mutant, _wrong, by, histories, ..] = &cells[..] else { return None };
        let mutant = mutant.strip_suffix('`')?.parse().ok()?;
        let by = by.split_once(' ').and_then(|(id, _)| law(id));
        let kill = by.zip(histories.parse().ok()).map(|(law, histories)| Kill { law, histories });
        Some((mutant, kill))
    };
    table.lines().filter_map(row).collect()
}

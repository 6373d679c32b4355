//! All laws as a table.

use std::fmt::Write as _;

use exeunt_version::{RoomVersion, SPECIFICATION};

use crate::{Expected, Law, event_against_state, network, resolution, room};

/// The document `docs/LAWS.md`.
pub fn markdown() -> String {
    let mut text = format!(
        "# The laws\n\n\
        What should be true of rooms, whoever does what in them and whatever the network does. A \
        law is a predicate over histories: asked about one, it says whether its premise was met, \
        and where it broke. A search with `exeunt check` puts them to random histories. A law that \
        *fails* is expected to: a search that does not break it is itself suspect, and the history \
        that is named here is the smallest known that breaks it, with the number of its events, \
        the create event and the creator's join among them. The links are to {SPECIFICATION} of the specification; where they \
        lead to one room version, the others have the sentence in the same place if they have it.\n\n\
        Laws about one event against one state are about events without a third-party invite \
        wherever one might break them.\n\n\
        This file is written by `EXEUNT_WRITE=1 cargo test -p exeunt-laws document`.\n"
    );
    let families = [
        ("One event against one state", event_against_state::LAWS),
        ("Resolution", resolution::LAWS),
        ("Rooms", room::LAWS),
        ("Networks of homeservers", network::LAWS),
    ];
    for (family, laws) in families {
        let head = "| law | name | sentence | source | expected |\n|---|---|---|---|---|\n";
        write!(text, "\n## {family}\n\n{head}").unwrap_or_default();
        for law in laws {
            let Law { id, name, sentence, source, .. } = law;
            let place = source.rsplit("/v1.19/").next().unwrap_or(source);
            let expected = expected(law);
            let row =
                format!("| {id} | `{name}` | {sentence} | [{place}]({source}) | {expected} |\n");
            text.push_str(&row);
        }
    }
    text
}

/// What is expected of a law, for runs of versions of which the same is.
fn expected(law: &Law) -> String {
    let mut runs: Vec<(RoomVersion, RoomVersion, Expected)> = Vec::new();
    for version in RoomVersion::all() {
        let expected = (law.expected)(&version);
        match runs.last_mut() {
            Some((_, last, same)) if *same == expected => *last = version,
            _ => runs.push((version.clone(), version, expected)),
        }
    }
    let say = |(first, last, expected): &(RoomVersion, RoomVersion, Expected)| {
        let versions =
            if first.id() == last.id() { format!("{first}") } else { format!("{first} to {last}") };
        match expected {
            Expected::Holds => format!("{versions}: holds"),
            Expected::Fails { case, events } => {
                format!("{versions}: fails by {case} ({events})")
            }
            Expected::Silent(why) => format!("{versions}: silent, as {why}"),
        }
    };
    runs.iter().map(say).collect::<Vec<_>>().join("; ")
}

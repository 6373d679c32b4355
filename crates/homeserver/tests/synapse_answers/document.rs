//! `docs/HANDSHAKES.md`.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use crate::case::{Case, Demand, SPECIFICATION, Text};
use crate::house::Answer;

/// A case with what was recorded and what we answer, by room version.
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) recorded: BTreeMap<u8, Answer>,
    pub(crate) ours: BTreeMap<u8, Answer>,
}

impl Row {
    /// The room versions with a recording in which we answer otherwise.
    pub(crate) fn differing(&self) -> Vec<u8> {
        let differ = |version: &&u8| self.recorded.get(version) != self.ours.get(version);
        self.recorded.keys().filter(differ).copied().collect()
    }

    fn demands(&self) -> BTreeMap<u8, Demand> {
        self.ours.keys().map(|version| (*version, (self.case.text.demand)(*version))).collect()
    }

    /// The room versions with a recording in which Synapse's answer is not what the text demands.
    fn departures(&self) -> usize {
        let departs = |(version, answer): &(&u8, &Answer)| {
            !(self.case.text.demand)(**version).is_met_by(answer)
        };
        self.recorded.iter().filter(departs).count()
    }
}

/// The document. A section is its title, what it is about, and its rows.
pub(crate) fn write(sections: &[(&str, Vec<&Row>)]) -> String {
    let all = || sections.iter().flat_map(|(_, rows)| rows.iter());
    let answers: usize = all().map(|row| row.recorded.len()).sum();
    let different: usize = all().map(|row| row.differing().len()).sum();
    let departures: usize = all().map(|row| row.departures()).sum();
    let cases = all().count();
    let differing = all().filter(|row| !row.differing().is_empty()).count();
    let played: usize = all().map(|row| row.ours.len()).sum();
    let mut text = String::from(HEAD);
    for (what, cases, answers) in [
        ("recorded", cases, answers),
        ("the same", cases - differing, answers - different),
        ("different", differing, different),
    ] {
        writeln!(text, "| {what} | {cases} | {answers} |").unwrap();
    }
    writeln!(
        text,
        "\nA case is different if it is so in one of its room versions. Of the {answers} recorded \
         answers, {departures} are not what the text demands or says should be. Exeunt was asked \
         {played} times, in every room version where there can be such a situation, and always \
         answered what the text demands and says should be."
    )
    .unwrap();
    text.push_str(READING);
    for (title, rows) in sections {
        let mut columns =
            format!("\n## {title}\n\n| case | the text | Synapse | Exeunt | why they differ |\n");
        columns.push_str("|---|---|---|---|---|\n");
        text.push_str(&columns);
        for row in rows {
            write_row(&mut text, row);
        }
    }
    write_links(&mut text, all().map(|row| row.case.text));
    text
}

/// The links of the tables, each once.
fn write_links(text: &mut String, texts: impl Iterator<Item = Text>) {
    let mut links = BTreeMap::new();
    for Text { name, section, .. } in texts {
        let earlier = links.insert(name, section).unwrap_or(section);
        assert_eq!(earlier, section, "two sections are called {name}");
    }
    text.push('\n');
    for (name, section) in links {
        writeln!(text, "[{name}]: {SPECIFICATION}{section}").unwrap();
    }
}

const HEAD: &str = "\
# Handshakes: who answers what

What the resident side of a handshake answers to good and bad requests: what the text of the \
specification demands, what a homeserver of Synapse 1.163.2 was recorded to answer, and what Exeunt \
answers. Where the two differ, the last column says why.

The test `crates/homeserver/tests/synapse_answers` builds every situation with model servers, sends \
the request, and compares the answers with this page, which it writes:

```
EXEUNT_WRITE=1 cargo test -p exeunt-homeserver --test synapse_answers
```

| | cases | answers |
|---|---|---|
";

const READING: &str = "
Numbers in brackets are room versions; without them, an answer holds for every room version that it \
was recorded for, or can be had in. \"Fits\" is said of a code where the text mandates none and the \
code's definition is about just that. Exeunt follows v1.19 of the specification, with all settings at \
their defaults.
";

fn write_row(text: &mut String, row: &Row) {
    let case = &row.case;
    let demand = grouped(&row.demands());
    let says = case.text;
    let name = case.name.trim();
    write!(text, "| {name} | {demand}: {}", says.says).unwrap();
    write!(text, " ([{}])", says.name).unwrap();
    write!(text, " | {} | {}", recorded(&row.recorded), grouped(&row.ours)).unwrap();
    if let Some((versions, why)) = case.not_in {
        write!(text, "; not in {}: {}", ranges(versions), uncapitalised(why)).unwrap();
    }
    writeln!(text, " | {} |", case.differs.unwrap_or("")).unwrap();
}

/// As part of another sentence.
fn uncapitalised(sentence: &str) -> String {
    let mut characters = sentence.trim_end_matches('.').chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

fn recorded(answers: &BTreeMap<u8, Answer>) -> String {
    let each = groups(answers).into_iter();
    let each = each.map(|(answer, versions)| format!("{answer} ({})", listed(&versions)));
    each.collect::<Vec<_>>().join(", ")
}

/// Each answer once, with the versions that have it if not all do.
fn grouped<T: Display + PartialEq>(answers: &BTreeMap<u8, T>) -> String {
    let groups = groups(answers);
    if let [(only, _)] = &groups[..] {
        return only.to_string();
    }
    let each = groups.iter().map(|(answer, of)| format!("{answer} ({})", ranges(of)));
    each.collect::<Vec<_>>().join(", ")
}

fn groups<T: PartialEq>(answers: &BTreeMap<u8, T>) -> Vec<(&T, Vec<u8>)> {
    let mut groups: Vec<(&T, Vec<u8>)> = Vec::new();
    for (version, answer) in answers {
        match groups.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, versions)) => versions.push(*version),
            None => groups.push((answer, vec![*version])),
        }
    }
    groups
}

fn listed(versions: &[u8]) -> String {
    versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// `1–5, 7`
fn ranges(versions: &[u8]) -> String {
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    for version in versions {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *version => *last = *version,
            _ => ranges.push((*version, *version)),
        }
    }
    let each = ranges.iter().map(|(first, last)| {
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    });
    each.collect::<Vec<_>>().join(", ")
}

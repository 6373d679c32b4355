//! All rules of all versions as one table.

use std::fmt::Write as _;

use exeunt_version::{Capabilities, RoomVersion, SPECIFICATION};

use super::Rule;

/// The document `docs/RULES.md`.
pub fn table_markdown() -> String {
    let versions: Vec<RoomVersion> = RoomVersion::all().collect();
    let mut text = format!(
        "# The authorisation rules\n\n\
        Every verdict names one of these {} rules. The columns on the right give the number that \
        the rule has in each room version, counted as in {SPECIFICATION} of the specification, to \
        which the heads of the columns link. Where there is `–`, the version does not have the \
        rule; where there is `·`, it says the rule outside the numbered list. A rule that *allows* \
        or *rejects* ends the matter if its sentence is true of the event; one that *decides* \
        allows the event if its condition holds, and rejects it otherwise.\n\n\
        This file is written by `exeunt rules --markdown > docs/RULES.md`.\n\n\
        | rule | name | effect |",
        Rule::ALL.len(),
    );
    for version in &versions {
        let link = Rule::Otherwise.link(version.page());
        write!(text, " [{version}]({link}) |").unwrap_or_default();
    }
    text.push_str("\n|---|---|---|");
    text.push_str(&"---|".repeat(versions.len()));
    text.push('\n');
    for rule in Rule::ALL {
        let (sentence, effect) = (rule.sentence(), rule.effect());
        write!(text, "| {sentence} | `{rule}` | {effect} |").unwrap_or_default();
        for version in &versions {
            write!(text, " {} |", cell(*rule, &version.capabilities)).unwrap_or_default();
        }
        text.push('\n');
    }
    text
}

fn cell(rule: Rule, capabilities: &Capabilities) -> String {
    match rule.number(capabilities) {
        Some(number) => number.to_string(),
        None if rule.exists_in(capabilities) => "·".to_owned(),
        None => "–".to_owned(),
    }
}

//! `exeunt rules`: the rule table.

use std::io::Write;

use clap::Args;
use exeunt_auth::{Rule, table_markdown};
use exeunt_version::{Readings, RoomVersion};

use crate::version_argument::room_version;
use crate::{Failure, Outcome};

/// Print the authorisation rules with their numbers, sentences and links.
///
/// Numbers are those of the page of a room version, so that a rule may have another in each. Exit
/// status: 0, or 2 on wrong usage.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The room version: 1 to 12, or the path of a TOML file that defines one.
    #[arg(long, value_name = "V")]
    room_version: Option<String>,
    /// Only this rule: a number such as 5.3.1, or a name such as join-banned.
    #[arg(long, value_name = "N")]
    rule: Option<String>,
    /// The whole table as Markdown: docs/RULES.md.
    #[arg(long, conflicts_with_all = ["room_version", "rule", "readings"])]
    markdown: bool,
    /// The readings instead of the rules: where the text is ambiguous, and the choices.
    #[arg(long, conflicts_with_all = ["room_version", "rule"])]
    readings: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    if arguments.markdown {
        write!(out, "{}", table_markdown())?;
        return Ok(Outcome::Clean);
    }
    if arguments.readings {
        write!(out, "{}", Readings::markdown())?;
        return Ok(Outcome::Clean);
    }
    let versions = match &arguments.room_version {
        Some(argument) => vec![room_version(argument)?],
        None => RoomVersion::all().collect(),
    };
    let rules = match &arguments.rule {
        Some(asked) => find(asked, &versions)?,
        None => Rule::ALL.to_vec(),
    };
    let exists = |rule: &Rule| versions.iter().any(|v| rule.exists_in(&v.capabilities));
    for rule in rules.into_iter().filter(exists) {
        print(rule, &versions, out)?;
    }
    Ok(Outcome::Clean)
}

/// The rules of that number or name.
fn find(asked: &str, versions: &[RoomVersion]) -> Result<Vec<Rule>, Failure> {
    if let Ok(rule) = asked.parse::<Rule>() {
        return Ok(vec![rule]);
    }
    let number = asked.parse().map_err(|_| {
        Failure::Usage(format!(
            "{asked:?} is neither the number of a rule (5.3.1) nor the name of one (join-banned)"
        ))
    })?;
    let mut rules: Vec<_> = versions
        .iter()
        .filter_map(|version| Rule::by_number(&number, &version.capabilities))
        .collect();
    rules.sort_unstable();
    rules.dedup();
    if rules.is_empty() {
        let versions: Vec<_> = versions.iter().map(RoomVersion::id).collect();
        return Err(Failure::Usage(format!(
            "no rule has the number {number} in room version {}",
            versions.join(", ")
        )));
    }
    Ok(rules)
}

fn print(rule: Rule, versions: &[RoomVersion], out: &mut impl Write) -> Result<(), Failure> {
    let numbers = match versions {
        [version] => number(rule, version),
        _ => numbers(rule, versions),
    };
    writeln!(out, "{numbers}  {} ({})", rule.name(), rule.effect())?;
    writeln!(out, "    {}", rule.sentence())?;
    let newest = versions.iter().rfind(|version| rule.exists_in(&version.capabilities));
    if let Some(version) = newest {
        writeln!(out, "    {}", rule.link(version.page()))?;
    }
    Ok(())
}

fn number(rule: Rule, version: &RoomVersion) -> String {
    rule.number(&version.capabilities).map_or("unnumbered".to_owned(), |n| n.to_string())
}

/// `v1–5 5.2.3, v6–7 4.2.3`
fn numbers(rule: Rule, versions: &[RoomVersion]) -> String {
    let mut spans: Vec<(String, &str, &str)> = Vec::new();
    let mut before = None;
    for (at, version) in versions.iter().enumerate() {
        if !rule.exists_in(&version.capabilities) {
            continue;
        }
        let number = number(rule, version);
        match spans.last_mut() {
            Some((same, _, last)) if *same == number && before == at.checked_sub(1) => {
                *last = version.id();
            }
            _ => spans.push((number, version.id(), version.id())),
        }
        before = Some(at);
    }
    let spans = spans.into_iter().map(|(number, first, last)| {
        if first == last {
            format!("v{first} {number}")
        } else {
            format!("v{first}–{last} {number}")
        }
    });
    spans.collect::<Vec<_>>().join(", ")
}

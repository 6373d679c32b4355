//! What a campaign comes to: each law in each room version, and whether that is as expected.

use std::io::{self, Write};

use exeunt_event::json::{Object, Value};
use exeunt_generate::{Campaign, LawReport, Report};
use exeunt_laws::{Expected, Law};
use exeunt_version::{LenientNumbers, RoomVersion};

use super::counterexample::Example;
use super::run::Speed;
use super::{laws_table, rules_table, told};

/// A law in a room version, after a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It should hold, and nothing broke it.
    Held,
    /// It should break, and it did.
    BrokenAsExpected,
    /// Its premise was never met.
    NeverMet,
    /// It should hold, and something broke it.
    Broken,
    /// It should break, and nothing broke it.
    NotBroken,
    /// It has nothing to say in this version.
    Silent,
}

impl Verdict {
    pub(crate) fn of(law: &Law, version: &RoomVersion, found: &LawReport) -> Self {
        match ((law.expected)(version), found.broken, found.met) {
            (Expected::Holds | Expected::Silent(_), 1.., _) => Self::Broken,
            (Expected::Silent(_), 0, _) => Self::Silent,
            (Expected::Holds, 0, 0) => Self::NeverMet,
            (Expected::Holds, 0, _) => Self::Held,
            (Expected::Fails { .. }, 1.., _) => Self::BrokenAsExpected,
            (Expected::Fails { .. }, 0, _) => Self::NotBroken,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::BrokenAsExpected => "broken as expected",
            Self::NeverMet => "never met",
            Self::Broken => "broken",
            Self::NotBroken => "not broken",
            Self::Silent => "silent",
        }
    }

    /// Whether it is something that a run should not end with.
    pub(crate) fn is_finding(self) -> bool {
        matches!(self, Self::Broken | Self::NotBroken)
    }
}

/// The laws of a report, each with its version and verdict.
pub(crate) fn verdicts<'c>(
    campaign: &'c Campaign,
    report: &'c Report,
) -> impl Iterator<Item = (&'c RoomVersion, &'static Law, &'c LawReport, Verdict)> {
    let versions = campaign.versions.iter().zip(&report.versions);
    versions.flat_map(|(version, found)| {
        let laws = campaign.laws.iter().zip(&found.laws);
        laws.map(move |(law, found)| (version, *law, found, Verdict::of(law, version, found)))
    })
}

pub(crate) fn is_clean(campaign: &Campaign, report: &Report) -> bool {
    !verdicts(campaign, report).any(|(_, _, _, verdict)| verdict.is_finding())
}

pub(crate) fn write_text(
    campaign: &Campaign,
    report: &Report,
    examples: &[Example],
    speed: Speed,
    out: &mut impl Write,
) -> io::Result<()> {
    laws_table::write(campaign, report, examples, out)?;
    rules_table::write(campaign, report, out)?;
    write_shapes(report, speed, out)?;
    for (version, law, found, verdict) in verdicts(campaign, report) {
        match verdict {
            Verdict::Broken => {
                writeln!(out, "\nLaw {} is broken in room version {version}.", law.id)?;
                let example = examples.iter().find(|it| it.is_of(law, version));
                if let Some(example) = example {
                    told::write(example, out)?;
                }
            }
            Verdict::NotBroken => writeln!(
                out,
                "\nLaw {} ({}) should break in room version {version}, and none of the {} histories \
                 in which its premise was met broke it: try more.",
                law.id, law.name, found.met
            )?,
            _ => {}
        }
    }
    Ok(())
}

fn write_shapes(report: &Report, speed: Speed, out: &mut impl Write) -> io::Result<()> {
    let sum = |of: fn(&exeunt_generate::Shape) -> u64| -> u64 {
        report.versions.iter().map(|version| of(&version.shape)).sum()
    };
    let histories = sum(|shape| shape.histories);
    let share = |count: u64| {
        let tenths = (count * 1_000).checked_div(histories).unwrap_or_default();
        format!("{}.{} %", tenths / 10, tenths % 10)
    };
    let events = sum(|shape| shape.events);
    let mean = (events * 10).checked_div(histories).unwrap_or_default();
    writeln!(
        out,
        "\nHistories: {histories}, with {}.{} events each; with forks {}, conflicts {}, soft \
         failures {}, rejected events {}.",
        mean / 10,
        mean % 10,
        share(sum(|shape| shape.forks)),
        share(sum(|shape| shape.conflicts)),
        share(sum(|shape| shape.soft_failures)),
        share(sum(|shape| shape.rejections)),
    )?;
    let milliseconds = speed.time.as_millis().max(1);
    let per_second = |count: u64| u128::from(count) * 1_000 / milliseconds;
    let of_this_run = (speed.histories * events).checked_div(histories).unwrap_or_default();
    writeln!(
        out,
        "This run: {} histories in {}.{} s with {} jobs: {} histories, {} events a second.",
        speed.histories,
        milliseconds / 1_000,
        milliseconds % 1_000 / 100,
        speed.jobs,
        per_second(speed.histories),
        per_second(of_this_run),
    )
}

pub(crate) fn write_json(
    campaign: &Campaign,
    report: &Report,
    examples: &[Example],
    out: &mut impl Write,
) -> io::Result<()> {
    for (version, law, found, verdict) in verdicts(campaign, report) {
        let mut line = Object::new();
        line.insert("law", law.id);
        line.insert("name", law.name);
        line.insert("room_version", version.id().to_owned());
        line.insert("verdict", verdict.name());
        line.insert("met", number(found.met));
        line.insert("broken", number(found.broken));
        if let Some(example) = examples.iter().find(|it| it.is_of(law, version)) {
            line.insert("counterexample", example.to_object());
        }
        write_line(&line, out)?;
    }
    let mut last = Object::new();
    last.insert("report", super::report_file::report_object(report));
    write_line(&last, out)
}

pub(crate) fn number(count: u64) -> Value<'static> {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn write_line(line: &Object<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", line.to_canonical(LenientNumbers::Value))
}

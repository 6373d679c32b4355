//! What a campaign comes to: each law in each room version, and whether that is as expected.

use std::io::{self, Write};

use exeunt_event::json::{Object, Value};
use exeunt_generate::{Campaign, LawReport, Mood, Report, VersionReport};
use exeunt_laws::{About, Expected, Law};
use exeunt_version::{LenientNumbers, RoomVersion};

use super::counterexample::Example;
use super::described::Described;
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
    /// It is about what a run has seen, and this one has not seen all.
    Incomplete,
}

impl Verdict {
    fn of(
        campaign: &Campaign,
        (version, in_version): (&RoomVersion, &VersionReport),
        (law, found): (&Law, &LawReport),
    ) -> Self {
        if matches!(law.about, About::Run) {
            // Who keeps to the rules meets few of those that reject.
            return if !campaign.moods.contains(&Mood::Hostile) {
                Self::Silent
            } else if in_version.unseen(version).is_empty() {
                Self::Held
            } else {
                Self::Incomplete
            };
        }
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
            Self::Incomplete => "incomplete",
        }
    }

    /// Whether it is something that a run should not end with.
    pub(crate) fn is_finding(self) -> bool {
        matches!(self, Self::Broken | Self::NotBroken | Self::Incomplete)
    }
}

/// The laws of a report, each with its version and verdict.
pub(crate) fn verdicts<'c>(
    campaign: &'c Campaign,
    report: &'c Report,
) -> impl Iterator<Item = (&'c RoomVersion, &'static Law, &'c LawReport, Verdict)> {
    let versions = campaign.versions.iter().zip(&report.versions);
    versions.flat_map(move |(version, in_version)| {
        let laws = campaign.laws.iter().zip(&in_version.laws);
        laws.map(move |(law, found)| {
            let verdict = Verdict::of(campaign, (version, in_version), (law, found));
            (version, *law, found, verdict)
        })
    })
}

pub(crate) fn is_clean(campaign: &Campaign, report: &Report) -> bool {
    !verdicts(campaign, report).any(|(_, _, _, verdict)| verdict.is_finding())
}

/// Whether something was not seen that should be, which more histories may show.
pub(crate) fn is_missing(campaign: &Campaign, report: &Report) -> bool {
    let is_missing = |verdict| matches!(verdict, Verdict::NotBroken | Verdict::Incomplete);
    verdicts(campaign, report).any(|(_, _, _, verdict)| is_missing(verdict))
}

pub(crate) fn write_text(
    campaign: &Campaign,
    report: &Report,
    examples: &[Example],
    speed: Option<Speed>,
    out: &mut impl Write,
) -> io::Result<()> {
    laws_table::write(campaign, report, examples, out)?;
    rules_table::write(campaign, report, out)?;
    if verdicts(campaign, report).any(|(_, _, _, verdict)| verdict == Verdict::Incomplete) {
        rules_table::write_unseen(campaign, report, out)?;
    }
    write_shapes(report, speed, out)?;
    for (version, law, _, _) in verdicts(campaign, report).filter(|it| it.3 == Verdict::Broken) {
        writeln!(out, "\nLaw {} is broken in room version {version}.", law.id)?;
        if let Some(example) = examples.iter().find(|it| it.is_of(law, version)) {
            told::write(example, out)?;
        }
    }
    for law in &campaign.laws {
        let not_broken: Vec<String> = verdicts(campaign, report)
            .filter(|(_, of, _, verdict)| of.id == law.id && *verdict == Verdict::NotBroken)
            .map(|(version, _, found, _)| format!("{version} ({})", found.met))
            .collect();
        if !not_broken.is_empty() {
            writeln!(
                out,
                "\nLaw {} ({}) should break and did not: try more. Room versions, with the number \
                 of histories in which its premise was met: {}.",
                law.id,
                law.name,
                not_broken.join(", ")
            )?;
        }
        let large: Vec<String> = examples
            .iter()
            .filter(|example| example.law().id == law.id)
            .filter_map(|it| Some(format!("{} ({} > {})", it.version, it.events(), it.beyond()?)))
            .collect();
        if !large.is_empty() {
            writeln!(
                out,
                "\nLaw {} ({}) is broken by smaller histories than were found: try more. Room versions, \
                 with how many events the smallest has and the one described: {}.",
                law.id,
                law.name,
                large.join(", ")
            )?;
        }
    }
    Ok(())
}

fn write_shapes(report: &Report, speed: Option<Speed>, out: &mut impl Write) -> io::Result<()> {
    let sum = |of: fn(&exeunt_generate::Shape) -> u64| -> u64 {
        report.versions.iter().map(|version| of(&version.shape)).sum()
    };
    let histories = sum(|shape| shape.histories);
    let share = |count: u64| {
        let tenths = u128::from(count) * 1_000 / u128::from(histories.max(1));
        format!("{}.{} %", tenths / 10, tenths % 10)
    };
    let events = sum(|shape| shape.events);
    let mean = u128::from(events) * 10 / u128::from(histories.max(1));
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
    let Some(speed) = speed else { return Ok(()) };
    let milliseconds = speed.time.as_millis().max(1);
    let per_second = |count: u128| count.saturating_mul(1_000) / milliseconds;
    // As if all histories of the report were of the same length: it is not known which are whose.
    let of_this_run = u128::from(speed.histories) * u128::from(events);
    let of_this_run = of_this_run.checked_div(u128::from(histories)).unwrap_or_default();
    writeln!(
        out,
        "This run: {} histories in {}.{} s with {} jobs: {} histories, {} events a second.",
        speed.histories,
        milliseconds / 1_000,
        milliseconds % 1_000 / 100,
        speed.jobs,
        per_second(speed.histories.into()),
        per_second(of_this_run),
    )
}

pub(crate) fn write_json(
    described: &Described,
    report: &Report,
    examples: &[Example],
    out: &mut impl Write,
) -> io::Result<()> {
    for (version, law, found, verdict) in verdicts(&described.campaign, report) {
        let mut line = Object::new();
        line.insert("law", law.id);
        line.insert("name", law.name);
        line.insert("room_version", version.id().to_owned());
        line.insert("verdict", verdict.name());
        line.insert("met", number(found.met));
        line.insert("broken", number(found.broken));
        if let Some(example) = examples.iter().find(|it| it.is_of(law, version)) {
            let mut object = example.to_object();
            object.insert("file", example.file_name(described));
            line.insert("counterexample", object);
        }
        write_line(&line, out)?;
    }
    let mut last = Object::new();
    last.insert("campaign", described.to_object());
    last.insert("report", super::report_json::report_object(report));
    write_line(&last, out)
}

pub(crate) fn number(count: u64) -> Value<'static> {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn write_line(line: &Object<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", line.to_canonical(LenientNumbers::Value))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use exeunt_generate::{Counterexample, RuleCount, Size, Smallest};

    use super::super::counterexample::Found;
    use super::*;

    /// What a campaign may have found, written by hand, so that generators do not change it.
    fn found() -> (Campaign, Report) {
        let versions = ["11", "12"].map(|id| RoomVersion::specified(id).unwrap()).to_vec();
        let laws = ["S9", "S1", "F3"].map(|id| exeunt_laws::law(id).unwrap()).to_vec();
        let (moods, size) = (Mood::ALL.to_vec(), Size::default());
        let campaign = Campaign { versions, moods, laws, seed: 1, size };
        let mut report = campaign.report();
        let [older, newer] = report.versions.as_mut_slice() else { panic!("two versions") };
        let set = |law: &mut LawReport, met, broken| {
            (law.met, law.broken) = (met, broken);
            let smallest = Smallest { events: 9, number: u64::MAX };
            law.smallest.extend((broken > 0).then_some(smallest));
        };
        set(&mut older.laws[0], 1_234_567, 1_000_000);
        set(&mut older.laws[1], 999_999_999_999, 0);
        set(&mut older.laws[2], 12, 0);
        set(&mut newer.laws[0], 99_999, 0);
        set(&mut newer.laws[1], 0, 0);
        set(&mut newer.laws[2], 12, 3);
        older.rules.insert("join-public", RuleCount { allowed: 5, rejected: 0 });
        older.rules.insert("leave-own", RuleCount { allowed: 100_000, rejected: 7 });
        newer.rules.insert("power-levels-creator", RuleCount { allowed: 0, rejected: u64::MAX });
        older.shape.histories = 400;
        older.shape.events = 10_000;
        older.shape.forks = 399;
        newer.shape.histories = 400;
        newer.shape.events = 10_004;
        newer.shape.rejections = 1;
        (campaign, report)
    }

    #[test]
    fn the_tables() {
        let (campaign, report) = found();
        let speed = Speed { histories: 400, time: Duration::from_millis(2_500), jobs: 2 };
        let mut out = Vec::new();
        write_text(&campaign, &report, &[], Some(speed), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn a_counterexample_larger_than_the_one_described_is_told() {
        let (campaign, report) = found();
        let (law, version) = (campaign.laws[0], campaign.versions[0].clone());
        let script = campaign.script(0).unwrap().1;
        let history = exeunt_generate::play(&version, &script);
        let tally = exeunt_laws::ask([law], &history).remove(0);
        let events = history.events().len();
        let found = Counterexample { law, number: 0, script, history, tally };
        let example = Example { version, found: Found::Room(found.into()), expected: true };
        let mut out = Vec::new();
        write_text(&campaign, &report, &[example], None, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(events > 3 && out.contains(&format!("✗{events}>3")), "{out}");
        assert!(out.contains(&format!("the one described: 11 ({events} > 3).")), "{out}");
    }

    #[test]
    fn rules_that_never_decided_are_a_finding_if_somebody_breaks_rules() {
        let (mut campaign, _) = found();
        campaign.laws = vec![exeunt_laws::law("F11").unwrap()];
        let verdict = |campaign: &Campaign| {
            let report = campaign.report();
            let first = verdicts(campaign, &report).next().unwrap().3;
            (first, is_clean(campaign, &report))
        };
        assert_eq!(verdict(&campaign), (Verdict::Incomplete, false));
        let mut out = Vec::new();
        write_text(&campaign, &campaign.report(), &[], None, &mut out).unwrap();
        let told =
            "\nleave-own allows: room versions 11, 12\nleave-own rejects: room versions 11, 12\n";
        assert!(String::from_utf8(out).unwrap().contains(told));
        campaign.moods = vec![Mood::Plausible];
        assert_eq!(verdict(&campaign), (Verdict::Silent, true));
    }

    #[test]
    fn a_verdict_is_by_what_is_expected() {
        let (campaign, report) = found();
        let verdicts: Vec<Verdict> = verdicts(&campaign, &report).map(|it| it.3).collect();
        assert_eq!(
            verdicts,
            [
                Verdict::BrokenAsExpected,
                Verdict::Held,
                Verdict::NotBroken,
                Verdict::Held,
                Verdict::NeverMet,
                Verdict::BrokenAsExpected,
            ]
        );
        assert!(!is_clean(&campaign, &report));
    }
}

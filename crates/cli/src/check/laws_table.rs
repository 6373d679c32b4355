//! The table of laws by room version.

use std::io::{self, Write};

use exeunt_generate::{Campaign, Report};
use exeunt_laws::About;

use super::counterexample::Example;
use super::verdict::{Verdict, verdicts};

pub(crate) fn write(
    campaign: &Campaign,
    report: &Report,
    examples: &[Example],
    out: &mut impl Write,
) -> io::Result<()> {
    let name = |law: &exeunt_laws::Law| format!("{} {}", law.id, law.name);
    let width = campaign.laws.iter().map(|law| name(law).len()).max().unwrap_or(0);
    write!(out, "{:width$}", "law")?;
    for version in &campaign.versions {
        write!(out, " {:>6}", version.id())?;
    }
    writeln!(out)?;
    for row in &campaign.laws {
        write!(out, "{:width$}", name(row))?;
        let cells = verdicts(campaign, report).filter(|(_, law, ..)| law.id == row.id);
        for (version, law, found, verdict) in cells {
            let example = examples.iter().find(|it| it.is_of(law, version));
            let events = || example.map_or(0, Example::events);
            let cell = match verdict {
                Verdict::Held if matches!(law.about, About::Run) => "all".to_owned(),
                Verdict::Held => short(found.met),
                Verdict::BrokenAsExpected => match example.and_then(Example::beyond) {
                    Some(described) => format!("✗{}>{described}", events()),
                    None => format!("✗{}", events()),
                },
                Verdict::Broken => format!("!{}", events()),
                Verdict::NotBroken | Verdict::Incomplete => "?".to_owned(),
                Verdict::NeverMet | Verdict::Silent => "·".to_owned(),
            };
            write!(out, " {cell:>6}")?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "\nA number: held, in so many histories in which its premise was met. ✗n: broken as expected, \
         with n events at the smallest;\n✗n>m: where one with m is described. !n: broken where it \
         should hold. ?: not broken where it should break, or a rule\nnever decided. ·: nothing to \
         say, or never met."
    )
}

/// A count in at most five characters.
pub(crate) fn short(count: u64) -> String {
    let units = [(1_000, 'k'), (1_000_000, 'M'), (1_000_000_000, 'G'), (1_000_000_000_000, 'T')];
    if count < 100_000 {
        return count.to_string();
    }
    let of = |(unit, letter): (u64, char)| {
        let count = count / unit;
        (count < 10_000).then(|| format!("{count}{letter}"))
    };
    units.into_iter().find_map(of).unwrap_or_else(|| "many".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        for (count, written) in [
            (0, "0"),
            (99_999, "99999"),
            (100_000, "100k"),
            (9_999_999, "9999k"),
            (10_000_000, "10M"),
            (12_345_678_901, "12G"),
            (9_999_000_000_000_000, "9999T"),
            (u64::MAX, "many"),
        ] {
            assert_eq!(short(count), written);
        }
    }
}

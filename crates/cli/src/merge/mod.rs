//! `exeunt merge`: adds the reports of a campaign's parts up.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::check::described::Described;
use crate::check::report_file::{Saved, difference, must_be_free};
use crate::check::{Told, cores, tell};
use crate::{Failure, Outcome};

/// Add up the reports that the parts of a campaign wrote: `exeunt check --shard I/N --out DIR`.
///
/// All parts must be there, each once, and each must have come to its end. The sum is what one run
/// of the whole campaign would have found, and is printed as `exeunt check` prints it.
///
/// Exit status: 0 if every law is as expected, 1 if not, 2 if reports cannot be read or added up,
/// or the sum cannot be written.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folders of the parts.
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Where to write the sum and the counterexamples.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print JSON Lines: a law and room version a line, and the counts in the last.
    #[arg(long)]
    json: bool,
}

/// How many parts are named that are missing.
const MOST_NAMED: usize = 8;

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let folder = arguments.out.as_deref();
    if let Some(folder) = folder {
        must_be_free(folder, "choose another folder")?;
    }
    let parts = parts(&arguments.folders)?;
    let sum = Saved::sum(&parts);
    let sum = sum.ok_or_else(|| Failure::Usage("the parts do not add up".to_owned()))?;
    let described = Described::from_object(&sum.campaign).map_err(Failure::Usage)?;
    if let Some(folder) = folder {
        sum.write(folder)?;
    }
    let told = Told { folder, speed: None, jobs: cores(), is_json: arguments.json };
    tell(&described, &sum, &told, None, out)
}

/// The reports, one of each part, in order.
fn parts(folders: &[PathBuf]) -> Result<Vec<Saved>, Failure> {
    let usage = |message: String| Err(Failure::Usage(message));
    let mut parts: BTreeMap<u64, (&PathBuf, Saved)> = BTreeMap::new();
    let mut first: Option<(&PathBuf, Saved)> = None;
    for folder in folders {
        let saved = Saved::read(folder)?;
        let here = folder.display();
        let (there, known) = first.get_or_insert_with(|| (folder, saved.clone()));
        let there = there.display();
        if known.campaign != saved.campaign {
            let differs = difference(&saved.campaign, &known.campaign);
            return usage(format!("{here} is of another campaign than {there}: {differs}"));
        }
        if known.shard.of != saved.shard.of {
            let (one, other) = (saved.shard, known.shard);
            return usage(format!("{here} is of part {one}, and {there} of part {other}"));
        }
        if known.histories != saved.histories {
            let told = |histories: Option<u64>| match histories {
                Some(histories) => format!("ends after {histories} histories"),
                None => "ends by time".to_owned(),
            };
            let (one, other) = (told(saved.histories), told(known.histories));
            return usage(format!("the campaign of {here} {one}, and that of {there} {other}"));
        }
        let (done, whole) = (saved.done(), saved.whole());
        if let Some(whole) = whole.filter(|whole| *whole != done) {
            return usage(format!(
                "{here} is not complete: it has {done} of {whole} histories; go on with \
                 `exeunt check --resume`"
            ));
        }
        let shard = saved.shard;
        if let Some((there, _)) = parts.insert(shard.number, (folder, saved)) {
            let there = there.display();
            return usage(format!("part {shard} is there twice: {there} and {here}"));
        }
    }
    let of = parts.values().next().map_or(0, |(_, saved)| saved.shard.of);
    let missing: Vec<u64> = (1..=of).filter(|number| !parts.contains_key(number)).collect();
    match missing.as_slice() {
        [] => {}
        [number] => return usage(format!("part {number}/{of} is missing")),
        numbers => {
            let named = numbers.iter().take(MOST_NAMED).map(|number| format!("{number}/{of}"));
            let named: Vec<String> = named.collect();
            let more = match numbers.len().saturating_sub(MOST_NAMED) {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            return usage(format!("parts {}{more} are missing", named.join(", ")));
        }
    }
    Ok(parts.into_values().map(|(_, saved)| saved).collect())
}

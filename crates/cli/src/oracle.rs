//! `exeunt oracle`: the line protocol, answering side.
//!
//! One JSON object a line in, one a line out, in order, each flushed. Whatever arrives, it answers
//! and goes on; it ends with the input.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use exeunt_conformance::{Oracle, too_long};
use exeunt_version::RoomVersion;

use crate::lines::{self, Line};
use crate::version_argument::defined;
use crate::{Failure, Outcome};

/// A question may be a whole room, but memory is finite.
const LONGEST_LINE: usize = 1 << 29;

/// Answer questions about events and rooms, one JSON object a line.
///
/// They are read on standard input and answered in order on standard output (docs/PROTOCOL.md), until
/// the input ends. Exit status: 0.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A TOML file that defines a further room version; may be repeated.
    #[arg(long = "define", value_name = "FILE")]
    definitions: Vec<PathBuf>,
    /// Answer as an implementation that makes this mistake (docs/MUTANTS.md).
    #[cfg(feature = "mutants")]
    #[arg(long, value_name = "NAME")]
    mutant: Option<exeunt_version::Mutant>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    #[cfg(feature = "mutants")]
    if let Some(mutant) = arguments.mutant {
        return mutant.everywhere(|| converse(arguments, out));
    }
    converse(arguments, out)
}

fn converse(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let mut versions: Vec<_> = RoomVersion::all().collect();
    for path in &arguments.definitions {
        let version = defined(path)?;
        if versions.iter().any(|known| known.id() == version.id()) {
            let (path, id) = (path.display(), version.id());
            let message =
                format!("{path}: there is a room version {id:?} already; give another id");
            return Err(Failure::Usage(message));
        }
        versions.push(version);
    }
    let oracle = Oracle::new(versions);
    let mut input = io::stdin().lock();
    loop {
        let line = lines::next(&mut input, LONGEST_LINE)
            .map_err(|error| Failure::Usage(format!("standard input cannot be read: {error}")))?;
        let answer = match line {
            None => return Ok(Outcome::Clean),
            Some(Line::TooLong(length)) => too_long(length, LONGEST_LINE),
            Some(Line::Bytes(bytes)) => oracle.answer(&bytes),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
}

//! The command `exeunt`.

mod check;
mod conform;
mod duel;
mod duration;
mod handshake;
mod lines;
mod merge;
mod mood;
mod oracle;
mod peer;
mod progress;
mod reasons;
mod replay;
mod resolve;
mod rules;
mod vectors;
mod verify;
mod version_argument;
mod whole;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// Playing histories allocates much that is small and goes soon.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The executable reference model of Matrix rooms.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What each does is said by its arguments: a comment here would take the place of all of that.
#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
    Replay(replay::Arguments),
    Merge(merge::Arguments),
    Verify(verify::Arguments),
    Resolve(resolve::Arguments),
    Rules(rules::Arguments),
    Handshake(handshake::Arguments),
    Oracle(oracle::Arguments),
    Conform(conform::Arguments),
    Duel(duel::Arguments),
    Vectors(vectors::Arguments),
}

/// What a command ends with, unless it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing was found.
    Clean,
    /// Something was found.
    Findings,
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Wrong usage, or input that cannot be read.
    #[error("{0}")]
    Usage(String),
    /// Whoever reads the output went away.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// What a file or folder has that cannot be used.
    fn about(path: &Path, what: impl fmt::Display) -> Self {
        Self::Usage(format!("{}: {what}", path.display()))
    }

    /// A file or folder that cannot be written.
    fn unwritable(path: &Path, error: &io::Error) -> Self {
        Self::Usage(format!("{} cannot be written: {error}", path.display()))
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = match &arguments.command {
        Command::Check(arguments) => check::run(arguments, &mut out),
        Command::Replay(arguments) => replay::run(arguments, &mut out),
        Command::Merge(arguments) => merge::run(arguments, &mut out),
        Command::Verify(arguments) => verify::run(arguments, &mut out),
        Command::Resolve(arguments) => resolve::run(arguments, &mut out),
        Command::Rules(arguments) => rules::run(arguments, &mut out),
        Command::Handshake(arguments) => handshake::run(arguments, &mut out),
        Command::Oracle(arguments) => oracle::run(arguments, &mut out),
        Command::Conform(arguments) => conform::run(arguments, &mut out),
        Command::Duel(arguments) => duel::run(arguments, &mut out),
        Command::Vectors(arguments) => vectors::run(arguments, &mut out),
    };
    let result = result.and_then(|outcome| out.flush().map(|()| outcome).map_err(Into::into));
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        // `exeunt … | head` is no failure worth a message.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(2)
        }
        Err(failure) => {
            eprintln!("exeunt: {failure}");
            ExitCode::from(2)
        }
    }
}

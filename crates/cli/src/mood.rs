//! Moods of histories as arguments.

use exeunt_generate::Mood;

/// A mood.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum MoodArgument {
    Plausible,
    Hostile,
}

/// That mood, or without one all.
pub(crate) fn moods(argument: Option<MoodArgument>) -> Vec<Mood> {
    match argument {
        None => Mood::ALL.to_vec(),
        Some(MoodArgument::Plausible) => vec![Mood::Plausible],
        Some(MoodArgument::Hostile) => vec![Mood::Hostile],
    }
}

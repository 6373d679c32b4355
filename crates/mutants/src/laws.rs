//! The laws against a mutant: the histories that `exeunt check` tries, of rooms that make a mistake.

use exeunt_generate::{Campaign, Mood, Size};
use exeunt_laws::{Expected, Law, Parts, all};
use exeunt_version::{Mutant, RoomVersion};

/// A law that a mutant broke.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    /// The law.
    pub law: &'static Law,
    /// After how many histories, that which broke it among them.
    pub histories: u64,
}

/// The campaign that the command runs unless it is told otherwise.
fn campaign(mutant: Mutant) -> Campaign {
    Campaign {
        versions: RoomVersion::all().map(|version| version.with_mutant(mutant)).collect(),
        moods: Mood::ALL.to_vec(),
        laws: all().filter(|law| !law.is_about_networks()).collect(),
        seed: 1,
        size: Size::default(),
    }
}

/// The law that a history of the campaign breaks, of those that hold of the model.
fn broken(campaign: &Campaign, laws: &[&'static Law], number: u64) -> Option<&'static Law> {
    let (version, script) = campaign.script(number)?;
    let history = exeunt_generate::play(version, &script);
    let holds = |law: &&Law| (law.expected)(version) == Expected::Holds;
    let laws = || laws.iter().copied().filter(holds);
    let tallies = Parts::new(&history).ask(laws());
    let mut asked = laws().zip(tallies);
    asked.find(|(_, tally)| tally.broken.is_some()).map(|(law, _)| law)
}

/// The first law that holds of the model and not of the mutant, of so many histories at most.
pub fn first_kill(mutant: Mutant, most: u64) -> Option<Kill> {
    let campaign = campaign(mutant);
    let broken = |number| broken(&campaign, &campaign.laws, number);
    (0..most).find_map(|number| broken(number).map(|law| Kill { law, histories: number + 1 }))
}

/// Whether the law kills the mutant: with that history, or, as histories are others once they are
/// generated otherwise, within ten times as many and at least a thousand.
pub fn is_killed_again(mutant: Mutant, kill: &Kill) -> bool {
    let campaign = campaign(mutant);
    let breaks = |number| broken(&campaign, &[kill.law], number).is_some();
    let last = kill.histories.saturating_sub(1);
    breaks(last) || (0..kill.histories.saturating_mul(10).max(1_000)).any(breaks)
}

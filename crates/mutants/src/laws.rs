//! The laws against a mutant: the histories that `exeunt check` tries, of rooms that make a mistake.

use exeunt_generate::{Campaign, Mood, Size};
use exeunt_laws::{Expected, Law, all};
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
pub fn campaign(mutant: Mutant) -> Campaign {
    Campaign {
        versions: RoomVersion::all().map(|version| version.with_mutant(mutant)).collect(),
        moods: Mood::ALL.to_vec(),
        laws: all().collect(),
        seed: 1,
        size: Size::default(),
    }
}

/// The first law that holds of the model and not of the mutant, of so many histories at most.
pub fn first_kill(mutant: Mutant, most: u64) -> Option<Kill> {
    let campaign = campaign(mutant);
    let holds = |law: &&Law, version: &RoomVersion| (law.expected)(version) == Expected::Holds;
    (0..most).find_map(|number| {
        let (version, script) = campaign.script(number)?;
        let history = exeunt_generate::play(version, &script);
        let laws = campaign.laws.iter().copied().filter(|law| holds(law, version));
        let tallies = exeunt_laws::Parts::new(&history);
        let law = laws.clone().zip(tallies.ask(laws)).find(|(_, tally)| tally.broken.is_some());
        law.map(|(law, _)| Kill { law, histories: number + 1 })
    })
}

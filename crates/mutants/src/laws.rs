//! The laws against a mutant: the histories that `exeunt check` tries, of rooms and of networks that
//! make a mistake.

use exeunt_generate::{Campaign, Mood, Size, play, play_network};
use exeunt_laws::{Expected, Law, Parts, all, ask_network};
use exeunt_version::{Mutant, RoomVersion};

/// A law that a mutant broke.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    /// The law.
    pub law: &'static Law,
    /// After how many histories, that which broke it among them: of rooms, or of networks if the
    /// law is about these.
    pub histories: u64,
}

/// The campaign that the command runs unless it is told otherwise, with the laws about rooms or with
/// those about networks.
fn campaign(mutant: Mutant, is_of_networks: bool) -> Campaign {
    Campaign {
        versions: RoomVersion::all().map(|version| version.with_mutant(mutant)).collect(),
        moods: Mood::ALL.to_vec(),
        laws: all().filter(|law| law.is_about_networks() == is_of_networks).collect(),
        seed: 1,
        size: Size::default(),
    }
}

/// The law that a history of the campaign breaks, of those that hold of the model.
fn broken(campaign: &Campaign, laws: &[&'static Law], number: u64) -> Option<&'static Law> {
    let holds = |law: &&Law, version: &RoomVersion| (law.expected)(version) == Expected::Holds;
    let (laws, tallies) = if campaign.is_network(number) {
        let (version, script) = campaign.network_script(number)?;
        let laws: Vec<_> = laws.iter().copied().filter(|law| holds(law, version)).collect();
        let tallies = ask_network(laws.iter().copied(), &play_network(version, &script));
        (laws, tallies)
    } else {
        let (version, script) = campaign.script(number)?;
        let laws: Vec<_> = laws.iter().copied().filter(|law| holds(law, version)).collect();
        let tallies = Parts::new(&play(version, &script)).ask(laws.iter().copied());
        (laws, tallies)
    };
    let mut asked = laws.into_iter().zip(tallies);
    asked.find(|(_, tally)| tally.broken.is_some()).map(|(law, _)| law)
}

/// The first law that holds of the model and not of the mutant, of so many histories of rooms at
/// most and then of so many networks.
pub fn first_kill(mutant: Mutant, rooms: u64, networks: u64) -> Option<Kill> {
    [(rooms, false), (networks, true)].into_iter().find_map(|(most, is_of_networks)| {
        let campaign = campaign(mutant, is_of_networks);
        let broken = |number| broken(&campaign, &campaign.laws, number);
        (0..most).find_map(|number| broken(number).map(|law| Kill { law, histories: number + 1 }))
    })
}

/// Whether the law kills the mutant: with that history, or, as histories are others once they are
/// generated otherwise, within ten times as many and at least a thousand.
pub fn is_killed_again(mutant: Mutant, kill: &Kill) -> bool {
    let campaign = campaign(mutant, kill.law.is_about_networks());
    let breaks = |number| broken(&campaign, &[kill.law], number).is_some();
    let last = kill.histories.saturating_sub(1);
    breaks(last) || (0..kill.histories.saturating_mul(10).max(1_000)).any(breaks)
}

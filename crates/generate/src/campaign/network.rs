//! Networks of homeservers in a campaign.

use exeunt_homeserver::Homeserver;
use exeunt_laws::{Law, NetworkHistory, Tally, ask_network};
use exeunt_room::{Room, Standing};
use exeunt_version::RoomVersion;
use proptest::strategy::{Strategy as _, ValueTree as _};

use super::{Campaign, Report, Shape, Smallest};
use crate::{NetworkScript, network_scripts, play_network, shrink_network};

/// Of so many histories one is a network, where a campaign has laws about both: it takes as long as
/// a dozen of the others.
const ONE_OF: u64 = 32;

/// A counterexample to a law about networks, as small as it could be made.
#[derive(Clone, Debug)]
pub struct NetworkCounterexample {
    /// The law.
    pub law: &'static Law,
    /// The number of the history that it was made of.
    pub number: u64,
    /// The script.
    pub script: NetworkScript,
    /// The history.
    pub history: NetworkHistory,
    /// Where the law broke.
    pub tally: Tally,
}

impl Campaign {
    /// Whether the history of a number is that of a network: none is if no law of the campaign is
    /// about networks, and each is if all are.
    pub fn is_network(&self, number: u64) -> bool {
        let count =
            |is_it: bool| self.laws.iter().filter(|law| law.is_about_networks() == is_it).count();
        let (networks, others) = (count(true), count(false));
        if networks == 0 || others == 0 {
            return networks > 0;
        }
        let turn = u64::try_from(self.versions.len() * self.moods.len()).unwrap_or(1).max(1);
        // In turn for each version and mood, and not for all of them at once.
        (number / turn).wrapping_add(number % turn) % ONE_OF == ONE_OF - 1
    }

    /// The room version of a network's history, and its script.
    pub fn network_script(&self, number: u64) -> Option<(&RoomVersion, NetworkScript)> {
        let (version, mood) = self.version_and_mood(number)?;
        let mut runner = self.runner(b"exeunt network", number);
        // Nothing in these strategies is ever filtered out.
        let script = network_scripts(mood, self.size).new_tree(&mut runner).ok()?.current();
        Some((version, script))
    }

    /// Plays a network, and adds what the laws say of it to a report of this campaign.
    pub(super) fn run_network(&self, number: u64, report: &mut Report) {
        let Some((version, script)) = self.network_script(number) else { return };
        let Some(of_version) = self.of_version(number, report) else { return };
        let history = play_network(version, &script);
        let tallies = ask_network(self.laws.iter().copied(), &history);
        let events = history.events().len();
        for (law, tally) in of_version.laws.iter_mut().zip(tallies) {
            law.count(&tally, Smallest { events, number });
        }
        of_version.shape.count_network(&history, events);
    }

    /// The network of a number that breaks a law, made small; `None` if it does not break it.
    /// `most` bounds how many histories are tried.
    pub fn network_counterexample(
        &self,
        law: &'static Law,
        number: u64,
        most: usize,
    ) -> Option<NetworkCounterexample> {
        let (version, script) = self.network_script(number)?;
        let tally = |script: &NetworkScript| {
            let history = play_network(version, script);
            let tally = ask_network([law], &history).into_iter().next().unwrap_or_default();
            (history, tally)
        };
        tally(&script).1.broken.as_ref()?;
        let script = shrink_network(&script, most, |script| tally(script).1.broken.is_some());
        let (history, tally) = tally(&script);
        Some(NetworkCounterexample { law, number, script, history, tally })
    }
}

impl Shape {
    /// Counts a network that has so many events.
    fn count_network(&mut self, history: &NetworkHistory, events: usize) {
        let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
        let network = history.network();
        let rooms = || network.servers().flat_map(Homeserver::rooms).map(|(_, room)| room);
        self.histories += 1;
        self.events += count(events);
        self.arrivals += count(rooms().map(|room| room.log().len()).sum());
        self.forks += u64::from(rooms().any(has_fork));
        self.conflicts += u64::from(rooms().any(has_conflict));
        let has = |is: fn(&Standing) -> bool| {
            let any = |room: &Room| {
                let mut records = room.dag().events().filter_map(|number| room.dag().get(number));
                records.any(|record| is(record.standing()))
            };
            u64::from(rooms().any(any))
        };
        self.soft_failures += has(|standing| matches!(standing, Standing::SoftFailed(_)));
        self.rejections += has(Standing::is_rejected);
    }
}

fn has_fork(room: &Room) -> bool {
    let dag = room.dag();
    room.forward_extremities().len() > 1
        || dag.events().any(|number| dag.prev().parents(number).len() > 1)
}

fn has_conflict(room: &Room) -> bool {
    let dag = room.dag();
    dag.events().any(|number| {
        let parents = dag.prev().parents(number).iter();
        let states: Vec<_> = parents.filter_map(|parent| dag.get(*parent)?.state_after()).collect();
        states.windows(2).any(|pair| !pair[0].is_same(pair[1]))
    })
}

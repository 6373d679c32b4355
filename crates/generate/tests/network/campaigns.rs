//! Networks in campaigns.

use exeunt_generate::{Campaign, Mood, Size, play_network};
use exeunt_homeserver::{Done, Told};
use exeunt_laws::{About, Answer, Expected, Law, NetworkHistory, Tally, Witness, all, law};
use exeunt_version::RoomVersion;

/// A law that fails, as none that is expected to hold would be found broken.
static NOBODY_LEAVES: Law = Law {
    id: "X1",
    name: "nobody-leaves-untold",
    sentence: "Whoever leaves, somebody in the room is told.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#leaving-rooms-rejecting-invites",
    expected: |_| Expected::Fails { case: "a leave that is lost", events: 5 },
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    let told = history.network().told();
    told.map(|told| match told {
        Told::Outcome { outcome: Ok(Done::LeftUntold { .. }), .. } => {
            Answer::Broken(Witness::new("nobody is told", []))
        }
        Told::Outcome { .. } => Answer::Kept,
        Told::Edu { .. } => Answer::Silent,
    })
    .collect()
}

fn campaign(laws: Vec<&'static Law>) -> Campaign {
    Campaign {
        versions: ["1", "11", "12"].map(|id| RoomVersion::specified(id).unwrap()).into(),
        moods: Mood::ALL.into(),
        laws,
        seed: 5,
        size: Size { steps: (4, 24), servers: (2, 3) },
    }
}

#[test]
fn numbers_are_networks_by_what_the_laws_are_about() {
    let networks = |laws: &[&str]| {
        let campaign = campaign(laws.iter().map(|id| law(id).unwrap()).collect());
        (0..960).filter(|number| campaign.is_network(*number)).collect::<Vec<u64>>()
    };
    assert_eq!(networks(&["S1", "F1"]), []);
    assert_eq!(networks(&["F5", "F15"]).len(), 960);
    let some = networks(&["S1", "F5"]);
    assert_eq!(some.len(), 30);
    // As many of each version and mood.
    for turn in 0..6 {
        assert_eq!(some.iter().filter(|number| *number % 6 == turn).count(), 5, "{some:?}");
    }
}

#[test]
fn a_number_is_the_same_network_in_every_campaign_of_one_seed() {
    let one = campaign(vec![law("F5").unwrap()]);
    let other = campaign(all().collect());
    for number in 0..12 {
        let ((version, script), (again, same)) =
            (one.network_script(number).unwrap(), other.network_script(number).unwrap());
        assert_eq!((version.id(), &script), (again.id(), &same));
        assert_eq!(script.setup.has_rogue, number / 3 % 2 == 1, "every other turn is hostile");
        let reseeded = Campaign { seed: 6, ..one.clone() };
        assert_ne!(reseeded.network_script(number).unwrap().1, script);
    }
}

#[test]
fn networks_are_counted() {
    let campaign = campaign(vec![law("F6").unwrap(), law("F7").unwrap()]);
    let mut report = campaign.report();
    (0..18).for_each(|number| campaign.run(number, &mut report));
    for version in &report.versions {
        assert_eq!(version.shape.histories, 6);
        assert!(version.shape.events > 12 && version.shape.arrivals > version.shape.events);
        assert!(version.laws.iter().all(|law| law.met > 0 && law.broken == 0), "{version:?}");
    }
}

#[test]
fn a_law_that_breaks_has_a_small_counterexample() {
    let campaign = campaign(vec![&NOBODY_LEAVES]);
    let mut report = campaign.report();
    (0..240).for_each(|number| campaign.run(number, &mut report));
    let mut found = 0;
    for version in &report.versions {
        let Some(smallest) = version.laws[0].smallest.first() else { continue };
        let number = smallest.number;
        let small = campaign.network_counterexample(&NOBODY_LEAVES, number, 2_000).unwrap();
        let (of, script) = campaign.network_script(number).unwrap();
        assert!(small.tally.broken.is_some() && small.script.steps.len() <= script.steps.len());
        assert_eq!(of.id(), version.version);
        let again = play_network(of, &small.script);
        assert_eq!(again.steps.len(), small.history.steps.len());
        assert!(small.history.events().len() <= smallest.events);
        found += 1;
    }
    assert!(found > 0, "{report:?}");
    assert!(campaign.network_counterexample(law("F5").unwrap(), 0, 10).is_none());
}

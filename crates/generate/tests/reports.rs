//! Campaigns: histories by number, and reports that add up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use exeunt_auth::{Effect, Rule};
use exeunt_generate::{Campaign, Mood, Report, Size, play};
use exeunt_laws::all;
use exeunt_version::RoomVersion;
use proptest::prelude::*;

fn campaign(seed: u64) -> Campaign {
    let versions = ["1", "8", "11", "12"].map(|id| RoomVersion::specified(id).unwrap());
    let laws = all().filter(|law| ["S1", "S9", "R7", "R8", "F1", "F3"].contains(&law.id));
    let size = Size { steps: (2, 8), servers: (2, 3) };
    Campaign {
        versions: versions.into(),
        moods: Mood::ALL.into(),
        laws: laws.collect(),
        seed,
        size,
    }
}

fn report(campaign: &Campaign, numbers: impl IntoIterator<Item = u64>) -> Report {
    let mut report = campaign.report();
    for number in numbers {
        campaign.run(number, &mut report);
    }
    report
}

#[test]
fn a_number_is_the_same_history_in_every_campaign_of_one_seed() {
    for number in 0..24 {
        let (one, other) = (campaign(7), campaign(7));
        let (version, script) = one.script(number).unwrap();
        let (again, same) = other.script(number).unwrap();
        assert_eq!((version.id(), &script), (again.id(), &same));
        let (history, again) = (play(version, &script), play(again, &same));
        for (one, other) in history.servers.iter().zip(&again.servers) {
            assert_eq!(one.room.fingerprint(), other.room.fingerprint());
        }
        assert_ne!(campaign(8).script(number).unwrap().1, script);
    }
}

#[test]
fn histories_take_turns_with_versions_and_moods() {
    let campaign = campaign(1);
    let report = report(&campaign, 0..16);
    for version in &report.versions {
        assert_eq!(version.shape.histories, 4);
        assert!(version.shape.events > 8);
        assert!(version.shape.arrivals > version.shape.events);
        assert!(version.laws.iter().any(|law| law.met > 0));
    }
}

#[test]
fn the_smallest_histories_that_break_a_law_are_kept_in_order() {
    let campaign = campaign(1);
    let report = report(&campaign, 0..96);
    let mut most = 0;
    for law in report.versions.iter().flat_map(|version| &version.laws) {
        let kept = &law.smallest;
        assert_eq!(u64::try_from(kept.len()).unwrap(), law.broken.min(6), "{law:?}");
        assert!(kept.is_sorted_by(|one, other| one < other), "{law:?}");
        most = most.max(law.broken);
    }
    assert!(most > 6, "no law is broken that often");
}

#[test]
fn rules_that_never_decided_are_told() {
    let campaign = campaign(1);
    let unseen = |report: &Report| {
        let of = campaign.versions.iter().zip(&report.versions);
        of.map(|(version, found)| found.unseen(version)).collect::<Vec<_>>()
    };
    let (nothing, something) = (unseen(&campaign.report()), unseen(&report(&campaign, 0..96)));
    for ((version, all), left) in campaign.versions.iter().zip(&nothing).zip(&something) {
        let has = |rule, effect| all.contains(&(rule, effect));
        assert!(has(Rule::LeaveOwn, Effect::Allows) && has(Rule::LeaveOwn, Effect::Rejects));
        assert!(has(Rule::CreateAllowed, Effect::Allows));
        assert!(!has(Rule::CreateAllowed, Effect::Rejects));
        assert_eq!(has(Rule::KnockAllowed, Effect::Allows), version.capabilities.knocking);
        // No event of another room gets into one.
        assert!(!has(Rule::AuthEventsOtherRoom, Effect::Rejects));
        assert!(left.len() < all.len() && left.iter().all(|it| all.contains(it)));
        assert!(!left.contains(&(Rule::CreateAllowed, Effect::Allows)));
    }
}

#[test]
fn a_report_of_another_campaign_is_not_added() {
    let campaign = campaign(1);
    let mut sum = report(&campaign, 0..4);
    let before = sum.clone();
    let fewer_versions = Campaign { versions: campaign.versions[1..].to_vec(), ..campaign.clone() };
    let other_laws = Campaign { laws: all().take(6).collect(), ..campaign };
    for other in [fewer_versions, other_laws] {
        assert!(!sum.add(&report(&other, 0..4)));
        assert_eq!(sum, before);
    }
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 12))]

    #[test]
    fn reports_add_up_however_the_histories_are_dealt_out(
        seed in any::<u64>(),
        parts in prop::collection::vec(0..4_usize, 12),
        order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
    ) {
        let campaign = campaign(seed);
        let whole = report(&campaign, 0..12);
        let mut sum = campaign.report();
        for part in order {
            let numbers = (0..12_u64).rev().zip(&parts).filter(|(_, of)| **of == part);
            prop_assert!(sum.add(&report(&campaign, numbers.map(|(number, _)| number))));
        }
        prop_assert_eq!(whole, sum);
    }
}

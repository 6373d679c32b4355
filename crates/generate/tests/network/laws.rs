//! No law is broken, and each has something to say.

use std::collections::BTreeMap;

use exeunt_generate::{Mood, play_network};
use exeunt_laws::{ask_network, network::LAWS};
use proptest::prelude::*;

use crate::sample::{any_script, any_version, histories};

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 64))]

    #[test]
    fn no_law_is_broken(script in any_script(), version in any_version()) {
        let history = play_network(&version, &script);
        for (law, tally) in LAWS.iter().zip(ask_network(LAWS, &history)) {
            prop_assert!(tally.broken.is_none(), "{}: {:?}", law.id, tally.broken);
        }
    }
}

#[test]
fn every_law_is_met() {
    let mut met: BTreeMap<&str, u64> = BTreeMap::new();
    for mood in Mood::ALL {
        for history in histories(mood, 96) {
            for (law, tally) in LAWS.iter().zip(ask_network(LAWS, &history)) {
                assert_eq!(tally.broken, None, "{}", law.id);
                *met.entry(law.id).or_default() += u64::from(tally.met > 0);
            }
        }
    }
    eprintln!("{met:?}");
    for law in LAWS {
        assert!(met[law.id] >= 8, "{}: {met:?}", law.id);
    }
}

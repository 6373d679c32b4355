use exeunt_generate::{Campaign, Mood, Size};
use exeunt_laws::{Expected, all};
use exeunt_version::RoomVersion;
#[test]
fn held() {
    let most: u64 = std::env::var("HELD").ok().and_then(|m| m.parse().ok()).unwrap_or(0);
    let campaign = Campaign {
        versions: RoomVersion::all().collect(),
        moods: Mood::ALL.to_vec(),
        laws: all().collect(),
        seed: 1,
        size: Size::default(),
    };
    let mut report = campaign.report();
    for n in 0..most {
        campaign.run(n, &mut report);
    }
    for (version, of) in campaign.versions.iter().zip(&report.versions) {
        for (law, r) in campaign.laws.iter().zip(&of.laws) {
            if (law.expected)(version) == Expected::Holds && r.broken > 0 {
                eprintln!("BROKEN {} {version} {r:?}", law.id);
            }
            if ["S5", "S18", "S19", "S20", "S21", "S22"].contains(&law.id) {
                eprint!("{} {version} met {}; ", law.id, r.met);
            }
        }
        eprintln!();
    }
}
use exeunt_version::Mutant;
#[test]
fn explore() {
    let most: u64 = std::env::var("MOST").ok().and_then(|m| m.parse().ok()).unwrap_or(600);
    let only = std::env::var("ONLY").ok();
    for mutant in Mutant::ALL {
        if only.as_ref().is_some_and(|only| !only.split(',').any(|o| o == mutant.name())) {
            continue;
        }
        let kill = exeunt_mutants::first_kill(*mutant, most);
        eprintln!("{mutant}: {:?}", kill.map(|k| (k.law.id, k.histories)));
    }
}

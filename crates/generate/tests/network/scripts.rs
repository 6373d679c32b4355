//! Of a script any step may be left out, and it may be played in any room version.

use exeunt_generate::{NetworkScript, play_network};
use exeunt_version::RoomVersion;
use proptest::prelude::*;

use crate::sample::{any_script, any_version};

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn every_step_may_be_left_out_and_messages_come_to_an_end(
        script in any_script(),
        version in any_version(),
        at in any::<prop::sample::Index>(),
    ) {
        let mut shorter = script.clone();
        shorter.steps.remove(at.index(shorter.steps.len()));
        for script in [script, shorter] {
            let history = play_network(&version, &script);
            prop_assert!(history.network().in_flight().is_empty());
            let rooms = history.rooms();
            prop_assert_eq!(rooms[0].1.id(), version.id());
            prop_assert_eq!(history.is_settled, script.setup.settles);
        }
    }

    #[test]
    fn a_script_gives_one_history(script in any_script(), version in any_version()) {
        let (one, other) = (play_network(&version, &script), play_network(&version, &script));
        let what = |history: &exeunt_laws::NetworkHistory| {
            history.steps.iter().map(|step| step.what.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(what(&one), what(&other));
    }

    #[test]
    fn a_script_is_read_as_it_was_written(script in any_script()) {
        prop_assert_eq!(NetworkScript::from_object(&script.to_object()), Ok(script));
    }
}

#[test]
fn what_is_no_script_is_not_read() {
    use exeunt_event::json::{Object, Value};
    let script = crate::sample::scripts(exeunt_generate::Mood::Hostile, 1).remove(0);
    let whole = script.to_object();
    for (name, _) in whole.iter() {
        let mut part = whole.clone();
        part.remove(name);
        let error = NetworkScript::from_object(&part).unwrap_err().to_string();
        assert!(error.contains(name), "{name}: {error}");
    }
    let step = |values: Vec<Value<'static>>| {
        let mut changed = whole.clone();
        changed.insert("steps", Value::Array(vec![Value::Array(values)]));
        NetworkScript::from_object(&changed)
    };
    assert!(step(vec![Value::from("heal")]).is_ok());
    for wrong in [
        vec![],
        vec![Value::from(1)],
        vec![Value::from("no such step")],
        vec![Value::from("settle")],
        vec![Value::from("settle"), Value::from(70_000)],
        vec![Value::from("settle"), Value::from("1")],
        vec![Value::from("heal"), Value::from(1)],
    ] {
        assert!(step(wrong.clone()).is_err(), "{wrong:?}");
    }
    let mut odd = Object::new();
    odd.insert("steps", Value::from(1));
    assert!(NetworkScript::from_object(&odd).is_err());
}

#[test]
fn a_version_that_somebody_defined_has_networks() {
    let version = RoomVersion::from_toml("id = \"trial\"\nbase = \"11\"").unwrap();
    for script in crate::sample::scripts(exeunt_generate::Mood::Plausible, 4) {
        let history = play_network(&version, &script);
        assert_eq!(history.rooms()[0].1.id(), "trial");
    }
}

//! What ruma's adapter to the line protocol must know of Exeunt.

use exeunt_ruma_adapter::READINGS;
use exeunt_version::Readings;

/// To tell a reading that ruma does not offer from a name that is none.
#[test]
fn the_adapter_knows_the_readings_by_name() {
    let names: Vec<_> = Readings::ALL.iter().map(|reading| reading.name).collect();
    assert_eq!(names, READINGS);
}

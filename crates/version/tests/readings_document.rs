//! `docs/READINGS.md` says what the code says.

use std::fs;
use std::path::Path;

use exeunt_version::Readings;

#[test]
fn the_document_is_what_the_readings_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/READINGS.md");
    let document = fs::read_to_string(path).unwrap();
    assert!(
        document == Readings::markdown(),
        "docs/READINGS.md is out of date: cargo run --release -- rules --readings > docs/READINGS.md"
    );
}

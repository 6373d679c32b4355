use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use exeunt_laws::all;

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/LAWS.md");
    let written = exeunt_laws::markdown();
    if std::env::var_os("EXEUNT_WRITE").is_some() {
        fs::write(&path, &written).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == written,
        "docs/LAWS.md is out of date: EXEUNT_WRITE=1 cargo test -p exeunt-laws document"
    );
}

#[test]
fn laws_have_numbers_and_names_of_their_own_and_whole_sentences() {
    let mut seen = BTreeSet::new();
    for law in all() {
        assert!(seen.insert(law.id) && seen.insert(law.name), "{} is there twice", law.id);
        assert!(law.sentence.ends_with('.') && !law.sentence.contains("  "), "{}", law.id);
        assert!(law.source.starts_with("https://spec.matrix.org/v1.19/"), "{}", law.id);
        assert_eq!(exeunt_laws::law(law.name).unwrap().id, law.id);
    }
}

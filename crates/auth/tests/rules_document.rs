//! `docs/RULES.md` is what the code says.

use std::fs;
use std::path::Path;

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/RULES.md");
    let document = fs::read_to_string(path).expect("docs/RULES.md is there");
    assert!(
        document == exeunt_auth::table_markdown(),
        "docs/RULES.md is out of date: exeunt rules --markdown > docs/RULES.md"
    );
}

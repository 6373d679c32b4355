//! `docs/TESTING-A-HOMESERVER.md` shows these files as they are.

use std::path::Path;

#[test]
fn the_document_has_the_code_that_is_tested() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = package.join("../../docs/TESTING-A-HOMESERVER.md");
    let document = std::fs::read_to_string(document).unwrap();
    for name in ["my_test.rs", "against_ruma.rs", "ruma_room.rs"] {
        let code = std::fs::read_to_string(package.join("tests/reference_machine").join(name));
        let shown = format!("```rust\n{}```\n", code.unwrap());
        assert!(document.contains(&shown), "docs/TESTING-A-HOMESERVER.md lacks {name} as it is");
    }
}

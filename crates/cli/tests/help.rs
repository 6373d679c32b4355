//! What the command says of itself.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod command;

use command::exeunt;

const SUBCOMMANDS: [&str; 11] = [
    "check",
    "replay",
    "merge",
    "verify",
    "resolve",
    "rules",
    "handshake",
    "oracle",
    "conform",
    "duel",
    "vectors",
];

#[test]
fn the_short_help_of_a_subcommand_is_its_line_in_the_list_and_the_long_one_says_how_it_ends() {
    let list = exeunt(&["--help"]).out;
    for name in SUBCOMMANDS {
        let [short, long] = ["-h", "--help"].map(|flag| exeunt(&[name, flag]).out);
        let line = short.lines().next().expect("it says what it does");
        let listed = format!("  {name:<9}  {line}\n");
        assert!(list.contains(&listed), "{name}: {listed}{list}");
        assert!(long.starts_with(line) && long.contains("Exit status: 0"), "{name}: {long}");
        assert!(!short.contains("Exit status"), "{name}: {short}");
    }
}

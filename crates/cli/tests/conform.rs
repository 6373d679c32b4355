//! `exeunt conform`: peers that answer well, badly, and not at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// Questions about canonical JSON, with right answers but for those in `wrong`.
fn vectors(count: usize, wrong: &[usize]) -> String {
    let line = |at: usize| {
        let id = format!("canonical_json/{at}");
        let expected = if wrong.contains(&at) { "[]".to_owned() } else { format!("[{at}]") };
        let value = json!([at]);
        let request =
            json!({ "id": id, "op": "canonical_json", "room_version": "11", "value": value });
        let response = json!({ "id": id, "ok": { "canonical": expected } });
        let vector = json!({
            "id": id, "comment": format!("{at} in a list"), "links": ["https://spec.matrix.org/"],
            "request": request, "response": response,
        });
        format!("{vector}\n")
    };
    (1..=count).map(line).collect()
}

struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(vectors: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("vectors")).unwrap();
        fs::write(folder.path().join("vectors/canonical_json.jsonl"), vectors).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Asks `bash -c SCRIPT`, in which `"$EXEUNT" oracle` is a right answer to everything.
    fn ask(&self, script: &str, options: &[&str]) -> command::Said {
        let exeunt = Path::new(env!("CARGO_BIN_EXE_exeunt")).to_str().unwrap();
        let script = format!("EXEUNT='{exeunt}'; {script}");
        let (vectors, report) = (self.path("vectors"), self.path("report.json"));
        let mut arguments = vec!["conform", "--vectors", &vectors, "--json", &report];
        arguments.extend(options);
        arguments.extend(["--", "bash", "-c", &script]);
        command::exeunt(&arguments)
    }

    fn report(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path("report.json")).unwrap()).unwrap()
    }

    /// How many vectors are of each class, those of none left out.
    fn totals(&self) -> Value {
        let mut totals = self.report()["totals"].clone();
        totals.as_object_mut().unwrap().retain(|_, count| count != 0);
        totals
    }

    /// What is said of the finding about this vector.
    fn what(&self, at: usize) -> String {
        let report = self.report();
        let findings = report["findings"].as_array().unwrap();
        let id = format!("canonical_json/{at}");
        let finding = findings.iter().find(|finding| finding["id"] == *id).unwrap();
        finding["what"].as_str().unwrap().to_owned()
    }
}

#[test]
fn who_answers_rightly_passes() {
    let scene = Scene::new(&vectors(300, &[]));
    let said = scene.ask(r#""$EXEUNT" oracle"#, &[]);
    assert_eq!((said.status, scene.totals()), (0, json!({ "agree": 300 })), "{}", said.err);
    assert!(said.out.ends_with("300 agree, 0 do not.\n"), "{}", said.out);
    assert_eq!(scene.report()["starts"], 1);
}

#[test]
fn a_wrong_answer_is_shown_beside_the_right_one() {
    let scene = Scene::new(&vectors(3, &[2]));
    let [junit, html] = ["report.xml", "report.html"].map(|name| scene.path(name));
    let said = scene.ask(r#""$EXEUNT" oracle"#, &["--junit", &junit, "--html", &html]);
    assert_eq!((said.status, scene.totals()), (1, json!({ "agree": 2, "differ": 1 })));
    assert_eq!(scene.what(2), r#"`canonical` is "[2]", not "[]""#);
    assert!(said.out.contains("canonical_json/2: 2 in a list"), "{}", said.out);
    let junit = fs::read_to_string(junit).unwrap();
    assert!(junit.contains("failures=\"1\"") && junit.contains("canonical_json/2"), "{junit}");
    let html = fs::read_to_string(html).unwrap();
    assert!(html.contains("canonical_json/2") && html.contains("2 in a list"), "{html}");
}

#[test]
fn an_excluded_vector_does_not_count_and_gives_its_reason() {
    let scene = Scene::new(&vectors(3, &[2]));
    let file = scene.path("exclude.toml");
    fs::write(&file, "[[exclude]]\nid = \"*/2\"\nreason = \"a known bug\"\n").unwrap();
    let said = scene.ask(r#""$EXEUNT" oracle"#, &["--exclude", &file]);
    assert_eq!((said.status, scene.totals()), (0, json!({ "agree": 2, "excluded": 1 })));
    assert_eq!(scene.report()["findings"][0]["excluded"], "a known bug");
    fs::write(&file, "[[exclude]]\nid = \"*\"\nreason = \"a known bug\"\n").unwrap();
    let said = scene.ask(r#""$EXEUNT" oracle"#, &["--exclude", &file]);
    let needless = "Excluded, though it agrees: canonical_json/1";
    assert!(said.out.contains(needless), "{}", said.out);
    fs::write(&file, "[[exclude]]\nid = \"*/2\"\n").unwrap();
    let said = scene.ask(r#""$EXEUNT" oracle"#, &["--exclude", &file]);
    assert_eq!(said.status, 2);
    let wrong = "[[exclude]] 1: `reason` is missing";
    assert!(said.err.contains(wrong), "{}", said.err);
}

#[test]
fn an_exclusion_may_be_about_some_room_versions_alone() {
    let scene = Scene::new(&vectors(3, &[2]));
    let file = scene.path("exclude.toml");
    let ask = |versions: &str| {
        let entry = "[[exclude]]\nid = \"*/2\"\nreason = \"a known bug\"\nroom_version = ";
        fs::write(&file, format!("{entry}{versions}\n")).unwrap();
        scene.ask(r#""$EXEUNT" oracle"#, &["--exclude", &file])
    };
    let named = ask(r#"["10", "11"]"#);
    assert_eq!((named.status, scene.totals()), (0, json!({ "agree": 2, "excluded": 1 })));
    let others = ask(r#"["10", "any"]"#);
    assert_eq!((others.status, scene.totals()), (1, json!({ "agree": 2, "differ": 1 })));
    for (versions, wrong) in [
        (r#"["13"]"#, "[[exclude]] 1: there is no room version \"13\", but 1, 2, 3, "),
        (r#""11""#, "[[exclude]] 1: `room_version` is empty or no list"),
        ("[]", "[[exclude]] 1: `room_version` is empty or no list"),
        ("[11]", "[[exclude]] 1: `room_version` has what is no string"),
    ] {
        let said = ask(versions);
        assert_eq!(said.status, 2, "{}", said.out);
        assert!(said.err.contains(wrong), "{}", said.err);
    }
}

/// A vector that holds the model's answer for one of two readings together.
const TOGETHER: &str = r#"{"id":"a/1/b/c","comment":"A vector.","links":[],"flags":["ambiguous:lenient_numbers"],"request":{"id":"a/1/b/c","op":"canonical_json","room_version":"1","value":1.0},"response":{"id":"a/1/b/c","ok":{"canonical":"none"}},"alternatives":[{"readings":{"lenient_numbers":"value","v1_failed":"lowest"},"response":{"id":"a/1/b/c","ok":{"canonical":"1"}}}]}"#;

#[test]
fn an_answer_of_two_readings_together_is_counted_by_both() {
    let scene = Scene::new(&format!("{TOGETHER}\n"));
    let said = scene.ask(r#""$EXEUNT" oracle"#, &[]);
    assert_eq!((said.status, scene.totals()), (0, json!({ "by_reading": 1 })), "{}", said.err);
    let both = "lenient_numbers=value and v1_failed=lowest";
    assert_eq!(scene.report()["readings"], json!({ both: 1 }));
    assert!(said.out.contains(&format!("  {both} (1 vectors)\n")), "{}", said.out);
}

#[test]
fn what_a_peer_does_not_claim_is_not_asked() {
    let scene = Scene::new(&vectors(2, &[]));
    let script = r#"while read -r line; do
        echo '{"id":"info","ok":{"name":"few","ops":["resolve"],"room_versions":["11"]}}'
    done"#;
    let said = scene.ask(script, &[]);
    assert_eq!((said.status, scene.totals()), (0, json!({ "not_claimed": 2 })), "{}", said.out);
}

#[test]
fn a_peer_that_cannot_do_something_refuses_it_and_passes() {
    let scene = Scene::new(&vectors(2, &[]));
    let script = r#"read -r line
        echo '{"id":"info","ok":{"name":"n","ops":["canonical_json"],"room_versions":["11"]}}'
        for at in 1 2; do
            read -r line
            echo '{"id":"canonical_json/'$at'","error":{"code":"unsupported","message":""}}'
        done"#;
    let said = scene.ask(script, &[]);
    assert_eq!((said.status, scene.totals()), (0, json!({ "refused": 2 })), "{}", said.out);
}

#[test]
fn a_peer_that_never_answers_times_out_and_is_given_up() {
    let scene = Scene::new(&vectors(20, &[]));
    let said = scene.ask("while read -r line; do :; done", &["--timeout", "50ms"]);
    assert_eq!(said.status, 1, "{}", said.err);
    let problem = "it does not answer `info`: no line within 50ms";
    assert_eq!(scene.report()["problem"], problem);
    // `info` is the first of the ten failures in a row after which no more is asked.
    assert_eq!(scene.totals(), json!({ "timed_out": 9, "not_asked": 11 }));
}

#[test]
fn a_peer_that_dies_at_its_start_says_how() {
    let scene = Scene::new(&vectors(20, &[]));
    let said = scene.ask("echo 'no configuration' >&2; exit 3", &[]);
    assert_eq!(said.status, 1);
    let died = "it ended with exit status 3; its last words: no configuration";
    assert_eq!(scene.report()["problem"], format!("it dies of `info`: {died}"));
    assert_eq!(scene.totals(), json!({ "crashed": 9, "not_asked": 11 }));
    assert_eq!(scene.what(1), died);
}

#[test]
fn a_command_that_is_not_there_is_no_answer() {
    let scene = Scene::new(&vectors(1, &[]));
    let (vectors, report) = (scene.path("vectors"), scene.path("report.json"));
    let said = command::exeunt(&[
        "conform",
        "--vectors",
        &vectors,
        "--json",
        &report,
        "--",
        "/there/is/no/such/command",
    ]);
    assert_eq!(said.status, 1);
    assert!(scene.what(1).starts_with("it cannot be started: "), "{}", scene.what(1));
}

#[test]
fn a_peer_that_dies_of_one_question_answers_the_others() {
    let scene = Scene::new(&vectors(200, &[]));
    let script = r#"while read -r line; do
        case $line in *'"canonical_json/100"'*) echo 'out of memory' >&2; exit 9;; esac
        echo "$line"
    done | "$EXEUNT" oracle; exit ${PIPESTATUS[0]}"#;
    let said = scene.ask(script, &[]);
    assert_eq!((said.status, scene.totals()), (1, json!({ "agree": 199, "crashed": 1 })));
    assert!(scene.what(100).contains("out of memory"), "{}", scene.what(100));
}

#[test]
fn a_peer_that_dies_every_few_answers_answers_all_in_the_end() {
    let scene = Scene::new(&vectors(60, &[]));
    let script = r#"for _ in {1..20}; do read -r line && echo "$line"; done | "$EXEUNT" oracle"#;
    let said = scene.ask(script, &[]);
    // It is started again, and what was on its way is asked again.
    assert_eq!(scene.totals()["agree"].as_u64(), Some(60), "{}", said.out);
    assert_eq!(said.status, 1);
    assert!(said.out.contains("It failed, and was asked the same again"), "{}", said.out);
}

#[test]
fn half_a_line_is_no_answer() {
    let scene = Scene::new(&vectors(2, &[]));
    let head = r#"read -r line; case $line in *info*)
        echo '{"id":"info","ok":{"name":"n","ops":["canonical_json"],"room_versions":["11"]}}'
        read -r line;; esac"#;
    let said = scene.ask(&format!("{head}; printf '{{\"id\":'"), &[]);
    assert_eq!((said.status, scene.totals()), (1, json!({ "garbled": 2 })), "{}", said.out);
    let quiet = format!("{head}; printf '{{\"id\":'; while read -r line; do :; done");
    scene.ask(&quiet, &["--timeout", "200ms"]);
    assert_eq!(scene.totals(), json!({ "timed_out": 2 }));
    assert_eq!(scene.what(1), "no line within 200ms, but 6 bytes of one");
}

#[test]
fn answers_out_of_order_are_told_and_asked_again_one_by_one() {
    let scene = Scene::new(&vectors(10, &[]));
    let info = r#"read -r line; echo "$line" | "$EXEUNT" oracle"#;
    // Whoever asks one question alone gets its answer late; of two the second is answered first.
    let script = format!(
        r#"{info}; while read -r one; do
            if read -r -t 0.2 two; then printf '%s\n%s\n' "$two" "$one"; else echo "$one"; fi
        done | "$EXEUNT" oracle"#
    );
    let said = scene.ask(&script, &[]);
    assert_eq!((said.status, scene.totals()), (1, json!({ "agree": 10 })), "{}", said.out);
    let told = scene.report()["lapses"][0].as_str().unwrap().to_owned();
    assert!(told.contains("an answer to another question"), "{told}");
}

#[test]
fn a_gigabyte_without_a_line_break_fills_no_memory() {
    let scene = Scene::new(&vectors(1, &[]));
    let script = r#"read -r line
        echo '{"id":"info","ok":{"name":"n","ops":["canonical_json"],"room_versions":["11"]}}'
        read -r line; head -c 1000000000 /dev/zero; echo"#;
    let said = scene.ask(script, &["--timeout", "120"]);
    assert_eq!((said.status, scene.totals()), (1, json!({ "garbled": 1 })));
    let told = "a line of 1000000000 bytes; lines beyond 16777216 are not read";
    assert_eq!(scene.what(1), told);
}

#[test]
fn lines_without_end_are_no_answers() {
    let scene = Scene::new(&vectors(2, &[]));
    let said = scene.ask("yes", &[]);
    assert_eq!((said.status, scene.totals()), (1, json!({ "garbled": 2 })), "{}", said.out);
    assert!(scene.report()["problem"].as_str().unwrap().contains("garbled"));
}

#[test]
fn vectors_that_cannot_be_read_are_named_by_file_and_line() {
    let scene = Scene::new("{}\n");
    let said = scene.ask("true", &[]);
    assert_eq!(said.status, 2);
    let wrong = "canonical_json.jsonl: line 1: `id` is missing or no string";
    assert!(said.err.contains(wrong), "{}", said.err);
    let scene = Scene::new(&(vectors(1, &[]) + &vectors(1, &[])));
    let said = scene.ask("true", &[]);
    assert!(said.err.contains("two vectors have the id \"canonical_json/1\""), "{}", said.err);
}

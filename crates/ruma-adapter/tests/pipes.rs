//! The program over real pipes: whatever arrives, it answers, in order, and goes on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod room;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;

use room::Room;
use serde_json::{Value, json};

fn start() -> Child {
    Command::new(env!("CARGO_BIN_EXE_exeunt-ruma-adapter"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The answers to what is written at once. The program must end well.
fn answers(input: Vec<u8>) -> Vec<String> {
    let mut child = start();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(&input).unwrap());
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    writer.join().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(output.is_empty() || output.ends_with('\n'));
    output.lines().map(ToOwned::to_owned).collect()
}

/// Lines that are no JSON object, or end before they are one.
const BAD: [&[u8]; 14] = [
    b"",
    b" ",
    b"\r",
    b"null",
    b"[]",
    b"1e400",
    b"{",
    b"{\"id\":1}}",
    b"\x00",
    b"\xff\xfe",
    b"{\"id\":\"\xc3\x28\"}",
    b"{'id':1}",
    b"{\"id\":1,\"op\":\"info\"",
    b"{\"id\":[[[[[[[[[[[[",
];

#[test]
fn every_op_is_answered_in_every_version_between_lines_that_are_no_questions() {
    for version in room::versions() {
        let mut input = Vec::new();
        let questions = Room::new(&version).questions();
        let lines: Vec<_> = questions.iter().map(Value::to_string).collect();
        for (line, bad) in lines.iter().cycle().zip(BAD) {
            input.extend([line.as_bytes(), b"\r\n", bad, b"\n"].concat());
        }
        let answers = answers(input);
        assert_eq!(answers.len(), 2 * BAD.len());
        for (pair, question) in answers.chunks(2).zip(questions.iter().cycle()) {
            let answer: Value = serde_json::from_str(&pair[0]).unwrap();
            assert_eq!(answer["id"], question["op"]);
            let is_there = answer["ok"].is_object();
            // State resolution of the first version is not ruma's.
            assert_eq!(is_there, version != "1" || question["op"] != "resolve", "{answer}");
            let answer: Value = serde_json::from_str(&pair[1]).unwrap();
            assert_eq!(
                (&answer["id"], &answer["error"]["code"]),
                (&Value::Null, &json!("bad_json"))
            );
        }
    }
}

#[test]
fn each_answer_comes_before_the_next_question() {
    let mut child = start();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for number in 0..50 {
        writeln!(input, r#"{{"id":{number},"op":"info"}}"#).unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert!(answer.starts_with(&format!(r#"{{"id":{number},"ok":{{"#)), "{answer}");
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_last_line_without_its_end_is_answered_and_no_line_is_not() {
    let question = br#"{"id":"x","op":"canonical_json","room_version":"11","value":[]}"#;
    let good = r#"{"id":"x","ok":{"canonical":"[]"}}"#;
    assert_eq!(answers(Vec::new()), [""; 0]);
    assert_eq!(answers(question.to_vec()), [good]);
    assert_eq!(answers([&question[..], b"\n", question].concat()), [good, good]);
    assert_eq!(answers(b"\n".to_vec()).len(), 1);
    assert_eq!(answers(question[..9].to_vec()).len(), 1);
}

/// Neither ends the stack.
#[test]
fn what_is_nested_deeply_is_answered() {
    for depth in [200, 100_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let question = json!({ "id": 1, "op": "canonical_json", "room_version": "11", "value": 0 })
            .to_string();
        let value = question.replace("\"value\":0", &format!("\"value\":{nested}"));
        let id = question.replace("\"id\":1", &format!("\"id\":{nested}"));
        let answers = answers([value.as_bytes(), b"\n", id.as_bytes()].concat());
        assert!(answers[0].starts_with(r#"{"id":1,"error":{"code":"bad_event""#), "{depth}");
        assert_eq!(answers[1], format!(r#"{{"id":{nested},"ok":{{"canonical":"0"}}}}"#));
    }
}

#[test]
fn an_id_comes_back_as_it_was() {
    let ids = ["null", "-0", "1.50", "1E+3", "1e400", "\"\\u0000\\\"\"", "[1,{\"b\":2,\"a\":[]}]"];
    let lines = ids.map(|id| format!(r#"{{"op":"none","id":{id}}}"#)).join("\n");
    for (answer, id) in answers(lines.into_bytes()).iter().zip(ids) {
        let expected = format!(r#"{{"id":{id},"error":{{"code":"unknown_op""#);
        assert!(answer.starts_with(&expected), "{answer}");
    }
}

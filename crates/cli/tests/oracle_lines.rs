//! `exeunt oracle` line by line: whatever arrives, it answers and goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod conversation;
mod sample;

use command::{Said, exeunt_reading};
use conversation::Conversation;
use sample::Room;
use serde_json::{Value, json};

const GOOD: &str = r#"{"id":"good","op":"canonical_json","room_version":"11","value":[]}"#;
const ANSWER: &str = r#"{"id":"good","ok":{"canonical":"[]"}}"#;

/// The answers to what was written at once. The oracle must end well.
fn answers(input: &[u8]) -> Vec<String> {
    let Said { status, out, err } = exeunt_reading(&["oracle"], input);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.is_empty() || out.ends_with('\n'));
    out.lines().map(str::to_owned).collect()
}

#[test]
fn an_id_is_any_json_and_comes_back_as_it_was() {
    let mut oracle = Conversation::new();
    for id in [
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.5",
        "1.50",
        "-0",
        "1e3",
        "1E+3",
        "1e400",
        "123456789012345678901234567890",
        "\"\"",
        "\"id\"",
        "\"\\u0000\\\"\\\\\"",
        "\"日本\"",
        "[]",
        "{}",
        "[1,[2.0,{\"a\":[null]}],\"x\"]",
        "{\"a\":{\"b\":{\"c\":[]}},\"d\":1.0}",
    ] {
        let question = GOOD.replace("\"good\"", id);
        assert_eq!(oracle.ask_line(question.as_bytes()), ANSWER.replace("\"good\"", id));
        let question = format!("{{\"op\":\"none\",\"id\":{id}}}");
        let answer = oracle.ask_line(question.as_bytes());
        assert!(answer.starts_with("{\"error\":{\"code\":\"unknown_op\""), "{answer}");
        assert!(answer.ends_with(&format!("\"id\":{id}}}")), "{answer}");
    }
    // The same JSON, if not the same letters.
    let question = GOOD.replace("\"good\"", " { \"b\" : \"\\u65e5\" , \"a\" : [ 1 ] } ");
    let answer: Value = serde_json::from_str(&oracle.ask_line(question.as_bytes())).unwrap();
    assert_eq!(answer["id"], json!({ "a": [1], "b": "日" }));
    oracle.end();
}

#[test]
fn a_question_without_id_is_answered_with_null() {
    assert_eq!(
        answers(GOOD.replace("\"id\":\"good\",", "").as_bytes()),
        [ANSWER.replace("\"good\"", "null")]
    );
    assert_eq!(
        answers(b"{}"),
        [r#"{"error":{"code":"unknown_op","message":"`op` is missing or no string"},"id":null}"#]
    );
}

#[test]
fn a_line_that_is_no_json_object_is_answered_and_ends_nothing() {
    let truncated = &GOOD.as_bytes()[..GOOD.len() - 1];
    let deep = [b"[".repeat(100_000), b"{\"a\":".repeat(100_000)];
    let lines: Vec<&[u8]> = vec![
        b"",
        b" ",
        b"\r",
        b"null",
        b"[]",
        b"\"op\"",
        b"1e400",
        b"{",
        b"}",
        b"{\"id\":1}}",
        b"\x00",
        b"\xff\xfe",
        b"{\"id\":\"\xc3\x28\"}",
        b"{'id':1}",
        b"{\"id\":\"\\ud800\"}",
        truncated,
        &deep[0],
        &deep[1],
    ];
    let mut input = Vec::new();
    for line in &lines {
        input.extend_from_slice(line);
        input.extend_from_slice(b"\n");
        input.extend_from_slice(GOOD.as_bytes());
        input.extend_from_slice(b"\r\n");
    }
    let answers = answers(&input);
    assert_eq!(answers.len(), 2 * lines.len());
    for (pair, line) in answers.chunks(2).zip(&lines) {
        let answer: Value = serde_json::from_str(&pair[0]).unwrap();
        let shown = line[..line.len().min(40)].escape_ascii();
        assert_eq!(answer["error"]["code"], "bad_json", "{shown}");
        assert_eq!(answer["id"], Value::Null, "{shown}");
        assert_eq!(pair[1], ANSWER, "{shown}");
    }
}

#[test]
fn a_last_line_without_its_end_is_answered_and_no_line_is_not() {
    assert_eq!(answers(b""), [""; 0]);
    assert_eq!(answers(GOOD.as_bytes()), [ANSWER]);
    assert_eq!(answers(format!("{GOOD}\n{GOOD}").as_bytes()), [ANSWER, ANSWER]);
    assert_eq!(answers(b"\n").len(), 1);
    assert_eq!(answers(&GOOD.as_bytes()[..9]).len(), 1);
}

#[test]
fn each_answer_comes_before_the_next_question() {
    let mut oracle = Conversation::new();
    for number in 0..100 {
        let question = GOOD.replace("\"good\"", &number.to_string());
        let answer = oracle.ask_line(question.as_bytes());
        assert_eq!(answer, ANSWER.replace("\"good\"", &number.to_string()));
    }
    oracle.end();
}

#[test]
fn a_long_line_is_a_question_like_any_other() {
    let mut oracle = Conversation::new();
    let value = format!("\"{}\"", "z".repeat(10 << 20));
    let answer = oracle.ask_line(GOOD.replace("[]", &value).as_bytes());
    assert!(answer.len() > 10 << 20 && answer.starts_with("{\"id\":\"good\",\"ok\":{"));
    assert_eq!(oracle.ask_line(GOOD.as_bytes()), ANSWER);
    oracle.end();
}

#[test]
fn nesting_within_the_bound_is_answered() {
    let mut oracle = Conversation::new();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    // The question itself is one level.
    let answer = oracle.ask_line(GOOD.replace("[]", &nested(511)).as_bytes());
    assert_eq!(answer, ANSWER.replace("[]", &nested(511)));
    let answer = oracle.ask_line(GOOD.replace("[]", &nested(512)).as_bytes());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["error"]["code"], "bad_json");
    let mut room = Room::new("11");
    let mut event = room.message("deep");
    event["content"]["deep"] = serde_json::from_str(&nested(100)).unwrap();
    let id = room.push(&event);
    let question = json!({ "id": 0, "op": "event_id", "room_version": "11",
        "event": room.event(4) });
    assert_eq!(oracle.ok(&question)["event_id"], id);
    oracle.end();
}

#[test]
fn of_a_field_that_stands_twice_the_last_counts() {
    let twice = GOOD.replace("\"value\":[]", "\"value\":1,\"id\":2,\"value\":[3]");
    assert_eq!(answers(twice.as_bytes()), [r#"{"id":2,"ok":{"canonical":"[3]"}}"#]);
}

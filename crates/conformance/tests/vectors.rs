//! Lines of vector files, and answers held against them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use exeunt_conformance::{
    AnswerLine, BadAnswer, Choices, Comparison, Flag, Vector, VectorLine, compare,
};
use exeunt_event::json::{self, Object, Value};

const LINE: &str = r#"{"id":"a","comment":"Bob joins.","rules":["5.3.1"],"flags":["ambiguous:absent_join_rules","security"],"request":{"id":"a","op":"authorise","room_version":"11"},"response":{"id":"a","ok":{"allowed":true,"rule":"5.3.1"}},"alternatives":[{"reading":"absent_join_rules=invite","response":{"id":"a","ok":{"allowed":false,"rule":"5.3.9"}}}]}"#;

fn object(text: &str) -> Object<'static> {
    let parsed = json::parse_any(text.as_bytes()).unwrap();
    parsed.value.as_object().unwrap().clone().into_owned()
}

/// The answer held against the vector: as objects and, where it is an answer, as lines.
fn held_against(line: &str, answer: &str) -> Comparison {
    let compared = compare(&Vector::parse(line.as_bytes()).unwrap(), &object(answer));
    if let Ok(answer) = AnswerLine::parse(answer) {
        assert_eq!(VectorLine::parse(line.as_bytes()).unwrap().compare(&answer), compared);
    }
    compared
}

fn compared(answer: &str) -> Comparison {
    held_against(LINE, answer)
}

fn differs(answer: &str) -> String {
    match compared(answer) {
        Comparison::Differs(difference) => difference.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_line_is_written_as_it_was_read() {
    let vector = Vector::parse(LINE.as_bytes()).unwrap();
    assert_eq!(vector.to_line(), LINE);
    assert_eq!((vector.op(), vector.room_version()), ("authorise", Some("11")));
    let ambiguous = Flag::Ambiguous("absent_join_rules".to_owned());
    assert_eq!(vector.flags, [ambiguous, Flag::Security]);
}

#[test]
fn the_room_version_is_that_of_the_question_its_room_or_its_request() {
    let of = |rest: &str| {
        let line = format!(
            r#"{{"id":"a","comment":"","request":{{"id":"a","op":"replay",{rest}}},"response":{{"id":"a","ok":{{}}}}}}"#
        );
        let parsed = VectorLine::parse(line.as_bytes()).unwrap();
        let version = parsed.room_version().unwrap_or("none").to_owned();
        let whole = parsed.vector();
        assert_eq!(whole.room_version().unwrap_or("none"), version);
        version
    };
    assert_eq!(of(r#""room_version":"6","homeserver":{"rooms":[{"room_version":"7"}]}"#), "6");
    assert_eq!(of(r#""room_version":6,"homeserver":{"rooms":[{"room_version":"7"}]}"#), "none");
    let invite = r#""request":{"body":{"room_version":"8"}}"#;
    assert_eq!(of(&format!(r#""homeserver":{{"rooms":[{{"room_version":"7"}}]}},{invite}"#)), "7");
    assert_eq!(of(&format!(r#""homeserver":{{"rooms":[]}},{invite}"#)), "8");
    let asked = |uri: &str| {
        of(&format!(r#""homeserver":{{"rooms":[]}},"request":{{"uri":"{uri}","body":""}}"#))
    };
    assert_eq!(asked("/_matrix/federation/v1/make_join/!r/@u?ver=9"), "9");
    assert_eq!(asked("/_matrix/federation/v1/make_knock/!r/@u?a=b&ver=9"), "9");
    assert_eq!(asked("/_matrix/federation/v1/make_join/!r/@u?ver=9&ver=10"), "none");
    assert_eq!(asked("/_matrix/federation/v1/make_leave/!r/@u?ver=9"), "none");
    assert_eq!(asked("/_matrix/federation/v1/make_join/!r/@u"), "none");
    assert_eq!(of(r#""events":[]"#), "none");
}

#[test]
fn a_line_that_is_no_vector_says_what_is_missing() {
    let complaint = |change: fn(&mut Object<'static>)| {
        let mut line = object(LINE);
        change(&mut line);
        Vector::parse(line.as_received().as_bytes()).unwrap_err().to_string()
    };
    let without = |name: &str| {
        let mut line = object(LINE);
        line.remove(name);
        Vector::parse(line.as_received().as_bytes()).unwrap_err().to_string()
    };
    assert_eq!(without("id"), "`id` is missing or no string");
    assert_eq!(without("comment"), "`comment` is missing or no string");
    assert_eq!(without("request"), "`request` is missing or no object");
    assert_eq!(without("response"), "`response` is missing or no object");
    let flags = complaint(|line| drop(line.insert("flags", vec!["ambiguous:"])));
    assert_eq!(flags, "there is no flag \"ambiguous:\"");
    let rules = complaint(|line| drop(line.insert("rules", "5")));
    assert_eq!(rules, "`rules` is no array of strings");
    let id = complaint(|line| drop(line.insert("id", "b")));
    assert_eq!(id, "`request.id` is not that of the vector");
    let response = complaint(|line| {
        drop(line.insert("response", Object::from_iter([("id", Value::from("a"))])));
    });
    assert_eq!(response, "`response` has not one of `ok` and `error`, an object");
    assert!(Vector::parse(b"{").unwrap_err().to_string().starts_with("it is no JSON: "));
}

#[test]
fn a_line_is_an_answer_if_it_says_one_thing() {
    let bad = |line: &str| AnswerLine::parse(line).map_err(|(bad, _)| bad.to_string()).unwrap_err();
    assert_eq!(bad("{"), "no JSON (unexpected end at byte 1)");
    assert_eq!(bad("7"), BadAnswer::NoObject.to_string());
    for line in [r#"{"id":1}"#, r#"{"ok":{},"error":{}}"#, r#"{"ok":true}"#, r#"{"ok":{},"ok":1}"#]
    {
        assert_eq!(bad(line), BadAnswer::NeitherOrBoth.to_string());
    }
    let (_, line) = AnswerLine::parse("7").unwrap_err();
    assert_eq!(line, "7");
}

#[test]
fn an_id_is_the_same_however_it_is_spelled() {
    let has = |id: &str| {
        let line = format!(r#"{{"id": {id}, "ok": {{}}}}"#);
        AnswerLine::parse(line).unwrap().has_id(r"a\b")
    };
    assert!(has(r#""a\\b""#) && has(r#""\u0061\\b""#));
    assert!(!has(r#""a\b""#) && !has("null") && !has(r#"["a\\b"]"#));
    assert!(!AnswerLine::parse(r#"{"ok": {}}"#).unwrap().has_id(""));
}

#[test]
fn an_answer_that_names_no_rule_is_judged_by_what_it_allows() {
    let agrees = Comparison::Agrees { readings: None };
    assert_eq!(compared(r#"{"id":"a","ok":{"allowed":true}}"#), agrees);
    assert_eq!(compared(r#"{"id":"a","ok":{"allowed":true,"rule":"5.3.1","reason":"x"}}"#), agrees);
    assert_eq!(
        differs(r#"{"id":"a","ok":{"allowed":true,"rule":"5.3.2"}}"#),
        r#"`rule` is "5.3.2", not "5.3.1""#
    );
}

#[test]
fn the_answer_of_another_reading_will_do_and_is_named() {
    let readings = Choices::parse_one("absent_join_rules=invite");
    let by_reading = Comparison::Agrees { readings };
    assert_eq!(compared(r#"{"id":"a","ok":{"allowed":false}}"#), by_reading);
}

/// A vector that three answers are right to: the text's, one reading's, and that of two together.
const TOGETHER: &str = r#"{"id":"a","comment":"","flags":["ambiguous:v1_failed","ambiguous:v1_members"],"request":{"id":"a","op":"resolve"},"response":{"id":"a","ok":{"state":[]}},"alternatives":[{"reading":"v1_failed=lowest","response":{"id":"a","ok":{"state":["$a"]}}},{"readings":{"v1_failed":"lowest","v1_members":"one_list"},"response":{"id":"a","ok":{"state":["$b"]}}}]}"#;

#[test]
fn the_answer_of_two_readings_together_will_do_and_both_are_named() {
    assert_eq!(Vector::parse(TOGETHER.as_bytes()).unwrap().to_line(), TOGETHER);
    let by = |answer: &str| match held_against(TOGETHER, answer) {
        Comparison::Agrees { readings } => readings.unwrap_or_default().to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(by(r#"{"id":"a","ok":{"state":[]}}"#), "");
    assert_eq!(by(r#"{"id":"a","ok":{"state":["$a"]}}"#), "v1_failed=lowest");
    let both = "v1_failed=lowest and v1_members=one_list";
    assert_eq!(by(r#"{"id":"a","ok":{"state":["$b"]}}"#), both);
}

#[test]
fn an_alternative_names_one_reading_or_several() {
    let complaint = |from: &str, to: &str| {
        let line = TOGETHER.replacen(from, to, 1);
        Vector::parse(line.as_bytes()).unwrap_err().to_string()
    };
    let one = r#""reading":"v1_failed=lowest""#;
    let neither = "`alternatives` has not one of `reading` and `readings`";
    assert_eq!(complaint(&format!("{one},"), ""), neither);
    assert_eq!(complaint(one, &format!(r#"{one},"readings":{{"a":"b"}}"#)), neither);
    let wrong = "`alternatives.reading` is no `name=choice`, or `readings` no object of such";
    for other in [r#""reading":"v1_failed""#, r#""readings":{}"#, r#""readings":{"a":7}"#] {
        assert_eq!(complaint(one, other), wrong, "{other}");
    }
}

#[test]
fn an_answer_that_cannot_be_given_is_no_difference_and_another_error_is() {
    let error = |code: &str| format!(r#"{{"id":"a","error":{{"code":"{code}","message":""}}}}"#);
    assert_eq!(compared(&error("unsupported")), Comparison::Unsupported);
    assert_eq!(
        differs(&error("bad_event")),
        r#"`ok` is {"error":{"code":"bad_event","message":""}}, not {"ok":{"allowed":true,"rule":"5.3.1"}}"#
    );
    assert_eq!(differs("{}"), r#"`ok` is nothing, not {"ok":{"allowed":true,"rule":"5.3.1"}}"#);
}

/// A vector of this op with this answer, and another answer to it.
fn of_op(op: &str, expected: &str, answered: &str) -> String {
    let line = format!(
        r#"{{"id":"a","comment":"","request":{{"id":"a","op":"{op}"}},"response":{{"id":"a",{expected}}}}}"#
    );
    match held_against(&line, &format!(r#"{{"id":"a",{answered}}}"#)) {
        Comparison::Agrees { .. } => "agrees".to_owned(),
        Comparison::Differs(difference) => difference.to_string(),
        Comparison::Unsupported => "unsupported".to_owned(),
    }
}

#[test]
fn states_are_sets() {
    let ok = |state: &str| format!(r#""ok":{{"state":[{state}]}}"#);
    assert_eq!(of_op("resolve", &ok(r#""$a","$b""#), &ok(r#""$b","$a""#)), "agrees");
    assert_eq!(
        of_op("resolve", &ok(r#""$a""#), &ok(r#""$b""#)),
        r#"`state` is ["$b"], not ["$a"]"#
    );
    assert_eq!(of_op("resolve", &ok(r#""$a""#), r#""ok":{}"#), r#"`state` is nothing, not ["$a"]"#);
}

#[test]
fn outcomes_are_compared_one_by_one() {
    let ok = |outcomes: &str| {
        format!(r#""ok":{{"events":[{outcomes}],"state":[],"forward_extremities":[]}}"#)
    };
    let event = |outcome: &str| format!(r#"{{"event_id":"$a","outcome":"{outcome}"}}"#);
    let accepted = event("accepted");
    let two = format!("{accepted},{}", event("rejected"));
    assert_eq!(of_op("replay", &ok(&two), &ok(&two)), "agrees");
    let others = format!("{accepted},{accepted}");
    let second = r#"`events[1].outcome` is "accepted", not "rejected""#;
    assert_eq!(of_op("replay", &ok(&two), &ok(&others)), second);
    let fewer = "`events.length` is 1, not 2";
    assert_eq!(of_op("replay", &ok(&two), &ok(&accepted)), fewer);
}

#[test]
fn refusals_of_requests_are_compared_by_their_code() {
    let ok = |status: u16, body: &str| {
        format!(r#""ok":{{"status":{status},"body":{body},"new_events":[]}}"#)
    };
    let op = "federation_request";
    let forbidden = ok(403, r#"{"errcode":"M_FORBIDDEN","error":"no"}"#);
    let elsewhere = ok(403, r#"{"errcode":"M_FORBIDDEN","error":"Never."}"#);
    assert_eq!(of_op(op, &forbidden, &elsewhere), "agrees");
    let unknown = ok(403, r#"{"errcode":"M_UNKNOWN"}"#);
    let difference = r#"`body.errcode` is "M_UNKNOWN", not "M_FORBIDDEN""#;
    assert_eq!(of_op(op, &forbidden, &unknown), difference);
    assert_eq!(of_op(op, &ok(200, "{}"), &ok(403, "{}")), "`status` is 403, not 200");
    assert_eq!(of_op(op, &ok(200, "{}"), &ok(200, "[]")), "`body` is [], not {}");
    let taken = |result: &str| ok(200, &format!(r#"{{"pdus":{{"$a":{result}}}}}"#));
    let refused = taken(r#"{"error":"no"}"#);
    assert_eq!(of_op(op, &refused, &taken(r#"{"error":"Never."}"#)), "agrees");
    let difference = r#"`body` is {"pdus":{"$a":{}}}, not {"pdus":{"$a":{"error":""}}}"#;
    assert_eq!(of_op(op, &refused, &taken("{}")), difference);
}

#[test]
fn errors_are_compared_by_their_code() {
    let error = |code: &str| format!(r#""error":{{"code":"{code}","message":"{code}!"}}"#);
    assert_eq!(of_op("event_id", &error("bad_event"), &error("bad_event")), "agrees");
    let difference = r#"`error.code` is "bad_json", not "bad_event""#;
    assert_eq!(of_op("event_id", &error("bad_event"), &error("bad_json")), difference);
}

//! Asking `exeunt oracle`.

#![allow(dead_code, reason = "every test file uses another part of it")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::command;

/// An oracle that is being asked.
pub(crate) struct Conversation {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Conversation {
    /// With an oracle that has those arguments.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let mut child = Command::new(command::path())
            .arg("oracle")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let input = child.stdin.take();
        Self { child, input, output }
    }

    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// Writes a line, and reads its answer before anything else is written.
    pub(crate) fn ask_line(&mut self, line: &[u8]) -> String {
        let input = self.input.as_mut().unwrap();
        input.write_all(line).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        assert_eq!(answer.pop(), Some('\n'), "an answer is one line: {answer:?}");
        answer
    }

    /// The whole answer to a question.
    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        serde_json::from_str(&self.ask_line(question.to_string().as_bytes())).unwrap()
    }

    /// The `ok` of the answer to a question.
    pub(crate) fn ok(&mut self, question: &Value) -> Value {
        let answer = self.ask(question);
        answer.get("ok").cloned().unwrap_or_else(|| panic!("{question}: {answer}"))
    }

    /// The code and the message of the error that a question is answered with.
    pub(crate) fn error(&mut self, question: &Value) -> (String, String) {
        let answer = self.ask(question);
        let text = |key: &str| answer["error"][key].as_str().map(str::to_owned);
        text("code").zip(text("message")).unwrap_or_else(|| panic!("{question}: {answer}"))
    }

    /// The code of the error.
    pub(crate) fn code(&mut self, question: &Value) -> String {
        self.error(question).0
    }

    /// Ends the input; the oracle must end well.
    pub(crate) fn end(mut self) {
        drop(self.input.take());
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0));
        let mut rest = String::new();
        self.output.read_line(&mut rest).unwrap();
        assert_eq!(rest, "", "nobody asked");
    }
}

//! Asking a peer many questions: several at once, in order, whatever the peer does.

#![allow(clippy::disallowed_methods, reason = "the clock alone tells that a peer hangs")]

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use exeunt_conformance::AnswerLine;

use super::process::{LONGEST_ANSWER, Next, Process};

/// So many questions are on their way at once, so that neither side waits for the other: when half
/// of them are answered, the next are sent together.
const AT_ONCE: usize = 64;

/// After so many failures with several questions on their way they are asked one by one.
const PATIENCE: usize = 3;

/// After so many failures in a row, without any answer between them, no more is asked.
const HOPELESS: usize = 10;

/// How a peer is asked.
pub(crate) struct Settings {
    /// The command: the program and its arguments.
    pub(crate) command: Vec<String>,
    /// How long an answer may take.
    pub(crate) timeout: Duration,
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// An answer, as the protocol has them.
    Answered(AnswerLine<Vec<u8>>),
    /// Something that is no answer to it: what is wrong.
    Garbled(String),
    /// No answer within the time: what came instead.
    TimedOut(String),
    /// The process ended: how.
    Crashed(String),
    /// It was not asked any more: why.
    GivenUp(String),
}

/// What a peer did besides answering.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conduct {
    /// How often it was started.
    pub(crate) starts: usize,
    /// What it did wrong and, when it was started anew and asked the same alone, did not do again or
    /// did for a fate of its own.
    pub(crate) lapses: Vec<String>,
}

/// A peer that is being asked.
pub(crate) struct Asking {
    settings: Settings,
    process: Option<Process>,
    /// How many answers the process has given.
    given: usize,
    conduct: Conduct,
    failures_in_a_row: usize,
    last_failure: String,
}

/// A question, with the `id` that its answer must have.
#[derive(Clone, Debug)]
pub(crate) struct Line<'q> {
    pub(crate) id: Cow<'q, str>,
    pub(crate) text: Cow<'q, [u8]>,
}

impl Asking {
    /// A peer that is started when it is first asked.
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            process: None,
            given: 0,
            conduct: Conduct::default(),
            failures_in_a_row: 0,
            last_failure: String::new(),
        }
    }

    /// What it did so far.
    pub(crate) fn conduct(&self) -> &Conduct {
        &self.conduct
    }

    /// Asks one question.
    pub(crate) fn ask(&mut self, question: &Line<'_>) -> Fate {
        let mut fate = None;
        self.ask_all(std::iter::once(question.clone()), |_, it| fate = Some(it));
        // Every question has a fate.
        fate.unwrap_or_else(|| Fate::GivenUp("it was not asked".to_owned()))
    }

    /// Asks all questions in order, and tells what becomes of each, in that order. A failure with
    /// several questions on their way says little about which of them is the cause, and one of a
    /// process that has answered others may be theirs: those questions are asked again one by one.
    pub(crate) fn ask_all<'q>(
        &mut self,
        questions: impl IntoIterator<Item = Line<'q>>,
        mut tell: impl FnMut(&Line<'q>, Fate),
    ) {
        let mut questions = questions.into_iter();
        // On their way, and those that come back because of a failure.
        let mut asked: VecDeque<Line<'q>> = VecDeque::new();
        let mut again: VecDeque<Line<'q>> = VecDeque::new();
        loop {
            let at_once = if self.is_trusted() && again.is_empty() { AT_ONCE } else { 1 };
            if asked.len() <= at_once / 2 {
                let mut text = Vec::new();
                while asked.len() < at_once {
                    let Some(line) = again.pop_front().or_else(|| questions.next()) else { break };
                    if self.failures_in_a_row >= HOPELESS {
                        tell(&line, Fate::GivenUp(self.last_failure.clone()));
                        continue;
                    }
                    if let Err(error) = self.start() {
                        self.failed(&format!("it cannot be started: {error}"));
                        tell(&line, Fate::Crashed(self.last_failure.clone()));
                        continue;
                    }
                    text.extend_from_slice(&line.text);
                    text.push(b'\n');
                    asked.push_back(line);
                }
                if let Some(process) = self.process.as_ref().filter(|_| !text.is_empty()) {
                    process.ask(text);
                }
            }
            let Some(front) = asked.front() else { return };
            match self.answer(&front.id, asked.len()) {
                answered @ Fate::Answered(_) => {
                    self.failures_in_a_row = 0;
                    self.given += 1;
                    if let Some(line) = asked.pop_front() {
                        tell(&line, answered);
                    }
                }
                failure => {
                    self.process = None;
                    let what = failure.what();
                    let may_be_of_others =
                        asked.len() > 1 || (self.given > 0 && matches!(failure, Fate::Crashed(_)));
                    if may_be_of_others {
                        self.conduct.lapses.push(format!("{}: {what}", front.id));
                        asked.append(&mut again);
                        again = std::mem::take(&mut asked);
                    } else if let Some(line) = asked.pop_front() {
                        self.failed(what);
                        tell(&line, failure);
                    }
                }
            }
        }
    }

    fn is_trusted(&self) -> bool {
        self.conduct.lapses.len() < PATIENCE && self.failures_in_a_row == 0
    }

    fn failed(&mut self, what: &str) {
        self.failures_in_a_row += 1;
        what.clone_into(&mut self.last_failure);
    }

    /// Starts a process, if there is none.
    fn start(&mut self) -> std::io::Result<()> {
        if self.process.is_none() {
            self.conduct.starts += 1;
            self.given = 0;
            self.process = Some(Process::start(&self.settings.command)?);
        }
        Ok(())
    }

    /// What comes to the question that has waited longest, of so many that wait.
    fn answer(&mut self, id: &str, waiting: usize) -> Fate {
        let Some(process) = &mut self.process else {
            return Fate::Crashed("it is gone".to_owned());
        };
        // Those that come together are looked at together.
        let together = waiting.min(AT_ONCE / 2);
        match process.next(Instant::now() + self.settings.timeout, together) {
            Next::Line(line) => read(line, id),
            Next::TooLong(length) => Fate::Garbled(format!(
                "a line of {length} bytes; lines beyond {LONGEST_ANSWER} are not read"
            )),
            Next::Late(begun) => {
                let waited = format!("no line within {:?}", self.settings.timeout);
                Fate::TimedOut(match begun {
                    0 => waited,
                    bytes => format!("{waited}, but {bytes} bytes of one"),
                })
            }
            Next::Ended(how) => Fate::Crashed(how),
        }
    }
}

impl Fate {
    /// What happened instead of an answer.
    pub(crate) fn what(&self) -> &str {
        match self {
            Self::Answered(_) => "",
            Self::Garbled(what)
            | Self::TimedOut(what)
            | Self::Crashed(what)
            | Self::GivenUp(what) => what,
        }
    }
}

/// The line as an answer to the question with this `id`.
fn read(line: Vec<u8>, id: &str) -> Fate {
    match AnswerLine::parse(line) {
        Ok(answer) if answer.has_id(id) => Fate::Answered(answer),
        Ok(answer) => {
            Fate::Garbled(format!("an answer to another question: {}", start_of(answer.text())))
        }
        Err((error, line)) => Fate::Garbled(format!("{error}: {}", start_of(&line))),
    }
}

/// Enough of a line to know it by.
fn start_of(line: &[u8]) -> String {
    const MOST: usize = 120;
    let text = String::from_utf8_lossy(line);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

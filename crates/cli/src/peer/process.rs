//! One process that answers, with its pipes.

#![allow(clippy::disallowed_methods, reason = "the clock alone tells that a peer hangs")]

use std::collections::VecDeque;
use std::io::{self, BufReader, Read, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::arrivals::{Arrivals, First};
use crate::lines::{self, Line};

/// An answer may be a whole room, but memory is finite.
pub(super) const LONGEST_ANSWER: usize = 1 << 24;

/// Answers are short or few: so many bytes are read at once.
const READ_AT_ONCE: usize = 1 << 16;

/// What is kept of what a peer says on standard error, in bytes.
const LAST_WORDS: usize = 2048;

/// How long a process that has closed its output has to end by itself.
const FAREWELL: Duration = Duration::from_millis(500);

/// What came next.
pub(super) enum Next {
    /// A line.
    Line(Vec<u8>),
    /// A line beyond what is read: its bytes.
    TooLong(usize),
    /// No line within the time, but the beginning of one: its bytes.
    Late(usize),
    /// The end of the output: how the process ended, and what it said on standard error.
    Ended(String),
}

/// A process that runs. Dropping it ends it.
pub(super) struct Process {
    child: Child,
    questions: Option<Sender<Vec<u8>>>,
    arrivals: Arc<Arrivals>,
    /// Answers that have come, and are looked at one after the other.
    ready: VecDeque<Line>,
    /// How many bytes have come since the last line.
    begun: Arc<AtomicUsize>,
    words: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts the command; the first word is the program.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(super) fn start(command: &[String]) -> io::Result<Self> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "there is no command"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (questions, asked) = mpsc::channel();
        if let Some(input) = child.stdin.take() {
            thread::spawn(move || write(&asked, input));
        }
        let begun = Arc::new(AtomicUsize::new(0));
        let arrivals = Arc::new(Arrivals::default());
        if let Some(output) = child.stdout.take() {
            let (begun, arrivals) = (Arc::clone(&begun), Arc::clone(&arrivals));
            thread::spawn(move || {
                let counted = Counted { output, begun: Arc::clone(&begun) };
                let mut output = BufReader::with_capacity(READ_AT_ONCE, counted);
                // An output that cannot be read has ended.
                while let Ok(Some(line)) = lines::next(&mut output, LONGEST_ANSWER) {
                    begun.store(output.buffer().len(), Ordering::Relaxed);
                    if !arrivals.add(line) {
                        return;
                    }
                }
                arrivals.end();
            });
        }
        let words = Arc::new(Mutex::new(Vec::new()));
        let listener = child.stderr.take().map(|errors| {
            let words = Arc::clone(&words);
            thread::spawn(move || listen(errors, &words))
        });
        let (questions, ready) = (Some(questions), VecDeque::new());
        Ok(Self { child, questions, arrivals, ready, begun, words, listener })
    }

    /// Sends lines. Whether they arrive is seen by the answers.
    pub(super) fn ask(&self, lines: Vec<u8>) {
        if let Some(questions) = &self.questions {
            // A writer that is gone has seen the pipe closed: the end of the output tells why.
            let _ = questions.send(lines);
        }
    }

    /// The next line, if it comes before that time. It is one of so many that may come together.
    pub(super) fn next(&mut self, until: Instant, together: usize) -> Next {
        if self.ready.is_empty() {
            match self.arrivals.wait(until, together) {
                First::Lines(lines) => self.ready = lines,
                First::Nothing => return Next::Late(self.begun.load(Ordering::Relaxed)),
                First::End => return Next::Ended(self.end()),
            }
        }
        match self.ready.pop_front() {
            Some(Line::Bytes(line)) => Next::Line(line),
            Some(Line::TooLong(length)) => Next::TooLong(length),
            // What has come is at least a line.
            None => Next::Late(0),
        }
    }

    /// Waits for a process that has closed its output, and says how it ended.
    fn end(&mut self) -> String {
        let until = Instant::now() + FAREWELL;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(5)),
                _ => break None,
            }
        };
        let ended = status.map_or_else(
            || "it closed its output and went on running".to_owned(),
            |status| format!("it ended with {}", named(status)),
        );
        if status.is_some()
            && let Some(listener) = self.listener.take()
        {
            // Its end of the pipe is closed, unless it left a child behind: that is not waited for.
            let until = Instant::now() + FAREWELL;
            while !listener.is_finished() && Instant::now() < until {
                thread::sleep(Duration::from_millis(1));
            }
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        match String::from_utf8_lossy(&words).trim() {
            "" => ended,
            words => format!("{ended}; its last words: {words}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.questions = None;
        self.arrivals.close();
        // One that has ended already cannot be ended, and that is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn named(status: ExitStatus) -> String {
    // "exit status: 3" or "signal: 9 (SIGKILL)".
    status.to_string().replacen(": ", " ", 1)
}

/// Counts what it reads.
struct Counted<R> {
    output: R,
    begun: Arc<AtomicUsize>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.output.read(buffer)?;
        self.begun.fetch_add(length, Ordering::Relaxed);
        Ok(length)
    }
}

/// Writes what is asked.
fn write(asked: &Receiver<Vec<u8>>, mut input: ChildStdin) {
    while let Ok(lines) = asked.recv() {
        if input.write_all(&lines).is_err() {
            return;
        }
    }
}

/// Keeps the end of what is said.
fn listen(mut errors: ChildStderr, words: &Mutex<Vec<u8>>) {
    let mut part = [0; 1024];
    while let Ok(length @ 1..) = errors.read(&mut part) {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend_from_slice(&part[..length]);
        let excess = words.len().saturating_sub(LAST_WORDS);
        words.drain(..excess);
    }
}

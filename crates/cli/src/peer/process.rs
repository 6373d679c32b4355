//! One process that answers, with its pipes.

#![allow(clippy::disallowed_methods, reason = "the clock alone tells that a peer hangs")]

use std::io::{self, BufReader, Read, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::lines::{self, Line};

/// An answer may be a whole room, but memory is finite.
pub(super) const LONGEST_ANSWER: usize = 1 << 24;

/// As many answers wait to be looked at, and no more are read meanwhile: a peer that says more than
/// it is asked fills its own pipe.
const ANSWERS_AHEAD: usize = 64;

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
    questions: Option<Sender<Arc<str>>>,
    answers: Receiver<Line>,
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
        let (answered, answers) = mpsc::sync_channel(ANSWERS_AHEAD);
        if let Some(input) = child.stdin.take() {
            thread::spawn(move || write(&asked, input));
        }
        let begun = Arc::new(AtomicUsize::new(0));
        if let Some(output) = child.stdout.take() {
            let begun = Arc::clone(&begun);
            thread::spawn(move || {
                let mut output = BufReader::new(Counted { output, begun: Arc::clone(&begun) });
                // An output that cannot be read has ended.
                while let Ok(Some(line)) = lines::next(&mut output, LONGEST_ANSWER) {
                    begun.store(output.buffer().len(), Ordering::Relaxed);
                    if answered.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let words = Arc::new(Mutex::new(Vec::new()));
        let listener = child.stderr.take().map(|errors| {
            let words = Arc::clone(&words);
            thread::spawn(move || listen(errors, &words))
        });
        Ok(Self { child, questions: Some(questions), answers, begun, words, listener })
    }

    /// Sends a line. Whether it arrives is seen by the answer.
    pub(super) fn ask(&self, line: &Arc<str>) {
        if let Some(questions) = &self.questions {
            // A writer that is gone has seen the pipe closed: the end of the output tells why.
            let _ = questions.send(Arc::clone(line));
        }
    }

    /// The next line, if it comes before that time.
    pub(super) fn next(&mut self, until: Instant) -> Next {
        let left = until.saturating_duration_since(Instant::now());
        match self.answers.recv_timeout(left) {
            Ok(Line::Bytes(line)) => Next::Line(line),
            Ok(Line::TooLong(length)) => Next::TooLong(length),
            Err(RecvTimeoutError::Timeout) => Next::Late(self.begun.load(Ordering::Relaxed)),
            Err(RecvTimeoutError::Disconnected) => Next::Ended(self.end()),
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

/// Writes what is asked, and flushes whenever nothing more is there to be asked.
fn write(asked: &Receiver<Arc<str>>, input: ChildStdin) {
    let mut input = io::BufWriter::new(input);
    while let Ok(line) = asked.recv() {
        let mut next = Some(line);
        while let Some(line) = next {
            if input.write_all(line.as_bytes()).and_then(|()| input.write_all(b"\n")).is_err() {
                return;
            }
            next = asked.try_recv().ok();
        }
        if input.flush().is_err() {
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

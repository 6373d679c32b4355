//! The conformance vectors: how long it takes to ask and compare all of them, beside how long the
//! model takes to answer them.
//!
//! Asking is what `exeunt conform` does, its own code included. The one who is asked is this program
//! once more, as a process: it knows what to answer before it is asked, or it asks the model.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]
#![allow(clippy::disallowed_methods, reason = "this is about time")]

#[path = "../crates/cli/src/lines.rs"]
#[allow(dead_code, unused_imports, reason = "the command reads more kinds of lines")]
mod lines;
#[path = "../crates/cli/src/peer/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the command asks what a peer claims as well")]
mod peer;

use std::borrow::Cow;
use std::env;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group};
use exeunt_conformance::{AnswerLine, Comparison, Oracle, VectorLine, files};
use mimalloc::MiMalloc;
use peer::{Asking, Fate, Line, Settings};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Who is asked, as the only argument of this program as a child.
const TABLE: &str = "answer-from-table";
const MODEL: &str = "answer-by-model";

fn texts() -> impl Iterator<Item = &'static [u8]> {
    files().iter().flat_map(|file| file.text.lines()).map(str::as_bytes)
}

fn lines() -> Vec<VectorLine<'static>> {
    texts().map(|text| VectorLine::parse(text).unwrap()).collect()
}

/// The right answers, in the order of the vectors.
fn answers() -> Vec<String> {
    let oracle = Oracle::default();
    lines().iter().map(|line| oracle.answer(line.request())).collect()
}

/// Answers what comes with what is right for the first vector, the second, and so on, again and again.
fn from_table() {
    let answers = answers();
    let mut answers = answers.iter().cycle();
    answer(|_| Cow::Borrowed(answers.next().unwrap()));
}

fn by_model() {
    let oracle = Oracle::default();
    answer(|question| Cow::Owned(oracle.answer(question)));
}

fn answer<'a>(mut one: impl FnMut(&[u8]) -> Cow<'a, str>) {
    let (mut questions, mut out) = (BufReader::new(stdin().lock()), stdout().lock());
    let mut question = Vec::new();
    while questions.read_until(b'\n', &mut question).unwrap() > 0 {
        let mut line = one(question.strip_suffix(b"\n").unwrap()).into_owned();
        line.push('\n');
        // One that has heard enough is no failure.
        if out.write_all(line.as_bytes()).is_err() {
            return;
        }
        question.clear();
    }
}

/// A child that has answered once, so that it is ready.
fn child(who: &str) -> Asking {
    let program = env::current_exe().unwrap().to_str().unwrap().to_owned();
    let command = vec![program, who.to_owned()];
    let mut asking = Asking::new(Settings { command, timeout: Duration::from_mins(1) });
    ask_all(&mut asking);
    asking
}

/// Reads all vectors, asks them and compares.
fn ask_all(asking: &mut Asking) {
    let vectors = lines();
    let questions = vectors.iter().map(|vector| Line {
        id: Cow::Borrowed(vector.id()),
        text: Cow::Borrowed(vector.request()),
    });
    let mut next = vectors.iter();
    asking.ask_all(questions, |_, fate| {
        let Fate::Answered(answer) = fate else { panic!("{}", fate.what()) };
        assert!(agrees(next.next().unwrap(), &answer));
    });
    assert!(next.next().is_none());
}

fn agrees<T: AsRef<[u8]>>(vector: &VectorLine<'_>, answer: &AnswerLine<T>) -> bool {
    vector.compare(answer) == Comparison::Agrees { readings: None }
}

fn asking(criterion: &mut Criterion) {
    let count = texts().count();
    let answers = answers();
    let mut group = criterion.benchmark_group("asking");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::try_from(count).unwrap()));
    group.bench_function("vectors/read", |b| b.iter(|| black_box(lines())));
    group.bench_function("vectors/read and compared", |b| {
        b.iter(|| {
            for (text, answer) in texts().zip(&answers) {
                let vector = VectorLine::parse(text).unwrap();
                let answer = AnswerLine::parse(answer).unwrap();
                assert!(answer.has_id(vector.id()) && agrees(&vector, &answer));
            }
        });
    });
    let vectors = lines();
    let oracle = Oracle::default();
    group.bench_function("vectors/answered by the model", |b| {
        b.iter(|| {
            for vector in &vectors {
                black_box(oracle.answer(vector.request()));
            }
        });
    });
    for who in [TABLE, MODEL] {
        let mut child = child(who);
        group.bench_function(format!("process/{who}"), |b| b.iter(|| ask_all(&mut child)));
    }
    group.finish();
}

criterion_group!(benches, asking);

fn main() {
    match env::args().nth(1).as_deref() {
        Some(TABLE) => from_table(),
        Some(MODEL) => by_model(),
        _ => {
            benches();
            Criterion::default().configure_from_args().final_summary();
        }
    }
}

//! From lines to PDUs that went through receipt checks 1 to 3.

use std::io::BufRead;

use exeunt_event::signatures::Keys;
use exeunt_room::{Checked, Context, DroppedEvent, check_all};
use exeunt_version::RoomVersion;
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::input::{Files, LONGEST_LINE};
use crate::Failure;
use crate::lines::{self, Line};

/// So many lines are in memory as text at a time, and so many signatures are checked at once.
const BATCH: usize = 2048;

/// A line that is not empty.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Its number, counted from 1.
    pub(crate) line: usize,
    pub(crate) text: Line,
}

impl Text {
    /// The PDU, if the line was read.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match &self.text {
            Line::Bytes(bytes) => Some(bytes),
            Line::TooLong(_) => None,
        }
    }
}

/// What checks 1 to 3 say about a line; `None` if it was too long to be read.
pub(crate) type CheckedLine = Option<Result<Checked, DroppedEvent>>;

/// How many lines there were.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) lines: usize,
    pub(crate) empty: usize,
}

/// Reads the room's lines, and hands those that are not empty over in batches.
pub(crate) fn read(
    files: &Files,
    progress: &ProgressBar,
    mut take: impl FnMut(Vec<Text>),
) -> Result<Counts, Failure> {
    let mut input = files.open()?;
    let mut counts = Counts::default();
    let mut batch = Vec::with_capacity(BATCH);
    progress.set_message("checks");
    while let Some(line) = next(&mut input, files)? {
        counts.lines += 1;
        let length = match &line {
            Line::Bytes(bytes) => bytes.len(),
            Line::TooLong(length) => *length,
        };
        progress.inc(length as u64 + 1);
        if matches!(&line, Line::Bytes(bytes) if bytes.iter().all(u8::is_ascii_whitespace)) {
            counts.empty += 1;
            continue;
        }
        batch.push(Text { line: counts.lines, text: line });
        if batch.len() == BATCH {
            take(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
    }
    take(batch);
    Ok(counts)
}

fn next(input: &mut impl BufRead, files: &Files) -> Result<Option<Line>, Failure> {
    lines::next(input, LONGEST_LINE).map_err(|error| files.unreadable(&error))
}

/// Runs lines through checks 1 to 3, with the answers in the same order.
pub(crate) fn check(
    texts: &[Text],
    keys: Option<&Keys>,
    version: &RoomVersion,
) -> Vec<CheckedLine> {
    let per_thread = texts.len().div_ceil(rayon::current_num_threads().max(1)).clamp(1, BATCH);
    texts
        .par_chunks(per_thread)
        .flat_map_iter(|chunk| {
            let pdus: Vec<_> = chunk.iter().filter_map(Text::bytes).collect();
            let mut checked = check_all(&pdus, version, Context { keys }).into_iter();
            chunk.iter().map(move |text| text.bytes().and_then(|_| checked.next()))
        })
        .collect()
}

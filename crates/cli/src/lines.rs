//! Reading lines of any content and length, without ever holding one that is too long.

use std::io::{self, BufRead};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Its bytes, without the line break.
    Bytes(Vec<u8>),
    /// It is longer than the limit: its length in bytes, without the line break.
    TooLong(usize),
}

/// The next line, or `None` at the end. A last line without a line break counts.
pub(crate) fn next(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let mut length = 0;
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        let at_end = available.is_empty();
        if at_end && length == 0 {
            return Ok(None);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        length += part.len();
        if length <= limit {
            bytes.extend_from_slice(part);
        } else {
            bytes = Vec::new();
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() || at_end {
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
            let line = if length > limit { Line::TooLong(length) } else { Line::Bytes(bytes) };
            return Ok(Some(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_breaks_and_at_the_end() {
        let mut input = io::BufReader::with_capacity(2, b"a\r\n\nbcdef\ngh".as_slice());
        let mut lines = Vec::new();
        while let Some(line) = next(&mut input, 4).unwrap() {
            lines.push(line);
        }
        let bytes = |text: &str| Line::Bytes(text.as_bytes().to_vec());
        assert_eq!(lines, [bytes("a"), bytes(""), Line::TooLong(5), bytes("gh")]);
    }
}

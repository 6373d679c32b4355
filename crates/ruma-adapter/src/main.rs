//! Answers questions about Matrix rooms with ruma's crates: one JSON object a line in, one out.

use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let question = line.strip_suffix(b"\n").unwrap_or(&line);
        writeln!(output, "{}", exeunt_ruma_adapter::answer(question))?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}

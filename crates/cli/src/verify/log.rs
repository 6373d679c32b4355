//! A room's log of inputs, as a file: written, and read in the place of a room.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use exeunt_event::json;
use exeunt_room::{Input, Room};

use super::fold::Role;
use super::receive::Text;
use crate::Failure;
use crate::lines::Line;

/// Writes a room's log, an input a line.
pub(crate) fn write(room: &Room, path: &Path) -> Result<(), Failure> {
    let write = || {
        let mut file = BufWriter::new(File::create(path)?);
        for input in room.log() {
            writeln!(file, "{}", input.to_line())?;
        }
        file.flush()
    };
    write().map_err(|error| Failure::about(path, format!("it cannot be written: {error}")))
}

/// The input that a line of a log holds; `None` if it holds none, as a PDU's line does.
pub(crate) fn input(line: &[u8]) -> Option<Input> {
    let parsed = json::parse_lenient(line).ok()?;
    // A PDU may have a key of any name, but always a type.
    let is_pdu = parsed.value.as_object()?.contains_key("type");
    if is_pdu { None } else { Input::from_line(line).ok() }
}

/// A line of a log as its PDU and role; a line that is none as a PDU that was received.
pub(crate) fn entry(text: Text) -> (Text, Role) {
    let Some(input) = text.bytes().and_then(input) else { return (text, Role::Received) };
    let role = match &input {
        Input::Pdu(_) => Role::Received,
        Input::Sent(_) => Role::Sent,
        Input::Outlier(_) => Role::Outlier,
        Input::Given { state, .. } => Role::Given(state.clone()),
        Input::Joined { state, .. } => Role::Joined(state.clone()),
    };
    (Text { line: text.line, text: Line::Bytes(input.pdu().to_vec()) }, role)
}

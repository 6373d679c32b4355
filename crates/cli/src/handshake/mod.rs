//! `exeunt handshake`: a handshake between model servers, step by step.
//!
//! [`wanted`] reads the arguments, [`stage`] sets up the servers and the room, [`drive`] lets the
//! messages arrive and notes what happens as [`step::Step`]s, and [`prose`] or [`lines`] tells them.

mod checks;
mod drive;
mod fault;
mod lines;
mod pretty;
mod prose;
mod said;
mod side;
mod stage;
mod step;
mod wanted;

use std::io::Write;

use clap::Args;

use crate::{Failure, Outcome};
use fault::{At, EvilTemplate};
use step::Kind;
use wanted::{JoinRule, Wanted};

/// What follows the options in the long help.
const STORY: &str = "\
Alice's server hs1 is in a room that she created, and Bob's server hs2 is not. Every request, answer,
template and signed event is shown, with what each server checked before it went on, and what the
room is on each side before and afterwards. Times and keys are fixed: the same arguments print the
same.

Exit status: 0 if the handshake came to its end, which a leave does even if nobody could be told; 1 if
the action was refused; 2 on wrong usage.";

/// Play a handshake between model servers, and tell it step by step.
#[derive(Args)]
#[command(after_long_help = STORY)]
pub(crate) struct Arguments {
    /// What to play.
    #[arg(value_enum)]
    handshake: Kind,
    /// The room version: 1 to 12, or the path of a TOML file that defines one.
    #[arg(long, value_name = "V", default_value = "12")]
    room_version: String,
    /// The release of the specification that all servers follow [default: the latest]. Until v1.17,
    /// `send_leave` and `send_join` have an older form, which is tried where the newer one is not
    /// there: `--status 404 --at send` shows it.
    #[arg(long, value_name = "RELEASE")]
    spec: Option<String>,
    /// The rule by which people enter the room [default: public for join, knock for knock, invite
    /// for leave and invite]. For `restricted` and `knock_restricted`, Bob is in the room that the
    /// condition names.
    #[arg(long, value_enum, value_name = "RULE")]
    join_rule: Option<JoinRule>,
    /// How many servers there are: 3 adds hs3 with Carol, 4 also hs4 with Dave, who are joined to
    /// the room; their servers can be asked too.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=4))]
    servers: u8,
    /// This server is not reached; may be repeated.
    #[arg(long, value_name = "SERVER")]
    unreachable: Vec<String>,
    /// The server answers every request with this status, and does nothing else; without a name it
    /// is the server that is asked first. May be repeated.
    #[arg(long, value_name = "[SERVER=]STATUS")]
    status: Vec<String>,
    /// Answer with the status only at the request for a template (make), or only at the one with
    /// the signed event in its newer form (send).
    #[arg(long, value_enum, value_name = "REQUEST", requires = "status")]
    at: Option<At>,
    /// The server that is asked first gives a template of something else.
    #[arg(long, value_enum, value_name = "FAULT")]
    evil_template: Option<EvilTemplate>,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let wanted = Wanted::new(arguments)?;
    let stage = stage::set(&wanted)?;
    let played = drive::play(stage, &wanted);
    if arguments.json {
        lines::write(&wanted, &played, out)?;
    } else {
        prose::write(&wanted, &played, out)?;
    }
    Ok(if played.outcome.is_ok() { Outcome::Clean } else { Outcome::Findings })
}

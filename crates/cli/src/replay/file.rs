//! The file of a counterexample.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use exeunt_event::ServerName;
use exeunt_event::json::{self, Object, Value};
use exeunt_generate::{NetworkOp, NetworkScript, NetworkSetup};
use exeunt_laws::Law;
use exeunt_laws::cases::Case;
use exeunt_room::Input;
use exeunt_version::{Readings, RoomVersion};

use crate::Failure;
use crate::check::described;
use crate::lines::{self, Line};

/// The longest line that is read: an event has at most 64 KiB, and a state names many.
const LONGEST: usize = 16 << 20;

/// A history as a file has it.
pub(crate) struct Recorded {
    pub(crate) about: About,
    /// The room version, if it is a specified one or the file defines it.
    pub(crate) version: Result<RoomVersion, String>,
    pub(crate) readings: Readings,
    pub(crate) servers: Vec<ServerName>,
    pub(crate) arrivals: Vec<Arrival>,
    /// What happens instead, if it is about a network of homeservers.
    pub(crate) network: Option<NetworkScript>,
}

/// What a history was kept for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About {
    /// It breaks a law.
    Law(&'static Law),
    /// It has a case.
    Case(&'static Case),
}

impl About {
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Law(law) => law.sentence,
            Self::Case(case) => case.sentence,
        }
    }

    fn read(object: &Object<'_>) -> Result<Self, String> {
        if object.get("case").is_some() {
            let name = string(object, "case")?;
            let case = exeunt_laws::cases::case(name);
            return case.map(Self::Case).ok_or_else(|| format!("there is no case {name:?}"));
        }
        let law = string(object, "law")?;
        exeunt_laws::law(law).map(Self::Law).ok_or_else(|| format!("there is no law {law:?}"))
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Law(law) => write!(f, "Law {} ({})", law.id, law.name),
            Self::Case(case) => write!(f, "Case {}", case.name),
        }
    }
}

/// Something that came to a server.
pub(crate) struct Arrival {
    /// The server's place.
    pub(crate) server: usize,
    /// Whether the server's room begins anew with it.
    pub(crate) is_anew: bool,
    pub(crate) input: Input,
}

/// Reads a file, or says in which line it is none, and why.
pub(crate) fn read(path: &Path) -> Result<Recorded, Failure> {
    let here = path.display();
    let failed = |error: &std::io::Error| Failure::Usage(format!("{here} cannot be read: {error}"));
    let mut file = BufReader::new(File::open(path).map_err(|error| failed(&error))?);
    let mut recorded: Option<Recorded> = None;
    let mut number = 0_u64;
    while let Some(line) = lines::next(&mut file, LONGEST).map_err(|error| failed(&error))? {
        number += 1;
        let taken = match (line, &mut recorded) {
            (Line::TooLong(length), _) => Err(format!("it is too long: {length} bytes")),
            (Line::Bytes(bytes), None) => head(&bytes).map(|head| recorded = Some(head)),
            (Line::Bytes(bytes), Some(Recorded { network: Some(script), .. })) => {
                step(&bytes).map(|op| script.steps.push(op))
            }
            (Line::Bytes(bytes), Some(recorded)) => {
                arrival(&bytes, &recorded.servers).map(|it| recorded.arrivals.push(it))
            }
        };
        taken.map_err(|why| Failure::Usage(format!("{here}, line {number}: {why}")))?;
    }
    recorded.ok_or_else(|| Failure::Usage(format!("{here} is empty")))
}

fn object(bytes: &[u8]) -> Result<Object<'_>, String> {
    match json::parse_any(bytes).map_err(|error| format!("not JSON: {error}"))?.value {
        Value::Object(object) => Ok(object),
        _ => Err("it is no object".to_owned()),
    }
}

fn string<'o>(object: &'o Object<'_>, name: &str) -> Result<&'o str, String> {
    let value = object.get(name).and_then(Value::as_str);
    value.ok_or_else(|| format!("`{name}` is missing or no string"))
}

fn head(bytes: &[u8]) -> Result<Recorded, String> {
    let object = object(bytes)?;
    let about = About::read(&object)?;
    let names = object.get("servers").and_then(Value::as_array);
    let names = names.and_then(|it| it.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let names = names.ok_or("`servers` is missing or no array of strings")?;
    let servers = names.into_iter().map(ServerName::from_received).collect();
    let readings = match object.get("readings") {
        None => Readings::default(),
        Some(readings) => described::readings(readings.as_object())?,
    };
    let definition = match object.get("definition") {
        None => None,
        Some(_) => Some(string(&object, "definition")?.to_owned()),
    };
    let version = described::version(string(&object, "room_version")?, definition.as_ref());
    let version = version.map(|version| version.with_readings(readings));
    let network = match object.get("network") {
        None => None,
        Some(setup) => {
            let setup = setup.as_object().ok_or("`network` is no object")?;
            let setup = NetworkSetup::from_object(setup).map_err(|error| error.to_string())?;
            Some(NetworkScript { setup, steps: Vec::new() })
        }
    };
    let is_about_networks = matches!(about, About::Law(law) if law.is_about_networks());
    if network.is_some() != is_about_networks {
        let name = match about {
            About::Law(law) => format!("law {}", law.id),
            About::Case(case) => format!("case {}", case.name),
        };
        return Err(format!("{name} is not about what the file has"));
    }
    Ok(Recorded { about, version, readings, servers, arrivals: Vec::new(), network })
}

fn step(bytes: &[u8]) -> Result<NetworkOp, String> {
    let parsed = json::parse_any(bytes).map_err(|error| format!("not JSON: {error}"))?;
    NetworkOp::from_value(&parsed.value).map_err(|error| error.to_string())
}

fn arrival(bytes: &[u8], servers: &[ServerName]) -> Result<Arrival, String> {
    let object = object(bytes)?;
    let name = string(&object, "server")?;
    let server = servers.iter().position(|server| server.as_str() == name);
    let server = server.ok_or_else(|| format!("the first line names no server {name:?}"))?;
    let is_anew = match object.get("anew") {
        None => false,
        Some(Value::Bool(is_anew)) => *is_anew,
        Some(_) => return Err("`anew` is neither true nor false".to_owned()),
    };
    let input = object.get("input").and_then(Value::as_object);
    let input = input.ok_or("`input` is missing or no object")?;
    let input = Input::from_line(input.as_received().as_bytes());
    let input = input.map_err(|error| format!("`input`: {error}"))?;
    Ok(Arrival { server, is_anew, input })
}

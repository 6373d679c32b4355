//! Room versions and readings as arguments of the command.

use std::fs;
use std::path::Path;

use exeunt_version::{Readings, RoomVersion};

use crate::Failure;

/// `11`, or the path of a TOML file that defines a version.
pub(crate) fn room_version(argument: &str) -> Result<RoomVersion, Failure> {
    match RoomVersion::specified(argument) {
        Ok(version) => Ok(version),
        Err(_) if is_file(argument) => defined(Path::new(argument)),
        Err(error) => {
            Err(Failure::Usage(format!("{error}, nor the path of a TOML file that defines one")))
        }
    }
}

/// The same, with the definition of a version that a file defines.
pub(crate) fn room_version_with_definition(
    argument: &str,
) -> Result<(RoomVersion, Option<String>), Failure> {
    let version = room_version(argument)?;
    if RoomVersion::specified(argument).is_ok() {
        return Ok((version, None));
    }
    let text = fs::read_to_string(argument)
        .map_err(|error| Failure::Usage(format!("{argument}: {error}")))?;
    Ok((version, Some(text)))
}

fn is_file(argument: &str) -> bool {
    let path = Path::new(argument);
    path.is_file() || path.extension().is_some_and(|extension| extension == "toml")
}

/// The version that a TOML file defines.
pub(crate) fn defined(path: &Path) -> Result<RoomVersion, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::about(path, error))?;
    RoomVersion::from_toml(&text).map_err(|error| Failure::about(path, error))
}

/// `name=choice`, each, of readings and choices that there are.
pub(crate) fn pairs(arguments: &[String]) -> Result<Vec<(String, String)>, Failure> {
    readings(arguments)?;
    let pair = |argument: &String| {
        argument.split_once('=').map(|(name, choice)| (name.to_owned(), choice.to_owned()))
    };
    Ok(arguments.iter().filter_map(pair).collect())
}

/// `name=choice`, each.
pub(crate) fn readings(arguments: &[String]) -> Result<Readings, Failure> {
    readings_over(Readings::default(), arguments)
}

/// The same, where other readings than the default stand for what no argument names.
pub(crate) fn readings_over(
    mut readings: Readings,
    arguments: &[String],
) -> Result<Readings, Failure> {
    for argument in arguments {
        let (name, choice) = argument.split_once('=').ok_or_else(|| {
            Failure::Usage(format!("a reading is given as name=choice, not {argument:?}"))
        })?;
        readings.set(name, choice).map_err(|error| Failure::Usage(error.to_string()))?;
    }
    Ok(readings)
}

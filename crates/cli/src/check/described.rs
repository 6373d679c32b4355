//! A campaign as data: the same description is the same campaign, and gives it again.

use std::collections::BTreeMap;

use exeunt_event::json::{Object, Value};
use exeunt_generate::{Campaign, Mood, Size};
use exeunt_laws::Law;
use exeunt_version::{Readings, RoomVersion};

use super::verdict::number;

/// A campaign, and what its room versions are defined by.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) campaign: Campaign,
    /// The definitions of those room versions that a user defined, by identifier.
    pub(crate) definitions: BTreeMap<String, String>,
    pub(crate) readings: Readings,
}

impl Described {
    pub(crate) fn to_object(&self) -> Object<'static> {
        let Campaign { versions, moods, laws, seed, size } = &self.campaign;
        let ids = versions.iter().map(|version| Value::from(version.id().to_owned()));
        let moods = moods.iter().map(|mood| Value::from(mood.as_str()));
        let laws = laws.iter().map(|law| Value::from(law.id));
        let definitions: Object<'_> = self.definitions.clone().into_iter().collect();
        let steps = [size.steps.0, size.steps.1].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        let servers = [size.servers.0, size.servers.1].map(u64::from);
        let mut object = Object::new();
        // Another release may make other histories of the same numbers.
        object.insert("exeunt", env!("CARGO_PKG_VERSION"));
        // As a text, since it may be larger than integers of JSON should be.
        object.insert("seed", seed.to_string());
        object.insert("servers", Value::Array(servers.map(number).to_vec()));
        object.insert("steps", Value::Array(steps.map(number).to_vec()));
        object.insert("room_versions", Value::Array(ids.collect()));
        object.insert("definitions", definitions);
        object.insert("readings", readings_object(self.readings));
        object.insert("moods", Value::Array(moods.collect()));
        object.insert("laws", Value::Array(laws.collect()));
        object
    }

    /// What the head of a file says about what a history of that room version follows from, beside
    /// its number.
    pub(crate) fn begin(&self, head: &mut Object<'_>, version: &RoomVersion) {
        head.insert("seed", self.campaign.seed.to_string());
        head.insert("readings", readings_object(self.readings));
        if let Some(definition) = self.definitions.get(version.id()) {
            head.insert("definition", definition.clone());
        }
    }

    /// From what [`Described::to_object`] gave, or what is wrong with it.
    pub(crate) fn from_object(object: &Object<'_>) -> Result<Self, String> {
        let release = text(object, "exeunt").ok_or("it names no release of exeunt")?;
        if release != env!("CARGO_PKG_VERSION") {
            return Err(format!("it is of the release {release} of exeunt"));
        }
        let definitions: BTreeMap<String, String> = object
            .get("definitions")
            .and_then(Value::as_object)
            .and_then(|it| {
                it.iter().map(|(id, it)| Some((id.to_owned(), it.as_str()?.to_owned()))).collect()
            })
            .ok_or("its definitions cannot be read")?;
        let readings = readings(object.get("readings").and_then(Value::as_object))?;
        let mut versions = Vec::new();
        for id in texts(object, "room_versions").ok_or("its room versions cannot be read")? {
            versions.push(version(id, definitions.get(id))?.with_readings(readings));
        }
        let mut laws: Vec<&'static Law> = Vec::new();
        for id in texts(object, "laws").ok_or("its laws cannot be read")? {
            laws.push(exeunt_laws::law(id).ok_or_else(|| format!("there is no law {id:?}"))?);
        }
        let mood = |name: &str| Mood::ALL.into_iter().find(|mood| mood.as_str() == name);
        let moods = texts(object, "moods").and_then(|names| names.into_iter().map(mood).collect());
        let campaign = Campaign {
            versions,
            moods: moods.ok_or("its moods cannot be read")?,
            laws,
            seed: text(object, "seed").and_then(|it| it.parse().ok()).ok_or("it has no seed")?,
            size: Size {
                servers: pair(object, "servers").ok_or("its servers cannot be read")?,
                steps: pair(object, "steps").ok_or("its steps cannot be read")?,
            },
        };
        Ok(Self { campaign, definitions, readings })
    }
}

/// The specified room version of that identifier, or the one that a definition defines.
pub(crate) fn version(id: &str, definition: Option<&String>) -> Result<RoomVersion, String> {
    match definition {
        None => RoomVersion::specified(id).map_err(|error| error.to_string()),
        Some(text) => RoomVersion::from_toml(text).map_err(|error| error.to_string()),
    }
}

/// The readings that are not the default.
fn readings_object(readings: Readings) -> Object<'static> {
    let default = Readings::default();
    let of = |name| readings.get(name).filter(|choice| default.get(name) != Some(choice));
    let set = Readings::ALL.iter().filter_map(|reading| Some((reading.name, of(reading.name)?)));
    set.collect()
}

/// The readings that an object of them sets.
pub(crate) fn readings(object: Option<&Object<'_>>) -> Result<Readings, String> {
    let mut readings = Readings::default();
    for (name, choice) in object.ok_or("its readings cannot be read")?.iter() {
        let choice = choice.as_str().ok_or("its readings cannot be read")?;
        readings.set(name, choice).map_err(|error| error.to_string())?;
    }
    Ok(readings)
}

fn text<'o>(object: &'o Object<'_>, name: &str) -> Option<&'o str> {
    object.get(name)?.as_str()
}

fn texts<'o>(object: &'o Object<'_>, name: &str) -> Option<Vec<&'o str>> {
    object.get(name)?.as_array()?.iter().map(Value::as_str).collect()
}

fn pair<T: TryFrom<i64>>(object: &Object<'_>, name: &str) -> Option<(T, T)> {
    let [one, other] = object.get(name)?.as_array()? else { return None };
    let [one, other] = [one, other].map(|it| T::try_from(it.as_integer()?).ok());
    Some((one?, other?))
}

//! Scripts of networks as JSON.

use exeunt_event::json::{Object, Value};

use super::{Manner, NetworkOp, NetworkScript, NetworkSetup};

/// Why a value is no script of a network, or no part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkScriptError(String);

impl std::fmt::Display for NetworkScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NetworkScriptError {}

type Parsed<T> = Result<T, NetworkScriptError>;

impl NetworkScript {
    /// The setup, and each step.
    ///
    /// ```
    /// use exeunt_generate::{Mood, NetworkScript, Size, network_scripts};
    /// use exeunt_regressions::proptest::prelude::*;
    ///
    /// let scripts = network_scripts(Mood::Hostile, Size::default());
    /// proptest!(exeunt_regressions::config!(cases = 16), |(script in scripts)| {
    ///     prop_assert_eq!(NetworkScript::from_object(&script.to_object()), Ok(script));
    /// });
    /// ```
    pub fn to_object(&self) -> Object<'static> {
        let mut object = self.setup.to_object();
        object.insert("steps", Value::Array(self.steps.iter().map(NetworkOp::to_value).collect()));
        object
    }

    /// From what [`NetworkScript::to_object`] gave.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn from_object(object: &Object<'_>) -> Parsed<Self> {
        let steps = object.get("steps").and_then(Value::as_array);
        let steps = steps.ok_or_else(|| wrong("`steps` is no array"))?;
        let steps = steps.iter().map(NetworkOp::from_value).collect::<Parsed<_>>()?;
        Ok(Self { setup: NetworkSetup::from_object(object)?, steps })
    }
}

impl NetworkSetup {
    /// Its fields by name.
    pub fn to_object(&self) -> Object<'static> {
        let number = |number: u16| Value::Integer(number.into());
        let mut object = Object::new();
        object.insert("servers", number(self.servers));
        object.insert("rogue", self.has_rogue);
        object.insert("join_rule", number(self.join_rule));
        object.insert("joined", number(self.joined));
        object.insert("salt", number(self.salt));
        object.insert("settles", self.settles);
        let manner = |manner: &Manner| {
            let mut object = Object::new();
            object.insert("specification", number(manner.specification));
            object.insert("forgets", manner.forgets);
            object.insert("strict", manner.is_strict);
            object.insert("invalid_signature", manner.has_invalid_signature);
            Value::Object(object)
        };
        object.insert("manners", Value::Array(self.manners.iter().map(manner).collect()));
        object
    }

    /// From what [`NetworkSetup::to_object`] gave; what else the object has is ignored.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn from_object(object: &Object<'_>) -> Parsed<Self> {
        let manner = |value: &Value<'_>| {
            let object = value.as_object().ok_or_else(|| wrong("a manner is no object"))?;
            Ok(Manner {
                specification: number(object, "specification")?,
                forgets: boolean(object, "forgets")?,
                is_strict: boolean(object, "strict")?,
                has_invalid_signature: boolean(object, "invalid_signature")?,
            })
        };
        let manners = object.get("manners").and_then(Value::as_array);
        let manners = manners.ok_or_else(|| wrong("`manners` is no array"))?;
        Ok(Self {
            servers: number(object, "servers")?,
            has_rogue: boolean(object, "rogue")?,
            join_rule: number(object, "join_rule")?,
            joined: number(object, "joined")?,
            salt: number(object, "salt")?,
            settles: boolean(object, "settles")?,
            manners: manners.iter().map(manner).collect::<Parsed<_>>()?,
        })
    }
}

impl NetworkOp {
    /// An array of its name and its numbers.
    pub fn to_value(&self) -> Value<'static> {
        let numbers = self.numbers().into_iter().map(|number| Value::Integer(number.into()));
        Value::Array([Value::from(self.name())].into_iter().chain(numbers).collect())
    }

    /// From what [`NetworkOp::to_value`] gave.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn from_value(value: &Value<'_>) -> Parsed<Self> {
        let [name, numbers @ ..] = value.as_array().unwrap_or_default() else {
            return Err(wrong("a step is no array of a name and numbers"));
        };
        let name = name.as_str().ok_or_else(|| wrong("a step's name is no string"))?;
        let number = |value: &Value<'_>| u16::try_from(value.as_integer()?).ok();
        let numbers: Option<Vec<u16>> = numbers.iter().map(number).collect();
        let op = numbers.and_then(|numbers| Self::new(name, &numbers));
        op.ok_or_else(|| wrong(&format!("there is no step {name:?} with those numbers")))
    }
}

fn wrong(what: &str) -> NetworkScriptError {
    NetworkScriptError(what.to_owned())
}

fn number(object: &Object<'_>, name: &str) -> Parsed<u16> {
    let value = object.get(name).and_then(Value::as_integer);
    let number = value.and_then(|number| u16::try_from(number).ok());
    number.ok_or_else(|| wrong(&format!("`{name}` is no number up to {}", u16::MAX)))
}

fn boolean(object: &Object<'_>, name: &str) -> Parsed<bool> {
    match object.get(name) {
        Some(Value::Bool(boolean)) => Ok(*boolean),
        _ => Err(wrong(&format!("`{name}` is neither true nor false"))),
    }
}

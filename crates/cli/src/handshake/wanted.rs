//! What the arguments ask for, and whether it can be had.

use clap::ValueEnum;
use exeunt_event::{ServerName, content};
use exeunt_homeserver::Specification;
use exeunt_version::RoomVersion;

use super::Arguments;
use super::fault::{At, Faults};
use super::step::Kind;
use crate::Failure;
use crate::version_argument::room_version;

/// A join rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum JoinRule {
    /// Everybody may join
    Public,
    /// Who is invited may join
    Invite,
    /// Anybody may knock
    Knock,
    /// Who is in another room may join
    Restricted,
    /// Both of these
    KnockRestricted,
}

impl JoinRule {
    pub(super) fn as_str(self) -> &'static str {
        self.in_events().as_str()
    }

    /// Whether a condition lets people in.
    pub(super) fn is_restricted(self) -> bool {
        matches!(self, Self::Restricted | Self::KnockRestricted)
    }

    fn in_events(self) -> content::JoinRule {
        match self {
            Self::Public => content::JoinRule::Public,
            Self::Invite => content::JoinRule::Invite,
            Self::Knock => content::JoinRule::Knock,
            Self::Restricted => content::JoinRule::Restricted,
            Self::KnockRestricted => content::JoinRule::KnockRestricted,
        }
    }
}

/// What is to be played.
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) version: RoomVersion,
    pub(super) specification: Specification,
    pub(super) join_rule: JoinRule,
    pub(super) servers: u8,
    pub(super) faults: Faults,
}

impl Wanted {
    pub(super) fn new(arguments: &Arguments) -> Result<Self, Failure> {
        let kind = arguments.handshake;
        let version = room_version(&arguments.room_version)?;
        let known: Vec<_> = RoomVersion::SPECIFIED.into_iter().chain([version.id()]).collect();
        let version = version.clone().among(known);
        let release = arguments.spec.as_deref().map(str::parse::<Specification>);
        let specification = release.transpose().map_err(|error| usage(error.to_string()))?;
        if kind == Kind::Knock && !version.capabilities.knocking {
            return Err(usage(format!("nobody can knock in room version {version}")));
        }
        let join_rule = arguments.join_rule.unwrap_or(match kind {
            Kind::Leave | Kind::Invite => JoinRule::Invite,
            Kind::Join => JoinRule::Public,
            Kind::Knock => JoinRule::Knock,
        });
        if !join_rule.in_events().is_in(&version) {
            let rule = join_rule.as_str();
            return Err(usage(format!("room version {version} has no join rule {rule:?}")));
        }
        let servers = arguments.servers;
        let faults = faults(arguments, kind)?;
        let specification = specification.unwrap_or_default();
        Ok(Self { kind, version, specification, join_rule, servers, faults })
    }

    /// The numbers of the servers that are in the room.
    pub(super) fn residents(&self) -> impl Iterator<Item = u8> + use<> {
        (1..=self.servers).filter(|number| *number != BOBS)
    }
}

/// The number of Bob's server, which is not in the room; all others are.
pub(super) const BOBS: u8 = 2;

fn usage(message: String) -> Failure {
    Failure::Usage(message)
}

fn faults(arguments: &Arguments, kind: Kind) -> Result<Faults, Failure> {
    let servers = arguments.servers;
    let names: Vec<String> = (1..=servers).map(|number| format!("hs{number}")).collect();
    let (asks, first) = match kind {
        Kind::Invite => ("hs1", "hs2"),
        Kind::Leave | Kind::Join | Kind::Knock => ("hs2", "hs1"),
    };
    let server = |name: &str| {
        if !names.iter().any(|known| known == name) {
            let known = names.join(", ");
            return Err(usage(format!("there is no server {name:?}; there are {known}")));
        }
        if name == asks {
            return Err(usage(format!("{name} is the server that asks; nobody asks it")));
        }
        ServerName::parse(name).map_err(|error| usage(error.to_string()))
    };
    let mut faults = Faults { at: arguments.at, ..Faults::default() };
    for name in &arguments.unreachable {
        faults.unreachable.insert(server(name)?);
    }
    for argument in &arguments.status {
        let (name, status) = argument.split_once('=').unwrap_or((first, argument));
        let name = server(name)?;
        let status = status.parse().ok().filter(|status| (300..=599).contains(status));
        let wrong = || usage(format!("a status is a number from 300 to 599, not {argument:?}"));
        let status = status.ok_or_else(wrong)?;
        if faults.unreachable.contains(&name) {
            return Err(usage(format!("{name} cannot be unreachable and answer {status}")));
        }
        if faults.statuses.insert(name.clone(), status).is_some() {
            return Err(usage(format!("there are two statuses for {name}")));
        }
    }
    if kind == Kind::Invite && arguments.at == Some(At::Make) {
        return Err(usage("an invite asks for no template".to_owned()));
    }
    if let Some(evil) = arguments.evil_template {
        if kind == Kind::Invite {
            return Err(usage("an invite has no template".to_owned()));
        }
        let first = server(first)?;
        let is_silent = faults.unreachable.contains(&first)
            || (faults.statuses.contains_key(&first) && faults.at != Some(At::Send));
        if is_silent {
            return Err(usage(format!("{first} gives no template that could be evil")));
        }
        faults.evil = Some((first, evil));
    }
    Ok(faults)
}

//! Rule 1: `m.room.create`.

use exeunt_event::content::{AdditionalCreators, Content, NamedVersion};
use exeunt_event::{Event, UserId};
use exeunt_version::{
    AdditionalCreators as CreatorsReading, Creator, RecognisedVersion, RoomIds, RoomVersion,
};

use crate::check::{Decision, allow, reject};
use crate::{Rule, Witness};

pub(crate) fn check<'a>(event: &'a Event, version: &RoomVersion) -> Decision<'a> {
    let Content::Create(create) = event.content() else {
        return None;
    };
    if let Some(prev) = event.prev_events().first() {
        return reject(Rule::CreateHasPrevEvents, Witness::Named(prev.as_str()));
    }
    match version.capabilities.room_ids {
        RoomIds::Domain if event.room_id().domain() != Some(event.sender().domain()) => {
            return reject(Rule::CreateRoomIdDomain, Witness::Named(event.room_id().as_str()));
        }
        RoomIds::CreateEvent if event.has_room_id() => {
            return reject(Rule::CreateHasRoomId, Witness::Named(event.room_id().as_str()));
        }
        _ => {}
    }
    let is_recognised = match &create.room_version {
        NamedVersion::Absent => true,
        NamedVersion::Named(id) => version.recognises(id),
        NamedVersion::Malformed => false,
    };
    if !is_recognised && version.readings.recognised_version == RecognisedVersion::Checked {
        return reject(Rule::CreateRoomVersion, Witness::Property("content.room_version"));
    }
    match version.capabilities.creator {
        Creator::Property if !create.has_creator => {
            return reject(Rule::CreateWithoutCreator, Witness::Property("content.creator"));
        }
        Creator::Privileged if !creators_are_valid(&create.additional_creators, version) => {
            let witness = Witness::Property("content.additional_creators");
            return reject(Rule::CreateAdditionalCreators, witness);
        }
        _ => {}
    }
    allow(Rule::CreateAllowed)
}

fn creators_are_valid(creators: &AdditionalCreators, version: &RoomVersion) -> bool {
    let parse = match version.readings.additional_creators {
        CreatorsReading::AsSender => UserId::parse,
        CreatorsReading::Strict => UserId::parse_strict,
    };
    let is_malformed = matches!(creators, AdditionalCreators::Malformed);
    !is_malformed && creators.listed().iter().all(|creator| parse(creator.as_str()).is_ok())
}

//! Events of ours beside recorded ones.

use exeunt_event::json::{Object, Value as Json};
use exeunt_event::{Event, base64, hashes};
use exeunt_version::{EventIds, RoomVersion};
use serde_json::Value;

use crate::replay::{object, value};
use crate::resident::same_references;

/// What the users' profiles put into memberships at Synapse; our homeserver has no profiles.
pub(crate) const PROFILE: [&str; 2] = ["avatar_url", "displayname"];

/// That our event is the recorded one but for `origin`, what follows from it, and the profile.
///
/// Synapse puts no `origin` into events. The schemas of `send_leave`, `send_join` and `send_knock`
/// have it ("the name of the leaving homeserver"), that of `send_leave` requires it, and ours sends it. Without it, with the profile
/// where the recorded content has one, with references in the recorded order, and in room versions 1
/// and 2 with the recorded ID, our event has the recorded content hash and, by that, the recorded ID.
pub(crate) fn same_event(ours: &Value, recorded: &Value, version: &RoomVersion) {
    let sent_id = version.capabilities.event_ids == EventIds::Sent;
    let mut own = ours.clone();
    let own = own.as_object_mut().unwrap();
    let recorded_object = recorded.as_object().unwrap();
    let origin = own.remove("origin").unwrap();
    assert_eq!(recorded["sender"].as_str().unwrap().split_once(':').unwrap().1, origin);
    for list in ["auth_events", "prev_events"] {
        same_references(&own[list], &recorded[list]);
        own.insert(list.to_owned(), recorded[list].clone());
    }
    if recorded["type"] == "m.room.member" {
        let content = own["content"].as_object_mut().unwrap();
        for field in PROFILE {
            if let Some(profile) = recorded["content"].get(field) {
                assert_eq!(content.insert(field.to_owned(), profile.clone()), None);
            }
        }
    }
    if sent_id {
        let id = own.insert("event_id".to_owned(), recorded["event_id"].clone());
        assert!(id.unwrap().as_str().unwrap().ends_with(origin.as_str().unwrap()));
    }
    for field in ["signatures", "unsigned", "hashes"] {
        own.remove(field);
    }
    let mut recorded_fields = recorded_object.clone();
    for field in ["signatures", "unsigned", "hashes"] {
        recorded_fields.remove(field);
    }
    assert_eq!(*own, recorded_fields);

    let mut object = object(&Value::Object(own.clone()));
    let hash = base64::encode(hashes::content_hash(&object, version));
    assert_eq!(recorded["hashes"]["sha256"], hash.as_str());
    object.insert("hashes", Json::Object(Object::from_iter([("sha256", hash)])));
    let (one, other) = (parsed(&value(&object), version), parsed(recorded, version));
    assert_eq!(one.event_id(), other.event_id());
    assert_eq!(
        hashes::reference_hash(&one.object(), version),
        hashes::reference_hash(&other.object(), version)
    );
}

fn parsed(event: &Value, version: &RoomVersion) -> Event {
    Event::from_object(&object(event), version).unwrap()
}

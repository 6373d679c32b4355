//! Sentences of the text that several cases are about.

use crate::case::Demand::{Fits, Must, Nothing, Refusal, Should, Status, Success};
use crate::case::Text;

const MAKE_LEAVE: &str = "server-server-api/#get_matrixfederationv1make_leaveroomiduserid";
const SEND_LEAVE: &str = "server-server-api/#put_matrixfederationv2send_leaveroomideventid";
const MAKE_JOIN: &str = "server-server-api/#get_matrixfederationv1make_joinroomiduserid";
const SEND_JOIN: &str = "server-server-api/#put_matrixfederationv2send_joinroomideventid";
const MAKE_KNOCK: &str = "server-server-api/#get_matrixfederationv1make_knockroomiduserid";
const INVITE: &str = "server-server-api/#put_matrixfederationv2inviteroomideventid";
const INVITE_V1: &str = "server-server-api/#put_matrixfederationv1inviteroomideventid";
const LEAVING: &str = "server-server-api/#leaving-rooms-rejecting-invites";
const AUTHENTICATION: &str = "server-server-api/#request-authentication";
const CHECKS: &str = "server-server-api/#checks-performed-on-receipt-of-a-pdu";
const COMMON_CODES: &str = "client-server-api/#common-error-codes";
const OTHER_CODES: &str = "client-server-api/#other-error-codes";

pub(crate) const LEAVE_TEMPLATE: Text = Text {
    demand: |_| Success,
    section: MAKE_LEAVE,
    name: "make_leave",
    says: "a resident server gives a template to those who may leave",
};
pub(crate) const RETRACTED: Text = Text {
    demand: |_| Success,
    section: "server-server-api/#knocking-rooms",
    name: "knocking",
    says: "a knock is retracted by leaving, as an invite is rejected",
};
pub(crate) const NOT_IN_ROOM: Text = Text {
    demand: |_| Must(403, "M_FORBIDDEN"),
    section: MAKE_LEAVE,
    name: "make_leave",
    says: "the request is not authorised, which could mean that the user is not in the room",
};
pub(crate) const UNKNOWN_ROOM_TO_LEAVE: Text = Text {
    demand: |_| Fits("M_NOT_FOUND"),
    section: COMMON_CODES,
    name: "common error codes",
    says: "there is no resource for this request",
};
pub(crate) const NOBODY_LEFT: Text = Text {
    demand: |_| Nothing,
    section: LEAVING,
    name: "leaving rooms",
    says: "a resident server is asked; what one answers that is resident no more is not said",
};
pub(crate) const ACL: Text = Text {
    demand: |_| Must(403, "M_FORBIDDEN"),
    section: "server-server-api/#server-access-control-lists-acls",
    name: "server ACLs",
    says: "the origin is denied",
};
pub(crate) const UNAUTHENTICATED: Text = Text {
    demand: |_| Fits("M_UNAUTHORIZED"),
    section: AUTHENTICATION,
    name: "request authentication",
    says: "every request is authenticated by a signature; no status is named but for a wrong destination, and that is 401",
};
pub(crate) const MALFORMED_HEADER: Text = Text {
    demand: |_| Fits("M_UNAUTHORIZED"),
    section: AUTHENTICATION,
    name: "request authentication",
    says: "`key` is among the parameters to include; no status is named but for a wrong destination, and that is 401",
};
pub(crate) const WRONG_DESTINATION: Text = Text {
    demand: |_| Status(401),
    section: AUTHENTICATION,
    name: "request authentication",
    says: "a `destination` that is not the receiving server must be denied",
};
pub(crate) const NO_DESTINATION: Text = Text {
    demand: |_| Success,
    section: AUTHENTICATION,
    name: "request authentication",
    says: "recipients should accept requests without `destination`, as older servers send them",
};
pub(crate) const USER_OF_ORIGIN: Text = Text {
    demand: |_| Refusal,
    section: MAKE_LEAVE,
    name: "make_leave",
    says: "`userId` MUST be a user ID on the origin server",
};
pub(crate) const USER_ID: Text = Text {
    demand: |_| Fits("M_INVALID_PARAM"),
    section: OTHER_CODES,
    name: "other error codes",
    says: "a parameter has the wrong value",
};
pub(crate) const METHOD: Text = Text {
    demand: |_| Must(405, "M_UNRECOGNIZED"),
    section: "server-server-api/#unsupported-endpoints",
    name: "unsupported endpoints",
    says: "an unsupported method to a known endpoint",
};
pub(crate) const ENDPOINT: Text = Text {
    demand: |_| Must(404, "M_UNRECOGNIZED"),
    section: "server-server-api/#unsupported-endpoints",
    name: "unsupported endpoints",
    says: "an unknown endpoint",
};
pub(crate) const REMOVED: Text = Text {
    demand: |_| Must(404, "M_UNRECOGNIZED"),
    section: "changelog/v1.18/#server-server-api",
    name: "v1.18",
    says: "`PUT /v1/send_leave` and `PUT /v1/send_join` are removed (MSC4376), and so unknown",
};

pub(crate) const LEAVE_ACCEPTED: Text = Text {
    demand: |_| Success,
    section: SEND_LEAVE,
    name: "send_leave",
    says: "the event is accepted into the graph",
};
pub(crate) const LEAVE_PATH: Text = Text {
    demand: |_| Fits("M_INVALID_PARAM"),
    section: SEND_LEAVE,
    name: "send_leave",
    says: "`roomId` is the room that is about to be left, `eventId` the ID of the leave event",
};
pub(crate) const LEAVE_CHECKED: Text = Text {
    demand: |_| Should(400, "M_INVALID_PARAM"),
    section: SEND_LEAVE,
    name: "send_leave",
    says: "no code is mandated, but this one should be for a failed signature check, another type or membership, a sender not of the origin, a state key that is not the sender",
};
pub(crate) const LEAVE_UNAUTHORISED: Text = Text {
    demand: |_| Fits("M_FORBIDDEN"),
    section: CHECKS,
    name: "checks on receipt",
    says: "what fails check 4 or 5 is rejected",
};
pub(crate) const LEAVE_UNCHECKABLE: Text = Text {
    demand: |_| Refusal,
    section: CHECKS,
    name: "checks on receipt",
    says: "checks 4 and 5 need the auth events and the state before the event, which cannot be had",
};
pub(crate) const SOFT_FAILED: Text = Text {
    demand: |_| Nothing,
    section: "server-server-api/#soft-failure",
    name: "soft failure",
    says: "an event that the current state alone does not allow is soft-failed; what the endpoint answers then is not said",
};
pub(crate) const FORMAT: Text = Text {
    demand: |_| Fits("M_BAD_JSON"),
    section: CHECKS,
    name: "checks on receipt",
    says: "an event that does not comply with the format of its room version is dropped, before its signatures are looked at",
};
pub(crate) const NEGATIVE_DEPTH: Text = Text {
    demand: |_| Nothing,
    section: SEND_LEAVE,
    name: "send_leave",
    says: "`depth` is ignored and may be 0; but in the event format it is one more than a maximum \
           that starts with nothing",
};
pub(crate) const DEPTH_LIMIT: Text = Text {
    demand: |version| if version < 6 { Fits("M_BAD_JSON") } else { Must(400, "M_BAD_JSON") },
    section: "rooms/v6/#canonical-json",
    name: "version 6",
    says: "`depth` is less than 2^63; from version 6 on, what is not canonical JSON is 400",
};
pub(crate) const FLOAT: Text = Text {
    demand: |version| if version < 6 { Success } else { Must(400, "M_BAD_JSON") },
    section: "rooms/v6/#canonical-json",
    name: "version 6",
    says: "from version 6 on, what is not canonical JSON is 400; before, that MUST NOT be strictly enforced",
};
pub(crate) const SIZE: Text = Text {
    demand: |_| Fits("M_TOO_LARGE"),
    section: "client-server-api/#size-limits",
    name: "size limits",
    says: "an event MUST NOT be larger than 65536 bytes",
};
pub(crate) const NOT_JSON: Text = Text {
    demand: |_| Fits("M_NOT_JSON"),
    section: COMMON_CODES,
    name: "common error codes",
    says: "the request did not contain valid JSON",
};
pub(crate) const NOT_JSON_NOR_SIGNED: Text = Text {
    demand: |_| Refusal,
    section: AUTHENTICATION,
    name: "request authentication",
    says: "what is signed is the parsed body, of which there is none; which error comes first is not said",
};
pub(crate) const NO_OBJECT: Text = Text {
    demand: |_| Fits("M_BAD_JSON"),
    section: COMMON_CODES,
    name: "common error codes",
    says: "valid JSON, but malformed in some way",
};
pub(crate) const CONTENT_TYPE: Text = Text {
    demand: |_| Success,
    section: "server-server-api/#api-standards",
    name: "API standards",
    says: "requests should have the `Content-Type` `application/json`, \"but this is not required\"",
};
pub(crate) const MISSING_FIELD: Text = Text {
    demand: |_| Status(400),
    section: SEND_LEAVE,
    name: "send_leave",
    says: "the request is invalid in some way; by their definitions, `M_MISSING_PARAM` and `M_BAD_JSON` both fit",
};
pub(crate) const WRONG_FIELD: Text = Text {
    demand: |_| Fits("M_BAD_JSON"),
    section: COMMON_CODES,
    name: "common error codes",
    says: "valid JSON, but with invalid values for keys",
};
pub(crate) const CONTENT_HASH: Text = Text {
    demand: |_| Success,
    section: CHECKS,
    name: "checks on receipt",
    says: "an event that fails the hash check is redacted before being processed further, and a \
           redacted leave is a leave",
};

pub(crate) const JOIN_TEMPLATE: Text = Text {
    demand: |_| Success,
    section: MAKE_JOIN,
    name: "make_join",
    says: "a resident server gives a template to those who may join",
};
pub(crate) const NO_VER: Text = Text {
    demand: |version| match version {
        1 => Success,
        _ => Must(400, "M_INCOMPATIBLE_ROOM_VERSION"),
    },
    section: MAKE_JOIN,
    name: "make_join",
    says: "`ver` defaults to `[1]`, and the room's version has to be listed",
};
pub(crate) const OTHER_VER: Text = Text {
    demand: |_| Must(400, "M_INCOMPATIBLE_ROOM_VERSION"),
    section: MAKE_JOIN,
    name: "make_join",
    says: "the room's version is not listed in `ver`",
};
pub(crate) const JOIN_FORBIDDEN: Text = Text {
    demand: |_| Must(403, "M_FORBIDDEN"),
    section: MAKE_JOIN,
    name: "make_join",
    says: "the room does not permit the user to join",
};
pub(crate) const JOIN_UNKNOWN_ROOM: Text = Text {
    demand: |_| Must(404, "M_NOT_FOUND"),
    section: MAKE_JOIN,
    name: "make_join",
    says: "the room is unknown to the receiving server",
};
pub(crate) const JOIN_NOBODY_LEFT: Text = Text {
    demand: |_| Nothing,
    section: "server-server-api/#joining-rooms",
    name: "joining rooms",
    says: "a resident server is asked; what one answers that is resident no more is not said",
};
pub(crate) const JOIN_USER_OF_ORIGIN: Text = Text {
    demand: |_| Refusal,
    section: MAKE_JOIN,
    name: "make_join",
    says: "`userId` MUST be a user ID on the origin server",
};
pub(crate) const JOIN_ACCEPTED: Text = Text {
    demand: |_| Success,
    section: SEND_JOIN,
    name: "send_join",
    says: "the event is accepted into the room",
};
pub(crate) const JOIN_PATH: Text = Text {
    demand: |_| Fits("M_INVALID_PARAM"),
    section: SEND_JOIN,
    name: "send_join",
    says: "`roomId` is the room that is about to be joined, `eventId` the ID of the join event",
};
pub(crate) const JOIN_CHECKED: Text = Text {
    demand: |_| Should(400, "M_INVALID_PARAM"),
    section: SEND_JOIN,
    name: "send_join",
    says: "no code is mandated, but this one should be for a failed signature check, another type or membership, a sender not of the origin, a state key that is not the sender",
};
pub(crate) const KNOCK_FORBIDDEN: Text = Text {
    demand: |_| Must(403, "M_FORBIDDEN"),
    section: MAKE_KNOCK,
    name: "make_knock",
    says: "the user is not permitted to knock, as when the room is not set up for that",
};

pub(crate) const INVITED: Text = Text {
    demand: |_| Success,
    section: INVITE,
    name: "invite",
    says: "the event, with the signature of the invited user's server added",
};
pub(crate) const REJECTED: Text = Text {
    demand: |_| Success,
    section: "client-server-api/#post_matrixclientv3roomsroomidleave",
    name: "leave",
    says: "who was invited and leaves rejects the invite; nothing makes that depend on other \
           servers",
};
pub(crate) const INVITE_STATE: Text = Text {
    demand: |version| if version < 12 { Nothing } else { Should(400, "M_INVALID_PARAM") },
    section: INVITE,
    name: "invite",
    says: "servers MAY validate `invite_room_state` in versions 1 to 11 and SHOULD in others; it has the create event, and signed PDUs alone",
};
pub(crate) const INVITE_PATH: Text = Text {
    demand: |_| Fits("M_INVALID_PARAM"),
    section: INVITE,
    name: "invite",
    says: "`roomId` is the room that the user is invited to, `eventId` the ID of the invite event",
};
pub(crate) const INVITE_VERSION: Text = Text {
    demand: |_| Fits("M_INCOMPATIBLE_ROOM_VERSION"),
    section: INVITE,
    name: "invite",
    says: "400 for a room version that does not fit, with this code as the example",
};
pub(crate) const INVITED_NOBODY: Text = Text {
    demand: |_| Nothing,
    section: INVITE,
    name: "invite",
    says: "the state key has to be a user ID on the receiving server; that the user exists is not \
           asked",
};
pub(crate) const INVITE_CHECKED: Text = Text {
    demand: |_| Should(400, "M_INVALID_PARAM"),
    section: INVITE,
    name: "invite",
    says: "no code is mandated, but this one should be for a failed signature check, another type or membership, a sender not of the origin, a state key that is no user of the receiving server",
};
pub(crate) const INVITED_BY_V1: Text = Text {
    demand: |version| if version < 3 { Success } else { Refusal },
    section: INVITE_V1,
    name: "invite v1",
    says: "the room version must be assumed to be 1 or 2; events of other versions have another format",
};
pub(crate) const INVITE_EMPTY: Text = Text {
    demand: |_| Status(400),
    section: INVITE,
    name: "invite",
    says: "`room_version` and `event` are required, and the request is invalid",
};

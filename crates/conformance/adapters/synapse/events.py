"""PDUs as Synapse's events."""

import copy
import hashlib
import json
import re

from canonicaljson import encode_canonical_json
from synapse.api.errors import SynapseError
from synapse.api.room_versions import EventFormatVersions
from synapse.events import EventBase
from synapse.events.utils import validate_canonicaljson
from synapse.synapse_rust.events import redact_event_dict
from unpaddedbase64 import encode_base64

from failure import bad_event, bad_request, missing_event, why

_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_HASH_ROOM = re.compile("![A-Za-z0-9+/_-]{43}", re.ASCII)
# What Synapse keeps integers in.
_BOUND = 2**63
_FIELDS = (
    ("type", str, "string"),
    ("sender", str, "string"),
    ("content", dict, "object"),
    ("depth", int, "integer"),
    ("origin_server_ts", int, "integer"),
)


def reference_hash(body, version):
    """The hash that names an event, of a PDU that need not be an event for Synapse."""
    redacted = redact_event_dict(version, body)
    redacted.pop("signatures", None)
    return hashlib.sha256(encode_canonical_json(redacted)).digest()


def _id_by_hash(body, version):
    url_safe = version.event_format != EventFormatVersions.ROOM_V3
    return "$" + encode_base64(reference_hash(body, version), urlsafe=url_safe)


class Repaired:
    """An event without what is wrong with parts of it that the question does not look at.

    Synapse's event, but with the IDs that it has as it was sent.
    """

    def __init__(self, event, event_id, room_id):
        self._event = event
        self.event_id = event_id
        self.room_id = room_id

    def __getattr__(self, name):
        return getattr(self._event, name)

    def __contains__(self, key):
        return key in self._event

    def __repr__(self):
        return repr(self._event)


class Pdu:
    """A PDU that is an event for the protocol.

    `event` is Synapse's, or None where Synapse takes it for none, with a `refusal` that says why.
    """

    def __init__(self, sent, version, name):
        if not isinstance(sent, dict):
            raise bad_event(f"{name} is no object")
        self.sent = sent
        self.version = version
        self.has_sent_id = version.event_format == EventFormatVersions.ROOM_V1_V2
        self.is_repaired = False
        try:
            self._check_fields()
            # Neither looked at by what is asked, nor part of a hash.
            self.body = {key: value for key, value in sent.items() if key != "unsigned"}
            if version.strict_canonicaljson:
                validate_canonicaljson(self.body)
            self._text = _write(self.body)
            self.event = self._make(None)
            if self.event is not None:
                self.event_id = self.event.event_id
            elif self.has_sent_id:
                self.event_id = sent["event_id"]
            else:
                self.event_id = _id_by_hash(self.body, version)
        except (SynapseError, ValueError, RecursionError) as error:
            raise bad_event(f"{name}: {why(error)}") from None

    def _check_fields(self):
        for key, kind, kind_name in _FIELDS:
            value = self.sent.get(key)
            # To Python, a truth value is an integer.
            if type(value) is not kind or (kind is int and not -_BOUND <= value < _BOUND):
                raise ValueError(f"`{key}` is missing or no {kind_name}")
        wanted = ["event_id"] if self.has_sent_id else []
        derives_room_id = self.version.msc4291_room_ids_as_hashes and self.is_create
        if not derives_room_id or "room_id" in self.sent:
            wanted.append("room_id")
        for key in wanted:
            if not isinstance(self.sent.get(key), str):
                raise ValueError(f"`{key}` is missing or no string")
        self._cited("prev_events")
        self.auth_event_ids = self._cited("auth_events")

    def _cited(self, key):
        entries = self.sent.get(key)
        if isinstance(entries, list):
            if self.has_sent_id:
                entries = [pair[0] if isinstance(pair, list) and pair else None for pair in entries]
            if all(isinstance(entry, str) for entry in entries):
                return entries
        raise ValueError(f"`{key}` is missing or no array of references to events")

    @property
    def is_create(self):
        return self.sent["type"] == "m.room.create"

    @property
    def state_key(self):
        key = self.sent.get("state_key")
        return key if isinstance(key, str) else None

    @property
    def create_event_id(self):
        """The create event that the room ID stands for, if it stands for one."""
        room_id = self.sent.get("room_id", "")
        if self.version.msc4291_room_ids_as_hashes and _HASH_ROOM.fullmatch(room_id):
            return "$" + room_id[1:]
        return None

    def rejected(self):
        """The same, as a rejected event."""
        twin = copy.copy(self)
        if self.event is not None:
            twin.event = twin._make("rejected")
        return twin

    def _make(self, rejected_reason):
        try:
            return self._build(self._text, rejected_reason)
        except ValueError as error:
            self.refusal = str(error)
        mended = self._mended()
        try:
            event = self._build(_write(mended), rejected_reason)
        except ValueError as error:
            self.refusal = str(error)
            return None
        self.is_repaired = True
        if self.has_sent_id:
            return event
        event_id = _id_by_hash(self.body, self.version)
        return Repaired(event, event_id, self.body.get("room_id", "!" + event_id[1:]))

    def _build(self, text, rejected_reason):
        return EventBase(text, self.version, {}, rejected_reason)

    def _mended(self):
        """The PDU with nothing in the places that only the ops about them look at."""
        mended = {**self.body, "hashes": {}, "signatures": {}}
        if self.has_sent_id:
            for key in ("auth_events", "prev_events"):
                mended[key] = [[event_id, {}] for event_id in self._cited(key)]
        return mended


# Questions in a row are often about the same events: the latest, by room version and text.
_known = {}
_KNOWN_AT_MOST = 10_000


def _pooled(sent, version, name):
    try:
        key = (version.identifier, _write(sent))
    except (ValueError, RecursionError) as error:
        raise bad_event(f"{name}: {why(error)}") from None
    pdu = _known.get(key)
    if pdu is None:
        pdu = Pdu(sent, version, name)
        if len(_known) >= _KNOWN_AT_MOST:
            _known.clear()
        _known[key] = pdu
    return pdu


def pool(question, rejected=()):
    """The events that the question brings, by ID."""
    events = {}
    for at, sent in enumerate(question.array("events")):
        pdu = _pooled(sent, question.version, f"`events[{at}]`")
        # Of two with one ID the first counts, as in a room.
        events.setdefault(pdu.event_id, pdu)
    for event_id in rejected:
        if event_id in events:
            events[event_id] = events[event_id].rejected()
    return events


def check_references(referred, events):
    """That every event that is referred to is there."""
    for event_id in referred:
        if event_id is not None and event_id not in events:
            raise missing_event(event_id)


def state_of(event_ids, events, name):
    """The state that those of the events are that are there, by type and state key.

    There may be state events alone in it, and one for each type and state key.
    """
    state = {}
    for event_id in event_ids:
        pdu = events.get(event_id)
        if pdu is None:
            continue
        if pdu.state_key is None:
            raise bad_request(f"{event_id} in {name} is no state event")
        key = (pdu.sent["type"], pdu.state_key)
        if key in state:
            raise bad_request(f"{name} has two events for {key}")
        state[key] = event_id
    return state

"""The fields of a question, and what may be wrong with them."""

from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.synapse_rust.room_versions import RoomDisposition

from failure import Failure, bad_request, unsupported

ROOM_VERSIONS = {
    name: version
    for name, version in KNOWN_ROOM_VERSIONS.items()
    if version.disposition == RoomDisposition.STABLE
}


def refuse_readings(fields):
    """Synapse has one way to read the text."""
    readings = fields.get("readings", {})
    if not isinstance(readings, dict):
        raise bad_request("`readings` is no object")
    if not all(isinstance(choice, str) for choice in readings.values()):
        raise bad_request("a reading is no string")
    if readings:
        raise unsupported("Synapse cannot be asked to read the text otherwise")


class Question:
    """A question about a room version."""

    def __init__(self, fields):
        name = fields.get("room_version")
        if not isinstance(name, str):
            raise bad_request("`room_version` is missing or no string")
        version = ROOM_VERSIONS.get(name)
        if version is None:
            raise Failure("unknown_room_version", f"room version {name!r} is not known")
        refuse_readings(fields)
        self._fields = fields
        self.version = version

    def field(self, name):
        if name not in self._fields:
            raise bad_request(f"`{name}` is missing")
        return self._fields[name]

    def string(self, name):
        value = self.field(name)
        if not isinstance(value, str):
            raise bad_request(f"`{name}` is no string")
        return value

    def array(self, name):
        value = self.field(name)
        if not isinstance(value, list):
            raise bad_request(f"`{name}` is no array")
        return value

    def strings(self, name):
        """A list of strings; None if it is absent."""
        if name not in self._fields:
            return None
        value = self._fields[name]
        if not _are_strings(value):
            raise bad_request(f"`{name}` is no array of strings")
        return value

    def lists_of_strings(self, name):
        value = self.array(name)
        if not all(map(_are_strings, value)):
            raise bad_request(f"`{name}` is no array of arrays of strings")
        return value


def _are_strings(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)

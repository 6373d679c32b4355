"""The question whether an event is signed, and is what was signed."""

from signedjson.key import decode_verify_key_bytes, is_signing_algorithm_supported
from synapse.crypto.event_signing import check_event_content_hash
from synapse.crypto.keyring import Keyring
from synapse.federation.federation_base import _check_sigs_on_pdu
from synapse.storage.keys import FetchKeyResult
from unpaddedbase64 import decode_base64

from coroutines import run
from events import Pdu
from failure import bad_request, why

# Synapse has no key without an end; its own last until then.
_ALWAYS = 2**63


class _GivenKeys(Keyring):
    """Synapse's keyring, but for where the keys come from."""

    def __init__(self, keys):
        self._keys = keys
        self._fetch_keys_queue = self

    def _is_mine_server_name(self, _server):
        return False

    async def add_to_queue(self, request, key):
        return {key: self._keys.get(request.server_name, {})}


def _read_keys(given):
    if not isinstance(given, dict) or not all(isinstance(keys, dict) for keys in given.values()):
        raise bad_request("`keys` is no object of objects")
    return {
        server: {
            key_id: _read_key(key_id, facts)
            for key_id, facts in keys.items()
            if is_signing_algorithm_supported(key_id)
        }
        for server, keys in given.items()
    }


def _read_key(key_id, facts):
    if not isinstance(facts, dict):
        raise bad_request(f"the key {key_id!r} is no object")
    times = [facts[name] for name in ("valid_until_ts", "expired_ts") if name in facts]
    if not all(type(time) is int for time in times):
        raise bad_request(f"a time of the key {key_id!r} is no integer")
    try:
        verify_key = decode_verify_key_bytes(key_id, decode_base64(facts.get("key")))
    except (ValueError, TypeError, AttributeError):
        raise bad_request(f"the key {key_id!r} is not 32 bytes in Base64") from None
    return FetchKeyResult(verify_key=verify_key, valid_until_ts=min(times, default=_ALWAYS))


def check_signatures(question):
    keys = _GivenKeys(_read_keys(question.field("keys")))
    pdu = Pdu(question.field("event"), question.version, "`event`")
    try:
        if pdu.event is None or pdu.is_repaired:
            raise ValueError(f"no event: {pdu.refusal}")
        run(_check_sigs_on_pdu(keys, pdu.version, pdu.event))
        matches = check_event_content_hash(pdu.event)
    except Exception as error:  # Whatever Synapse raises, it forgets the event.
        return {"outcome": "drop", "reason": why(error)}
    if matches:
        return {"outcome": "valid"}
    return {"outcome": "redact", "reason": "the content hash is not that of the event"}

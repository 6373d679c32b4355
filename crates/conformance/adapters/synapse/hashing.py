"""Questions about an event's bytes."""

import hashlib

from canonicaljson import encode_canonical_json
from signedjson.key import decode_signing_key_base64
from synapse.api.errors import SynapseError
from synapse.crypto.event_signing import add_hashes_and_signatures, compute_content_hash
from synapse.events.utils import validate_canonicaljson
from synapse.synapse_rust.events import redact_event_dict
from unpaddedbase64 import decode_base64, encode_base64

from events import Pdu, reference_hash
from failure import bad_event, bad_request, unsupported, why


def canonical_json(question):
    value = question.field("value")
    try:
        if question.version.strict_canonicaljson:
            validate_canonicaljson(value)
        return {"canonical": encode_canonical_json(value).decode("utf-8")}
    except (SynapseError, ValueError, RecursionError) as error:
        raise bad_event(f"`value`: {why(error)}") from None


def _event(question):
    return Pdu(question.field("event"), question.version, "`event`")


def event_id(question):
    pdu = _event(question)
    return {
        "event_id": pdu.event_id,
        "content_hash": encode_base64(compute_content_hash(pdu.sent, hashlib.sha256)[1]),
        "reference_hash": encode_base64(reference_hash(pdu.body, pdu.version)),
    }


def redact(question):
    pdu = _event(question)
    return {"event": redact_event_dict(pdu.version, pdu.body)}


def sign(question):
    server, key_id = question.string("server"), question.string("key_id")
    try:
        seed = question.string("seed")
        is_seed = len(decode_base64(seed)) == 32
    except ValueError:
        is_seed = False
    if not is_seed:
        raise bad_request("`seed` is not 32 bytes in Base64")
    algorithm, colon, version = key_id.partition(":")
    if (algorithm, colon) != ("ed25519", ":"):
        raise unsupported("Synapse signs with ed25519 keys alone")
    key = decode_signing_key_base64(algorithm, version, seed)
    pdu = _event(question)
    signed = dict(pdu.sent)
    add_hashes_and_signatures(pdu.version, signed, server, key)
    return {"event": signed}

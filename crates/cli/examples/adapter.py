"""Answers canonical_json and redact for room version 11."""

import json
import sys

INFO = {"name": "adapter.py", "ops": ["canonical_json", "redact"], "room_versions": ["11"],
        "readings": []}
OTHERS = "authorise check_signatures event_id federation_request replay resolve sign".split()
EVENT = {"type": str, "sender": str, "room_id": str, "content": dict, "prev_events": list,
         "auth_events": list, "depth": int, "origin_server_ts": int}
KEPT = {*EVENT, "event_id", "state_key", "hashes", "signatures"}
LEVELS = "ban events events_default invite kick redact state_default users users_default"
KEPT_CONTENT = {"m.room.member": "membership join_authorised_via_users_server",
                "m.room.join_rules": "join_rule allow", "m.room.power_levels": LEVELS,
                "m.room.history_visibility": "history_visibility", "m.room.redaction": "redacts"}

def is_strict(value):  # Whether canonical JSON has all its numbers.
    if isinstance(value, (dict, list)):
        return all(map(is_strict, value.values() if isinstance(value, dict) else value))
    return type(value) not in (int, float) or type(value) is int and abs(value) < 2**53

def redacted(event):
    kind, content = event["type"], event["content"]
    kept = {key: content[key] for key in KEPT_CONTENT.get(kind, "").split() if key in content}
    invite = content.get("third_party_invite")
    if kind == "m.room.member" and isinstance(invite, dict) and "signed" in invite:
        kept["third_party_invite"] = {"signed": invite["signed"]}
    kept = content if kind == "m.room.create" else kept
    return {key: event[key] for key in event if key in KEPT} | {"content": kept}

def answer(asked):  # An answer, or a code and a message. The order of the errors counts.
    op, version = asked.get("op"), asked.get("room_version")
    if op == "info": return INFO
    if op in OTHERS: return "unsupported", f"{op} is not there"
    if op not in INFO["ops"]: return "unknown_op", "there is no such op"
    if not isinstance(version, str): return "bad_request", "`room_version` is no string"
    if version != "11": return "unknown_room_version", f"{version} is not known"
    if asked.get("readings", {}) != {}: return "bad_request", "no reading is known"
    name = "event" if op == "redact" else "value"
    if name not in asked: return "bad_request", f"`{name}` is missing"
    value = asked[name]
    if not is_strict(value): return "bad_event", "canonical JSON has no such number"
    if op == "canonical_json":
        return {"canonical": json.dumps(value, ensure_ascii=False, sort_keys=True,
                                        separators=(",", ":"))}
    if not isinstance(value, dict) or any(type(value.get(key)) is not EVENT[key] for key in EVENT):
        return "bad_event", "that is no PDU"
    return {"event": redacted(value)}

for line in sys.stdin.buffer:
    said = {"id": None}
    try:  # `-0` is spelled like a float, and `NaN`, which Python would read, is no integer.
        asked = json.loads(line.decode(), parse_constant=int,
                           parse_int=lambda digits: -0.0 if digits == "-0" else int(digits))
        json.dumps(asked, ensure_ascii=False).encode()  # Half a surrogate pair is no text.
        if not isinstance(asked, dict): raise ValueError("it is no object")
        said["id"] = asked.get("id")
        answered = answer(asked)
    except (ValueError, RecursionError) as error:
        answered = "bad_json", str(error)
    if isinstance(answered, dict): said["ok"] = answered
    else: said["error"] = dict(zip(("code", "message"), answered))
    print(json.dumps(said), flush=True)

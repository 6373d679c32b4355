"""Answers redact for room version 11."""

import json, sys

INFO = {"name": "adapter.py", "ops": ["redact"], "room_versions": ["11"], "readings": []}
OTHERS = ["authorise", "canonical_json", "check_signatures", "event_id", "federation_request",
          "replay", "resolve", "sign"]
EVENT = {"type": str, "sender": str, "room_id": str, "content": dict, "prev_events": list,
         "auth_events": list, "depth": int, "origin_server_ts": int}
KEPT = {*EVENT, "event_id", "state_key", "hashes", "signatures"}
LEVELS = "ban events events_default invite kick redact state_default users users_default"
KEPT_CONTENT = {"m.room.member": "membership join_authorised_via_users_server",
                "m.room.join_rules": "join_rule allow", "m.room.power_levels": LEVELS,
                "m.room.history_visibility": "history_visibility", "m.room.redaction": "redacts"}

def redacted(event):
    kind, content = event["type"], event["content"]
    kept = {key: content[key] for key in KEPT_CONTENT.get(kind, "").split() if key in content}
    invite = content.get("third_party_invite")
    if kind == "m.room.member" and isinstance(invite, dict) and "signed" in invite:
        kept["third_party_invite"] = {"signed": invite["signed"]}
    kept = content if kind == "m.room.create" else kept
    return {key: event[key] for key in event if key in KEPT} | {"content": kept}

def is_strict(value):  # Whether canonical JSON has all its numbers.
    if isinstance(value, (dict, list)):
        return all(map(is_strict, value.values() if isinstance(value, dict) else value))
    return type(value) not in (int, float) or type(value) is int and abs(value) < 2**53

def answer(asked):  # The order of the errors counts; what they say to people does not.
    op, version, event = (asked.get(name) for name in ("op", "room_version", "event"))
    if op == "info": return {"ok": INFO}
    is_pdu = isinstance(event, dict) and all(type(event.get(key)) is EVENT[key] for key in EVENT)
    for code, is_so in [("unsupported", op in OTHERS), ("unknown_op", op != "redact"),
                        ("bad_request", not isinstance(version, str)),
                        ("unknown_room_version", version != "11"),
                        ("bad_request", "event" not in asked or asked.get("readings", {}) != {}),
                        ("bad_event", not is_pdu or not is_strict(event))]:
        if is_so: return {"error": {"code": code, "message": "adapter.py takes no such question"}}
    return {"ok": {"event": redacted(event)}}

for line in sys.stdin.buffer:
    asked, said = {}, {"error": {"code": "bad_json", "message": "it is no JSON object"}}
    try:  # `-0` is spelled like a float, and `NaN`, which Python would read, is no integer.
        parsed = json.loads(line.decode(), parse_constant=int,
                            parse_int=lambda digits: -0.0 if digits == "-0" else int(digits))
        json.dumps(parsed, ensure_ascii=False).encode()  # Half a surrogate pair is no text.
        if isinstance(parsed, dict): asked, said = parsed, answer(parsed)
    except (ValueError, RecursionError): pass
    print(json.dumps({"id": asked.get("id"), **said}), flush=True)

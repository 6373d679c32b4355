"""Synapse's event authorisation and state resolution as an answering side of the line protocol.

One JSON object a line in, one a line out, in order, each flushed. Whatever arrives, it answers and
goes on; it ends with the input.
"""

import gc
import logging
import os
import sys

# No traces beside the sources.
sys.dont_write_bytecode = True

from importlib.metadata import version as installed_version

import lines
from authorise import authorise
from failure import Failure, unsupported, why
from hashing import canonical_json, event_id, redact, sign
from question import ROOM_VERSIONS, Question, refuse_readings
from resolve import resolve
from signatures import check_signatures

ANSWERED = {
    "authorise": authorise,
    "canonical_json": canonical_json,
    "check_signatures": check_signatures,
    "event_id": event_id,
    "redact": redact,
    "resolve": resolve,
    "sign": sign,
}
# Synapse's code for these needs a whole homeserver.
LEFT_OUT = ("federation_request", "replay")

# Beyond the deepest JSON that anything here takes, so that depth is never what ends a question.
RECURSION = 5000


def info():
    return {
        "name": "synapse",
        "version": installed_version("matrix-synapse"),
        "room_versions": sorted(ROOM_VERSIONS, key=int),
        "ops": sorted(["info", *ANSWERED]),
        "readings": [],
    }


def solve(fields):
    op = fields.get("op")
    if not isinstance(op, str):
        raise Failure("unknown_op", "`op` is missing or no string")
    if op == "info":
        refuse_readings(fields)
        return info()
    if op in LEFT_OUT:
        raise unsupported(f"Synapse answers {op!r} as a whole homeserver alone")
    if op not in ANSWERED:
        raise Failure("unknown_op", f"there is no op {op!r}")
    return ANSWERED[op](Question(fields))


def answer(line):
    identifier = "null"
    try:
        fields, identifier = lines.read(line)
        return lines.ok(identifier, solve(fields))
    except Failure as failure:
        return lines.error(identifier, failure)
    except (KeyboardInterrupt, SystemExit):
        raise
    # Panics of Synapse's Rust code are no `Exception`.
    except BaseException as error:
        return lines.error(identifier, Failure("internal_error", why(error)))


def main():
    sys.setrecursionlimit(RECURSION)
    logging.disable()
    gc.freeze()
    # What anything prints must not stand among the answers.
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(out, "wb") as answers:
            for line in sys.stdin.buffer:
                answers.write(answer(line))
                answers.flush()
    except BrokenPipeError:
        # Nobody listens any more.
        pass


if __name__ == "__main__":
    main()

"""A line of JSON in, a line of JSON out."""

import json
import re
import sys

from failure import Failure

# Values are read as Synapse reads them: by Python's own parser, without its constants.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def _no_constant(name):
    raise ValueError(f"{name} is no JSON")


_reader = json.JSONDecoder(parse_constant=_no_constant)


class _Spelled(str):
    """A number as it was spelled."""


_spelling_reader = json.JSONDecoder(
    parse_constant=_no_constant, parse_float=_Spelled, parse_int=_Spelled
)

_write = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _write_spelled(value):
    if isinstance(value, _Spelled):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_write_spelled, value)) + "]"
    if isinstance(value, dict):
        members = (f"{_write(key)}:{_write_spelled(member)}" for key, member in value.items())
        return "{" + ",".join(members) + "}"
    return _write(value)


def _parse(text):
    try:
        return _reader.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        if "integer string conversion" not in str(error):
            raise
    # A number of more digits than Python reads unasked.
    sys.set_int_max_str_digits(0)
    try:
        return _reader.decode(text)
    finally:
        sys.set_int_max_str_digits(4300)


def read(line):
    """The object on a line (bytes), and the text of its ID."""
    try:
        text = line.decode("utf-8")
        question = _parse(text)
    except (ValueError, RecursionError) as error:
        raise Failure("bad_json", str(error)) from None
    # Not a Unicode string: nothing could be hashed that has it. Pairs are one character by now.
    if _SURROGATE_ESCAPE.search(text):
        if _LONE_SURROGATE.search(json.dumps(question, ensure_ascii=False)):
            raise Failure("bad_json", "an unpaired surrogate")
    if not isinstance(question, dict):
        raise Failure("bad_json", "the line is no JSON object")
    return question, _id(question, text)


def _id(question, text):
    identifier = question.get("id")
    is_plain = identifier is None or isinstance(identifier, (str, bool))
    if is_plain or (isinstance(identifier, int) and 0 < abs(identifier) < 1 << 53):
        return _write(identifier)
    # The same ID has the same spelling: `1.50` and `1e400` do not survive as floats.
    return _write_spelled(_spelling_reader.decode(text)["id"])


def ok(identifier, answer):
    return f'{{"id":{identifier},"ok":{_write(answer)}}}\n'.encode("ascii")


def error(identifier, failure):
    described = {"code": failure.code, "message": failure.message}
    return f'{{"id":{identifier},"error":{_write(described)}}}\n'.encode("ascii")

"""Questions to the adapter over real pipes."""

import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import unittest

ADAPTER = pathlib.Path(__file__).parent / "adapter.py"
VERSIONS = [str(version) for version in range(1, 13)]
ALICE, BOB, CAROL = "@alice:a.example", "@bob:b.example", "@carol:c.example"
SEED = base64.b64encode(bytes(range(32))).decode().rstrip("=")
# The public key of the seed.
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"


def converse(sent):
    """What comes back for these bytes, when the input ends with them."""
    command = [sys.executable, "-B", str(ADAPTER)]
    done = subprocess.run(command, input=sent, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Adapter:
    """An adapter that runs for as long as its tests."""

    def __init__(self):
        command = [sys.executable, "-B", str(ADAPTER)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.asked = 0

    def send(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def ask(self, op, room_version, **fields):
        self.asked += 1
        question = {"id": self.asked, "op": op, "room_version": room_version, **fields}
        answer = json.loads(self.send(json.dumps(question).encode()))
        assert answer["id"] == self.asked
        return answer

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        return status


class Room:
    """A room of Alice's, which Bob has joined."""

    def __init__(self, adapter, version):
        self.adapter, self.version = adapter, version
        self.pairs, self.derived = version in ("1", "2"), version == "12"
        self.events, self.ids = [], []
        creation = {"creator": ALICE, "room_version": version}
        self.create = self.add("m.room.create", ALICE, "", creation, auth=[])
        joined = {"membership": "join"}
        self.join = self.add("m.room.member", ALICE, ALICE, joined, auth=[self.create])
        users = {} if self.derived else {ALICE: 100}
        levels = {"users": users, "events": {"m.room.topic": 50}}
        by_alice = [self.create, self.join]
        self.levels = self.add("m.room.power_levels", ALICE, "", levels, auth=by_alice)
        by_alice = [*by_alice, self.levels]
        public = {"join_rule": "public"}
        self.rules = self.add("m.room.join_rules", ALICE, "", public, auth=by_alice)
        cited = [self.create, self.levels, self.rules]
        self.bob = self.add("m.room.member", BOB, BOB, joined, auth=cited)
        self.state = [self.create, self.join, self.levels, self.rules, self.bob]

    def pdu(self, kind, sender, state_key, content, auth, **other):
        if self.derived:
            auth = [cited for cited in auth if cited != self.ids[0]]
        at = len(self.events)
        prev = self.ids[-1:]
        if self.pairs:
            auth, prev = [[cited, {}] for cited in auth], [[cited, {}] for cited in prev]
            other = {"event_id": f"$event{at}:a.example", **other}
        if not self.derived:
            other = {"room_id": "!room:a.example", **other}
        elif kind != "m.room.create":
            other = {"room_id": "!" + self.ids[0][1:], **other}
        pdu = {
            "type": kind, "sender": sender, "content": content, "depth": at + 1,
            "origin_server_ts": 1000 + at, "auth_events": auth, "prev_events": prev,
            "hashes": {}, "signatures": {}, **other,
        }
        return pdu if state_key is None else {**pdu, "state_key": state_key}

    def add(self, *parts, auth, **other):
        event = self.pdu(*parts, auth=auth, **other)
        self.events.append(event)
        self.ids.append(self.adapter.ask("event_id", self.version, event=event)["ok"]["event_id"])
        return self.ids[-1]

    def message(self, sender, member, **other):
        auth = [self.create, self.levels, *([member] if member else [])]
        return self.pdu("m.room.message", sender, None, {"body": "a"}, auth, **other)

    def topic(self, sender, member, topic, **other):
        auth = [self.create, self.levels, member]
        return self.add("m.room.topic", sender, "", {"topic": topic}, auth=auth, **other)

    def authorise(self, event, **other):
        fields = {"events": self.events, **other}
        return self.adapter.ask("authorise", self.version, event=event, **fields)

    def resolve(self, *sets, **other):
        fields = {"events": self.events, **other}
        return self.adapter.ask("resolve", self.version, state_sets=sets, **fields)


def in_each_version(test):
    def tests(self):
        for version in VERSIONS:
            with self.subTest(room_version=version):
                test(self, Room(self.adapter, version))

    return tests


class TestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.adapter = Adapter()
        cls.rooms = {version: Room(cls.adapter, version) for version in VERSIONS}

    @classmethod
    def tearDownClass(cls):
        assert cls.adapter.close() == 0

    def assert_error(self, answer, code):
        self.assertEqual(answer.get("error", {}).get("code"), code, answer)

    def assert_allowed(self, answer, allowed):
        self.assertEqual(answer.get("ok", {}).get("allowed"), allowed, answer)


class TestForm(TestCase):
    def test_whatever_arrives_is_answered_in_order_and_the_end_is_good(self):
        sent = [
            b"", b"{", b"[]", b"1", b"\xff\xfe", b'{"id":NaN}', b'{"id":"\\ud800"}',
            b"[" * 100_000, b'{"op":"info"}', b'{"id":1}', b'{"id":2,"op":"dance"}',
            b'{"id":[1.50,-0,1e400,{"a":"\xc3\xa9"}],"op":"info"}',
            b'{"id":' + b"9" * 5000 + b',"op":7}', b'{"id":null,"op":"info"}',
            b'{"id":"last","op":"info"}',
        ]
        command = [sys.executable, "-B", str(ADAPTER)]
        done = subprocess.run(command, input=b"\n".join(sent), capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), len(sent))
        self.assertTrue(done.stdout.endswith(b"\n"))
        for line in lines[:8]:
            self.assertIsNone(json.loads(line)["id"])
            self.assert_error(json.loads(line), "bad_json")
        self.assertIn("ok", json.loads(lines[8]))
        for line in (lines[9], lines[10], lines[12].replace(b"9" * 5000, b"9")):
            self.assert_error(json.loads(line), "unknown_op")
        self.assertTrue(lines[11].startswith(b'{"id":[1.50,-0,1e400,{"a":"\\u00e9"}],"ok":'))
        self.assertTrue(lines[12].startswith(b'{"id":' + b"9" * 5000 + b","))
        self.assertEqual(json.loads(lines[14])["id"], "last")

    def test_no_input_is_no_output(self):
        self.assertEqual(converse(b""), [])

    def test_info_says_what_is_answered(self):
        told = self.adapter.ask("info", None)["ok"]
        self.assertEqual(told["name"], "synapse")
        self.assertEqual(told["room_versions"], VERSIONS)
        self.assertEqual(told["readings"], [])
        pins = ADAPTER.with_name("requirements.txt").read_text().splitlines()
        self.assertIn(f"matrix-synapse=={told['version']}", pins)
        for op in told["ops"]:
            answer = self.adapter.ask(op, "11")
            self.assertNotEqual(answer.get("error", {}).get("code"), "unknown_op")
        for op in ("replay", "federation_request"):
            self.assertNotIn(op, told["ops"])
            self.assert_error(self.adapter.ask(op, None), "unsupported")

    def test_errors_are_looked_for_in_order(self):
        bad, room = {"type": 1}, self.rooms["11"]
        message = room.message(BOB, "$missing")
        ask = self.adapter.ask
        self.assert_error(ask("dance", "99"), "unknown_op")
        self.assert_error(ask("authorise", 11, events=1), "bad_request")
        self.assert_error(ask("authorise", "99", events=1), "unknown_room_version")
        self.assert_error(ask("authorise", "org.matrix.hydra.11", events=1), "unknown_room_version")
        self.assert_error(ask("authorise", "11", event=bad, events=1), "bad_request")
        self.assert_error(ask("authorise", "11", events=[]), "bad_request")
        self.assert_error(ask("authorise", "11", event=bad, events=[], rejected=[1]), "bad_request")
        self.assert_error(ask("authorise", "11", event=message, events=[bad]), "bad_event")
        self.assert_error(ask("authorise", "11", event=message, events=[]), "missing_event")
        self.assert_error(ask("resolve", "11", state_sets=[], events=[bad]), "bad_request")
        self.assert_error(ask("resolve", "11", state_sets=[[1]], events=[bad]), "bad_request")
        self.assert_error(ask("resolve", "11", state_sets=[["$a"]], events=[bad]), "bad_event")
        self.assert_error(ask("resolve", "11", state_sets=[["$a"]], events=[]), "missing_event")
        by = {"server": "a", "key_id": "a", "seed": "a"}
        self.assert_error(ask("sign", "11", event=bad, **by), "bad_request")
        self.assert_error(ask("check_signatures", "11", event=bad, keys=[]), "bad_request")

    def test_readings_are_not_to_be_had(self):
        ask = self.adapter.ask
        self.assert_error(ask("canonical_json", "1", value=1, readings=[]), "bad_request")
        self.assert_error(ask("canonical_json", "1", value=1, readings={"a": 1}), "bad_request")
        self.assert_error(ask("canonical_json", "1", value=1, readings={"a": "b"}), "unsupported")
        self.assertIn("ok", ask("canonical_json", "1", value=1, readings={}))


class TestBytes(TestCase):
    def test_canonical_json(self):
        value = {"b": [1, None, True], "a": "é\n\u0000", "": {}}
        for version in VERSIONS:
            answer = self.adapter.ask("canonical_json", version, value=value)
            wanted = '{"":{},"a":"é\\n\\u0000","b":[1,null,true]}'
            self.assertEqual(answer["ok"]["canonical"], wanted)
            for number in ("1.0", "1e2", "9007199254740992", "-9007199254740992", "1" * 5000):
                if int(version) >= 6:
                    head = f'{{"id":1,"op":"canonical_json","room_version":"{version}","value":'
                    answer = json.loads(self.adapter.send(f"{head}[{number}]}}".encode()))
                    self.assert_error(answer, "bad_event")

    @in_each_version
    def test_event_ids_are_as_the_room_version_says(self, room):
        event = room.message(BOB, room.bob)
        told = self.adapter.ask("event_id", room.version, event=event)["ok"]
        bare = {k: v for k, v in event.items() if k not in ("hashes", "signatures")}
        self.assertEqual(told["content_hash"], hashed(bare))
        reference = hashed({**bare, "content": {}, "hashes": {}})
        self.assertEqual(told["reference_hash"], reference)
        url_safe = reference.replace("+", "-").replace("/", "_")
        of = {"1": event.get("event_id"), "2": event.get("event_id"), "3": "$" + reference}
        self.assertEqual(told["event_id"], of.get(room.version, "$" + url_safe))

    @in_each_version
    def test_an_id_is_of_what_was_sent_even_without_hashes(self, room):
        event = room.message(BOB, room.bob, unsigned=7, signatures="none")
        del event["hashes"]
        told = self.adapter.ask("event_id", room.version, event=event)["ok"]
        bare = {k: v for k, v in event.items() if k not in ("unsigned", "signatures")}
        self.assertEqual(told["reference_hash"], hashed({**bare, "content": {}}))
        self.assert_allowed(room.authorise(event), True)

    @in_each_version
    def test_redaction_strips_content_and_unsigned(self, room):
        event = room.message(BOB, room.bob, unsigned={"age_ts": 1}, origin="a")
        told = self.adapter.ask("redact", room.version, event=event)["ok"]["event"]
        wanted = {**event, "content": {}}
        del wanted["unsigned"]
        if int(room.version) >= 11:
            del wanted["origin"]
        self.assertEqual(told, wanted)

    @in_each_version
    def test_what_is_signed_is_valid_until_it_is_touched(self, room):
        event = room.message(ALICE, room.join, unsigned={"age": 1})
        by = {"server": "a.example", "key_id": "ed25519:1", "seed": SEED}
        signed = self.adapter.ask("sign", room.version, event=event, **by)["ok"]["event"]
        self.assertEqual(list(signed["hashes"]), ["sha256"])
        self.assertEqual(signed["unsigned"], {"age": 1})

        def outcome(event, **facts):
            keys = {"a.example": {"ed25519:1": {"key": KEY, **facts}}}
            answer = self.adapter.ask("check_signatures", room.version, event=event, keys=keys)
            return answer["ok"]["outcome"]

        self.assertEqual(outcome(signed), "valid")
        self.assertEqual(outcome(signed, valid_until_ts=10**12), "valid")
        self.assertEqual(outcome({**signed, "content": {"body": "b"}}), "redact")
        self.assertEqual(outcome({**signed, "depth": 99}), "drop")
        self.assertEqual(outcome({**signed, "sender": BOB}), "drop")
        self.assertEqual(outcome({**signed, "signatures": {}}), "drop")
        late = "drop" if int(room.version) >= 5 else "valid"
        self.assertEqual(outcome(signed, valid_until_ts=1), late)
        ask = self.adapter.ask("check_signatures", room.version, event=signed, keys={})
        self.assertEqual(ask["ok"]["outcome"], "drop")
        wrong = {"a.example": {"ed25519:1": {"key": "AAAA"}}}
        ask = self.adapter.ask("check_signatures", room.version, event=signed, keys=wrong)
        self.assert_error(ask, "bad_request")


def hashed(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


class TestEvents(TestCase):
    @in_each_version
    def test_a_field_that_is_missing_or_of_another_type_is_a_bad_event(self, room):
        event = room.message(BOB, room.bob)
        keys = ["type", "sender", "content", "prev_events", "auth_events", "depth"]
        keys += ["origin_server_ts", "room_id", *(["event_id"] if room.pairs else [])]
        for key in keys:
            lacking = {k: v for k, v in event.items() if k != key}
            for bad in (lacking, {**event, key: None}, {**event, key: True}):
                self.assert_error(room.authorise(bad), "bad_event")
                events = [*room.events, bad]
                self.assert_error(room.authorise(event, events=events), "bad_event")
                self.assert_error(room.resolve([], events=events), "bad_event")
                for op in ("event_id", "redact"):
                    self.assert_error(self.adapter.ask(op, room.version, event=bad), "bad_event")
        for bad in (7, [1], [[]], [[1, {}]]):
            self.assert_error(room.authorise({**event, "auth_events": bad}), "bad_event")
        self.assert_error(room.authorise("event"), "bad_event")
        if int(room.version) >= 6:
            self.assert_error(room.authorise({**event, "content": {"a": 1.5}}), "bad_event")

    @in_each_version
    def test_anything_else_that_is_wrong_is_for_the_rules(self, room):
        event = room.message(BOB, room.bob)
        auth = [room.create, room.levels, room.bob]
        member = room.pdu("m.room.member", BOB, BOB, {}, auth)
        for odd in ({**event, "state_key": 7}, {**event, "sender": "bob"}, member):
            self.assert_allowed(room.authorise(odd), False)

    def test_the_create_event_of_version_12_has_no_room_id(self):
        room = self.rooms["12"]
        create = room.events[0]
        self.assert_allowed(room.authorise(create, events=[]), True)
        self.assert_allowed(room.authorise({**create, "room_id": "!a"}, events=[]), False)
        self.assert_error(room.authorise({**create, "room_id": 1}, events=[]), "bad_event")


class TestAuthorise(TestCase):
    @in_each_version
    def test_events_are_judged_by_their_auth_events(self, room):
        for event in room.events:
            self.assert_allowed(room.authorise(event), True)
        self.assert_allowed(room.authorise(room.message(BOB, room.bob)), True)
        stranger = room.authorise(room.message(CAROL, None))
        self.assert_allowed(stranger, False)
        self.assertIn(CAROL, stranger["ok"]["reason"])
        twice = room.message(BOB, room.bob)
        twice["auth_events"] = twice["auth_events"] + twice["auth_events"][-1:]
        self.assert_allowed(room.authorise(twice), False)

    @in_each_version
    def test_rejected_auth_events_reject(self, room):
        event = room.message(BOB, room.bob)
        for rejected, allowed in ((room.levels, False), (room.create, False), (room.rules, True)):
            self.assert_allowed(room.authorise(event, rejected=[rejected]), allowed)

    @in_each_version
    def test_a_given_state_is_what_counts(self, room):
        message = room.message(BOB, None)
        self.assert_allowed(room.authorise(message), False)
        self.assert_allowed(room.authorise(message, state=room.state), True)
        self.assert_allowed(room.authorise(message, state=room.state[:-1]), False)
        # Neither what it cites nor what it follows is asked for.
        elsewhere = room.message(BOB, "$elsewhere:a.example")
        self.assert_allowed(room.authorise(elsewhere, state=room.state), True)
        self.assert_allowed(room.authorise(room.events[0], state=[]), True)

    @in_each_version
    def test_a_state_has_one_state_event_for_each_key(self, room):
        auth = [room.create, room.levels, room.bob]
        message = room.add("m.room.message", BOB, None, {}, auth=auth)
        other = room.topic(ALICE, room.join, "a"), room.topic(ALICE, room.join, "b")
        for state in ([message], [room.create, room.create], other, [message, "$missing"]):
            self.assert_error(room.authorise(room.events[-1], state=list(state)), "bad_request")

    @in_each_version
    def test_what_is_referred_to_must_be_there(self, room):
        event = room.message(BOB, room.bob)
        for at in (0, 2, 4):
            events = [event for i, event in enumerate(room.events) if i != at]
            self.assert_error(room.authorise(event, events=events), "missing_event")
        self.assert_allowed(room.authorise(event, events=room.events[::-1]), True)
        self.assert_error(room.authorise(event, rejected=["$missing"]), "missing_event")
        self.assert_error(room.authorise(event, state=["$missing"]), "missing_event")


class TestResolve(TestCase):
    @in_each_version
    def test_the_winner_enters_the_state(self, room):
        first = room.topic(ALICE, room.join, "a", origin_server_ts=2000)
        second = room.topic(ALICE, room.join, "b", origin_server_ts=3000)
        answer = room.resolve([*room.state, first], [*room.state, second])
        # Version 1 goes by depth, and the deepest comes first.
        self.assertEqual(answer["ok"]["state"], sorted([*room.state, second]))
        answer = room.resolve([*room.state, first])
        self.assertEqual(answer["ok"]["state"], sorted([*room.state, first]))

    @in_each_version
    def test_what_is_not_allowed_stays_out(self, room):
        forged = room.topic(BOB, room.bob, "a", origin_server_ts=9000)
        good = room.topic(ALICE, room.join, "b", depth=1, origin_server_ts=1)
        answer = room.resolve([*room.state, forged], [*room.state, good])
        self.assertEqual(answer["ok"]["state"], sorted([*room.state, good]))

    @in_each_version
    def test_synapse_resolves_nothing_in_favour_of_rejected_events(self, room):
        topic = room.topic(ALICE, room.join, "a")
        answer = room.resolve([*room.state, topic], [*room.state], rejected=[topic])
        wanted = [*room.state, topic] if room.version == "1" else room.state
        self.assertEqual(answer["ok"]["state"], sorted(wanted))

    @in_each_version
    def test_questions_about_no_states_have_no_answer(self, room):
        first, second = room.topic(ALICE, room.join, "a"), room.topic(ALICE, room.join, "b")
        auth = [room.create, room.levels, room.bob]
        message = room.add("m.room.message", BOB, None, {}, auth=auth)
        self.assert_error(room.resolve(), "bad_request")
        self.assert_error(room.resolve([first, second]), "bad_request")
        self.assert_error(room.resolve([message]), "bad_request")
        self.assert_error(room.resolve(["$missing"]), "missing_event")
        self.assertEqual(room.resolve([])["ok"]["state"], [])

    @in_each_version
    def test_version_1_alone_asks_for_no_auth_chains(self, room):
        first, second = room.topic(ALICE, room.join, "a"), room.topic(ALICE, room.join, "b")
        events = [event for event in room.events if event["type"] != "m.room.power_levels"]
        answer = room.resolve([room.create, first], [room.create, second], events=events)
        if room.version == "1":
            self.assertIn("ok", answer)
        else:
            self.assert_error(answer, "missing_event")

    def test_a_circle_of_auth_events_is_an_error_and_no_end(self):
        room = Room(self.adapter, "2")
        auth = [room.create, room.join, "$event6:a.example"]
        one = room.add("m.room.power_levels", ALICE, "", {}, auth=auth)
        two = room.add("m.room.power_levels", ALICE, "", {}, auth=[*auth[:2], one])
        topic = room.add("m.room.topic", ALICE, "", {}, auth=[*auth[:2], two])
        answer = room.resolve([room.create, topic], [room.create])
        self.assert_error(answer, "internal_error")
        self.assert_allowed(room.authorise(room.message(BOB, room.bob)), True)


if __name__ == "__main__":
    unittest.main()

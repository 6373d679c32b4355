"""The question which state wins."""

from synapse.api.room_versions import StateResolutionVersions
from synapse.state import v1, v2
from synapse.storage.databases.main.event_federation import StateDifference

from coroutines import run
from events import check_references, pool, state_of
from failure import bad_request, unsupported


class _Endless(Exception):
    """Synapse walks in a circle."""


class _Clock:
    """Synapse sleeps every 100 steps of a loop: by that, loops that do not end are noticed."""

    def __init__(self, events):
        self._left = events * events // 50 + 10

    async def sleep(self, _duration):
        self._left -= 1
        if self._left < 0:
            raise _Endless("resolution does not end")


class _Store:
    """What state resolution asks of Synapse's database."""

    def __init__(self, events):
        self._events = events

    async def get_events(self, event_ids, allow_rejected=False):
        found = {}
        for event_id in event_ids:
            pdu = self._events.get(event_id)
            if pdu is not None and (allow_rejected or pdu.event.rejected_reason is None):
                found[event_id] = pdu.event
        return found

    async def get_auth_chain_difference(self, _room_id, state_sets, conflicted_state, _additional):
        chains = [_with_auth_chains(ids, self._events) for ids in state_sets]
        difference = set().union(*chains) - set.intersection(*chains)
        subgraph = None
        if conflicted_state is not None:
            subgraph = self._subgraph(conflicted_state)
        return StateDifference(auth_difference=difference, conflicted_subgraph=subgraph)

    def _subgraph(self, conflicted):
        """What lies on a way from a conflicted event to a conflicted event."""
        below = _with_auth_chains(conflicted, self._events)
        cited_by = {}
        for event_id in below:
            for cited in self._events[event_id].event.auth_event_ids():
                cited_by.setdefault(cited, []).append(event_id)
        above = set(conflicted)
        unseen = list(above)
        while unseen:
            for event_id in cited_by.get(unseen.pop(), ()):
                if event_id not in above:
                    above.add(event_id)
                    unseen.append(event_id)
        return above & below


def _with_auth_chains(event_ids, events):
    seen = set(event_ids)
    unseen = list(seen)
    while unseen:
        for cited in events[unseen.pop()].event.auth_event_ids():
            if cited not in seen:
                seen.add(cited)
                unseen.append(cited)
    return seen


def resolve(question):
    sets = question.lists_of_strings("state_sets")
    if not sets:
        raise bad_request("there are no state sets")
    question.array("events")
    rejected = question.strings("rejected") or []
    events = pool(question, rejected)
    states = [state_of(ids, events, "a state in `state_sets`") for ids in sets]
    first_version = question.version.state_res == StateResolutionVersions.V1
    _check_looked_at(sets, events, follows_auth_events=not first_version)
    check_references(rejected, events)
    if not any(states):
        return {"state": []}
    room_id = events[next(iter(next(filter(None, states)).values()))].event.room_id
    store = _Store(events)
    if first_version:
        resolution = v1.resolve_events_with_store(
            room_id, question.version, states, None, store.get_events
        )
    else:
        resolution = v2.resolve_events_with_store(
            _Clock(len(events)), room_id, question.version, states, None, store
        )
    return {"state": sorted(run(resolution).values())}


def _is_event(pdu):
    if pdu.event is not None:
        try:
            # Only here does Synapse find fault with a create event among the auth events.
            pdu.event.auth_event_ids()
            return True
        except RuntimeError as error:
            pdu.refusal = str(error)
    return False


def _check_looked_at(sets, events, follows_auth_events):
    """That the states' events and their auth chains are there, and are events for Synapse."""
    unseen = [event_id for ids in sets for event_id in ids]
    check_references(unseen, events)
    refused = None
    seen = set(unseen)
    while unseen:
        pdu = events[unseen.pop()]
        if refused is None and not _is_event(pdu):
            refused = pdu
        cited = [pdu.create_event_id]
        if follows_auth_events:
            cited += pdu.auth_event_ids
        check_references(cited, events)
        if follows_auth_events:
            unseen += [event_id for event_id in set(cited) - seen if event_id is not None]
            seen.update(cited)
    if refused is not None:
        raise unsupported(f"for Synapse, {refused.event_id} is no event: {refused.refusal}")

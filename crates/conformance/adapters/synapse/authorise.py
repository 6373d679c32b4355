"""The question whether an event may happen."""

from synapse.event_auth import check_state_dependent_auth_rules, check_state_independent_auth_rules

from coroutines import run
from events import Pdu, check_references, pool, state_of
from failure import why


class _NoStore:
    """Synapse asks its store for what the batch lacks: there is no more."""

    async def get_events(self, event_ids, **_):
        return {}


def authorise(question):
    question.field("event")
    question.array("events")
    rejected = question.strings("rejected") or []
    state = question.strings("state")
    pdu = Pdu(question.field("event"), question.version, "`event`")
    events = pool(question, rejected)
    if state is not None:
        state_of(state, events, "`state`")
        check_references(state, events)
    elif not pdu.is_create:
        check_references(pdu.auth_event_ids, events)
    if not pdu.is_create:
        check_references([pdu.create_event_id], events)
    check_references(rejected, events)
    try:
        if pdu.event is None:
            raise ValueError(f"no event: {pdu.refusal}")
        if state is None:
            _by_auth_events(pdu, events)
        else:
            check_state_dependent_auth_rules(pdu.event, _held(state, events))
    except Exception as error:  # Whatever Synapse raises, the event does not get into the room.
        return {"allowed": False, "reason": why(error)}
    return {"allowed": True}


def _by_auth_events(pdu, events):
    event = pdu.event
    auth_event_ids = event.auth_event_ids()
    known = [event_id for event_id in auth_event_ids if event_id in events]
    held = dict(zip(known, _held(known, events)))
    run(check_state_independent_auth_rules(_NoStore(), event, held))
    check_state_dependent_auth_rules(event, held.values())


def _held(event_ids, events):
    for event_id in event_ids:
        if events[event_id].event is None:
            raise ValueError(f"{event_id} is no event: {events[event_id].refusal}")
    return [events[event_id].event for event_id in event_ids]

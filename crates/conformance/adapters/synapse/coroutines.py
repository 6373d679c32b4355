"""Synapse's coroutines, run without an event loop."""


def run(coroutine):
    """Nothing that is awaited here ever waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError("Synapse waits for something")

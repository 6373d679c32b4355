"""What is answered in place of an answer."""


class Failure(Exception):
    """A question that has no answer, with the protocol's code for why."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


def bad_request(message):
    return Failure("bad_request", message)


def bad_event(message):
    return Failure("bad_event", message)


def missing_event(event_id):
    return Failure("missing_event", f"{event_id} is not among the events")


def unsupported(message):
    return Failure("unsupported", message)


def why(error):
    """An exception of Synapse's in words; those that are no verdict of its rules by their name."""
    from synapse.api.errors import AuthError, CodeMessageException

    message = error.msg if isinstance(error, CodeMessageException) else str(error)
    if isinstance(error, AuthError):
        return message
    return f"{type(error).__name__}: {message}"

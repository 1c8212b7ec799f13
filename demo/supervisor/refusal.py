"""How the supervisor says no."""


class Refusal(Exception):
    """One clear line for the operator: what is wrong and what to do. The command ends with a status that is not 0."""


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM. No handler of ordinary errors may swallow it."""

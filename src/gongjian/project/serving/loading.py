"""A worker of the web server while it loads the program."""

import signal


def end_when_told() -> None:
    """Let a worker that is still loading end at once: it has nothing in hand.

    The server's own handlers are set after loading; until then those of its parent, inherited, would note the signal
    and nobody would look, so that an end soon after a start took as long as the longest request may.
    """
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_DFL)

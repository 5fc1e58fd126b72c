"""TCP ports of this machine for programs that are started together.

A port that the kernel hands out for ``bind(0)`` and that is closed again may be given to any outgoing connection before
the program that was promised it starts, or while it is killed and started again. These come from below that range.
"""

from __future__ import annotations

import errno
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
FIRST = 10_000
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""ip(7): the first and last port of connections that did not ask for one."""


class PortRefused(Exception):  # noqa: N818  # said like a person would
    """Somebody else has the port, or this user may not listen there; says which port and why."""


def listen(port: int) -> socket.socket:
    """A socket that listens on loopback from now on. Raises ``PortRefused``."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that ended a moment ago do not count
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError as problem:
        listener.close()
        reason = "is in use" if problem.errno == errno.EADDRINUSE else f"cannot be had: {problem.strerror}"
        raise PortRefused(f"port {port} {reason}") from None
    return listener


def is_free(port: int) -> bool:
    """Whether a program could listen there now."""
    try:
        listen(port).close()
    except PortRefused:
        return False
    return True


def free_port(count: int = 1) -> int:
    """The first of ``count`` neighbouring ports that nobody uses and that no outgoing connection is given.

    Chosen by chance: test runs beside each other choose at the same moment.
    """
    end = int(OUTGOING.read_text(encoding="ascii").split()[0]) if OUTGOING.exists() else 32_768
    firsts = range(FIRST, max(end, FIRST + 1_000) - count + 1)
    return next(first for first in random.sample(firsts, 500) if all(is_free(first + more) for more in range(count)))

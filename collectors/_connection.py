"""Connections to public hosts: each with an end in time, and a reason for every way in which it fails."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from collectors.host.protocol import Denied, LookError, TimedOut, Unreadable, Unsupported
from hustings.facts import Reason

SECONDS = 6.0
"""For any one step: connecting, a handshake, an answer."""
UNREACHED = "cannot be reached"
"""What the reason says where no connection came about, in contrast to one on which nothing is said."""
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})
_DROPPED = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


class Refused(LookError):
    """The host answered that nothing listens there."""

    def __init__(self, where: str) -> None:
        super().__init__(Reason.ERROR, f"{where} refuses connections")


class Dropped(LookError):
    """The connection was closed or reset where an answer was due."""

    def __init__(self, where: str) -> None:
        super().__init__(Reason.ERROR, f"{where} closed the connection without an answer")


class Deadline:
    """The moment by which a whole look must be over."""

    def __init__(self, seconds: float, step: float = SECONDS) -> None:
        """``seconds`` in all, ``step`` for any one step."""
        self._ends = time.monotonic() + seconds
        self._step = step

    def left(self, at_most: float | None = None) -> float:
        """Seconds for the next step; raises ``TimedOut`` when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimedOut("the time for this is used up")
        return min(left, at_most or self._step)


@contextmanager
def reasons(where: str) -> Iterator[None]:
    """Turn what the network says into a reason."""
    try:
        yield
    except TimeoutError as error:
        raise TimedOut(f"{where} does not answer") from error
    except ConnectionRefusedError as error:
        raise Refused(where) from error
    except _DROPPED as error:
        raise Dropped(where) from error
    except PermissionError as error:
        raise Denied(f"{where}: this machine does not let us connect") from error
    except OSError as error:
        if error.errno in _NO_WAY:
            family = "IPv6" if ":" in where.split(" ")[0] else "IPv4"
            raise Unsupported(f"{where} {UNREACHED}: this machine has no {family} connection to it") from error
        if error.errno in (errno.EHOSTUNREACH, errno.ETIMEDOUT):
            raise TimedOut(f"{where} {UNREACHED}") from error
        raise Unreadable(f"{where}: {error.strerror or type(error).__name__}") from error


def connect(address: str, port: int, deadline: Deadline) -> socket.socket:
    """A connection to an address; raises ``LookError``, ``Refused`` where it is refused."""
    where, seconds = place(address, port), deadline.left()
    try:
        with reasons(where):
            return socket.create_connection((address, port), seconds)
    except TimedOut as error:
        raise TimedOut(f"{where} {UNREACHED}") from error


def place(address: str, port: int) -> str:
    """An address and a port for a message."""
    return f"[{address}] port {port}" if ":" in address else f"{address} port {port}"


def receive(connection: socket.socket, size: int, deadline: Deadline, where: str) -> bytes:
    """At most ``size`` bytes, b"" at the end."""
    connection.settimeout(deadline.left())
    with reasons(where):
        return connection.recv(size)


def send(connection: socket.socket, data: bytes, deadline: Deadline, where: str) -> None:
    connection.settimeout(deadline.left())
    with reasons(where):
        connection.sendall(data)

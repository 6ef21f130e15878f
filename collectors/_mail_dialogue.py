"""The first words with a mail host on port 25: its greeting, what it offers, the way to TLS (RFC 5321, RFC 3207)."""

from __future__ import annotations

import socket

from collectors._connection import Deadline, Dropped, Refused, connect, place, receive, send
from collectors.host.protocol import LookError, TimedOut, Unreadable
from hustings.facts import Reason

PORT = 25
SECONDS = 10.0
"""For all that is said before TLS: a server that makes strangers wait for its greeting does so for a few seconds."""
LINES = 100
SIZE = 16 << 10
BLOCKED = "many networks shut port 25: check from a server that may send mail"


class NoStartTls(Exception):
    """The host goes on without TLS. What mail comes to it then, comes readable."""


class Dialogue:
    """A connection to one address of a mail host. Raises ``LookError`` where there is none to be had."""

    def __init__(self, host: str, address: str, deadline: Deadline) -> None:
        self.where = f"{host} ({place(address, PORT)})"
        try:
            self.connection = connect(address, PORT, deadline)
        except (Refused, TimedOut) as error:
            raise LookError(Reason.TIMEOUT, f"{error.missing.detail}; {BLOCKED}") from error
        self._deadline = Deadline(deadline.left(SECONDS), SECONDS)
        self._heard = b""

    def secured(self) -> socket.socket:
        """The connection when TLS is to begin. Raises ``NoStartTls``, or ``LookError`` where the host does not talk
        to us; the connection is closed then."""
        try:
            code, lines = self._reply()
            if code != 220:
                raise LookError(Reason.DENIED, f"{self.where} does not talk to this machine: {code} {lines[-1][:100]}")
            code, lines = self._ask(f"EHLO {_literal(self.connection)}")
            if code in (500, 501, 502, 504):
                raise NoStartTls(f"{self.where} knows no extensions")
            if code != 250:
                raise LookError(Reason.DENIED, f"{self.where} does not talk to this machine: {code} {lines[-1][:100]}")
            offered = [line.strip().upper() for line in lines]
            if "STARTTLS" not in offered:
                if any(one and not one.strip("XA ") and "XXX" in one for one in offered):
                    raise Unreadable(f"{self.where}: something on the way masks what the mail host offers")
                self._ask("QUIT")
                raise NoStartTls(f"{self.where} does not offer STARTTLS")
            code, lines = self._ask("STARTTLS")
            if code != 220:
                raise NoStartTls(f"{self.where} refuses STARTTLS: {code}")
            if self._heard:
                raise Unreadable(f"{self.where}: more was said in the clear after STARTTLS")
        except BaseException:
            self.connection.close()
            raise
        return self.connection

    def _ask(self, words: str) -> tuple[int, list[str]]:
        try:
            send(self.connection, f"{words}\r\n".encode("ascii"), self._deadline, self.where)
            return self._reply()
        except Dropped:
            if words == "QUIT":
                return 221, [""]
            raise

    def _reply(self) -> tuple[int, list[str]]:
        """A reply's code and the texts of its lines."""
        texts: list[str] = []
        while len(texts) < LINES:
            line = self._line()
            if not line[:3].isdigit():
                raise Unreadable(f"{self.where}: the answer is no mail host's")
            texts.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), texts
        raise LookError(Reason.TRUNCATED, f"{self.where}: an answer of more than {LINES} lines")

    def _line(self) -> str:
        while b"\n" not in self._heard:
            part = receive(self.connection, 4096, self._deadline, self.where)
            if not part:
                raise Dropped(self.where)
            self._heard += part
            if len(self._heard) > SIZE:
                raise LookError(Reason.TRUNCATED, f"{self.where}: an answer of more than {SIZE} bytes")
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode("ascii", "replace").rstrip("\r")


def _literal(connection: socket.socket) -> str:
    """Who we are: our address, as RFC 5321 (4.1.3) has it for those without a name."""
    address = str(connection.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

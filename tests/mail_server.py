"""A real mail server for tests, with the faults that mail servers have: it greylists, hangs up, refuses, demands."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class MailServer:
    """What arrived, and how it behaves. ``port`` is where it listens."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    """Every message that it took the whole of, hung up on or not."""
    recipients: list[str] = field(default_factory=list)
    greylist: int = 0
    """How many tries of each recipient are put off."""
    hang_up: int = 0
    """How many messages are taken and then answered by silence."""
    refuse: str = ""
    """What every recipient is refused with."""
    during: Callable[[], None] | None = None
    """What happens once, after the next message was taken and before that is said."""
    _tries: Counter[str] = field(default_factory=Counter)

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(one, policy=policy.default) for one in self.raw]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str,  # noqa: N802
                          _options: list[str]) -> str:
        self._tries[address] += 1
        if self.refuse:
            return self.refuse
        if self._tries[address] <= self.greylist:
            return "451 4.7.1 Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.raw.append(bytes(envelope.content))
        self.recipients += envelope.rcpt_tos
        happens, self.during = self.during, None
        if happens is not None:
            happens()
        if self.hang_up:
            self.hang_up -= 1
            server.transport.abort()
        return "250 OK"


@contextmanager
def mail_server(**settings: Any) -> Iterator[MailServer]:
    """A mail server on a free port, stopped at the end. ``settings`` are aiosmtpd's."""
    found = MailServer()
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        found.port = one.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=found.port, **settings)
    controller.start()
    try:
        yield found
    finally:
        controller.stop()


def asks_for(login: str, password: str) -> Any:
    """An authenticator that knows one person."""
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (
            login.encode(), password.encode())
        return AuthResult(success=right)
    return check

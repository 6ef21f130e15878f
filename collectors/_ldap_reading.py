"""Reading a directory section by section: what fails is noted with what would have to be granted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from collectors.host.protocol import LookError
from hustings.directory.ldap_sections import GRANTS
from hustings.directory.unread import Unread
from hustings.facts import Missing, Reason


class Reading:
    """The sections of one directory that could not be read."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.unread: dict[str, Unread] = {}

    @contextmanager
    def section(self, *names: str) -> Iterator[None]:
        """Whatever fails inside is the reason of these sections."""
        try:
            yield
        except LookError as error:
            for name in names:
                self.note(name, error.missing)

    def note(self, name: str, why: Missing) -> None:
        """The first reason is kept."""
        grant = GRANTS[self.kind].get(name, "") if why.reason in (Reason.DENIED, Reason.TRUNCATED) else ""
        self.unread.setdefault(name, Unread(why.reason, why.detail, grant))

    def hidden(self, name: str, what: str) -> None:
        """An attribute that the server leaves out without a word."""
        self.note(name, Missing(Reason.DENIED, f"the directory hides {what}"))

"""What a session has set that decides the meaning of its next statements: its role and its search path.

``SET LOCAL`` ends with its transaction, and a ROLLBACK takes back what the transaction set. ``RESET ALL`` leaves
roles as they are, ``DISCARD ALL`` does not (PostgreSQL documentation of SET ROLE, RESET and DISCARD).
"""

from __future__ import annotations

import re

from collectors.statement_log.derive import split_name
from collectors.statement_log.tokens import SIGN, Token, tokens
from hustings.access.rights import POSTGRESQL

_SET_ROLE = re.compile(r"(?is)set\s+(?:(session|local)\s+)?role\s+(?:to\s+|=\s*)?(\S.*)$")
_SET_USER = re.compile(r"(?is)set\s+(?:(session|local)\s+)?session\s+authorization\s+(\S.*)$")
_SET_PATH = re.compile(r"(?is)set\s+(?:(session|local)\s+)?(?:search_path|schema)\s*(?:to\s+|=\s*|\s)(\S.*)$")


class Session:
    """One session. ``pending``: what it was last seen to run, not counted while it may still turn out to be refused."""

    __slots__ = ("audit", "changed", "local", "path", "pending", "role", "saved", "user")

    def __init__(self) -> None:
        self.role = ""
        self.user = ""
        """By SET SESSION AUTHORIZATION: whose rights count instead of the login's."""
        self.path = ""
        """The search path that was set, comma between names; empty: not known."""
        self.saved: tuple[str, str, str] | None = None
        """What stood before the transaction that is open."""
        self.local: tuple[str, str, str] | None = None
        """What stands again when it ends, where something was set for it alone."""
        self.pending: tuple[tuple[int, ...], str, str, str] | None = None
        self.audit = ""
        self.changed = True

    def apply_all(self, sql: str, engine: str) -> None:
        """Follow several statements that were sent together."""
        start, read = 0, list(tokens(sql, engine))
        for at, token in enumerate((*read, Token(SIGN, ";", False))):
            if token.text == ";" and token.kind == SIGN:
                self._apply(" ".join(one.text for one in read[start:at]), engine)
                start = at + 1

    def _apply(self, text: str, engine: str) -> None:
        """Follow one statement of those that set something; any other changes nothing."""
        self.changed = True
        word = text.partition(" ")[0].lower()
        if word in ("begin", "start"):
            self.saved = self.state
        elif word in ("commit", "end"):
            if self.local is not None:
                self.role, self.user, self.path = self.local
            self.saved = self.local = None
        elif word in ("rollback", "abort") and " to " not in text.lower():
            if self.saved is not None:
                self.role, self.user, self.path = self.saved
            self.saved = self.local = None
        elif word in ("set", "reset", "discard", "use"):
            self._set(text, engine)

    @property
    def state(self) -> tuple[str, str, str]:
        return self.role, self.user, self.path

    def _set(self, text: str, engine: str) -> None:
        low = text.lower()
        before = self.state
        if low == "discard all":
            self.role = self.user = self.path = ""
        elif low in ("reset role", "reset session authorization"):
            self.role, self.user = "", "" if "session" in low else self.user
        elif low in ("reset all", "reset search_path"):
            self.path = ""
        elif found := _SET_USER.match(text):
            name = _plain(found.group(2))
            self.user, self.role = "" if name.lower() == "default" else name, ""
            self._until_end(found.group(1), before)
        elif found := _SET_ROLE.match(text):
            name = _plain(found.group(2))
            self.role = "" if name.lower() in ("none", "default") else name
            self._until_end(found.group(1), before)
        elif engine == POSTGRESQL and (found := _SET_PATH.match(text)):
            names = [_plain(one) for one in found.group(2).split(",")]
            self.path = "" if names[:1] == ["default"] else ",".join(one for one in names if one)
            self._until_end(found.group(1), before)
        elif low.startswith("use ") and engine != POSTGRESQL:
            self.path = _plain(text[4:])

    def _until_end(self, word: str | None, before: tuple[str, str, str]) -> None:
        if (word or "").lower() == "local" and self.saved is not None and self.local is None:
            self.local = before


def _plain(name: str) -> str:
    name = name.strip()
    if name[:1] == "'":
        return name[1:-1].replace("''", "'")
    if not name:
        return ""
    return split_name(name)[1] if name[0] in '"`' else name.lower()

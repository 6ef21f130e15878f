"""Which rights were used, and over which time the logs speak."""

from __future__ import annotations

import msgspec


class Use(msgspec.Struct, frozen=True, omit_defaults=True):
    """A right that an account used."""

    account: str
    """The account that signed in. MariaDB: ``user@host`` as the log has it."""
    object: str
    """``schema.name``."""
    column: str | None
    """None: the statement needs the right on the whole object (or on no column in particular: DELETE)."""
    right: str
    first: str
    """ISO 8601 with Z."""
    last: str
    """For statistics without times of their own: when they were read."""
    times: int = 1
    role: str = ""
    """What the session had set by SET ROLE or SET SESSION AUTHORIZATION: whose right it was; empty: the account's."""


class Shape(msgspec.Struct, frozen=True, omit_defaults=True):
    """A distinct statement, without any literal."""

    id: str
    """SHA-256 of text, database, search path and role, hexadecimal."""
    text: str
    """With ``$1``, ``$2`` … (PostgreSQL) or ``?`` where values stood."""
    accounts: tuple[str, ...]
    database: str = ""
    search_path: str = ""
    understood: bool = True
    """False: the parser could not make sense of it; it counts as a use of everything its account holds."""
    why: str = ""
    role: str = ""
    """What its sessions had set by SET ROLE or SET SESSION AUTHORIZATION."""


class Window(msgspec.Struct, frozen=True):
    """The time that the logs cover, without gaps longer than the reader was told to accept."""

    first: str
    last: str
    days: float
    gaps: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()


class SignIn(msgspec.Struct, frozen=True):
    """A session of an account, for accounts long unused, superusers and shared accounts."""

    account: str
    host: str
    """``[local]``: a socket of the server's own machine; empty: the log does not say."""
    hour: str
    """ISO 8601 hour: ``2026-11-22T09``."""
    times: int


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the logs told."""

    engine: str
    window: Window | None
    """None: no line of use was read: nothing is known to be unused."""
    uses: tuple[Use, ...] = ()
    shapes: tuple[Shape, ...] = ()
    sign_ins: tuple[SignIn, ...] = ()
    statements: int = 0
    covers: tuple[str, ...] = ()
    """Kinds of statement the logs record (``read``, ``write``, ``ddl``, ``role``, ``function``); rights of other kinds
    are never called unused. ``all`` for every kind."""
    damaged: int = 0
    """Records of the logs that could not be made out: each may hide a use."""

    @property
    def too_damaged(self) -> bool:
        """Whether so much could not be made out (more than one record in 10,000 statements) that nothing can be called
        unused. A log that breaks off here and there, as logs do where a server is stopped hard, is below that."""
        return self.damaged > max(2, self.statements // 10_000)

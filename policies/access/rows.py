"""What is said about one right of one account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import msgspec

DECLARED, EXCESS, MISSING, HELD = "declared", "excess", "missing", "held"


class Row(msgspec.Struct, frozen=True):
    """A right on an object (``column`` None) or on one column, in the shape of ``hustings.access/1``."""

    account: str
    object: str
    kind: str
    column: str | None
    right: str
    state: str
    """``declared`` (and held), ``excess``, ``missing``; ``held`` where there is no model."""
    via: tuple[str, ...] = ()
    """The way from the account to the right, the shortest where there are several: the roles in between, then
    ``PUBLIC``, ``owner`` or ``superuser`` where that is the end of it. Empty: granted to the account itself."""
    last_used: str | None = None


class Assumable(msgspec.Struct, frozen=True):
    """A right that the account does not have but could by SET ROLE. ``right`` of a column: ``UPDATE(status)``."""

    account: str
    role: str
    object: str
    right: str


class Anomaly(msgspec.Struct, frozen=True):
    """A fault of a row of the catalogue, with what was found."""

    catalogue: str
    object: str | None
    account: str | None
    actual: str


class Unread(msgspec.Struct, frozen=True):
    """A row of the catalogue that cannot be decided, and why."""

    catalogue: str
    reason: str


class Holding(msgspec.Struct, frozen=True):
    """All rights of one account on one object, and where they come from."""

    rights: int
    """A mask of the rights on the whole object."""
    columns: dict[str, int]
    """Further rights on single columns."""


class Effective(Protocol):
    """Effective rights in one database, as its engine would answer. Built once from a ``State``."""

    def accounts(self) -> tuple[str, ...]:
        """Every account that can log in, in order of name."""

    def holding(self, account: str, index: int) -> Holding:
        """Of the object at this place in ``State.objects``."""

    def held(self, account: str) -> Iterator[tuple[int, Holding]]:
        """Every object on which the account holds anything, in the order of ``State.objects``."""

    def via(self, account: str, index: int, right: str, column: str | None = None) -> tuple[str, ...]:
        """The shortest way to a held right, as in ``Row.via``."""

    def sources(self, account: str, index: int, right: str, column: str | None = None) -> tuple[tuple[str, ...], ...]:
        """Every way to a held right: revoking one of them is not enough while another stands."""

    def inherits(self, account: str) -> frozenset[str]:
        """The roles whose rights it has, at any depth, without itself."""

    def may_become(self, account: str) -> frozenset[str]:
        """The roles it may SET ROLE to, at any depth, without itself."""

    def is_superuser(self, account: str) -> bool: ...


@runtime_checkable
class Explaining(Protocol):
    """Effective rights that can say the ways to all rights of an account at once: for large databases."""

    def explained(self, account: str) -> Iterator[tuple[int, tuple[tuple[str | None, int, tuple[str, ...]], ...]]]:
        """Every object on which the account holds anything, with its rights by where they come
        from: (column or None, mask of rights, way as of ``via``)."""

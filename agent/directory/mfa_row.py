"""One account's answer of ``hustings directory mfa``, whatever the kind of tenant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """The answer for one account. ``by`` are the policies that together demand it."""

    account: str
    outcome: str
    admin: bool | None
    guest: bool
    declared: bool
    by: tuple[str, ...] = ()
    why: str = ""
    detail: str = ""
    near_miss: str = ""

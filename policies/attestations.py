"""The forms of attestations: what a named person is asked about a row of the catalogue that no agent can see.

One table (``tables/attestations.json``) says what each form asks, in both languages, how long an answer holds and
who may give it. Pages, facts and checks are made of it.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

from hustings.facts import Type
from policies.model import Check, Condition, Text

TABLE = Path(__file__).parent / "tables" / "attestations.json"
PREFIX = "office.attested."
CONTACTS = "office.contacts"
NO_ELECTION = timedelta(days=120)
"""How long what holds until the next day of voting holds where none is declared."""


class Kind(StrEnum):
    """What a field takes. ``WORDS`` stay on the server: no fact is made of them."""

    YES = "yes"
    COUNT = "count"
    DAY = "day"
    CHOICE = "choice"
    WORDS = "words"
    ASSETS = "assets"
    """Some assets of the inventory, of the field's roles. The fact is how many are left out."""


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a choice."""

    value: str
    label: Text


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of a form."""

    name: str
    kind: Kind
    label: Text
    help: Text | None = None
    options: tuple[Option, ...] = ()
    roles: tuple[str, ...] = ()
    most: int = 1_000_000

    @property
    def fact(self) -> tuple[str, Type] | None:
        """The name and type of the fact's field that is made of it."""
        kinds = {Kind.YES: Type.BOOL, Kind.COUNT: Type.INT, Kind.DAY: Type.TIME, Kind.CHOICE: Type.TEXT}
        if self.kind is Kind.ASSETS:
            return f"{self.name}_missing", Type.INT
        return (self.name, kinds[self.kind]) if self.kind in kinds else None


class Life(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long an attestation holds: some days from the day of the fact, or through the next day of voting."""

    days: int = 0
    election: bool = False

    def until(self, day: date, voting_days: tuple[date, ...]) -> date:
        """The last day on which an attestation of a fact of ``day`` holds."""
        if not self.election:
            return day + timedelta(days=self.days)
        return min((one for one in voting_days if one >= day), default=day + NO_ELECTION)


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked about one row of the catalogue."""

    id: str
    life: Life
    artefact: str
    """``required`` or ``asked``."""
    roles: tuple[str, ...]
    """Who may attest."""
    fields: tuple[Question, ...]
    day: Text | None = None
    """What the day of the fact is, where that needs saying."""

    @property
    def fact(self) -> str:
        return PREFIX + self.id.lower().replace("-", "_")


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    forms: tuple[Form, ...]


@cache
def forms() -> dict[str, Form]:
    """Every form by the row of the catalogue it is about, in the catalogue's order."""
    table = msgspec.json.decode(TABLE.read_bytes(), type=_Table)
    return {one.id: one for one in table.forms}


def is_attested(check: Check) -> bool:
    """Whether a check of the office rests on people's word alone: on attestations and test calls."""
    return any(fact.startswith(PREFIX) or fact == CONTACTS for fact in _facts(check.require))


def _facts(condition: Condition) -> list[str]:
    """Every fact that a condition names."""
    found = [condition["fact"]] if isinstance(condition.get("fact"), str) else []
    for part in ("all", "any"):
        for one in condition.get(part, ()):
            found += _facts(one)
    return [*found, *(_facts(condition["not"]) if "not" in condition else [])]

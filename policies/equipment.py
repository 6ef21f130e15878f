"""Election equipment: who makes it now, what its models are called, and how long equipment is expected to serve.

Names only. No date of any model stands here: of voting equipment the end comes from the office's own declaration,
a certificate, or the expected life. The table is ``tables/equipment.json``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from hustings import strict_json
from hustings.errors import PolicyError
from policies.lifecycle import Source

SCHEMA = "hustings.equipment/1"
TABLE = "equipment"


class Life(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many years equipment of some kinds is expected to serve. No kinds: every other hardware."""

    rule: str
    years: int
    source: str
    kinds: tuple[str, ...] = ()


class Vendor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A maker as it is called today. ``lineage``: makers whose products it took over whole."""

    id: str
    name: str
    names: tuple[str, ...]
    lineage: tuple[str, ...] = ()


class SplitLineage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A former maker whose customers went to several: the name alone does not say which."""

    names: tuple[str, ...]
    vendors: tuple[str, ...]


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    vendor: str
    name: str
    kind: str
    names: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    schema: str
    version: str
    sources: dict[str, Source]
    lives: tuple[Life, ...]
    no_life: tuple[str, ...]
    """Kinds that do not wear out."""
    vendors: tuple[Vendor, ...]
    split_lineages: tuple[SplitLineage, ...]
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """Who a make is today. ``vendor`` is None where that is not sure: ``choices`` then holds who it may be."""

    vendor: Vendor | None
    lineage: str = ""
    """The make as written, where it names a former maker."""
    choices: tuple[Vendor, ...] = ()


class Equipment:
    """The table, ready for look-ups."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.vendors = {one.id: one for one in content.vendors}
        self._now = {plain(name): one for one in content.vendors for name in (one.name, *one.names)}
        self._former = {plain(name): one for one in content.vendors for name in one.lineage}
        self._split = {plain(name): one for one in content.split_lineages for name in one.names}
        self._models: dict[str, list[Model]] = {}
        for model in content.models:
            for name in (model.name, *model.names):
                self._models.setdefault(plain(name), []).append(model)

    @classmethod
    def of(cls, tables: Mapping[str, Any]) -> Equipment:
        """The table of a pack. Raises ``PolicyError`` if it is missing or malformed."""
        where = f"tables/{TABLE}.json"
        if TABLE not in tables:
            raise PolicyError("the table of election equipment is missing", where=where, remedy="add it to the pack")
        try:
            content = msgspec.convert(tables[TABLE], Content)
        except msgspec.ValidationError as error:
            raise PolicyError(f"not a table of equipment: {error}", where=where, remedy="mend the file") from error
        if content.schema != SCHEMA:
            raise PolicyError(f"its schema is {content.schema!r}, not {SCHEMA!r}", where=where, remedy="mend the file")
        return cls(content)

    def made(self, written: str) -> Made | None:
        """Who makes what is written under make; None for a maker the table does not know.

        A name in parentheses is who has it today: ``Premier/Diebold (Dominion)`` is Dominion's. Former makers whose
        products went to one vendor are that vendor's; of those that were split it must be asked.
        """
        whole = plain(written)
        if whole in self._now:
            return Made(self._now[whole])
        for part in re.findall(r"\(([^()]+)\)", written):
            if plain(part) in self._now:
                return Made(self._now[plain(part)], written)
        if whole in self._split:
            return Made(None, written, tuple(self.vendors[one] for one in self._split[whole].vendors))
        if whole in self._former:
            return Made(self._former[whole], written)
        parts = [part for part in (plain(one) for one in re.split(r"[/()]", written)) if part]
        now = {one.id for part in parts for one in [self._now.get(part) or self._former.get(part)] if one}
        if len(now) == 1 and all(part in self._now or part in self._former for part in parts):
            return Made(self.vendors[now.pop()], written)
        split = [self._split[part] for part in parts if part in self._split]
        if split:
            return Made(None, written, tuple(self.vendors[one] for one in split[0].vendors))
        return None

    def model(self, make: str, written: str) -> Model | None:
        """The model a name means: of the maker where one is given and known, else only if one maker has it."""
        fitting = self._models.get(plain(written), [])
        made = self.made(make) if make else None
        if made is not None:
            ids = {one.id for one in (*((made.vendor,) if made.vendor else made.choices),)}
            fitting = [one for one in fitting if one.vendor in ids]
        return fitting[0] if len({one.id for one in fitting}) == 1 else None

    def life(self, kind: str, *, voting: bool = False) -> Life | None:
        """How long things of a kind are expected to serve; ``voting``: it is known as election equipment by name."""
        if kind in self.content.no_life:
            return None
        named = next((one for one in self.content.lives if kind in one.kinds), None)
        if named is not None:
            return named
        if voting:
            return self.content.lives[0]
        return next((one for one in self.content.lives if not one.kinds), None)


@cache
def shipped() -> Equipment:
    """The table of this release."""
    data = (files("policies") / "tables" / f"{TABLE}.json").read_bytes()
    return Equipment.of({TABLE: strict_json.loads(data, limit=1 << 20)})


def plain(name: str) -> str:
    """A name without case, company forms, and with single spaces."""
    words = re.sub(r"[\s_.,®™-]+", " ", name.casefold()).split()
    while words and words[-1] in ("inc", "llc", "corp", "corporation", "company", "co", "ltd", "group", "systems"):
        if len(words) == 1 or " ".join(words) in ("election systems",):
            break
        words.pop()
    return " ".join(words)

"""Until when a product is supported, by whom, and how that is known: look-ups in a dated table.

Check and plan read the same table through this module. A look-up answers a ``Match``, or an
``Unmatched`` with its reason: what the table does not know is never taken for supported.

The table (``tables/lifecycle.json``) is written by ``policies.tables_import``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import msgspec

from hustings.errors import PolicyError

SCHEMA = "hustings.lifecycle/1"
TABLE = "lifecycle"


class Kind(StrEnum):
    """Who promises security updates in a period of support."""

    VENDOR = "vendor"
    """The maker, to every user."""
    LTS = "lts"
    """A long-term team after the maker, to every user."""
    PAID = "paid"
    """Under a contract."""
    CERTIFIED = "certified"
    """Under a certification that keeps a configuration in use."""


class End(StrEnum):
    """What is known of the end of a period."""

    DATED = "dated"
    OPEN = "open"
    """No end was announced when the source was read."""
    OVER = "over"
    """It has ended, on a day the source does not give."""


class Maintainer(StrEnum):
    """Whose security updates an installed package gets."""

    VENDOR = "vendor"
    DISTRIBUTION = "distribution"
    STREAM = "stream"
    """The distribution, until a day of its own that is not in the table."""


FREE = (Kind.VENDOR, Kind.LTS)
"""Support that every user gets without a contract."""


class Period(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One kind of support of one cycle. ``ends`` is the last supported day, for dated ends alone."""

    kind: Kind
    end: End
    ends: date | None = None
    name: str = ""
    """What the maker calls it, where it is not simply its support."""


class Cycle(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A release line that is supported as one."""

    cycle: str
    periods: tuple[Period, ...]
    label: str = ""
    """How people call it, where that is not ``cycle``."""
    build: str = ""
    """The build number that shows it, for products recognised by builds."""
    editions: str = ""
    """The class of editions it covers, a key of the product's ``editions``."""

    @property
    def name(self) -> str:
        return self.label or self.cycle


class System(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The id an operating system gives itself, and a part of its name where the id is shared."""

    id: str
    name_contains: str = ""


class Packages(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Package names of one source that are a product; ``{cycle}`` in a name is its cycle."""

    source: str
    names: tuple[str, ...]
    maintained_by: Maintainer
    not_covered: tuple[str, ...] = ()
    """Ids of distributions for which ``maintained_by`` does not hold: there the package is unknown."""
    lts_covers: bool = True
    """Whether a distribution's LTS promises updates for it."""
    parts: int = 1
    """The least number of dotted parts of ``{cycle}``."""


class Product(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    id: str
    title: str
    category: str
    source: str
    """A key of the table's ``sources``; "" where no source gives dates."""
    cycles: tuple[Cycle, ...]
    systems: tuple[System, ...] = ()
    packages: tuple[Packages, ...] = ()
    aliases: dict[str, str] = {}
    """Other spellings of cycles."""
    starts: dict[str, str] = {}
    """The lowest version of each cycle, where the version's digits alone do not name it."""
    editions: dict[str, tuple[str, ...]] = {}
    """Edition ids by class."""

    def get(self, name: str) -> Cycle | None:
        return next((one for one in self.cycles if one.cycle == name), None)


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where figures come from, and the day they were looked up."""

    name: str
    licence: str
    looked_up: date


class Lifecycle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    schema: str
    version: str
    sources: dict[str, Source]
    products: tuple[Product, ...]
    vendor_marks: tuple[str, ...]
    """A package version that holds one comes from the product's maker."""
    backport_marks: tuple[str, ...]
    """A package version that holds one has no promise of security updates."""


class Why(StrEnum):
    """Why a look-up has no answer."""

    PRODUCT = "product"
    """The table has no such product."""
    VERSION = "version"
    """The version is not known, or is no version."""
    CYCLE = "cycle"
    """The table has no dates for that version."""
    EDITION = "edition"
    """Several editions share the version and end on different days; which one is installed is not known."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Match:
    product: Product
    cycle: Cycle

    @property
    def title(self) -> str:
        """As people call it. Words that the product's title and the cycle's label share are said once."""
        words, label = self.product.title.split(), self.cycle.name.split()
        shared = next((n for n in range(len(words), 0, -1) if words[-n:] == label[:n]), 0)
        return " ".join(words + label[shared:])


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package recognised as a product."""

    product: Product
    rule: Packages
    maintained_by: Maintainer
    backport: bool
    cycle: Match | Unmatched


class Table:
    """A lifecycle table, ready for look-ups."""

    def __init__(self, content: Lifecycle) -> None:
        self.content = content
        self._products = {one.id: one for one in content.products}
        self._exact: dict[tuple[str, str], tuple[Product, Packages]] = {}
        self._patterns: dict[str, list[tuple[str, str, Product, Packages]]] = {}
        for product in content.products:
            for rule in product.packages:
                for name in rule.names:
                    self._index(name, product, rule)

    @classmethod
    def of(cls, tables: Mapping[str, Any]) -> Table:
        """The table of a pack. Raises ``PolicyError`` if it is missing or malformed."""
        where = f"tables/{TABLE}.json"
        remedy = "write it with `hustings policy tables import`"
        if TABLE not in tables:
            raise PolicyError("the table of support dates is missing", where=where, remedy=remedy)
        try:
            content = msgspec.convert(tables[TABLE], Lifecycle)
        except msgspec.ValidationError as error:
            raise PolicyError(f"not a table of support dates: {error}", where=where, remedy=remedy) from error
        if content.schema != SCHEMA:
            raise PolicyError(f"its schema is {content.schema!r}, not {SCHEMA!r}", where=where, remedy=remedy)
        return cls(content)

    @property
    def products(self) -> tuple[Product, ...]:
        return self.content.products

    @property
    def looked_up(self) -> date:
        """The oldest day on which any of its sources was read."""
        return min(one.looked_up for one in self.content.sources.values())

    def product(self, name: str) -> Product | None:
        return self._products.get(name)

    def system(self, system: str, version: str, *, edition: str = "", name: str = "") -> Match | Unmatched:
        """The cycle of an operating system by its own id, version, edition and name."""
        for product in self.products:
            for one in product.systems:
                if one.id == system and one.name_contains in name:
                    return self.cycle(product.id, version, edition)
        return Unmatched(Why.PRODUCT, f"the table has no operating system {system or name or 'without a name'!r}")

    def cycle(self, product: str, version: str, edition: str = "") -> Match | Unmatched:
        """The cycle a version of a product belongs to."""
        found = self._products.get(product)
        if found is None:
            return Unmatched(Why.PRODUCT, f"the table has no product {product!r}")
        digits = numeric(version)
        if not digits:
            return Unmatched(Why.VERSION, f"{found.title}: {version!r} is no version" if version
                             else f"{found.title} gives no version")
        if any(one.build for one in found.cycles):
            return _by_build(found, digits, edition)
        name = _by_start(found, digits) or _by_digits(found, digits)
        cycle = found.get(name) if name else None
        if cycle is None:
            return Unmatched(Why.CYCLE, f"the table has no dates for {found.title} {version}")
        return Match(found, cycle)

    def package(self, source: str, name: str, version: str) -> Package | None:
        """What an installed package is, or None for one the table does not speak of."""
        found = self._exact.get((source, name))
        upstream = version
        if found is None:
            for start, end, product, rule in self._patterns.get(source, ()):
                if name.startswith(start) and name.endswith(end):
                    inner = name[len(start):len(name) - len(end)]
                    if numeric(inner) == inner != "" and inner.count(".") + 1 >= rule.parts:
                        found, upstream = (product, rule), inner
                        break
        if found is None:
            return None
        product, rule = found
        maker = Maintainer.VENDOR if any(mark in version for mark in self.content.vendor_marks) else rule.maintained_by
        backport = any(mark in version for mark in self.content.backport_marks)
        return Package(product, rule, maker, backport, self.cycle(product.id, upstream))

    def _index(self, name: str, product: Product, rule: Packages) -> None:
        start, pattern, end = name.partition("{cycle}")
        if pattern:
            self._patterns.setdefault(rule.source, []).append((start, end, product, rule))
        else:
            self._exact[rule.source, name] = (product, rule)


def numeric(version: str) -> str:
    """The dotted digits a version starts with, without a package's epoch: ``1:9.2p1-2`` gives ``9.2``."""
    found = _NUMERIC.match(version.partition(":")[2] or version)
    return found[0] if found and max(map(len, found[0].split("."))) <= _MOST_DIGITS else ""


_NUMERIC = re.compile(r"[0-9]+(\.[0-9]+)*")
_MOST_DIGITS = 18
"""More digits in a row are no number that anyone counts versions with."""


def latest(periods: tuple[Period, ...], kinds: tuple[Kind, ...]) -> Period | None:
    """The period of ``kinds`` that ends last; an open end is later than any date, an undated one earlier."""
    chosen = [one for one in periods if one.kind in kinds]
    return max(chosen, key=lambda one: (one.end is End.OPEN, one.ends or date.min), default=None)


def _by_digits(product: Product, version: str) -> str | None:
    """The longest dotted beginning of a version that names a cycle."""
    parts = version.split(".")
    known = {one.cycle for one in product.cycles}
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        name = product.aliases.get(name, name)
        if name in known:
            return name
    return None


def _by_start(product: Product, version: str) -> str | None:
    """The cycle with the highest first version that is not above ``version``, of the same major and minor."""
    wanted = _tuple(version)
    below = [start for start in product.starts if _tuple(start)[:2] == wanted[:2] and _tuple(start) <= wanted]
    return product.starts[max(below, key=_tuple)] if below else None


def _by_build(product: Product, version: str, edition: str) -> Match | Unmatched:
    fitting = [one for one in product.cycles if one.build and (version + ".").startswith(one.build + ".")]
    if not fitting:
        return Unmatched(Why.CYCLE, f"the table has no dates for {product.title} build {version}")
    if edition:
        named = [one for one in fitting if edition in product.editions.get(one.editions, ())]
        fitting = named or [one for one in fitting if not one.editions and "" not in product.editions]
        if not fitting:
            return Unmatched(Why.EDITION,
                             f"the table has no dates for the edition {edition} of {product.title} build {version}")
    if len({one.periods for one in fitting}) == 1:
        return Match(product, fitting[0])
    names = ", ".join(one.name for one in fitting)
    return Unmatched(Why.EDITION, f"{product.title} build {version} ends on different days by edition ({names})")


def _tuple(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))

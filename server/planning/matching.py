"""Which product and release of the lifecycle table a line of an inventory is: by name, version and edition."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from policies.lifecycle import FREE, Cycle, End, Match, Product, Table, Why, latest
from server.planning.product_names import EDITIONS, LONG_TERM_YEARS, NAMES, WINDOWS_NUMBERS

_TOKEN = re.compile(r"\d+h[12]\b|\d+(?:\.\d+)*|[^\W\d_]+")
_APPLE = frozenset({"apple", "iphone", "ipad"})
"""Beside one of these words ``ios`` is Apple's, not a router's."""
_RELEASE = re.compile(r"\d{2}h[12]\Z")
_WINDOWS_BUILD = re.compile(r"(?:10\.0\.[12]\d{4}|6\.[0-3]\.\d{4})(?:\.\d+)*\Z")
_BUILD = re.compile(r"\d+\.\d+\.\d{4,5}(?:\.\d+)*\Z")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A product that was found by name. ``match`` is its release, or None: then ``why``, and the releases it may be."""

    product: Product
    match: Match | None
    why: Why | None = None
    detail: str = ""
    candidates: tuple[Cycle, ...] = ()

    @property
    def settled(self) -> date | None:
        """The day by which the support of every release it may be had ended; None if any has no such day."""
        days = [_free_end(one) for one in self.candidates]
        return max((day for day in days if day), default=None) if all(days) else None


def tokens(text: str) -> list[str]:
    """Words and numbers, without case: ``Win10 22H2`` is ``win``, ``10``, ``22h2``."""
    return _TOKEN.findall(text.casefold())


def edition(words: list[str]) -> str:
    """The edition that words name, as Windows itself calls it; "" where they name none."""
    have = set(words)
    return next((name for needed, name in EDITIONS if have.issuperset(needed)), "")


class Matcher:
    """Recognises products of one table; keeps what it found out, for inventories repeat themselves."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._names: dict[str, list[tuple[list[str], Product]]] = {}
        for product in table.products:
            for name in NAMES.get(product.id, (product.title, product.id)):
                words = tokens(name)
                if words:
                    self._names.setdefault(words[0], []).append((words, product))
        for found in self._names.values():
            found.sort(key=lambda one: (-len(one[0]), one[1].id))
        self._seen: dict[tuple[str, str, str, str], Recognised | None] = {}

    def exact(self, written: str) -> Match | None:
        """``windows/11-24h2-w``."""
        name, _, cycle = written.strip().partition("/")
        product = self.table.product(name)
        found = product.get(cycle) if product else None
        return Match(product, found) if product and found else None

    def find(self, make: str, model: str, version: str, edition_written: str = "") -> Recognised | None:
        """What make, model and version name; None where the table has no such product."""
        key = (make, model, version, edition_written)
        if key not in self._seen:
            self._seen[key] = self._find(*key)
        return self._seen[key]

    def _find(self, make: str, model: str, version: str, edition_written: str) -> Recognised | None:
        for text in (f"{make} {model} {version}", version):
            words = tokens(text)
            for at in range(len(words)):
                for name, product in self._names.get(words[at], ()):
                    if words[at:at + len(name)] == name:
                        return self._release(product, words[at + len(name):], tokens(version), edition_written)
        words = tokens(f"{make} {model} {version}")
        phones = self.table.product("ios")
        if phones and "ios" in words and _APPLE & set(words):
            return self._release(phones, words[words.index("ios") + 1:], tokens(version), edition_written)
        return self._bare_build(tokens(version), edition_written)

    def _bare_build(self, words: list[str], edition_written: str) -> Recognised | None:
        """A Windows build number without a name, as consoles export it."""
        build = next((one for one in words if _WINDOWS_BUILD.match(one)), "")
        for name in ("windows", "windows-server") if build else ():
            product = self.table.product(name)
            if product and any((build + ".").startswith(one.build + ".") for one in product.cycles if one.build):
                return self._release(product, words, words, edition_written)
        return None

    def _release(self, product: Product, rest: list[str], version: list[str], edition_written: str) -> Recognised:
        which = edition(tokens(edition_written)) or edition(rest)
        if product.id == "windows":
            return self._windows(product, rest, which)
        named = _by_name(product, rest) or _by_name(product, version)
        if named:
            return _one_of(product, named, " ".join(rest))
        digits = next((one for words in (rest, version) for one in words if one[0].isdigit()), "")
        found = self.table.cycle(product.id, digits, which)
        if isinstance(found, Match):
            return Recognised(product, found)
        candidates = tuple(one for one in product.cycles if one.build and (digits + ".").startswith(one.build + "."))
        return Recognised(product, None, found.why, found.detail, candidates)

    def _windows(self, product: Product, words: list[str], which: str) -> Recognised:
        build = next((one for one in words if _BUILD.match(one)), "")
        number = next((WINDOWS_NUMBERS[one] for one in words if one in WINDOWS_NUMBERS), "")
        release = next((one for one in words if _RELEASE.match(one)), "") or next(
            (one for one in words if re.fullmatch(r"1[5-9]0[0-9]|1511|2004", one)), "")
        if not release and which.endswith("S"):
            release = next((LONG_TERM_YEARS[one] for one in words if one in LONG_TERM_YEARS), "")
        fitting = [one for one in product.cycles if not build or (build + ".").startswith(one.build + ".")]
        fitting = [one for one in fitting if not number or one.cycle.partition("-")[0] == number]
        fitting = [one for one in fitting if not release or one.cycle.split("-")[1:2] == [release]]
        if not (build or number or release):
            return Recognised(product, None, Why.VERSION, f"{product.title} without a version")
        if not fitting:
            return Recognised(product, None, Why.CYCLE, f"the table has no dates for {product.title} "
                              + " ".join(filter(None, (number, release, build))))
        if which:
            named = [one for one in fitting if which in product.editions.get(one.editions, ())]
            fitting = named + [one for one in fitting if not one.editions and one.build not in
                               {other.build for other in named}]
            if not fitting:
                return Recognised(product, None, Why.EDITION, f"the table has no dates for the edition {which} of it")
        return _one_of(product, fitting, " ".join(words))


def _by_name(product: Product, words: list[str]) -> list[Cycle]:
    """The releases whose name stands first in ``words``. A name without its service pack means any of them."""
    if not words:
        return []
    title = set(tokens(product.title))
    names = [(one, [part for part in tokens(re.sub("'[^']*'", "", name)) if part not in title])
             for one in product.cycles for name in dict.fromkeys((one.cycle, one.label)) if name]
    whole = [(len(parts), parts) for _, parts in names if parts and words[:len(parts)] == parts]
    if whole:
        best = max(whole)[1]
        return _once(one for one, parts in names
                     if parts == best or parts[:len(best) + 1] in ([*best, "sp"], [*best, "cu"]))
    for length in range(len(words), 0, -1):
        begun = _once(one for one, parts in names if parts[:length] == words[:length])
        if begun:
            return begun
    if words[0].isalpha() and len(words[0]) > 3:
        return [one for one in product.cycles if words[0] in tokens(one.label.partition("(")[2])]
    return []


def _once(cycles: Iterable[Cycle]) -> list[Cycle]:
    return list({one.cycle: one for one in cycles}.values())


def _one_of(product: Product, fitting: list[Cycle], text: str) -> Recognised:
    if len({one.periods for one in fitting}) == 1:
        return Recognised(product, Match(product, fitting[0]))
    builds = {one.build for one in fitting}
    names = ", ".join(one.name for one in fitting[:6])
    if len(builds) == 1 and any(one.editions for one in fitting):
        return Recognised(product, None, Why.EDITION,
                          f"{product.title} {text} ends on different days by edition ({names})", tuple(fitting))
    return Recognised(product, None, Why.VERSION,
                      f"{product.title} {text} may be any of several releases ({names})", tuple(fitting))


def _free_end(cycle: Cycle) -> date | None:
    period = latest(cycle.periods, FREE)
    return period.ends if period is not None and period.end is End.DATED else None

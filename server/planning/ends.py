"""When an asset's support ends, by whose word, and what must be asked where that is not known.

The earliest counts of: the end of support every user gets (later, where its maker granted more and that is proven),
the end of its certification, an end the office declared, and its expected life.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import msgspec

from policies.equipment import Equipment, Model, shipped
from policies.lifecycle import FREE, End, Kind, Match, Table, Why, latest
from server.planning.entry import Entry
from server.planning.guesses import EQUIPMENT, MOST, Guesser, of_cycle
from server.planning.kinds import voting
from server.planning.matching import Matcher, Recognised
from server.planning.model import Asset, EndOfLife, Source, Unmatched


class Judged(msgspec.Struct, frozen=True):
    """An entry with its end, what must be asked about it, and what it was recognised as ("" for nothing)."""

    entry: Entry
    unmatched: Unmatched | None
    title: str = ""


class Resolved(msgspec.Struct, frozen=True):
    """Entries judged: each with its end, what must be asked, and what each was recognised as, by asset id."""

    entries: tuple[Entry, ...]
    unmatched: tuple[Unmatched, ...]
    titles: dict[str, str]

    @property
    def assets(self) -> tuple[Asset, ...]:
        return tuple(one.asset for one in self.entries)


def resolve(entries: Iterable[Entry], table: Table, today: date, *, equipment: Equipment | None = None) -> Resolved:
    """Judge stored entries again, as after a newer table or a choice written to ``Entry.product``."""
    judge = Judge(table, equipment or shipped(), today)
    judged = [judge.judge(one) for one in entries]
    return Resolved(tuple(one.entry for one in judged), tuple(one.unmatched for one in judged if one.unmatched),
                    {one.entry.asset.id: one.title for one in judged if one.title})


class Judge:
    """Judges entries against the tables, as of one day."""

    def __init__(self, table: Table, equipment: Equipment, today: date) -> None:
        self.table = table
        self.equipment = equipment
        self.today = today
        self.matcher = Matcher(table)

    @property
    def guesser(self) -> Guesser:
        return _guesser(self.table, self.equipment)

    def judge(self, entry: Entry) -> Judged:
        """Fill ``ends``, and say what is to be asked."""
        asset = entry.asset
        exact = self.matcher.exact(entry.product) if entry.product else None
        known = Recognised(exact.product, exact) if exact else self.matcher.find(
            asset.make, asset.model, asset.version, entry.edition)
        model = self._model(entry)
        ends = self._ends(entry, known, model)
        first = min(ends, key=lambda one: (one.day, one.rule), default=None)
        judged = msgspec.structs.replace(entry, asset=msgspec.structs.replace(
            asset, ends=first, final=min(filter(None, (entry.certified_until, entry.end_of_life)), default=None)))
        title = known.match.title if known and known.match else f"{asset.make} {model.name}".strip() if model else ""
        return Judged(judged, self._unmatched(entry, known, model, first), title)

    def knows(self, product: str) -> bool:
        """Whether what was written under ``product`` is in a table."""
        return self.matcher.exact(product) is not None or self._by_id(product) is not None

    def _by_id(self, product: str) -> Model | None:
        wanted = product.removeprefix(f"{EQUIPMENT}/") if product.startswith(f"{EQUIPMENT}/") else ""
        return next((one for one in self.equipment.content.models if one.id == wanted), None)

    def _model(self, entry: Entry) -> Model | None:
        asset = entry.asset
        return self._by_id(entry.product) or (self.equipment.model(asset.make, asset.model) if asset.model else None)

    def _ends(self, entry: Entry, known: Recognised | None, model: Model | None) -> list[EndOfLife]:
        found = []
        support = self._support(known)
        if entry.extended_until and entry.evidence and (support is None or support.day < entry.extended_until):
            support = EndOfLife(entry.extended_until, "extension", Source(entry.evidence))
        if support:
            found.append(support)
        if entry.certified_until:
            found.append(EndOfLife(entry.certified_until, "certification",
                                   Source(entry.certification or entry.evidence)))
        if entry.end_of_life:
            found.append(EndOfLife(entry.end_of_life, "declared", Source(entry.evidence)))
        if entry.asset.purchased:
            made = self.equipment.made(entry.asset.make) if entry.asset.make else None
            life = self.equipment.life(entry.asset.kind, voting=model is not None or made is not None
                                       or voting(entry.asset.kind))
            if life:
                source = self.equipment.content.sources[life.source]
                found.append(EndOfLife(_years_after(entry.asset.purchased, life.years), life.rule,
                                       Source(source.name, source.looked_up)))
        return found

    def _support(self, known: Recognised | None) -> EndOfLife | None:
        if known is None:
            return None
        read = self.table.content.sources[known.product.source].looked_up
        source = Source(known.product.source, read)
        if known.match is None:
            by = known.settled
            return EndOfLife(by, "support", source) if by and by < self.today else None
        period = latest(known.match.cycle.periods, FREE)
        if period is None or period.end is End.OPEN:
            return None
        rule = "lts" if period.kind is Kind.LTS else "support"
        return EndOfLife(period.ends or read, rule, source)

    def _unmatched(self, entry: Entry, known: Recognised | None, model: Model | None,
                   ends: EndOfLife | None) -> Unmatched | None:
        asset = entry.asset
        if not entry.counted:
            return Unmatched(asset.id, "quantity", "how many there are is not known")
        if ends is not None and ends.rule == "declared":
            return None
        if known is not None:
            return None if _dated(known.match) else self._of_product(asset.id, known)
        if model is not None:
            return None if ends else Unmatched(asset.id, "dates", "no source gives the end of its support")
        name = " ".join(filter(None, (asset.make, asset.model, asset.version)))
        if not asset.model and not asset.version:
            return Unmatched(asset.id, "product", "it has neither model nor version")
        return Unmatched(asset.id, "product", f"no table knows {name}",
                         self.guesser.nearest(asset.make, asset.model, asset.version))

    def _of_product(self, asset: str, known: Recognised) -> Unmatched:
        if known.match is not None:
            return Unmatched(asset, "dates", f"no source gives the end of support of {known.match.title}")
        guesses = tuple(of_cycle(known.product, one) for one in known.candidates[:MOST])
        if not guesses and known.why in (Why.VERSION, Why.CYCLE):
            guesses = tuple(of_cycle(known.product, one) for one in known.product.cycles[:MOST])
        return Unmatched(asset, (known.why or Why.PRODUCT).value, known.detail, guesses)


@lru_cache(maxsize=4)
def _guesser(table: Table, equipment: Equipment) -> Guesser:
    return Guesser(table, equipment)


def _years_after(day: date, years: int) -> date:
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + years, day=last)


def _dated(match: Match | None) -> bool:
    """Whether the table says how a release stands; an end that was not announced yet is an answer too."""
    return match is not None and latest(match.cycle.periods, FREE) is not None

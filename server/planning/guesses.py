"""What an unrecognised line of an inventory may be: the nearest names of the tables, the likeliest first."""

from __future__ import annotations

from collections import Counter
from datetime import date
from difflib import SequenceMatcher

from policies.equipment import Equipment
from policies.lifecycle import FREE, Cycle, Match, Product, Table, latest
from server.planning.matching import tokens
from server.planning.model import Guess
from server.planning.product_names import EDITION_CLASSES

MOST = 5
_LEAST = 0.55
_WORD = 2
"""Letters that make a word; fewer are an initial or a version."""
_SAME_WORD = 0.75
_TRIED = 30
"""So many of the names with the most letter groups in common are compared letter by letter."""
_KEPT = 10_000
"""Names whose guesses are kept: inventories repeat themselves."""
EQUIPMENT = "equipment"
"""The ``product`` of a guess that is a model of the equipment table; its ``cycle`` is the model's id."""


def of_cycle(product: Product, cycle: Cycle, likeness: float = 1.0) -> Guess:
    period = latest(cycle.periods, FREE)
    title = Match(product, cycle).title
    if cycle.editions in EDITION_CLASSES:
        title = f"{title.removesuffix(f' ({cycle.editions[0].upper()})')} ({EDITION_CLASSES[cycle.editions]})"
    return Guess(product.id, cycle.cycle, title, likeness, period.ends if period else None)


class Guesser:
    """Names of products, releases and models by their letter groups of three."""

    def __init__(self, table: Table, equipment: Equipment) -> None:
        self._guesses: list[Guess] = []
        for product in table.products:
            self._guesses += [of_cycle(product, one) for one in product.cycles]
            if not product.cycles:
                self._guesses.append(Guess(product.id, "", product.title, 1.0))
        self._texts = [" ".join(tokens(one.title)) for one in self._guesses]
        for model in equipment.content.models:
            vendor = equipment.vendors[model.vendor]
            for name in dict.fromkeys((vendor.name, vendor.names[0], "")):
                self._guesses.append(Guess(EQUIPMENT, model.id, f"{vendor.name} {model.name}", 1.0))
                self._texts.append(" ".join(tokens(f"{name} {model.name}")))
        self._sizes: list[int] = []
        self._where: dict[str, list[int]] = {}
        for at, text in enumerate(self._texts):
            groups = _groups(text)
            self._sizes.append(len(groups))
            for group in groups:
                self._where.setdefault(group, []).append(at)
        self._seen: dict[str, tuple[Guess, ...]] = {}

    def nearest(self, *parts: str) -> tuple[Guess, ...]:
        """At most ``MOST`` guesses for a name, with their likeness from 0 to 1. The same name, the same guesses."""
        text = " ".join(tokens(" ".join(parts)))[:120]
        if text not in self._seen:
            if len(self._seen) >= _KEPT:
                self._seen.clear()
            self._seen[text] = self._nearest(text)
        return self._seen[text]

    def _nearest(self, text: str) -> tuple[Guess, ...]:
        groups = _groups(text)
        shared = Counter(at for group in groups for at in self._where.get(group, ()))
        ranked = sorted(shared, key=lambda at: (-2 * shared[at] / (self._sizes[at] + len(groups)), at))[:_TRIED]
        compared: dict[tuple[str, str], Guess] = {}
        for at in ranked:
            likeness = round(SequenceMatcher(None, text, self._texts[at], autojunk=False).ratio(), 2)
            one = self._guesses[at]
            known = compared.get((one.product, one.cycle))
            better = likeness >= _LEAST and (known is None or known.likeness < likeness)
            if better and _share_a_word(text, self._texts[at]):
                compared[one.product, one.cycle] = Guess(one.product, one.cycle, one.title, likeness, one.ends)
        return tuple(sorted(compared.values(), key=lambda one: (-one.likeness, -(one.ends or date.min).toordinal(),
                                                                one.title))[:MOST])


def _share_a_word(one: str, other: str) -> bool:
    """Whether a word of each names the same thing, a slip of the pen or two aside; numbers alone name nothing."""
    words = [word for word in other.split() if sum(map(str.isalpha, word)) >= _WORD]
    return any(SequenceMatcher(None, word, each, autojunk=False).ratio() >= _SAME_WORD
               for word in one.split() if sum(map(str.isalpha, word)) >= _WORD for each in words)


def _groups(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at:at + 3] for at in range(len(padded) - 2)}

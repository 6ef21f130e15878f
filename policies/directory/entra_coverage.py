"""Do several boxes together cover a whole space? An exact answer, and where they do not, a place they leave open.

A space has dimensions with finitely many values, a bit each. A box allows some values of some dimensions and any of
the others. Covering is decided by splitting a dimension into the values that the boxes do not tell apart, and of
those only the ones that fewest boxes allow; what is covered there is covered everywhere. Both answers are monotone in
the set of boxes, so each serves every larger or smaller set of them: thousands of accounts cost a few searches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Cell = dict[int, int]
"""A part of a space: by dimension the bits of its values. A dimension that is not named is whole."""
LIMIT = 50_000
"""Steps of one search. Sets of policies that need more are left undecided."""

SEARCHES = 400
"""Sets of policies whose own widest hole is looked for. After them a hole that is known already will do."""


class Box(NamedTuple):
    """Where one policy demands something. A policy may have several."""

    policy: int
    """Its bit; 0 for what there is nothing of: such a box need not be covered, and belongs to every set."""
    allows: Mapping[int, int]


class TooMany(Exception):
    """The search was given up after ``LIMIT`` steps."""


class Hole(NamedTuple):
    """A place that is left open, as wide as it gets."""

    cell: Cell
    touched: int
    """The bits of all policies that reach into it: the hole stands for every set without them."""


class Coverage:
    """Boxes of many policies in one space; asked for sets of policies, as bits."""

    def __init__(self, space: Mapping[int, int], boxes: Iterable[Box]) -> None:
        self._space = dict(space)
        self._boxes: list[Box] = []
        for policy, allows in boxes:
            cut = {dimension: bits & self._space[dimension] for dimension, bits in allows.items()}
            if all(cut.values()):
                self._boxes.append(Box(policy, {dimension: bits for dimension, bits in cut.items()
                                                if bits != self._space[dimension]}))
        self.useful = 0
        """The policies that demand something somewhere in the space."""
        for box in self._boxes:
            self.useful |= box.policy
        self._covers: list[int] = []
        self._holes: list[Hole] = []
        self._known: dict[int, int | Hole] = {}
        self._steps = 0
        self._searches = 0

    def decide(self, policies: int) -> int | Hole:
        """The bits of some of ``policies`` that together cover the space, or a hole. Raises ``TooMany``."""
        policies &= self.useful
        found = self._known.get(policies)
        if found is None:
            found = next((one for one in self._covers if one & policies == one), None)
            if found is None and self._searches >= SEARCHES:
                found = next((one for one in self._holes if not one.touched & policies), None)
            if found is None:
                self._searches += 1
                found = self._search(policies)
            self._known[policies] = found
        return found

    def point(self, cell: Mapping[int, int]) -> Cell | None:
        """The most ordinary point of a cell, by its first values, where there is something; None for a cell that is
        outside the space."""
        inside = {dimension: bits & cell.get(dimension, bits) for dimension, bits in self._space.items()}
        if not all(inside.values()):
            return None
        point = {dimension: bits & -bits for dimension, bits in inside.items()}
        for nothing in [allows for policy, allows in self._boxes if not policy]:
            if all(bits & point[dimension] for dimension, bits in nothing.items()):
                other = {dimension: inside[dimension] & ~bits for dimension, bits in nothing.items()}
                dimension = max((one for one, bits in other.items() if bits), default=None)
                if dimension is not None:
                    point[dimension] = other[dimension] & -other[dimension]
        return point

    def holds(self, policies: int, point: Mapping[int, int]) -> bool:
        """Whether one of these policies demands it at a point, or there is nothing at it."""
        return any(all(bits & point[dimension] for dimension, bits in allows.items())
                   for policy, allows in self._boxes if policy & policies or not policy)

    def _search(self, policies: int) -> int | Hole:
        self._steps = 0
        active = [(policy, dict(allows)) for policy, allows in self._boxes if policy & policies or not policy]
        used: set[int] = set()
        cell = self._open({}, active, used)
        if cell is None:
            cover = 0
            for policy in used:
                cover |= policy
            self._covers.append(cover)
            return cover
        hole = self._widened(cell, [allows for policy, allows in self._boxes if policy & policies])
        self._holes.append(hole)
        self._holes.sort(key=lambda one: len(one.cell))
        return hole

    def _open(self, cell: Cell, boxes: list[tuple[int, dict[int, int]]], used: set[int]) -> Cell | None:
        self._steps += 1
        if self._steps > LIMIT:
            raise TooMany
        whole = next((policy for policy, allows in boxes if not allows), None)
        if whole is not None:
            used.add(whole)
            return None
        if not boxes:
            return cell
        restricts = Counter(dimension for _, allows in boxes for dimension in allows)
        dimension = min(restricts, key=lambda one: (-restricts[one], one))
        for values, who in self._classes(dimension, boxes):
            left = [(policy, {key: bits for key, bits in allows.items() if key != dimension})
                    for number, (policy, allows) in enumerate(boxes) if who >> number & 1]
            found = self._open(cell | {dimension: values}, left, used)
            if found is not None:
                return found
        return None

    def _classes(self, dimension: int, boxes: list[tuple[int, dict[int, int]]]) -> list[tuple[int, int]]:
        """Values that no box tells apart, each with the boxes that allow them: the poorest only."""
        classes = [(self._space[dimension], 0)]
        free = 0
        for number, (_, allows) in enumerate(boxes):
            if dimension not in allows:
                free |= 1 << number
                continue
            bits = allows[dimension]
            classes = [part for values, who in classes
                       for part in ((values & bits, who | 1 << number), (values & ~bits, who)) if part[0]]
        poorest = [(values, who | free) for values, who in classes
                   if not any(other & who == other and other != who for _, other in classes)]
        return sorted(poorest, key=lambda one: (one[1].bit_count(), one[0]))

    def _widened(self, cell: Cell, boxes: list[Mapping[int, int]]) -> Hole:
        wide = dict(cell)
        for dimension in sorted(cell, reverse=True):
            rest = {key: bits for key, bits in wide.items() if key != dimension}
            taken = 0
            for allows in boxes:
                if self._meet(rest, allows):
                    taken |= allows.get(dimension, self._space[dimension])
            wide[dimension] = self._space[dimension] & ~taken
            if wide[dimension] == self._space[dimension]:
                del wide[dimension]
        touched = 0
        for policy, allows in self._boxes:
            if policy and self._meet(wide, allows):
                touched |= policy
        return Hole(wide, touched)

    @staticmethod
    def _meet(cell: Cell, allows: Mapping[int, int]) -> bool:
        return all(bits & allows[dimension] for dimension, bits in cell.items() if dimension in allows)

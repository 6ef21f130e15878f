"""What the navigation offers a person: each page's module says what it adds, as ``ENTRIES``."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from server.access.rules import Rule, permits
from server.store.sessions import Session


class Place(StrEnum):
    """Where an entry stands."""

    MAIN = "main"
    """In the header of every page."""
    OFFICE = "office"
    """On the page of the office's own affairs, with a sentence about it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A link to a page. Texts are marked with ``N_`` where they are written."""

    name: str
    """What the page calls itself (``here``)."""
    path: str
    """After the language."""
    text: str
    rule: Rule
    """The page's own: who may not open it is not shown it."""
    order: int
    place: Place = Place.MAIN
    about: str = ""
    """Of an entry of the office's page: one sentence."""


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of every module of pages, in order."""
    from server import pages

    found: list[Entry] = []
    for module in pkgutil.iter_modules(pages.__path__):
        found.extend(getattr(importlib.import_module(f"server.pages.{module.name}"), "ENTRIES", []))
    return tuple(sorted(found, key=lambda one: (one.order, one.name)))


def offered(session: Session, place: str) -> list[Entry]:
    """What a person is offered in a place."""
    return [one for one in entries() if one.place == place and permits(one.rule, session)]

"""The kinds of events that people may be told of: a module a kind or a few, each with ``KINDS``."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from server.notices.kind import Kind


@cache
def every() -> Mapping[str, Kind]:
    """All kinds by name, in the order in which they are shown. Raises ``ValueError`` for two of one name."""
    found: dict[str, Kind] = {}
    kinds = [kind for module in pkgutil.iter_modules(__path__)
             for kind in import_module(f"{__name__}.{module.name}").KINDS]
    for kind in sorted(kinds, key=lambda one: (one.order, one.name)):
        if kind.name in found:
            raise ValueError(f"two kinds of events are called {kind.name}")
        found[kind.name] = kind
    return MappingProxyType(found)

"""Finding collectors: every module of this package that exposes ``COLLECTOR`` is one."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import collectors
from collectors.base import Collector
from collectors.host.protocol import Platform

_NOT_COLLECTORS = frozenset({"base", "discovery", "isolate", "worker", "host"})


def discover(platform: Platform | None = None) -> list[Collector]:
    """The collectors (of one platform, or all) in the order of their names.

    Raises ``ValueError`` if two share a name or a module's name is not its collector's.
    """
    found: dict[str, Collector] = {}
    for module in iter_modules(collectors.__path__):
        if module.name in _NOT_COLLECTORS or module.name.startswith("_") or not _names_one(module.name):
            continue
        collector = getattr(import_module(f"collectors.{module.name}"), "COLLECTOR", None)
        if collector is None:
            continue
        if collector.name != module.name:
            raise ValueError(f"collectors/{module.name}.py calls its collector {collector.name!r}")
        if platform is None or platform in collector.platforms:
            found[collector.name] = collector
    return [found[name] for name in sorted(found)]


def _names_one(name: str) -> bool:
    """Whether a module's text has a ``COLLECTOR``: doors and readers, which have none, are not loaded to find out."""
    for place in collectors.__path__:
        source = Path(place, f"{name}.py")
        if source.is_file():
            return b"\nCOLLECTOR" in source.read_bytes()
    return True

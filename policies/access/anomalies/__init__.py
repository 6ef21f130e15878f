"""Faults beyond single rights, by the rows of the catalogue (``LPR-…``, ``IAM-…``).

Each module of this package exposes ``RULES``: ``Rule`` values, found by discovery. A rule looks at a ``Context``
and yields what is wrong (``Anomaly``) or what could not be decided (``Unread``); it yields nothing about a row
that the model does not ask about.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from policies.access.anomalies._context import Context, Roster, Rule
from policies.access.rows import Anomaly, Unread

__all__ = ["Context", "Roster", "Rule", "find", "rules"]


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of every module, in order of catalogue row."""
    names = sorted(one.name for one in iter_modules(__path__) if not one.name.startswith("_"))
    found = [rule for name in names for rule in import_module(f"{__name__}.{name}").RULES]
    return tuple(sorted(found, key=lambda rule: rule.catalogue))


def find(context: Context) -> tuple[tuple[Anomaly, ...], tuple[Unread, ...]]:
    """Everything that the rules of this engine find, each thing once, in order."""
    faults: dict[Anomaly, None] = {}
    unread: dict[Unread, None] = {}
    for rule in rules():
        if context.state.engine in rule.engines:
            for one in rule.look(context):
                if isinstance(one, Anomaly):
                    faults[one] = None
                else:
                    unread[one] = None
    return tuple(sorted(faults, key=_order)), tuple(sorted(unread, key=lambda one: (one.catalogue, one.reason)))


def _order(one: Anomaly) -> tuple[str, str, str, str]:
    return one.catalogue, one.object or "", one.account or "", one.actual

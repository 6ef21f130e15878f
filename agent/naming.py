"""What names become when a report leaves this machine: themselves where their office says so, else pseudonyms."""

from __future__ import annotations

from pathlib import Path

from hustings.declared import Declared
from hustings.errors import ConfigError
from hustings.facts import Facts, Names

SHARED = ("registration.shared_names", "directory.shared_names")
"""The facts that say which kinds of name of one database or tenant may leave."""


def names(facts: Facts, declared: Declared) -> tuple[Names | None, tuple[str, ...]]:
    """What stands for names, and what hinders it in plain words.

    None where no fact here needs it. A key that cannot be used costs the records, never the report: they are
    counted instead, and the report says why.
    """
    if not (declared.tenants or declared.roster or any(one.access_model for one in declared.databases)):
        return None, ()
    from hustings import pseudonyms

    trouble: tuple[str, ...] = ()
    key = None
    try:
        key = pseudonyms.load(Path(declared.office_key))
    except ConfigError as error:
        trouble = (f"office key: {error.what}",)
    shared: dict[str | None, frozenset[str]] = {}
    for name, seen in facts.items():
        fact, _, subject = name.partition("@")
        if fact in SHARED and seen.listing is not None:
            said = frozenset(seen.listing.items)
            shared[subject or None] = shared.get(subject or None, said) & said
    return pseudonyms.Pseudonyms(key, shared), trouble

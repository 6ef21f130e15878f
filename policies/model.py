"""What a check, a pack and their tables are, once loaded."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from hustings.verdicts import Severity, Verdict

Condition: TypeAlias = dict[str, Any]
"""A structured condition, as written; ``policies.conditions`` says which shapes are legal."""

LANGUAGES = ("en", "fr")
DEFAULT_MAX_AGE = "26h"
CHECK_LIMIT = 5_000
PACK_LIMIT = 16 << 20
TABLE_LIMIT = 16 << 20
DEPTH_LIMIT = 8


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages of the product."""

    en: str
    fr: str

    def say(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A threshold an office may change, and that tightens by itself as a voting day comes near.

    ``from_T`` maps days before the next voting day to the value that holds from then on.
    """

    default: Any
    meaning: Text
    from_T: dict[str, Any] = {}  # noqa: N815 - the field's name in the policy language


class Fix(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How to repair it on one platform."""

    platform: str
    text: Text
    command: str = ""
    effort: str = "S"
    """``S`` minutes, ``M`` hours, ``L`` days."""
    reboot: bool = False
    freeze_safe: bool = True
    """Whether it may be done inside a freeze window before a voting day."""


class References(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the control comes from: CIS Controls 8.1, NIST CSF 2.0, CISA CPG 2.0, our founding texts."""

    cis: tuple[str, ...] = ()
    csf: tuple[str, ...] = ()
    cpg: tuple[str, ...] = ()
    paris: tuple[str, ...] = ()


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A state of the facts and the verdict it must get; run as a test."""

    name: str
    facts: dict[str, Any]
    verdict: Verdict
    now: str = "2026-11-22T00:00:00Z"
    parameters: dict[str, Any] = {}
    voting_day: str = ""
    declared: dict[str, tuple[str, ...]] = {}
    as_of: dict[str, str] = {}


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One check. ``id`` is its path in the library, never written in the file."""

    title: Text
    catalogue: str
    severity: Severity
    require: Condition
    plain: Text
    why: Text
    fix: tuple[Fix, ...]
    examples: tuple[Example, ...]
    references: References
    id: str = ""
    scope: str = "machine"
    roles: tuple[str, ...] = ()
    applies: Condition | None = None
    each: str = ""
    unknown_when: Condition | None = None
    on_missing: str = "unknown"
    max_age: str = DEFAULT_MAX_AGE
    stop: bool = False
    """A stop condition: while it fails, the grade is F whatever else passes."""
    parameters: dict[str, Parameter] = {}

    @property
    def area(self) -> str:
        return self.id.partition("/")[0]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the control catalogue: the graded item."""

    id: str
    severity: Severity
    roles: tuple[str, ...]
    evidence: str


class Pack(msgspec.Struct, frozen=True):
    """Checks and dated tables, compiled. ``digest`` covers everything but itself."""

    id: str
    version: str
    checks: tuple[Check, ...]
    rows: tuple[Row, ...]
    tables: dict[str, Any]
    digest: str = ""

    def check(self, name: str) -> Check | None:
        return next((one for one in self.checks if one.id == name), None)

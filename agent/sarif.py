"""An audit as SARIF 2.1.0 (OASIS), for tools that gather findings."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.audit import Audit
from hustings import sarif
from hustings.verdicts import Result


def encode(audit: Audit) -> str:
    """One run with every check as a rule and every verdict as a result."""
    document = sarif.log(
        (sarif.rule(one.id, one.title.en, one.why.en, one.catalogue)
         for one in audit.pack.checks if one.scope == "machine"),
        (_result(one, audit) for one in audit.results))
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _result(one: Result, audit: Audit) -> dict[str, Any]:
    said = one.actual or one.reason or one.verdict
    return sarif.result(one.check, one.verdict, one.severity, f"expected: {one.expected}; found: {said}", audit.host,
                        {"reason": one.reason})

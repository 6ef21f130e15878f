"""An audit as SARIF 2.1.0 (OASIS), for tools that gather findings."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.audit import Audit
from hustings import __version__
from hustings.verdicts import Result, Severity, Verdict

_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_KINDS = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.UNKNOWN: "open", Verdict.NOT_APPLICABLE: "notApplicable"}


def encode(audit: Audit) -> str:
    """One run with every check as a rule and every verdict as a result (SARIF, section 3.27.9: ``kind``)."""
    document = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "hustings", "version": __version__,
                "rules": [{"id": one.id, "shortDescription": {"text": one.title.en},
                           "fullDescription": {"text": one.why.en}, "properties": {"catalogue": one.catalogue}}
                          for one in audit.pack.checks if one.scope == "machine"],
            }},
            "results": [_result(one, audit) for one in audit.results],
        }],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _result(result: Result, audit: Audit) -> dict[str, Any]:
    said = result.actual or result.reason or result.verdict
    return {
        "ruleId": result.check,
        "kind": _KINDS[result.verdict],
        "level": _LEVELS[result.severity] if result.verdict is Verdict.FAIL else "none",
        "message": {"text": f"expected: {result.expected}; found: {said}"},
        "locations": [{"logicalLocations": [{"name": audit.host, "kind": "machine"}]}],
        "properties": {"severity": result.severity, "reason": result.reason},
    }

"""Verdicts as SARIF 2.1.0 (OASIS, errata 01), for tools that gather findings: what agent and server write alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hustings import __version__
from hustings.verdicts import Severity, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_KINDS = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.UNKNOWN: "open", Verdict.NOT_APPLICABLE: "notApplicable"}


def log(rules: Iterable[dict[str, Any]], results: Iterable[dict[str, Any]],
        properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A log with one run. ``properties`` are of the run."""
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "hustings", "version": __version__, "rules": list(rules)}},
        "results": list(results)}
    if properties:
        run["properties"] = dict(properties)
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def rule(check: str, title: str, why: str, catalogue: str) -> dict[str, Any]:
    """A check as a rule (section 3.49, ``reportingDescriptor``)."""
    return {"id": check, "shortDescription": {"text": title}, "fullDescription": {"text": why},
            "properties": {"catalogue": catalogue}}


def result(check: str, verdict: Verdict, severity: Severity, text: str, host: str,
           properties: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict as a result (section 3.27.9: an unknown is ``open``, never ``pass``)."""
    return {
        "ruleId": check,
        "kind": _KINDS[verdict],
        "level": _LEVELS[severity] if verdict is Verdict.FAIL else "none",
        "message": {"text": text},
        "locations": [{"logicalLocations": [{"name": host, "kind": "machine"}]}],
        "properties": {"severity": severity.value, **properties},
    }

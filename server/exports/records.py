"""The records that exports are made of. Their fields are the columns of the CSV and the members of the JSON.

A record that was shared may lack fields: what is not shared is left out of JSON, and empty in CSV.
"""

from __future__ import annotations

import msgspec

from hustings.times import Moment

FINDINGS_SCHEMA = "hustings.findings/1"
RESULTS_SCHEMA = "hustings.results/1"


class Reply(msgspec.Struct, frozen=True):
    """What the office or a named vendor says about a finding: the right of reply."""

    at: Moment
    party: str
    """office or vendor."""
    name: str
    organisation: str
    text: str


class FindingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A failing check on one machine, or of the office as a whole."""

    number: int
    machine: str
    """The id of the machine; empty for the office as a whole."""
    name: str
    """Its name, or its pseudonym for who may not know it."""
    site: str
    responsible: str
    """us, vendor, state or county; empty where the inventory does not say."""
    check: str
    title_en: str
    title_fr: str
    row: str
    """The row of the catalogue."""
    severity: str
    state: str
    """open, acknowledged, excepted (accepted for a while, and still a failure) or resolved (a later report passed)."""
    verdict: str
    """What is known now: fail; unknown where nobody can see it any more; pass once it is resolved."""
    expected: str
    actual: str
    """What was found, as the machine says it. What stays on the machine reads as withheld."""
    reason: str
    """Of an unknown: why."""
    first_failed: Moment
    opened: Moment
    episode: int
    """2 or more: it came back."""
    resolved: Moment | None
    due: Moment
    overdue: bool
    owner: str
    false_alarm: str
    """claimed, accepted or rejected; empty where nobody says so. It changes nothing of what was measured."""
    exception: int | None
    """The number of the exception that accepts it for now."""
    exception_reason: str
    exception_until: str
    """The last day of the exception."""
    statements: list[Reply]


class ResultRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One check on one machine, as its last report reads now."""

    machine: str
    name: str
    site: str
    check: str
    title_en: str
    title_fr: str
    row: str
    severity: str
    verdict: str
    """pass, fail, unknown or not_applicable. What could not be learnt is unknown, never a pass."""
    expected: str
    actual: str
    reason: str
    received: Moment | None
    """When the report arrived."""
    valid_until: Moment | None
    attested: bool
    """Rests on facts that stay on the machine: the agent's word, which nobody else can recompute."""


class FindingsFile(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one office."""

    schema: str
    office: str
    made: Moment
    marking: str
    """How the recipient must handle it; empty where nothing was said."""
    pack: str
    """The digest of the policy pack that this server reads with."""
    findings: list[FindingRecord]


class ResultsFile(msgspec.Struct, frozen=True, kw_only=True):
    """Results of one office."""

    schema: str
    office: str
    made: Moment
    marking: str
    pack: str
    results: list[ResultRecord]

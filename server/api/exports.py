"""All findings, or all results, as one file: CSV, JSON of a published schema, or SARIF 2.1.0.

Every download is written into the office's trail.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from server import scorecard as scorecard_rules
from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import File, read
from server.exports import gathering, writing
from server.exports.records import FindingRecord, ResultRecord
from server.problems import Refused
from server.reviewers.handing_out import hand_out
from server.scorecard import Scorecard
from server.store import audit
from server.store.people import Role

MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json", "sarif": "application/sarif+json"}
_RULE = rules.api("export", reviewing=Reviewing.SCOPED)


class ExportAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which form."""

    format: Literal["csv", "json", "sarif"] = "json"


class SharedAsked(ExportAsked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which form, and for whom."""

    profile: int | None = None
    """A sharing profile of the office: the file holds what it gives and carries its marking, and the disclosure is
    written down. Without one: everything."""


@read("/v1/exports/findings", _RULE)
def findings(call: Call, asked: SharedAsked) -> File:
    """Every finding, resolved ones and every statement about them too; through a sharing profile those that are not
    resolved."""
    engaged = call.session.engagement
    card = call.card()
    if asked.profile is not None:
        return _shared(call, asked.profile, asked.format, card)
    machines = scorecard_rules.everyone(card.office, call.pack, call.now)
    with call.database.read(call.tenant) as connection:
        found = gathering.findings(connection, call.tenant, machines, card.together, gathering.everything(engaged),
                                   call.now)
    return _file(call, "findings", asked.format, writing.plain(found), writing.columns(FindingRecord))


@read("/v1/exports/results", _RULE)
def results(call: Call, asked: ExportAsked) -> File:
    """Every result of every machine, as it reads now."""
    machines = scorecard_rules.everyone(call.office(), call.pack, call.now)
    with call.database.read(call.tenant) as connection:
        found = gathering.results(connection, call.tenant, machines, call.pack, call.session.engagement)
    return _file(call, "results", asked.format, writing.plain(found), writing.columns(ResultRecord))


def _shared(call: Call, profile: int, form: str, card: Scorecard) -> File:
    if call.session.role is Role.REVIEWER:  # what others are given is not theirs to give
        raise Refused("not_found")
    made = hand_out(call.database, call.tenant, profile, form, card, call.pack, by=call.actor.by, now=call.now)
    if made is None:
        raise Refused("not_found")
    name, content = made
    return File(content, MEDIA[form], name)


def _file(call: Call, of: str, form: str, rows: list[dict[str, object]], names: tuple[str, ...]) -> File:
    office = call.office().name
    if form == "csv":
        content = writing.as_csv(rows, names)
    elif form == "json":
        content = writing.as_json(rows, of, office, call.pack.digest, call.now)
    elif form == "sarif":
        content = writing.as_sarif(rows, call.pack, office, call.now)
    else:
        raise Refused("bad_request", "format: csv, json or sarif")
    if call.session.engagement is None:  # what a reviewer downloads is written down around every answer
        with call.database.write(call.tenant) as connection:
            audit.record(connection, call.tenant, call.now, call.actor.by, "export.download", of,
                         {"format": form, "rows": len(rows), "scope": "export"})
    return File(content, MEDIA[form], f"{of}.{form}")


ROUTES = [findings, results]

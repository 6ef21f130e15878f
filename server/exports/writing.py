"""Records as CSV, JSON and SARIF. Pure: records in, bytes out, the same for the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hustings import sarif
from hustings.times import utc_text
from hustings.verdicts import Severity, Verdict
from policies.model import Pack
from server.exports.records import (
    FINDINGS_SCHEMA,
    RESULTS_SCHEMA,
    FindingRecord,
    FindingsFile,
    ResultRecord,
    ResultsFile,
)
from server.planning.csv_text import cell

Row = Mapping[str, Any]


def plain(records: Iterable[FindingRecord | ResultRecord]) -> list[dict[str, Any]]:
    """Records as rows of plain values, with the same names and in the same order."""
    return [msgspec.to_builtins(one) for one in records]


def columns(kind: type[FindingRecord] | type[ResultRecord]) -> tuple[str, ...]:
    """The names of the columns."""
    return kind.__struct_fields__


def as_csv(rows: Iterable[Row], names: Sequence[str], marking: str = "") -> bytes:
    """RFC 4180 in UTF-8 with a mark, as spreadsheets expect it; no cell is run as a formula.

    A ``marking`` stands in a column of its own in every row, so that it stays with each wherever it is copied to.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*names, *(["marking"] if marking else [])])
    for row in rows:
        writer.writerow([*(cell(_text(row.get(name))) for name in names), *([cell(marking)] if marking else [])])
    return out.getvalue().encode("utf-8-sig")


def as_json(rows: Sequence[Row], of: str, office: str, pack: str, now: datetime, marking: str = "") -> bytes:
    """A file of the published schema (``hustings.findings/1`` or ``hustings.results/1``). ``of`` is ``findings`` or
    ``results``."""
    schema = FINDINGS_SCHEMA if of == "findings" else RESULTS_SCHEMA
    made = {"schema": schema, "office": office, "made": utc_text(now), "marking": marking, "pack": pack, of: list(rows)}
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def as_sarif(rows: Iterable[Row], pack: Pack, office: str, now: datetime, marking: str = "") -> bytes:
    """SARIF 2.1.0: every check that a row names is a rule, every row a result. An exception is a suppression
    (section 3.35): the result stays a failure."""
    every = list(rows)
    wanted = sorted({str(row["check"]) for row in every if row.get("check")})
    rules = []
    for name in wanted:
        check = pack.check(name)
        rules.append(sarif.rule(name, check.title.en if check else name, check.why.en if check else name,
                                check.catalogue if check else ""))
    document = sarif.log(rules, (_result(row) for row in every),
                         {"office": office, "made": utc_text(now), "marking": marking, "pack": pack.digest})
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def schema(kind: type[FindingsFile] | type[ResultsFile], name: str) -> bytes:
    """The published JSON Schema of a file."""
    made = msgspec.json.schema(kind)
    made["$id"] = name
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def _result(row: Row) -> dict[str, Any]:
    said = row.get("actual") or row.get("reason") or row.get("verdict") or "not shared"
    more = {name: row[name] for name in row if name not in ("check", "severity", "verdict", "name") and row[name]}
    made = sarif.result(str(row.get("check", "not shared")), Verdict(row.get("verdict", "unknown")),
                        Severity(row.get("severity", "medium")), f"expected: {row.get('expected', '')}; found: {said}",
                        str(row.get("name", "")), more)
    if row.get("number"):
        made["partialFingerprints"] = {"hustings/finding": f"{row.get('machine', '')}:{row.get('check', '')}"}
    if row.get("exception"):
        made["suppressions"] = [{"kind": "external", "status": "accepted",
                                 "justification": str(row.get("exception_reason", ""))}]
    return made


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " | ".join(" · ".join(str(part) for part in one.values() if part) for one in value)
    return str(value)

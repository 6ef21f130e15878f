"""How support is written down in facts, alike for systems, products and databases."""

from __future__ import annotations

from datetime import date
from typing import Any

from hustings.errors import PolicyError
from hustings.facts import Field, Missing, Observation, Reason, Type
from policies.derive.base import Inputs
from policies.lifecycle import End, Period, Table
from policies.support import Support

PERIOD_FIELDS = (
    Field("kind", Type.TEXT, "Who promises it: vendor, lts (a long-term team), paid or certified"),
    Field("end", Type.TEXT, "dated; open (no end announced when the table was made); over (ended, day unknown)"),
    Field("ends", Type.TIME, "The last supported day; absent unless end is dated"),
)

PRODUCT_FIELDS = (
    Field("product", Type.TEXT, "The product and its release line"),
    Field("id", Type.TEXT, "The product's id in the table of support dates"),
    Field("category", Type.TEXT, "browser, office, database, web, tls, runtime …"),
    Field("version", Type.VERSION, "As the package manager or the server gives it"),
    Field("package", Type.TEXT, "The package it was recognised by; absent for a server that was asked"),
    Field("maintained_by", Type.TEXT, "Whose updates it gets: vendor, distribution or stream"),
    *PERIOD_FIELDS,
    Field("contract_ends", Type.TIME, "Until when paid support can follow; absent if there is none with a date"),
    Field("upstream_ends", Type.TIME, "When the makers' own support ends, where the distribution's counts"),
)


def table_of(inputs: Inputs) -> Table | Missing:
    """The pack's table of support dates, or why there is none."""
    try:
        return Table.of(inputs.tables)
    except PolicyError as error:
        return Missing(Reason.ERROR, f"{error.where}: {error.what}")


def text_of(inputs: Inputs, fact: str) -> str | Missing:
    """A text fact: its value, "" when absent, or its reason with the fact's name."""
    seen: Observation = inputs.facts[fact]
    if seen.missing is not None:
        return Missing(seen.missing.reason, f"{fact}: {seen.missing.detail or seen.missing.reason}")
    return "" if seen.absent else str(seen.value)


def moment_of(inputs: Inputs) -> date:
    """The day the newest input speaks for: a derivation has no clock of its own."""
    return max((seen.as_of.date() for seen in inputs.facts.values() if seen.as_of is not None), default=date.min)


def period_record(period: Period) -> dict[str, Any]:
    """``kind``, ``end`` and, for dated ends, ``ends``."""
    record: dict[str, Any] = {"kind": str(period.kind), "end": str(period.end)}
    if period.end is End.DATED and period.ends is not None:
        record["ends"] = period.ends.isoformat()
    return record


def support_record(support: Support) -> dict[str, Any]:
    """A record of ``PRODUCT_FIELDS``; what is not known of the end is a reason in those fields."""
    record: dict[str, Any] = {"product": support.title, "id": support.product, "category": support.category,
                              "version": support.version, "maintained_by": str(support.maintained_by)}
    if support.package:
        record["package"] = support.package
    if support.period is not None:
        record.update(period_record(support.period))
    else:
        record.update({part: {"reason": "error", "detail": support.why} for part in ("kind", "end", "ends")})
    for name, period in (("contract_ends", support.contract), ("upstream_ends", support.upstream)):
        if period is not None and period.ends is not None:
            record[name] = period.ends.isoformat()
    return record

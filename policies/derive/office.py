"""Office facts: what the logged records of one office say of all its machines together.

Purely a function of records (declared inventory, enrolled agents, accepted reports), so that a
verifier holding the same records computes the same facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from hustings.facts import Disclosure, Fact, Facts, Field, Listing, Missing, Observation, Reason, Type
from hustings.times import utc_text
from policies.derive.base import Derived


class Asset(msgspec.Struct, frozen=True):
    """A line of the declared inventory. ``party`` is who must act: us, county, state or vendor."""

    name: str
    roles: tuple[str, ...]
    site: str
    party: str


class Machine(msgspec.Struct, frozen=True):
    """An enrolled agent's latest word. ``host`` is a label; ``last`` None until the first report."""

    agent: str
    host: str
    roles: tuple[str, ...]
    last: datetime | None


class AccessReview(msgspec.Struct, frozen=True):
    """A registration database with a declared access model, and whether its difference was signed."""

    machine: str
    database: str
    difference: str | None
    """The hash of the difference in force; None where it is not known."""
    signed_at: datetime | None
    """When that very difference was last signed; None if never."""
    by: str = ""
    missing: Missing | None = None
    """Why the difference is not known."""


def office_facts(assets: Sequence[Asset] | None, machines: Sequence[Machine], now: datetime,
                 reviews: Sequence[AccessReview] = ()) -> Facts:
    """The ``office.*`` facts at ``now``. ``assets`` is None while no inventory is declared.

    An asset has reported when a machine of the same name (case ignored) has; of several agents of one
    name, the one that reported last speaks.
    """
    if assets is None:
        absent = Observation(absent=True, as_of=now)
        return {fact.id: absent for fact in FACTS}
    by_host: dict[str, Machine] = {}
    for machine in sorted(machines, key=lambda one: one.last or datetime.min.replace(tzinfo=UTC)):
        by_host[machine.host.casefold()] = machine
    declared = {asset.name.casefold() for asset in assets}
    rows = [_row(asset, by_host.get(asset.name.casefold())) for asset in assets]
    strangers = sorted(machine.host for machine in machines if machine.host.casefold() not in declared)
    return {
        "office.assets": Observation(listing=Listing(rows), as_of=now),
        "office.undeclared_machines": Observation(listing=Listing(strangers), as_of=now),
        "office.access_reviews": Observation(listing=Listing([_review(one) for one in reviews]), as_of=now),
    }


def _row(asset: Asset, machine: Machine | None) -> dict[str, object]:
    last = machine.last if machine else None
    row: dict[str, object] = {"asset": asset.name, "party": asset.party, "site": asset.site,
                              "reported": last is not None}
    if last is not None:
        row["last_report"] = utc_text(last)
    return row


def _review(review: AccessReview) -> dict[str, object]:
    row: dict[str, object] = {"machine": review.machine, "database": review.database, "by": review.by}
    if review.difference is None:
        why = review.missing or Missing(Reason.ERROR, "the report does not say what the difference is")
        return {**row, "difference": why, "signed": why, "signed_at": why}
    row |= {"difference": review.difference, "signed": review.signed_at is not None}
    if review.signed_at is not None:
        row["signed_at"] = utc_text(review.signed_at)
    return row


FACTS = (
    Fact("office.assets", Type.RECORDS, "Every asset of the declared inventory and when it last reported",
         Disclosure.SHARED, fields=(
             Field("asset", Type.TEXT, "Its name in the inventory"),
             Field("party", Type.TEXT, "Who must act on it: us, county, state or vendor"),
             Field("site", Type.TEXT, "Where it stands"),
             Field("reported", Type.BOOL, "Whether it ever reported"),
             Field("last_report", Type.TIME, "When its last accepted report was received; absent if never"),
         )),
    Fact("office.undeclared_machines", Type.TEXTS, "Machines that report but are not in the inventory",
         Disclosure.SHARED),
    Fact("office.access_reviews", Type.RECORDS,
         "Every registration database with a declared access model, and whether the difference between declared and "
         "effective rights that is in force now was signed", Disclosure.SHARED, fields=(
             Field("machine", Type.TEXT, "The machine that reports the database"),
             Field("database", Type.TEXT, "Its name in that machine's declaration"),
             Field("difference", Type.TEXT, "The hash of the difference in force"),
             Field("signed", Type.BOOL, "Whether somebody signed that very difference"),
             Field("signed_at", Type.TIME, "When it was last signed; absent if never"),
             Field("by", Type.TEXT, "Who signed it last; empty if nobody did"),
         )),
)


DERIVED = Derived(facts=FACTS, inputs=(), derive=None)

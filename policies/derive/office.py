"""Office facts: what the logged records of one office say of all its machines together.

Purely a function of records (declared inventory, enrolled agents, accepted reports), so that a
verifier holding the same records computes the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    mirror_of: str = ""
    """The asset whose registration database it mirrors."""


class Machine(msgspec.Struct, frozen=True):
    """An enrolled agent's latest word. ``host`` is a label; ``last`` None until the first report."""

    agent: str
    host: str
    roles: tuple[str, ...]
    last: datetime | None
    judged: tuple[tuple[str, str, str], ...] = ()
    """Its results as they stand: check, row of the catalogue, verdict."""


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
    mirrors, gaps = _mirrors(assets, by_host)
    rows = [_row(asset, by_host.get(asset.name.casefold())) for asset in assets]
    strangers = sorted(machine.host for machine in machines if machine.host.casefold() not in declared)
    return {
        "office.assets": Observation(listing=Listing(rows), as_of=now),
        "office.undeclared_machines": Observation(listing=Listing(strangers), as_of=now),
        "office.access_reviews": Observation(listing=Listing([_review(one) for one in reviews]), as_of=now),
        "office.mirrors": Observation(listing=Listing(mirrors), as_of=now),
        "office.mirror_gaps": Observation(listing=Listing(gaps), as_of=now),
    }


def _row(asset: Asset, machine: Machine | None) -> dict[str, object]:
    last = machine.last if machine else None
    row: dict[str, object] = {"asset": asset.name, "party": asset.party, "site": asset.site,
                              "reported": last is not None}
    if last is not None:
        row["last_report"] = utc_text(last)
    return row


AS_STRICT = ("PAT", "IAM", "LPR", "DEV")
"""The areas of the catalogue in which a mirror must be as its primary (row BKP-04)."""


def _mirrors(assets: Sequence[Asset],
             by_host: Mapping[str, Machine]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Every declared mirror and whether it could be compared with its primary; and each check of ``AS_STRICT``
    that passes on the primary and fails on the mirror."""
    mirrors: list[dict[str, object]] = []
    gaps: list[dict[str, object]] = []
    for asset in assets:
        if not asset.mirror_of:
            continue
        pair = {"mirror": asset.name, "primary": asset.mirror_of}
        sides = [by_host.get(name.casefold()) for name in (asset.name, asset.mirror_of)]
        compared: object = True
        if any(one is None or one.last is None for one in sides):
            compared = Missing(Reason.ERROR, "one of the two has not reported")
        else:
            theirs, ours = ({check: (row, verdict) for check, row, verdict in one.judged} for one in sides if one)
            lax, unknown = _against(theirs, ours)
            gaps += [{**pair, "check": check} for check in lax]
            if unknown:
                compared = Missing(Reason.ERROR, f"{len(unknown)} checks that pass on the primary are not known here: "
                                   + ", ".join(unknown[:5]))
        mirrors.append({**pair, "compared": compared})
    return mirrors, gaps


def _against(mirror: Mapping[str, tuple[str, str]],
             primary: Mapping[str, tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Checks that pass on the primary and fail on the mirror, and those not known there."""
    passing = [check for check, (row, verdict) in primary.items() if verdict == "pass" and row[:3] in AS_STRICT]
    lax = [check for check in passing if mirror.get(check, ("", "unknown"))[1] == "fail"]
    return lax, [check for check in passing if mirror.get(check, ("", "unknown"))[1] == "unknown"]


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
    Fact("office.mirrors", Type.RECORDS, "Every asset that the inventory says is the mirror of another",
         Disclosure.SHARED, fields=(
             Field("mirror", Type.TEXT, "The mirror"),
             Field("primary", Type.TEXT, "What it mirrors"),
             Field("compared", Type.BOOL, "Whether every check could be compared; a reason where not"),
         )),
    Fact("office.mirror_gaps", Type.RECORDS, "Checks of patches, accounts, rights and devices that pass on a primary "
         "and fail on its mirror", Disclosure.SHARED, fields=(
             Field("mirror", Type.TEXT, "The mirror"),
             Field("primary", Type.TEXT, "What it mirrors"),
             Field("check", Type.TEXT, "The check"),
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

"""Until when each installed product that the table speaks of is supported, and by whom."""

from __future__ import annotations

from typing import Any

from hustings.facts import Disclosure, Fact, Listing, Missing, Reason, Type
from policies.derive.base import Derived, Inputs
from policies.derive.os_support import SYSTEM_FACTS, system_of
from policies.derive.support_records import PRODUCT_FIELDS, moment_of, support_record, table_of
from policies.lifecycle import Match, Table, Unmatched, Why
from policies.support import Support, of_package


def installed_support(table: Table, inputs: Inputs) -> tuple[list[Support], int] | Missing:
    """The support of every recognised package of ``products.installed``, each release line once, and
    how many packages the table does not speak of; or why the inventory is not known."""
    seen = inputs.facts["products.installed"]
    if seen.missing is not None:
        return Missing(seen.missing.reason, f"products.installed: {seen.missing.detail or seen.missing.reason}")
    if seen.listing is None:
        return Missing(Reason.ERROR, "products.installed: there is no package database")
    system_id, system = _system(inputs)
    at = moment_of(inputs)
    found: dict[tuple[str, str, str], Support] = {}
    unknown = 0
    for item in seen.listing.items:
        name, version, source = item["name"], item["version"], item["source"]
        package = table.package(source, name, version)
        if package is None:
            unknown += 1
            continue
        one = of_package(package, name, version, system_id, system, at)
        found.setdefault((one.product, one.title, one.maintained_by + one.why), one)
    return sorted(found.values(), key=lambda one: (one.category, one.title, one.package)), unknown


def _system(inputs: Inputs) -> tuple[str, Match | Unmatched]:
    found = system_of(inputs)
    if isinstance(found, Missing):
        return "", Unmatched(Why.PRODUCT, str(found))
    return found


def _derive(inputs: Inputs) -> dict[str, Any]:
    table = table_of(inputs)
    answer = table if isinstance(table, Missing) else installed_support(table, inputs)
    if isinstance(answer, Missing):
        return dict.fromkeys(("products.support", "products.unrecognised"), answer)
    supports, unknown = answer
    listing = inputs.facts["products.installed"].listing
    assert listing is not None
    records = Listing([support_record(one) for one in supports], listing.complete, listing.why)
    return {"products.support": records, "products.unrecognised": unknown}


DERIVED = Derived(
    facts=(
        Fact("products.support", Type.RECORDS, "Support of every installed product that the table of support dates "
             "speaks of, each release line once", Disclosure.SHARED, fields=PRODUCT_FIELDS),
        Fact("products.unrecognised", Type.INT, "How many installed packages the table of support dates does not "
             "speak of; nothing is said of their support", Disclosure.SHARED, unit="packages"),
    ),
    inputs=("products.installed", *SYSTEM_FACTS),
    derive=_derive,
)

"""Until when the operating system is supported, by each who promises it."""

from __future__ import annotations

from typing import Any

from hustings.facts import Disclosure, Fact, Field, Listing, Missing, Reason, Type
from policies.derive.base import Derived, Inputs
from policies.derive.support_records import PERIOD_FIELDS, period_record, table_of, text_of
from policies.lifecycle import Match, Unmatched

SYSTEM_FACTS = ("os.id", "os.version", "os.edition", "os.name")


def system_of(inputs: Inputs) -> tuple[str, Match | Unmatched] | Missing:
    """The operating system's id and its place in the table, or why its identity is not known."""
    table = table_of(inputs)
    if isinstance(table, Missing):
        return table
    said = {fact: text_of(inputs, fact) for fact in SYSTEM_FACTS}
    for fact in ("os.id", "os.version"):
        reason = said[fact]
        if isinstance(reason, Missing):
            return reason
    # An unreadable edition or name only matters where the table asks for it; then the look-up says so.
    system, version, edition, name = ("" if isinstance(one, Missing) else one for one in said.values())
    return system, table.system(system, version, edition=edition, name=name)


def _derive(inputs: Inputs) -> dict[str, Any]:
    table, found = table_of(inputs), system_of(inputs)
    looked_up = table if isinstance(table, Missing) else table.looked_up.isoformat()
    if isinstance(found, Missing):
        return {"os.support": found, "lifecycle.looked_up": looked_up}
    _, system = found
    if isinstance(system, Unmatched):
        return {"os.support": Missing(Reason.ERROR, system.detail), "lifecycle.looked_up": looked_up}
    records = [{"product": system.title, **period_record(one), **({"name": one.name} if one.name else {})}
               for one in system.cycle.periods]
    return {"os.support": Listing(records), "lifecycle.looked_up": looked_up}


DERIVED = Derived(
    facts=(
        Fact("os.support", Type.RECORDS, "Every kind of support this release of the operating system has or had",
             Disclosure.SHARED, fields=(
                 Field("product", Type.TEXT, "The operating system and its release"),
                 *PERIOD_FIELDS,
                 Field("name", Type.TEXT, "What this support is called; absent for the maker's own"),
             )),
        Fact("lifecycle.looked_up", Type.TIME, "The day the pack's support dates were looked up", Disclosure.SHARED),
    ),
    inputs=SYSTEM_FACTS,
    derive=_derive,
)

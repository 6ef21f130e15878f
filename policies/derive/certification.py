"""When an election is near: the day by which its result is certified, for what must not end before it.

Days of certification differ from place to place and are not declared: 30 days after the voting day covers the
canvass of every jurisdiction in the catalogue's sources but recounts and disputes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hustings.facts import Disclosure, Fact, Type
from policies.derive.base import Derived, Inputs

BEFORE = timedelta(days=30)
AFTER = timedelta(days=30)


def _derive(inputs: Inputs) -> Mapping[str, Any]:
    seen = inputs.facts["domain.sites"]
    if seen.as_of is None:
        return {"domain.certified_by": None}
    today = seen.as_of.date()
    near = [day for day in inputs.declared.voting_days if day - BEFORE <= today <= day + AFTER]
    return {"domain.certified_by": (max(near) + AFTER).isoformat() if near else None}


DERIVED = Derived(
    facts=(Fact("domain.certified_by", Type.TIME, "The day by which the result of the vote at hand is certified: 30 "
                "days after the voting day; absent where none lies within 30 days before or after today",
                Disclosure.SHARED, each="domain"),),
    inputs=("domain.sites",),
    derive=_derive,
)

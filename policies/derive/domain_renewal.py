"""Until when a domain's registration has to hold: past the certification of a vote that is near, else a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hustings.facts import Disclosure, Fact, Type
from policies.derive.base import Derived, Inputs

NEAR = timedelta(days=90)
"""How long before a voting day its certification begins to count."""
CERTIFIED = timedelta(days=30)
"""After the voting day, as for the certificates of sites (``policies.derive.certification``)."""
MARGIN = timedelta(days=30)


def _derive(inputs: Inputs) -> Mapping[str, Any]:
    seen = inputs.facts["domain.registration_expires"]
    if seen.as_of is None:
        return {"domain.registration_needed_until": None}
    today = seen.as_of.date()
    days = [day + CERTIFIED for day in inputs.declared.voting_days if day - NEAR <= today <= day + CERTIFIED]
    return {"domain.registration_needed_until": max([today + MARGIN, *days]).isoformat()}


DERIVED = Derived(
    facts=(Fact("domain.registration_needed_until", Type.TIME, "The day past which the domain has to stay registered: "
                "30 days after a voting day that is less than 90 days away, and in any case 30 days from now",
                Disclosure.SHARED, each="domain"),),
    inputs=("domain.registration_expires",),
    derive=_derive,
)

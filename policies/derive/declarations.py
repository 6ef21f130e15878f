"""What was declared, as facts: so that a policy can ask whether a role's needs were declared at all."""

from __future__ import annotations

from hustings.declared import KINDS
from hustings.facts import Disclosure, Fact, Listing, Type
from policies.derive.base import Derived, Inputs


def _derive(inputs: Inputs) -> dict[str, object]:
    counts: dict[str, object] = {f"declared.{plural}": len(getattr(inputs.declared, plural))
                                 for plural in KINDS.values()}
    return {**counts, "declared.roles": Listing(list(inputs.declared.roles))}


DERIVED = Derived(
    facts=(
        *(Fact(f"declared.{plural}", Type.INT, f"How many {plural.replace('_', ' ')} machine.yaml declares",
               Disclosure.SHARED) for plural in KINDS.values()),
        Fact("declared.roles", Type.TEXTS, "The roles machine.yaml declares", Disclosure.SHARED),
    ),
    inputs=(),
    derive=_derive,
)

"""Whether a domain, and the mail addresses that the office gives out, are such as only officials can have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from hustings.facts import Disclosure, Fact, Field, Listing, Missing, Reason, Type
from policies.derive.base import Derived, Inputs

_TABLE = "official_domains"
_IDS = ("domain.official", "domain.official_of", "domain.mail_elsewhere")


def suffix_of(name: str, suffixes: Mapping[str, Mapping[str, str]]) -> Mapping[str, str] | None:
    """The entry of the longest official ending of a name."""
    labels = name.rstrip(".").lower().split(".")
    for index in range(len(labels)):
        found = suffixes.get(".".join(labels[index:]))
        if found is not None:
            return found
    return None


def _derive(inputs: Inputs) -> dict[str, Any]:
    table = inputs.tables.get(_TABLE)
    if table is None:
        return dict.fromkeys(_IDS, Missing(Reason.ERROR, f"the pack has no table {_TABLE}"))
    domain = next(one for one in inputs.declared.domains if one.name == inputs.subject)
    suffixes = {one["suffix"]: one for one in table["suffixes"]}
    official = suffix_of(domain.name, suffixes)
    own = {one.name.lower() for one in inputs.declared.domains}
    return {
        "domain.official": official["kind"] if official else "none",
        "domain.official_of": official["of"] if official else None,
        "domain.mail_elsewhere": _elsewhere(domain.addresses, own, suffixes, set(table["free_mail"])),
    }


def _elsewhere(addresses: tuple[str, ...], own: set[str], suffixes: Mapping[str, Mapping[str, str]],
               free: set[str]) -> Listing | None:
    """How many of the office's addresses lie at which foreign domain; None where it declares none."""
    if not addresses:
        return None
    places = Counter(address.rpartition("@")[2].strip().rstrip(".>").lower() for address in addresses)
    found = []
    for place, count in sorted(places.items()):
        if any(place == one or place.endswith(f".{one}") for one in own):
            continue
        kind = "free" if any(place == one or place.endswith(f".{one}") for one in free) else \
            "official" if suffix_of(place, suffixes) else "other"
        found.append({"domain": place, "addresses": count, "kind": kind})
    return Listing(found)


DERIVED = Derived(
    facts=(
        Fact("domain.official", Type.TEXT, "What the domain's ending says of its holder, by the pack's table: "
             "government (.gov, .gc.ca), province, registered (.ca), none", Disclosure.SHARED, each="domain"),
        Fact("domain.official_of", Type.TEXT, "Whose ending it is; absent for none", Disclosure.SHARED, each="domain"),
        Fact("domain.mail_elsewhere", Type.RECORDS, "Domains of the office's public mail addresses other than its own, "
             "without the addresses; absent where it declares no addresses", Disclosure.SHARED, each="domain", fields=(
                 Field("domain", Type.TEXT, "The domain"),
                 Field("addresses", Type.INT, "How many of the addresses lie there"),
                 Field("kind", Type.TEXT, "free: a provider of mail for everybody; official; other"))),
    ),
    inputs=(),
    derive=_derive,
)

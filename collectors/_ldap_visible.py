"""Which attributes a server hides without a word.

A server that follows RFC 4511 gives neither the entries with an attribute nor those without it where the account that
asks may not look (4.5.1.7: the assertion is Undefined, and so is its negation). What is in neither answer is hidden.
Whether a domain controller of Microsoft's does so was never tried, and is not relied upon.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from collectors._ldap_dn import fold
from collectors.ldap_door import Ldap


def hidden(door: Ldap, base: str, wanted: str, attributes: Sequence[str], total: int) -> dict[str, set[str]]:
    """By attribute, the folded names of the entries that hide it. ``total`` is how many ``wanted`` finds."""
    known = schema(door)
    attributes = [one for one in attributes if one.lower() in known]
    if not attributes or not total:
        return {}
    both = "".join(f"(|({one}=*)(!({one}=*)))" for one in attributes)
    clear = _names(door, base, f"(&{wanted}{both})")
    if len(clear) >= total:
        return {}
    every = _names(door, base, wanted)
    if len(attributes) == 1:
        return {attributes[0]: every - clear}
    return {one: every - _names(door, base, f"(&{wanted}(|({one}=*)(!({one}=*))))") for one in attributes}


def schema(door: Ldap) -> frozenset[str]:
    """The names of all attributes that the server knows (RFC 4512, 4.2), in lower case; none where it does not say."""
    place = door.root.text("subschemasubentry")
    if not place:
        return frozenset()
    entry = next(door.search(place, "(objectClass=subschema)", ("attributeTypes",), scope="BASE", page=0,
                             what="the schema"), None)
    found: set[str] = set()
    for text in entry.texts("attributetypes") if entry is not None else ():
        named = _NAMES.search(text)
        if named:
            found.update(one.lower() for one in _QUOTED.findall(named.group(1)))
    return frozenset(found)


_NAMES = re.compile(r"\bNAME\s+(\([^)]*\)|'[^']*')")
_QUOTED = re.compile(r"'([^']*)'")


def _names(door: Ldap, base: str, wanted: str) -> set[str]:
    return {fold(one.dn) for one in door.search(base, wanted, ("1.1",), what="what is hidden")}

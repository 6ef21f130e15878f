"""What an access list of Active Directory grants ([MS-ADTS] 5.1.3.3), as far as it lets somebody become administrator.

Entries are taken in their order; for each bit the first that concerns somebody decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from hustings.directory.ldap import Entry, Protected

SELF, WRITE, CONTROL, WRITE_DAC, WRITE_OWNER = 0x8, 0x20, 0x100, 0x4_0000, 0x8_0000
_GENERIC_ALL, _GENERIC_WRITE = 0x1000_0000, 0x4000_0000
REPLICATE, REPLICATE_ALL = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
"""DS-Replication-Get-Changes and DS-Replication-Get-Changes-All."""
_RESET = "00299570-246d-11d0-a768-00aa006e0529"
"""User-Force-Change-Password."""
_MEMBER = ("bf9679c0-0de6-11d0-a285-00aa003049e2", "bc0ac240-79a9-11d0-9020-00c04fc2d4cf")
"""member, and the set of attributes it is in."""
_KEY = ("5b47d60f-6090-40b2-9f37-2a4de88f3063", "9b026da6-0d3c-465c-8bee-5199d7165cba")
"""msDS-KeyCredentialLink."""
_NAMES = ("f3a64788-5306-11d1-a9c5-0000f80367c1", "00fbf30c-91fe-11d1-aebc-0000f80367c1",
          "e48d0154-bcf8-11d1-8702-00c04fb96050")
"""servicePrincipalName, altSecurityIdentities, and the set of attributes they are in."""
_ACT = ("3f78c3e5-f79a-46bd-a0b8-9d18116ddc79", "bf967a68-0de6-11d0-a285-00aa003049e2",
        "4c164200-20c0-11d0-a768-00aa006e0529")
"""msDS-AllowedToActOnBehalfOfOtherIdentity, userAccountControl, and the set of attributes they are in."""
_LINK = ("f30e3bbe-9ff0-11d1-b603-0000f80367c1",)
"""gPLink."""
OWNER_RIGHTS = "S-1-3-4"
RIGHTS = {
    "replicate": "read everybody's password hashes (DCSync) from",
    "all": "do everything with",
    "write_rights": "change the rights on",
    "take_ownership": "take the ownership of",
    "owner": "change the rights, as its owner, on",
    "write": "change every property of",
    "reset_password": "set the password of",
    "write_key": "register a key to sign in as",
    "write_names": "give names to, and so sign in as or ask crackable tickets of,",
    "write_delegation": "let others act on",
    "add_member": "add members to",
    "link_policy": "have group policies run for",
    "unconstrained_delegation": "keep and use the tickets of whoever signs in to",
    "protocol_transition": "act for anybody on",
    "resource_delegation": "act for anybody on",
    "former_identity": "use the rights of",
}
"""What ``right`` of ``directory.hidden_admins`` may say, and the words for it."""


class Grants:
    """The access list of one object for one token: the identifiers that somebody bears."""

    def __init__(self, entries: tuple[Entry, ...], token: frozenset[str]) -> None:
        self._entries = [one for one in entries if one.sid in token]

    def may(self, bit: int, *objects: str) -> bool:
        """Whether the bit is granted: for the whole object, or for one of these rights or attributes."""
        for one in self._entries:
            if _bits(one.mask) & bit and (not one.object or one.object in objects):
                return one.allow
        return False


def rights(protected: Protected, token: frozenset[str]) -> Iterator[str]:
    """What the bearer of a token may do with the object that leads further, the strongest alone of those that
    include each other."""
    granted = Grants(protected.entries, token)
    if protected.kind == "domain" and granted.may(CONTROL, REPLICATE_ALL) and granted.may(CONTROL, REPLICATE):
        yield "replicate"
    if all(granted.may(bit) for bit in (WRITE, CONTROL, WRITE_DAC, WRITE_OWNER)):
        yield "all"
        return
    if granted.may(WRITE_DAC):
        yield "write_rights"
    if granted.may(WRITE_OWNER):
        yield "take_ownership"
    if protected.kind in ("account", "controller", "holder") and granted.may(CONTROL, _RESET):
        yield "reset_password"
    if granted.may(WRITE):
        yield "write"
        return
    yield from _attributes(protected.kind, granted)


def _attributes(kind: str, granted: Grants) -> Iterator[str]:
    if kind in ("account", "controller", "holder"):
        if granted.may(WRITE, *_KEY):
            yield "write_key"
        if kind != "controller" and any(granted.may(WRITE, name, _NAMES[2]) for name in _NAMES[:2]):
            yield "write_names"
        if kind == "controller" and any(granted.may(WRITE, name, _ACT[2]) for name in _ACT[:2]):
            yield "write_delegation"
    if kind in ("group", "holder") and (granted.may(WRITE, *_MEMBER) or granted.may(SELF, _MEMBER[0])):
        yield "add_member"
    if kind in ("domain", "container") and granted.may(WRITE, *_LINK):
        yield "link_policy"


def _bits(mask: int) -> int:
    if mask & _GENERIC_ALL:
        return mask | SELF | WRITE | CONTROL | WRITE_DAC | WRITE_OWNER
    return mask | SELF | WRITE if mask & _GENERIC_WRITE else mask

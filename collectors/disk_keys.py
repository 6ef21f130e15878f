"""disk_keys: how the encrypted disks are opened, and with what.

The kind of a mapping is in its device-mapper name (``/sys/class/block/dm-*/dm/uuid``). ``/etc/crypttab``
(crypttab(5)) says what the next start opens and where the key comes from; a key kept in a file opens the
disk to whoever can read that file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type, gather
from collectors.host.protocol import Host, LookError, Unsupported, read_optional
from hustings.declared import Declared
from hustings.facts import Missing

_BLOCK, _CRYPTTAB = "/sys/class/block", "/etc/crypttab"
_UUID = re.compile(r"CRYPT-(LUKS1|LUKS2|PLAIN|TCRYPT|LOOPAES|BITLK|FVAULT2)-")
_RANDOM = frozenset({"/dev/urandom", "/dev/random", "/dev/hw_random"})
_ASKED = frozenset({"", "none", "-"})
_KEY_PLACES = ("/etc/cryptsetup-keys.d/", "/etc/keys/", "/etc/luks/", "/etc/luks-keys/", "/boot/")
_TOKENS = ("tpm2-device=", "fido2-device=", "pkcs11-uri=", "keyscript=")


def parse_crypttab(text: str) -> list[tuple[str, str, str, frozenset[str]]]:
    """(name, device, key, options) of each line; the key is "" where a person is asked."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or words[0].startswith("#"):
            continue
        key = words[2] if len(words) > 2 else ""
        options = frozenset(words[3].split(",")) if len(words) > 3 else frozenset[str]()
        found.append((words[0], words[1], "" if key in _ASKED else key, options))
    return found


def origin(key: str, options: Iterable[str]) -> str:
    """Where a key comes from: ``token`` (a chip, a stick or a program), ``random``, ``file`` or ``asked``."""
    if any(option.startswith(_TOKENS) for option in options):
        return "token"
    if key in _RANDOM:
        return "random"
    return "file" if key else "asked"


def collect(host: Host, declared: Declared) -> Collected:
    """The mappings there are, and those that the next start makes."""
    return gather({
        ("disk.mappings",): lambda: {"disk.mappings": Listing(_mappings(host))},
        ("disk.keys",): lambda: {"disk.keys": Listing(_keys(host))},
    })


def _mappings(host: Host) -> list[object]:
    if host.kind == "image":
        raise Unsupported("what is mapped is known only in a running system")
    records: list[object] = []
    for device in host.list(_BLOCK):
        match = _UUID.match(read_optional(host, f"{_BLOCK}/{device}/dm/uuid") or "")
        if match:
            name = (read_optional(host, f"{_BLOCK}/{device}/dm/name") or device).strip()
            records.append({"name": name, "kind": match[1].lower()})
    return records


def _keys(host: Host) -> list[object]:
    return [{"name": name, "origin": origin(key, options), "private": _private(host, key, options)}
            for name, _, key, options in parse_crypttab(read_optional(host, _CRYPTTAB) or "")]


def _private(host: Host, key: str, options: Iterable[str]) -> bool | Missing:
    """Whether root alone can read the key; True where none is kept in a file. One on another device
    (``path:device``) or in an unusual place is a reason, as is one that is not there."""
    if origin(key, options) != "file":
        return True
    try:
        if not key.startswith(_KEY_PLACES) or ":" in key:
            raise Unsupported(f"{key} lies where keys are not looked at")
        stat = host.stat(host.resolve(key))
    except LookError as error:
        return error.missing
    return stat.uid == 0 and not stat.mode & 0o077


COLLECTOR = Collector(
    name="disk_keys",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("disk.mappings", Type.RECORDS, "Encrypted disks that are open", Disclosure.SHARED, fields=(
            Field("name", Type.TEXT, "The mapping"),
            Field("kind", Type.TEXT, "luks2, luks1, plain, tcrypt, loopaes, bitlk or fvault2"),
        )),
        Fact("disk.keys", Type.RECORDS, "Encrypted disks that the next start opens (/etc/crypttab)", Disclosure.SHARED,
             fields=(
                 Field("name", Type.TEXT, "The mapping"),
                 Field("origin", Type.TEXT, "Where the key comes from: asked (of a person), token, random or file"),
                 Field("private", Type.BOOL, "Whether root alone can read the key, where it is kept in a file"),
             )),
    ),
    collect=collect,
    reads=(f"{_BLOCK}/", "/sys/devices/", _CRYPTTAB),
    stats=_KEY_PLACES,
    needs="look at the key files (root)",
)

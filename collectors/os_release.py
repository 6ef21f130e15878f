"""os_release: which operating system, edition and release this is (os-release(5))."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host, NotThere, Unreadable
from hustings.declared import Declared

FILES = ("/etc/os-release", "/usr/lib/os-release")
_NAMES = {
    "os.id": "ID", "os.version": "VERSION_ID", "os.name": "PRETTY_NAME", "os.codename": "VERSION_CODENAME",
    "os.edition": "VARIANT_ID",
}


def parse(content: str) -> dict[str, Any]:
    """Facts from an ``os-release`` file. Raises ``Unreadable`` if a line is no assignment or it has no ID."""
    values = _assignments(content)
    if not values.get("ID"):
        raise Unreadable("os-release does not say which system it is")
    base = values.get("UBUNTU_CODENAME") or values.get("DEBIAN_CODENAME") or ABSENT
    return {fact: values.get(name) or ABSENT for fact, name in _NAMES.items()} | {"os.base_codename": base}


def family(content: str) -> list[str]:
    """The names a distribution goes by, its own first: ID, then ID_LIKE. Raises ``Unreadable``."""
    values = _assignments(content)
    return [values.get("ID", ""), *values.get("ID_LIKE", "").split()]


def _assignments(content: str) -> dict[str, str]:
    values = {}
    for line in content.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise Unreadable(f"os-release: {line.strip()!r}: {error}") from error
        if not equals or len(words) > 1:
            raise Unreadable(f"os-release: not an assignment: {line.strip()!r}")
        values[name.strip()] = words[0] if words else ""
    return values


def collect(host: Host, declared: Declared) -> Collected:
    """From ``/etc/os-release``, or the vendor's copy below ``/usr/lib``."""
    return {"os.family": str(host.platform)} | parse(text(host))


def text(host: Host) -> str:
    """The file in force. Raises ``LookError``."""
    try:
        return host.read(FILES[0])
    except NotThere:
        return host.read(FILES[1])


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="os_release",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("os.family", Type.TEXT, "linux, windows or macos"),
        _fact("os.id", Type.TEXT, "Short name of the operating system, such as debian, ubuntu or rhel"),
        _fact("os.version", Type.VERSION, "Its release, such as 12 or 24.04; absent on rolling releases"),
        _fact("os.name", Type.TEXT, "Its name for people"),
        _fact("os.codename", Type.TEXT, "Code name of its release; absent where there is none"),
        _fact("os.base_codename", Type.TEXT, "Code name of the Ubuntu or Debian release it is built from; absent where "
                                             "it does not say"),
        _fact("os.edition", Type.TEXT, "Its edition or variant, such as server; absent where there is none"),
    ),
    collect=collect,
    reads=FILES,
)

"""kernel_modules: parts of the kernel that few machines need, and what keeps each from being used.

Most of them are loaded unasked, as soon as a program opens a socket of that kind or a disk with that file
system is plugged in; many a way to full control began so. A module that is loaded or built in is not
stopped by any rule of modprobe.d(5). In an image every installed kernel counts; one without any kernel has
nothing but its rules to tell.
"""

from __future__ import annotations

import re

from collectors import _modprobe
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Missing, Platform, Reason, Type
from collectors.host.protocol import Host, list_optional, read_optional
from hustings.declared import Declared

_RELEASE, _LOADED, _TREES = "/proc/sys/kernel/osrelease", "/proc/modules", ("/lib/modules", "/usr/lib/modules")
WATCHED = ("atm", "bluetooth", "can", "cramfs", "dccp", "firewire_core", "firewire_ohci", "freevxfs", "hfs", "hfsplus",
           "jffs2", "overlay", "overlayfs", "rds", "sctp", "squashfs", "tipc", "udf", "usb_storage", "uvcvideo", "vfat")
_FILE = re.compile(r"/([^/]+)\.ko(?:\.\w+)?:?$", re.MULTILINE)


def collect(host: Host, declared: Declared) -> Collected:
    """Each watched module and what stops it."""
    rules, wanted = _modprobe.rules(host), _modprobe.asked_for(host)
    loaded = set() if host.kind == "image" else parse_loaded(read_optional(host, _LOADED) or "")
    kernels = _kernels(host)
    built_in: set[str] = set().union(*(names(host.read(f"{one}/modules.builtin")) for one in kernels))
    there: set[str] = set().union(*(parse_dep(host.read(f"{one}/modules.dep")) for one in kernels))
    unseen = host.kind != "image" and not kernels
    records: list[object] = []
    for module in WATCHED:
        if module in loaded:
            state: str | Missing = "loaded"
        elif unseen:
            state = Missing(Reason.UNSUPPORTED, "the running kernel's drivers are not on this disk")
        elif module in built_in:
            state = "builtin"
        elif rules.stops(module):
            state = "stopped"
        elif kernels and module not in there:
            state = "missing"
        else:
            state = "blacklisted" if module in rules.blacklisted else "free"
        records.append({"name": module, "state": state, "asked_for": module in wanted})
    return {"kernel.modules": Listing(records)}


def parse_loaded(text: str) -> set[str]:
    """The names in ``/proc/modules``."""
    return {line.split(" ", 1)[0] for line in text.splitlines() if line}


def parse_dep(text: str) -> set[str]:
    """The modules of ``modules.dep``: the first path of each line."""
    return names("\n".join(line.split(":", 1)[0] for line in text.splitlines()))


def names(text: str) -> set[str]:
    """Module names from a list of paths such as ``modules.builtin``."""
    return {_modprobe.name(found) for found in _FILE.findall(text)}


def _kernels(host: Host) -> list[str]:
    """The directories of the running kernel's modules, or of all kernels of an image."""
    trees = [tree for tree in _TREES if list_optional(host, tree)]
    if host.kind != "image":
        release = host.read(_RELEASE).strip()
        return [f"{tree}/{release}" for tree in trees[:1]
                if {"modules.dep", "modules.builtin"} <= set(list_optional(host, f"{tree}/{release}"))]
    return [f"{tree}/{one}" for tree in trees[:1] for one in host.list(tree)
            if {"modules.dep", "modules.builtin"} <= set(list_optional(host, f"{tree}/{one}"))]


COLLECTOR = Collector(
    name="kernel_modules",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("kernel.modules", Type.RECORDS, "Drivers, file systems and protocols that few machines need",
             Disclosure.SHARED, fields=(
                 Field("name", Type.TEXT, "The module, with _ for -"),
                 Field("state", Type.TEXT, "loaded, builtin, stopped (asking for it runs nothing), missing (the kernel "
                       "has no such driver), blacklisted (not loaded unasked) or free"),
                 Field("asked_for", Type.BOOL, "Whether a file wants it loaded at every start"),
             )),
    ),
    collect=collect,
    reads=(_RELEASE, _LOADED, *(f"{tree}/*/{name}" for tree in _TREES for name in ("modules.dep", "modules.builtin")),
           *_modprobe.READS),
    stats=tuple(f"{tree}/" for tree in _TREES),
)

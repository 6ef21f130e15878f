"""application_control: whether only approved programs may run (fapolicyd).

fapolicyd refuses to start what its trust database does not know, unless ``permissive`` is 1 in
``fapolicyd.conf``, where it only writes down what it would have refused.
"""

from __future__ import annotations

from collectors import processes
from collectors._systemd import DIRECTORY, PACKAGED, enabled, entry
from collectors.base import Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host
from hustings.declared import Declared

_PROGRAMS = ("/usr/sbin/fapolicyd", "/usr/bin/fapolicyd")
_CONF = "/etc/fapolicyd/fapolicyd.conf"


def parse_permissive(text: str) -> bool:
    """Whether fapolicyd only watches (fapolicyd.conf(5)); it enforces unless told otherwise."""
    said = [line.partition("=")[2].strip() for line in text.splitlines()
            if line.partition("=")[0].strip() == "permissive"]
    return bool(said) and said[-1] != "0"


def collect(host: Host, declared: Declared) -> Collected:
    """``enforcing``, ``watching`` or ``none``; in an image what the next start will do."""
    if not any(entry(host, path) is not None for path in _PROGRAMS):
        return {"programs.approved_only": "none"}
    on = (enabled(host, "fapolicyd.service") if host.kind == "image"
          else bool(processes.running(host, ["fapolicyd"])))
    if not on:
        return {"programs.approved_only": "none"}
    return {"programs.approved_only": "watching" if parse_permissive(host.read(_CONF)) else "enforcing"}


COLLECTOR = Collector(
    name="application_control",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("programs.approved_only", Type.TEXT, "Whether programs that nobody approved are refused: enforcing, "
             "watching (only written down) or none", Disclosure.SHARED),
    ),
    collect=collect,
    reads=(_CONF, f"{DIRECTORY}/", *(f"{one}/" for one in PACKAGED), *processes.READS),
    stats=_PROGRAMS,
    needs="read fapolicyd's configuration (root)",
)

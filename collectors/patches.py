"""patches: are security updates waiting, and do the lists that would say so still speak for today?

Asks the files of the package manager itself: ``_apt`` on Debian and Ubuntu, ``_dnf`` on the Red Hat family.
"""

from __future__ import annotations

from functools import partial

from collectors import _apt, _dnf, _dpkg
from collectors._systemd import entry
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Platform, Type
from collectors.host.protocol import Host, Unsupported
from hustings.declared import Declared


def collect(host: Host, declared: Declared) -> Collected:
    """By the package manager this machine has. Raises ``Unsupported`` if it is another one."""
    if entry(host, _dpkg.STATUS) is not None and entry(host, "/etc/apt") is not None:
        return {"patches.manager": "apt"} | _apt.collect(host)
    if entry(host, "/etc/yum.repos.d") is not None:
        return {"patches.manager": "dnf"} | _dnf.collect(host)
    raise Unsupported("neither apt nor dnf looks after this machine")


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="patches",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("patches.manager", Type.TEXT, "The package manager: apt or dnf"),
        _fact("patches.security_source", Type.BOOL, "Whether a source of security updates is configured and enabled",
              platforms="apt: an enabled security pocket. dnf: any enabled repository"),
        _fact("patches.lists_updated", Type.TIME,
              "The time the lists of security updates speak for; absent if there are none on disk",
              platforms="apt: the oldest pocket's signed date, or the last successful update soon after it"),
        _fact("patches.security_pending", Type.RECORDS,
              "Installed packages for which a security update is known; absent without a source of them",
              fields=(Field("package", Type.TEXT, "Name of the package"),
                      Field("installed", Type.VERSION, "Its version here"),
                      Field("fixed", Type.VERSION, "The version that is offered"))),
        _fact("patches.held", Type.TEXTS, "Packages kept from being updated: on hold, locked, excluded or pinned"),
        _fact("patches.automatic", Type.BOOL, "Whether security updates are fetched and installed daily by themselves",
              platforms="apt: unattended-upgrades by its timers. dnf: dnf-automatic"),
    ),
    collect=collect,
    reads=tuple(dict.fromkeys((*_apt.READS, *_dnf.READS))),
    runs=(*_apt.RUNS, *_dnf.RUNS),
    timeout=30.0,
    needs="reading the package manager's files",
)

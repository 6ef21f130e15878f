"""patches: are security updates waiting, and do the lists that would say so still speak for today?

Asks the files of the package manager itself: ``_apt`` on Debian, Ubuntu and what is built from them, ``_dnf`` on
the Red Hat family, ``_zypp`` on the SUSE family, ``_apk_updates`` on Alpine.
"""

from __future__ import annotations

from functools import partial

from collectors import _apk, _apk_updates, _apt, _dnf, _dpkg, _zypp
from collectors._systemd import entry
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Platform, Type
from collectors.host.protocol import Host, Unsupported
from hustings.declared import Declared


def collect(host: Host, declared: Declared) -> Collected:
    """By the package manager this machine has. Raises ``Unsupported`` if it is another one."""
    if entry(host, _dpkg.STATUS) is not None and entry(host, "/etc/apt") is not None:
        return {"patches.manager": "apt"} | _apt.collect(host)
    if entry(host, _zypp.CONFIG) is not None:
        return {"patches.manager": "zypper"} | _zypp.collect(host)
    if entry(host, "/etc/yum.repos.d") is not None:
        return {"patches.manager": "dnf"} | _dnf.collect(host)
    if _apk.database(host) is not None:
        return {"patches.manager": "apk"} | _apk_updates.collect(host)
    raise Unsupported("neither apt nor dnf nor zypper nor apk looks after this machine")


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="patches",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("patches.manager", Type.TEXT, "The package manager: apt, dnf, zypper or apk"),
        _fact("patches.security_source", Type.BOOL, "Whether a source of security updates is configured and enabled",
              platforms="apt: an enabled security pocket of this release. dnf, zypper: any enabled repository. "
                        "apk: the main repository of this release"),
        _fact("patches.lists_updated", Type.TIME,
              "The time the lists of security updates speak for; absent if there are none on disk",
              platforms="apt: the oldest pocket's signed date, or the last successful update soon after it. "
                        "dnf, zypper: the oldest repository's last check"),
        _fact("patches.security_pending", Type.RECORDS,
              "Installed packages for which a security update is known; absent without a source of them",
              fields=(Field("package", Type.TEXT, "Name of the package; of the patch, where zypper was asked"),
                      Field("installed", Type.VERSION, "Its version here; absent for a patch"),
                      Field("fixed", Type.VERSION, "The version that is offered; absent for a patch"))),
        _fact("patches.held", Type.TEXTS, "Packages kept from being updated: on hold, locked, excluded or pinned"),
        _fact("patches.automatic", Type.BOOL, "Whether security updates are fetched and installed daily by themselves",
              platforms="apt: unattended-upgrades by its timers. dnf: dnf-automatic. zypper: transactional-update, "
                        "os-update, or YaST's online update by cron. apk: a periodic job"),
        _fact("patches.unauthenticated", Type.TEXTS,
              "Settings and sources by which packages are taken without a valid signature"),
        _fact("patches.unused_packages", Type.TEXT, "What becomes of packages that nothing needs any more once updates "
              "are installed: removed, new-removed (only those that an update left behind), kept"),
        _fact("patches.unused_kernels", Type.TEXT, "What becomes of old kernels: removed (as configured), "
              "removed-by-default, kept"),
        _fact("patches.sources", Type.RECORDS, "Where apt gets packages from; absent with other package managers",
              fields=(Field("uri", Type.TEXT, "The address, without name and password"),
                      Field("host", Type.TEXT, "Its host"),
                      Field("suite", Type.TEXT, "The suite"),
                      Field("components", Type.TEXT, "The components, parted by spaces"),
                      Field("security", Type.BOOL, "Whether it is a security pocket"),
                      Field("own_release", Type.BOOL, "Whether the suite is one of this machine's release"))),
    ),
    collect=collect,
    reads=tuple(dict.fromkeys((*_apt.READS, *_dnf.READS, *_zypp.READS, *_apk_updates.READS, *_apk.DATABASES))),
    runs=(*_apt.RUNS, *_dnf.RUNS, *_zypp.RUNS),
    timeout=30.0,
    needs="reading the package manager's files",
)

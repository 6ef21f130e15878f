"""kernel: does the machine run the newest kernel it has, and does it wait for a restart?

A kernel that no package put here (a container, a virtual machine started from outside) has nothing to be
compared with: absent. "No restart is asked for" is only an answer where something would ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from collectors import _dpkg
from collectors._systemd import entry
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type, gather
from collectors.host.protocol import Host, Unreadable, Unsupported, list_optional
from hustings.declared import Declared
from hustings.times import utc_text

_RELEASE = "/proc/sys/kernel/osrelease"
_BUILD = "/proc/sys/kernel/version"
_STAT = "/proc/stat"
_MODULES = "/lib/modules"
_FLAG = "/run/reboot-required"
_ZYPP_FLAG = "/run/reboot-needed"
_ASKERS = (
    "/etc/kernel/postinst.d/unattended-upgrades", "/usr/share/update-notifier/notify-reboot-required",
    "/etc/kernel/postinst.d/update-notifier",
)
_RPM = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")
_RPM_CORE = frozenset({
    "kernel", "kernel-core", "kernel-rt", "kernel-rt-core", "kernel-uki-virt", "linux-firmware", "microcode_ctl",
    "systemd", "systemd-udev", "dbus", "dbus-broker", "dbus-daemon", "glibc", "gnutls", "openssl-libs", "zlib",
    "kernel-default", "kernel-default-base", "kernel-azure", "kernel-64kb", "dbus-1", "libopenssl1_1", "libopenssl3",
    "udev", "ucode-intel", "ucode-amd",
})
_FLAVOUR = re.compile(r"[0-9][0-9.]*(?:[-.][0-9][0-9.]*)*(.*)")


def flavour(release: str) -> str:
    """What sets kinds of kernels of one system apart: ``-cloud-amd64`` of ``6.1.0-25-cloud-amd64``,
    ``x86_64`` of ``5.14.0-427.13.1.el9_4.x86_64`` (there, what stands before it is part of the version)."""
    match = _FLAVOUR.match(release)
    if match is None:
        raise Unreadable(f"not a kernel release: {release!r}")
    rest = match[1]
    return rest.rpartition(".")[2] if rest.startswith((".el", ".fc", ".amzn", "el", "fc")) else rest


def newest(running: str, installed: list[str]) -> str | None:
    """The newest installed kernel of the running one's flavour; None if none of that flavour is.

    Versions are compared as rpm does, which also orders Debian's and Ubuntu's names.
    """
    same = [one for one in installed if one[:1].isdigit() and flavour(one) == flavour(running)]
    if not same:
        return None
    best = same[0]
    for one in same[1:]:
        best = one if _later(one, best) else best
    return best


def package_version(build: str) -> str | None:
    """The version of the running kernel's package where the kernel itself says it, as Debian's do
    (``#1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20)``): the package may have been replaced since."""
    match = re.search(r" Debian ([0-9][A-Za-z0-9.+~-]*) \(", build)
    return match[1] if match else None


def parse_boot_time(stat: str) -> datetime:
    """When the machine was started, from ``/proc/stat`` (proc(5))."""
    match = re.search(r"^btime (\d+)$", stat, re.MULTILINE)
    if match is None:
        raise Unreadable("/proc/stat does not say when the machine was started")
    return datetime.fromtimestamp(int(match[1]), UTC)


def restart_since(installed: str, boot: datetime) -> datetime | None:
    """The first moment since ``boot`` at which a package was installed that only a restart puts to use
    (those that ``needs-restarting -r`` knows), from ``rpm -qa`` as name and time; None if there is none."""
    moments = []
    for line in installed.splitlines():
        name, _, seconds = line.partition("\t")
        if not seconds.isdigit():
            raise Unreadable(f"rpm says {line[:120]!r}")
        moment = datetime.fromtimestamp(int(seconds), UTC)
        if name in _RPM_CORE and moment > boot:
            moments.append(moment)
    return min(moments, default=None)


def collect(host: Host, declared: Declared) -> Collected:
    """The running kernel, the newest installed, the start, and whether a restart is asked for."""
    return gather({
        ("kernel.running",): lambda: {"kernel.running": host.read(_RELEASE).strip()},
        ("kernel.running_version",): lambda: {
            "kernel.running_version": package_version(host.read(_BUILD)) or ABSENT},
        ("kernel.newest_installed",): lambda: _newest(host),
        ("kernel.booted",): lambda: {"kernel.booted": utc_text(parse_boot_time(host.read(_STAT)))},
        ("kernel.restart_pending_since",): lambda: {"kernel.restart_pending_since": _pending(host)},
    })


def _later(one: str, other: str) -> bool:
    from univers.rpm import vercmp

    compare: Callable[[str, str], int] = vercmp
    return compare(one, other) > 0


def _newest(host: Host) -> Collected:
    running = host.read(_RELEASE).strip()
    names = list_optional(host, _MODULES)
    found = newest(running, [one for one in names if entry(host, f"{_MODULES}/{one}/modules.dep") is not None])
    return {"kernel.newest_installed": ABSENT if found is None else found}


def _pending(host: Host) -> Any:
    for path in (_FLAG, _ZYPP_FLAG):
        flag = entry(host, path)
        if flag is not None:
            return utc_text(flag.mtime)
    if entry(host, _dpkg.STATUS) is None and any(entry(host, path) is not None for path in _RPM):
        boot = parse_boot_time(host.read(_STAT))
        since = restart_since(host.run("rpm", *_INSTALLED, timeout=20.0).stdout, boot)
        return ABSENT if since is None else utc_text(since)
    if not any(entry(host, path) is not None for path in _ASKERS):
        raise Unsupported("nothing on this machine says when a restart is needed")
    return ABSENT


_INSTALLED = ("-qa", "--qf", "%{NAME}\\t%{INSTALLTIME}\\n")

_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="kernel",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("kernel.running", Type.TEXT, "Release of the running kernel"),
        _fact("kernel.running_version", Type.VERSION, "Version of the package the running kernel came in, where the "
              "kernel says it (Debian's do); absent elsewhere"),
        _fact("kernel.newest_installed", Type.TEXT,
              "The newest installed kernel of the running one's flavour; absent if no package put a kernel here"),
        _fact("kernel.booted", Type.TIME, "When the machine was started"),
        _fact("kernel.restart_pending_since", Type.TIME, "Since when a restart is needed; absent if none is",
              platforms="Debian, Ubuntu: /run/reboot-required, where unattended-upgrades or update-notifier writes it. "
                        "Red Hat family, SUSE: core packages installed since the start; on SUSE also "
                        "/run/reboot-needed, which zypper and transactional-update write"),
    ),
    collect=collect,
    reads=(_RELEASE, _BUILD, _STAT, _FLAG, _ZYPP_FLAG, *_ASKERS, _dpkg.STATUS, *_RPM),
    stats=(f"{_MODULES}/*", "/usr/lib/modules/*", f"{_MODULES}/*/*", "/usr/lib/modules/*/*"),
    runs=(" ".join(("rpm", *_INSTALLED)),),
    timeout=30.0,
)

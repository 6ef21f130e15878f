"""removable_media: whether a USB stick put into this machine would be taken for a disk.

Four things stop it: no USB at all; a kernel without ``usb-storage``; a modprobe rule (modprobe.d(5)):
``install usb-storage /bin/false``, or ``blacklist`` of both ``usb-storage`` and ``uas``, which brings it in
again; USBGuard accepting no disk that nobody named; or the kernel accepting no device unasked.
A module that is loaded or built in is not stopped by any modprobe rule.
"""

from __future__ import annotations

from collectors import _modprobe, _usbguard, processes
from collectors._systemd import DIRECTORY, PACKAGED, enabled
from collectors.base import Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host, NotThere, Unsupported, list_optional, read_optional
from hustings.declared import Declared

_AUTHORISE = "/sys/module/usbcore/parameters/authorized_default"
_RELEASE = "/proc/sys/kernel/osrelease"


def collect(host: Host, declared: Declared) -> Collected:
    """What stops a USB disk here, or ``nothing``."""
    return {"usb.storage_stopped_by": _at_start(host) if host.kind == "image" else _stopped_by(host)}


def _at_start(host: Host) -> str:
    """The same for a machine that is off: what will start, and the kernels that are installed."""
    if enabled(host, "usbguard.service") and _usbguard.keeps_disks_out(host):
        return "usbguard"
    for kernel in list_optional(host, "/lib/modules"):
        if "usb-storage.ko" in (read_optional(host, f"/lib/modules/{kernel}/modules.builtin") or ""):
            return "nothing"
    return "modprobe" if _ruled_out(host) else "nothing"


def _stopped_by(host: Host) -> str:
    if "usb" not in host.list("/sys/bus"):
        return "no-usb"
    authorise = read_optional(host, _AUTHORISE)
    if authorise is not None and authorise.strip() == "0":
        return "kernel"
    if processes.running(host, ["usbguard-daemon"]) and _usbguard.keeps_disks_out(host):
        return "usbguard"
    if _usable(host):
        return "nothing"
    return "modprobe" if _present(host) else "no-module"


def _usable(host: Host) -> bool:
    """Whether the kernel has, or would load, the USB disk driver."""
    loaded = read_optional(host, "/proc/modules") or ""
    if any(line.startswith("usb_storage ") for line in loaded.splitlines()) or _builtin(host):
        return True
    if not _present(host):
        return False
    return not _ruled_out(host)


def _ruled_out(host: Host) -> bool:
    """Whether modprobe's rules keep the driver out: ``uas`` brings it in again past a mere blacklist."""
    rules = _modprobe.rules(host)
    return rules.stops("usb_storage") or all(one in rules.blacklisted or rules.stops(one)
                                             for one in ("usb_storage", "uas"))


def _builtin(host: Host) -> bool:
    return "usb-storage.ko" in _module_list(host, "modules.builtin") or _in_sysfs(host)


def _in_sysfs(host: Host) -> bool:
    return "usb-storage" in list_optional(host, "/sys/bus/usb/drivers")


def _present(host: Host) -> bool:
    return "usb-storage.ko" in _module_list(host, "modules.dep")


def _module_list(host: Host, name: str) -> str:
    release = host.read(_RELEASE).strip()
    try:
        return host.read(f"/lib/modules/{release}/{name}")
    except NotThere as error:
        raise Unsupported(f"/lib/modules/{release} is not there, so the kernel's drivers are not known") from error


COLLECTOR = Collector(
    name="removable_media",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("usb.storage_stopped_by", Type.TEXT, "What keeps a USB disk from being used: no-usb, no-module (the "
             "kernel has no driver), kernel (no USB device is accepted unasked), usbguard, modprobe or nothing",
             Disclosure.SHARED),
    ),
    collect=collect,
    reads=("/sys/bus/", _AUTHORISE, *_usbguard.READS, _RELEASE, "/proc/modules",
           *(f"{tree}/*/{name}" for tree in ("/lib/modules", "/usr/lib/modules")
             for name in ("modules.dep", "modules.builtin")),
           f"{DIRECTORY}/", *(f"{one}/" for one in PACKAGED), *_modprobe.READS, *processes.READS),
    needs="read USBGuard's configuration",
)

"""removable_media: whether a USB stick put into this machine would be taken for a disk.

Four things stop it: no USB at all; a kernel without ``usb-storage``; a modprobe rule (modprobe.d(5)):
``install usb-storage /bin/false``, or ``blacklist`` of both ``usb-storage`` and ``uas``, which brings it in
again; USBGuard blocking what it does not know; or the kernel accepting no device unasked.
A module that is loaded or built in is not stopped by any modprobe rule.
"""

from __future__ import annotations

import posixpath

from collectors import processes
from collectors.base import Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host, NotThere, Unsupported, list_optional, read_optional
from hustings.declared import Declared

_MODPROBE = ("/lib/modprobe.d", "/usr/local/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d")
_AUTHORISE = "/sys/module/usbcore/parameters/authorized_default"
_USBGUARD = "/etc/usbguard/usbguard-daemon.conf"
_RELEASE = "/proc/sys/kernel/osrelease"
_NOTHING = frozenset({"/bin/false", "/bin/true", "/usr/bin/false", "/usr/bin/true", "/sbin/nologin"})


def parse_modprobe(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """(modules whose installation does nothing, blacklisted modules), with ``-`` written ``_``."""
    stopped, blacklisted = set(), set()
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) >= 3 and words[0] == "install" and words[2] in _NOTHING:
            stopped.add(words[1].replace("-", "_"))
        elif len(words) == 2 and words[0] == "blacklist":
            blacklisted.add(words[1].replace("-", "_"))
    return frozenset(stopped), frozenset(blacklisted)


def parse_usbguard(text: str) -> bool:
    """Whether devices without a rule are blocked or rejected (usbguard-daemon.conf(5))."""
    settings = dict(line.strip().split("=", 1) for line in text.splitlines()
                    if "=" in line and not line.lstrip().startswith("#"))
    return settings.get("ImplicitPolicyTarget", "block").strip() in ("block", "reject")


def collect(host: Host, declared: Declared) -> Collected:
    """What stops a USB disk here, or ``nothing``."""
    if host.kind == "image":
        raise Unsupported("which modules run is known only in a running system")
    return {"usb.storage_stopped_by": _stopped_by(host)}


def _stopped_by(host: Host) -> str:
    if "usb" not in host.list("/sys/bus"):
        return "no-usb"
    authorise = read_optional(host, _AUTHORISE)
    if authorise is not None and authorise.strip() == "0":
        return "kernel"
    if processes.running(host, ["usbguard-daemon"]) and parse_usbguard(host.read(_USBGUARD)):
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
    stopped, blacklisted = parse_modprobe(_modprobe(host))
    return "usb_storage" not in stopped and not {"usb_storage", "uas"} <= blacklisted | stopped


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


def _modprobe(host: Host) -> str:
    """Every rule in force: a file in a later directory replaces one of its name in an earlier."""
    files = {name: directory for directory in _MODPROBE for name in list_optional(host, directory)
             if name.endswith(".conf")}
    return "\n".join(host.read(posixpath.join(files[name], name)) for name in sorted(files))


COLLECTOR = Collector(
    name="removable_media",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("usb.storage_stopped_by", Type.TEXT, "What keeps a USB disk from being used: no-usb, no-module (the "
             "kernel has no driver), kernel (no USB device is accepted unasked), usbguard, modprobe or nothing",
             Disclosure.SHARED),
    ),
    collect=collect,
    reads=("/sys/bus/", _AUTHORISE, _USBGUARD, _RELEASE, "/proc/modules", "/lib/modules/",
           *(f"{one}/" for one in _MODPROBE), *processes.READS),
    needs="read USBGuard's configuration",
)

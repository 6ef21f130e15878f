"""mandatory_access_control: whether AppArmor or SELinux confines programs, in force and not in trial.

What the kernel enforces now is in ``/sys``; what it will load at the next start is AppArmor's service and
profile files, and ``/etc/selinux/config``. A profile is in trial by its own flags or by a link in
``force-complain``, and left out by a link in ``disable`` (apparmor.d(5), aa-complain(8)).
"""

from __future__ import annotations

import re

from collectors._fragments import text_of
from collectors._systemd import DIRECTORY, PACKAGED, enabled, entry
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type, gather
from collectors.host.protocol import FileKind, Host, NotThere, Unsupported, list_optional, read_optional
from hustings.declared import Declared

_SELINUX, _APPARMOR = "/sys/fs/selinux/enforce", "/sys/module/apparmor/parameters/enabled"
_PROFILES = "/sys/kernel/security/apparmor/profiles"
_DIRECTORY, _PARSER, _CONFIG = "/etc/apparmor.d", "/usr/sbin/apparmor_parser", "/etc/selinux/config"
_START = re.compile(r"^(?:profile\s|[/@\"])[^\n]*\{[ \t]*(?:#.*)?$", re.MULTILINE)
_NAME = re.compile(r'(?:profile\s+)?(?:"([^"]+)"|(\S+))')
_FLAGS = re.compile(r"flags\s*=\s*\(([^)]*)\)")


def parse_profiles(text: str) -> list[tuple[str, str]]:
    """(name, mode) of the profiles the kernel holds: ``name (enforce)`` a line."""
    found = []
    for line in text.splitlines():
        name, _, mode = line.rstrip().rpartition(" (")
        found.append((name, mode.rstrip(")")))
    return found


def parse_profile_file(text: str) -> list[tuple[str, str]]:
    """(name, mode) of the profiles that a file of ``/etc/apparmor.d`` defines at its top level."""
    found = []
    for match in _START.finditer(text):
        flags, name = _FLAGS.search(match[0]), _NAME.match(match[0])
        words = {one.strip() for one in (flags[1] if flags else "").replace(",", " ").split()}
        mode = next((one for one in ("complain", "unconfined", "kill") if one in words), "enforce")
        found.append(((name[1] or name[2]) if name else match[0], mode))
    return found


def collect(host: Host, declared: Declared) -> Collected:
    """What confines programs now, what will at the next start, and each profile's mode."""
    return gather({
        ("mac.system", "mac.enforcing"): lambda: _now(host),
        ("mac.profiles",): lambda: {"mac.profiles": Listing(_profiles(host))},
        ("mac.at_start",): lambda: {"mac.at_start": _at_start(host)},
        ("mac.selinux_configured",): lambda: {"mac.selinux_configured": _configured(text_of(host, _CONFIG))},
    })


def _now(host: Host) -> Collected:
    if host.kind == "image":
        raise Unsupported("what the kernel enforces is known only in a running system")
    selinux = read_optional(host, _SELINUX)
    if selinux is not None:
        return {"mac.system": "selinux", "mac.enforcing": selinux.strip() == "1"}
    if (read_optional(host, _APPARMOR) or "N").strip() != "Y":
        host.list("/sys/module")
        return {"mac.system": "none", "mac.enforcing": False}
    return {"mac.system": "apparmor", "mac.enforcing": any(mode == "enforce" for _, mode in _loaded(host))}


def _loaded(host: Host) -> list[tuple[str, str]]:
    try:
        return parse_profiles(host.read(_PROFILES))
    except NotThere as error:
        raise Unsupported("securityfs is not mounted, so AppArmor's profiles cannot be seen") from error


def _profiles(host: Host) -> list[object]:
    """The kernel's profiles, or in an image those that the next start loads."""
    if host.kind != "image":
        if (read_optional(host, _APPARMOR) or "N").strip() != "Y":
            host.list("/sys/module")
            return []
        return [{"name": name, "mode": mode} for name, mode in _loaded(host)]
    records: list[object] = []
    disabled = list_optional(host, f"{_DIRECTORY}/disable")
    complaining = list_optional(host, f"{_DIRECTORY}/force-complain")
    for name in list_optional(host, _DIRECTORY):
        there = entry(host, f"{_DIRECTORY}/{name}")
        if there is None or there.kind is FileKind.DIRECTORY or name in disabled:
            continue
        for profile, mode in parse_profile_file(text_of(host, f"{_DIRECTORY}/{name}")):
            records.append({"name": profile, "mode": "complain" if name in complaining else mode})
    return records


def _at_start(host: Host) -> str:
    if _configured(text_of(host, _CONFIG)) in ("enforcing", "permissive"):
        return "selinux"
    has_parser = any(entry(host, path) is not None for path in (_PARSER, "/sbin/apparmor_parser"))
    return "apparmor" if has_parser and enabled(host, "apparmor.service") else "none"


def _configured(text: str) -> object:
    """SELinux's mode at the next start (selinux_config(5)); the last line counts."""
    said = [line.partition("=")[2].strip().lower() for line in text.splitlines() if line.startswith("SELINUX=")]
    return said[-1] if said else ABSENT


COLLECTOR = Collector(
    name="mandatory_access_control",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("mac.system", Type.TEXT, "What confines programs: apparmor, selinux or none", Disclosure.SHARED),
        Fact("mac.enforcing", Type.BOOL, "Whether it refuses what its rules do not allow: SELinux in enforcing mode, "
             "or at least one AppArmor profile enforced", Disclosure.SHARED),
        Fact("mac.at_start", Type.TEXT, "What will confine programs at the next start: apparmor, selinux or none",
             Disclosure.SHARED),
        Fact("mac.selinux_configured", Type.TEXT, "SELinux's mode at the next start: enforcing, permissive or "
             "disabled; absent where nothing says", Disclosure.SHARED),
        Fact("mac.profiles", Type.RECORDS, "AppArmor's profiles: those the kernel holds, in an image those that the "
             "next start loads", Disclosure.SHARED, fields=(
                 Field("name", Type.TEXT, "The program or profile"),
                 Field("mode", Type.TEXT, "enforce, complain (it only watches), kill, unconfined or mixed"),
             )),
    ),
    collect=collect,
    reads=(_SELINUX, _APPARMOR, _PROFILES, f"{_DIRECTORY}/", _CONFIG,
           f"{DIRECTORY}/", *(f"{one}/" for one in PACKAGED)),
    stats=(_PARSER, "/sbin/apparmor_parser"),
    needs="read AppArmor's profiles (root)",
)

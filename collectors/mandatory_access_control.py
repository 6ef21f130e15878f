"""mandatory_access_control: whether AppArmor or SELinux confines programs, in force and not in trial."""

from __future__ import annotations

from collectors.base import Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host, NotThere, Unsupported, read_optional
from hustings.declared import Declared

_SELINUX, _APPARMOR = "/sys/fs/selinux/enforce", "/sys/module/apparmor/parameters/enabled"
_PROFILES = "/sys/kernel/security/apparmor/profiles"


def parse_profiles(text: str) -> int:
    """The number of AppArmor profiles that are enforced: ``name (enforce)`` a line."""
    return sum(line.rstrip().endswith("(enforce)") for line in text.splitlines())


def collect(host: Host, declared: Declared) -> Collected:
    """Which system the kernel runs, and whether it refuses anything."""
    if host.kind == "image":
        raise Unsupported("what the kernel enforces is known only in a running system")
    selinux = read_optional(host, _SELINUX)
    if selinux is not None:
        return {"mac.system": "selinux", "mac.enforcing": selinux.strip() == "1"}
    if (read_optional(host, _APPARMOR) or "N").strip() != "Y":
        host.list("/sys/module")
        return {"mac.system": "none", "mac.enforcing": False}
    try:
        return {"mac.system": "apparmor", "mac.enforcing": parse_profiles(host.read(_PROFILES)) > 0}
    except NotThere as error:
        raise Unsupported("securityfs is not mounted, so AppArmor's profiles cannot be seen") from error


COLLECTOR = Collector(
    name="mandatory_access_control",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("mac.system", Type.TEXT, "What confines programs: apparmor, selinux or none", Disclosure.SHARED),
        Fact("mac.enforcing", Type.BOOL, "Whether it refuses what its rules do not allow: SELinux in enforcing mode, "
             "or at least one AppArmor profile enforced", Disclosure.SHARED),
    ),
    collect=collect,
    reads=(_SELINUX, _APPARMOR, _PROFILES),
    needs="read AppArmor's profiles (root)",
)

"""boot_security: whether the machine checks what it starts, and has a chip to keep keys in.

Secure Boot is the UEFI variable of that name (UEFI specification, 3.3); without UEFI there is no such
thing. A virtual machine is known by the processor's hypervisor flag.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Listing, Platform, Type, gather
from collectors.host.protocol import Host, NotThere, Unreadable, Unsupported, list_optional
from hustings.declared import Declared

_EFI = "/sys/firmware/efi"
_SECURE_BOOT = f"{_EFI}/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_DATABASE = f"{_EFI}/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"
_CERTIFICATE = bytes.fromhex("a159c0a5e494a74a87b5ab155c2bf072")
"""The type of a list of X.509 certificates, as a GUID is stored (UEFI specification, 32.4.1)."""
_COMMON_NAME = re.compile(rb"\x06\x03\x55\x04\x03[\x0c\x13\x14](.)", re.DOTALL)
_TPM = "/sys/class/tpm"
_CPUINFO = "/proc/cpuinfo"
_LOCKDOWN = "/sys/kernel/security/lockdown"


def parse_secure_boot(variable: bytes) -> bool:
    """From the variable's bytes: four of attributes, then 1 for on."""
    if len(variable) != 5:
        raise Unreadable(f"the SecureBoot variable has {len(variable)} bytes, not 5")
    return variable[4] == 1


def parse_database(variable: bytes) -> list[str]:
    """The names of the certificates that the firmware trusts, from the variable ``db``: four bytes of attributes,
    then signature lists (UEFI specification, 32.4.1). A certificate's own name is the last in it."""
    names, at = [], 4
    while at < len(variable):
        if at + 28 > len(variable):
            raise Unreadable("the db variable ends within a list")
        size, header, each = (int.from_bytes(variable[at + offset:][:4], "little") for offset in (16, 20, 24))
        if size < 28 + header or at + size > len(variable) or each < 16:
            raise Unreadable("the db variable holds a list that does not fit into it")
        if variable[at:at + 16] == _CERTIFICATE:
            for start in range(at + 28 + header, at + size - each + 1, each):
                names.append(_own_name(variable[start + 16:start + each]))
        at += size
    return names


def _own_name(certificate: bytes) -> str:
    found = list(_COMMON_NAME.finditer(certificate))
    if not found:
        return "unnamed"
    last = found[-1]
    return certificate[last.end():last.end() + last[1][0]].decode("utf-8", "replace")


def parse_virtual(cpuinfo: str) -> bool:
    """Whether an x86 processor says that it is a hypervisor's. Raises ``Unsupported`` for others."""
    for line in cpuinfo.splitlines():
        if line.startswith("flags"):
            return "hypervisor" in line.split()
    raise Unsupported("this processor does not say whether it is virtual")


def parse_lockdown(text: str) -> str:
    """The mode in brackets: ``none [integrity] confidentiality`` (kernel_lockdown(7))."""
    match = re.search(r"\[(\w+)\]", text)
    if match is None:
        raise Unreadable(f"{_LOCKDOWN} says {text[:60]!r}")
    return match[1]


def collect(host: Host, declared: Declared) -> Collected:
    """Firmware, chip and processor, each on its own."""
    if host.kind == "image":
        raise Unsupported("the firmware is known only in a running system")
    return gather({
        ("platform.secure_boot",): lambda: {"platform.secure_boot": _secure_boot(host)},
        ("platform.secure_boot_certificates",): lambda: {"platform.secure_boot_certificates": _trusted(host)},
        ("platform.tpm",): lambda: {"platform.tpm": _tpm(host)},
        ("platform.lockdown",): lambda: {"platform.lockdown": _lockdown(host)},
        ("platform.virtual",): lambda: {"platform.virtual": parse_virtual(host.read(_CPUINFO))},
    })


def _secure_boot(host: Host) -> Any:
    if "efi" not in host.list("/sys/firmware"):
        return ABSENT
    if not list_optional(host, f"{_EFI}/efivars"):
        raise Unsupported("the UEFI variables are not mounted (efivarfs)")
    try:
        return parse_secure_boot(host.read_bytes(_SECURE_BOOT))
    except NotThere:
        return False


def _trusted(host: Host) -> Any:
    if "efi" not in host.list("/sys/firmware"):
        return ABSENT
    if not list_optional(host, f"{_EFI}/efivars"):
        raise Unsupported("the UEFI variables are not mounted (efivarfs)")
    try:
        return Listing(parse_database(host.read_bytes(_DATABASE)))
    except NotThere:
        return Listing([])


def _tpm(host: Host) -> Any:
    host.list("/sys/class")
    chips = list_optional(host, _TPM)
    if not chips:
        return ABSENT
    try:
        return host.read(f"{_TPM}/{chips[0]}/tpm_version_major").strip()
    except NotThere:
        return "1"


def _lockdown(host: Host) -> Any:
    try:
        return parse_lockdown(host.read(_LOCKDOWN))
    except NotThere:
        if not list_optional(host, "/sys/kernel/security"):
            raise Unsupported("securityfs is not mounted, so the lockdown mode cannot be seen") from None
        return ABSENT


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="boot_security",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("platform.secure_boot", Type.BOOL, "Whether the firmware starts signed code alone; absent without UEFI"),
        _fact("platform.secure_boot_certificates", Type.TEXTS, "Names of the certificates whose code the firmware "
              "starts; absent without UEFI"),
        _fact("platform.tpm", Type.TEXT, "The major version of the TPM chip; absent where there is none"),
        _fact("platform.lockdown", Type.TEXT, "How far the kernel is locked against root: none, integrity or "
              "confidentiality; absent where it has no such mode"),
        _fact("platform.virtual", Type.BOOL, "Whether this is a virtual machine"),
    ),
    collect=collect,
    reads=("/sys/firmware/", f"{_TPM}/", "/sys/devices/", "/sys/kernel/security/", _CPUINFO),
)

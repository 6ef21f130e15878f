"""kernel_build: which protections the installed kernels were built with.

Distributions put a kernel's build configuration at ``/boot/config-RELEASE``, Red Hat also beside its modules.
``# CONFIG_X is not set`` and no line at all both mean ``n``. Linux 6.9 renamed the options that soften flaws
of processors: they are told under their old names.
"""

from __future__ import annotations

import re

from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type
from collectors.host.protocol import Host, Unsupported, list_optional, read_optional
from hustings.declared import Declared

_RELEASE, _BOOT, _MODULES = "/proc/sys/kernel/osrelease", "/boot", "/lib/modules"
WATCHED = (
    "ACPI_CUSTOM_METHOD", "BINFMT_MISC", "BUG", "COMPAT_BRK", "COMPAT_VDSO", "DEBUG_CREDENTIALS", "DEBUG_FS",
    "DEBUG_LIST", "DEBUG_NOTIFIERS", "DEBUG_SG", "DEFAULT_MMAP_MIN_ADDR", "DEVKMEM", "HARDENED_USERCOPY",
    "HIBERNATION", "IA32_EMULATION", "IPV6", "KEXEC", "LEGACY_PTYS", "MODULE_SIG", "MODULE_SIG_ALL",
    "MODULE_SIG_FORCE", "MODULE_SIG_HASH", "MODULE_SIG_KEY", "MODULE_SIG_SHA512", "PAGE_POISONING_NO_SANITY",
    "PAGE_POISONING_ZERO", "PAGE_TABLE_ISOLATION", "PANIC_ON_OOPS", "PANIC_TIMEOUT", "PROC_KCORE", "RANDOMIZE_BASE",
    "RANDOMIZE_MEMORY", "RETPOLINE", "SECCOMP", "SECCOMP_FILTER", "SECURITY", "SECURITY_YAMA", "SLUB_DEBUG",
    "STACKPROTECTOR_STRONG", "STRICT_KERNEL_RWX", "STRICT_MODULE_RWX", "SYN_COOKIES", "UNMAP_KERNEL_AT_EL0",
    "X86_VSYSCALL_EMULATION",
)
_RENAMED = {"MITIGATION_RETPOLINE": "RETPOLINE", "MITIGATION_PAGE_TABLE_ISOLATION": "PAGE_TABLE_ISOLATION"}
_LINE = re.compile(rf'^CONFIG_({"|".join((*WATCHED, *_RENAMED))})="?(.*?)"?$', re.MULTILINE)


def parse_config(text: str) -> dict[str, str]:
    """The value of each watched option: ``y``, ``m``, ``n``, or a number or text."""
    said = {_RENAMED.get(name, name): value for name, value in _LINE.findall(text)}
    return {name: said.get(name, "n") for name in WATCHED}


def collect(host: Host, declared: Declared) -> Collected:
    """Each watched option of each installed kernel. ``Unsupported`` if the running one's cannot be told."""
    texts = {name.removeprefix("config-"): host.read(f"{_BOOT}/{name}")
             for name in list_optional(host, _BOOT) if name.startswith("config-")}
    if host.kind != "image":
        release = host.read(_RELEASE).strip()
        beside = read_optional(host, f"{_MODULES}/{release}/config") if release not in texts else None
        if beside is not None:
            texts[release] = beside
        if release not in texts:
            raise Unsupported(f"how the running kernel {release} was built is not on this disk")
    return {"kernel.build": Listing([{"kernel": kernel, "option": option, "value": value}
                                     for kernel, text in texts.items()
                                     for option, value in parse_config(text).items()])}


COLLECTOR = Collector(
    name="kernel_build",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("kernel.build", Type.RECORDS, "Options that the installed kernels were built with", Disclosure.SHARED,
             fields=(
                 Field("kernel", Type.TEXT, "The kernel's release"),
                 Field("option", Type.TEXT, "The option, without CONFIG_"),
                 Field("value", Type.TEXT, "y, m, n, or a number or text"),
             )),
    ),
    collect=collect,
    reads=(_RELEASE, f"{_BOOT}/config-*", f"{_MODULES}/*/config", f"/usr{_MODULES}/*/config"),
)

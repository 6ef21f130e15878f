"""kernel_settings: the kernel's settings (sysctl), as they are now and as the next start will make them.

One record says what a setting is at one moment, so that a check which asks it of every moment passes only
where now and later agree. Where no file sets it, the next start leaves the kernel's own value: those that
no distribution changes are known (Documentation/admin-guide/sysctl and networking/ip-sysctl of Linux), some
are chosen when the kernel is built (``/boot/config-*``), the others are unknown in an image.
"""

from __future__ import annotations

import re

from collectors import _sysctl
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Missing, Platform, Reason, Type
from collectors.host.protocol import Host, LookError, NotThere, list_optional, read_optional
from hustings.declared import Declared

_SYS = "/proc/sys"
NONE = "none"
_INTERFACES = ("all", "default")
_IPV4 = {"accept_local": "0", "accept_redirects": "1", "arp_filter": "0", "arp_ignore": "0",
         "drop_gratuitous_arp": "0", "log_martians": "0", "route_localnet": "0", "rp_filter": "0",
         "secure_redirects": "1", "send_redirects": "1", "shared_media": "1"}
_IPV6 = {"accept_ra": "1", "accept_ra_defrtr": "1", "accept_ra_pinfo": "1", "accept_ra_rtr_pref": None,
         "accept_redirects": "1", "accept_source_route": "0", "autoconf": "1", "disable_ipv6": "0",
         "forwarding": "0", "max_addresses": "16", "router_solicitations": None}
SETTINGS: dict[str, str | None] = {
    "fs.protected_fifos": "0", "fs.protected_hardlinks": "0", "fs.protected_regular": "0",
    "fs.protected_symlinks": "0", "fs.suid_dumpable": "0",
    "kernel.core_pattern": "core", "kernel.dmesg_restrict": None, "kernel.kexec_load_disabled": "0",
    "kernel.kptr_restrict": "0", "kernel.modules_disabled": "0", "kernel.panic_on_oops": None,
    "kernel.perf_cpu_time_max_percent": "25", "kernel.perf_event_max_sample_rate": "100000",
    "kernel.perf_event_paranoid": None, "kernel.pid_max": None, "kernel.randomize_va_space": "2",
    "kernel.sysrq": None, "kernel.unprivileged_bpf_disabled": None, "kernel.yama.ptrace_scope": None,
    "net.core.bpf_jit_harden": "0", "net.ipv4.icmp_echo_ignore_broadcasts": "1",
    "net.ipv4.icmp_ignore_bogus_error_responses": "1", "net.ipv4.ip_forward": "0",
    "net.ipv4.tcp_rfc1337": "0", "net.ipv4.tcp_syncookies": "1", "user.max_user_namespaces": None,
    "vm.mmap_min_addr": None,
    "net.ipv4.conf.all.accept_source_route": "0", "net.ipv4.conf.default.accept_source_route": "1",
    **{f"net.ipv4.conf.{one}.{name}": value for name, value in _IPV4.items() for one in _INTERFACES},
    **{f"net.ipv6.conf.{one}.{name}": value for name, value in _IPV6.items() for one in _INTERFACES},
}
"""The settings looked at, with the value a kernel of any distribution starts with; None where they differ."""

_BUILT = {
    "kernel.dmesg_restrict": ("SECURITY_DMESG_RESTRICT", {"y": "1", "n": "0"}),
    "kernel.panic_on_oops": ("PANIC_ON_OOPS", {"y": "1", "n": "0"}),
    "kernel.sysrq": ("MAGIC_SYSRQ_DEFAULT_ENABLE", {}),
    "kernel.unprivileged_bpf_disabled": ("BPF_UNPRIV_DEFAULT_OFF", {"y": "2", "n": "0"}),
    "vm.mmap_min_addr": ("DEFAULT_MMAP_MIN_ADDR", {}),
}
"""The build option that decides what a setting starts with, and its meaning where that is not the number itself."""
_BOOT = "/boot"


def collect(host: Host, declared: Declared) -> Collected:
    """A record for each setting and moment; files that cannot be read leave the list incomplete."""
    records: list[object] = []
    if host.kind != "image":
        host.list(_SYS)
        records += [{"name": name, "moment": "now", "value": _running(host, name), "source": _SYS} for name in SETTINGS]
    try:
        applied, written = _sysctl.at_start(host), _sysctl.written(host)
    except LookError as error:
        return {"kernel.settings": Listing(records, complete=False, why=error.missing)}
    builds = _builds(host)
    for name, always in SETTINGS.items():
        default = always if always is not None else _as_built(name, builds)
        path = name.replace(".", "/")
        winners = [line for lines in applied if (line := _sysctl.in_force(lines, path)) is not None]
        records += [_record(name, "start", line) for line in winners]
        if not winners and (default is not None or host.kind == "image"):
            value = default if default is not None else Missing(
                Reason.UNSUPPORTED, f"no file sets {name}, and what this kernel starts with is not known")
            records.append({"name": name, "moment": "start", "value": value, "source": "kernel"})
        records += [_record(name, _kind(line), line) for line in written
                    if line.path == path and line.value is not None]
    return {"kernel.settings": Listing(records)}


def _builds(host: Host) -> list[str] | Missing:
    """The build configurations of the running kernel, or of every kernel of an image; why they cannot be read."""
    try:
        names = [name for name in list_optional(host, _BOOT) if name.startswith("config-")]
        if host.kind != "image":
            names = [name for name in names if name == f"config-{host.read(f'{_SYS}/kernel/osrelease').strip()}"]
        return [read_optional(host, f"{_BOOT}/{name}") or "" for name in names]
    except LookError as error:
        return error.missing


def _as_built(name: str, builds: list[str] | Missing) -> str | Missing | None:
    """What a setting starts with by the way the kernels were built; None if that is unknown or they differ."""
    if name not in _BUILT or not builds:
        return None
    if isinstance(builds, Missing):
        return builds
    option, meanings = _BUILT[name]
    said = {match[1] if (match := re.search(rf"^CONFIG_{option}=(\S+)$", text, re.MULTILINE)) else "n"
            for text in builds}
    value = said.pop()
    if said or (value == "n" and not meanings):
        return None
    return meanings.get(value, _sysctl.normal(value))


def _running(host: Host, name: str) -> str | Missing:
    try:
        return _sysctl.normal(host.read(f"{_SYS}/{name.replace('.', '/')}"))
    except NotThere:
        return NONE
    except LookError as error:
        return error.missing


def _record(name: str, moment: str, line: _sysctl.Line) -> dict[str, object]:
    return {"name": name, "moment": moment, "value": line.value, "source": line.source}


def _kind(line: _sysctl.Line) -> str:
    return "packaged" if line.source.startswith(tuple(f"{one}/" for one in _sysctl.PACKAGED)) else "written"


COLLECTOR = Collector(
    name="kernel_settings",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("kernel.settings", Type.RECORDS, "Settings of the kernel that decide how far it protects programs, "
             "accounts and the network, at each moment", Disclosure.SHARED, fields=(
                 Field("name", Type.TEXT, "The setting, as sysctl(8) names it"),
                 Field("moment", Type.TEXT, "now (as the kernel runs), start (as the next start makes it; two where "
                       "ufw sets it too), written (a line of the administrator's, in force or not) or "
                       "packaged (a line that came with a package)"),
                 Field("value", Type.TEXT, "Its value; none where this kernel has no such setting"),
                 Field("source", Type.TEXT, "The file it is from; kernel where none sets it"),
             )),
    ),
    collect=collect,
    reads=(f"{_SYS}/", f"{_BOOT}/config-*", *_sysctl.READS),
    stats=_sysctl.SYSTEMD,
)

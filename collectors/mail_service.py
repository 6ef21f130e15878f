"""mail_service: who reads root's mail, and whether the mail service takes mail from other machines.

Postfix (postconf(5)) and Exim as Debian configures it are read; another service's settings are not.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from collectors._systemd import entry
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Missing, Platform, Reason, Type, gather
from collectors.host.protocol import Host, read_optional
from hustings.declared import Declared

_ALIASES = "/etc/aliases"
_POSTFIX = "/etc/postfix/main.cf"
_EXIM = "/etc/exim4/update-exim4.conf.conf"
_PROGRAMS = {"/usr/sbin/postfix": "postfix", "/usr/sbin/exim4": "exim", "/usr/sbin/exim": "exim",
             "/usr/sbin/sendmail": "other"}
_LOCAL = frozenset({"localhost", "loopback-only", "127.0.0.1", "::1", "[::1]", "$myhostname-local"})


def aliases(text: str) -> dict[str, str]:
    """The entries of ``/etc/aliases``, names in small letters (aliases(5))."""
    found = {}
    for line in text.replace("\n\t", " ").replace("\n ", " ").splitlines():
        name, colon, target = line.partition(":")
        if colon and not line.startswith("#") and target.strip():
            found[name.strip().strip('"').lower()] = target.strip()
    return found


def postfix_setting(text: str, name: str) -> str | None:
    """A setting of ``main.cf``: the last line that names it, with the lines that continue it."""
    value = None
    for line in text.replace("\n\t", " ").replace("\n ", " ").splitlines():
        key, equals, rest = line.partition("=")
        if equals and key.strip() == name:
            value = rest.strip()
    return value


def only_local(addresses: list[str]) -> bool:
    """Whether every address is one of this machine alone."""
    return bool(addresses) and all(one in _LOCAL or one.startswith("127.") for one in addresses)


def collect(host: Host, declared: Declared) -> Collected:
    """The aliases, and where the installed service listens."""
    return gather({
        ("mail.root_alias",): lambda: {"mail.root_alias": _aliases(host).get("root", ABSENT)},
        ("mail.local_only",): lambda: {"mail.local_only": _local_only(host)},
    })


def _aliases(host: Host) -> dict[str, str]:
    return aliases(read_optional(host, _ALIASES) or "")


def _local_only(host: Host) -> Any:
    """Whether the service takes mail from this machine alone; absent where there is none."""
    service = next((name for path, name in _PROGRAMS.items() if entry(host, path) is not None), None)
    if service is None:
        return ABSENT
    if service == "postfix":
        return only_local((postfix_setting(host.read(_POSTFIX), "inet_interfaces") or "all").replace(",", " ").split())
    text = read_optional(host, _EXIM) if service == "exim" else None
    if text is None:
        return Missing(Reason.UNSUPPORTED, "the settings of this mail service are not read")
    values = [line.partition("=")[2].strip().strip("'\"") for line in text.splitlines()
              if line.startswith("dc_local_interfaces=")]
    return only_local(values[-1].replace(";", " ").split()) if values else False


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="mail_service",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("mail.root_alias", Type.TEXT, "Whom mail to root is passed on to; absent where it stays with root",
             Disclosure.LOCAL),
        _fact("mail.local_only", Type.BOOL, "Whether the mail service is set to take mail from this machine alone; "
                                            "absent where none is installed"),
    ),
    collect=collect,
    reads=(_ALIASES, _POSTFIX, _EXIM, *_PROGRAMS),
)

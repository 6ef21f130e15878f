"""console: what someone at the keyboard or on a serial line can do without signing in.

Ctrl-Alt-Delete starts ``ctrl-alt-del.target``, which restarts the machine unless it is masked; pressed more
than seven times in two seconds it does what ``CtrlAltDelBurstAction`` says (systemd-system.conf(5)).
"""

from __future__ import annotations

from collectors._fragments import fragments, settings, text_of
from collectors._systemd import DIRECTORY, entry, masked
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Listing, Platform, Type, gather
from collectors.host.protocol import FileKind, Host, read_optional
from hustings.declared import Declared

_SYSTEMD = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
_TARGET = "ctrl-alt-del.target"
_CONF = ("/usr/lib/systemd/system.conf", "/etc/systemd/system.conf")
_DROPINS = ("/etc/systemd/system.conf.d", "/run/systemd/system.conf.d", "/usr/local/lib/systemd/system.conf.d",
            "/usr/lib/systemd/system.conf.d", "/lib/systemd/system.conf.d")
_SECURETTY = "/etc/securetty"


def collect(host: Host, declared: Declared) -> Collected:
    """The two keys' effects and the lines root may sign in on, each on its own."""
    return gather({
        ("console.restart_keys",): lambda: {"console.restart_keys": _keys(host)},
        ("console.restart_burst",): lambda: {"console.restart_burst": _burst(host)},
        ("console.serial_root",): lambda: {"console.serial_root": Listing(parse_securetty(
            read_optional(host, _SECURETTY) or ""))},
    })


def parse_securetty(text: str) -> list[str]:
    """The serial lines in a securetty(5)."""
    return [line.strip() for line in text.splitlines() if line.strip().startswith("ttyS")]


def _keys(host: Host) -> object:
    if not any(entry(host, path) is not None for path in _SYSTEMD):
        return ABSENT
    own = entry(host, f"{DIRECTORY}/{_TARGET}")
    if masked(host, _TARGET):
        return "nothing"
    return "another unit" if own is not None and own.kind is not FileKind.LINK else "restart"


def _burst(host: Host) -> object:
    if not any(entry(host, path) is not None for path in _SYSTEMD):
        return ABSENT
    main = next((text for path in reversed(_CONF) if (text := read_optional(host, path)) is not None), "")
    texts = [main, *(text_of(host, path) for path in fragments(host, _DROPINS))]
    said = [value for text in texts for key, value in settings(text, "Manager") if key == "CtrlAltDelBurstAction"]
    return said[-1] if said and said[-1] else "reboot-force"


COLLECTOR = Collector(
    name="console",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("console.restart_keys", Type.TEXT, "What Ctrl-Alt-Delete does on the console: restart, nothing or another "
             "unit; absent without systemd", Disclosure.SHARED),
        Fact("console.restart_burst", Type.TEXT, "What Ctrl-Alt-Delete does when pressed again and again, in systemd's "
             "words (none, reboot-force …); absent without systemd", Disclosure.SHARED),
        Fact("console.serial_root", Type.TEXTS, "Serial lines that /etc/securetty lists for root", Disclosure.SHARED),
    ),
    collect=collect,
    reads=(f"{DIRECTORY}/{_TARGET}", *_CONF, *(f"{one}/" for one in _DROPINS), _SECURETTY),
    stats=_SYSTEMD,
)

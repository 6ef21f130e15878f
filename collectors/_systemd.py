"""Which systemd units are on, by the links below ``/etc/systemd/system`` (systemctl(1), systemd.unit(5))."""

from __future__ import annotations

from collectors.host.protocol import FileKind, Host, NotThere, Stat

DIRECTORY = "/etc/systemd/system"


def timer_on(host: Host, timer: str) -> bool:
    """Whether a timer is enabled and not masked (a link to ``/dev/null`` in place of the unit)."""
    own = entry(host, f"{DIRECTORY}/{timer}")
    masked = own is not None and own.kind is FileKind.LINK and own.target.endswith("/null")
    return not masked and entry(host, f"{DIRECTORY}/timers.target.wants/{timer}") is not None


def entry(host: Host, path: str) -> Stat | None:
    """The entry at ``path``, or None if there is none (and only then)."""
    try:
        return host.stat(path)
    except NotThere:
        return None

"""Which systemd units are on, by the links below ``/etc/systemd/system`` (systemctl(1), systemd.unit(5))."""

from __future__ import annotations

from collectors.host.protocol import FileKind, Host, NotThere, Stat, list_optional

DIRECTORY = "/etc/systemd/system"
PACKAGED = ("/usr/lib/systemd/system", "/lib/systemd/system")


def timer_on(host: Host, timer: str) -> bool:
    """Whether a timer is enabled and nobody masked it."""
    return not masked(host, timer) and entry(host, f"{DIRECTORY}/timers.target.wants/{timer}") is not None


def masked(host: Host, unit: str) -> bool:
    """Whether a unit is a link to ``/dev/null``, or an empty file, in the administrator's directory."""
    own = entry(host, f"{DIRECTORY}/{unit}")
    if own is None:
        return False
    return own.target.endswith("/null") if own.kind is FileKind.LINK else own.kind is FileKind.FILE and not own.size


def enabled(host: Host, unit: str) -> bool:
    """Whether something wants a unit at every start (a link in a ``.wants`` or ``.requires`` directory) and nobody
    masked it."""
    wanted = any(unit in host.list(f"{directory}/{name}") for directory in (DIRECTORY, *PACKAGED)
                 for name in list_optional(host, directory) if name.endswith((".wants", ".requires")))
    return wanted and not masked(host, unit)


def entry(host: Host, path: str) -> Stat | None:
    """The entry at ``path``, or None if there is none (and only then)."""
    try:
        return host.stat(path)
    except NotThere:
        return None

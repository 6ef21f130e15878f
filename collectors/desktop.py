"""desktop: what the office's policy forces on graphical sessions, above all the screen lock.

GNOME takes its settings from dconf. A setting is forced where a system database of the session's profile
holds it *and* locks it; unlocked, any user may choose otherwise. In force is the compiled database; what
was written since ``dconf update`` last ran is not. Other desktops keep their settings elsewhere: their
names are told, their settings are not known.
"""

from __future__ import annotations

import posixpath

from collectors import _dconf
from collectors._fragments import settings, text_of
from collectors._systemd import entry
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Platform,
    Reason,
    Type,
    gather,
)
from collectors.host.protocol import FileKind, Host, list_optional, read_optional
from hustings.declared import Declared

_SESSIONS = ("/usr/share/wayland-sessions", "/usr/share/xsessions")
_GNOME = ("gnome", "ubuntu", "debian-gnome")
_DATABASES, _PROFILES = "/etc/dconf/db", ("/etc/dconf/profile", "/usr/share/dconf/profile")
_GREETER = "/etc/gdm3/greeter.dconf-defaults"
_GDM = ("/etc/gdm3/custom.conf", "/etc/gdm3/daemon.conf", "/etc/gdm/custom.conf")
KEYS = (
    "/org/gnome/desktop/screensaver/lock-enabled", "/org/gnome/desktop/screensaver/lock-delay",
    "/org/gnome/desktop/session/idle-delay", "/org/gnome/desktop/media-handling/automount",
    "/org/gnome/desktop/media-handling/automount-open", "/org/gnome/desktop/media-handling/autorun-never",
    "/org/gnome/login-screen/disable-user-list", "/org/gnome/login-screen/banner-message-enable",
    "/org/gnome/login-screen/banner-message-text", "/org/gnome/settings-daemon/plugins/media-keys/logout",
)


def collect(host: Host, declared: Declared) -> Collected:
    """The desktops there are, what is forced on GNOME, and whether its greeter serves other machines."""
    return gather({
        ("desktop.sessions",): lambda: {"desktop.sessions": Listing(_sessions(host))},
        ("desktop.settings",): lambda: {"desktop.settings": _listed(host)},
        ("desktop.policy_read",): lambda: {"desktop.policy_read": _policy_read(host)},
        ("desktop.remote_login",): lambda: {"desktop.remote_login": _xdmcp(host)},
    })


def _sessions(host: Host) -> list[str]:
    """``gnome`` for each kind of GNOME, the session's own name for others."""
    names = {name.removesuffix(".desktop").lower() for place in _SESSIONS for name in list_optional(host, place)
             if name.endswith(".desktop")}
    return sorted({"gnome" if name.startswith(_GNOME) else name for name in names})


def _listed(host: Host) -> Listing:
    """The settings; not all of them where another desktop than GNOME can be chosen."""
    others = [name for name in _sessions(host) if name != "gnome"]
    if not others:
        return Listing(_settings(host))
    why = Missing(Reason.UNSUPPORTED, f"where {', '.join(others)} keeps its settings is not looked at")
    return Listing(_settings(host), complete=False, why=why)


def _settings(host: Host) -> list[object]:
    records: list[object] = []
    for profile in ("user", "gdm"):
        forced = _in_force(host, _profile(host, profile) or [])
        records += [_record(profile, "now", key, *forced[key]) for key in KEYS if key in forced]
    for name in list_optional(host, _DATABASES):
        if name.endswith(".d"):
            values, locks = _written(host, f"{_DATABASES}/{name}")
            profile = "gdm" if name == "gdm.d" else "user"
            records += [_record(profile, "written", key, values[key], key in locks) for key in KEYS if key in values]
    greeter = _dconf.parse_keyfile(text_of(host, _GREETER))
    records += [_record("gdm", "now", key, greeter[key], True) for key in KEYS if key in greeter]
    return records


def _profile(host: Host, name: str) -> list[str] | None:
    """The databases of a profile in reading order, the user's own left out; None if there is no such profile."""
    for place in _PROFILES:
        text = read_optional(host, f"{place}/{name}")
        if text is not None:
            lines = [line.split("#", 1)[0].strip() for line in text.splitlines()]
            return [line.partition(":")[2] for line in lines if line.startswith("system-db:")]
    return None


def _in_force(host: Host, databases: list[str]) -> dict[str, tuple[_dconf.Value, bool]]:
    """By key: its value in a session, and whether it is locked."""
    paths = [posixpath.join(_DATABASES, name) for name in databases]
    return decided([_dconf.parse_compiled(host.read_bytes(path)) for path in paths if entry(host, path) is not None])


def decided(read: list[tuple[dict[str, _dconf.Value], frozenset[str]]]) -> dict[str, tuple[_dconf.Value, bool]]:
    """What databases (values, locks) in reading order come to. Pure.

    What stands above the lowest lock is passed over, as dconf's engine does; of the others the first that holds
    the key counts.
    """
    found: dict[str, tuple[_dconf.Value, bool]] = {}
    for key in {key for values, _ in read for key in values}:
        lowest = max((index for index, (_, locks) in enumerate(read) if key in locks), default=None)
        said = [values[key] for values, _ in read[lowest or 0:] if key in values]
        if said:
            found[key] = (said[0], lowest is not None)
    return found


def _written(host: Host, directory: str) -> tuple[dict[str, str], set[str]]:
    """What the key files of a database say: of two files the one whose name comes later wins."""
    values: dict[str, str] = {}
    locks: set[str] = set()
    for name in list_optional(host, directory):
        path = f"{directory}/{name}"
        there = entry(host, path)
        if there is not None and there.kind is not FileKind.DIRECTORY:
            values |= _dconf.parse_keyfile(text_of(host, path))
    for name in list_optional(host, f"{directory}/locks"):
        locks |= _dconf.parse_locks(text_of(host, f"{directory}/locks/{name}"))
    return values, locks


def _record(profile: str, moment: str, key: str, value: _dconf.Value, locked: bool) -> dict[str, object]:
    number: int | Missing | None = value if isinstance(value, Missing) else int(value) if value.isdigit() else None
    said: dict[str, object] = {"profile": profile, "moment": moment, "key": key, "value": value, "locked": locked}
    return said if number is None else {**said, "number": number}


def _policy_read(host: Host) -> object:
    databases = _profile(host, "user")
    return ABSENT if databases is None else "local" in databases


def _xdmcp(host: Host) -> object:
    """Whether GDM answers to other machines (XDMCP): off unless its file says otherwise."""
    files = [text for path in _GDM if (text := read_optional(host, path)) is not None]
    if not files:
        return ABSENT
    said = [value.lower() for text in files for key, value in settings(text, "xdmcp") if key.lower() == "enable"]
    return bool(said) and said[-1] in ("true", "1", "yes")


COLLECTOR = Collector(
    name="desktop",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("desktop.sessions", Type.TEXTS, "Graphical sessions that can be chosen: gnome, or another's own name",
             Disclosure.SHARED),
        Fact("desktop.settings", Type.RECORDS, "Settings that the machine's policy gives GNOME sessions and its "
             "greeter", Disclosure.SHARED, fields=(
                 Field("profile", Type.TEXT, "user (sessions) or gdm (the greeter)"),
                 Field("moment", Type.TEXT, "now (compiled, in force) or written (in a key file)"),
                 Field("key", Type.TEXT, "The setting's path"),
                 Field("value", Type.TEXT, "Its value"),
                 Field("number", Type.INT, "Its value, where that is a whole number"),
                 Field("locked", Type.BOOL, "Whether users cannot choose otherwise"),
             )),
        Fact("desktop.policy_read", Type.BOOL, "Whether sessions read the database that the machine's policy is kept "
             "in (local); absent where no profile says what they read", Disclosure.SHARED),
        Fact("desktop.remote_login", Type.BOOL, "Whether GDM lets other machines open sessions (XDMCP); absent "
             "without GDM", Disclosure.SHARED),
    ),
    collect=collect,
    reads=("/etc/dconf/", "/usr/share/dconf/profile/", *(f"{one}/" for one in _SESSIONS), _GREETER, *_GDM),
)

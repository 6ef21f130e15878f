"""What a sudo rule amounts to: for whom, as whom, which commands, and whether they lead to root."""

from __future__ import annotations

import math
import posixpath

from collectors._sudo_commands import Writable, named_in_full, way_to_root
from collectors._sudoers import Default, Grant, Member, Sudoers
from collectors.host.protocol import Host, LookError, NotThere, Unsupported
from hustings.facts import Missing

_PLACES = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local", "/opt", "/etc", "/srv")
STATS = ("/bin/*", "/sbin/*", "/usr/bin/*", "/usr/sbin/*", "/usr/local/*", "/usr/local/*/*", "/opt/*", "/opt/*/*",
         "/opt/*/*/*", "/etc/*", "/etc/*/*", "/srv/*", "/srv/*/*")
"""Where the owners of the commands that rules name are looked at."""


def records(sudoers: Sudoers, grant: Grant, root: str, standing: str, writable: Writable) -> list[dict[str, object]]:
    """One record for each person or group a grant names, also where it only forbids. ``root`` is whom a rule
    without a target means, and ``writable`` says whether others may change a file. Raises ``Fault`` for an
    alias in a loop."""
    users = sudoers.expand("user", grant.users)
    hosts = sudoers.expand("host", grant.hosts)
    commands = sudoers.expand("command", grant.commands)
    targets = None if grant.runas is None else sudoers.expand("runas", grant.runas)
    allowed = [one for one in commands if not one.negated]
    reaches = as_root(targets, root)
    every = any(one.name == "ALL" for one in allowed)
    shared: dict[str, object] = {
        "except": _joined([one for one in users if one.negated]),
        "hosts": _joined(hosts),
        "runas": root if targets is None else _joined(targets) + (f":{_joined(grant.groups)}" if grant.groups else ""),
        "as_root": reaches,
        "commands": _joined(commands),
        "nopasswd": "NOPASSWD" in grant.tags,
        "all_commands": every,
        "breadth": "all" if every else "named",
        "explicit": all(named_in_full(one.name) for one in allowed),
        "way_to_root": _way(allowed, writable) if reaches else "",
        "standing": standing,
        "pattern": any(one.pattern for one in allowed),
        "negated": any(one.negated for one in commands),
        "file": grant.file,
        "line": grant.line,
    }
    return [{"who": one.name, "kind": _kind(one.name), **shared} for one in users if not one.negated]


def as_root(targets: tuple[Member, ...] | None, default: str) -> bool:
    """Whether the rule lets its holder act as root; a later ``!root`` takes it back."""
    if targets is None:
        return default in ("root", "#0", "ALL")
    answer = False
    for target in targets:
        if target.name in ("ALL", "root", "#0"):
            answer = not target.negated
    return answer


def _joined(members: tuple[Member, ...] | list[Member]) -> str:
    return ", ".join(("!" if one.negated else "") + one.name for one in members)


def default_record(default: Default, standing: str) -> dict[str, object]:
    """One ``Defaults`` setting."""
    return {"name": default.name, "value": default.value, "binding": default.binding,
            "minutes": _minutes(default.value), "standing": standing, "file": default.file, "line": default.line}


SETTINGS = ("authenticate", "env_reset", "ignore_dot", "insults", "log_input", "log_output", "logfile", "mail_badpass",
            "noexec", "passwd_timeout", "passwd_tries", "pwfeedback", "requiretty", "rootpw", "runaspw", "secure_path",
            "setenv", "syslog", "targetpw", "timestamp_timeout", "timestamp_type", "umask", "use_pty", "visiblepw")
"""Settings told whether or not they are stated."""


def settings(defaults: list[Default]) -> list[dict[str, object]]:
    """One record for each of ``SETTINGS`` and each that is stated: what holds for everyone (the last one), and
    how many further statements say otherwise, of everyone or of some."""
    found: list[dict[str, object]] = []
    for name in dict.fromkeys((*SETTINGS, *(one.name for one in defaults))):
        stated = [one for one in defaults if one.name == name]
        general = [one for one in stated if not one.binding]
        value = general[-1].value if general else ""
        found.append({"name": name, "value": value, "origin": "stated" if general else "built-in",
                      "contradictions": sum(one.value != value for one in stated)})
    return found


def _minutes(value: str) -> int:
    try:
        return math.ceil(float(value)) if float(value) >= 0 else -1
    except (ValueError, OverflowError):
        return 0


def _kind(who: str) -> str:
    if who == "ALL":
        return "everyone"
    return "group" if who.startswith("%") else "netgroup" if who.startswith("+") else "user"


def _way(allowed: list[Member], writable: Writable) -> str | Missing:
    """The first way to root among the commands; a reason if none is known and one could not be judged."""
    missing: Missing | None = None
    for one in allowed:
        try:
            way = way_to_root(one.name, one.pattern, writable)
        except LookError as error:
            missing = missing or error.missing
            continue
        if way:
            return way
    return missing or ""


def may_be_changed(host: Host, path: str) -> bool:
    """Whether somebody but root may write a file or put another in its place. Raises ``LookError``."""
    if not any(path.startswith(f"{place}/") for place in _PLACES) or path.count("/") > 4:
        raise Unsupported(f"who may change {path} is not looked at")
    try:
        real = host.resolve(path)
    except NotThere:
        real = path
    return any(_open(host, part) for part in (real, *_above(real)))


def _above(path: str) -> list[str]:
    found = []
    while path != "/":
        path = posixpath.dirname(path)
        found.append(path)
    return [one for one in found if one != "/"]


def _open(host: Host, path: str) -> bool:
    try:
        stat = host.stat(path)
    except NotThere:
        return False
    return stat.uid != 0 or bool(stat.mode & 0o002) or bool(stat.mode & 0o020 and stat.gid != 0)

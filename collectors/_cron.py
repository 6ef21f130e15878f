"""What cron runs regularly as root: its tables, and directories of scripts (crontab(5), run-parts(8))."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from collectors.host.protocol import FileKind, Host, list_optional, read_optional

_TABLES = ("/etc/crontab",)
_TABLE_DIRECTORY = "/etc/cron.d"
_ROOTS = ("/var/spool/cron/crontabs/root", "/var/spool/cron/root", "/var/spool/cron/tabs/root")
_SCRIPTS = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly")
READS = (*_TABLES, f"{_TABLE_DIRECTORY}/", *_ROOTS, *(f"{one}/" for one in _SCRIPTS))
_OFTEN = frozenset({"@hourly", "@daily", "@midnight", "@weekly"})
_DAYS = re.compile(r"\*(/[1-7])?")
_SCRIPT_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Job(NamedTuple):
    """A command that runs at least once a week, and the file that says so."""

    place: str
    command: str


def jobs(host: Host) -> list[Job]:
    """Every line of root's weekly or more frequent jobs; a script gives each of its lines that is no comment."""
    found = []
    tables = [*_TABLES, *(f"{_TABLE_DIRECTORY}/{name}" for name in list_optional(host, _TABLE_DIRECTORY)
                          if _SCRIPT_NAME.fullmatch(name))]
    for path in tables:
        found += [Job(path, one) for one in commands(read_optional(host, path) or "", named=True)]
    for path in _ROOTS:
        found += [Job(path, one) for one in commands(read_optional(host, path) or "", named=False)]
    for directory in _SCRIPTS:
        for name in list_optional(host, directory):
            path = posixpath.join(directory, name)
            if _SCRIPT_NAME.fullmatch(name) and _runs(host, path):
                found += [Job(path, line) for line in map(str.strip, host.read(path).splitlines())
                          if line and not line.startswith("#")]
    return found


def commands(text: str, *, named: bool) -> list[str]:
    """The commands of a table that run at least weekly; ``named`` tables name the account before the command,
    and only root's count."""
    found = []
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#") or re.match(r"\w+\s*=", line):
            continue
        if line.startswith("@"):
            when, _, rest = line.partition(" ")
            often = when in _OFTEN
        else:
            *fields, rest = line.split(None, 5) if len(line.split(None, 5)) == 6 else ["", ""]
            often = len(fields) == 5 and _DAYS.fullmatch(fields[2]) is not None and fields[3] == "*"
        if often and named:
            account, _, rest = rest.strip().partition(" ")
            often = account == "root"
        if often and rest.strip():
            found.append(rest.strip())
    return found


def _runs(host: Host, path: str) -> bool:
    seen = host.stat(host.resolve(path)) if host.stat(path).kind is FileKind.LINK else host.stat(path)
    return seen.kind is FileKind.FILE and bool(seen.mode & 0o111)

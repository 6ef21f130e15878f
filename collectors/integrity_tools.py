"""integrity_tools: whether a tool keeps checksums of the system's files, has its database, and is run regularly.

AIDE is read (aide.conf(5)): which database it compares with, whether it is there, and what starts it: root's
cron jobs (timers are among the services). Tripwire and samhain are known by their programs.
"""

from __future__ import annotations

import posixpath
import re
from functools import partial
from typing import Any

from collectors import _cron
from collectors._systemd import entry
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Listing, Platform, Type, gather
from collectors.host.protocol import Host, Unsupported, read_optional
from hustings.declared import Declared

_PROGRAMS = {"/usr/bin/aide": "aide", "/usr/sbin/aide": "aide", "/usr/sbin/tripwire": "tripwire",
             "/usr/sbin/samhain": "samhain"}
_SETTINGS = ("/etc/aide/aide.conf", "/etc/aide.conf")
_CALLED = re.compile(r"(?:^|[\s/;&|(])(aide|aide\.wrapper|tripwire|samhain|aideinit)(?=\s|$)")
_CHECKS = re.compile(r"(?:^|\s)(-C|--check|check|-m)(?=\s|$|[;&|>])")
_DEFINE = re.compile(r"@@define\s+(\S+)\s+(\S+)")
_DATABASE = re.compile(r"(database(?:_in|_out)?)\s*=\s*file:(\S+)")


def databases(text: str) -> dict[str, str]:
    """The paths of the databases in ``aide.conf``: ``current`` (compared with) and ``new`` (written)."""
    variables: dict[str, str] = {match[1]: match[2] for match in map(_DEFINE.match, text.splitlines()) if match}
    found = {}
    for match in filter(None, map(_DATABASE.match, text.splitlines())):
        path = re.sub(r"@@\{(\w+)\}", lambda one: variables.get(one[1], one[0]), match[2])
        found["new" if match[1] == "database_out" else "current"] = path
    return found


def checks(jobs: list[_cron.Job]) -> list[str]:
    """The files of jobs that have an integrity tool compare what is with what was."""
    return sorted({job.place for job in jobs if _CALLED.search(job.command) and (
        _CHECKS.search(job.command) or "aide.wrapper" in job.command)})


def collect(host: Host, declared: Declared) -> Collected:
    """The tool, its database and what starts it."""
    return gather({
        ("integrity.tool",): lambda: {"integrity.tool": _tool(host)},
        ("integrity.databases",): lambda: {"integrity.databases": _databases(host)},
        ("integrity.scheduled",): lambda: {"integrity.scheduled": Listing(checks(_cron.jobs(host)))},
    })


def _tool(host: Host) -> str:
    return next((name for path, name in _PROGRAMS.items() if entry(host, path) is not None), "none")


def _databases(host: Host) -> Any:
    """Which of the databases that AIDE's settings name are there."""
    text = next((text for path in _SETTINGS if (text := read_optional(host, path)) is not None), None)
    if text is None:
        return ABSENT
    there = [kind for kind, path in databases(text).items() if path.startswith("/") and _is_file(host, path)]
    return Listing(sorted(there))


def _is_file(host: Host, path: str) -> bool:
    folder = posixpath.dirname(path)
    if not folder.startswith(("/var/lib/", "/etc/", "/var/spool/")):
        raise Unsupported(f"AIDE's database is at {path}, outside the places that are looked at")
    return entry(host, path) is not None


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="integrity_tools",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("integrity.tool", Type.TEXT, "The tool that notices changed system files: aide, tripwire, samhain or "
                                           "none"),
        _fact("integrity.databases", Type.TEXTS, "Databases of AIDE that are there: current (compared with), new "
                                                 "(written); absent where AIDE has no settings"),
        _fact("integrity.scheduled", Type.TEXTS, "Files of cron that have such a tool compare at least weekly"),
    ),
    collect=collect,
    reads=(*_PROGRAMS, *_SETTINGS, *_cron.READS, "/var/lib/*/*", "/etc/aide/*", "/var/spool/*/*"),
    needs="read root's own table of cron jobs",
)

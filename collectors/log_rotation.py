"""log_rotation: whether log files are turned over before they fill the disk (logrotate.conf(5))."""

from __future__ import annotations

from functools import partial

from collectors import _cron
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Listing, Platform, Type, gather
from collectors.host.protocol import Host, read_optional
from hustings.declared import Declared

_FILE = "/etc/logrotate.conf"
_FREQUENCIES = frozenset({"hourly", "daily", "weekly", "monthly", "yearly"})


def parse(text: str) -> tuple[list[str], int | None]:
    """Every frequency the file names, sorted, and how many old files are kept where nothing else is said."""
    frequencies, kept, depth = set(), None, 0
    for line in map(str.strip, text.splitlines()):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] in _FREQUENCIES and len(words) == 1:
            frequencies.add(words[0])
        elif words[0] == "rotate" and len(words) == 2 and words[1].isdigit() and not depth:
            kept = int(words[1])
        depth += line.count("{") - line.count("}")
    return sorted(frequencies), kept


def collect(host: Host, declared: Declared) -> Collected:
    """What the main file says, and what starts logrotate."""
    return gather({
        ("log_rotation.frequencies", "log_rotation.kept"): lambda: _settings(host),
        ("log_rotation.by_cron",): lambda: {"log_rotation.by_cron": _by_cron(host)},
    })


def _settings(host: Host) -> Collected:
    text = read_optional(host, _FILE)
    if text is None:
        return {"log_rotation.frequencies": Listing([]), "log_rotation.kept": ABSENT}
    frequencies, kept = parse(text)
    return {"log_rotation.frequencies": Listing(frequencies), "log_rotation.kept": ABSENT if kept is None else kept}


def _by_cron(host: Host) -> bool:
    return any("logrotate" in job.command and _FILE in job.command for job in _cron.jobs(host))


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="log_rotation",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("log_rotation.frequencies", Type.TEXTS, "How often log files are turned over, every word of "
                                                      "logrotate.conf: daily, weekly …"),
        _fact("log_rotation.kept", Type.INT, "How many old files are kept where nothing else is said for a log"),
        _fact("log_rotation.by_cron", Type.BOOL, "Whether cron starts logrotate at least weekly"),
    ),
    collect=collect,
    reads=(_FILE, *_cron.READS),
    needs="read root's own table of cron jobs",
)

"""time_sync: who sets this machine's clock, and when it was last compared with another.

chrony is asked (``chronyc -c tracking``, allowed to everyone on the machine), and so is ntpd (``ntpq -c rv``,
the system variables of RFC 9327); systemd-timesyncd leaves
a file whose time of change is its last synchronisation (systemd-timesyncd.service(8)). A machine whose
clock nobody sets is a known answer: ``none``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial

from collectors import processes
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Missing, Platform, Reason, Type
from collectors.host.protocol import Host, LookError, NotThere, Unreadable
from hustings.declared import Declared
from hustings.times import utc_text

_DAEMONS = {"chronyd": "chrony", "systemd-timesyncd": "systemd-timesyncd", "ntpd": "ntpd", "ntpd-rs": "ntpd-rs",
            "ntp-daemon": "ntpd-rs", "ptp4l": "ptp4l"}
_STAMP = "/run/systemd/timesync/synchronized"
_LOCAL_CLOCK = "7F7F0101"
_NO_REFERENCE = "00000000"
_PAIR = re.compile(r"(\w+)=([^,\s]+)")
_SINCE_1900 = 2_208_988_800
_FACTS = ("time.synchronised", "time.last_sync", "time.offset")


def parse_chrony(text: str) -> Collected:
    """Facts from ``chronyc -c tracking`` (chronyc(1): reference id, name, stratum, reference time, offset …).

    A reference to the local clock is not a synchronisation. Raises ``Unreadable``.
    """
    fields = text.strip().split(",")
    if len(fields) != 14:
        raise Unreadable(f"chronyc -c tracking gave {len(fields)} fields, not 14")
    reference, seconds, offset, leap = fields[0], float(fields[3]), float(fields[4]), fields[13]
    if reference in (_LOCAL_CLOCK, _NO_REFERENCE) or leap == "Not synchronised":
        return {"time.synchronised": False, "time.last_sync": ABSENT, "time.offset": ABSENT}
    return {"time.synchronised": True, "time.last_sync": utc_text(datetime.fromtimestamp(seconds, UTC)),
            "time.offset": abs(offset)}


def parse_ntpq(text: str) -> Collected:
    """Facts from ``ntpq -c rv``: leap 3 (11) is an alarm, and a reference to the local clock no synchronisation.

    ``reftime`` counts seconds since 1900 in hexadecimal, ``offset`` milliseconds. Raises ``Unreadable``.
    """
    values = dict(_PAIR.findall(text))
    try:
        leap, reference = values["leap"], values["refid"]
        seconds, offset = int(values["reftime"].partition(".")[0], 16) - _SINCE_1900, float(values["offset"]) / 1000
    except (KeyError, ValueError) as error:
        raise Unreadable(f"ntpq -c rv gave no system variables: {error}") from error
    if leap in ("11", "3") or reference.startswith("127.127.1.") or reference.strip(".") in ("INIT", "LOCL", "STEP"):
        return {"time.synchronised": False, "time.last_sync": ABSENT, "time.offset": ABSENT}
    return {"time.synchronised": True, "time.last_sync": utc_text(datetime.fromtimestamp(seconds, UTC)),
            "time.offset": abs(offset)}


def collect(host: Host, declared: Declared) -> Collected:
    """Find the daemon that runs, and ask it."""
    daemons = sorted(_DAEMONS[name] for name in processes.running(host, _DAEMONS))
    if not daemons:
        return {"time.service": "none", "time.synchronised": False, "time.last_sync": ABSENT, "time.offset": ABSENT}
    try:
        answers = _ask(host, daemons[0])
    except LookError as error:
        answers = dict.fromkeys(_FACTS, error.missing)
    return {"time.service": daemons[0], **answers}


def _ask(host: Host, service: str) -> Collected:
    if service == "chrony":
        return parse_chrony(host.run("chronyc", "-c", "tracking").stdout)
    if service == "ntpd":
        return parse_ntpq(host.run("ntpq", "-c", "rv", "127.0.0.1").stdout)
    silent = Missing(Reason.UNSUPPORTED, f"{service} is not asked for its state")
    if service != "systemd-timesyncd":
        return dict.fromkeys(_FACTS, silent)
    try:
        last = host.stat(_STAMP).mtime
    except NotThere:
        return {"time.synchronised": False, "time.last_sync": ABSENT, "time.offset": ABSENT}
    return {"time.synchronised": True, "time.last_sync": utc_text(last), "time.offset": silent}


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="time_sync",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("time.service", Type.TEXT, "The daemon that sets the clock: chrony, systemd-timesyncd, ntpd … or none"),
        _fact("time.synchronised", Type.BOOL, "Whether the clock is in step with another machine's"),
        _fact("time.last_sync", Type.TIME, "When the clock was last compared with its source"),
        _fact("time.offset", Type.FLOAT, "How far the clock is from its source", unit="seconds"),
    ),
    collect=collect,
    reads=(*processes.READS, _STAMP),
    runs=("chronyc -c tracking", "ntpq -c rv 127.0.0.1"),
)

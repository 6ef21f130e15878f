"""services: what starts by itself on this machine, what is masked, and what runs.

What starts is told from the files of the units (see ``_units``), the same way on a live machine and in an
image; ``systemctl list-units`` adds what runs now.
"""

from __future__ import annotations

from typing import Any

from collectors import _units
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Missing, Platform, Reason, Type
from collectors.host.protocol import Host, LookError, Unreadable
from hustings.declared import Declared

_KINDS = (".service", ".socket", ".timer")
_ASK = ("list-units", "--type=service,socket,timer", "--state=active,activating,reloading", "--plain", "--no-legend",
        "--no-pager", "--full")


def parse_active(text: str) -> frozenset[str]:
    """The names in ``systemctl list-units --plain --no-legend``. Raises ``Unreadable``."""
    names = [line.split()[0] for line in text.splitlines() if line.strip()]
    strange = next((name for name in names if not name.endswith(_KINDS)), None)
    if strange is not None:
        raise Unreadable(f"systemctl list-units said {strange[:80]!r}")
    return frozenset(names)


def collect(host: Host, declared: Declared) -> Collected:
    """Every service, socket and timer that starts, runs or is masked."""
    units = _units.Units(host)
    started = units.started()
    active = _active(host)
    known = active if isinstance(active, frozenset) else frozenset()
    items: list[Any] = []
    for name in sorted(known | set(units.names()) | {one for one in started if one.endswith(_KINDS)}):
        if name.endswith(_KINDS) and (name in started or name in known or units.masked(name)):
            state = units.state(name) or units.state(_units.template(name)) or "transient"
            items.append({"name": name, "state": state, "starts": name in started, "runs": _runs(name, active)})
    return {"services.units": Listing(items)}


def _runs(name: str, active: Any) -> Any:
    return ("yes" if name in active else "no") if isinstance(active, frozenset) else active


def _active(host: Host) -> Any:
    """The names of what is active; ``image`` in an image, where nothing runs; else the reason."""
    if host.kind == "image":
        return "image"
    try:
        output = host.run("systemctl", *_ASK, ok=(0, 1))
        if output.code:
            return Missing(Reason.UNSUPPORTED, output.stderr.strip().splitlines()[0][:120] if output.stderr else "")
        return parse_active(output.stdout)
    except LookError as error:
        return error.missing


COLLECTOR = Collector(
    name="services",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("services.units", Type.RECORDS, "Services, sockets and timers that start at boot or on demand, that run, "
                                             "or that are masked", Disclosure.SHARED, fields=(
            Field("name", Type.TEXT, "Name of the unit, not of an alias: cron.service"),
            Field("state", Type.TEXT, "What systemctl calls it: enabled, disabled, static, masked, generated …"),
            Field("starts", Type.BOOL, "Whether it starts at boot, or when a socket, timer or path does"),
            Field("runs", Type.TEXT, "Whether it is active now: yes or no; image in an image"),
        )),
    ),
    collect=collect,
    reads=_units.READS,
    runs=(" ".join(("systemctl", *_ASK)),),
)

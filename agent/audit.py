"""One audit: look, then judge. Nothing is written, sent or changed."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent.feeds import opened
from collectors import isolate
from collectors.base import Memory
from collectors.discovery import discover
from collectors.host.protocol import Host, LookError
from hustings.declared import KINDS, Declared
from hustings.errors import UsageError
from hustings.facts import Facts, Registry
from hustings.report import Hardware, Inventory, Os, Product
from hustings.verdicts import Result
from policies.conditions import facts_used
from policies.derive.base import derive_all
from policies.derive.base import discover as derivations
from policies.derive.vulnerabilities import FEEDS
from policies.evaluate import SKEW_LIMIT, Context, judge_all
from policies.model import Pack

ALWAYS = ("os.family", "os.id", "os.version", "os.edition", "os.name")
"""Facts looked for in every audit: which fix is advised depends on them."""


@dataclass(frozen=True)
class Audit:
    """What one audit found."""

    host: str
    started: datetime
    seconds: float
    declared: Declared
    pack: Pack
    facts: Facts
    results: list[Result]
    lacking: tuple[str, ...]
    """Privileges that were lacking, in plain words; the facts behind them are unknown."""
    overrides: Mapping[str, Mapping[str, Any]]
    recorded: Recorded | None = None
    """Where it speaks for a recording: whose."""


@dataclass(frozen=True)
class Recorded:
    """A recording that was audited, by its own account."""

    at: datetime
    by: str
    digest: str
    """Of its manifest; "" where it has none, and then nobody can say that it is as it was made."""


def open_host(root: Path | None = None, recorded: Path | None = None) -> Host:
    """This machine, an image's root, or a recording. Raises ``UsageError``, ``Untrusted`` for an altered recording."""
    if root is not None and recorded is not None:
        raise UsageError("--root and --recorded exclude each other", remedy="give one of them")
    if root is not None and not root.is_dir():
        raise UsageError(f"{root} is not a directory", where="--root", remedy="name an existing directory")
    if recorded is not None and not (recorded.is_dir() or recorded.is_file()):
        raise UsageError(f"{recorded} is not a directory or a file", where="--recorded",
                         remedy="name a recording's directory or its .tar")
    if root is not None:
        from collectors.host.image import ImageHost

        return ImageHost(str(root))
    if recorded is not None:
        from collectors.host.recorded import RecordedHost

        return RecordedHost(str(recorded))
    from collectors.host.live import LiveHost

    return LiveHost()


def look(host: Host, declared: Declared, pack: Pack, *, only: Iterable[str] = (),
         cache: dict[str, isolate.Kept] | None = None, feeds: Path | None = None, sweep: bool | None = None,
         memories: Mapping[str, Memory] | None = None) -> tuple[Facts, tuple[str, ...]]:
    """All facts of ``host``, derived ones included, and the privileges that were lacking.

    With ``only`` (ids of checks) just the collectors that those checks rest on are run. ``feeds`` is the store
    of feeds of vulnerabilities, instead of this machine's own. Every file is looked at with ``sweep`` and never
    without it; where it is None, in an image and where ``only`` needs it. ``memories`` is what the last such look
    left.
    """
    collectors = discover(host.platform)
    if names := set(only):
        needed = needed_facts(pack, names)
        collectors = [one for one in collectors if any(fact.id in needed for fact in one.facts)]
    exhaustive = (bool(names) or host.kind != "live") if sweep is None else sweep
    looked = isolate.look(host, collectors, declared, cache=cache, memories=memories, exhaustive=exhaustive)
    with opened(feeds) as store:
        facts = derive_all(looked.facts, declared, {**pack.tables, FEEDS: store}, host.now())
    return facts, tuple(f"{name}: {need}" for name, need in sorted(looked.lacking.items()))


def needed_facts(pack: Pack, checks: Iterable[str]) -> set[str]:
    """The ids of every fact that these checks rest on, through derivations, and of those that name the system."""
    wanted = set(ALWAYS)
    for name in checks:
        check = pack.check(name)
        if check is not None:
            for condition in (check.applies, check.require, check.unknown_when):
                wanted |= facts_used(condition)
    derived = derivations()
    while True:
        more = {name for one in derived if any(fact.id in wanted for fact in one.facts) for name in one.inputs}
        if more <= wanted:
            return wanted
        wanted |= more


def audit(host: Host, declared: Declared, pack: Pack, *, only: Iterable[str] = (),
          overrides: Mapping[str, Mapping[str, Any]] | None = None, skew: timedelta = timedelta(0),
          cache: dict[str, isolate.Kept] | None = None, feeds: Path | None = None, sweep: bool | None = None,
          memories: Mapping[str, Memory] | None = None) -> Audit:
    """Look at ``host`` and judge it by ``pack``. ``skew`` is how far its clock is known to be off."""
    started, clock = host.now(), time.monotonic()
    only = tuple(only)
    facts, lacking = look(host, declared, pack, only=only, cache=cache, feeds=feeds, sweep=sweep, memories=memories)
    context = Context(
        now=host.now(), roles=declared.roles, voting_days=declared.voting_days, overrides=overrides or {},
        declared={kind: tuple(declared.instances(kind)) for kind in KINDS}, clock_ok=abs(skew) <= SKEW_LIMIT,
    )
    results = judge_all(pack, facts, context, only=only)
    return Audit(name_of(host), started, time.monotonic() - clock, declared, pack, facts, results, lacking,
                 overrides or {}, _recorded(host))


def _recorded(host: Host) -> Recorded | None:
    if host.kind != "recorded":
        return None
    from collectors.host.recorded import RecordedHost

    return Recorded(host.now(), host.about.who, host.digest) if isinstance(host, RecordedHost) else None


def name_of(host: Host) -> str:
    """The machine's own name: a label, never an identity."""
    if host.kind == "live":
        import socket

        return socket.gethostname()
    try:
        return host.read("/etc/hostname", limit=4096).strip() or "unnamed"
    except LookError:
        return "unnamed"


def registry() -> Registry:
    """Every fact this installation can collect or derive."""
    return Registry([fact for one in discover() for fact in one.facts]
                    + [fact for one in derivations() for fact in one.facts])


def parse_overrides(settings: Iterable[str], pack: Pack) -> dict[str, dict[str, Any]]:
    """``area/check.parameter=VALUE`` settings as overrides. Raises ``UsageError``."""
    overrides: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        check_id, _, parameter_name = name.rpartition(".")
        check = pack.check(check_id)
        if not equals or check is None or parameter_name not in check.parameters:
            known = [f"{one.id}.{parameter}" for one in pack.checks for parameter in one.parameters]
            from difflib import get_close_matches

            close = ", ".join(get_close_matches(name, known, 3, 0.4)) or "see `hustings policy show CHECK`"
            raise UsageError(f"no parameter {name!r}", where="--set",
                             remedy=f"write area/check.parameter=VALUE; {close}")
        default = check.parameters[parameter_name].default
        overrides.setdefault(check_id, {})[parameter_name] = _typed(text, default, name)
    return overrides


def _typed(text: str, default: Any, name: str) -> Any:
    """``text`` as the kind of value the parameter's default is."""
    from hustings.times import parse_duration

    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text]
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            number = float(text)
            if not math.isfinite(number):
                raise ValueError("not finite")
            return number
        if isinstance(default, list):
            parts = [part.strip() for part in text.replace("|", ",").split(",") if part.strip()]
            return [int(part) for part in parts] if default and isinstance(default[0], int) else parts
        if isinstance(default, str) and _is_duration(default):
            parse_duration(text)
    except (ValueError, KeyError) as error:
        raise UsageError(f"{text!r} is not a value for {name}", where="--set",
                         remedy=f"write a value like its default, {default!r}") from error
    return text


def _is_duration(text: str) -> bool:
    from hustings.times import parse_duration

    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def inventory(facts: Facts) -> Inventory:
    """The report's inventory section: operating system, hardware, and every installed product."""
    seen = facts.get("products.installed")
    listing = seen.listing if seen else None
    products = tuple(Product(name=item["name"], version=item["version"], source=item["source"],
                             upstream=item.get("upstream") or "") for item in (listing.items if listing else ()))
    missing = seen.missing if seen else None
    why = str(missing or (listing.why if listing and listing.why else "") or "")
    return Inventory(os=operating_system(facts), hardware=_hardware(facts), products=products,
                     complete=bool(listing and listing.complete), why=why)


def operating_system(facts: Facts) -> Os:
    return Os(family=_text(facts, "os.family"), id=_text(facts, "os.id"), version=_text(facts, "os.version"),
              edition=_text(facts, "os.edition"), name=_text(facts, "os.name"))


def _hardware(facts: Facts) -> Hardware:
    return Hardware(vendor=_text(facts, "hardware.vendor"), model=_text(facts, "hardware.model"),
                    firmware_version=_text(facts, "hardware.firmware_version"),
                    firmware_date=_text(facts, "hardware.firmware_date"))


def _text(facts: Facts, name: str) -> str:
    seen = facts.get(name)
    return str(seen.value) if seen is not None and seen.known and seen.value is not None else ""

"""What agents report, joined with the list of equipment: one set of assets with one end each. Pure.

Names join (case ignored). The agent sees what the list can only claim, so its word on the operating system wins: it
replaces the end of support that the list's words give, and every other end of the list (certification, the office's
own, expected life) still counts if it comes first. A machine that reports and is on no line is an asset without a
price, which the plan can only keep. Nothing is dropped: what has no end is among ``unmatched``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce

import msgspec

from hustings.report import Inventory
from policies.lifecycle import Kind, Match, Table
from server.elections.days import today as day_of
from server.plan import Rules
from server.plan_needs import Category, Need, found
from server.planning import kinds
from server.planning.model import Asset, EndOfLife, Source, Unmatched
from server.records import Heard, Office

SILENT = timedelta(days=7)
"""After so long a machine that should report is said to be silent."""
SUPPORT = ("support", "lts")
"""``EndOfLife.rule`` of an end that the list's words give and an agent knows better."""
EXTENSION = "extension"
"""Of an end that the maker moved, with evidence: an agent cannot know it."""
HARDWARE = "hardware-life"
WITH_AGENTS = frozenset(("registration database", "backup", "directory", "web", "mail", "pc"))
"""Kinds of equipment that an agent can run on. Certified voting equipment is not among them."""
_KINDS = {
    "registration-db": "registration database", "registration-app": "web", "pollbook": "pollbook",
    "ems": "election management system", "office-workstation": "pc", "campaign-laptop": "pc",
    "directory": "directory", "domain": "web", "backup-server": "backup", "network": "network",
}


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent says of one asset. ``ends`` None: it is not known, and ``why``."""

    agent: str
    host: str
    at: datetime
    system: str
    """Its operating system, as it calls itself."""
    product: str = ""
    """Of the table of support dates, with its ``cycle``; "" where the table does not know it."""
    cycle: str = ""
    ends: EndOfLife | None = None
    hardware: EndOfLife | None = None
    why: str = ""
    """Why it is not known, as ``Unmatched.why`` has it; ``detail`` in words."""
    detail: str = ""
    listed: bool = True
    """Whether a line of the list of equipment is this machine."""


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """Assets and what is not known of them."""

    assets: tuple[Asset, ...]
    unmatched: tuple[Unmatched, ...]
    reported: dict[str, Reported]
    """By asset."""
    silent: tuple[str, ...]
    """Assets that should have an agent and from which nothing was heard of late."""
    batches: tuple[str, ...]
    """Lines of several machines: agents report one by one, so nothing joins them."""


def reported(office: Office, table: Table, now: datetime, rules: Rules | None = None) -> dict[str, Reported]:
    """What the agents of an office say, by the machine's name in lower case. Of several agents of one name the one
    that was heard last speaks; one that was turned off says nothing any more."""
    years = (rules or Rules()).hardware_years
    told: dict[str, Reported] = {}
    heard = [one for one in office.machines if not one.revoked and one.report and one.received]
    for one in sorted(heard, key=lambda one: (one.received or now, one.agent)):
        said = _reported(one, table, day_of(now, office.zone), years)
        if said is not None:
            told[said.host.casefold()] = said
    return told


def choices(told: Mapping[str, Reported]) -> dict[str, tuple[str, str]]:
    """Product and cycle of every machine whose system the table knows, by name in lower case."""
    return {name: (one.product, one.cycle) for name, one in told.items() if one.product}


def join(listed: Sequence[Asset], unmatched: Sequence[Unmatched], told: Mapping[str, Reported], office: Office,
         now: datetime) -> Joined:
    """The assets of ``listed`` (their ends from the list's own words) with what agents say, and every machine that
    no line names."""
    open_questions = {one.asset: one for one in unmatched}
    said: dict[str, Reported] = {}
    assets: list[Asset] = []
    for asset in listed:
        one = told.get(asset.id.casefold())
        if one is None or asset.quantity != 1:
            assets.append(asset)
            continue
        assets.append(_with(asset, one))
        said[asset.id] = one
        if one.ends is not None:
            open_questions.pop(asset.id, None)
        elif asset.ends is None:
            open_questions.setdefault(asset.id, Unmatched(asset.id, one.why, one.detail))
    names = {one.id.casefold() for one in assets if one.id in said}
    taken = {one.id.casefold() for one in assets}
    sites = {one.name.casefold(): one.site for one in office.assets or ()}
    roles = _roles(office)
    for name, one in sorted(told.items()):
        if name in names or name in taken:
            continue
        stranger = msgspec.structs.replace(one, listed=False)
        said[one.host] = stranger
        ends = _earliest(one.ends, one.hardware)
        assets.append(Asset(id=one.host, kind=_kind(roles.get(name, ())), version=one.system,
                            site=sites.get(name, ""), ends=ends))
        if one.ends is None:
            open_questions[one.host] = Unmatched(one.host, one.why, one.detail)
    return Joined(assets=tuple(assets), unmatched=tuple(open_questions.values()), reported=said,
                  silent=_silent(assets, said, office, now),
                  batches=tuple(one.id for one in assets if one.quantity > 1 and _has_agents(one)))


def _reported(heard: Heard, table: Table, today: date, years: int) -> Reported | None:
    report = heard.report
    if report is None or heard.received is None or not isinstance(report.inventory, Inventory):
        return None
    os = report.inventory.os
    here = found(report, report.inventory, table, today, years)
    match = table.system(os.id, os.version, edition=os.edition, name=os.name)
    system = next((one for one in here.needs if one.category is Category.SYSTEM), None)
    hardware = next((one for one in here.needs if one.category is Category.HARDWARE), None)
    ends = _support(system, match, table) if system is not None and isinstance(match, Match) else None
    why, detail = "", ""
    if ends is None:
        why = "dates" if isinstance(match, Match) else str(match.why)
        detail = here.unjudged[0].why if here.unjudged else ""
    return Reported(
        agent=heard.agent, host=report.host, at=heard.received, system=os.name or os.id,
        product=match.product.id if isinstance(match, Match) else "",
        cycle=match.cycle.cycle if isinstance(match, Match) else "", ends=ends,
        hardware=_hardware(hardware, heard.received.date()), why=why, detail=detail)


def _support(need: Need, match: Match, table: Table) -> EndOfLife | None:
    """None for support that has ended on a day nobody gives, or has no announced end."""
    if need.ends is None:
        return None
    source = match.product.source
    return EndOfLife(need.ends, "lts" if need.kind is Kind.LTS else "support",
                     Source(source, table.content.sources[source].looked_up))


def _hardware(need: Need | None, seen: date) -> EndOfLife | None:
    """Hardware whose makers wrote no newer firmware for it since."""
    if need is None or need.ends is None:
        return None
    return EndOfLife(need.ends, HARDWARE, Source(f"firmware of {need.rule}", seen))


def _with(asset: Asset, told: Reported) -> Asset:
    """The asset of a line, its support by the agent's word."""
    ends = asset.ends
    if told.ends is not None:
        if ends is None or ends.rule in SUPPORT:
            ends = told.ends
        elif ends.rule != EXTENSION:
            ends = _earliest(ends, told.ends)
    if asset.purchased is None:
        ends = _earliest(ends, told.hardware)
    return msgspec.structs.replace(asset, version=told.system or asset.version, ends=ends)


def _earliest(*ends: EndOfLife | None) -> EndOfLife | None:
    """The first to come; of two on one day the one given first."""
    return min((one for one in ends if one is not None), key=lambda one: one.day, default=None)


def _silent(assets: Sequence[Asset], said: Mapping[str, Reported], office: Office, now: datetime) -> tuple[str, ...]:
    """Single machines of kinds that agents run on, and what the office declared to report."""
    fresh = {name.casefold() for name, one in said.items() if now - one.at <= SILENT}
    should = {one.id.casefold(): one.id for one in assets if one.quantity == 1 and _has_agents(one)}
    declared = {one.name.casefold(): one.name for one in office.assets or () if one.responsible == "us"}
    return tuple(sorted(name for key, name in {**declared, **should}.items() if key not in fresh))


def _has_agents(asset: Asset) -> bool:
    row = kinds.known(asset.kind)
    return row is not None and row.name in WITH_AGENTS


def _roles(office: Office) -> dict[str, tuple[str, ...]]:
    """What each machine is for: by its enrolment, its report and the office's declaration."""
    found: dict[str, set[str]] = {}
    for one in office.machines:
        if one.report is not None and not one.revoked:
            found.setdefault(one.report.host.casefold(), set()).update((*one.roles, *one.report.roles))
    for asset in office.assets or ():
        found.setdefault(asset.name.casefold(), set()).update(asset.roles)
    return {name: tuple(sorted(roles)) for name, roles in found.items()}


def _kind(roles: Sequence[str]) -> str:
    """The kind of equipment of a machine's roles: the one that weighs most."""
    words = [_KINDS[one] for one in roles if one in _KINDS]
    return reduce(lambda one, other: other if kinds.weight(other) > kinds.weight(one) else one, words, "pc")

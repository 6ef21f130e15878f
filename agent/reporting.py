"""From an audit to the report that leaves the machine."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent import naming
from agent.audit import Audit, inventory
from agent.identity import Identity
from agent.spool import Place
from agent.withholding import disclosed
from hustings import __version__, report
from hustings.errors import UsageError
from hustings.facts import Facts, Reason, Registry, disclose, unknown
from hustings.report import Inventory, Recording, Report, Same, Times

LIMIT = report.MAX_REPORT * 3 // 4
"""Bytes a report is kept below: servers take a little more."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Content(msgspec.Struct, frozen=True):
    """A report's parts that do not depend on its place in the chain."""

    report: Report
    inventory: Inventory
    essence: str


def times(skew: float | None) -> Times:
    """Now, by every clock there is."""
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        boot = ""  # only Linux has one; the contract's field is text
    return Times(wall=datetime.now(UTC), monotonic=round(time.monotonic(), 3), boot_id=boot, skew=skew)


def prepare(audit: Audit, identity: Identity, registry: Registry, skew: float | None) -> Content:
    """The report of an audit, disclosed facts only, not yet in its place."""
    made, section = _made(audit, registry, identity.tenant, identity.agent, times(skew))
    return Content(_fitted(made), section, essence(made, section))


def of_recording(audit: Audit, registry: Registry) -> Report:
    """The report of a recording, disclosed facts only: the server gives it its place, and the name of who brought it.

    Raises ``UsageError`` for what is no recording, or one that cannot be told from an altered one.
    """
    if audit.recorded is None or not audit.recorded.digest:
        raise UsageError("only a recording with a manifest can be reported for a machine without an agent",
                         where="--format report", remedy="give --recorded what the recorder made, as it made it")
    at = audit.recorded.at
    made, _ = _made(audit, registry, "", "", Times(wall=at, monotonic=0.0, boot_id=""))
    who = Recording(audit.recorded.digest, at, _label(audit.recorded.by), "", at)
    return _fitted(msgspec.structs.replace(made, sequence=1, recording=who))


def _made(audit: Audit, registry: Registry, tenant: str, agent: str, when: Times) -> tuple[Report, Inventory]:
    names, trouble = naming.names(audit.facts, audit.declared)
    section = inventory(disclose(audit.facts, registry))
    made = Report(
        schema=report.SCHEMA, tenant=tenant, agent=agent, epoch="", sequence=0, previous=None,
        times=when, agent_version=__version__, pack=audit.pack.digest, host=_label(audit.host),
        roles=audit.declared.roles, inventory=section, facts=disclose(audit.facts, registry, names),
        results=disclosed(audit.results, registry, names), spool=report.Spool(0, 0),
        privileges=(*audit.lacking, *trouble),
        parameters={check: dict(values) for check, values in audit.overrides.items()})
    return made, section


def place(content: Content, where: Place) -> tuple[Report, str]:
    """The report at ``where`` in the chain, its inventory named where the server has it; and its essence."""
    named = report.section_digest(content.inventory)
    section: Inventory | Same = Same(named) if named == where.inventory else content.inventory
    made = msgspec.structs.replace(content.report, epoch=where.epoch, sequence=where.sequence,
                                   previous=where.previous, inventory=section, spool=where.waiting)
    return made, content.essence


def essence(made: Report, section: Inventory) -> str:
    """A digest of what a report says, without times and readings: equal when nothing worth telling changed."""
    said = [
        [(one.check, one.verdict, [(each.subject, each.verdict) for each in one.instances]) for one in made.results],
        made.roles, made.privileges, made.pack, made.parameters, report.section_digest(section)]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]


def _fitted(made: Report) -> Report:
    """``made``, with the largest facts left at home if it is too large to send: their reason says so."""
    size = len(report.encode(made))
    if size <= LIMIT:
        return made
    facts: Facts = dict(made.facts)
    for name in sorted(facts, key=lambda one: -len(msgspec.json.encode(facts[one]))):
        size -= len(msgspec.json.encode(facts[name]))
        facts[name] = unknown(Reason.TRUNCATED, "too large to send")
        if size <= LIMIT:
            break
    return msgspec.structs.replace(made, facts=facts)


def _label(name: str) -> str:
    """A host name fit for a label: 1 to 256 printable characters."""
    return "".join(one if one.isprintable() else "?" for one in name)[:256] or "unnamed"

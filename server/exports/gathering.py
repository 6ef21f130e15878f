"""From the store to the records of an export, for one reader: within an engagement, under its pseudonyms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.engine import Connection

from hustings.verdicts import Result, Verdict
from policies.model import Pack
from server import statements
from server.engagement import Engagement
from server.exports.records import FindingRecord, Reply, ResultRecord
from server.pages.results import withheld
from server.reviewers.known import known
from server.reviewers.names import Names
from server.standing import Standing
from server.statements import Statement
from server.triage import reading
from server.triage.model import Filter, Finding, Order, Unseen


def names_for(connection: Connection, tenant: str, engagement: Engagement | None) -> Names:
    """How a reader sees names."""
    return Names() if engagement is None else Names(engagement, known(connection, tenant))


def findings(connection: Connection, tenant: str, machines: Iterable[Standing], together: Iterable[Result],
             wanted: Filter, now: datetime) -> list[FindingRecord]:
    """Every finding that ``wanted`` finds, by number. ``machines`` and ``together`` say what was found now."""
    names = names_for(connection, tenant, wanted.engagement)
    said = statements.every(connection, tenant)
    standing = {one.heard.agent: one.by_check for one in machines}
    standing[""] = {one.check: one for one in together}
    found = reading.every(connection, tenant, wanted, now)
    return [_finding(one, standing.get(one.agent, {}).get(one.check), said.get(one.number, ()), names)
            for one in sorted(found, key=lambda one: one.number)]


def everything(engagement: Engagement | None = None) -> Filter:
    """A filter that finds all of them, resolved ones too."""
    return Filter(engagement=engagement, states=frozenset(), order=Order.NUMBER)


def results(connection: Connection, tenant: str, machines: Iterable[Standing], pack: Pack,
            engagement: Engagement | None = None) -> list[ResultRecord]:
    """Every result of the machines, within an engagement."""
    names = names_for(connection, tenant, engagement)
    return [_result(one, machine, pack, names)
            for machine in sorted(machines, key=lambda one: one.heard.agent) for one in machine.results
            if engagement is None or engagement.covers(machine.heard.agent, one.catalogue.partition("-")[0])]


def _finding(one: Finding, result: Result | None, said: Iterable[Statement], names: Names) -> FindingRecord:
    title, accepted = one.known.title if one.known else None, one.exemption
    verdict = Verdict.PASS if one.resolved else Verdict.FAIL if one.unseen is Unseen.NO else Verdict.UNKNOWN
    return FindingRecord(
        number=one.number, machine=one.agent, name=one.host, site=one.site, responsible=one.responsible,
        check=one.check, title_en=title.en if title else "", title_fr=title.fr if title else "", row=one.row,
        severity=one.severity.value, state=one.state.value, verdict=verdict.value,
        expected=result.expected if result else "", actual=names.text(result.actual) if result else "",
        reason=names.text(result.reason or "") if result else "", first_failed=one.first_failed, opened=one.opened,
        episode=one.episode, resolved=one.resolved, due=one.due, overdue=one.overdue, owner=one.owner_name,
        false_alarm=one.false_alarm.value, exception=accepted.number if accepted else None,
        exception_reason=names.text(accepted.reason) if accepted else "",
        exception_until=accepted.until.isoformat() if accepted else "",
        statements=[Reply(each.at, each.party,
                          names.person(each.name) if each.party == "office" else names.text(each.name),
                          names.text(each.organisation), names.text(each.text)) for each in said])


def _result(one: Result, machine: Standing, pack: Pack, names: Names) -> ResultRecord:
    check = pack.check(one.check)
    return ResultRecord(
        machine=machine.heard.agent, name=names.host(machine.name), site=names.site(machine.heard.site),
        check=one.check, title_en=check.title.en if check else "", title_fr=check.title.fr if check else "",
        row=one.catalogue, severity=one.severity.value, verdict=one.verdict.value, expected=one.expected,
        actual=names.text(one.actual), reason=names.text(one.reason or ""), received=machine.heard.received,
        valid_until=one.valid_until, attested=withheld(one.facts))

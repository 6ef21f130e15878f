"""What an office says of one machine beside its reports, as far as judging and grading need it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from hustings.verdicts import Result
from policies.model import Pack
from policies.not_applicable import Believed, Declared, believed
from server.elections.model import Election
from server.records import EXCEPTION, NOT_APPLICABLE, Exemption, Office


@dataclass(frozen=True, slots=True)
class Terms:
    """Exemptions that name one asset (in force or not), and the calendar."""

    exemptions: tuple[Exemption, ...] = ()
    voting_days: tuple[date, ...] = ()
    elections: tuple[Election, ...] = ()

    def horizon(self, now: datetime) -> list[datetime]:
        """The moments after ``now`` at which an exemption begins or ends."""
        return [moment for one in self.exemptions for moment in (one.at, one.ends) if moment > now]

    def accepted(self, pack: Pack, now: datetime) -> dict[str, Exemption]:
        """The exception in force for each check. A control that must never fail cannot be accepted to."""
        found: dict[str, Exemption] = {}
        for one in self.exemptions:
            if one.kind == EXCEPTION and one.in_force(now):
                for check in pack.checks:
                    if one.subject in (check.id, check.catalogue) and not check.stop:
                        found.setdefault(check.id, one)
        return found

    def not_applicable(self, results: Iterable[Result], pack: Pack, now: datetime) -> Believed:
        """What of it is believed not to apply."""
        return believed(results, pack, [Declared(one.number, one.subject, bool(one.approved_by))
                                        for one in self.declared(now)])

    def declared(self, now: datetime) -> list[Exemption]:
        """What is declared not to apply at ``now``."""
        return [one for one in self.exemptions if one.kind == NOT_APPLICABLE and one.in_force(now)]


NO_TERMS = Terms()


def terms(office: Office) -> TermsOf:
    """The terms of each machine of an office, looked up by its name whatever its case."""
    by_asset: dict[str, list[Exemption]] = {}
    for one in office.exceptions:
        by_asset.setdefault(one.asset.casefold(), []).append(one)
    return TermsOf(Terms((), office.voting_days, office.elections), {
        asset: Terms(tuple(some), office.voting_days, office.elections) for asset, some in by_asset.items()})


@dataclass(frozen=True, slots=True)
class TermsOf:
    """Looked up with ``of``; an empty name is the office as a whole."""

    usual: Terms
    by_asset: dict[str, Terms]

    def of(self, name: str) -> Terms:
        return self.by_asset.get(name.casefold(), self.usual)

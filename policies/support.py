"""Who keeps an installed product mended, and until when: the rule in force, or why it is not known.

A package that a distribution maintains is supported as long as that distribution supports the
release: Debian mends its own OpenSSL 3.0 after the makers have stopped. Upstream's end is shown
beside it and not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from policies.lifecycle import FREE, End, Kind, Maintainer, Match, Package, Period, Table, Unmatched, latest

LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Support:
    """What is known of one product's support. ``period`` is None where ``why`` says what is missing."""

    product: str
    """The table's id."""
    title: str
    category: str
    version: str
    maintained_by: Maintainer
    period: Period | None
    """The support that every user gets, as far as it reaches."""
    contract: Period | None = None
    """The paid support that could follow."""
    upstream: Period | None = None
    """The makers' own support, where a distribution's is what counts."""
    why: str = ""
    package: str = ""


def of_system(system: Match | Unmatched, kinds: tuple[Kind, ...] = FREE) -> tuple[Period | None, str]:
    """An operating system's support of the accepted kinds, or why it is not known."""
    if isinstance(system, Unmatched):
        return None, system.detail
    period = latest(system.cycle.periods, kinds)
    return period, "" if period else f"{system.title} has no support of the kinds accepted ({', '.join(kinds)})"


def of_package(package: Package, name: str, version: str, system_id: str, system: Match | Unmatched,
               at: date) -> Support:
    """The support of an installed package on a given operating system.

    ``at`` matters for packages that a distribution's LTS does not promise: once the maker's own
    support of the release is over, theirs is not known.
    """
    matched = package.cycle if isinstance(package.cycle, Match) else None
    upstream = latest(matched.cycle.periods, FREE) if matched else None
    contract = latest(matched.cycle.periods, (Kind.PAID,)) if matched else None
    why = _blocked(package, name, system_id)
    period: Period | None = None
    if not why and package.maintained_by is Maintainer.DISTRIBUTION:
        period, why = _of_distribution(package, name, system, at)
        contract = None
    elif not why:
        period, why = upstream, "" if matched else package.cycle.detail  # type: ignore[union-attr]
    return Support(
        product=package.product.id, title=matched.title if matched else package.product.title,
        category=package.product.category, version=version, maintained_by=package.maintained_by, period=period,
        contract=contract, upstream=upstream if package.maintained_by is not Maintainer.VENDOR else None,
        why=why, package=name)


def of_database(table: Table, engine: str, version: str, at: date) -> Support:
    """The support of a database server of which only the version is known, not who packaged it.

    The makers' support suffices. Once it is over, a distribution may still mend the server: not known.
    """
    found = table.cycle(engine, version)
    if isinstance(found, Unmatched):
        return Support(engine, f"{engine} {version}", "database", version, Maintainer.VENDOR, None, why=found.detail)
    period = latest(found.cycle.periods, FREE)
    why = ""
    if period is not None and (period.end is End.OVER or (period.ends is not None and period.ends < at)):
        when = f" on {period.ends}" if period.ends else ""
        why = (f"the makers' support of {found.title} ended{when}, and who packaged the server "
               "is not known from here: run the agent on the database's own machine")
    return Support(found.product.id, found.title, "database", version, Maintainer.VENDOR, None if why else period,
                   latest(found.cycle.periods, (Kind.PAID,)), why=why)


def _blocked(package: Package, name: str, system_id: str) -> str:
    if package.backport:
        return f"{name} comes from backports, which promise no security updates"
    if package.maintained_by is Maintainer.STREAM:
        return f"the distribution ends {name} before the release, on a date the table does not have"
    if package.maintained_by is package.rule.maintained_by and system_id in package.rule.not_covered:
        return f"who mends {name} on {system_id}, and until when, is not in the table"
    return ""


def _of_distribution(package: Package, name: str, system: Match | Unmatched, at: date) -> tuple[Period | None, str]:
    period, why = of_system(system)
    if period is None or period.kind is not Kind.LTS or package.rule.lts_covers:
        return period, why
    assert isinstance(system, Match)
    own = latest(system.cycle.periods, (Kind.VENDOR,))
    if own is None or own.ends is None or own.ends < at:
        return None, f"{period.name or 'long-term support'} of {system.title} does not promise updates of {name}"
    return own, ""

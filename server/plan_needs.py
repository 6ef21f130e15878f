"""What ends on one machine, and what cannot be said of it: its inventory against the table of support dates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from hustings.report import Hardware, Inventory, Report
from hustings.times import parse_time
from policies.lifecycle import FREE, End, Kind, Maintainer, Match, Period, Table
from policies.support import Support, of_package, of_system

_OS_CHECK = "patching/os-supported"
_CONTRACT_CHECKS = ("patching/runtimes-supported", "patching/database-servers-supported",
                    "patching/browser-supported")
_VIRTUAL = ("qemu", "kvm", "vmware", "virtualbox", "virtual machine", "compute engine", "amazon ec2", "xen",
            "openstack", "bochs", "parallels", "bhyve", "firecracker")


class Category(StrEnum):
    """What kind of thing is to be replaced: each has its own lead time."""

    SYSTEM = "system"
    HARDWARE = "hardware"
    DATABASE = "database"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Need:
    """Something on one machine whose support ends, or (hardware) that grows too old."""

    category: Category
    what: str
    kind: Kind | None
    """The kind of support in force; None for hardware, which is judged by its firmware's date."""
    rule: str
    """What that support is called, where it is not simply the maker's."""
    end: End
    ends: date | None
    contract_ends: date | None = None
    """Until when paid support could follow."""
    versions: tuple[str, ...] = field(default=(), compare=False)
    """As installed; two machines with the same need may differ in it."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Something on one machine of which the end of support is not known."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """Everything one machine's inventory gives."""

    needs: tuple[Need, ...]
    unjudged: tuple[Unjudged, ...]
    covered: int
    """Recognised packages that the distribution maintains as long as the operating system."""
    unrecognised: tuple[tuple[str, str], ...]
    """Name and version of the packages the table does not speak of."""


def found(report: Report, inventory: Inventory, table: Table, today: date, hardware_years: int) -> Found:
    """What a machine's last report says of its operating system, hardware and products."""
    kinds, contracts = _accepted(report), _under_contract(report)
    system = table.system(inventory.os.id, inventory.os.version, edition=inventory.os.edition, name=inventory.os.name)
    needs: list[Need] = []
    unjudged: list[Unjudged] = []
    period, why = of_system(system, kinds)
    if isinstance(system, Match) and period is not None:
        paid = None if period.kind is Kind.PAID else _paid(system.cycle.periods)
        needs.append(_need(Category.SYSTEM, system.title, period, paid))
    else:
        unjudged.append(Unjudged(inventory.os.name or inventory.os.id or "operating system", why))
    needs_hardware, why = _hardware(inventory.hardware, hardware_years, today)
    if needs_hardware is None:
        unjudged.append(Unjudged(_machine_name(inventory.hardware), why))
    else:
        needs.append(needs_hardware)
    if not inventory.complete:
        unjudged.append(Unjudged("installed products", inventory.why or "the inventory is not whole"))
    covered = 0
    unrecognised: list[tuple[str, str]] = []
    for product in inventory.products:
        package = table.package(product.source, product.name, product.version)
        if package is None:
            unrecognised.append((product.name, product.version))
            continue
        support = of_package(package, product.name, product.version, inventory.os.id, system, today)
        if support.maintained_by is Maintainer.DISTRIBUTION and support.period is not None:
            covered += 1
        elif support.period is None:
            unjudged.append(Unjudged(f"{support.title} ({support.package})", support.why))
        else:
            needs.append(_of_product(support, contracts))
    return Found(_merged(needs), tuple(dict.fromkeys(unjudged)), covered, tuple(unrecognised))


def _of_product(support: Support, contracts: frozenset[str]) -> Need:
    category = Category.DATABASE if support.category == "database" else Category.PRODUCT
    period = support.period
    assert period is not None
    if support.product in contracts and support.contract is not None:
        period = support.contract
    paid = support.contract.ends if support.contract and period is not support.contract else None
    return _need(category, support.title, period, paid, (support.version,))


def _need(category: Category, what: str, period: Period, paid: date | None, versions: tuple[str, ...] = ()) -> Need:
    return Need(category, what, period.kind, period.name, period.end, period.ends, paid, versions)


def _paid(periods: tuple[Period, ...]) -> date | None:
    return max((one.ends for one in periods if one.kind is Kind.PAID and one.ends), default=None)


def _hardware(hardware: Hardware, years: int, today: date) -> tuple[Need | None, str]:
    """Hardware is due ``years`` after the date of its firmware: no newer firmware came for it since."""
    name = _machine_name(hardware)
    if any(mark in f"{hardware.vendor} {hardware.model}".casefold() for mark in _VIRTUAL):
        return None, "it is a virtual machine; its hardware is its host's, which is not in this inventory"
    try:
        made = parse_time(hardware.firmware_date).date()
    except ValueError:
        return None, "the date of its firmware is not known"
    if made > today + timedelta(days=1):
        return None, f"its firmware is dated {made.isoformat()}, which is still to come"
    due = made.replace(year=made.year + years, day=min(made.day, 28) if made.month == 2 else made.day)
    return Need(Category.HARDWARE, name, None, made.isoformat(), End.DATED, due), ""


def _machine_name(hardware: Hardware) -> str:
    return " ".join(filter(None, (hardware.vendor, hardware.model))) or "hardware"


def _merged(needs: list[Need]) -> tuple[Need, ...]:
    """Each release line once, with every installed version of it."""
    versions: dict[Need, set[str]] = {}
    for one in needs:
        versions.setdefault(one, set()).update(one.versions)
    return tuple(replace(one, versions=tuple(sorted(seen))) for one, seen in versions.items())


def _accepted(report: Report) -> tuple[Kind, ...]:
    """The kinds of support this machine was judged with."""
    own = _parameter(report, _OS_CHECK, "accepted_support")
    known = [str(kind) for kind in Kind]
    return tuple(Kind(one) for one in own if one in known) if isinstance(own, (list, tuple)) else FREE


def _under_contract(report: Report) -> frozenset[str]:
    """The products this machine's office holds a support contract for."""
    lists = [_parameter(report, check, "under_contract") for check in _CONTRACT_CHECKS]
    return frozenset(str(one) for each in lists if isinstance(each, (list, tuple)) for one in each)


def _parameter(report: Report, check: str, name: str) -> object:
    """A parameter as the report gives it, of whatever kind; None where it gives none."""
    own = report.parameters.get(check)
    return own.get(name) if isinstance(own, dict) else None

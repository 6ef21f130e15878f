"""Making the table of support dates from an export of endoflife.date and our recognition rules.

An export maps each product to its title and releases; a release has ``releaseCycle`` and ``eol``
(end of the maker's security support) and may have ``eoes`` (end of an extended support, whose kind
our rules name), each a date, ``false`` (not ended, no date announced) or ``true`` (ended, date unknown).
``eoas`` (end of new features) decides nothing here.

Malformed input is refused; whatever is understood but has no place in the table is noted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from hustings import strict_json, yaml_source
from hustings.errors import BadDocument, PolicyError
from policies.lifecycle import (
    SCHEMA,
    Cycle,
    End,
    Kind,
    Lifecycle,
    Packages,
    Period,
    Product,
    Source,
    System,
)
from policies.model import TABLE_LIMIT

RULES = Path(__file__).parent / "tables" / "recognition.yaml"
SOURCE = "endoflife.date"
_LICENCE = "MIT"


class Extended(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a product's extended support is."""

    kind: Kind
    name: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one product is recognised; see ``policies.lifecycle.Product`` for what is shared with it."""

    category: str
    title: str = ""
    """For products the source does not know."""
    systems: tuple[System, ...] = ()
    packages: tuple[Packages, ...] = ()
    aliases: dict[str, str] = {}
    starts: dict[str, str] = {}
    editions: dict[str, tuple[str, ...]] = {}
    builds: bool = False
    """Whether a release's ``latest`` is the build number that shows it."""
    extended: Extended | None = None


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of ``recognition.yaml``."""

    vendor_marks: tuple[str, ...]
    backport_marks: tuple[str, ...]
    products: dict[str, Rule]


class _Release(msgspec.Struct, frozen=True):
    releaseCycle: str  # noqa: N815 - the source's names
    eol: str | bool
    eoes: str | bool | None = None
    releaseLabel: str = ""  # noqa: N815
    codename: str = ""
    latest: str = ""
    latestReleaseDate: str = ""  # noqa: N815


class _Exported(msgspec.Struct, frozen=True):
    title: str
    releases: tuple[_Release, ...]


@dataclass
class Imported:
    """A table, and everything in the export that found no place in it."""

    table: Lifecycle
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Products of the export that no rule recognises."""


def read_rules(path: Path = RULES) -> Rules:
    """Our recognition rules. Raises ``PolicyError`` with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"cannot be read: {error.strerror}", where=str(path)) from error
    return yaml_source.convert(yaml_source.load(text, str(path), error=PolicyError), Rules, error=PolicyError)


def import_export(path: Path, rules: Rules, *, looked_up: date | None = None) -> Imported:
    """The table an export gives under our rules.

    ``looked_up`` is the day the export was made; without it, the date of the newest release it
    knows, which cannot be later. Raises ``PolicyError`` with file, product, release and remedy.
    """
    export = _read(path)
    dates = [_date(one.latestReleaseDate, f"{path}: {name}") for name, product in export.items()
             for one in product.releases if one.latestReleaseDate]
    if looked_up is None and not dates:
        raise PolicyError("nothing in the export says how old it is", where=str(path),
                          remedy="say when it was made with --looked-up DATE")
    when = looked_up or max(dates)
    if dates and when < max(dates):
        raise PolicyError(f"it knows a release of {max(dates)} and cannot have been made on {when}", where=str(path),
                          remedy="give --looked-up the day the export was made")
    imported = Imported(Lifecycle(
        schema=SCHEMA, version=when.isoformat(), products=(), vendor_marks=rules.vendor_marks,
        backport_marks=rules.backport_marks, sources={SOURCE: Source(SOURCE, _LICENCE, when)}))
    products = [_product(name, rule, export.get(name), imported.notes, str(path))
                for name, rule in rules.products.items()]
    imported.table = msgspec.structs.replace(imported.table, products=tuple(products))
    imported.left_out = sorted(set(export) - set(rules.products))
    return imported


def encode(table: Lifecycle) -> bytes:
    """The table as JSON with one cycle a line, so that a change of a date is a change of a line."""
    head = msgspec.to_builtins(table)
    products = head.pop("products")
    lines = [f" {_json(name)}: {_json(value)}," for name, value in head.items()]
    blocks = []
    for product in products:
        cycles = product.pop("cycles")
        rows = ",\n".join(f"   {_json(cycle)}" for cycle in cycles)
        blocks.append(f"  {_json(product)[:-1]}, \"cycles\": [\n{rows}\n  ]}}" if rows
                      else f"  {_json(product)[:-1]}, \"cycles\": []}}")
    return ("{\n" + "\n".join(lines) + '\n "products": [\n' + ",\n".join(blocks) + "\n ]\n}\n").encode()


def _json(value: Any) -> str:
    return strict_json.dumps(value).decode()


def _read(path: Path) -> dict[str, _Exported]:
    remedy = "give a JSON export that maps products to their title and releases"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"cannot be read: {error.strerror}", where=str(path), remedy="name the export") from error
    try:
        plain = strict_json.loads(data, limit=TABLE_LIMIT)
    except BadDocument as error:
        raise PolicyError(error.what, where=str(path), remedy=remedy) from error
    if not isinstance(plain, dict) or not plain:
        raise PolicyError("not an export of endoflife.date: it maps no products", where=str(path), remedy=remedy)
    export = {}
    for name, value in plain.items():
        try:
            export[name] = msgspec.convert(value, _Exported)
        except msgspec.ValidationError as error:
            raise PolicyError(f"not a product of endoflife.date: {error}", where=f"{path}: {name}",
                              remedy="mend that entry, or export again") from error
    return export


def _product(name: str, rule: Rule, exported: _Exported | None, notes: list[str], path: str) -> Product:
    if exported is None:
        notes.append(f"{name}: the export does not know it; it is recognised but has no dates")
        exported = _Exported(rule.title or name, ())
    cycles: list[Cycle] = []
    for release in exported.releases:
        where = f"{path}: {name} {release.releaseCycle}"
        if any(one.cycle == release.releaseCycle for one in cycles):
            raise PolicyError("this release appears twice", where=where, remedy="keep one of them")
        cycles.append(_cycle(name, rule, release, notes, where))
    unknown = sorted({*rule.aliases.values(), *rule.starts.values()} - {one.cycle for one in cycles})
    if unknown and cycles:
        notes.append(f"{name}: our rules name releases the export does not have: {', '.join(unknown)}")
    return Product(id=name, title=exported.title, category=rule.category, source=SOURCE if cycles else "",
                   cycles=tuple(cycles), systems=rule.systems, packages=rule.packages, aliases=rule.aliases,
                   starts=rule.starts, editions=rule.editions)


def _cycle(name: str, rule: Rule, release: _Release, notes: list[str], where: str) -> Cycle:
    periods = [_period(Kind.VENDOR, release.eol, "", f"{where}: eol")]
    if release.eoes is not None:
        if rule.extended is None:
            notes.append(f"{name} {release.releaseCycle}: it has an extended support, and our rules "
                         "do not say of which kind; left out")
        elif release.eoes != release.eol:
            periods.append(_period(rule.extended.kind, release.eoes, rule.extended.name, f"{where}: eoes"))
    build = ""
    if rule.builds:
        build = release.latest
        if not build:
            notes.append(f"{name} {release.releaseCycle}: it has no build number and cannot be recognised")
    return Cycle(cycle=release.releaseCycle, periods=tuple(periods), label=_label(release), build=build,
                 editions=_editions(name, rule, release, notes))


def _editions(name: str, rule: Rule, release: _Release, notes: list[str]) -> str:
    """The class of editions a release's name ends with."""
    classes = [one for one in rule.editions if one and release.releaseCycle.endswith("-" + one)]
    if rule.editions and not classes and release.releaseCycle.endswith(("-lts", "-iot", "-w", "-e", "-ac", "-sac")):
        notes.append(f"{name} {release.releaseCycle}: our rules do not say which editions these are")
    return max(classes, key=len, default="")


def _label(release: _Release) -> str:
    """The source's label with its two placeholders filled, or a code name beside the cycle."""
    label = release.releaseLabel
    if not label:
        label = f"{release.releaseCycle} ({release.codename})" if release.codename else release.releaseCycle
    label = label.replace("__RELEASE_CYCLE__", release.releaseCycle).replace("__CODENAME__", release.codename)
    return "" if label == release.releaseCycle else label


def _period(kind: Kind, end: str | bool, name: str, where: str) -> Period:
    if end is False:
        return Period(kind, End.OPEN, name=name)
    if end is True:
        return Period(kind, End.OVER, name=name)
    return Period(kind, End.DATED, _date(end, where), name)


def _date(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PolicyError(f"{text!r} is not a date such as 2028-06-30, true or false", where=where,
                          remedy="mend that entry, or export again") from error

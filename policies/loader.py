"""Loading a pack from a directory, refusing every mistake with file, line and remedy.

A pack directory holds ``pack.yaml`` (id, version), ``library/<area>/<check>.yaml`` and
``tables/*.json``. Without tables of its own a pack uses the shipped ones. Loading is for authors
and builds; machines read the compiled form (``policies.pack``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hustings import strict_json, yaml_source
from hustings.declared import KINDS, ROLES, TENANTS
from hustings.errors import BadDocument, PolicyError
from hustings.facts import Registry
from hustings.times import parse_duration
from policies.conditions import Checker, Fault
from policies.example_faults import example_faults
from policies.model import CHECK_LIMIT, PACK_LIMIT, TABLE_LIMIT, Check, Pack, Row

PLATFORMS = ("any", "linux", "debian", "ubuntu", "rhel", "suse", "windows", "macos", *TENANTS)
PLAIN_WORDS = 25
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


class _About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    version: str


def load_directory(root: Path, registry: Registry, *, tables_from: Path | None = None) -> Pack:
    """The pack in ``root``. Raises ``PolicyError`` naming the first faults found (at most ten)."""
    faults, pack = inspect(root, registry, tables_from=tables_from)
    if faults or pack is None:
        shown = faults[:10]
        more = f"\n… and {len(faults) - len(shown)} more" if len(faults) > len(shown) else ""
        if len(faults) == 1:
            raise faults[0]
        raise PolicyError("\n".join(map(str, shown)) + more, where=f"{len(faults)} faults in {root}")
    return pack


def inspect(root: Path, registry: Registry, *,
            tables_from: Path | None = None) -> tuple[list[PolicyError], Pack | None]:
    """Everything that is wrong with the pack in ``root``, and the pack if nothing is."""
    faults: list[PolicyError] = []
    checks: list[Check] = []
    try:
        about = _about(root / "pack.yaml")
        tables = load_tables(root / "tables" if (root / "tables").is_dir() else tables_from or root / "tables")
        rows = catalogue_rows(tables)
    except PolicyError as fault:
        return [fault], None
    known = {row.id for row in rows}
    paths = sorted((root / "library").glob("*/*.yaml"))
    if not paths:
        return [PolicyError("no check found", where=str(root / "library"),
                            remedy="put checks in library/<area>/<check>.yaml")], None
    if len(paths) > CHECK_LIMIT:
        faults.append(PolicyError(f"{len(paths)} checks; the limit is {CHECK_LIMIT}", where=str(root)))
    if sum(path.stat().st_size for path in paths) > PACK_LIMIT:
        faults.append(PolicyError(f"the checks are larger than {PACK_LIMIT} bytes together", where=str(root)))
    for stray in sorted(set((root / "library").rglob("*.y*ml")) - set(paths)):
        faults.append(PolicyError("this file would not be read", where=str(stray),
                                  remedy="move it to library/<area>/<check>.yaml"))
    for path in paths:
        try:
            checks.append(load_check(path, registry, known))
        except PolicyError as fault:
            faults.extend(fault.args[0] if isinstance(fault, _Faults) else [fault])
    if faults:
        return faults, None
    return [], Pack(id=about.id, version=about.version, checks=tuple(checks), rows=rows, tables=tables)


class _Faults(PolicyError):
    """Several faults of one file at once."""

    def __init__(self, faults: list[PolicyError]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.args = (faults,)


def compiled_faults(pack: Pack, data: bytes, where: str) -> None:
    """Hold a compiled pack that came from elsewhere to the loader's rules. Raises ``PolicyError``."""
    remedy = "mend its source and compile it again with `hustings policy pack DIR`"
    try:
        strict_json.loads(data, limit=len(data))
    except BadDocument as error:
        raise PolicyError(f"not a compiled pack: {error.what}", where=where, remedy=remedy) from error
    known = {row.id for row in catalogue_rows(pack.tables)}
    for check in pack.checks:
        for place, what, _ in _check_faults(check, Registry.shipped(), known):
            raise PolicyError(f"{check.id}: {'.'.join(map(str, place))}: {what}", where=where, remedy=remedy)
    if len({check.id for check in pack.checks}) != len(pack.checks):
        raise PolicyError("two checks have the same id", where=where, remedy=remedy)


def load_check(path: Path, registry: Registry, catalogue: set[str]) -> Check:
    """One check from its file. Raises ``PolicyError``; with several faults, all of them."""
    name = f"{path.parent.name}/{path.stem}"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"cannot be read: {error}", where=str(path)) from error
    source = yaml_source.load(text, str(path), error=PolicyError)
    if not isinstance(source.value, dict):
        raise PolicyError("a check is a map", where=str(path), remedy="start with title:")
    if "id" in source.value:
        raise PolicyError("unknown key 'id'", where=source.where(("id",)),
                          remedy="the file's path is its id; remove the line")
    check = msgspec.structs.replace(yaml_source.convert(source, Check, error=PolicyError), id=name)
    faults = [PolicyError(what, where=source.where(place), remedy=remedy)
              for place, what, remedy in _check_faults(check, registry, catalogue)]
    if faults:
        raise _Faults(faults) if len(faults) > 1 else faults[0]
    return check


def _check_faults(check: Check, registry: Registry, catalogue: set[str]) -> Iterator[Fault]:
    """Everything wrong with a well-formed check: (path, what, remedy)."""
    area, _, name = check.id.partition("/")
    if not _NAME.match(area) or not _NAME.match(name):
        yield (), f"the path {check.id!r} is not lower-case words joined by hyphens", "rename the file"
    if check.catalogue not in catalogue:
        yield ("catalogue",), f"{check.catalogue!r} is not a row of the catalogue", "see tables/catalogue.json"
    yield from _choices(check)
    yield from _texts(check)
    yield from _parameters(check)
    found: list[Fault] = []
    part = "require"
    checker = Checker(registry, check.parameters, check.each,
                      lambda path, what, remedy: found.append(((part, *path), what, remedy)))
    for part in ("require", "applies", "unknown_when"):
        condition = getattr(check, part)
        if condition is not None:
            checker.check(condition)
    yield from found
    yield from _scope(check, checker)
    for name in check.parameters:
        if name not in checker.used and not found:
            yield ("parameters", name), f"the parameter {name!r} is used nowhere", "use it or remove it"
    yield from example_faults(check, registry, checker)


def _choices(check: Check) -> Iterator[Fault]:
    for role in check.roles:
        if role not in ROLES:
            yield ("roles",), f"unknown role {role!r}", "use " + ", ".join(ROLES)
    if check.scope not in ("machine", "office"):
        yield ("scope",), f"scope is machine or office, not {check.scope!r}", "leave it out for machine"
    if check.each and check.each not in KINDS:
        yield ("each",), f"nothing of kind {check.each!r} can be declared", "use " + ", ".join(KINDS)
    if check.on_missing not in ("unknown", "fail"):
        yield ("on_missing",), f"on_missing is unknown or fail, never {check.on_missing!r}", "leave it out for unknown"
    try:
        parse_duration(check.max_age)
    except ValueError as error:
        yield ("max_age",), str(error), "write max_age: 26h"
    if not check.fix:
        yield ("fix",), "a check must say how to fix it", "add at least one fix"
    for index, fix in enumerate(check.fix):
        if not (fix.text.en.strip() and fix.text.fr.strip()):
            yield ("fix", index, "text"), "the text of a fix is empty", "write it in both languages"
        if fix.platform not in PLATFORMS:
            yield ("fix", index, "platform"), f"unknown platform {fix.platform!r}", "use " + ", ".join(PLATFORMS)
        if fix.effort not in ("S", "M", "L"):
            yield ("fix", index, "effort"), f"effort is S, M or L, not {fix.effort!r}", "use S, M or L"


def _texts(check: Check) -> Iterator[Fault]:
    for part in ("title", "plain", "why"):
        text = getattr(check, part)
        for language in ("en", "fr"):
            words = getattr(text, language).split()
            if not words:
                yield (part, language), f"{part}.{language} is empty", "write it in both languages"
            if part == "plain" and len(words) > PLAIN_WORDS:
                yield ((part, language), f"{len(words)} words; the plain sentence has at most {PLAIN_WORDS}",
                       "say less")


def _parameters(check: Check) -> Iterator[Fault]:
    for name, parameter in check.parameters.items():
        for days, value in parameter.from_T.items():
            if not (days.isascii() and days.isdigit() and str(int(days)) == days):
                yield (("parameters", name, "from_T"), f"from_T maps days before a voting day, not {days!r}",
                       "write from_T: {90: …}")
            if type(value) is not type(parameter.default):
                yield (("parameters", name, "from_T"), f"{value!r} is not of the default's kind", "use the same kind")


def _scope(check: Check, checker: Checker) -> Iterator[Fault]:
    for fact in sorted(checker.facts):
        if (check.scope == "office") != fact.startswith("office."):
            yield (("scope",), f"a check of scope {check.scope} cannot see {fact}",
                   "office checks see office.* facts alone, and machine checks all others")


def load_tables(directory: Path) -> dict[str, Any]:
    """Every ``*.json`` of a tables directory, by its stem. Raises ``PolicyError``."""
    tables: dict[str, Any] = {}
    size = 0
    for path in sorted(directory.glob("*.json")):
        data = path.read_bytes()
        size += len(data)
        try:
            tables[path.stem] = strict_json.loads(data, limit=TABLE_LIMIT)
        except BadDocument as error:
            raise PolicyError(error.what, where=str(path), remedy=error.remedy or "mend the file") from error
    if size > TABLE_LIMIT:
        raise PolicyError(f"the tables are larger than {TABLE_LIMIT} bytes together", where=str(directory))
    return tables


def catalogue_rows(tables: dict[str, Any]) -> tuple[Row, ...]:
    """The catalogue's rows from its table. Raises ``PolicyError``."""
    if "catalogue" not in tables:
        raise PolicyError("the table catalogue.json is missing", where="tables", remedy="add tables/catalogue.json")
    try:
        return msgspec.convert(tables["catalogue"]["rows"], tuple[Row, ...])
    except (msgspec.ValidationError, KeyError, TypeError) as error:
        raise PolicyError(f"not a catalogue: {error}", where="tables/catalogue.json") from error


def _about(path: Path) -> _About:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PolicyError("no policy pack here: pack.yaml is missing", where=str(path.parent),
                          remedy="name a directory with pack.yaml and library/, or a compiled .json pack") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"cannot be read: {error}", where=str(path)) from error
    source = yaml_source.load(text, str(path), error=PolicyError)
    return yaml_source.convert(source, _About, error=PolicyError)

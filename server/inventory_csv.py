"""The office's inventory as a spreadsheet saves it. Pure: text in, assets out.

Columns ``asset``, ``role``, ``site`` and ``responsible`` (or ``responsible party``), in any order, with
commas or semicolons between, and ``mirror_of`` where an asset mirrors the registration database of another.
Several roles are separated by ``|`` or spaces.
"""

from __future__ import annotations

import csv
import io

from hustings.declared import ROLES
from hustings.errors import ConfigError
from server.store.inventory import RESPONSIBLE, Asset

COLUMNS = ("asset", "role", "site", "responsible")
MIRROR = "mirror_of"
"""The column that need not be there."""
LIMIT = 4 << 20
_EXAMPLE = "the first line reads: asset,role,site,responsible"


def parse(data: bytes, name: str) -> list[Asset]:
    """The assets of a file. Raises ``ConfigError`` with ``name:line`` and what to write instead."""
    if len(data) > LIMIT:
        raise ConfigError(f"{len(data)} bytes; the limit is {LIMIT}", where=name, remedy="split the inventory")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[:error.start].count(b"\n") + 1
        raise ConfigError("not UTF-8 text", where=f"{name}:{line}",
                          remedy='save it as "CSV UTF-8" in the spreadsheet') from error
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",",
                        strict=True)
    found: dict[str, Asset] = {}
    columns: dict[str, int] = {}
    begun = 1
    try:
        for row in reader:
            line, begun = begun, reader.line_num + 1
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not columns:
                columns = _columns(cells, f"{name}:{line}")
                continue
            asset = _asset(cells, columns, line, f"{name}:{line}")
            if asset.asset.lower() in found:
                raise ConfigError(f"{asset.asset!r} stands on line {found[asset.asset.lower()].line} already",
                                  where=f"{name}:{line}", remedy="keep one line for each asset")
            found[asset.asset.lower()] = asset
    except csv.Error as error:
        raise ConfigError(f"not CSV: {error}", where=f"{name}:{begun}",
                          remedy="check the quotes on this line") from error
    if not found:
        raise ConfigError("no assets", where=name, remedy=f"{_EXAMPLE}; then one line for each asset")
    for one in found.values():
        if one.mirror_of and (one.mirror_of.lower() not in found or one.mirror_of.lower() == one.asset.lower()):
            raise ConfigError(f"{one.asset!r} is said to mirror {one.mirror_of!r}, which is no other line of this file",
                              where=f"{name}:{one.line}", remedy="write its primary as it stands under asset")
    return list(found.values())


def _columns(cells: list[str], where: str) -> dict[str, int]:
    if len(cells) == 1 and "\t" in cells[0]:
        raise ConfigError("tabs stand between the columns", where=where,
                          remedy=f"separate the columns with commas; {_EXAMPLE}")
    names = [cell.lower().removesuffix(" party").replace("mirror of", MIRROR) for cell in cells]
    for wanted in COLUMNS:
        if names.count(wanted) != 1:
            raise ConfigError(f"the column {wanted!r} is {'missing' if wanted not in names else 'there twice'}",
                              where=where, remedy=_EXAMPLE)
    for one in names:
        if one not in (*COLUMNS, MIRROR) or names.count(one) != 1:
            raise ConfigError(f"the column {one!r} is not known", where=where, remedy=f"remove it; {_EXAMPLE}")
    return {wanted: names.index(wanted) for wanted in (*COLUMNS, MIRROR) if wanted in names}


def _asset(cells: list[str], columns: dict[str, int], line: int, where: str) -> Asset:
    if len(cells) != len(columns):
        raise ConfigError(f"{len(cells)} cells under {len(columns)} columns", where=where,
                          remedy="put quotes around a cell that holds a separator")
    values = {column: cells[index] for column, index in columns.items()}
    if not values["asset"] or len(values["asset"]) > 256 or not "".join(cells).isprintable():
        raise ConfigError("the asset has no usable name", where=where,
                          remedy="write the machine's host name under asset")
    roles = tuple(dict.fromkeys(values["role"].replace("|", " ").split()))
    for role in roles or ("",):
        if role not in ROLES:
            raise ConfigError(f"{role!r} is not a role", where=where, remedy=f"choose from: {', '.join(ROLES)}")
    responsible = values["responsible"].lower()
    if responsible not in RESPONSIBLE:
        raise ConfigError(f"{values['responsible']!r} is not a responsible party", where=where,
                          remedy=f"choose from: {', '.join(RESPONSIBLE)}")
    return Asset(values["asset"], roles, values["site"], responsible, line, values.get(MIRROR, ""))

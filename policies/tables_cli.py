"""``hustings policy tables``: the dated reference tables of a pack, and making a new one."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import CannotFinish, PolicyError, UsageError

if TYPE_CHECKING:
    from policies.lifecycle import Period, Product, Table
    from policies.tables_import import Imported

PACK = click.option("--pack", "pack_path", type=click.Path(path_type=Path),
                    help="A pack directory or compiled pack instead of the shipped library.")
FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")


@click.group()
def tables() -> None:
    """Support dates: list and show them, or import a newer export."""


@tables.command("list")
@PACK
@FORMAT
def list_(pack_path: Path | None, form: str) -> None:
    """Every product the table of support dates speaks of, and how old its figures are."""
    table = _table(pack_path)
    if form == "json":
        _print_json([{"product": one.id, "title": one.title, "category": one.category, "source": one.source,
                      "cycles": len(one.cycles)} for one in table.products])
        return
    width = max(len(one.id) for one in table.products)
    for one in table.products:
        dates = f"{len(one.cycles)} releases" if one.cycles else "recognised, no dates"
        click.echo(f"{one.id:<{width}}  {one.category:<13} {dates:<22} {one.title}")
    for source in table.content.sources.values():
        click.echo(f"{len(table.products)} products; {source.name} ({source.licence}), "
                   f"looked up on {source.looked_up}")


@tables.command()
@click.argument("product")
@PACK
@FORMAT
def show(product: str, pack_path: Path | None, form: str) -> None:
    """Every release of PRODUCT, its kinds of support, and how it is recognised."""
    table = _table(pack_path)
    found = table.product(product)
    if found is None:
        from difflib import get_close_matches

        close = get_close_matches(product, [one.id for one in table.products], 3, 0.4)
        raise PolicyError(f"the table has no product {product!r}", where="tables/lifecycle.json",
                          remedy=f"did you mean {', '.join(close)}?" if close
                          else "see `hustings policy tables list`")
    if form == "json":
        import msgspec

        _print_json(msgspec.to_builtins(found))
        return
    click.echo(f"{found.title}  ({found.id}, {found.category})")
    for line in _recognised(found):
        click.echo(line)
    width = max((len(one.name) for one in found.cycles), default=0)
    for one in found.cycles:
        click.echo(f"  {one.name:<{width}}  " + "; ".join(_period(period) for period in one.periods))
    if not found.cycles:
        click.echo("  no source gives dates for it: its support reads unknown")


@tables.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path),
              help="Where to write the table (standard output without it).")
@click.option("--rules", type=click.Path(path_type=Path), help="Recognition rules instead of the shipped ones.")
@click.option("--looked-up", type=click.DateTime(["%Y-%m-%d"]),
              help="The day the export was made (without it, the date of the newest release it knows).")
def import_(file: Path, output: Path | None, rules: Path | None, looked_up: datetime | None) -> None:
    """Make the table of support dates from FILE, an export of endoflife.date's products."""
    from policies.tables_import import RULES, encode, import_export, read_rules

    day = looked_up.date() if looked_up else None
    if day is not None and day > date.today():
        raise UsageError(f"{day} has not come yet", where="--looked-up", remedy="give the day the export was made")
    imported = import_export(file, read_rules(rules or RULES), looked_up=day)
    data = encode(imported.table)
    if output is None:
        click.echo(data.decode(), nl=False)
    else:
        _write(output, data)
    for line in _told(imported, output):
        click.echo(line, err=True)


def _told(imported: Imported, output: Path | None) -> list[str]:
    """What was written, and everything that found no place in it."""
    table = imported.table
    count = sum(len(one.cycles) for one in table.products)
    when = next(iter(table.sources.values())).looked_up
    lines = [f"note: {note}" for note in imported.notes]
    if imported.left_out:
        lines.append(f"left out, because no rule recognises them ({len(imported.left_out)}): "
                     + ", ".join(imported.left_out))
    lines.append(f"{len(table.products)} products, {count} releases, looked up on {when}"
                 + (f": {output}" if output else ""))
    return lines


def _write(path: Path, data: bytes) -> None:
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(data)
        scratch.replace(path)
    except OSError as error:
        raise CannotFinish(f"the table cannot be written: {error.strerror}", where=str(path),
                           remedy="name a file in a directory you may write") from error


def _table(pack_path: Path | None) -> Table:
    from policies import pack as packs
    from policies.lifecycle import Table

    return Table.of((packs.load(pack_path) if pack_path else packs.shipped()).tables)


def _recognised(product: Product) -> list[str]:
    lines = [f"  is the system {one.id}" + (f" whose name has {one.name_contains!r}" if one.name_contains else "")
             for one in product.systems]
    for rule in product.packages:
        besides = f", not on {', '.join(rule.not_covered)}" if rule.not_covered else ""
        lines.append(f"  is the {rule.source} package {', '.join(rule.names)}: "
                     f"maintained by the {rule.maintained_by}{besides}")
    return lines


def _period(period: Period) -> str:
    said = {"open": "no end announced", "over": "ended"}.get(period.end, f"until {period.ends}")
    return f"{period.kind}{f' ({period.name})' if period.name else ''} {said}"


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())

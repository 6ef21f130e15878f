"""``hustings plan import``: any list of equipment, previewed, asked about, and written in the published columns."""

from __future__ import annotations

import csv
import os
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hustings.errors import CannotFinish, UsageError

if TYPE_CHECKING:
    from server.planning.inventory import Inventory
    from server.planning.mapping import Mapping
    from server.planning.proposal import Proposal

_SURE = 0.9
"""A guessed column below this must be looked at before its file is written out."""
_SHOWN = 20
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("file", type=_FILE)
@click.option("--mapping", "mapping_file", type=_FILE, help="How the file's columns are to be read (YAML or JSON).")
@click.option("--answers", "answers_file", type=_FILE, help="Answers to questions: CSV of row,column,value.")
@click.option("--write-mapping", type=_FILE, help="Write the mapping that was used, to look at and correct.")
@click.option("--questions", "questions_file", type=_FILE, help="Write the open questions as CSV, to fill in.")
@click.option("--output", "-o", type=_FILE, help="Write the inventory in the published columns.")
@click.option("--sheet", default="", help="The sheet of a workbook, where it has several.")
@click.option("--dates", type=click.Choice(["ask", "earliest"]),
              help="Whether a season, month or year is asked about, or taken as its first day.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day to read it as of; today without it.")
@click.option("--pack", "pack_path", type=click.Path(path_type=Path),
              help="A pack whose support dates to use instead of the shipped ones.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True,
              help="The language of questions and problems.")
def import_inventory(file: Path, mapping_file: Path | None, answers_file: Path | None, write_mapping: Path | None,
                     questions_file: Path | None, output: Path | None, sheet: str, dates: str | None,
                     today: datetime | None, pack_path: Path | None, form: str, language: str) -> None:
    """Read FILE, any list of equipment: show what is sure, ask for the rest, and write an inventory."""
    import msgspec

    from server.planning import answers, canonical_csv, inventory, mapping
    from server.planning.grid import grid
    from server.planning.proposal import of

    source = grid(content(file), file.name)
    proposal = of(source, sheet=sheet)
    chosen: Mapping | None = None
    if mapping_file is not None:
        chosen = mapping.read(content(mapping_file), mapping_file.name)
    elif not proposal.canonical:
        chosen = proposal.mapping
        _refuse_doubtful(proposal, output)
    if chosen is not None and sheet:
        chosen = msgspec.structs.replace(chosen, sheet=sheet)
    if chosen is not None and dates:
        chosen = msgspec.structs.replace(chosen, dates=dates)
    given = answers.read(content(answers_file), answers_file.name) if answers_file else None
    made = inventory.of(source, _table(pack_path), today.date() if today else date.today(), mapping=chosen,
                        answers=given)
    if write_mapping is not None and chosen is not None:
        write(write_mapping, mapping.write(chosen))
    if questions_file is not None:
        write(questions_file, questions_csv(made, language))
    if form == "json":
        record = _record(made, proposal, chosen, language)
        click.echo(msgspec.json.format(msgspec.json.encode(record), indent=2).decode())
    else:
        for line in _told(made, proposal, chosen, language):
            click.echo(line)
    made.whole()
    if output is not None:
        write(output, canonical_csv.write(made.entries))


def content(path: Path) -> bytes:
    """A file's bytes, no more than may be read. Raises ``CannotFinish`` or ``TooLarge``."""
    from server.planning.decoding import LIMIT, check_size

    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise CannotFinish(f"cannot be read: {error.strerror}", where=str(path), remedy="name a file") from error
    check_size(data, str(path))
    return data


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(text.encode())
        scratch.replace(path)
    except OSError as error:
        raise CannotFinish(f"cannot be written: {error.strerror}", where=str(path),
                           remedy="name a file in a directory you may write") from error


def questions_csv(made: Inventory, language: str) -> str:
    """The open questions as a file of answers: fill in ``value``."""
    import io

    from server.planning.canonical_csv import inert

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["row", "column", "value", "was", "question", "proposals"])
    for one in made.questions:
        writer.writerow([inert(text) for text in (str(one.row), one.column, "", one.value, one.said(language),
                                                  " | ".join(one.proposals))])
    return out.getvalue()


def _refuse_doubtful(proposal: Proposal, output: Path | None) -> None:
    doubtful = [one.header for one in proposal.columns if one.field and one.confidence < _SURE]
    if output is not None and (doubtful or not proposal.mapping.columns):
        raise UsageError("what these columns hold is not sure: " + (", ".join(doubtful) or "none is recognised"),
                         where=proposal.name,
                         remedy="write the guess with --write-mapping FILE, correct it, and give it with "
                                "--mapping FILE")


def _table(pack_path: Path | None) -> Any:
    from policies import pack as packs
    from policies.lifecycle import Table

    return Table.of((packs.load(pack_path) if pack_path else packs.shipped()).tables)


def _told(made: Inventory, proposal: Proposal, chosen: Mapping | None, language: str) -> list[str]:
    from server.planning.row_problem import short

    lines = []
    if chosen is not None:
        lines.append(f"columns of {made.name}" + (f", sheet {chosen.sheet}" if chosen.sheet else "")
                     + f", names on row {chosen.header_row}:")
        lines += [f"  {field:<13} <- {', '.join(of)}" for field, of in chosen.columns.items()]
    lines += [f"note: {one.said(language)}" for one in made.notes]
    asked: dict[tuple[str, str, str, tuple[str, ...]], list[int]] = {}
    for one in made.questions:
        asked.setdefault((one.column, one.value, one.said(language), one.proposals), []).append(one.row)
    for (column, _, asks, proposals), rows in sorted(asked.items(), key=lambda one: (-len(one[1]), one[0]))[:_SHOWN]:
        places = ", ".join(map(str, rows[:5])) + (", …" if len(rows) > 5 else "")
        lines.append(f"ask: {column}, row {places}: {asks}" + (f" [{' | '.join(proposals)}]" if proposals else "")
                     + (f" ({len(rows)} rows)" if len(rows) > 1 else ""))
    if len(asked) > _SHOWN:
        lines.append(f"… and {len(asked) - _SHOWN} more questions; write them all with --questions FILE")
    why = Counter(one.why for one in made.unmatched)
    ends = sum(1 for one in made.assets if one.ends)
    units = sum(one.quantity for one in made.assets)
    lines.append(f"{made.rows} rows: {len(made.assets)} assets ({units} units), {ends} with an end; "
                 f"{len(made.questions)} open questions, {made.held_back} rows held back, {made.left_out} left out")
    if why:
        lines.append("not matched: " + ", ".join(f"{count} for the {code}" for code, count in sorted(why.items())))
    for each in made.unmatched[:5]:
        near = "; ".join(f"{guess.title} ({guess.product}/{guess.cycle})" for guess in each.guesses[:3])
        lines.append(f"  {short(each.asset)}: {short(each.detail, 200)}" + (f" [{near}]" if near else ""))
    return lines


def _record(made: Inventory, proposal: Proposal, chosen: Mapping | None, language: str) -> dict[str, Any]:
    import msgspec

    return {
        "schema": "hustings.import/1", "file": made.name, "encoding": made.encoding,
        "encoding_sure": made.encoding_sure, "mapping": msgspec.to_builtins(chosen) if chosen else None,
        "columns": [msgspec.to_builtins(one) for one in proposal.columns],
        "rows": made.rows, "held_back": made.held_back, "left_out": made.left_out,
        "assets": [msgspec.to_builtins(one) for one in made.entries],
        "questions": [{"row": one.row, "column": one.column, "field": one.field, "value": one.value,
                       "asks": one.said(language), "proposals": list(one.proposals), "holds_back": one.holds_back}
                      for one in made.questions],
        "problems": [{"line": one.line, "column": one.column, "what": one.said(language)[0],
                      "fix": one.said(language)[1]} for one in made.problems],
        "notes": [one.said(language) for one in made.notes],
        "unmatched": [msgspec.to_builtins(one) for one in made.unmatched],
    }

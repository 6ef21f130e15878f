"""``hustings access review``: the difference as it stands, with its hash, for the signed quarterly review."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import CannotFinish, Exit, UsageError

if TYPE_CHECKING:
    from policies.access.difference import Difference

PLACE = click.Path(path_type=Path)
SCHEMA = "hustings.access-review-sheet/1"


@click.command()
@click.option("--model", type=PLACE, required=True, help="The access model.")
@click.option("--by", required=True, metavar="PERSON", help="Who goes through it and will sign.")
@click.option("--dsn-env", default="", metavar="NAME",
              help="The environment variable that holds the address, instead of the model's.")
@click.option("--usage", type=PLACE, metavar="STORE", help="What `hustings access usage` kept, where the audit of the "
              "machine has one too.")
@click.option("--output", type=PLACE, help="Write the difference to this new file: its SHA-256 is the hash.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def review(ctx: click.Context, model: Path, by: str, dsn_env: str, usage: Path | None, output: Path | None,
           form: str) -> None:
    """The difference between declared and effective rights as it stands, with its hash, to be gone through and signed.

    What is signed is the hash: of the model, every right in excess or missing, every anomaly, and what could not be
    read. It changes when one of them does, and a signature under another hash is void. The signature itself is put
    on the server, on the page of the database.

    Exit code: 3 if something could not be read (a review of what is not known is none), else 0.
    """
    import sys

    from agent.access.diff_model import compare
    from policies.access import canonical

    if not by.strip() or not by.isprintable():
        raise UsageError("whoever reviews has a name", where="--by", remedy="give --by PERSON")
    difference = compare(model, dsn_env=dsn_env, usage=usage)
    lines = list(canonical.lines(difference.model, difference.state, difference.rows(), difference.anomalies,
                                 difference.unread))
    hashing = canonical.Hashing()
    for line in lines:
        hashing.add(line)
    if output is not None:
        _write(output, lines)
    said = _as_json if form == "json" else _as_text
    click.echo(said(difference, lines, hashing.hex, by.strip(), output))
    if difference.unread:
        sys.stdout.flush()
        ctx.exit(int(Exit.CANNOT))


def _as_json(difference: Difference, lines: list[bytes], digest: str, by: str, output: Path | None) -> str:
    import msgspec

    counts = _counts(lines)
    document = {"schema": SCHEMA, "engine": difference.state.engine, "database": difference.state.database,
                "model": difference.model.digest, "as_of": difference.state.as_of, "by": by,
                "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "difference": digest, **counts,
                "lines": [msgspec.json.decode(line) for line in lines[1:]]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _as_text(difference: Difference, lines: list[bytes], digest: str, by: str, output: Path | None) -> str:
    import msgspec

    counts = _counts(lines)
    said = [f"Access review of {difference.state.database} ({difference.state.engine}), as it was at "
            f"{difference.state.as_of}, for {by}", ""]
    for line in lines[1:]:
        kind, *rest = msgspec.json.decode(line)
        said.append(_line(kind, rest))
    if len(lines) == 1:
        said.append("Every account holds exactly what the model declares, and nothing else was found.")
    said += ["", f"{counts['excess']} in excess, {counts['missing']} missing, {counts['anomalies']} anomalies, "
             f"{counts['unread']} rows of the catalogue not read", f"sha256 {digest}"]
    if output is not None:
        said.append(f"written to {output}: `sha256sum {output}` gives the same")
    said += ["", "next: sign this hash on the database's page of the server, or at its console"]
    return "\n".join(said)


def _line(kind: str, rest: list[str | None]) -> str:
    if kind == "anomaly":
        row, name, account = rest
        return "  ".join(filter(None, ("anomaly ", row, account, name)))
    if kind == "unread":
        return f"unread    {rest[0]}"
    account, name, what, column, right = rest
    return f"{kind:<8}  {account}  {right}{f'({column})' if column else ''}  {name}  ({what})"


def _counts(lines: list[bytes]) -> dict[str, int]:
    kinds = Counter(line[2:line.index(b'"', 2)].decode() for line in lines[1:])
    return {name: kinds[word] for name, word in (("excess", "excess"), ("missing", "missing"),
                                                 ("anomalies", "anomaly"), ("unread", "unread"))}


def _write(path: Path, lines: list[bytes]) -> None:
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.writelines(lines)
    except FileExistsError as error:
        raise UsageError("there is such a file already", where=str(path), remedy="name a new file") from error
    except OSError as error:
        raise CannotFinish(f"cannot be written: {error.strerror}", where=str(path),
                           remedy="name a file in a directory that you may write") from error

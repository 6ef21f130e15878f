"""Log lines written as the servers write them, for tests of single rules."""

from __future__ import annotations

from pathlib import Path

from collectors.statement_log.names import Names
from collectors.statement_log.reader import Reading, read_logs
from collectors.statement_log.store import load
from hustings.access.usage import Usage


def csv_line(
    message: str,
    *,
    at: str = "2026-11-22 09:00:00.000 UTC",
    user: str = "jdoe",
    session: str = "6b02bc75.5543",
    number: int = 5,
    severity: str = "LOG",
    state: str = "00000",
    detail: str = "",
    query: str = "",
    host: str = "10.1.1.9:53020",
    columns: int = 26,
) -> str:
    """One record of csvlog, with as many columns as the version has: 23, 24 or 26."""

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if text else ""

    fields = [
        at,
        quoted(user),
        quoted("vr"),
        "21827",
        quoted(host),
        session,
        str(number),
        quoted("idle"),
        "2026-11-22 08:00:00 UTC",
        "3/5",
        "0",
        severity,
        state,
        quoted(message),
        quoted(detail),
        "",
        "",
        "",
        "",
        quoted(query),
        "",
        "",
        quoted("app"),
        quoted("client backend"),
        "",
        "0",
    ]
    return ",".join(fields[:columns]) + "\n"


def read(
    tmp_path: Path,
    text: str | bytes,
    *,
    name: str = "pg.csv",
    names: Names | None = None,
    zone: str = "",
    prefix: str = "",
    gap: float = 26.0,
) -> tuple[Reading, Usage]:
    """What a log of this content tells, in a store of its own."""
    log, store = tmp_path / name, tmp_path / f"{name}.db"
    log.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_logs((log,), store, names=names, zone=zone, prefix=prefix), load(store, gap_hours=gap)


def used(told: Usage) -> set[tuple[str, str, str | None, str]]:
    return {(one.account, one.object, one.column, one.right) for one in told.uses if one.right != "USAGE"}

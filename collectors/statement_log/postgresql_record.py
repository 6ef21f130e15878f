"""What one record of a PostgreSQL log says, whatever format it stood in.

The messages are those of ``log_statement``, ``log_min_duration_statement``, ``log_connections`` and pgaudit, in
English (``lc_messages``): postgres.c, ``exec_simple_query`` and ``exec_execute_message``; pgaudit's README, "Format".
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from collectors.statement_log.derive import split_name, unwrapped
from collectors.statement_log.tally import AUDIT, LOG, SLOW, Tally

_FIELDS = 8
"""Of an audit line, up to the statement; parameters and rows follow."""
_QUIET = ("LOG", "INFO", "NOTICE", "WARNING", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5")
_RIGHTS = {
    "SELECT": "SELECT",
    "INSERT": "INSERT",
    "UPDATE": "UPDATE",
    "DELETE": "DELETE",
    "TRUNCATE TABLE": "TRUNCATE",
    "EXECUTE": "EXECUTE",
    "COPY": "SELECT",
}
"""pgaudit's commands that say by themselves which right was used."""
_FASTEST = 1.0
"""Milliseconds. A duration below it was logged: then the threshold is zero, and every statement is in the log."""


@dataclass(slots=True)
class Notes:
    """What was seen of the log as a whole."""

    statements: int = 0
    """Lines that speak of a statement."""
    connections: int = 0
    truncated: int = 0


def record(
    tally: Tally,
    notes: Notes,
    *,
    session: str,
    account: str,
    database: str,
    host: str,
    time: str,
    number: str,
    severity: str,
    state: str,
    message: str,
    detail: str,
    query: str,
) -> None:
    """One record. ``number`` is its place in its session, empty where the log does not say."""
    tally.line(time)
    if not account:
        return
    if tally.only and database != tally.only:
        if message.startswith("connection authorized: ") or (number == "1" and severity != "FATAL"):
            tally.signed_in(account, host, time)
        return
    if message.startswith("statement: "):
        sql = message[11:]
        if detail.startswith("prepare: "):
            sql = unwrapped(detail[9:].strip())
        notes.statements += 1
        tally.statement(session, account, database, time, sql, LOG)
    elif message.startswith("execute "):
        notes.statements += 1
        tally.statement(session, account, database, time, message.partition(": ")[2], LOG)
    elif message.startswith("duration: "):
        _slow(tally, notes, session, account, database, time, message, detail)
    elif message.startswith("AUDIT: "):
        notes.statements += 1
        audit(tally, session, account, database, time, message[7:])
    elif message.startswith("disconnection: "):
        tally.end(session)
    elif message.startswith("connection authorized: "):
        notes.connections += 1
        tally.signed_in(account, host, time)
        return
    elif severity not in _QUIET:
        tally.refused(session, database, state or _state_of(message), query)
        if severity == "FATAL":
            return
    if number == "1" and severity != "FATAL":
        tally.signed_in(account, host, time)


def _slow(
    tally: Tally, notes: Notes, session: str, account: str, database: str, time: str, message: str, detail: str
) -> None:
    length, _, rest = message[10:].partition(" ms  ")
    if not rest:
        return
    kind, _, sql = rest.partition(": ")
    if kind.startswith(("parse ", "bind ")):
        return
    if detail.startswith("prepare: "):
        sql = unwrapped(detail[9:].strip())
    notes.statements += 1
    try:
        if float(length) < _FASTEST:
            tally.covers.add(f"{SLOW}:every")
    except ValueError:
        return
    tally.statement(session, account, database, time, sql, SLOW)


def audit(tally: Tally, session: str, account: str, database: str, time: str, text: str) -> None:
    """A line of pgaudit: ``SESSION,1,1,READ,SELECT,TABLE,vr.voters,select …,<not logged>``."""
    fields = _fields(text)
    if len(fields) < _FIELDS:
        return
    kind, number, part, group, command, _, label, sql = fields[:_FIELDS]
    if group == "MISC" or group == "MISC_SET":
        if not sql.startswith("<"):
            tally.misc(session, sql)
        return
    if group == "FUNCTION" and command == "EXECUTE" and label:
        tally.covers.add(f"{AUDIT}:function")
        tally.direct(session, account, time, _plain(label), "EXECUTE")
        return
    if command in ("PREPARE", "DECLARE CURSOR", "EXECUTE"):
        return
    if sql.startswith("<"):
        tally.covers |= {f"{AUDIT}:{group.lower()}"} if kind == "SESSION" else set()
        if label and command in _RIGHTS:
            tally.direct(session, account, time, _plain(label), _RIGHTS[command])
        return
    if kind == "SESSION":
        tally.covers.add(f"{AUDIT}:{group.lower()}")
    tally.audited(session, account, database, time, unwrapped(sql.strip()), number, part != "1")


def _plain(label: str) -> str:
    schema, name = split_name(label)
    return f"{schema}.{name}" if schema else name


def _fields(text: str) -> list[str]:
    """The fields of an audit line, of which only those with a comma, a quote or a line end are in quotes."""
    head = text.split(",", _FIELDS - 1)
    if len(head) < _FIELDS or any('"' in one for one in head[:-1]):
        return next(csv.reader(io.StringIO(text, newline="")), [])
    if head[-1].startswith('"'):
        return [*head[:-1], *next(csv.reader(io.StringIO(head[-1], newline="")))]
    return [*head[:-1], head[-1].partition(",")[0]]


def _state_of(message: str) -> str:
    """The SQLSTATE class of an error whose log does not hold it."""
    message = re.sub(r" at character \d+$", "", message)
    refused = (
        "permission denied",
        "must be owner",
        "syntax error",
        "must be superuser",
        "current transaction is aborted",
    )
    if (
        message.startswith(refused)
        or message.endswith(("does not exist", "is ambiguous"))
        or "row-level security" in message
    ):
        return "42"
    return ""

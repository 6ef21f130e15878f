"""MySQL's audit logs as JSON: that of MySQL Enterprise, and Percona's.

Written from their documentation, without a server to hold it against: MySQL 8.4 Reference Manual, "Audit Log File
Formats" (an array of events, whose ``general_data`` has the query), and Percona Server, "Audit Log Plugin"
(``audit_record`` with ``sqltext``, one a line).
"""

from __future__ import annotations

import json
import re
from typing import Any

from collectors.statement_log.tally import Tally
from hustings.access.rights import MYSQL

_OBJECT_END = re.compile(rb"\}\s*,?\s*\n")
_USER = re.compile(r"([^\[@\s]*)(?:\[[^\]]*\])?\s*@\s*(\S*)\s*(?:\[([^\]]*)\])?")


class AuditJson:
    """Reads both forms."""

    name = "audit_json"

    def __init__(self, engine: str = "") -> None:
        self.engine = engine or MYSQL

    def cut(self, data: bytes, *, last: bool) -> int:
        """To the end of the last event whose braces are closed at a line's end."""
        end = len(data) if last else 0
        for found in _OBJECT_END.finditer(data, max(0, len(data) - 256 * 1024)):
            end = found.end()
        if end == 0:
            for found in _OBJECT_END.finditer(data):
                end = found.end()
        return self._whole(data, end)

    def _whole(self, data: bytes, end: int) -> int:
        """An event over several lines has inner braces at line ends too: back to where all are closed."""
        rest = end
        while rest:
            _, used = _events(data[:rest].decode("utf-8", "replace"))
            if used >= 0:
                return rest
            rest = data.rfind(b"}", 0, rest - 1) + 1 if b"}" in data[: rest - 1] else 0
        return 0

    def feed(self, data: bytes, tally: Tally) -> int:
        events, rest = _events(data.decode("utf-8", "replace"))
        for one in events:
            record = one.get("audit_record")
            if isinstance(record, dict):
                self._percona(record, tally)
            else:
                self._enterprise(one, tally)
        return int(rest < 0)

    def _percona(self, one: dict[str, Any], tally: Tally) -> None:
        time = _time(one.get("timestamp"))
        if not time:
            return
        tally.line(time)
        found = _USER.search(str(one.get("user", "")))
        user = found.group(1) if found else str(one.get("user", ""))
        host = str(one.get("host") or (found.group(2) if found else "") or one.get("ip") or "")
        self._event(
            tally,
            time,
            user,
            host,
            str(one.get("connection_id", "")),
            str(one.get("name", "")),
            _number(one.get("status")),
            str(one.get("db", "")),
            one.get("sqltext"),
        )

    def _enterprise(self, one: dict[str, Any], tally: Tally) -> None:
        time = _time(one.get("timestamp"))
        if not time:
            return
        tally.line(time)
        account = one.get("account") or one.get("login") or {}
        general, connection = one.get("general_data") or {}, one.get("connection_data") or {}
        name = {"connect": "Connect", "disconnect": "Quit"}.get(str(one.get("event")), str(general.get("command", "")))
        if one.get("class") == "general" and one.get("event") not in (None, "status"):
            return
        self._event(
            tally,
            time,
            str(account.get("user", "")),
            str(account.get("host", "")),
            str(one.get("connection_id", "")),
            name,
            _number(general.get("status", connection.get("status"))),
            str(connection.get("db", "")),
            general.get("query"),
        )

    def _event(
        self,
        tally: Tally,
        time: str,
        user: str,
        host: str,
        connection: str,
        name: str,
        status: int,
        database: str,
        sql: object,
    ) -> None:
        from collectors.statement_log.server_audit import REFUSED

        account = f"{user}@{host}"
        key = f"{account}/{connection}"
        if name == "Connect":
            if not status:
                tally.signed_in(account, host, time)
                tally.default(key, database)
        elif name == "Quit":
            tally.end(key)
        elif name == "Init DB" and isinstance(sql, str):
            tally.default(key, sql)
        elif name in ("Query", "Execute") and isinstance(sql, str) and user and str(status) not in REFUSED:
            tally.done(key, account, database or tally.database(key), time, sql)


def _events(text: str) -> tuple[list[dict[str, Any]], int]:
    """Every object in an array or one after another, and where reading ended; -1 when the last has no end."""
    decoder, at, found = json.JSONDecoder(strict=False), 0, list[dict[str, Any]]()
    while True:
        while at < len(text) and text[at] in " \t\r\n,[]\ufeff":
            at += 1
        if at >= len(text):
            return found, at
        try:
            one, at = decoder.raw_decode(text, at)
        except ValueError:
            return found, -1
        if isinstance(one, dict):
            found.append(one)


def _number(value: object) -> int:
    """A status; one that is no number stands for a failure of no known kind."""
    text = str(value or 0)
    return int(text) if text.isdigit() else -1


def _time(value: object) -> str:
    text = str(value or "").replace("T", " ")
    return text if re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text) else ""

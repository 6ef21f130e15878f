"""MariaDB's server_audit: its file, and the lines it writes to syslog.

MariaDB documentation, "MariaDB Audit Plugin - Log Format": ``timestamp,serverhost,username,host,connectionid,
queryid,operation,database,object,retcode``; through syslog the time and the host come from syslog. The object of a
QUERY is the statement in quotes, escaped with backslashes. TABLE events count only in a log without QUERY events.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from collectors.statement_log.tally import Tally
from collectors.statement_log.tokens import CUT
from hustings.access.rights import MARIADB

_FILE = re.compile(r"\d{8} \d\d:\d\d:\d\d,")
_SYSLOG = re.compile(
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) "
    r"\S+ mysql-server_auditing(?:\[\d+\])?: ?(?P<rest>.*)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "0": "\0", "Z": "\x1a"}
REFUSED = frozenset(
    {
        "1044",
        "1045",
        "1046",
        "1049",
        "1051",
        "1054",
        "1064",
        "1109",
        "1142",
        "1143",
        "1146",
        "1149",
        "1227",
        "1290",
        "1305",
        "1347",
        "1370",
        "1410",
        "1419",
        "1698",
        "1959",
    }
)
"""Codes of statements that did nothing: denied, unknown, malformed (MariaDB documentation, "Error Codes")."""
_SYSTEM = frozenset({"mysql", "performance_schema", "information_schema", "sys"})
_FIELDS = 9
_CUT = (1023, 1024)
"""Bytes, as escaped, of a statement that was cut at the default of ``server_audit_query_log_limit``."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def looks_like(text: str) -> bool:
    """Whether a log begins like one of server_audit."""
    return _FILE.match(text) is not None or any(_SYSLOG.match(one) for one in text.split("\n", 200)[:200])


class ServerAudit:
    """Reads server_audit. ``written``: when the file was last written, for syslog's times without a year."""

    name = "server_audit"

    def __init__(self, head: str, written: float, engine: str = "") -> None:
        self.engine = engine or MARIADB
        self.syslog = _FILE.match(head) is None
        self.queries = ",QUERY," in head
        self.written = datetime.fromtimestamp(written, tz=UTC)

    def cut(self, data: bytes, *, last: bool) -> int:
        return data.rfind(b"\n") + 1

    def feed(self, data: bytes, tally: Tally) -> int:
        damaged = 0
        for line in data.decode("utf-8", "replace").split("\n"):
            if not line:
                continue
            if self.syslog:
                found = _SYSLOG.match(line)
                if found is None:
                    continue
                time = self._time(found["time"])
                if not time:
                    damaged += 1
                    continue
                line = f"{time},{found['rest']}"
            fields = line.split(",", 8)
            if len(fields) < _FIELDS or not fields[4].isdigit():
                damaged += 1
                continue
            self._record(fields, tally)
        return damaged

    def _record(self, fields: list[str], tally: Tally) -> None:
        time, _, user, host, connection, _, operation, database, rest = fields
        tally.line(time)
        account = f"{user}@{host}"
        key = f"{account}/{connection}"
        what, _, code = rest.rpartition(",")
        if operation == "QUERY":
            sql = what[1:-1] if len(what) > 1 and what[-1] == "'" else what[1:]
            cut = len(sql) >= _CUT[0] // 4 and len(sql.encode()) in _CUT
            if "\\" in sql:
                sql = _ESCAPED.sub(lambda one: _ESCAPES.get(one.group(1), one.group(1)), sql)
            if code not in REFUSED and user:
                tally.done(key, account, database, time, sql + CUT if cut else sql)
        elif operation == "CONNECT" and code == "0":
            tally.signed_in(account, host, time)
        elif operation == "DISCONNECT":
            tally.end(key)
        elif operation in ("READ", "WRITE") and not self.queries and database not in _SYSTEM and user:
            for right in ("SELECT",) if operation == "READ" else ("INSERT", "UPDATE", "DELETE"):
                tally.direct(key, account, time, f"{database}.{what.rstrip(',')}", right)
            tally.covers |= {"audit:read", "audit:write"}

    def _time(self, text: str) -> str:
        """As the file format has it; empty for what is no time."""
        if text[0].isdigit():
            try:
                return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y%m%d %H:%M:%SZ")
            except ValueError:
                return ""
        if text[:3] not in _MONTHS:
            return ""
        month, day = _MONTHS.index(text[:3]) + 1, int(text[4:6])
        year = self.written.year - (1 if (month, day) > (self.written.month, self.written.day) else 0)
        return f"{year:04d}{month:02d}{day:02d} {text[7:]}"

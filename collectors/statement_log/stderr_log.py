"""PostgreSQL's plain text log, by its ``log_line_prefix``: given, or one of those that are common.

PostgreSQL documentation, "log_line_prefix". Lines that go on begin with a tab, and DETAIL and STATEMENT are
records of their own. Without the account (``%u``) such a log says nothing about rights.
"""

from __future__ import annotations

import re

from collectors.statement_log.postgresql_record import Notes, record
from collectors.statement_log.tally import Tally
from hustings.access.rights import POSTGRESQL
from hustings.errors import UsageError

COMMON = (
    "%m [%p] %q%u@%d ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
    "%m [%p] %u@%d ",
    "%t [%p] %u@%d ",
    "%t [%p]: [%l-1] user=%u,db=%d ",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%m [%c] %q%u@%d ",
    "%t:%r:%u@%d:[%p]:",
    "%m:%r:%u@%d:[%p]:",
    "%m [%p] %q%u@%d/%a ",
    "%m [%p] %h %q%u@%d ",
    "%m %u@%d %h [%p] ",
    "< %m >%u %d ",
    "%m [%p-%l] %q%u@%d ",
)
"""Prefixes of distributions, of hosted services and of pgBadger's documentation."""
_ESCAPES = {
    "a": r"(?P<a>.*?)",
    "u": r"(?P<u>[^\s@]*?|\[unknown\])",
    "d": r"(?P<d>\S*?|\[unknown\])",
    "r": r"(?P<r>\[local\]|[^\s(]*(?:\(\d+\))?)",
    "h": r"(?P<h>\[local\]|\S*?)",
    "b": r"[a-z ]*?",
    "p": r"(?P<p>\d+)",
    "P": r"\d*",
    "t": r"(?P<t>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+?)",
    "m": r"(?P<t>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S+?)",
    "n": r"(?P<n>\d+\.\d+)",
    "Q": r"-?\d+",
    "i": r".*?",
    "e": r"(?P<e>[0-9A-Z]{5})",
    "c": r"(?P<c>[0-9a-f]+\.[0-9a-f]+)",
    "l": r"(?P<l>\d+)",
    "s": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+?",
    "v": r"\S*?",
    "x": r"\d+",
    "L": r"\S*?",
    "%": "%",
}
_NAMES = {"u": r"(?P<u>(?:(?!:  ).)*?)", "d": r"(?P<d>(?:(?!:  )[^@])*?)"}
"""Names may hold blanks and, of accounts, ``@``; a database's only where something else stands before it."""
_PLAIN = {"h": r"(?P<h>\[local\]|localhost|(?=\S*[.:])\S*?|)"}
"""To tell the prefix of a log, names are taken to be plain, and a host to be an address or a full name."""
_LEVEL = r"(?P<level>[A-Z]+[1-5]?):  (?P<message>.*)"
_RECEIVED = re.compile(r"connection received: host=(?P<host>\S+)")
_ARRIVING = 10_000
"""Sessions that may be on their way in at once; those that never get in are forgotten."""
_CONTINUES = ("DETAIL", "HINT", "CONTEXT", "STATEMENT", "QUERY", "LOCATION", "BACKTRACE")


class StderrLog:
    """Reads a plain text log. Raises ``UsageError`` when no prefix fits, or the one that fits lacks the account."""

    name = "stderr"
    engine = POSTGRESQL

    def __init__(self, prefix: str, head: bytes, where: str) -> None:
        self.notes = Notes()
        self._arriving: dict[str, str] = {}
        text = head.decode("utf-8", "replace")
        self.prefix = prefix or _fitting(text, where)
        self.pattern = compiled(self.prefix)
        if not {"u"} <= set(self.pattern.groupindex) or not {"t", "n"} & set(self.pattern.groupindex):
            raise UsageError(
                f"the prefix {self.prefix!r} holds no account (%u) or no time (%t, %m, %n)",
                where=where,
                remedy="set log_line_prefix = '%m [%p] %q%u@%d ' on the server, or log as csvlog or jsonlog",
            )
        if prefix and not any(self.pattern.match(line) for line in text.split("\n")):
            raise UsageError(
                f"no line of this log begins as --prefix {prefix!r} says",
                where=where,
                remedy="give the server's log_line_prefix exactly, with its blanks",
            )

    def cut(self, data: bytes, *, last: bool) -> int:
        """To where a new record begins: a line end that no tab and no DETAIL or STATEMENT follows."""
        end = data.rfind(b"\n") + 1
        if last:
            return end
        while end:
            before = data.rfind(b"\n", 0, end - 1) + 1
            line = data[before : end - 1].decode("utf-8", "replace")
            found = None if line.startswith("\t") else self.pattern.match(line)
            if found is not None and found["level"] not in _CONTINUES:
                return before
            end = before
        return 0

    def feed(self, data: bytes, tally: Tally) -> int:
        pending: dict[str, str] | None = None
        field = "message"
        for line in data.decode("utf-8", "replace").split("\n"):
            if line.startswith("\t"):
                if pending is not None:
                    pending[field] += "\n" + line[1:]
                continue
            found = self.pattern.match(line)
            if found is None:
                if pending is not None and line:
                    pending[field] += "\n" + line
                continue
            level = found["level"]
            if level in _CONTINUES and pending is not None:
                field = level.lower()
                pending[field] = found["message"]
                continue
            if pending is not None:
                self._told(pending, tally)
            pending, field = {key: value or "" for key, value in found.groupdict().items()}, "message"
        if pending is not None:
            self._told(pending, tally)
        return 0

    def _host(self, one: dict[str, str]) -> str:
        """Where a session comes from: by the prefix, or by what log_connections said when it began; empty: unknown."""
        if "h" in one or "r" in one:
            return re.sub(r"\(\d+\)$", "", one.get("h") or one.get("r", ""))
        process, message = one.get("p") or one.get("c", ""), one["message"]
        if found := _RECEIVED.match(message):
            if len(self._arriving) >= _ARRIVING:
                self._arriving.clear()
            self._arriving[process] = found["host"]
        return self._arriving.pop(process, "") if message.startswith("connection authorized: ") else ""

    def _told(self, one: dict[str, str], tally: Tally) -> None:
        host = self._host(one)
        account = "" if one["u"] == "[unknown]" else one["u"]
        time = one.get("t") or _of_epoch(one["n"])
        record(
            tally,
            self.notes,
            session=one.get("c") or f"{one.get('p', '')}/{account}",
            account=account,
            database=one.get("d", ""),
            host=host,
            time=time,
            number=one.get("l", "") if one.get("c") else "",
            severity=one["level"],
            state=one.get("e", "").replace("00000", ""),
            message=one["message"],
            detail=one.get("detail", ""),
            query=one.get("statement", ""),
        )


def compiled(prefix: str, *, narrow: bool = False) -> re.Pattern[str]:
    """A pattern for lines with this prefix, ``narrow`` if names are taken to be plain. Raises ``UsageError`` for an
    escape that PostgreSQL does not know."""
    escapes = _ESCAPES | (_PLAIN if narrow else _NAMES)
    if "%u %d" in prefix:
        escapes["d"] = _ESCAPES["d"]
    parts, optional, at = [], False, 0
    while at < len(prefix):
        if prefix[at] != "%":
            parts.append(re.escape(prefix[at]))
            at += 1
            continue
        found = re.match(r"%-?\d*([a-zA-Z%])", prefix[at:])
        if found is None or (found.group(1) not in escapes and found.group(1) != "q"):
            raise UsageError(
                f"log_line_prefix has no escape {prefix[at : at + 2]!r}",
                where="--prefix",
                remedy="give the server's log_line_prefix as it is: SHOW log_line_prefix",
            )
        if found.group(1) == "q":
            parts.append("(?:")
            optional = True
        else:
            parts.append(
                r"\s*" + escapes[found.group(1)] + r"\s*" if len(found.group()) > 2 else escapes[found.group(1)]
            )
        at += found.end()
    if optional:
        parts.append(")?")
    return re.compile("".join(parts) + r"\s*" + _LEVEL)


def _fitting(text: str, where: str) -> str:
    lines = [one for one in text.split("\n") if one and not one.startswith("\t")]
    best, most = "", 0
    for prefix in COMMON:
        pattern = compiled(prefix, narrow=True)
        found = [one for one in map(pattern.match, lines) if one is not None]
        named = sum(bool(one["u"]) and "=" not in one["u"] for one in found) * 1000 + len(found)
        if named > most:
            best, most = prefix, named
    if not most:
        raise UsageError(
            "this is no statement log that is known, or a text log with a prefix of its own",
            where=where,
            remedy="give the server's log_line_prefix with --prefix, or the format with --log-format",
        )
    return best


def _of_epoch(text: str) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(float(text), tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

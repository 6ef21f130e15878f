"""Which format a log is in: told by its first records, unless it is said."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from collectors.statement_log.csvlog import CsvLog
from collectors.statement_log.formats import Format
from collectors.statement_log.source import Source
from hustings.errors import UsageError

FORMATS = ("csvlog", "jsonlog", "stderr", "server_audit", "audit_json")


@dataclass(frozen=True)
class Chosen:
    """The format of a source, and the time of its first record, by which sources are put in order."""

    reader: Format
    first: str

    @property
    def engine(self) -> str:
        return self.reader.engine


def detect(source: Source, said: str = "", prefix: str = "", engine: str = "") -> Chosen | None:
    """The format of a log; None for an empty file. Raises ``UsageError`` for what is no statement log."""
    head = source.head()
    if not head.strip():
        return None
    if said:
        if said not in FORMATS:
            raise UsageError(
                f"there is no log format {said!r}", where="--log-format", remedy=f"choose one of {', '.join(FORMATS)}"
            )
        return Chosen(_named(said, head, prefix, source, engine), _first_time(head))
    name = "stderr" if prefix else _guess(head)
    return Chosen(_named(name, head, prefix, source, engine), _first_time(head))


def _guess(head: bytes) -> str:
    text = head.decode("utf-8", "replace").lstrip("\ufeff")
    if text.lstrip().lstrip("[").lstrip()[:1] == "{":
        return "jsonlog" if '"error_severity"' in text or '"line_num"' in text else "audit_json"
    from collectors.statement_log import server_audit

    if server_audit.looks_like(text):
        return "server_audit"
    row = next(csv.reader(io.StringIO(text, newline="")), [])
    return "csvlog" if CsvLog.begins(row) else "stderr"


def _named(name: str, head: bytes, prefix: str, source: Source, engine: str) -> Format:
    if name == "csvlog":
        return CsvLog()
    if name == "jsonlog":
        from collectors.statement_log.jsonlog import JsonLog

        return JsonLog()
    if name == "stderr":
        from collectors.statement_log.stderr_log import StderrLog

        return StderrLog(prefix, head, str(source.path))
    if name == "server_audit":
        from collectors.statement_log.server_audit import ServerAudit

        return ServerAudit(head.decode("utf-8", "replace"), source.path.stat().st_mtime, engine)
    from collectors.statement_log.audit_json import AuditJson

    return AuditJson(engine)


def _first_time(head: bytes) -> str:
    """The first thing in it that looks like a time, digits only: good for putting logs in order."""
    import re

    found = re.search(rb"(\d{4})-?(\d\d)-?(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?", head)
    return b"".join(part or b"" for part in found.groups()).decode() if found else ""

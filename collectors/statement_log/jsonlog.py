"""PostgreSQL's jsonlog, since 15: one object a line (documentation, "Using JSON-Format Log Output")."""

from __future__ import annotations

import msgspec

from collectors.statement_log.postgresql_record import Notes, record
from collectors.statement_log.tally import Tally
from hustings.access.rights import POSTGRESQL


class _Line(msgspec.Struct):
    timestamp: str
    error_severity: str
    message: str = ""
    user: str = ""
    dbname: str = ""
    remote_host: str = ""
    session_id: str = ""
    line_num: int = 0
    state_code: str = ""
    detail: str = ""
    statement: str = ""


class JsonLog:
    """Reads jsonlog."""

    name = "jsonlog"
    engine = POSTGRESQL

    def __init__(self) -> None:
        self.notes = Notes()
        self.decode = msgspec.json.Decoder(_Line).decode

    def cut(self, data: bytes, *, last: bool) -> int:
        return data.rfind(b"\n") + 1

    def feed(self, data: bytes, tally: Tally) -> int:
        damaged, notes, decode = 0, self.notes, self.decode
        for line in data.split(b"\n"):
            if not line.strip():
                continue
            try:
                one = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                damaged += 1
                continue
            record(
                tally,
                notes,
                session=one.session_id,
                account=one.user,
                database=one.dbname,
                host=one.remote_host,
                time=one.timestamp,
                number=str(one.line_num),
                severity=one.error_severity,
                state=one.state_code,
                message=one.message,
                detail=one.detail,
                query=one.statement,
            )
        return damaged

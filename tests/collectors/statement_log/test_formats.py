"""Every format is told by looking, and says the same of the same statements."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.statement_log.stderr_log import COMMON
from hustings.access.rights import MARIADB, MYSQL
from hustings.access.usage import Usage
from hustings.errors import UsageError
from tests.collectors.statement_log.written import csv_line, read, used

EXPECTED = {("jdoe", "vr.voters", "name", "SELECT"), ("jdoe", "vr.voters", "id", "SELECT")}
VALUES = {
    "%m": "2026-11-22 09:00:00.123 UTC",
    "%t": "2026-11-22 09:00:00 UTC",
    "%p": "123",
    "%u": "jdoe",
    "%d": "vr",
    "%a": "app 1",
    "%h": "10.1.1.9",
    "%r": "10.1.1.9(5333)",
    "%l": "3",
    "%c": "6b02bc75.5543",
    "%q": "",
    "%e": "00000",
    "%n": "1795338000.5",
    "%%": "%",
}


def line(prefix: str, message: str, level: str = "LOG") -> str:
    for escape, value in VALUES.items():
        prefix = prefix.replace(escape, value)
    return f"{prefix}{level}:  {message}\n"


@pytest.mark.parametrize("prefix", COMMON)
def test_a_text_log_with_a_common_prefix_is_told_by_looking(tmp_path: Path, prefix: str) -> None:
    text = (
        line(prefix, "statement: select name\n\tfrom vr.voters\n\twhere id = 5")
        + line(prefix, "statement: select dob from vr.voters")
        + line(prefix, "permission denied for table voters", "ERROR")
        + line(prefix, "select dob from vr.voters", "STATEMENT")
        + line(prefix, "duration: 3.1 ms")
    )
    _, told = read(tmp_path, text, name="postgresql.log")
    assert used(told) == EXPECTED
    assert told.window is not None
    assert told.window.first == "2026-11-22T09:00:00Z"


@pytest.mark.parametrize("account", ["front office", "j.doe@county.example", "élise o'hara"])
@pytest.mark.parametrize("prefix", COMMON)
def test_a_text_log_knows_accounts_of_any_name(tmp_path: Path, prefix: str, account: str) -> None:
    text = line(prefix, "statement: select name from vr.voters where id = 5")
    _, told = read(tmp_path, text + text.replace("jdoe", account), name="postgresql.log")
    assert used(told) == EXPECTED | {(account, *rest) for _, *rest in EXPECTED}


def test_a_prefix_of_its_own_is_given(tmp_path: Path) -> None:
    prefix = "[%n] <%-8u|%d> %e %% "
    text = line(prefix, "execute fetch from p: select name from vr.voters where id = $1").replace("%-8u", "jdoe    ")
    with pytest.raises(UsageError, match="prefix"):
        read(tmp_path, text, name="a.log")
    _, told = read(tmp_path, text, name="b.log", prefix=prefix)
    assert used(told) == EXPECTED


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("%m [%p] ", "holds no account"),
        ("%u %d ", "no time"),
        ("%m %Z %u ", "no escape"),
        ("%t;%u;", "no line of this log"),
    ],
)
def test_a_prefix_that_cannot_do_is_refused_with_a_way_on(tmp_path: Path, prefix: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read(tmp_path, line("%m [%p] %u@%d ", "statement: select 1"), name="a.log", prefix=prefix)
    assert caught.value.remedy


AUDITED = (
    "vm,jdoe,localhost,6,0,CONNECT,vr,,0",
    "vm,jdoe,localhost,6,15,QUERY,vr,'select name from voters where id = 3 and 1 = \\'x, y\\'',0",
    "vm,jdoe,localhost,6,16,QUERY,vr,'select dob from voters',1143",
    "vm,jdoe,localhost,6,0,DISCONNECT,vr,,0",
    "vm,jdoe,localhost,7,0,FAILED_CONNECT,,,1045",
)
MARIADB_EXPECTED = {("jdoe@localhost", *one[1:]) for one in EXPECTED}


def check_mariadb(told: Usage, at: str) -> None:
    assert used(told) == MARIADB_EXPECTED
    assert {one.last for one in told.uses} == {at}
    assert [(one.account, one.host, one.hour, one.times) for one in told.sign_ins] == [
        ("jdoe@localhost", "localhost", at[:13], 1)
    ]


def test_server_audit_is_read_from_its_file_and_from_syslog(tmp_path: Path) -> None:
    _, told = read(
        tmp_path, "".join(f"20261122 09:00:00,{one}\n" for one in AUDITED), name="server_audit.log", zone="UTC"
    )
    check_mariadb(told, "2026-11-22T09:00:00Z")
    assert told.engine == MARIADB
    lines = [f"2026-11-22T04:00:00.5-05:00 db1 mysql-server_auditing[99]: {one}\n" for one in AUDITED]
    lines.insert(1, "2026-11-22T04:00:00.5-05:00 db1 cron[99]: something else\n")
    _, told = read(tmp_path, "".join(lines), name="syslog", zone="UTC")
    check_mariadb(told, "2026-11-22T09:00:00Z")
    log = tmp_path / "messages"
    _, told = read(
        tmp_path,
        "".join(f"Nov 22 09:00:00 db1 mysql-server_auditing: {one}\n" for one in AUDITED),
        name="messages",
        zone="UTC",
    )
    assert used(told) == MARIADB_EXPECTED
    assert log.exists()


def test_a_log_of_table_events_alone_says_which_tables_were_read_and_written(tmp_path: Path) -> None:
    _, told = read(
        tmp_path,
        "20261122 09:00:00,vm,jdoe,h,6,15,READ,vr,voters,\n20261122 09:00:00,vm,jdoe,h,6,16,WRITE,vr,absentee,\n"
        "20261122 09:00:00,vm,jdoe,h,6,16,READ,mysql,table_stats,\n",
        name="server_audit.log",
    )
    assert used(told) == {
        ("jdoe@h", "vr.voters", None, "SELECT"),
        ("jdoe@h", "vr.absentee", None, "INSERT"),
        ("jdoe@h", "vr.absentee", None, "UPDATE"),
        ("jdoe@h", "vr.absentee", None, "DELETE"),
    }


def test_a_statement_of_exactly_the_limit_was_cut(tmp_path: Path) -> None:
    text = ("select name from voters where id = 3" + " and county = 1" * 100)[:1024]
    _, told = read(tmp_path, f"20261122 09:00:00,vm,jdoe,h,6,15,QUERY,vr,'{text}',0\n", name="server_audit.log")
    assert [one.understood for one in told.shapes] == [False]


def percona(name: str, **more: object) -> dict[str, object]:
    return {
        "audit_record": {
            "name": name,
            "record": "1_x",
            "timestamp": "2026-11-22T09:00:00Z",
            "connection_id": "6",
            "status": 0,
            "user": "jdoe[jdoe] @ localhost []",
            "host": "localhost",
            "os_user": "",
            "ip": "",
            "db": "vr",
            **more,
        }
    }


def enterprise(event: str, **more: object) -> dict[str, object]:
    return {
        "timestamp": "2026-11-22 09:00:00",
        "id": 1,
        "class": "connection" if event in ("connect", "disconnect") else "general",
        "event": event,
        "connection_id": 6,
        "account": {"user": "jdoe", "host": "localhost"},
        "login": {"user": "jdoe", "os": "", "ip": "127.0.0.1", "proxy": ""},
        **more,
    }


QUERY = "select name from voters where id = 3 and 1 = 'x'"


@pytest.mark.parametrize("form", ["percona", "enterprise", "indented"])
def test_mysql_audit_logs_are_read_as_their_documentation_has_them(tmp_path: Path, form: str) -> None:
    if form == "percona":
        events = [
            percona("Connect"),
            percona("Query", command_class="select", sqltext=QUERY),
            percona("Query", sqltext="select dob from voters", status=1143),
            percona("Quit"),
        ]
        text = "".join(json.dumps(one) + "\n" for one in events)
    else:
        events = [
            enterprise("connect", connection_data={"connection_type": "ssl", "status": 0, "db": "vr"}),
            enterprise(
                "status", general_data={"command": "Query", "sql_command": "select", "query": QUERY, "status": 0}
            ),
            enterprise("status", general_data={"command": "Query", "query": "select dob from voters", "status": 1143}),
            enterprise("disconnect", connection_data={"connection_type": "ssl"}),
        ]
        text = "[\n" + ",\n".join(json.dumps(one, indent=2 if form == "indented" else None) for one in events) + "\n]\n"
    _, told = read(tmp_path, text, name="audit.log", zone="UTC")
    assert used(told) == MARIADB_EXPECTED
    assert told.engine == MYSQL
    assert [(one.account, one.times) for one in told.sign_ins] == [("jdoe@localhost", 1)]


@pytest.mark.parametrize("name", ["pg.csv", "pg.json", "postgresql.log", "server_audit.log", "syslog", "audit.log"])
@given(st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_bytes_that_are_no_log_in_the_middle_of_one_harm_nothing_around_them(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    good = {
        "pg.csv": csv_line("statement: select name from vr.voters where id = 5"),
        "pg.json": json.dumps(
            {
                "timestamp": "2026-11-22 09:00:00.000 UTC",
                "user": "jdoe",
                "dbname": "vr",
                "session_id": "a.1",
                "line_num": 4,
                "error_severity": "LOG",
                "message": "statement: select name from vr.voters where id = 5",
            }
        )
        + "\n",
        "postgresql.log": line(COMMON[0], "statement: select name from vr.voters where id = 5"),
        "server_audit.log": f"20261122 09:00:00,{AUDITED[1]}\n",
        "syslog": f"2026-11-22T04:00:00.5-05:00 db1 mysql-server_auditing[99]: {AUDITED[1]}\n",
        "audit.log": json.dumps(percona("Query", sqltext=QUERY)) + "\n",
    }[name].encode()
    noise = data.draw(st.binary(max_size=60).filter(lambda one: b'"' not in one and b"\t" not in one))
    for kept in tmp_path.iterdir():
        kept.unlink()
    _, told = read(tmp_path, good * 2 + noise + b"\n" + good, name=name, zone="UTC")
    assert told.statements >= 2
    expected = EXPECTED if name.startswith(("pg", "postgresql")) else MARIADB_EXPECTED
    assert used(told) >= expected

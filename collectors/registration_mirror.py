"""registration_mirror: whether the mirror of a registration database is in step and reached under TLS.

A primary shows its replicas in ``pg_stat_replication`` and their encryption in ``pg_stat_ssl``; a replica shows its
own connection in ``pg_stat_wal_receiver``, the password blanked out by the server. All three show their columns to
members of ``pg_read_all_stats`` alone (PostgreSQL's documentation, chapter "The Cumulative Statistics System"), and
through the two functions that ``hustings access grant-script`` makes; to others they look empty, which is ``denied``
here and never "no mirror".
"""

from __future__ import annotations

from functools import partial
from math import ceil
from typing import Any

from collectors.access_postgresql_queries import HELPERS, RECEIVER_THROUGH
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Field, Missing, Platform, Reason, Type, key
from collectors.host.protocol import Denied, Host, LookError
from collectors.postgresql_session import Session, connect, kept_home
from hustings.declared import Database, Declared
from hustings.facts import ACCOUNT, OBJECT, Listing

MEMBER = "select pg_is_in_recovery(), pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')"

STANDBYS_THROUGH = """select application_name, account, state, lag, tls from hustings.standbys()
    where application_name not like 'pg\\_basebackup%%' order by 1, 2"""

STANDBYS = """select r.application_name, r.usename, r.state,
    case when r.replay_lag is not null then extract(epoch from r.replay_lag)::float8
         when r.state = 'streaming' and r.replay_lsn >= r.sent_lsn then 0.0 end, s.ssl
    from pg_stat_replication r left join pg_stat_ssl s using (pid)
    where r.application_name not like 'pg\\_basebackup%%' and r.state <> 'backup' order by 1, 2"""
"""An idle replica that has replayed all it was sent has no lag of its own: it is in step."""

RECEIVER = """select w.status, w.conninfo,
    case when pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()
         then extract(epoch from clock_timestamp() - w.last_msg_receipt_time)::float8
         else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 end
    from pg_stat_wal_receiver w"""
"""A replica that has replayed all it received is as old as its primary's last word, which comes when it is idle too."""

_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def collect(host: Host, declared: Declared) -> Collected:
    """Every declared database; one that does not answer costs its own facts alone."""
    collected: Collected = {}
    for database in declared.databases:
        answers = _ask(host, database)
        collected.update({key(fact.id, database.name): answers[fact.id] for fact in COLLECTOR.facts})
    return collected


def _ask(host: Host, database: Database) -> Collected:
    collected: Collected = {"registration.mirror_role": database.mirror or ABSENT}
    if not database.mirror:
        return collected | dict.fromkeys(_MEASURED, ABSENT)
    if database.engine != "postgresql":
        return collected | dict.fromkeys(_MEASURED, Missing(
            Reason.UNSUPPORTED, f"the mirror of a {database.engine} database is not read yet"))
    try:
        with connect(host, database) as session:
            return collected | look(session)
    except LookError as error:
        return kept_home(COLLECTOR.facts, error.missing) | collected


def look(session: Session) -> Collected:
    """What a server says of its mirror. A primary has no receiver, and a replica may have replicas of its own."""
    recovery, member = session.rows(MEMBER)[0]
    helpers = {"standbys", "receiver"} <= {name for (name,) in session.rows(HELPERS)}
    if not member and not helpers:
        refused = Denied("the audit role may not call hustings.standbys() and hustings.receiver(), and is not in "
                         "pg_read_all_stats").missing
        return {"registration.in_recovery": recovery, "registration.standbys": refused,
                "registration.receiver": refused if recovery else ABSENT}
    return {
        "registration.in_recovery": recovery,
        "registration.standbys": Listing([standby(*row) for row in session.rows(
            STANDBYS_THROUGH if helpers else STANDBYS)]),
        "registration.receiver": Listing([receiver(*row) for row in session.rows(
            RECEIVER_THROUGH if helpers else RECEIVER)]) if recovery else ABSENT,
    }


def standby(name: str, account: str | None, state: str | None, lag: float | None, tls: bool | None) -> dict[str, Any]:
    """A replica as its primary sees it; a lag that is not known says so."""
    return {"name": name, "account": account, "state": state or _unknown(), "lag": _seconds(lag),
            "tls": _unknown() if tls is None else tls}


def receiver(status: str | None, conninfo: str | None, lag: float | None) -> dict[str, Any]:
    """A replica's own connection to its primary."""
    return {"status": status or _unknown(), "sslmode": sslmode(conninfo), "lag": _seconds(lag)}


def sslmode(conninfo: str | None) -> str | Missing:
    """What a connection string says of TLS; libpq's default where it says nothing."""
    if conninfo is None:
        return _unknown()
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        mode = str(conninfo_to_dict(conninfo).get("sslmode") or "prefer")
    except ProgrammingError:
        return Missing(Reason.ERROR, "the receiver's connection string cannot be understood")
    return mode if mode in _MODES else Missing(Reason.ERROR, "the receiver's sslmode is not known")


def _seconds(lag: float | None) -> int | Missing:
    return Missing(Reason.ERROR, "the server does not say how far it is behind") if lag is None else max(0, ceil(lag))


def _unknown() -> Missing:
    return Missing(Reason.ERROR, "the server does not say")


_fact = partial(Fact, disclosure=Disclosure.SHARED, each="database")
_lag = Field("lag", Type.DURATION, "How far it is behind, in seconds")

COLLECTOR = Collector(
    name="registration_mirror",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        _fact("registration.mirror_role", Type.TEXT, "primary or replica, as machine.yaml declares; absent where no "
              "mirror is declared"),
        _fact("registration.in_recovery", Type.BOOL, "Whether the server is a replica"),
        Fact("registration.standbys", Type.RECORDS, "The replicas that a primary streams to", Disclosure.PSEUDONYM,
             each="database", fields=(
                 Field("name", Type.TEXT, "What it calls itself", OBJECT),
                 Field("account", Type.TEXT, "The account it signs in with", ACCOUNT),
                 Field("state", Type.TEXT, "streaming, catchup, startup or stopping"), _lag,
                 Field("tls", Type.BOOL, "Whether its connection is encrypted"))),
        Fact("registration.receiver", Type.RECORDS, "A replica's connection to its primary: one record, none while it "
             "is not connected; absent on a primary", Disclosure.SHARED, each="database", fields=(
                 Field("status", Type.TEXT, "streaming, starting, waiting …"),
                 Field("sslmode", Type.TEXT, "What it demands of TLS: verify-full is the strictest"), _lag)),
    ),
    collect=collect,
    timeout=30.0,
    each="database",
    needs="membership of pg_read_all_stats for the audit role, to see the mirror",
)
_MEASURED = tuple(fact.id for fact in COLLECTOR.facts if fact.id != "registration.mirror_role")

"""The audit of a registration database: its checks say what the difference says, and its reports name nobody."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from agent import audit as audits
from agent.access.review import review
from agent.access.usage import usage
from agent.identity import Identity
from agent.reporting import prepare
from collectors.host.live import LiveHost
from hustings import pseudonyms, report
from hustings.access.state import State
from hustings.declared import Database, Declared
from hustings.facts import ACCOUNT, OBJECT, Listing
from hustings.report import Report
from hustings.verdicts import Result, Verdict
from policies import pack as packs
from tests.access.faults import ALL, Fault
from tests.access.registration import AUDITOR, MODEL, TEMPLATE, VARIABLE, Registration

IDENTITY = Identity(schema="", server="", tenant="county", agent="a1", epoch="", key="", approved=True,
                    enrolled=datetime(2026, 11, 22, tzinfo=UTC))
CLOSED_RULES = "local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\n"
"""Of pg_hba.conf, as a clean server has them; this one goes on by those it was started with."""
NOT_SHOWN_HERE = {"registration/storage-encrypted"}
"""A scratch server has no socket by which its data directory could be found."""
PLANTED = ("LPR-01 a group is given a table", "LPR-02 may become superuser by a group", "LPR-04 a table",
           "LPR-05 addresses may be emptied", "LPR-06 signatures", "LPR-07 a column", "LPR-08 one table",
           "LPR-09 the caller's search path", "LPR-10 files, by SET ROLE", "LPR-11 replication", "LPR-12 off",
           "LPR-13 a password stored as md5", "LPR-17 IAM-12 a leaver's closed account is open",
           "LPR-18 seasonal without an end", "LPR-19 any number of sessions", "LPR-20 clerks may delete the record",
           "LPR-21 rows changed in bulk", "LPR-22 proposes and approves", "IAM-09 no second factor",
           "IAM-13 a counter's account", "IAM-14 a default account", "a schema is missing")


@dataclass(frozen=True)
class Office:
    """A machine that audits one copy of the registration database."""

    place: Path
    registration: Registration

    def declared(self, database: str, *, share: str = "", key: bool = True) -> Declared:
        model = self.place / "roll.access.yaml"
        text = MODEL.read_text().replace("reviewed: 2026-11-15", f"reviewed: {datetime.now(UTC).date()}")
        model.write_text(text + (f"share: [{share}]\n" if share else ""))
        if key and not (self.place / "office.key").exists():
            pseudonyms.create(self.place / "office.key")
        server = self.registration.server
        return Declared(roles=("registration-db",), office_key=str(self.place / ("office.key" if key else "none")),
                        databases=(Database(name="roll", engine="postgresql", host=server.host, port=server.port,
                                            database=database, user=AUDITOR, schemas=("vr", "staging"),
                                            access_model=str(model), usage=str(self.place / "usage.db")),))

    def audit(self, declared: Declared) -> audits.Audit:
        pack = packs.shipped()
        only = [one.id for one in pack.checks if one.scope == "machine" and one.id.startswith("registration/")
                and one.catalogue != "LOG-01" and one.id not in NOT_SHOWN_HERE]
        return audits.audit(LiveHost(), declared, pack, only=only)

    def report(self, audit: audits.Audit) -> Report:
        return prepare(audit, IDENTITY, audits.registry(), None).report


@pytest.fixture(scope="module")
def office(registration: Registration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    place = tmp_path_factory.mktemp("office")
    logs(place, registration.read())
    before = registration.hba.read_text()
    registration.hba.write_text(CLOSED_RULES)
    try:
        yield Office(place, registration)
    finally:
        registration.hba.write_text(before)


def logs(place: Path, state: State) -> None:
    """60 days of jsonlog in which everyone signs in each day, read into a store."""
    everyone = [one.name for one in state.principals if one.login and not one.bootstrap]
    now = datetime.now(UTC)
    lines = []
    for day in range(60, -1, -1):
        at = now - timedelta(days=day)
        for number, name in enumerate(everyone):
            stamp = f"{at:%Y-%m-%d %H:%M:%S}.{number:03} UTC"
            session = {"timestamp": stamp, "user": name, "dbname": TEMPLATE, "pid": 100 + number,
                       "remote_host": "10.2.0.4", "remote_port": 5000, "session_id": f"{day:x}.{number:x}",
                       "session_start": stamp, "vxid": "1/1", "txid": 0, "error_severity": "LOG",
                       "backend_type": "client backend", "query_id": 0}
            lines += [session | {"line_num": 1, "ps": "authentication",
                                 "message": f"connection authorized: user={name} database={TEMPLATE}"},
                      session | {"line_num": 2, "ps": "SELECT", "message": "statement: select 1"}]
    log = place / "postgresql.json"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = CliRunner().invoke(usage, [str(log), "--store", str(place / "usage.db"), "--engine", "postgresql"])
    assert done.exit_code == 0, done.output


@contextmanager
def planted(registration: Registration) -> Iterator[str]:
    """A copy of the clean database with a fault of every row at once."""
    faults: list[Fault] = [one for one in ALL if one.name in PLANTED]
    assert len(faults) == len(PLANTED)
    with registration.copy() as database:
        done = []
        try:
            for one in faults:
                registration.run(one.sql, database)
                done.append(one)
            yield database
        finally:
            for one in reversed(done):
                if one.undo:
                    registration.run(one.undo, database)


def said(results: list[Result]) -> dict[str, Verdict]:
    return {one.check: one.verdict for one in results}


def test_on_the_clean_twin_every_registration_check_passes_or_does_not_apply(office: Office) -> None:
    found = office.audit(office.declared(TEMPLATE))
    wrong = {one.check: (one.verdict, one.reason or one.actual) for one in found.results
             if one.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)}
    assert wrong == {}
    verdicts = said(found.results)
    assert sum(one is Verdict.PASS for one in verdicts.values()) >= 30


def test_each_row_with_an_anomaly_fails_and_its_report_names_nobody(office: Office) -> None:
    with planted(office.registration) as database:
        found = office.audit(office.declared(database))
        state = office.registration.read(database)
        anomalies = found.facts["registration.anomalies@roll"].listing
        assert anomalies is not None
        rows = {one["catalogue"] for one in anomalies.items}
        failing = {one.catalogue for one in found.results if one.verdict is Verdict.FAIL}
        assert rows >= {f"LPR-{number:02}" for number in (2, *range(4, 14), *range(17, 23))}
        assert rows >= {"IAM-09", "IAM-12", "IAM-13", "IAM-14"}
        assert rows <= failing
        verdicts = said(found.results)
        assert verdicts["registration/no-excess-rights"] is Verdict.FAIL
        assert verdicts["registration/declared-rights-held"] is Verdict.FAIL
        for one in found.results:
            if one.catalogue not in rows | {"LPR-01"}:
                assert one.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE), one

        gone = found.facts["registration.leavers_with_rights@roll"].listing
        assert gone is not None
        assert gone.items == [{"person": "p-090", "account": "rfortin", "changes": True, "left": "2026-06-30"}]
        summary = found.facts["registration.access_summary@roll"].listing
        assert summary is not None
        cells = {(one["role"], one["object"]): one for one in summary.items}
        assert (cells["analyst", "vr.counties"]["declared"], cells["analyst", "vr.counties"]["excess"]) == ("", "r")
        assert cells["analyst", "vr.report_v"]["missing"] == ""
        assert (cells["clerk", "vr.voters"]["declared"], cells["clerk", "vr.voters"]["class"]) == ("riu", "restricted")

        told = office.report(found)
        assert named(told, state, database) == set()
        excess = told.facts["registration.excess_rights@roll"].listing
        assert excess is not None
        key = pseudonyms.load(office.place / "office.key")
        assert key is not None
        accounts = {one["account"] for one in excess.items}
        assert pseudonyms.pseudonym(key, ACCOUNT, "nkhan") in accounts
        assert pseudonyms.pseudonym(key, OBJECT, "vr.counties") in {one["object"] for one in excess.items}

        counted = office.report(office.audit(office.declared(database, key=False)))
        assert named(counted, state, database) == set()
        value = counted.facts["registration.excess_rights@roll"].value
        assert value == {"count": len(excess.items), "complete": True}

        (office.place / "office.key").chmod(0o644)
        try:
            open_to_all = office.report(found)
        finally:
            (office.place / "office.key").chmod(0o600)
        assert open_to_all.facts["registration.excess_rights@roll"].value == value
        assert named(open_to_all, state, database) == set()
        assert any("office key" in one for one in open_to_all.privileges)

        shared = office.report(office.audit(office.declared(database, share="accounts, objects")))
        assert named(shared, state, database) >= {"nkhan", "vr.counties", "hgagnon", "vr.elections"}
        listing = shared.facts["registration.anomalies@roll"].listing
        assert isinstance(listing, Listing)
        assert all(one["actual"] for one in listing.items)


def named(told: Report, state: State, database: str) -> set[str]:
    """Names of the database that are in the bytes of a report."""
    names = {one.name for one in state.principals if not one.system and one.name != "postgres"} | {database, "p-090"}
    for one in state.objects:
        if one.schema not in ("public", "hustings"):
            names |= {one.label} if one.schema else set()
            names |= {column for column in (*one.columns, one.name) if "_" in column or any(map(str.isdigit, column))}
    text = report.encode(told).decode()
    return {one for one in names if re.search(rf"(?<![\w.-]){re.escape(one)}(?![\w-])", text)}


def test_a_model_that_does_not_fit_makes_the_rows_unknown_and_says_why(office: Office) -> None:
    declared = office.declared(TEMPLATE)
    model = Path(declared.databases[0].access_model)
    model.write_text(model.read_text().replace("login: nkhan", "login: nobody_here"))
    found = office.audit(declared)
    excess = next(one for one in found.results if one.check == "registration/no-excess-rights")
    assert excess.verdict is Verdict.UNKNOWN
    assert "nobody_here" in str(excess.reason)
    assert "nobody_here" not in report.encode(office.report(found)).decode()


@pytest.mark.parametrize(("written", "instead", "says"), [
    ("engine: postgresql", "engine: postgresql, name: other", "the model is of the database 'other'"),
    ("roles:", "rolls:", "unknown key 'rolls'"),
])
def test_a_model_of_another_database_or_with_a_fault_judges_nothing(office: Office, written: str, instead: str,
                                                                     says: str) -> None:
    declared = office.declared(TEMPLATE)
    model = Path(declared.databases[0].access_model)
    model.write_text(model.read_text().replace(written, instead, 1))
    seen = office.audit(declared).facts["registration.excess_rights@roll"].missing
    assert seen is not None
    assert says in seen.detail
    assert model.name in seen.detail


def test_a_model_of_another_engine_judges_nothing(office: Office) -> None:
    declared = office.declared(TEMPLATE)
    (database,) = declared.databases
    database = msgspec.structs.replace(database, engine="mariadb", port=1)
    other = msgspec.structs.replace(declared, databases=(database,))
    seen = office.audit(other).facts["registration.excess_rights@roll"].missing
    assert seen is not None
    assert "the model is of a database of postgresql, and machine.yaml says mariadb" in seen.detail


def test_the_review_sheet_has_the_hash_that_the_audit_reports(office: Office) -> None:
    declared = office.declared(TEMPLATE)
    found = office.audit(declared)
    sheet = office.place / "sheet"
    about = ["--model", declared.databases[0].access_model, "--by", "J. Roy", "--output", str(sheet)]
    runner = CliRunner(env={VARIABLE: office.registration.dsn()})
    done = runner.invoke(review, [*about, "--usage", declared.databases[0].usage, "--format", "json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["difference"] == found.facts["registration.difference_hash@roll"].value
    assert told["difference"] == hashlib.sha256(sheet.read_bytes()).hexdigest()
    again = runner.invoke(review, about)
    assert again.exit_code != 0
    assert "already" in str(again.exception)

"""The audit of a registration database on a real MariaDB says what the difference says, and its report names nobody."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from agent import audit as audits
from agent.identity import Identity
from agent.reporting import prepare
from collectors.host.live import LiveHost
from hustings import pseudonyms, report
from hustings.declared import Database, Declared
from hustings.facts import Missing, Reason
from hustings.verdicts import Verdict
from policies import pack as packs
from tests.access.faults_mariadb import AUDITOR, FAULTS, MODEL, PASSWORD, Office, office

__all__ = ["office"]

IDENTITY = Identity(schema="", server="", tenant="county", agent="a1", epoch="", key="", approved=True,
                    enrolled=datetime(2026, 11, 22, tzinfo=UTC))
PLANTED = ("a right too many", "a clerk may pass a table on", "a view runs as a clerk", "the web writes files",
           "a clerk may make accounts", "an empty password", "a session without encryption", "the vendor is open",
           "a job without a limit of sessions", "the audit plugin is off", "one person proposes and approves",
           "a shared account", "a default account", "people without a second factor")
LOGS = {"registration/accounts-in-use", "registration/superuser-sessions-have-a-reason"}
"""No statement log is read here."""
DISKS = "registration/storage-encrypted"
"""As the disks of the machine that runs the tests are."""


def declared(office: Office, place: Path) -> Declared:
    model, secret, key = place / "roll.access.yaml", place / "password", place / "office.key"
    model.write_text(MODEL.read_text().replace("reviewed: 2026-11-15", f"reviewed: {datetime.now(UTC).date()}"))
    secret.write_text(PASSWORD + "\n")
    if not key.exists():
        pseudonyms.create(key)
    return Declared(roles=("registration-db",), office_key=str(key), databases=(Database(
        name="roll", engine="mariadb", host="127.0.0.1", port=office.server.port, database="vr", user=AUDITOR,
        password_file=str(secret), access_model=str(model)),))


def audit(office: Office, place: Path) -> audits.Audit:
    pack = packs.shipped()
    only = [one.id for one in pack.checks if one.scope == "machine" and one.id.startswith("registration/")]
    return audits.audit(LiveHost(), declared(office, place), pack, only=[*only, "patching/database-supported"])


def test_the_clean_twin_passes_or_does_not_apply(office: Office, tmp_path: Path) -> None:
    found = audit(office, tmp_path)
    verdicts = {one.check: one.verdict for one in found.results if one.check.startswith("registration/")}
    assert {name for name, one in verdicts.items() if one is Verdict.UNKNOWN} - {DISKS} == LOGS
    assert {name for name, one in verdicts.items() if one is Verdict.FAIL} <= {DISKS}
    assert sum(one is Verdict.PASS for one in verdicts.values()) >= 20
    assert found.facts["registration.engine@roll"].value == "mariadb"
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(found.facts["registration.version@roll"].value))
    assert found.facts["database.support@roll"].listing is not None


def test_each_row_with_an_anomaly_fails_and_its_report_names_nobody(office: Office, tmp_path: Path) -> None:
    faults = [one for one in FAULTS if one.name in PLANTED]
    assert len(faults) == len(PLANTED)
    with ExitStack() as undone:
        for one in faults:
            office.run(one.plant)
            undone.callback(office.run, one.undo)
        found = audit(office, tmp_path)
        told = report.encode(prepare(found, IDENTITY, audits.registry(), None).report).decode()
        state = office.look().state
    listing = found.facts["registration.anomalies@roll"].listing
    assert listing is not None
    rows = {one["catalogue"] for one in listing.items}
    assert rows >= {row for one in faults for row, _, _ in one.found}
    failing = {one.catalogue for one in found.results
               if one.verdict is Verdict.FAIL and one.check != DISKS}
    assert failing == rows | {"LPR-01"}
    names = {part for one in state.principals if not one.system for part in (one.name, one.name.partition("@")[0])}
    names |= {one.label for one in state.objects if one.schema in ("vr", "staging")}
    names |= {column for one in state.objects for column in one.columns if "_" in column and one.schema == "vr"}
    names -= {"", "root", "mariadb"}
    assert [one for one in names if re.search(rf"(?<![\w.-]){re.escape(one)}(?![\w-])", told)] == []


def test_a_refused_sign_in_is_unknown_and_quotes_no_address_in_what_leaves(office: Office, tmp_path: Path) -> None:
    about = declared(office, tmp_path)
    (tmp_path / "password").write_text("wrong")
    pack = packs.shipped()
    found = audits.audit(LiveHost(), about, pack, only=["registration/no-excess-rights"])
    (result,) = found.results
    assert result.verdict is Verdict.UNKNOWN
    missing = found.facts["registration.access_state@roll"].missing
    assert isinstance(missing, Missing)
    assert missing.reason is Reason.DENIED
    assert "wrong" not in str(missing)
    told = report.encode(prepare(found, IDENTITY, audits.registry(), None).report).decode()
    assert AUDITOR not in told
    assert f":{office.server.port}" not in told

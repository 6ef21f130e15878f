"""A recording is people's word: entered once, signed as that, shown as that, and as old as the day it was made."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent import record_sh
from hustings import envelope, keys, report
from hustings.errors import BadDocument, CannotFinish, UsageError
from hustings.report import Recording, Report, Spool, Times
from hustings.verdicts import Result, Severity, Verdict
from policies.pack import shipped
from server import attest
from server import scorecard as rules
from server.reading import Reading
from server.records import Asset
from server.store import agents, audit, reports
from server.store.agents import Agent
from server.store.database import WHOLE_SERVER
from tests.sender import INVENTORY
from tests.server.setups import Office
from tests.server.test_pages import judged, page, signed_in

HUSTINGS = [sys.executable, "-m", "hustings"]
DIGEST = "sha256:" + "a" * 64


def document(office: Office, *, age: timedelta = timedelta(hours=2), digest: str = DIGEST,
             results: tuple[Result, ...] | None = None, host: str = "appliance-7", recording: bool = True) -> bytes:
    at = office.now().replace(microsecond=0) - age
    made = Report(
        schema=report.SCHEMA, tenant="", agent="", epoch="", sequence=1, previous=None,
        times=Times(at, 0.0, ""), agent_version="1", pack="sha256:" + "c" * 64, host=host,
        roles=("registration-db",), inventory=INVENTORY, facts={},
        results=judged(office) if results is None else results, spool=Spool(0, 0), privileges=(),
        recording=Recording(digest, at, "Ada <Lovelace> (root)", "", at) if recording else None)
    return report.encode(made)


def enter(office: Office, tmp_path: Path, body: bytes, **changes: Any) -> tuple[Agent, Report]:
    word = attest.Attestation(**{"tenant": office.tenant.id, "by": "console:bob", "at": office.now(), **changes})
    with office.database.write(WHOLE_SERVER) as connection:
        return attest.enter(connection, body, word, tmp_path / "recordings.key")


def test_who_recorded_it_and_who_brought_it_is_said_on_every_page(office: Office, tmp_path: Path) -> None:
    machine, _ = enter(office, tmp_path, document(office))
    session = signed_in(office)
    own = f"/machines/{machine.id}"
    for path in ("/en", "/fr", "/en/machines", "/fr/machines", f"/en{own}", f"/fr{own}"):
        text = page(office, path, session).text
        assert "Ada &lt;Lovelace&gt; (root)" in text, path
        assert ("ecorded by" if path.startswith("/en") else "nregistrée par") in text
    for language, said in (("en", "No agent runs there"), ("fr", "Aucun agent n’y tourne")):
        text = page(office, f"/{language}/machines/{machine.id}", session).text
        assert said in text
        assert "console:bob" in text
        assert DIGEST in text
    card = rules.scorecard(Reading(office.database).office(office.tenant.id), shipped(), office.now())
    assert [one.name for one in card.recorded] == ["appliance-7"]
    with office.database.read(WHOLE_SERVER) as connection:
        (act,) = [one for one in audit.recent(connection, office.tenant.id) if one.action == "recording.import"]
    assert (act.actor, act.detail["recording"]) == ("console:bob", DIGEST)


def test_what_is_stored_is_signed_as_attested_and_as_nothing_else(office: Office, tmp_path: Path) -> None:
    machine, entered = enter(office, tmp_path, document(office))
    with office.database.read(WHOLE_SERVER) as connection:
        stored = reports.latest(connection, office.tenant.id, machine.id)
        assert stored is not None
        sealed = reports.envelope_bytes(connection, office.tenant.id, stored.id)
    assert sealed is not None
    found = envelope.parse(sealed)
    assert report.decode_report(envelope.verify(found, envelope.ATTESTED, machine.public_key)) == entered
    assert entered.recording is not None
    assert (entered.recording.attested_by, entered.recording.attested_at) == ("console:bob", office.now())
    assert found.payloadType != envelope.REPORT
    assert (tmp_path / "recordings.key").stat().st_mode & 0o077 == 0


def test_nothing_that_is_sent_speaks_for_a_recorded_machine(office: Office, tmp_path: Path) -> None:
    machine, entered = enter(office, tmp_path, document(office))
    private = keys.load(tmp_path / "recordings.key")
    more = msgspec.structs.replace(entered, sequence=2, previous=envelope.digest(report.encode(entered)))
    for kind in (envelope.REPORT, envelope.ATTESTED):
        for name in (None, machine.key_id):
            sent = json.loads(envelope.sign(report.encode(more), kind, private))
            sent["signatures"][0]["keyid"] = name or sent["signatures"][0]["keyid"]
            answer = office.post("/v1/reports", json.dumps(sent).encode())
            assert (answer.status_code, answer.json()["type"]) == (401, "bad_signature")


def test_an_agent_cannot_say_that_it_speaks_for_a_recording(office: Office) -> None:
    machine = office.machine()
    recording = Recording(DIGEST, office.now(), "Ada", "console:bob", office.now())
    answer = office.post("/v1/reports", machine.report(recording=recording))
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed")


def test_an_old_recording_brought_in_today_is_as_old_as_it_is(office: Office, tmp_path: Path) -> None:
    until = office.now() - timedelta(days=9)
    results = (Result("patching/os-supported", "PAT-01", Severity.CRITICAL, Verdict.PASS, "x", "y", valid_until=until),)
    machine, _ = enter(office, tmp_path, document(office, age=timedelta(days=10), results=results))
    found = rules.machine(Reading(office.database).office(office.tenant.id), machine.id, shipped(), office.now())
    assert found is not None
    assert found.late
    assert found.verdict("patching/os-supported") is Verdict.UNKNOWN
    assert found.doubts["patching/os-supported"] == "stale"


def test_a_recording_joins_the_chain_of_its_machine_once(office: Office, tmp_path: Path) -> None:
    first, entered = enter(office, tmp_path, document(office, age=timedelta(hours=5)))
    with pytest.raises(UsageError, match="imported before"):
        enter(office, tmp_path, document(office, age=timedelta(hours=5)))
    with pytest.raises(UsageError, match="newer recording"):
        enter(office, tmp_path, document(office, age=timedelta(hours=6), digest="sha256:" + "d" * 64))
    with pytest.raises(UsageError, match="later than now"):
        enter(office, tmp_path, document(office, age=timedelta(hours=-1), digest="sha256:" + "d" * 64))
    second, again = enter(office, tmp_path, document(office, host="APPLIANCE-7", digest="sha256:" + "d" * 64))
    assert (second.id, again.sequence) == (first.id, 2)
    assert again.previous == envelope.digest(report.encode(entered))
    other, _ = enter(office, tmp_path, document(office, digest="sha256:" + "e" * 64), name="appliance-8", site="Annex")
    assert (other.host, other.site) == ("appliance-8", "Annex")
    assert other.id != first.id


def test_what_is_no_recording_a_revoked_machine_and_another_key_are_refused(office: Office, tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="not the report of a recording"):
        enter(office, tmp_path, document(office, recording=False))
    with pytest.raises(BadDocument):
        enter(office, tmp_path, b"{}")
    machine, _ = enter(office, tmp_path, document(office, age=timedelta(hours=3)))
    (tmp_path / "recordings.key").unlink()
    with pytest.raises(CannotFinish, match="not the one that signed before"):
        enter(office, tmp_path, document(office, digest="sha256:" + "d" * 64))
    with office.database.write(WHOLE_SERVER) as connection:
        agents.revoke(connection, office.tenant.id, machine.id, office.now())
    with pytest.raises(UsageError, match="was revoked"):
        enter(office, tmp_path, document(office, digest="sha256:" + "d" * 64))


def test_an_agent_speaks_for_its_asset_before_any_recording_of_that_name(office: Office, tmp_path: Path) -> None:
    sender = office.machine()
    times = Times(office.now() - timedelta(days=1), 1.0, "boot-1")
    assert office.post("/v1/reports", sender.report(host="appliance-7", times=times)).status_code == 201
    office.now.forward(hours=3)
    enter(office, tmp_path, document(office, age=timedelta(minutes=1)))
    everyone = rules.everyone(Reading(office.database).office(office.tenant.id), shipped(), office.now())
    speaking = rules.speakers([Asset("appliance-7", (), "", "us")], everyone)
    assert speaking["appliance-7"].report is not None
    assert speaking["appliance-7"].report.recording is None


@pytest.mark.skipif(sys.platform != "linux", reason="the recorder is for Linux")
def test_a_recorded_machine_reaches_the_scorecard_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "record.sh").write_text(record_sh.script(["/etc/os-release", "/usr/lib/os-release"], []))
    subprocess.run(["sh", "record.sh", "-b", "Ada", "box"], cwd=tmp_path, check=True, capture_output=True)
    server = str(tmp_path / "server")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*HUSTINGS, "server", *words, "--data", server], cwd=tmp_path, capture_output=True,
                              text=True, check=False)

    assert run("init", "--no-tls", "--no-password").returncode == 0
    done = run("import-recording", "box.tar", "--roles", "registration-db", "--name", "box-1")
    assert done.returncode == 0, done.stderr
    assert "box-1: recorded by Ada (" in done.stdout
    card = json.loads(run("scorecard", "--format", "json").stdout)
    (machine,) = card["machines"]
    assert (machine["name"], machine["recording"]["recorded_by"][:5]) == ("box-1", "Ada (")
    assert machine["recording"]["attested_by"].startswith("console:")
    assert "no agent of its own signed it" in run("scorecard").stdout
    assert "aucun agent" in run("scorecard", "--language", "fr").stdout
    assert " recorded " in run("agents", "list").stdout
    again = run("import-recording", "box.tar", "--name", "box-1")
    assert (again.returncode, "imported before" in again.stderr) == (2, True)
    with (tmp_path / "box/stats").open("a") as file:
        file.write("/etc/nologin\tnone\n")
    altered = run("import-recording", "box", "--name", "box-2")
    assert altered.returncode == 2
    assert "stats was altered" in altered.stderr
    assert base64.b64decode((tmp_path / "server/recordings.key").read_bytes())

"""Faults planted in a registration database on a real MariaDB: each is found and named, and on the clean twin none.

Every fault is a statement or two, taken back afterwards; what is found must be the planted fault, exactly.
"""

from __future__ import annotations

import json

import msgspec
import pytest
from click.testing import CliRunner

from agent.access.cli import access
from hustings.access.usage import SignIn, Usage, Window
from policies.access.difference import Difference, difference
from policies.access.engines import effective
from policies.access.rows import Anomaly
from tests.access.faults_mariadb import CLERKS, FAULTS, GOOD, JDOE, MODEL, NKHAN, PASSWORD, Fault, Office, office

__all__ = ["office"]


def _named(anomalies: tuple[Anomaly, ...]) -> set[tuple[str, str | None, str | None]]:
    return {(one.catalogue, one.object, one.account) for one in anomalies}


def _excess(found: Difference) -> set[str]:
    return {row.account for row in found.rows() if row.state == "excess"}


def _assert_clean(office: Office) -> None:
    found = office.look()
    assert [row for row in found.rows() if row.state != "declared"] == []
    assert (found.anomalies, found.unread) == ((), ())


def test_the_clean_twin_is_clean(office: Office) -> None:
    _assert_clean(office)


@pytest.mark.parametrize("planted", FAULTS, ids=lambda one: one.name)
def test_each_planted_fault_is_found_and_nothing_else(office: Office, planted: Fault) -> None:
    office.run(planted.plant)
    try:
        found = office.look()
        assert _named(found.anomalies) == planted.found, found.anomalies
        assert found.unread == ()
        excess = _excess(found)
        assert planted.excess - {"…"} <= excess
        assert "…" in planted.excess or excess == planted.excess
    finally:
        office.run(planted.undo)


def test_after_all_of_it_the_twin_is_clean_again(office: Office) -> None:
    _assert_clean(office)


def test_logs_tell_of_sessions_of_superusers_of_shared_accounts_and_of_accounts_nobody_uses(office: Office) -> None:
    came = {name: name.replace(CLERKS, "10.20.1.7") for name in office.look().context.judged if name != NKHAN}
    everyone = tuple(SignIn(logged, "10.20.1.7", "2026-11-20T09", 1) for logged in came.values())
    office.run(f"create user oldadmin@'10.%' {GOOD}; grant all on *.* to oldadmin@'10.%' with grant option")
    try:
        sign_ins = (*everyone, SignIn("root@localhost", "localhost", "2026-11-20T09", 2),
                    SignIn("oldadmin@10.1.1.1", "10.1.1.1", "2026-11-20T10", 1),
                    SignIn("jdoe@10.20.1.8", "10.20.1.8", "2026-11-20T09", 3))
        usage = Usage("mariadb", Window("2026-09-01T00:00:00Z", "2026-11-21T00:00:00Z", 81.0), covers=("all",),
                      sign_ins=sign_ins)
        assert _named(office.look(usage).anomalies) == {
            ("IAM-11", None, NKHAN), ("IAM-13", None, JDOE), ("LPR-02", None, "oldadmin@10.%"),
            ("LPR-03", None, "oldadmin@10.%"), ("LPR-03", None, "root@localhost")}
    finally:
        office.run("drop user oldadmin@'10.%'")


def test_that_passwords_get_old_is_no_end_of_an_account(office: Office) -> None:
    office.run("set global default_password_lifetime = 40000")
    try:
        assert office.look().anomalies == ()
    finally:
        office.run("set global default_password_lifetime = 0")


def test_an_account_may_be_seasonal_only_with_an_end_the_engine_knows(office: Office) -> None:
    office.run(f"alter user bleblanc@'{CLERKS}' password expire never")
    try:
        found = office.look()
        assert [one.catalogue for one in found.unread] == ["LPR-18"]
    finally:
        office.run(f"alter user bleblanc@'{CLERKS}' password expire interval 60 day")


def test_the_server_listens_everywhere_only_for_accounts_of_chosen_places(office: Office) -> None:
    office.run("create user anyone@'%' identified via ed25519 using password('x') require ssl account unlock")
    try:
        open_to_any = office.read()
    finally:
        office.run("drop user anyone@'%'")
    for address in ("", "*", "0.0.0.0", "::", "127.0.0.1,0.0.0.0"):
        for state, expected in ((open_to_any, {("LPR-14", None, None)}), (office.read(), set())):
            listening = msgspec.structs.replace(state, settings={**state.settings, "bind_address": address})
            found = difference(office.model, effective(listening), listening)
            assert _named(found.anomalies) == expected


def test_on_a_server_for_this_machine_alone_the_weaker_account_stands_out(office: Office) -> None:
    """Nobody elsewhere can reach it; where one is kept better than another, the other is named all the same."""
    state = office.read()

    def said(password: str, tls: str, address: str) -> set[tuple[str, str | None]]:
        changed = msgspec.structs.replace(
            state, settings={**state.settings, "bind_address": address, "require_secure_transport": "OFF"},
            principals=tuple(msgspec.structs.replace(one, password=password, tls=tls) if one.login else one
                             for one in state.principals))
        return {(one.catalogue, one.account) for one in difference(office.model, effective(changed), changed).anomalies
                if one.catalogue in ("LPR-13", "LPR-15")}

    here, there = (said("mysql_native_password", "", address) for address in ("127.0.0.1", "10.20.0.4"))
    assert {row for row, _ in here} <= {"LPR-15"}, "what the model itself demands is demanded here too"
    assert {row for row, _ in there} == {"LPR-13", "LPR-15"}
    assert len(there) > 2 * len(here)


def test_the_command_says_the_same(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUSTINGS_VR_DSN", office.dsn)
    clean = CliRunner().invoke(access, ["diff", "--model", str(MODEL), "--format", "json"])
    assert (clean.exit_code, clean.stderr) == (0, "")
    document = json.loads(clean.stdout)
    assert (document["schema"], document["engine"]) == ("hustings.access/1", "mariadb")
    assert (document["anomalies"], document["unknown"], document["assumable"]) == ([], [], [])
    assert {row["state"] for row in document["rows"]} == {"declared"}
    by_role = next(row for row in document["rows"] if (row["account"], row["object"]) == (JDOE, "vr.signatures"))
    assert (by_role["kind"], by_role["right"], by_role["via"]) == ("table", "INSERT", ["r_clerk"])
    held = CliRunner().invoke(access, ["diff", "--all", "--engine", "mariadb", "--dsn-env", "HUSTINGS_VR_DSN",
                                       "--schema", "vr", "--format", "json"])
    assert (held.exit_code, held.stderr) == (0, "")
    assert {row["state"] for row in json.loads(held.stdout)["rows"]} == {"held"}
    assert PASSWORD not in held.stdout

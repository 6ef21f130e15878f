"""The replacement plan of an office."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from hustings import report
from hustings.errors import HustingsError
from hustings.report import Hardware, Inventory, Os, Product, Report, Same, Spool, Times
from policies.lifecycle import Table
from policies.loader import load_tables
from policies.pack import HERE
from server import config, plan_text
from server.plan import Line, Plan, Rules, Status, make
from server.plan_cli import of_report, plan
from server.plan_needs import Category
from server.plan_schedule import Warn
from server.records import Asset, Heard, Office
from server.store.database import Database
from tests import sender
from tests.server import setups

TABLE = Table.of(load_tables(HERE / "tables"))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NODE = Product("nodejs", "20.20.2-1nodesource1", "dpkg")
OPENSSL = Product("openssl", "3.0.19-1~deb12u2", "dpkg")
SERVER = Hardware("Dell Inc.", "PowerEdge R640", "2.1", "2023-03-01")


def told(host: str, system: str = "debian", version: str = "12", products: tuple[Product, ...] = (),
         hardware: Hardware = SERVER, **changes: Any) -> Report:
    made = Report(
        schema=report.SCHEMA, tenant="t", agent=f"agent-{host}", epoch="e", sequence=1, previous=None,
        times=Times(NOW, 1.0, ""), agent_version="0", pack="sha256:0", host=host, roles=("registration-app",),
        inventory=Inventory(Os("linux", system, version, "", f"{system} {version}"), hardware, products, True),
        facts={}, results=(), spool=Spool(0, 0), privileges=())
    return msgspec.structs.replace(made, **changes)


def heard(one: Report, **changes: Any) -> Heard:
    return replace(Heard(one.agent, one.host, report=one, received=NOW), **changes)


def made(*machines: Heard | Report, rules: Rules | None = None, **office: Any) -> Plan:
    everyone = tuple(one if isinstance(one, Heard) else heard(one) for one in machines)
    return make(Office("office", everyone, **office), TABLE, NOW, rules)


def line(found: Plan, what: str) -> Line:
    return next(one for one in found.lines if one.what == what)


def test_a_system_names_the_rule_in_force_and_keeps_clear_of_freezes() -> None:
    found = made(told("db1"), voting_days=(date(2027, 11, 2), date(2028, 6, 6)))
    one = line(found, "Debian 12 (Bookworm)")
    assert (one.ends, one.status) == (date(2028, 6, 30), Status.WITHIN_24_MONTHS)
    assert plan_text.why(one, found) == "long-term support (Debian LTS) ends on 2028-06-30"
    assert plan_text.why(one, found, "fr") == "fin (prise en charge de longue durée (Debian LTS)) le 2028-06-30"
    assert (one.go_live, one.order_by, one.warnings) == (date(2028, 3, 7), date(2027, 11, 8), ())


def test_packages_without_dates_are_listed_and_never_fine() -> None:
    strange = Product("strange-tool", "=1.0", "dpkg")
    found = made(told("b", products=(strange,)), told("a", products=(strange,)))
    [package] = found.unrecognised
    assert (package.name, package.versions, package.where) == ("strange-tool", ("=1.0",), ("a", "b"))
    rows = list(csv.reader(io.StringIO(plan_text.as_csv(found, "fr"))))
    [row] = [row for row in rows if "strange-tool" in row]
    assert ("inconnu" in row, "'=1.0" in row) == (True, True)


def test_reasons_of_the_plan_itself_are_in_french_too() -> None:
    [unknown] = [one for one in made(told("b", hardware=Hardware())).unknown if one.what == "hardware"]
    assert plan_text.translated(unknown.why)
    assert plan_text.reason(unknown.why, "fr").startswith("la date")
    assert plan_text.reason(unknown.why) == unknown.why


def test_machines_with_the_same_need_are_one_line() -> None:
    other = Product("nodejs", "20.11.0-1nodesource1", "dpkg")
    found = made(told("b", products=(NODE,)), told("a", products=(other,)))
    one = line(found, "Node.js 20")
    assert [place.name for place in one.where] == ["a", "b"]
    assert one.versions == ("20.11.0-1nodesource1", "20.20.2-1nodesource1")
    assert (one.status, one.category) == (Status.OUT_OF_SUPPORT, Category.PRODUCT)
    assert one.order_by == date(2026, 11, 22)
    assert Warn.AFTER_END in one.warnings


def test_a_distributions_package_has_no_line_of_its_own() -> None:
    found = made(told("web", products=(OPENSSL,)))
    assert [one.what for one in found.lines] == ["Debian 12 (Bookworm)"]
    assert found.covered == 1


def test_what_lasts_beyond_24_months_is_counted_and_not_listed() -> None:
    found = made(told("new", version="13", hardware=Hardware("A", "B", "1", "2025-01-01")))
    assert (found.lines, found.later) == ((), 2)


@pytest.mark.parametrize(("machine", "what", "why"), [
    (told("x", system="plan9", version="4"), "plan9 4", "no operating system 'plan9'"),
    (told("x", version="99"), "debian 99", "no dates for Debian 99"),
    (told("x", products=(Product("google-chrome-stable", "156.0-1", "dpkg"),)),
     "Google Chrome (google-chrome-stable)", "no dates for Google Chrome"),
    (told("x", hardware=Hardware("QEMU", "Standard PC", "1", "2014-04-01")), "QEMU Standard PC", "virtual machine"),
    (told("x", hardware=Hardware("Dell Inc.", "Latitude")), "Dell Inc. Latitude", "firmware is not known"),
    *((told("x", hardware=Hardware("Dell Inc.", "R1", "1", day)), "Dell Inc. R1", "still to come")
      for day in ("9999-12-31", "2031-01-01")),
    (told("x", inventory=Inventory(Os("linux", "debian", "13"), SERVER, (), False, "denied: needs root")),
     "installed products", "denied: needs root"),
])
def test_what_is_not_known_is_listed_with_its_reason(machine: Report, what: str, why: str) -> None:
    found = [one for one in made(machine).unknown if one.what == what]
    assert [one.where for one in found] == [("x",)]
    assert why in found[0].why
    assert what not in [one.what for one in made(machine).lines]


def test_silent_machines_are_not_counted_as_fine() -> None:
    found = made(Heard("agent-new", "new"), told("db1"), assets=(
        Asset("DB1", ("registration-db",), "hall", "us"), Asset("ghost", (), "hall", "vendor")))
    assert found.machines == 1
    assert {(one.where, one.why) for one in found.unknown} == {
        (("new",), "it has not reported yet"), (("ghost",), "it is on the inventory and no agent reports from it")}
    place = line(found, "Debian 12 (Bookworm)").where[0]
    assert (place.site, place.responsible, place.roles) == ("hall", "us", ("registration-app", "registration-db"))


def test_a_revoked_machine_is_left_out() -> None:
    assert made(heard(told("db1"), revoked=True)).lines == ()


@pytest.mark.parametrize("strange", [
    told("x", parameters={"patching/os-supported": 5, "patching/runtimes-supported": [1]}),
    told("x", parameters={"patching/os-supported": {"accepted_support": [[1], {}]},
                          "patching/runtimes-supported": {"under_contract": [{}]}}),
    told("x", version="9" * 5000),
    told("x", products=(Product("nodejs", "9" * 5000, "dpkg"), Product("nodejs", "\u0662\u0660.1", "dpkg"))),
])
def test_what_one_machine_says_never_takes_the_plan_of_the_others_down(strange: Report) -> None:
    found = made(strange, told("old", products=(NODE,)))
    assert line(found, "Node.js 20").status is Status.OUT_OF_SUPPORT


def test_old_hardware_is_due_by_the_date_of_its_firmware() -> None:
    found = made(told("old", version="13", hardware=Hardware("Dell Inc.", "R610", "6.4", "2013-07-23")))
    one = line(found, "Dell Inc. R610")
    assert (one.category, one.ends, one.status) == (Category.HARDWARE, date(2020, 7, 23), Status.OUT_OF_SUPPORT)
    assert plan_text.why(one, found) == (
        "its firmware dates from 2013-07-23; hardware is planned to serve 7 years after that")
    leap = made(told("leap", version="13", hardware=Hardware("A", "B", "1", "2020-02-29")))
    assert line(leap, "A B").ends == date(2027, 2, 28)


def test_paid_support_counts_only_where_the_machine_was_judged_with_it() -> None:
    focal = told("app", system="ubuntu", version="20.04")
    without = line(made(focal), "Ubuntu 20.04 (Focal Fossa)")
    assert (without.status, without.contract_ends) == (Status.OUT_OF_SUPPORT, date(2030, 4, 2))
    assert "paid support is possible until 2030-04-02" in plan_text.why(without, made(focal))
    paid = msgspec.structs.replace(focal, parameters={
        "patching/os-supported": {"accepted_support": ["vendor", "lts", "paid"]}})
    assert "Ubuntu 20.04 (Focal Fossa)" not in [one.what for one in made(paid).lines]


def test_a_contract_for_a_product_counts_too() -> None:
    jdk = told("app", version="13", products=(Product("jdk-17", "17.0.20", "dpkg"),))
    assert line(made(jdk), "Oracle JDK 17").status is Status.OUT_OF_SUPPORT
    held = msgspec.structs.replace(jdk, parameters={"patching/runtimes-supported": {"under_contract": ["oracle-jdk"]}})
    assert "Oracle JDK 17" not in [one.what for one in made(held).lines]


def test_the_order_does_not_depend_on_the_order_of_machines() -> None:
    machines = [told("a", products=(NODE,)), told("b", version="11"), told("c", system="plan9"),
                told("d", hardware=Hardware("X", "Y", "1", "2010-01-01"))]
    assert made(*machines) == made(*reversed(machines))
    dates = [one.order_by for one in made(*machines).lines]
    assert dates == sorted(dates)


def test_without_voting_days_the_plan_says_that_freezes_are_unknown() -> None:
    found = made(told("db1"))
    assert not found.voting_days_known
    assert all(Warn.CALENDAR_UNKNOWN in one.warnings for one in found.lines)
    assert "no voting day ahead is declared" in plan_text.as_text(found)
    assert not made(told("db1"), voting_days=(date(2020, 11, 3),)).voting_days_known


@pytest.mark.parametrize("language", ["en", "fr"])
def test_csv_holds_every_line_and_every_unknown_and_runs_no_formula(language: str) -> None:
    found = made(told("=cmd|'/C calc'!A0", products=(NODE,)), told("x", system="plan9"))
    rows = list(csv.reader(io.StringIO(plan_text.as_csv(found, language))))
    assert len(rows) == 1 + len(found.lines) + len(found.unknown)
    assert {len(row) for row in rows} == {12}
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]


def test_both_languages_have_every_word() -> None:
    words = plan_text._WORDS
    assert words["en"].keys() == words["fr"].keys()
    assert {*Status, *Category, *Warn} <= words["en"].keys()


def written(tmp_path: Path, one: Report) -> Path:
    path = tmp_path / "report.json"
    path.write_bytes(report.encode(one))
    return path


def test_the_command_plans_for_one_report_without_a_server(tmp_path: Path) -> None:
    path = written(tmp_path, told("db1", products=(NODE,)))
    said = CliRunner().invoke(plan, ["--report", str(path), "--voting-day", "2099-11-03", "--format", "json",
                                     "--lead-time", "product=10"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.output)
    assert found["schema"] == "hustings.support-plan/1"
    node = next(one for one in found["lines"] if one["what"] == "Node.js 20")
    assert (node["lead_days"], node["where"][0]["name"]) == (10, "db1")
    text = CliRunner().invoke(plan, ["--report", str(path)])
    assert "Node.js 20  [software, out of support]" in text.output


@pytest.mark.parametrize(("arguments", "said"), [
    (["--voting-day", "soon"], "'soon' is not a date"), (["--lead-time", "rocket=5"], "'rocket=5' is not a lead time"),
    (["--lead-time", "system=long"], "is not a lead time"),
])
def test_bad_arguments_are_refused_with_a_remedy(tmp_path: Path, arguments: list[str], said: str) -> None:
    path = written(tmp_path, told("db1"))
    result = CliRunner().invoke(plan, ["--report", str(path), *arguments])
    assert isinstance(result.exception, HustingsError)
    assert said in str(result.exception)
    assert "fix:" in str(result.exception)


def test_a_file_that_is_no_report_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for content in (b"", b"{}", b'{"payloadType": 3}', b"\xff"):
        path.write_bytes(content)
        with pytest.raises(HustingsError, match=r"x\.json"):
            of_report(path)
    with pytest.raises(HustingsError, match="cannot be read"):
        of_report(tmp_path / "absent.json")
    named = msgspec.structs.replace(told("db1"), inventory=Same("sha256:0"))
    with pytest.raises(HustingsError, match="only names its inventory"):
        of_report(written(tmp_path, named))


def test_the_command_reads_a_servers_own_store(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    config.settings_file(data).write_bytes(msgspec.json.encode(config.Settings(("localhost",), 8443, tls=False)))
    with setups.office(Database(config.database_url(data)), data) as office:
        machine = office.machine()
        inventory = msgspec.structs.replace(sender.INVENTORY, products=(NODE,))
        answer = office.post("/v1/reports", machine.report(inventory=inventory), content_type="application/json")
        assert answer.status_code == 201, answer.text
    said = CliRunner().invoke(plan, ["--data", str(data), "--format", "json"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.output)
    assert {one["what"] for one in found["lines"]} >= {"Node.js 20"}
    assert found["machines"] == 1


def test_a_directory_without_a_server_is_refused_with_a_remedy(tmp_path: Path) -> None:
    result = CliRunner().invoke(plan, ["--data", str(tmp_path)])
    assert isinstance(result.exception, HustingsError)
    assert "hustings server init" in str(result.exception)

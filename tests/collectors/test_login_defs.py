"""login.defs, useradd's defaults, and the leftovers of shadow."""

from typing import Any

import pytest

from collectors import _login_defs, login_defs, shadow
from collectors.base import ABSENT, observe
from hustings.declared import Declared
from hustings.facts import Missing
from tests.collectors.captured import captured
from tests.fakes import NOW, FakeHost


def look(files: dict[str, str], **host: Any) -> dict[str, Any]:
    return login_defs.collect(FakeHost(files, **host), Declared())


def test_debian_as_installed():
    found = look({"/etc/login.defs": captured("access/login.defs-debian12"), "/etc/default/useradd": "SHELL=/bin/sh\n"})
    days = [found[f"login_defs.{name}"] for name in ("pass_max_days", "pass_min_days", "pass_warn_age")]
    assert days == [99999, 0, 7]
    assert found["login_defs.umask"] == "0022"
    assert found["login_defs.fail_delay"] is found["useradd.inactive_days"] is ABSENT
    assert found["login_defs.contradictions"].items == []


@pytest.mark.parametrize(("text", "umask"), [
    ("UMASK 027\n", "0027"), ("#UMASK 027\n", ABSENT), ("UMASK 022\nUMASK 077\n", "0077"), ("UMASK\t0077\n", "0077")])
def test_the_last_umask_holds(text, umask):
    assert login_defs.of_defs(text)["login_defs.umask"] == umask


@pytest.mark.parametrize(("text", "fact"), [
    ("UMASK u=rwx\n", "umask"), ("UMASK none\n", "umask"), ("PASS_MAX_DAYS many\n", "pass_max_days")])
def test_what_is_no_number_is_a_reason(text, fact):
    assert isinstance(login_defs.of_defs(text)[f"login_defs.{fact}"], Missing)


def test_a_setting_that_is_written_twice_with_two_values_is_named():
    assert login_defs.contradictions("UMASK 022\nUMASK 027\nUID_MIN 1000\nUID_MIN 1000\n") == ["UMASK"]


@pytest.mark.parametrize(("text", "days"), [
    ("INACTIVE=30\n", 30), ("INACTIVE=-1\n", ABSENT), ("# INACTIVE=30\n", ABSENT), ("INACTIVE=35\nINACTIVE=40\n", 40)])
def test_when_new_accounts_close(text, days):
    assert look({"/etc/default/useradd": text})["useradd.inactive_days"] == days


def test_drop_ins_count_on_systems_that_know_them():
    own = {"/etc/login.defs.d/a.defs": "UMASK 077\n"}
    assert _login_defs.text(FakeHost({"/etc/login.defs": "UMASK 022\n", **own})) == "UMASK 022\n"
    vendor = {"/usr/etc/login.defs": "UMASK 022\n", "/usr/etc/login.defs.d/a.defs": "UMASK 002\n"}
    assert look({**vendor, **own})["login_defs.umask"] == "0077"
    assert look(vendor)["login_defs.umask"] == "0002"


def test_a_line_of_shadow_without_an_account_is_seen():
    host = FakeHost({"/etc/passwd": "root:x:0:0::/root:/bin/sh\n",
                     "/etc/shadow": "root:*:20000::::::\nbob::30000::::::\n"})
    found = shadow.collect(host, Declared())["shadow.entries"]
    assert found.items == [
        {"name": "root", "password": "none", "usable": False, "has_account": True, "changed": "2024-10-04T00:00:00Z"},
        {"name": "bob", "password": "empty", "usable": True, "has_account": False, "changed": "2052-02-20T00:00:00Z"}]
    assert shadow.collect(FakeHost({}), Declared())["shadow.entries"] is ABSENT


def test_what_it_answers_is_what_it_declares():
    seen = observe(login_defs.COLLECTOR, look({"/etc/login.defs": "UMASK 027\n"}), NOW, Declared())
    assert {name: one.missing for name, one in seen.items() if one.missing} == {}

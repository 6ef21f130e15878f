"""What each way of signing in does after a wrong password, and to whom it opens without one."""

from typing import Any

import pytest

from collectors import _faillock, _pam, password_policy, sign_in_policy
from collectors.base import ABSENT, observe
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.collectors.test_password_policy import DEBIAN, RHEL
from tests.fakes import NOW, FakeHost

PREAUTH = "required pam_faillock.so preauth"
UNIX = "[success=1 default=ignore] pam_unix.so"
OVER_TWO = "[success=2 default=ignore] pam_unix.so"
AUTHFAIL = "[default=die] pam_faillock.so authfail"
AUTHSUCC = "sufficient pam_faillock.so authsucc"
END = ["requisite pam_deny.so", "required pam_permit.so"]
ACCOUNT = "account required pam_faillock.so\n"


def look(files: dict[str, str], **host: Any) -> dict[str, Any]:
    return sign_in_policy.collect(FakeHost(files, **host), Declared())


def auth(*lines: str) -> list[_pam.Entry]:
    return _pam.stack(lambda path: "".join(f"auth {line}\n" for line in lines), "login")


def closing(lines: list[str], conf: str | None = None, account: str = "") -> dict[str, Any]:
    accounts = _pam.stack(lambda path: account, "login")
    return _faillock.lockout(auth(*lines), conf, accounts)


def test_debian_as_installed():
    found = look(DEBIAN)
    assert found["lockout.services"].items == [{"service": "login", "enforced": False},
                                               {"service": "sshd", "enforced": False}]
    assert found["password.empty_accepted"] is True
    assert found["password.nullok_lines"].items == ["/etc/pam.d/common-auth:1"]
    assert (found["signin.delay"], found["signin.pam_delay"]) == (3, 3_000_000)
    assert found["signin.second_factors"].items == []
    assert found["root.terminals"] is ABSENT
    assert found["root.terminals_heeded"] is False


def test_a_system_profile_with_every_feature():
    [one] = look(RHEL)["lockout.services"].items
    assert (one["enforced"], one["deny"], "unlock_after" in one, one["logs_names"]) == (True, 4, False, True)
    assert look(RHEL)["password.empty_accepted"] is False


@pytest.mark.parametrize(("lines", "enforced"), [
    ([PREAUTH, UNIX, AUTHFAIL, AUTHSUCC, *END], True),
    ([PREAUTH, OVER_TWO, AUTHFAIL, *END], True),
    ([UNIX, AUTHFAIL, AUTHSUCC, *END], True),
    (["[success=3 default=ignore] pam_unix.so", PREAUTH, AUTHFAIL, *END], False),
    ([OVER_TWO, AUTHFAIL, *END], False),
    ([PREAUTH, UNIX, *END], False),
    (["optional pam_faillock.so preauth", OVER_TWO, AUTHFAIL, *END], False),
    (["sufficient pam_unix.so", PREAUTH, AUTHFAIL, *END], False),
    (["sufficient pam_fprintd.so", PREAUTH, OVER_TWO, AUTHFAIL, *END], True),
    ([PREAUTH, "[success=3 default=ignore] pam_unix.so", "requisite pam_deny.so", AUTHFAIL, *END], False),
    ([PREAUTH + " deny=0", OVER_TWO, AUTHFAIL, *END], False),
    (["required pam_tally2.so deny=5 unlock_time=900", UNIX, *END], True),
    (["required pam_tally2.so", UNIX, *END], False),
])
def test_lockout_counts_only_where_it_can_refuse_and_count(lines, enforced):
    assert closing(lines)["enforced"] is enforced


AUTHSELECT = """\
auth        required                                     pam_env.so
auth        required                                     pam_faildelay.so delay=2000000
auth        required                                     pam_faillock.so preauth silent
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
auth        sufficient                                   pam_unix.so
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        sufficient                                   pam_sss.so forward_pass
auth        required                                     pam_faillock.so authfail
auth        required                                     pam_deny.so
account     required                                     pam_faillock.so
account     required                                     pam_unix.so
password    requisite                                    pam_pwquality.so local_users_only
password    [default=1 ignore=ignore success=ok]         pam_localuser.so
password    requisite                                    pam_pwhistory.so use_authtok remember=24
password    sufficient                                   pam_unix.so yescrypt shadow use_authtok
password    [success=1 default=ignore]                   pam_localuser.so
password    sufficient                                   pam_sss.so use_authtok
password    required                                     pam_deny.so
"""
"""The shape of a stack that authselect's sssd profile writes with faillock and pwhistory."""


def test_a_stack_that_authselect_writes_is_heeded_for_this_machines_own_people():
    entries = _pam.stack(lambda path: AUTHSELECT, "system-auth")
    asked = [one for one in entries if one.kind == "auth"]
    assert _faillock.lockout(asked, None, [])["enforced"] is True
    setting = [one for one in entries if one.kind == "password"]
    assert password_policy.history(setting, "")["password.remembered"] == 24
    assert password_policy.quality(setting, [])["password.quality_module"] == "pam_pwquality"


def test_a_module_that_local_people_jump_over_does_not_count():
    lines = ["[success=1 default=ignore] pam_localuser.so", PREAUTH, "[success=2 default=ignore] pam_unix.so", AUTHFAIL]
    assert closing([*lines, *END])["enforced"] is False


def test_every_call_is_there_or_is_not():
    whole = [PREAUTH, UNIX, AUTHFAIL, AUTHSUCC, *END]
    assert closing(whole, account=ACCOUNT)["every_call"] is True
    assert closing(whole)["every_call"] is False
    assert closing([PREAUTH, OVER_TWO, AUTHFAIL, *END], account=ACCOUNT)["every_call"] is False
    unheeded = "account optional pam_faillock.so\naccount required pam_permit.so\n"
    assert closing(whole, account=unheeded)["every_call"] is False


@pytest.mark.parametrize(("argument", "conf", "deny", "once"), [
    ("", "", 3, False), ("", "deny = 5\n", 5, True), (" deny=7", "", 7, True), (" deny=7", "deny = 3\n", 7, False),
    ("", "deny = 5\ndeny = 9\n", 9, False)])
def test_a_modules_arguments_win_over_its_file(argument, conf, deny, once):
    found = closing([PREAUTH + argument, OVER_TWO, AUTHFAIL, *END], conf)
    assert (found["deny"], found["deny_once"]) == (deny, once)


@pytest.mark.parametrize(("conf", "unlock", "root", "root_unlock"), [
    ("", 600, False, 600), ("unlock_time = 0\n", None, False, None), ("even_deny_root\n", 600, True, 600),
    ("root_unlock_time = 60\n", 600, True, 60), ("unlock_time = never\n", None, False, None)])
def test_when_an_account_opens_again(conf, unlock, root, root_unlock):
    found = closing([PREAUTH, OVER_TWO, AUTHFAIL, *END], conf)
    assert (found.get("unlock_after"), found["root_too"], found.get("root_unlock_after")) == (unlock, root, root_unlock)


@pytest.mark.parametrize("argument", ["deny=many", "conf=/etc/own.conf"])
def test_a_lockout_that_cannot_be_told_is_a_reason(argument):
    found = closing([f"{PREAUTH} {argument}", OVER_TWO, AUTHFAIL, *END])
    assert isinstance(found["enforced"], Missing)


@pytest.mark.parametrize(("lines", "enforced"), [
    ([UNIX, *END, "required pam_google_authenticator.so"], True),
    ([UNIX, *END, "required pam_google_authenticator.so nullok"], False),
    (["sufficient pam_u2f.so", UNIX, *END], False),
    (["required pam_oath.so", UNIX, *END], True),
])
def test_a_second_factor_counts_where_nobody_gets_in_without_it(lines, enforced):
    [one] = sign_in_policy.second_factors("login", auth(*lines))
    assert one["enforced"] is enforced


@pytest.mark.parametrize(("login", "defs", "seconds"), [
    ("auth required pam_permit.so\n", "", 1), ("auth required pam_permit.so\n", "FAIL_DELAY 4\n", 4),
    ("auth optional pam_faildelay.so delay=2500000\n", "", 2),
    ("auth optional pam_faildelay.so\n", "FAIL_DELAY 5\n", 5)])
def test_the_longest_wait_holds(login, defs, seconds):
    assert look({"/etc/pam.d/login": login, "/etc/login.defs": defs})["signin.delay"] == seconds


@pytest.mark.parametrize(("session", "shown"), [
    ("session required pam_lastlog.so showfailed\n", True), ("session optional pam_lastlog.so showfailed\n", False),
    ("session required pam_lastlog.so\n", False), ("session required pam_lastlog.so silent showfailed\n", False)])
def test_failed_attempts_are_shown_where_the_module_must_succeed(session, shown):
    assert look({"/etc/pam.d/login": session + "session required pam_permit.so\n"})["signin.shows_failures"] is shown


def test_terminals_matter_where_the_console_asks_for_them():
    files = {"/etc/pam.d/login": "auth required pam_securetty.so\n", "/etc/securetty": "tty1\n# tty2\n\n"}
    assert look(files)["root.terminals"].items == ["tty1"]
    assert look(files)["root.terminals_heeded"] is True


def test_the_last_limit_for_the_same_people_wins():
    files = {"/etc/security/limits.conf": "* hard maxlogins 10\n@staff - maxlogins 3\n* soft core unlimited\n",
             "/etc/security/limits.d/a.conf": "*  hard maxlogins  4 # fewer\n"}
    found = {(one["who"], one["kind"], one["item"]): one.get("value") for one in look(files)["signin.limits"].items}
    assert found == {("*", "hard", "maxlogins"): 4, ("@staff", "soft", "maxlogins"): 3,
                     ("@staff", "hard", "maxlogins"): 3, ("*", "soft", "core"): None}


def test_a_stack_that_cannot_be_read_is_a_reason():
    found = look(DEBIAN, denied={"/etc/pam.d/common-auth"})
    assert found["password.empty_accepted"].reason is Reason.DENIED
    assert not found["lockout.services"].complete
    assert not found["password.nullok_lines"].complete


def test_a_service_whose_include_lacks_is_not_taken_for_missing():
    found = look({"/etc/pam.d/login": "@include gone\n"})
    assert (found["lockout.services"].items, found["lockout.services"].complete) == ([], False)


def test_what_it_answers_is_what_it_declares():
    for files in (DEBIAN, RHEL):
        seen = observe(sign_in_policy.COLLECTOR, look(files), NOW, Declared())
        assert {name: one.missing for name, one in seen.items() if one.missing} == {}
        declared = {one.name for fact in sign_in_policy.FACTS if fact.id == "lockout.services" for one in fact.fields}
        assert {name for one in look(files)["lockout.services"].items for name in one} <= declared

from typing import Any

import pytest

from collectors import _pam, password_policy
from collectors.base import ABSENT, observe
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.collectors.captured import captured
from tests.fakes import NOW, FakeHost

DEBIAN = {
    "/etc/pam.d/common-auth": captured("access/pam-common-auth-debian12"),
    "/etc/pam.d/common-password": captured("access/pam-common-password-debian12"),
    "/etc/pam.d/common-account": "", "/etc/pam.d/common-session": "",
    "/etc/pam.d/passwd": "@include common-password\n",
    "/etc/pam.d/login": "auth optional pam_faildelay.so delay=3000000\n@include common-auth\n",
    "/etc/pam.d/sshd": captured("access/pam-sshd-debian12"),
    "/etc/login.defs": captured("access/login.defs-debian12"),
}
RHEL = {
    "/etc/pam.d/passwd": "auth include system-auth\npassword substack system-auth\n",
    "/etc/pam.d/login": "auth substack system-auth\n",
    "/etc/pam.d/system-auth": (
        "auth required pam_env.so\n"
        "auth required pam_faillock.so preauth silent\n"
        "auth sufficient pam_unix.so\n"
        "auth required pam_faillock.so authfail\n"
        "auth required pam_deny.so\n"
        "account required pam_faillock.so\n"
        "password requisite pam_pwquality.so local_users_only\n"
        "password requisite pam_pwhistory.so use_authtok remember=24\n"
        "password sufficient pam_unix.so yescrypt shadow use_authtok\n"
    ),
    "/etc/security/pwquality.conf": "# minlen = 8\nminlen = 16\n",
    "/etc/security/faillock.conf": "deny = 4\nunlock_time = never\naudit\n",
}


def look(files: dict[str, str], **host: Any) -> dict[str, Any]:
    return password_policy.collect(FakeHost(files, **host), Declared())


def test_debian_as_installed_with_pwquality():
    found = look(DEBIAN)
    assert (found["password.min_length"], found["password.quality_module"]) == (8, "pam_pwquality")
    assert found["password.new_hash"] == "yescrypt"
    assert found["password.empty_accepted"] is True
    assert found["password.remembered"] is found["password.max_age"] is ABSENT
    assert found["lockout.services"].items == [{"service": "login", "enforced": False},
                                               {"service": "sshd", "enforced": False}]


def test_a_system_profile_with_every_feature():
    found = look(RHEL)
    assert (found["password.min_length"], found["password.remembered"]) == (16, 24)
    assert found["password.empty_accepted"] is False
    assert found["lockout.services"].items == [
        {"service": "login", "module": "pam_faillock", "enforced": True, "deny": 4}]


@pytest.mark.parametrize(("line", "conf", "expected"), [
    ("requisite pam_pwquality.so minlen=20", {"minlen": "12"}, 20),
    ("requisite pam_pwquality.so", {"minlen": "12"}, 12),
    ("requisite pam_pwquality.so", {}, 8),
    ("requisite pam_pwquality.so", {"minlen": "3"}, 6),
    ("requisite pam_pwquality.so dcredit=2", {"minlen": "16", "ucredit": "1", "lcredit": "-1"}, 13),
    ("requisite pam_cracklib.so", {"minlen": "30"}, 8),
    ("optional pam_pwquality.so minlen=20", {}, ABSENT),
    ("requisite pam_pwquality.so minlen=20", {"enforcing": "0"}, ABSENT),
    ("[success=1 default=ignore] pam_unix.so minlen=9", {}, 9),
    ("[success=1 default=die] pam_pwquality.so minlen=18", {}, 18),
])
def test_the_shortest_password_accepted(line, conf, expected):
    entries = _pam.stack(lambda path: f"password {line}\n", "passwd")
    assert password_policy.length(entries, conf)["password.min_length"] == expected


def test_later_configuration_files_are_overridden_by_the_main_one():
    files = DEBIAN | {"/etc/security/pwquality.conf.d/10-a.conf": "minlen=14\n",
                      "/etc/security/pwquality.conf.d/20-b.conf": "minlen=15\n"}
    assert look(files)["password.min_length"] == 15
    assert look(files | {"/etc/security/pwquality.conf": "minlen = 10\n"})["password.min_length"] == 10


@pytest.mark.parametrize("line", [
    "requisite pam_pwquality.so minlen=long", "requisite pam_passwdqc.so min=disabled,24,11,8,7"])
def test_a_length_that_cannot_be_told_is_a_reason(line):
    entries = _pam.stack(lambda path: f"password {line}\n", "passwd")
    assert isinstance(password_policy.length(entries, {})["password.min_length"], Missing)


PREAUTH = "required pam_faillock.so preauth"
UNIX = "[success=1 default=ignore] pam_unix.so"
AUTHFAIL = "[default=die] pam_faillock.so authfail"


@pytest.mark.parametrize(("lines", "enforced"), [
    ([PREAUTH, UNIX, AUTHFAIL], True),
    ([UNIX, PREAUTH, AUTHFAIL], False),
    ([UNIX, AUTHFAIL], False),
    ([PREAUTH, UNIX], False),
    (["optional pam_faillock.so preauth", UNIX, AUTHFAIL], False),
    ([PREAUTH + " deny=0", UNIX, AUTHFAIL], False),
    (["required pam_tally2.so deny=5 unlock_time=900", UNIX], True),
    (["required pam_tally2.so", UNIX], False),
])
def test_lockout_counts_only_where_it_can_refuse(lines, enforced):
    entries = _pam.stack(lambda path: "".join(f"auth {line}\n" for line in lines), "login")
    assert password_policy.lockout(entries, {})["enforced"] is enforced


def test_a_modules_arguments_win_over_its_file():
    entries = _pam.stack(lambda path: f"auth {PREAUTH} deny=7 unlock_time=60\nauth {UNIX}\nauth {AUTHFAIL}\n", "login")
    found = password_policy.lockout(entries, {"deny": "3", "unlock_time": "600"})
    assert (found["deny"], found["unlock_after"]) == (7, 60)


@pytest.mark.parametrize("argument", ["deny=many", "conf=/etc/own.conf"])
def test_a_lockout_that_cannot_be_told_is_a_reason(argument):
    entries = _pam.stack(lambda path: f"auth {PREAUTH} {argument}\nauth {UNIX}\nauth {AUTHFAIL}\n", "login")
    assert isinstance(password_policy.lockout(entries, {})["enforced"], Missing)


@pytest.mark.parametrize(("module", "defs", "method"), [
    ("pam_unix.so sha512", {"ENCRYPT_METHOD": "DES"}, "sha512crypt"),
    ("pam_unix.so", {"ENCRYPT_METHOD": "SHA512"}, "sha512crypt"),
    ("pam_unix.so md5", {}, "md5crypt"), ("pam_unix.so", {}, "descrypt"), ("pam_sss.so", {}, ABSENT),
])
def test_how_new_passwords_are_stored(module, defs, method):
    entries = _pam.stack(lambda path: f"password sufficient {module}\n", "passwd")
    assert password_policy.new_hash(entries, defs) == method


def test_pam_takes_the_first_method_that_login_defs_names():
    """Tried on Debian 12: with these lines a new password was stored as ``$1$…``."""
    files = {"/etc/pam.d/passwd": "password required pam_unix.so\n",
             "/etc/login.defs": "encrypt_method MD5 # old\nENCRYPT_METHOD SHA512\n"}
    assert password_policy.collect(FakeHost(files), Declared())["password.new_hash"] == "md5crypt"


def test_a_stack_that_cannot_be_read_is_a_reason():
    found = look(DEBIAN, denied={"/etc/pam.d/common-auth", "/etc/pam.d/common-password"})
    assert found["password.min_length"].reason is found["password.empty_accepted"].reason is Reason.DENIED
    assert not found["lockout.services"].complete


def test_a_service_whose_include_lacks_is_not_taken_for_missing():
    found = look({"/etc/pam.d/login": "@include gone\n"})
    assert (found["lockout.services"].items, found["lockout.services"].complete) == ([], False)


@pytest.mark.parametrize("text", ["auth\n", "nonsense required pam_unix.so\n", "@include login\n"])
def test_a_line_pam_would_not_take_is_a_fault(text):
    with pytest.raises(_pam.StackFault):
        _pam.stack(lambda path: text, "login")


def test_pam_lines_are_joined_cut_at_comments_and_told_apart():
    text = "-auth   [success=ok  default=bad] \\\n   /lib/security/pam_x.so [a=b c] d # e\nAUTH required pam_y.so\n"
    first, second = _pam.stack(lambda path: text, "login")
    assert (first.module, first.arguments, first.enforced, first.line) == ("pam_x", ("a=b c", "d"), True, 1)
    assert (second.kind, second.module) == ("auth", "pam_y")


def test_what_it_answers_is_what_it_declares():
    for files in (DEBIAN, RHEL):
        seen = observe(password_policy.COLLECTOR, look(files), NOW, Declared())
        assert {name: one.missing for name, one in seen.items() if one.missing} == {}

import ctypes
import ctypes.util
from typing import Any

import pytest

from collectors import _pam, _pwquality, password_policy
from collectors.base import ABSENT, observe
from collectors.host.protocol import Denied, NotThere
from hustings.declared import Declared
from hustings.facts import Missing
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


def setting(found: dict[str, Any], name: str) -> Any:
    [one] = [one for one in found["password.quality"].items if one["name"] == name]
    return one


def test_debian_as_installed_with_pwquality():
    found = look(DEBIAN)
    assert (found["password.min_length"], found["password.quality_module"]) == (8, "pam_pwquality")
    assert found["password.new_hash"] == found["password.hash_argument"] == "yescrypt"
    assert found["password.stored_as_judged"] is True
    assert found["password.remembered"] is found["password.history_root"] is ABSENT
    assert setting(found, "retry") == {"name": "retry", "value": 3, "stated": True, "contradicted": False,
                                       "source": "/etc/pam.d/common-password:1"}
    assert setting(found, "dictcheck")["value"] == 1
    assert setting(found, "dictcheck")["stated"] is False


def test_a_system_profile_with_every_feature():
    found = look(RHEL)
    assert (found["password.min_length"], found["password.remembered"]) == (16, 24)
    assert found["password.remembered_stated"] is found["password.history_as_judged"] is True
    assert found["password.history_root"] is False


def passwd(*lines: str) -> list[_pam.Entry]:
    """A password stack that ends as Debian's does."""
    said = [*lines, "[success=1 default=ignore] pam_unix.so", "requisite pam_deny.so", "required pam_permit.so"]
    return _pam.stack(lambda path: "".join(f"password {one}\n" for one in said), "passwd")


@pytest.mark.parametrize(("line", "conf", "expected"), [
    ("requisite pam_pwquality.so minlen=20", "minlen=12", 20),
    ("requisite pam_pwquality.so", "minlen = 12", 12),
    ("requisite pam_pwquality.so", "", 8),
    ("requisite pam_pwquality.so", "minlen = 3", 6),
    ("requisite pam_pwquality.so dcredit=2", "minlen = 16\nucredit = 1\nlcredit = -1", 13),
    ("requisite pam_cracklib.so dcredit=0 ucredit=0 lcredit=0 ocredit=0", "minlen = 30", 9),
    ("optional pam_pwquality.so minlen=20", "", ABSENT),
    ("sufficient pam_pwquality.so minlen=20", "", ABSENT),
    ("requisite pam_pwquality.so minlen=20", "enforcing = 0", ABSENT),
    ("[success=1 default=die] pam_pwquality.so minlen=18", "", 18),
])
def test_the_shortest_password_accepted(line, conf, expected):
    entries = passwd(line, "required pam_permit.so")
    found = password_policy.quality(entries, _pwquality.lines(conf, password_policy.QUALITY))
    assert found["password.min_length"] == expected


def test_a_module_that_the_stack_jumps_over_judges_nothing():
    entries = passwd("[success=1 default=ignore] pam_permit.so", "requisite pam_pwquality.so minlen=20")
    assert password_policy.quality(entries, [])["password.quality_module"] is ABSENT
    assert password_policy.quality(entries, [])["password.quality_present"] is True


def test_later_configuration_files_are_overridden_by_the_main_one():
    files = DEBIAN | {"/etc/security/pwquality.conf.d/10-a.conf": "minlen=14\n",
                      "/etc/security/pwquality.conf.d/20-b.conf": "minlen=15\n"}
    assert look(files)["password.min_length"] == 15
    assert look(files | {"/etc/security/pwquality.conf": "minlen = 10\n"})["password.min_length"] == 10
    assert setting(look(files), "minlen")["contradicted"] is True


@pytest.mark.parametrize(("conf", "value", "contradicted"), [
    ("ocredit = -1\nocredit = 1\n", 1, True), ("ocredit = -1\nocredit = -1\n", -1, False),
    ("#ocredit = -1\n", 0, False), ("ocredit=-2\n", -2, False), ("  ocredit =\t-1 # one\n", -1, False)])
def test_a_setting_holds_as_it_is_written_last(conf, value, contradicted):
    found = setting(look(DEBIAN | {"/etc/security/pwquality.conf": conf}), "ocredit")
    assert (found["value"], found["contradicted"]) == (value, contradicted)


@pytest.mark.parametrize(("files", "conf"), [
    ([], "minlen = 10\n"), (["minlen = 14\n", "minlen = 15\n"], ""), (["minlen = 14\n"], "minlen = 10\n"),
    ([], "minlen=12 # words\n"), ([], "minlen 12\n"), ([], "MINLEN = 12\n"), ([], "minlen = 012\n"),
    ([], "minlen = 16\nminlen = many\nminlen = 20\n"), ([], "minlen = 9\nnonsense = 3\nminlen = 16\n"),
    ([], "minlen = 0x10\n"), ([], "minlen = 12 13\n"), ([], "minlen =\nminlen = 16\n"), ([], "minlen = -1\n"),
    (["nonsense\n"], "minlen = 16\n"), ([], "badwords = a b\nminlen = 16\n"), ([], "enforce_for_root\nminlen = 16\n"),
])
@pytest.mark.skipif(not ctypes.util.find_library("pwquality"), reason="no libpwquality here")
def test_a_length_holds_as_libpwquality_itself_reads_it(tmp_path, files, conf):
    main = tmp_path / "pwquality.conf"
    main.write_text(conf)
    (tmp_path / "pwquality.conf.d").mkdir()
    texts = {}
    for number, text in enumerate(files):
        (tmp_path / "pwquality.conf.d" / f"{number}.conf").write_text(text)
        texts[f"{password_policy.QUALITY}.d/{number}.conf"] = text
    library = ctypes.CDLL(ctypes.util.find_library("pwquality") or "")
    library.pwquality_default_settings.restype = ctypes.c_void_p
    held, fault, least = ctypes.c_void_p(library.pwquality_default_settings()), ctypes.c_void_p(), ctypes.c_int()
    library.pwquality_read_config(held, str(main).encode(), ctypes.byref(fault))
    library.pwquality_get_int_value(held, 3, ctypes.byref(least))
    library.pwquality_free_settings(held)
    assert look(DEBIAN | texts | {password_policy.QUALITY: conf})["password.min_length"] == least.value


def test_a_word_alone_switches_on():
    found = look(DEBIAN | {"/etc/security/pwquality.conf": "enforce_for_root\n"})
    assert (setting(found, "enforce_for_root")["value"], setting(found, "local_users_only")["value"]) == (1, 0)


@pytest.mark.parametrize("line", [
    "requisite pam_pwquality.so minlen=long", "requisite pam_passwdqc.so min=disabled,24,11,8,7"])
def test_a_length_that_cannot_be_told_is_a_reason(line):
    assert isinstance(password_policy.quality(passwd(line), [])["password.min_length"], Missing)


@pytest.mark.parametrize(("line", "conf", "remembered", "stated"), [
    ("requisite pam_pwhistory.so remember=24", "", 24, True), ("requisite pam_pwhistory.so", "", 10, False),
    ("requisite pam_pwhistory.so", "remember = 7\n", 7, True),
    ("optional pam_pwhistory.so remember=24", "", ABSENT, False),
])
def test_how_many_old_passwords_are_refused(line, conf, remembered, stated):
    found = password_policy.history(passwd(line), conf)
    assert (found["password.remembered"], found["password.remembered_stated"]) == (remembered, stated)


def test_a_file_that_the_module_does_not_know_says_nothing():
    """Debian 12's pam_pwhistory (1.5.2) reads no pwhistory.conf."""
    files = DEBIAN | {"/etc/pam.d/passwd": "password requisite pam_pwhistory.so\n@include common-password\n",
                      "/etc/security/pwhistory.conf": "remember = 24\n"}
    module = "/usr/lib/x86_64-linux-gnu/security/pam_pwhistory.so"
    assert look(files | {module: "ELF"})["password.remembered"] == 10
    assert look(files | {module: "ELF /etc/security/pwhistory.conf"})["password.remembered"] == 24
    assert isinstance(look(files)["password.remembered"], Missing)


@pytest.mark.parametrize(("lines", "as_judged"), [
    (["required pam_unix.so"], True), (["requisite pam_pwquality.so", "required pam_unix.so use_authtok"], True),
    (["required pam_pwquality.so", "required pam_unix.so"], False), (["required pam_permit.so"], ABSENT)])
def test_what_is_stored_is_what_was_judged_where_the_module_says_so(lines, as_judged):
    entries = _pam.stack(lambda path: "".join(f"password {one}\n" for one in lines), "passwd")
    assert password_policy.storing(entries, {})["password.stored_as_judged"] == as_judged


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
    assert look(files)["password.new_hash"] == "md5crypt"


def test_a_machine_without_a_stack_for_passwd_uses_the_one_for_others():
    assert look({"/etc/pam.d/other": "password required pam_deny.so\n"})["password.quality_module"] is ABSENT
    with pytest.raises(NotThere):
        look({})


def test_a_stack_that_cannot_be_read_is_a_reason():
    with pytest.raises(Denied):
        look(DEBIAN, denied={"/etc/pam.d/common-password"})


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


@pytest.mark.parametrize(("sign", "files", "module"), [
    ("-", {}, ABSENT), ("-", {"/usr/lib64/security/pam_pwquality.so": ""}, "pam_pwquality"), ("", {}, "pam_pwquality")])
def test_a_module_that_may_be_missing_counts_where_it_is_installed(sign, files, module):
    stack = f"{sign}password requisite pam_pwquality.so\npassword required pam_unix.so use_authtok\n"
    assert look({"/etc/pam.d/passwd": stack, **files})["password.quality_module"] == module

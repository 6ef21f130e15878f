"""What shells' start-up files set, and where root looks for programs."""

from typing import Any

import pytest

from collectors import _shell, root_path, shell_settings
from collectors.base import observe
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.fakes import NOW, FakeHost

PROFILE = '''# umask 000
if [ "$(id -u)" -eq 0 ]; then
  PATH="/usr/local/sbin:/usr/sbin:/sbin"
else
  PATH="/usr/local/bin:/usr/bin:/bin"
fi
export PATH
if [ "$(id -u)" -gt 199 ]; then umask 002; else umask 022; fi
'''


def look(files: dict[str, str], **host: Any) -> dict[str, Any]:
    return shell_settings.collect(FakeHost(files, **host), Declared())


def path(files: dict[str, str], **host: Any) -> list[dict[str, Any]]:
    found = root_path.collect(FakeHost(files, **host), Declared())["root.path"]
    assert found.complete, found.why
    return found.items


@pytest.mark.parametrize(("said", "mask"), [
    ("027", "0027"), ("0077", "0077"), ("22", "0022"), ("u=rwx,g=rx,o=", "0027"), ("a=rx", "0222"),
    ("g-w,o-rwx", "0027"), ("u=rwx,go=", "0077"), ("$MASK", None), ("028", None), ("-S", None)])
def test_a_umask_is_read_in_digits_and_in_words(said, mask):
    assert _shell.mask(said) == mask


def test_every_umask_counts_wherever_it_stands_but_not_in_comments():
    found = look({"/etc/profile": PROFILE, "/etc/bash.bashrc": "umask $(cat /x)\numask -S\n",
                  "/root/.bashrc": "umask 077\n", "/etc/profile.d/a.csh": "umask 022\n"})
    said = [(one["reader"], one["mask"]) for one in found["shell.umasks"].items]
    assert [(reader, None if isinstance(mask, Missing) else mask) for reader, mask in said] == [
        ("login shells", "0002"), ("login shells", "0022"), ("bash", None), ("root", "0077"), ("csh", "0022")]
    assert found["shell.umask_readers"].items == ["bash", "csh", "login shells", "root"]


@pytest.mark.parametrize(("text", "expected"), [
    ("declare -xr TMOUT=600\n", (600, True, True)), ("TMOUT=600\nreadonly TMOUT\nexport TMOUT\n", (600, True, True)),
    ("TMOUT=600\n", (600, False, False)), ("readonly TMOUT=900 ; export TMOUT\n", (900, True, True)),
    ("typeset -x TMOUT='60'\n", (60, False, True)), ("TMOUT=$LIMIT\n", (None, False, False))])
def test_a_timeout_and_what_becomes_of_it(text, expected):
    [one] = _shell.timeouts(text)
    assert (one.seconds, one.readonly, one.exported) == expected


def test_a_timeout_in_a_comment_is_none():
    assert _shell.timeouts("# TMOUT=600\necho TMOUT\n") == []


def test_a_file_that_may_not_be_read_leaves_the_list_open():
    found = look({"/etc/profile": PROFILE, "/root/.bashrc": ""}, denied={"/root/.bashrc"})
    assert (found["shell.umasks"].complete, found["shell.umasks"].why.reason) == (False, Reason.DENIED)


def test_a_vendors_file_counts_where_the_machine_has_none():
    vendor = {"/usr/etc/profile": "umask 022\n"}
    assert [one["file"] for one in look(vendor)["shell.umasks"].items] == ["/usr/etc/profile"]
    assert look({**vendor, "/etc/profile": ""})["shell.umasks"].items == []


def test_roots_path_comes_from_every_file_that_sets_it():
    files = {"/etc/login.defs": "ENV_SUPATH PATH=/usr/sbin:/usr/bin\n", "/etc/profile": PROFILE,
             "/etc/environment": 'PATH="/usr/bin:/opt/x"\n', "/root/.bashrc": "export PATH=$PATH:~/bin:$HOME/tools\n",
             "/etc/profile.d/apps.sh": "snap=/snap/bin\nexport PATH=\"$PATH:${snap}\"\n"}
    assert [one["directory"] for one in path(files)] == [
        "/usr/sbin", "/usr/bin", "/opt/x", "/usr/local/sbin", "/sbin", "/usr/local/bin", "/bin", "/root/bin",
        "/root/tools", "/snap/bin"]


@pytest.mark.parametrize("said", [":/usr/bin", "/usr/bin:", ".:/usr/bin", "/usr/bin:bin", "/a/../b"])
def test_a_part_that_depends_on_where_one_is_is_not_absolute(said):
    assert not all(one["absolute"] for one in path({"/root/.profile": f"PATH={said}\n"}))


def test_who_may_put_programs_there():
    stats = {"/usr/sbin": {"mode": 0o777}, "/usr/bin": {"mode": 0o775, "gid": 0}, "/sbin": {"mode": 0o775, "gid": 50},
             "/bin": {"uid": 1000}}
    found = {one["directory"]: one for one in path({}, dirs=["/usr/sbin", "/usr/bin", "/sbin", "/bin"], stats=stats)}
    assert {name: (one["writable_by_others"], one["owner"]) for name, one in found.items()} == {
        "/usr/sbin": (True, 0), "/usr/bin": (False, 0), "/sbin": (True, 0), "/bin": (False, 1000)}


def test_a_link_is_judged_by_what_it_leads_to():
    found = path({}, dirs=["/usr/sbin"], links={"/sbin": "usr/sbin"}, stats={"/usr/sbin": {"mode": 0o777}})
    assert next(one for one in found if one["directory"] == "/sbin")["writable_by_others"] is True


def test_what_is_not_there_has_no_owner_and_what_is_no_directory_says_so():
    found = {one["directory"]: one for one in path({"/sbin": "a file"})}
    assert "owner" not in found["/usr/bin"]
    assert found["/sbin"]["is_directory"] is False


def test_a_path_that_is_computed_leaves_the_list_open():
    host = FakeHost({"/root/.profile": "PATH=$(brew --prefix)/bin:$PATH\n"})
    found = root_path.collect(host, Declared())["root.path"]
    assert isinstance(found.why, Missing)
    assert not found.complete


def test_what_they_answer_is_what_they_declare():
    host = FakeHost({"/etc/profile": PROFILE})
    for module in (shell_settings, root_path):
        seen = observe(module.COLLECTOR, module.collect(host, Declared()), NOW, Declared())
        assert {name: one.missing for name, one in seen.items() if one.missing} == {}

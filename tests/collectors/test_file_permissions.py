from typing import Any

import pytest

from collectors import file_permissions
from collectors._glob import expand
from collectors.base import ABSENT
from collectors.host.protocol import FileKind
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

FILES = {
    "/etc/passwd": "", "/etc/group": "root:x:0:\nshadow:x:42:\n", "/etc/shadow": "", "/etc/sudoers": "",
    "/etc/cron.d/backup": "", "/etc/ssh/ssh_host_rsa_key": "", "/usr/local/bin/tool": "",
    "/etc/login.defs": "UMASK 022\n",
}
STATS: dict[str, dict[str, Any]] = {"/etc/shadow": {"mode": 0o640, "gid": 42},
                                    "/etc/ssh/ssh_host_rsa_key": {"mode": 0o600}}


def look(stats: dict[str, dict[str, Any]] | None = None, **host: Any) -> dict[str, Any]:
    return file_permissions.collect(FakeHost(FILES, stats=STATS | (stats or {}), **host), Declared())


def test_the_files_that_decide_are_described():
    found = {one["path"]: one for one in look()["files.critical"].items}
    assert found["/etc/shadow"] == {
        "path": "/etc/shadow", "decides": "secrets", "mode": "0640", "uid": 0, "group": "shadow", "directory": False,
        "group_reads": True, "group_writes": False, "others_read": False, "others_write": False}
    assert found["/etc/cron.d"]["directory"] is True
    assert {found[path]["decides"] for path in ("/etc/cron.d/backup", "/etc/cron.d")} == {"schedule"}
    assert found["/etc/ssh/ssh_host_rsa_key"]["others_read"] is False


@pytest.mark.parametrize("path", ["/etc/cron.allow", "/etc/cron.deny", "/etc/at.allow", "/etc/at.deny"])
def test_the_lists_of_those_who_may_schedule_are_looked_at(path):
    found = {one["path"]: one for one in look({path: {"uid": 1000}})["files.critical"].items}
    assert (found[path]["decides"], found[path]["uid"]) == ("schedule", 1000)


def test_a_link_is_judged_by_what_it_points_to():
    found = look({"/var/own": {"mode": 0o666}}, links={"/etc/crontab": "/var/own"})["files.critical"].items
    assert next(one for one in found if one["path"] == "/etc/crontab")["others_write"] is True


def test_everything_everybody_may_change_is_found():
    stats = {"/etc/app/own.conf": {"mode": 0o666}, "/etc/app": {"mode": 0o777}, "/etc/drop": {"mode": 0o1777},
             "/usr/local/bin/tool": {"mode": 0o757}, "/etc/sock": {"mode": 0o777, "kind": FileKind.OTHER}}
    found = look(stats, dirs=["/etc/drop", "/etc/app"], links={"/etc/link": "/etc/passwd"})["files.world_writable"]
    assert found.complete
    assert sorted((one["path"], one["mode"], one["directory"], one["tree"]) for one in found.items) == [
        ("/etc/app", "0777", True, "/etc"), ("/etc/app/own.conf", "0666", False, "/etc"),
        ("/usr/local/bin/tool", "0757", False, "/usr")]


def test_a_directory_that_cannot_be_listed_leaves_the_list_incomplete():
    found = look({"/etc/a.conf": {"mode": 0o666}}, denied={"/etc/ssh"})["files.world_writable"]
    assert [one["path"] for one in found.items] == ["/etc/a.conf"]
    assert (found.complete, found.why.reason) == (False, Reason.DENIED)


def test_a_critical_directory_that_cannot_be_listed_is_a_reason():
    found = look(denied={"/etc/cron.d"})["files.critical"]
    assert (found.complete, found.why.reason) == (False, Reason.DENIED)
    assert "/etc/passwd" in {one["path"] for one in found.items}


@pytest.mark.parametrize(("text", "mask"), [
    ("UMASK\t\t022", "0022"), ("UMASK 0077", "0077"), ("UMASK x", ABSENT), ("", ABSENT)])
def test_the_mask_of_new_files(text, mask):
    assert file_permissions.umask(text) == mask


def test_wildcards_follow_the_shell():
    host = FakeHost({"/etc/cron.d/.hidden": "", "/etc/cron.d/b": "", "/etc/cron.d/a": "", "/etc/cron.daily/x": ""})
    assert expand(host, "/etc/cron.*/*") == ["/etc/cron.d/a", "/etc/cron.d/b", "/etc/cron.daily/x"]
    assert expand(host, "/etc/cron.d/.h*") == ["/etc/cron.d/.hidden"]
    assert expand(host, "/etc/none/*") == []
    assert expand(host, "/etc/cron.[de]/a") == ["/etc/cron.d/a"]

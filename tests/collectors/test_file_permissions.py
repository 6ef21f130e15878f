from typing import Any

import pytest

from collectors import file_permissions
from collectors._glob import expand
from collectors._guarded import PURPOSES
from collectors.base import ABSENT
from collectors.host.protocol import FileKind
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n", "/etc/group": "root:x:0:\nshadow:x:42:\n",
    "/etc/shadow": "", "/etc/sudoers": "",
    "/etc/cron.d/backup": "", "/etc/ssh/ssh_host_rsa_key": "", "/usr/local/bin/tool": "",
    "/etc/login.defs": "UMASK 022\n",
}
STATS: dict[str, dict[str, Any]] = {"/etc/shadow": {"mode": 0o640, "gid": 42},
                                    "/etc/ssh/ssh_host_rsa_key": {"mode": 0o600}}


def look(stats: dict[str, dict[str, Any]] | None = None, **host: Any) -> dict[str, Any]:
    return file_permissions.collect(FakeHost(FILES, stats=STATS | (stats or {}), **host), Declared())


def test_the_files_that_decide_are_described():
    said = look()
    [shadow] = [one for one in said["files.secrets"].items if one["path"] == "/etc/shadow"]
    assert shadow == {"path": "/etc/shadow", "set": "shadow", "mode": "0640", "uid": 0, "owner": "root",
                      "group": "shadow", "directory": False}
    schedule = {one["path"]: one for one in said["files.schedule"].items}
    assert (schedule["/etc/cron.d"]["set"], schedule["/etc/cron.d"]["directory"]) == ("cron.d", True)
    assert schedule["/etc/cron.d/backup"]["set"] == "jobs"
    assert {one["path"] for one in said["files.accounts"].items} == {"/etc/passwd", "/etc/group"}


def test_a_number_without_a_name_stays_a_number():
    [one] = look({"/etc/passwd": {"uid": 4711, "gid": 4712}})["files.accounts"].items[:1]
    assert (one["owner"], one["uid"], one["group"]) == ("4711", 4711, "4712")


@pytest.mark.parametrize("path", ["/etc/cron.allow", "/etc/cron.deny", "/etc/at.allow", "/etc/at.deny"])
def test_the_lists_of_those_who_may_schedule_are_looked_at(path):
    found = {one["path"]: one for one in look({path: {"uid": 1000}})["files.schedule"].items}
    assert (found[path]["set"], found[path]["uid"]) == (path.rpartition("/")[2], 1000)


def test_a_link_is_judged_by_what_it_points_to():
    found = look({"/var/own": {"mode": 0o666}}, links={"/etc/crontab": "/var/own"})["files.schedule"].items
    assert next(one for one in found if one["path"] == "/etc/crontab")["mode"] == "0666"


def test_a_link_that_leads_nowhere_is_no_file():
    found = look(links={"/etc/crontab": "/var/gone"})["files.schedule"]
    assert (found.complete, [one for one in found.items if one["path"] == "/etc/crontab"]) == (True, [])


def test_every_path_belongs_to_one_set_of_a_purpose():
    stats = {"/usr/sbin/auditctl": {"mode": 0o755}, "/var/log/auth.log": {}, "/var/log/x/y.log": {},
             "/var/log/gdm/a": {}, "/var/log/audit/audit.log": {}, "/var/log/.hidden": {}}
    said = look(stats, links={"/var/log/lost": "/dev/null"}, dirs=["/var/log/audit"])
    for purpose in PURPOSES:
        paths = [one["path"] for one in said[f"files.{purpose}"].items]
        assert len(paths) == len(set(paths))
    assert {one["path"]: one["set"] for one in said["files.logs"].items} == {
        "/var/log": "directory", "/var/log/auth.log": "auth.log", "/var/log/gdm/a": "gdm", "/var/log/gdm": "other",
        "/var/log/x": "other", "/var/log/x/y.log": "other", "/var/log/.hidden": "other"}


@pytest.mark.parametrize(("conf", "place", "group"), [
    ("", "/var/log/audit", ABSENT), ("log_group = adm\n", "/var/log/audit", "adm"),
    ("LOG_FILE = /var/log/records/a.log # here\nlog_group=adm\nlog_group = root\n", "/var/log/records", "root")])
def test_the_records_of_the_audit_daemon_are_where_it_says(conf, place, group):
    stats = {f"{place}/audit.log": {"mode": 0o600}, place: {"mode": 0o700, "kind": FileKind.DIRECTORY}}
    host = FakeHost(FILES | {"/etc/audit/auditd.conf": conf}, stats=stats, dirs=[place])
    said = file_permissions.collect(host, Declared())
    assert [(one["set"], one["mode"]) for one in said["files.audit_records"].items] == [
        ("directory", "0700"), ("records", "0600")]
    assert said["files.audit_log_group"] == group


def test_records_kept_elsewhere_are_a_reason_not_none():
    host = FakeHost(FILES | {"/etc/audit/auditd.conf": "log_file = /srv/audit/audit.log\n"})
    assert file_permissions.collect(host, Declared())["files.audit_records"].reason is Reason.UNSUPPORTED


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


def test_a_directory_that_cannot_be_listed_is_a_reason_for_its_own_purpose_alone():
    said = look(denied={"/etc/cron.d"})
    assert (said["files.schedule"].complete, said["files.schedule"].why.reason) == (False, Reason.DENIED)
    assert said["files.accounts"].complete


def test_wildcards_follow_the_shell():
    host = FakeHost({"/etc/cron.d/.hidden": "", "/etc/cron.d/b": "", "/etc/cron.d/a": "", "/etc/cron.daily/x": ""})
    assert expand(host, "/etc/cron.*/*") == ["/etc/cron.d/a", "/etc/cron.d/b", "/etc/cron.daily/x"]
    assert expand(host, "/etc/cron.d/.h*") == ["/etc/cron.d/.hidden"]
    assert expand(host, "/etc/none/*") == []
    assert expand(host, "/etc/cron.[de]/a") == ["/etc/cron.d/a"]

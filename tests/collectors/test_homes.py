from typing import Any

import pytest

from collectors import homes
from collectors.base import Missing
from collectors.host.protocol import FileKind
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

PASSWD = ("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
          "alice:x:1000:1000::/home/alice:/bin/bash\nbob:x:1001:1001::/home/bob:/bin/sh\n"
          "nobody:x:65534:65534::/nonexistent:/bin/sh\nbackup:x:1002:1002::/home/backup:/usr/sbin/nologin\n")
GROUP = "root:x:0:\ndaemon:x:1:\nalice:x:1000:\nbob:x:1001:\n"
FILES = {"/etc/passwd": PASSWD, "/etc/group": GROUP, "/home/alice/.bashrc": "umask 027\n", "/home/alice/letter": ""}
STATS: dict[str, dict[str, Any]] = {
    "/home/alice": {"uid": 1000, "gid": 1000, "mode": 0o700, "kind": FileKind.DIRECTORY},
    "/home/alice/.bashrc": {"uid": 1000, "gid": 1000},
    "/root": {"mode": 0o700, "kind": FileKind.DIRECTORY},
}


def look(files: dict[str, str] | None = None, stats: dict[str, dict[str, Any]] | None = None, **host: Any
         ) -> dict[str, Any]:
    seen = FakeHost(FILES | (files or {}), stats=STATS | (stats or {}), dirs=["/root"], **host)
    return homes.collect(seen, Declared())


def test_the_homes_of_people_and_of_root_are_looked_at_and_no_others():
    found = {one["user"]: one for one in look()["homes.directories"].items}
    assert set(found) == {"root", "alice", "bob"}
    assert found["alice"] == {"user": "alice", "path": "/home/alice", "system": False, "exists": True, "mode": "0700",
                              "owner_is": "self", "group_is": "self"}
    assert (found["root"]["system"], found["bob"]["exists"]) == (True, False)


@pytest.mark.parametrize(("uid", "gid", "owner", "group"), [
    (1000, 1000, "self", "self"), (0, 0, "root", "root"), (1001, 1001, "person", "person"), (1, 1, "system", "system"),
    (4711, 4711, "nobody", "nobody"), (1002, 1002, "system", "nobody")])
def test_whose_a_dot_file_is(uid, gid, owner, group):
    said = look(stats={"/home/alice/.bashrc": {"uid": uid, "gid": gid, "mode": 0o640}})["homes.dot_files"]
    assert said.complete
    [one] = [one for one in said.items if one["user"] == "alice"]
    assert (one["path"], one["set"], one["mode"], one["owner_is"], one["group_is"]) == (
        "/home/alice/.bashrc", "init", "0640", owner, group)


@pytest.mark.parametrize(("name", "of"), [
    (".bash_history", "history"), (".pgpass", "passwords"), (".netrc", "netrc"), (".profile", "init"),
    (".ssh", "other")])
def test_the_kinds_of_dot_files(name, of):
    assert homes.kind(name) == of


def test_files_that_trust_others_are_found_in_homes_without_an_account_too():
    said = look({"/home/alice/.netrc": "", "/home/gone/.rhosts": "", "/etc/hosts.equiv": "", "/root/.forward": ""})
    assert sorted((one["user"], one["path"]) for one in said["homes.trusting"].items) == [
        ("", "/etc/hosts.equiv"), ("", "/home/gone/.rhosts"), ("alice", "/home/alice/.netrc"),
        ("root", "/root/.forward")]


def test_a_link_is_a_file_that_trusts_others_too():
    assert [one["name"] for one in look(links={"/home/alice/.rhosts": "/etc/passwd"})["homes.trusting"].items] == [
        ".rhosts"]


def test_a_home_that_cannot_be_entered_leaves_every_list_incomplete():
    said = look(denied={"/home/alice"})
    for name in ("homes.directories", "homes.dot_files", "homes.trusting", "homes.masks"):
        assert (said[name].complete, said[name].why.reason) == (False, Reason.DENIED)


def test_a_home_elsewhere_is_a_reason_and_a_missing_one_is_not_there():
    passwd = PASSWD + ("carol:x:1005:1005::/opt/data/carol:/bin/sh\ndave:x:1006:1006::/nowhere:/bin/sh\n"
                       "erin:x:1007:1007:::/bin/sh\n")
    said = look({"/etc/passwd": passwd})["homes.directories"]
    found = {one["user"]: one for one in said.items}
    assert isinstance(found["carol"]["exists"], Missing)
    assert not said.complete
    assert (found["dave"]["exists"], found["erin"]["exists"]) == (False, False)


@pytest.mark.parametrize(("text", "said"), [
    ("umask 027", [("027", "0750")]), ("  umask 0077 # mine", [("0077", "0700")]), ("#umask 000", []),
    ("if true; then umask 0; fi", [("0", "0777")]), ("a && umask 022; umask 002", [("022", "0755"), ("002", "0775")]),
    ("umask u=rwx,g=,o=", [("u=rwx,g=,o=", None)]), ("umask $MINE", [("$MINE", None)]), ("echo umask 000", []),
    ("umask", [("", None)]), ("UMASK 000", [])])
def test_masks_in_start_files(text, said):
    assert [(one["mask"], one.get("granted")) for one in homes.masks(text)] == said


def test_people_are_those_above_the_bound_of_login_defs():
    said = look({"/etc/login.defs": "UID_MIN 1001\n"})
    assert {one["user"]: one["system"] for one in said["homes.directories"].items} == {"root": True, "bob": False}

"""The sweep over real trees, as images, and over machines in memory."""

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors import sweep
from collectors._sweep_walk import CAPABILITY, Known, Walk
from collectors.base import Memory
from collectors.host.image import ImageHost
from collectors.host.protocol import FileKind, NotThere, Output
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

PASSWD = "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n" \
         "bob:x:1001:1001::/home/bob:/bin/sh\n"
FILES = {"/etc/passwd": PASSWD, "/etc/group": "root:x:0:\nshadow:x:42:\nalice:x:1000:\nbob:x:1001:\n",
         "/var/lib/dpkg/info/sudo.list": "/.\n/usr/bin/sudo\n", "/var/lib/dpkg/info/passwd.list": "/bin/su\n",
         "/var/lib/dpkg/info/sudo.md5sums": "d41d8cd98f00b204e9800998ecf8427e  usr/bin/sudo\n",
         "/var/lib/dpkg/info/passwd.md5sums": "00000000000000000000000000000000  bin/su\n"}
MOUNTS = "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
RAW_SOCKETS = bytes.fromhex("01000002" + "00200000" + "00" * 12)


def fake(stats: dict[str, dict[str, Any]], files: dict[str, str] | None = None, **more: Any) -> FakeHost:
    return FakeHost(FILES | {"/proc/self/mountinfo": MOUNTS} | (files or {}), stats=stats, **more)


def look(stats: dict[str, dict[str, Any]] | None = None, files: dict[str, str] | None = None, **more: Any
         ) -> dict[str, Any]:
    collected = sweep.collect(fake(stats or {}, files, **more), Declared())
    return {name: one.value for name, one in collected.items()}


def paths(listing: Any) -> list[str]:
    return [one["path"] for one in listing.items]


def test_every_question_is_answered_by_one_walk():
    said = look({
        "/usr/bin/sudo": {"mode": 0o4755}, "/usr/bin/wall": {"mode": 0o2755, "gid": 42}, "/srv/list": {"mode": 0o666},
        "/srv/drop": {"mode": 0o1777, "kind": FileKind.DIRECTORY}, "/srv/lost": {"uid": 4711},
        "/usr/lib/x.so": {"uid": 1000}, "/tmp/sda": {"kind": FileKind.OTHER, "mode": 0o660},
        "/usr/bin/ping": {"mode": 0o755}, "/home/alice/letter": {"uid": 1001, "gid": 1000},
        "/home/alice/.bashrc": {"uid": 1000, "gid": 1000},
    }, dirs=["/srv/drop"], attributes={("/usr/bin/ping", CAPABILITY): RAW_SOCKETS})
    assert paths(said["sweep.set_id"]) == ["/usr/bin/sudo", "/usr/bin/wall"]
    assert paths(said["sweep.everyone_writes"]) == ["/srv/drop", "/srv/list"]
    assert [(one["path"], one["part"]) for one in said["sweep.unowned"].items] == [("/srv/lost", "owner")]
    assert [(one["path"], one["part"], one["group_is"]) for one in said["sweep.system_files"].items] == [
        ("/usr/bin/wall", "program", "system"), ("/usr/lib/x.so", "library", "root")]
    assert paths(said["sweep.devices"]) == ["/tmp/sda"]
    assert [(one["path"], one["grants"]) for one in said["sweep.capabilities"].items] == [("/usr/bin/ping", "net_raw")]
    homes = {one["example"]: (one["user"], one["owner_is"], one["group_is"], one["count"])
             for one in said["sweep.home_files"].items}
    assert homes["/home/alice/letter"] == ("alice", "person", "self", 1)
    assert homes["/home/alice/.bashrc"] == ("alice", "self", "self", 1)
    assert all(said[name].complete for name in said if name != "sweep.entries")


def test_set_id_files_are_held_against_the_packages():
    said = look({"/usr/bin/sudo": {"mode": 0o4755}, "/usr/bin/su": {"mode": 0o4755}, "/srv/rogue": {"mode": 0o4755}},
                {"/usr/bin/sudo": "", "/usr/bin/su": "altered",
                 "/var/lib/dpkg/statoverride": "root root 0755 /usr/bin/su\n"})
    found = {one["path"]: (one.get("package"), one["content_as_packaged"], one.get("mode_as_packaged"))
             for one in said["sweep.set_id"].items}
    assert found["/usr/bin/sudo"] == ("sudo", True, None)
    assert found["/usr/bin/su"] == ("passwd", False, False)
    assert found["/srv/rogue"][0] is None


def test_rpm_is_asked_where_there_is_rpm():
    files = {path: text for path, text in FILES.items() if "dpkg" not in path}
    modes = Output(0, "sudo\t104755\t/usr/bin/sudo\nsudo\t100644\t/etc/sudo.conf\n", "")
    form = "[%{=NAME}\\t%{FILEMODES:octal}\\t%{FILENAMES}\\n]"
    asked = ["/srv/rogue", "/usr/bin/sudo"]
    host = FakeHost(files | {"/proc/self/mountinfo": MOUNTS}, stats={
        "/usr/bin/sudo": {"mode": 0o6755}, "/srv/rogue": {"mode": 0o4755}}, commands={
            ("rpm", "-qf", "--qf", form, *asked): modes,
            ("rpm", "-Vf", "--nodeps", "--noscripts", *asked): Output(1, "S.5....T.    /usr/bin/sudo\n", "")})
    said = sweep.collect(host, Declared())["sweep.set_id"].value
    found = {one["path"]: (one.get("package"), one["content_as_packaged"], one.get("mode_as_packaged"))
             for one in said.items}
    assert found["/usr/bin/sudo"] == ("sudo", False, False)
    assert found["/srv/rogue"][0] is None


def test_without_a_package_database_whose_a_set_id_file_is_remains_unknown():
    files = {path: text for path, text in FILES.items() if "dpkg" not in path}
    host = FakeHost(files | {"/proc/self/mountinfo": MOUNTS}, stats={"/usr/bin/sudo": {"mode": 0o4755}})
    [one] = sweep.collect(host, Declared())["sweep.set_id"].value.items
    assert one["package"].reason is Reason.UNSUPPORTED


def test_a_directory_that_cannot_be_read_leaves_every_list_incomplete():
    said = look({"/srv/list": {"mode": 0o666}}, denied={"/home/alice"}, dirs=["/home/alice"])
    assert paths(said["sweep.everyone_writes"]) == ["/srv/list"]
    for name in said:
        if name not in ("sweep.entries", "sweep.places"):
            assert (said[name].complete, said[name].why.reason) == (False, Reason.DENIED), name


@pytest.mark.parametrize("bound", [{"entries": 3}, {"seconds": -1.0}])
def test_a_walk_that_is_cut_short_says_so(bound):
    walk = Walk(fake({"/a/b/c/d": {}, "/e/f/g/h": {}}), Known(frozenset({0}), frozenset({0}), (), frozenset()), **bound)
    list(walk.below(["/"]))
    assert (walk.over, walk.why.reason) == (True, Reason.TRUNCATED)


def test_accounts_from_elsewhere_leave_unknown_whose_a_nameless_file_is():
    said = look({"/srv/lost": {"uid": 4711}}, {"/etc/nsswitch.conf": "passwd: files sss\n"})["sweep.unowned"]
    assert (said.items, said.complete, said.why.reason) == ([], False, Reason.UNSUPPORTED)
    assert look({}, {"/etc/nsswitch.conf": "passwd: files sss\n"})["sweep.unowned"].complete


def test_other_file_systems_are_left_out_and_said():
    mounts = MOUNTS + "2 1 0:30 / /srv rw - nfs4 server:/srv rw\n"
    said = look({"/srv/list": {"mode": 0o666}}, {"/proc/self/mountinfo": mounts})
    assert said["sweep.everyone_writes"].items == []
    assert [one for one in said["sweep.places"].items if one["path"] == "/srv"] == [
        {"path": "/srv", "type": "nfs4", "looked": False, "why": "not a local file system"}]


def test_too_many_of_a_kind_are_not_a_whole_list():
    said = look({f"/srv/{number}": {"mode": 0o666} for number in range(sweep.MOST + 9)} | {
        "/srv/rogue": {"mode": 0o4755}})
    listed = said["sweep.everyone_writes"]
    assert (len(listed.items), listed.complete, listed.why.reason) == (sweep.MOST, False, Reason.TRUNCATED)
    assert (paths(said["sweep.set_id"]), said["sweep.set_id"].complete) == (["/srv/rogue"], True)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / path.strip("/")).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.strip("/")).write_text(text.replace(":0:0:", f":{os.getuid()}:{os.getgid()}:"))
    (tmp_path / "etc/group").write_text(f"root:x:{os.getgid()}:\n")
    for path in ("srv/a", "srv/b", "usr/bin"):
        (tmp_path / path).mkdir(parents=True)
    return tmp_path


class Sweeper:
    """Sweeps an image again and again with what it remembers."""

    def __init__(self, image: Path) -> None:
        self.host = Clocked(str(image))
        self.memory: io.BytesIO | None = None

    def __call__(self) -> tuple[dict[str, Any], datetime]:
        after = io.BytesIO()
        if self.memory is not None:
            self.memory.seek(0)
        self.host.scanned = []
        collected = sweep.recall(self.host, Declared(), Memory(self.memory, after))
        self.memory = after
        return {name: one.value for name, one in collected.items()}, collected["sweep.set_id"].as_of


class Clocked(ImageHost):
    """An image at a time of our choosing that notes which directories are looked into."""

    moment = datetime.now(UTC)
    scanned: list[str] = []

    def now(self) -> datetime:
        return self.moment

    def scan(self, path: str, apart: frozenset[str] = frozenset()) -> Any:
        self.scanned.append(path)
        return super().scan(path, apart)



def settled(image: Path) -> Sweeper:
    """A sweep whose memory trusts every directory: their times of change lie far enough back."""
    swept = Sweeper(image)
    swept()
    text = swept.memory.getvalue().decode() if swept.memory else ""
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        if line.startswith(("[", "!")):
            path = line.split('"')[1]
            if line.startswith("!"):
                path = os.fsdecode(path.encode("latin-1"))
            status = os.lstat(f"{image}{path}" if path != "/" else image)
            fields = line.split(",", 4)
            fields[2] = str(status.st_mtime_ns)
            lines[index] = ",".join(fields)
    swept.memory = io.BytesIO("".join(lines).encode())
    return swept


def test_nothing_is_looked_into_again_where_nothing_changed(image):
    swept = settled(image)
    first = swept.host.moment
    swept.host.moment = first + timedelta(hours=5)
    _, as_of = swept()
    assert swept.host.scanned == []
    assert as_of == first


def test_what_was_added_is_found_and_what_was_removed_is_gone(image):
    swept = settled(image)
    (image / "srv/a/open").write_text("")
    (image / "srv/a/open").chmod(0o666)
    (image / "srv/new/deep").mkdir(parents=True)
    (image / "srv/new/deep/open").write_text("")
    (image / "srv/new/deep/open").chmod(0o666)
    (image / "srv/b").rmdir()
    said, _ = swept()
    assert paths(said["sweep.everyone_writes"]) == ["/srv/a/open", "/srv/new/deep/open"]
    assert sorted(swept.host.scanned) == ["/srv", "/srv/a", "/srv/new", "/srv/new/deep"]
    (image / "srv/a/open").unlink()
    said, _ = swept()
    assert paths(said["sweep.everyone_writes"]) == ["/srv/new/deep/open"]


def test_a_changed_permission_waits_for_the_next_look_at_everything_and_the_date_says_so(image):
    (image / "srv/a/list").write_text("")
    swept = settled(image)
    first = swept.host.moment
    (image / "srv/a/list").chmod(0o666)
    swept.host.moment = first + timedelta(hours=20)
    said, as_of = swept()
    assert (paths(said["sweep.everyone_writes"]), as_of) == ([], first)
    swept.host.moment = first + timedelta(hours=24)
    said, as_of = swept()
    assert (paths(said["sweep.everyone_writes"]), as_of) == (["/srv/a/list"], swept.host.moment)


def test_a_changed_permission_of_a_directory_is_seen_at_once(image):
    swept = settled(image)
    (image / "srv/a").chmod(0o777)
    assert paths(swept()[0]["sweep.everyone_writes"]) == ["/srv/a"]


def test_a_directory_replaced_by_another_is_looked_into(image):
    swept = settled(image)
    (image / "srv/c").mkdir()
    (image / "srv/c/open").write_text("")
    (image / "srv/c/open").chmod(0o666)
    (image / "srv/a").rmdir()
    (image / "srv/c").rename(image / "srv/a")
    assert paths(swept()[0]["sweep.everyone_writes"]) == ["/srv/a/open"]


def test_what_changed_just_before_it_was_looked_at_is_not_trusted(image):
    swept = Sweeper(image)
    swept()
    swept()
    assert "/srv/a" in swept.host.scanned


@pytest.mark.parametrize("spoil", [
    lambda whole: whole[:-4], lambda whole: b"", lambda whole: whole.replace(b"hustings.sweep/1", b"hustings.sweep/0"),
    lambda whole: b"nonsense\n" + whole])
def test_a_memory_that_is_not_whole_is_none(image, spoil):
    swept = settled(image)
    swept.memory = io.BytesIO(spoil(swept.memory.getvalue()))
    swept()
    assert "/srv/a" in swept.host.scanned


def test_other_accounts_are_another_question(image):
    swept = settled(image)
    (image / "etc/passwd").write_text("")
    swept()
    assert "/srv/a" in swept.host.scanned


def test_names_that_are_not_utf_8_are_found_and_remembered(image):
    (image / os.fsdecode(b"srv/\xff/deep")).mkdir(parents=True)
    (image / os.fsdecode(b"srv/\xff/open")).write_text("")
    (image / os.fsdecode(b"srv/\xff/open")).chmod(0o666)
    swept = settled(image)
    (image / os.fsdecode(b"srv/\xff/deep/open")).write_text("")
    (image / os.fsdecode(b"srv/\xff/deep/open")).chmod(0o666)
    found = paths(swept()[0]["sweep.everyone_writes"])
    assert [os.fsencode(one) for one in found] == [b"/srv/\xff/deep/open", b"/srv/\xff/open"]
    assert "/srv/a" not in swept.host.scanned


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away and makes devices")
def test_owners_and_devices_in_a_real_tree(image):
    os.chown(image / "srv/a", 4711, 4712)
    os.mknod(image / "srv/disk", 0o060660, os.makedev(8, 0))
    (image / "usr/bin/rogue").write_text("#!/bin/sh\n")
    os.chown(image / "usr/bin/rogue", 1000, 0)
    (image / "usr/bin/rogue").chmod(0o4755)
    said, _ = Sweeper(image)()
    assert [(one["path"], one["part"]) for one in said["sweep.unowned"].items] == [("/srv/a", "both")]
    assert paths(said["sweep.devices"]) == ["/srv/disk"]
    assert [(one["path"], one["owner"], one.get("package")) for one in said["sweep.set_id"].items] == [
        ("/usr/bin/rogue", "alice", None)]
    assert paths(said["sweep.system_files"]) == ["/usr/bin/rogue"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root is denied nothing")
def test_an_ordinary_user_knows_that_not_all_was_seen(image):
    (image / "srv/a").chmod(0)
    said, _ = Sweeper(image)()
    assert (said["sweep.set_id"].complete, said["sweep.set_id"].why.reason) == (False, Reason.DENIED)


def test_a_mount_that_is_left_out_is_not_even_touched(image):
    """Asking a dead network mount for its permissions can wait for ever."""
    names = [name for name, _ in ImageHost(str(image)).scan("/srv", frozenset({"a"}))]
    assert sorted(names) == ["", "b"]
    known = Known(frozenset({os.getuid()}), frozenset({os.getgid()}), (), frozenset({"/srv/a"}))
    seen = {one.path: one for one in Walk(ImageHost(str(image)), known).below(["/"])}
    assert seen["/srv"].directories == ["b"]
    assert "/srv/a" not in seen


def test_no_link_is_followed(image):
    (image / "srv/a/link").symlink_to("/")
    with pytest.raises(NotThere):
        list(ImageHost(str(image)).scan("/srv/a/link"))


@pytest.mark.parametrize(("value", "said"), [
    ("0100000200200000" + "00" * 12, "net_raw"), ("0000000280000000" + "00" * 12, "setuid"), ("01", "unreadable"),
    ("0100000200000000" + "00000000" + "00000000" + "00000000", "none"),
    ("010000020000000000000000" + "80000000" + "00000000", "bpf")])
def test_capabilities_are_read_as_the_kernel_stores_them(value, said):
    assert sweep.capabilities(bytes.fromhex(value)) == said

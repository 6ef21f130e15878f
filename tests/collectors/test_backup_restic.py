import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import backup
from collectors._backup import covers
from collectors._backup_place import address, here_or_elsewhere, is_this_machine
from collectors._backup_restic import parse_snapshots
from collectors.base import ABSENT, observe
from collectors.host.live import LiveHost
from collectors.host.protocol import Denied, LookError, NotThere, Output, TimedOut, Unreadable, Unsupported
from hustings.declared import DataPath, Declared, Repository
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "backups"
ASK = ("snapshots", "--json", "--no-lock", "--no-cache")
SNAPSHOTS = (
    '[{"time":"2026-11-20T01:02:03.5Z","tree":"a","paths":["/srv/data"],"hostname":"roll-01","id":"1"},'
    '{"time":"2026-11-21T22:00:00.123456789-05:00","tree":"b","paths":["/etc","/srv"],"hostname":"roll-01","id":"2"},'
    '{"time":"2026-11-21T23:00:00Z","tree":"c","paths":["/srv"],"hostname":"other","id":"3"}]'
)
MOUNTS = "27 1 254:0 / / rw - ext4 /dev/vda rw\n40 27 0:50 / /mnt/nas rw - nfs4 nas:/backup rw\n"


def look(answer: Output | LookError, location: str = "/backup/roll", data: str = "/srv/data/roll",
         files: dict[str, str] | None = None, stats: dict[str, dict[str, object]] | None = None,
         **entry: str) -> dict[str, object]:
    host = FakeHost(
        {"/proc/sys/kernel/hostname": "roll-01\n", "/proc/self/mountinfo": MOUNTS, "/backup/roll/config": "x",
         "/mnt/nas/roll/config": "x", **(files or {})},
        commands={("restic", f"--repo={location}", *ASK): answer}, stats=stats,
    )
    declared = Declared(repositories=(Repository(name="nightly", tool="restic", location=location, **entry),),
                        data_paths=(DataPath(name="roll", path=data),))
    return {name.partition("@")[0]: value for name, value in backup.collect(host, declared).items()}


def test_a_repository_that_answers_is_encrypted_and_dated_for_this_machine():
    seen = look(Output(0, SNAPSHOTS, ""))
    assert seen["backup.encrypted"] is True
    assert seen["backup.snapshots"] == 3
    assert seen["backup.latest_own"] == "2026-11-22T03:00:00Z"
    assert seen["backup.hosts"].items == [{"host": "other", "latest": "2026-11-21T23:00:00Z"},
                                          {"host": "roll-01", "latest": "2026-11-22T03:00:00Z"}]
    assert seen["backup.data_path_latest"] == "2026-11-22T03:00:00Z"


def test_a_snapshot_of_another_machine_is_not_this_machines_backup():
    seen = look(Output(0, SNAPSHOTS.replace("roll-01", "roll-02"), ""))
    assert seen["backup.latest_own"] is ABSENT
    assert seen["backup.data_path_latest"] is ABSENT
    assert seen["backup.newest_own"] is ABSENT


def test_one_unreadable_repository_hides_neither_a_newer_snapshot_nor_a_copy_elsewhere():
    host = FakeHost({"/proc/sys/kernel/hostname": "roll-01\n", "/proc/self/mountinfo": MOUNTS, "/backup/roll/x": ""},
                    commands={("restic", "--repo=/backup/roll", *ASK): Output(0, SNAPSHOTS, ""),
                              ("restic", "--repo=rclone:x:y", *ASK): Output(1, "", "Fatal: no\n")})
    one = Repository(name="one", tool="restic", location="/backup/roll")
    two = Repository(name="two", tool="restic", location="rclone:x:y")
    three = Repository(name="three", tool="restic", location="sftp:nas:/roll")
    seen = backup.collect(host, Declared(repositories=(one, two)))
    assert seen["backup.newest_own"] == "2026-11-22T03:00:00Z"
    assert seen["backup.elsewhere"].reason is Reason.UNSUPPORTED
    assert backup.collect(host, Declared(repositories=(two, three)))["backup.elsewhere"] == 1
    assert backup.collect(host, Declared(repositories=(one,)))["backup.elsewhere"] == 0


def test_an_empty_repository_has_no_latest_snapshot():
    for text in ("[]", "null"):
        seen = look(Output(0, text, ""))
        assert (seen["backup.snapshots"], seen["backup.latest_own"]) == (0, ABSENT)


def test_a_path_beside_the_snapshots_paths_is_not_covered():
    assert look(Output(0, SNAPSHOTS, ""), data="/srvdata")["backup.data_path_latest"] is ABSENT
    assert covers(parse_snapshots(SNAPSHOTS)[1], "/srv")


@pytest.mark.parametrize(("answer", "reason"), [
    (Output(1, "", "Fatal: wrong password or no key found\n"), Reason.DENIED),
    (Output(1, "", "Resolving password failed: Readfile: open /etc/restic: permission denied\n"), Reason.DENIED),
    (Output(1, "", "Fatal: unable to open config file: stat nope/config: no such file or directory\n"), Reason.ERROR),
    (TimedOut("restic"), Reason.TIMEOUT),
    (NotThere("restic"), Reason.UNSUPPORTED),
    (Output(0, "Fatal", ""), Reason.ERROR),
])
def test_a_repository_that_does_not_answer_is_unknown_and_never_unencrypted_or_empty(answer, reason):
    seen = look(answer)
    for fact in ("backup.encrypted", "backup.snapshots", "backup.latest_own", "backup.hosts",
                 "backup.data_path_latest", "backup.newest_own"):
        assert isinstance(seen[fact], Missing)
        assert seen[fact].reason is reason


@pytest.mark.parametrize(("location", "where"), [
    ("/backup/roll", "here"), ("/mnt/nas/roll", "elsewhere"), ("sftp:backup@nas:/roll", "elsewhere"),
    ("sftp:localhost:/roll", "here"), ("sftp://backup@roll-01:22//roll", "here"),
    ("rest:https://user:secret@backup.example.org:8000/roll", "elsewhere"), ("rest:http://127.0.0.1:8000/", "here"),
    ("s3:s3.example.org/bucket", "elsewhere"), ("s3:http://localhost:9000/bucket", "here"),
    ("b2:bucket:roll", "elsewhere"),
])
def test_a_repository_is_here_or_elsewhere(location, where):
    assert look(Output(0, "[]", ""), location=location)["backup.location"] == where


@pytest.mark.parametrize(("location", "where"), [
    ("sftp:10.1.2.3:/roll", "here"), ("sftp:10.1.2.4:/roll", "elsewhere"), ("rest:http://store.example.org/", "here"),
    ("sftp:b@[2001:db8::5]:/roll", "here"), ("rest:http://[2001:db8::5]:8000/", "here"),
    ("/mnt/self/x", "here"), ("/mnt/own/x", "here"), ("/mnt/smb/x", "here"), ("/mnt/ssh/x", "elsewhere"),
    ("sftp:roll-01.example.org:/roll", None)])
def test_this_machine_under_another_address_is_not_elsewhere(location, where):
    mounts = "".join(f"{number} 1 0:{number} / {point} rw - {kind} {source} rw\n" for number, (point, kind, source) in
                     enumerate([("/mnt/self", "nfs4", "127.0.0.1:/x"), ("/mnt/own", "nfs", "10.1.2.3:/x"),
                                ("/mnt/smb", "cifs", "//ROLL-01/x"), ("/mnt/ssh", "fuse.sshfs", "me@nas:/x")], 40))
    host = FakeHost({
        "/proc/self/mountinfo": MOUNTS + mounts,
        "/etc/hosts": "127.0.0.1 localhost\n10.1.2.3 store.example.org # us\n",
        "/proc/net/fib_trie": "Main:\n |-- 10.1.2.3\n  /32 host LOCAL\n |-- 10.1.2.0\n  /24 link UNICAST\n",
        "/proc/net/if_inet6": "20010db8000000000000000000000005 02 40 00 80     eth0\n"},
        dirs=("/mnt/self/x", "/mnt/own/x", "/mnt/smb/x", "/mnt/ssh/x"))
    if where is None:
        with pytest.raises(Unsupported):
            here_or_elsewhere(host, location, "roll-01")
    else:
        assert here_or_elsewhere(host, location, "roll-01") == where


def test_where_a_relay_keeps_its_data_is_unknown():
    assert look(Output(0, "[]", ""), location="rclone:x:y")["backup.location"].reason is Reason.UNSUPPORTED
    assert address("/x") is None
    assert not is_this_machine("nas", frozenset({"roll-01"}))


def test_the_last_check_is_known_only_by_a_declared_stamp():
    assert look(Output(0, "[]", ""))["backup.last_check"] is ABSENT
    stamp = "/var/lib/backup/checked"
    assert look(Output(0, "[]", ""), check_stamp=stamp)["backup.last_check"] is ABSENT
    seen = look(Output(0, "[]", ""), check_stamp=stamp, files={stamp: ""},
                stats={stamp: {"mtime": datetime(2026, 11, 20, tzinfo=UTC)}})
    assert seen["backup.last_check"] == "2026-11-20T00:00:00Z"


@pytest.mark.parametrize(("mode", "private"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False)])
def test_a_password_file_is_private_if_its_owner_alone_may_read_it(mode, private):
    path = "/etc/restic/password"
    seen = look(Output(0, "[]", ""), password_file=path, files={path: "x"}, stats={path: {"mode": mode}})
    assert seen["backup.password_file_private"] is private
    assert seen["backup.password_file_apart"] is True


def test_a_password_file_inside_the_repository_is_not_apart_even_by_a_link():
    inside = "/backup/roll/password"
    assert look(Output(0, "[]", ""), password_file=inside, files={inside: "x"})["backup.password_file_apart"] is False
    assert look(Output(0, "[]", ""))["backup.password_file_private"] is ABSENT


@pytest.mark.parametrize("text", ["", "{}x", '[{"hostname": "a"}]', "[1]"])
def test_what_is_no_list_of_snapshots_is_refused(text):
    with pytest.raises(Unreadable):
        parse_snapshots(text)


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not beside this checkout")
def test_a_list_recorded_elsewhere_is_read():
    found = parse_snapshots((SHARED / "restic-snapshots.json").read_text())
    assert [(one.host, one.time) for one in found] == [
        ("pollbook-01", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("pollbook-01", datetime(2026, 11, 22, 1, 6, 49, tzinfo=UTC))]


@pytest.fixture
def restic() -> str:
    """The real program: its absence is a reason to skip here and a failure where tests are complete."""
    path = shutil.which("restic", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        assert os.environ.get("CI") != "true", "restic must be installed where CI=true"
        pytest.skip("restic is not installed")
    return path


def test_a_real_repository_is_read_without_changing_it(restic, tmp_path):
    import subprocess

    password, data = tmp_path / "password", tmp_path / "data"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    data.mkdir()
    (data / "roll.csv").write_text("1,a\n")
    repository = tmp_path / "repository"
    env = {"RESTIC_PASSWORD_FILE": str(password), "PATH": "/usr/bin:/bin"}
    for args in (["init"], ["backup", str(data)]):
        subprocess.run([restic, "--repo", str(repository), "--no-cache", "-q", *args], check=True, env=env,
                       stdout=subprocess.DEVNULL)
    before = {path: path.stat().st_mtime_ns for path in repository.rglob("*")}
    declared = Declared(
        repositories=(Repository(name="nightly", tool="restic", location=str(repository), password_file=str(password)),
                      Repository(name="wrong", tool="restic", location=str(repository),
                                 password_file=str(data / "roll.csv"))),
        data_paths=(DataPath(name="roll", path=str(data)),))
    now = datetime.now(UTC)
    seen = observe(backup.COLLECTOR, backup.collect(LiveHost(), declared), now, declared)
    latest = datetime.fromisoformat(seen["backup.latest_own@nightly"].value)
    assert timedelta(0) <= now - latest < timedelta(minutes=5)
    assert seen["backup.encrypted@nightly"].value is True
    assert seen["backup.data_path_latest@roll"].known
    assert seen["backup.location@nightly"].value == "here"
    assert seen["backup.password_file_private@nightly"].value is True
    assert seen["backup.encrypted@wrong"].missing.reason is Reason.DENIED
    assert {path: path.stat().st_mtime_ns for path in repository.rglob("*")} == before


def test_a_denied_password_file_is_denied():
    host = FakeHost({"/proc/sys/kernel/hostname": "a\n", "/proc/self/mountinfo": MOUNTS, "/secret/p": "x"},
                    denied={"/secret"})
    declared = Declared(repositories=(Repository(name="n", tool="restic", location="/", password_file="/secret/p"),))
    assert backup.collect(host, declared)["backup.password_file_private@n"] == Denied(
        "/secret: permission denied").missing

"""A recorded machine is judged as the machine itself, and its secrets stay where they were."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from agent import record_powershell, record_sh
from collectors._passwd import hash_kind
from collectors.host.protocol import Denied, FileKind, NotThere, TimedOut, Unsupported
from collectors.host.recorded import RecordedHost
from hustings.errors import Untrusted, UsageError

HUSTINGS = [sys.executable, "-m", "hustings"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the shell script records Linux")


BUSYBOX = shutil.which("busybox")
SHELLS = {"sh": ["sh"], "dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}


def recorded(tmp_path: Path, reads: list[str], runs: list[str] | None = None, *, shell: tuple[str, ...] = ("sh",),
             tools: Path | None = None) -> RecordedHost:
    """What the script records here, with the system's tools or those in one directory alone."""
    script, place = tmp_path / "record.sh", tmp_path / "recording"
    text = record_sh.script(reads, runs or [])
    script.write_text(text.replace(f"PATH={':'.join(record_sh.DIRECTORIES)}", f"PATH={tools}") if tools else text)
    done = subprocess.run([*shell, str(script), "-b", "Zoë Test", str(place)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert "not found" not in done.stderr
    return RecordedHost(str(place))


@pytest.fixture(params=[*SHELLS, "busybox alone", "without stat and timeout"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A shell, and the tools that the machine has."""
    if request.param in SHELLS:
        if shutil.which(SHELLS[request.param][0]) is None:
            pytest.skip(f"{request.param} is not installed")
        yield {"shell": tuple(SHELLS[request.param])}
        return
    if BUSYBOX is None:
        pytest.skip("busybox is not installed")
    tools = tmp_path / "tools"
    tools.mkdir()
    without = {"stat", "timeout"} if "without" in request.param else set()
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in set(applets) - without:
        (tools / name).symlink_to(BUSYBOX)
    yield {"shell": (str(tools / "sh"),), "tools": tools}


@linux
def test_files_links_and_what_is_not_there_are_recorded_as_they_are(tmp_path: Path, machine: dict[str, Any]) -> None:
    seen = tmp_path / "seen"
    (seen / "deep").mkdir(parents=True)
    (seen / "deep/a file").write_bytes(b"caf\xc3\xa9\nlast line without end")
    (seen / "empty").write_text("")
    (seen / "run").write_text("#!/bin/sh\n")
    (seen / "run").chmod(0o4755)
    (seen / "sticky").mkdir(mode=0o777)
    (seen / "sticky").chmod(0o1777)
    (seen / "link").symlink_to("deep/a file")
    (seen / "gone").symlink_to("nowhere%s")
    (seen / "dev-\\x2d.swap").write_text("unit")
    os.mkfifo(seen / "pipe")
    os.utime(seen / "empty", (1700000000, 1700000000))
    host = recorded(tmp_path, [f"{seen}/", f"{seen}.conf", "/proc/self/mountinfo"], **machine)
    assert host.read(f"{seen}/deep/a file") == "café\nlast line without end"
    assert host.read(f"{seen}/link") == "café\nlast line without end"
    assert host.read(f"{seen}/empty") == ""
    assert host.read(f"{seen}/dev-\\x2d.swap") == "unit"
    assert host.list(str(seen)) == ["deep", "dev-\\x2d.swap", "empty", "gone", "link", "pipe", "run", "sticky"]
    for name in ("run", "sticky", "empty", "deep/a file"):
        real, kept = os.lstat(seen / name), host.stat(f"{seen}/{name}")
        assert (kept.mode, kept.uid, kept.gid) == (real.st_mode & 0o7777, real.st_uid, real.st_gid)
        assert timedelta(0) <= datetime.fromtimestamp(real.st_mtime, UTC) - kept.mtime < timedelta(days=1)
        assert kept.kind is FileKind.DIRECTORY or kept.size == real.st_size
    assert host.stat(f"{seen}/pipe").kind is FileKind.OTHER
    assert (host.stat(f"{seen}/gone").kind, host.stat(f"{seen}/gone").target) == (FileKind.LINK, "nowhere%s")
    assert " / " in host.read("/proc/self/mountinfo")
    with pytest.raises(NotThere):
        host.read(f"{seen}.conf")
    with pytest.raises(NotThere):
        host.read(f"{seen}/deep/other")
    with pytest.raises(Unsupported):
        host.list(str(tmp_path))
    assert host.about.by == "Zoë Test"
    assert (host.about.uid, host.about.manifest) == (os.getuid(), True)
    packed = RecordedHost(f"{host.place}.tar")
    assert packed.digest == host.digest != ""
    assert packed.read(f"{seen}/link") == "café\nlast line without end"
    assert packed.list(str(seen)) == host.list(str(seen))
    assert not (Path(host.place) / "work").exists()


@linux
def test_a_name_that_cannot_be_written_leaves_its_directory_unlisted(tmp_path: Path, machine: dict[str, Any]) -> None:
    (tmp_path / "seen/odd").mkdir(parents=True)
    (tmp_path / "seen/fine").mkdir()
    (tmp_path / "seen/odd/with\nline").write_text("x")
    (tmp_path / "seen/odd/plain").write_text("x")
    host = recorded(tmp_path, [f"{tmp_path}/seen/"], **machine)
    assert host.list(f"{tmp_path}/seen") == ["fine", "odd"]
    assert host.list(f"{tmp_path}/seen/fine") == []
    with pytest.raises(Unsupported):
        host.list(f"{tmp_path}/seen/odd")
    with pytest.raises(Unsupported):
        host.read(f"{tmp_path}/seen/odd/other")


@linux
def test_a_private_key_is_listed_and_not_copied(tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen/host.pem").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\ns3cr3t\n")
    host = recorded(tmp_path, [f"{tmp_path}/seen/"])
    assert host.stat(f"{tmp_path}/seen/host.pem").size > 0
    with pytest.raises(Unsupported):
        host.read(f"{tmp_path}/seen/host.pem")
    assert not [one for one in Path(host.place).rglob("*") if one.is_file() and b"s3cr3t" in one.read_bytes()]


@linux
@pytest.mark.skipif(os.geteuid() == 0, reason="root is denied nothing")
def test_what_is_denied_is_never_recorded_as_not_there(tmp_path: Path) -> None:
    (tmp_path / "seen/shut").mkdir(parents=True)
    (tmp_path / "seen/file").write_text("x")
    (tmp_path / "seen/file").chmod(0)
    (tmp_path / "seen/shut").chmod(0)
    try:
        host = recorded(tmp_path, [f"{tmp_path}/seen/"])
    finally:
        (tmp_path / "seen/shut").chmod(0o700)
    assert host.stat(f"{tmp_path}/seen/shut").mode == 0
    for below in ("", "/file"):
        with pytest.raises(Unsupported):
            host.list(f"{tmp_path}/seen/shut{below}")
    with pytest.raises(Denied):
        host.read(f"{tmp_path}/seen/file")
    assert host.stat(f"{tmp_path}/seen/file").mode == 0


@linux
@pytest.mark.skipif(os.geteuid() != 0 or not Path("/etc/shadow").exists(), reason="reading /etc/shadow needs root")
def test_password_hashes_keep_their_kind_and_length_and_nothing_else(tmp_path: Path) -> None:
    host = recorded(tmp_path, ["/etc/shadow"])
    kept, real = host.read("/etc/shadow").splitlines(), Path("/etc/shadow").read_text().splitlines()
    assert len(kept) == len(real)
    for ours, theirs in zip(kept, real, strict=True):
        mine, his = ours.split(":"), theirs.split(":")
        assert mine[:1] + mine[2:] == his[:1] + his[2:]
        assert len(mine[1]) == len(his[1])
        assert hash_kind(mine[1]) == hash_kind(his[1])


@linux
@pytest.mark.parametrize(("field", "kept"), [
    ("", ""), ("x", "x"), ("*", "*"), ("!", "!"), ("!!", "!!"), ("!*", "!*"), ("!x", "!x"), ("hunter2", "0000000"),
    ("$6$salt$abc/DEF.123", "$6$0000$00000000000"), ("!$6$rounds=5000$salt$abc", "!$6$rounds=5000$0000$000"),
    ("$y$j9T$saltsalt$hash.hash", "$y$j9T$00000000$000000000"), ("ab3dE/.7xyzQ1", "0000000000000"),
    ("$2b$12$" + "a" * 53, "$2b$12$" + "0" * 53), ("_J9..rasmBYk8r9AiWNc", "_0000000000000000000"),
    ("$1$salt$hash", "$1$0000$0000"), ("$3$$8846f7ea", "$3$$00000000"), ("{SSHA}ab/c", "{SSHA}0000"),
])
def test_a_password_field_is_masked_by_its_kind(tmp_path: Path, field: str, kept: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/shadow").write_text(f"root:*:1:2:3\nann:{field}:1:2:3\n+::::")
    (tmp_path / "etc/passwd").write_text(f"ann:{field}:1:2:Ann:/home/ann:/bin/sh\n")
    host = recorded(tmp_path, [f"{tmp_path}/etc/shadow", f"{tmp_path}/etc/passwd"])
    assert host.read(f"{tmp_path}/etc/shadow") == f"root:*:1:2:3\nann:{kept}:1:2:3\n+::::"
    assert host.read(f"{tmp_path}/etc/passwd") == f"ann:{kept}:1:2:Ann:/home/ann:/bin/sh\n"


SECRETS = {
    "app.conf": "user = db\npassword = s3cr3t one\nport = 5432\n",
    "env": "export RESTIC_PASSWORD='s3cr3t one' A=b\nRESTIC_PASSWORD_FILE=/etc/restic/key\nTOKEN=s3cr3t\n",
    "a.service": "[Service]\nEnvironment=API_KEY=s3cr3t OTHER=1\nExecStart=/bin/x --password=s3cr3t --port=1\n",
    "settings.json": '{"db": {"host": "h", "password": "s3cr3t", "port": 1}}\n',
    "settings.yaml": "db:\n  host: h\n  client_secret: s3cr3t\n",
    "sources.list": "deb https://ann:s3cr3t@mirror.example/debian stable main\n",
    "grub.cfg": "set superusers=root\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.5A3C.5EC2E7\npassword ann s3cr3t\n",
    "ldap.conf": "base dc=example\nbindpw s3cr3t\n",
    "crypt.txt": "user ann $6$5a1t5a1t$s3cr3tHash rest\n",
    "proxy.conf": 'Acquire::http::Proxy "http://ann:s3cr3t@proxy.example:3128";\n',
}
CLEANED = {
    "app.conf": "user = db\npassword = *\nport = 5432\n",
    "env": "export RESTIC_PASSWORD='*' A=b\nRESTIC_PASSWORD_FILE=/etc/restic/key\nTOKEN=*\n",
    "a.service": "[Service]\nEnvironment=API_KEY=* OTHER=1\nExecStart=/bin/x --password=* --port=1\n",
    "settings.json": '{"db": {"host": "h", "password": "*", "port": 1}}\n',
    "settings.yaml": "db:\n  host: h\n  client_secret: *\n",
    "sources.list": "deb https://ann:*@mirror.example/debian stable main\n",
    "grub.cfg": "set superusers=root\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.0.0\npassword ann *\n",
    "ldap.conf": "base dc=example\nbindpw *\n",
    "crypt.txt": "user ann $6$00000000$0000000000 rest\n",
    "proxy.conf": 'Acquire::http::Proxy "http://ann:*@proxy.example:3128";\n',
}


@linux
def test_secrets_lose_their_value_and_nothing_else_changes(tmp_path: Path, machine: dict[str, Any]) -> None:
    (tmp_path / "seen").mkdir()
    for name, text in SECRETS.items():
        (tmp_path / "seen" / name).write_text(text)
    for name in (".pgpass", "auth.conf", "opasswd"):
        (tmp_path / "seen" / name).write_text("a:b:c:d:s3cr3t\n")
    host = recorded(tmp_path, [f"{tmp_path}/seen/"], ["echo password=s3cr3t"], **machine)
    for name, text in CLEANED.items():
        assert host.read(f"{tmp_path}/seen/{name}") == text
    for name in (".pgpass", "auth.conf", "opasswd"):
        with pytest.raises(Unsupported):
            host.read(f"{tmp_path}/seen/{name}")
    packed = Path(f"{host.place}.tar").read_bytes()
    assert b"s3cr3t" not in packed.replace(b"password=s3cr3t", b"", 1)  # the argv that the test itself asked for
    assert f"values hidden in: {tmp_path}/seen/env" in Path(host.place, "notes").read_text()


VERBATIM = """passwd: files systemd
password requisite pam_pwquality.so retry=3 authtok_type= enforce_for_root
password [success=1 default=ignore] pam_unix.so obscure use_authtok try_first_pass yescrypt
PASS_MAX_DAYS 99999
PasswordAuthentication no
PermitEmptyPasswords=no
Defaults passwd_tries=3, badpass_message="Wrong"
-w /etc/passwd -p wa -k passwd
password_encryption = scram-sha-256
host all all 127.0.0.1/32 password
DictPath: no
# the token is elsewhere
"""


@linux
@pytest.mark.skipif(not Path("/etc/pam.d").is_dir(), reason="this machine has no PAM")
def test_what_only_looks_like_a_secret_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen/nsswitch.conf").write_text(VERBATIM)
    (tmp_path / "seen/other").write_text(VERBATIM.partition("\n")[2])
    own = [str(path) for path in Path("/etc/pam.d").iterdir()] + ["/etc/login.defs", "/etc/nsswitch.conf"]
    host = recorded(tmp_path, [f"{tmp_path}/seen/", *own])
    for path in (f"{tmp_path}/seen/nsswitch.conf", f"{tmp_path}/seen/other", *own):
        assert host.read(path) == Path(path).read_text()


@linux
def test_a_program_is_recorded_by_its_name_without_its_arguments(tmp_path: Path) -> None:
    host = recorded(tmp_path, ["/proc/*/cmdline"])
    mine = host.read(f"/proc/{os.getpid()}/cmdline")
    assert mine.count("\0") == 1
    assert mine.endswith("\0")
    assert Path(f"/proc/{os.getpid()}/cmdline").read_text().startswith(mine)


def _alterations(place: Path) -> Iterator[tuple[str, str]]:
    (place / "files/x").parent.mkdir(parents=True, exist_ok=True)
    (place / "files/x").write_text("more")
    yield "files/x", "added"
    (place / "files/x").unlink()
    with (place / "stats").open("a") as file:
        file.write("/etc/nologin\tnone\n")
    yield "stats", "altered"
    (place / "sockets.json").unlink()
    yield "sockets.json", "missing"


@linux
def test_a_recording_altered_since_it_was_made_is_refused_with_the_files_name(tmp_path: Path) -> None:
    place = Path(recorded(tmp_path, ["/etc/hostname"]).place)
    (place / "sockets.json").is_file() or pytest.skip("this machine has no ss")
    for name, what in _alterations(place):
        with pytest.raises(Untrusted, match=f"{name} (is|was) {what}"):
            RecordedHost(str(place))
        subprocess.run(["tar", "cf", f"{place}.again.tar", "-C", str(place.parent), place.name], check=True)
        with pytest.raises(Untrusted, match=f"{name} (is|was) {what}"):
            RecordedHost(f"{place}.again.tar")
    (place / "manifest").unlink()
    with pytest.raises(Untrusted, match="manifest is missing"):
        RecordedHost(str(place))


@linux
def test_a_tar_that_holds_more_than_files_is_refused(tmp_path: Path) -> None:
    place = Path(recorded(tmp_path, ["/etc/hostname"]).place)
    (place / "files/link").symlink_to("/etc/shadow")
    subprocess.run(["tar", "cf", f"{place}.again.tar", "-C", str(place.parent), place.name], check=True)
    with pytest.raises(UsageError, match="files and directories alone"):
        RecordedHost(f"{place}.again.tar")
    with tarfile.open(f"{place}.twice.tar", "w") as packed:
        for _ in range(2):
            packed.add(place / "host.json", "recording/host.json")
    with pytest.raises(UsageError, match="twice"):
        RecordedHost(f"{place}.twice.tar")
    for text in (b"", b"no tar at all"):
        (tmp_path / "other.tar").write_bytes(text)
        with pytest.raises(UsageError, match="recording"):
            RecordedHost(str(tmp_path / "other.tar"))


@linux
def test_commands_are_recorded_with_how_they_ended(tmp_path: Path, machine: dict[str, Any]) -> None:
    (tmp_path / "lists").mkdir()
    for name in ("a.lz4", "b.lz4", "c.txt"):
        (tmp_path / "lists" / name).write_text(name)
    host = recorded(tmp_path, [], ["uname -s", "no-such-program --x", f"cat {tmp_path}/lists/*.lz4", "restic *",
                                   "printf %s\\t%s\\n it's $HOME"], **machine)
    assert host.run("uname", "-s").stdout == "Linux\n"
    assert host.run("cat", f"{tmp_path}/lists/b.lz4").stdout == "b.lz4"
    assert host.run("printf", "%s\\t%s\\n", "it's", "$HOME").stdout == "it's\t$HOME\n"
    with pytest.raises(NotThere):
        host.run("no-such-program", "--x")
    with pytest.raises(Unsupported):
        host.run("restic", "snapshots")
    with pytest.raises(Unsupported):
        host.run("cat", f"{tmp_path}/lists/c.txt")


@linux
def test_a_program_that_does_not_end_is_ended_and_said_so(tmp_path: Path, machine: dict[str, Any]) -> None:
    text = record_sh.script([], ["sleep 30", "uname -s"])
    (tmp_path / "record.sh").write_text(re.sub(r"(?m)^PATIENCE=[0-9]+", "PATIENCE=1", text))
    tools = machine.get("tools")
    if tools:
        path = f"PATH={':'.join(record_sh.DIRECTORIES)}"
        (tmp_path / "record.sh").write_text((tmp_path / "record.sh").read_text().replace(path, f"PATH={tools}"))
    subprocess.run([*machine.get("shell", ("sh",)), str(tmp_path / "record.sh"), "-b", "Zoë Test",
                    str(tmp_path / "recording")], capture_output=True, check=True, timeout=25)
    host = RecordedHost(str(tmp_path / "recording"))
    assert host.run("uname", "-s").stdout == "Linux\n"
    with pytest.raises(TimedOut):
        host.run("sleep", "30")


@linux
def test_an_existing_directory_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "record.sh").write_text(record_sh.script([], []))
    done = subprocess.run(["sh", str(tmp_path / "record.sh"), str(tmp_path)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2
    assert "does not exist yet" in done.stderr


@linux
def test_this_machine_recorded_is_judged_as_this_machine(tmp_path: Path) -> None:
    printed = subprocess.run([*HUSTINGS, "record"], capture_output=True, text=True, check=True).stdout
    (tmp_path / "record.sh").write_text(printed)
    subprocess.run(["sh", str(tmp_path / "record.sh"), str(tmp_path / "it")], capture_output=True, check=True)
    live, kept = _verdicts(), _verdicts("--recorded", str(tmp_path / "it.tar"))
    assert set(live) == set(kept)
    assert {check: (live[check], kept[check]) for check in live if live[check] != kept[check]} == {}


@linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can record as somebody else too")
def test_what_an_ordinary_user_records_is_never_judged_better() -> None:
    with TemporaryDirectory() as place:
        _recorded_by_nobody(Path(place))


def _recorded_by_nobody(place: Path) -> None:
    place.chmod(0o755)
    (place / "own").mkdir(mode=0o700)
    os.chown(place / "own", 65534, 65534)
    printed = subprocess.run([*HUSTINGS, "record"], capture_output=True, text=True, check=True).stdout
    done = subprocess.run(["sh", "-s", "own/it"], input=printed, capture_output=True, text=True, check=True, cwd=place,
                          user=65534, group=65534, extra_groups=[])
    assert "not root" in done.stderr
    live, kept = _verdicts(), _verdicts("--recorded", str(place / "own/it.tar"))
    assert set(live) == set(kept)
    assert {check: (live[check], kept[check]) for check in live if kept[check] not in (live[check], "unknown")} == {}
    assert len([check for check in live if kept[check] in ("pass", "fail")]) > len(live) / 4
    assert not list((place / "own/it/files").rglob("shadow*"))


def _verdicts(*options: str) -> dict[str, str]:
    done = subprocess.run([*HUSTINGS, "check", "--format", "json", *options], capture_output=True, text=True,
                          check=False)
    return {row["check"]: row["verdict"] for row in json.loads(done.stdout)["results"]}


def test_the_windows_script_names_every_declared_thing_quoted() -> None:
    script = record_powershell.script(["C:/Windows/it's.log", "HKLM\\SOFTWARE\\X"],
                                      ["auditpol /get /category:*x", "net *"])
    assert "Record-File 'C:/Windows/it''s.log'" in script
    assert "Record-Key 'HKLM\\SOFTWARE\\X'" in script
    assert "Record-Command 'auditpol' @('/get', '/category:*x')" in script
    assert "Record-Command 'net'" not in script

"""A recorded machine is judged as the machine itself, and its secrets stay where they were."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent import record_powershell, record_sh
from collectors.host.protocol import Denied, FileKind, NotThere, Unsupported
from collectors.host.recorded import RecordedHost

HUSTINGS = [sys.executable, "-m", "hustings"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the shell script records Linux")


def recorded(tmp_path: Path, reads: list[str], runs: list[str] | None = None) -> RecordedHost:
    script, place = tmp_path / "record.sh", tmp_path / "recording"
    script.write_text(record_sh.script(reads, runs or []))
    done = subprocess.run(["sh", str(script), str(place)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "not found" not in done.stderr
    return RecordedHost(str(place))


@linux
def test_files_links_and_what_is_not_there_are_recorded_as_they_are(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    (seen / "deep").mkdir(parents=True)
    (seen / "deep/a file").write_bytes(b"caf\xc3\xa9\nlast line without end")
    (seen / "empty").write_text("")
    (seen / "run").write_text("#!/bin/sh\n")
    (seen / "run").chmod(0o4755)
    (seen / "link").symlink_to("deep/a file")
    (seen / "gone").symlink_to("nowhere%s")
    os.mkfifo(seen / "pipe")
    host = recorded(tmp_path, [f"{seen}/", f"{seen}.conf", "/proc/self/mountinfo"])
    assert host.read(f"{seen}/deep/a file") == "café\nlast line without end"
    assert host.read(f"{seen}/link") == "café\nlast line without end"
    assert host.read(f"{seen}/empty") == ""
    assert host.list(str(seen)) == ["deep", "empty", "gone", "link", "pipe", "run"]
    assert (host.stat(f"{seen}/run").mode, host.stat(f"{seen}/run").uid) == (0o4755, os.getuid())
    assert host.stat(f"{seen}/pipe").kind is FileKind.OTHER
    assert (host.stat(f"{seen}/gone").kind, host.stat(f"{seen}/gone").target) == (FileKind.LINK, "nowhere%s")
    assert " / " in host.read("/proc/self/mountinfo")
    with pytest.raises(NotThere):
        host.read(f"{seen}.conf")
    with pytest.raises(NotThere):
        host.read(f"{seen}/deep/other")
    with pytest.raises(Unsupported):
        host.list(str(tmp_path))


@linux
def test_a_private_key_is_listed_and_not_copied(tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen/host.pem").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n")
    host = recorded(tmp_path, [f"{tmp_path}/seen/"])
    assert host.stat(f"{tmp_path}/seen/host.pem").size > 0
    with pytest.raises(Unsupported):
        host.read(f"{tmp_path}/seen/host.pem")
    assert not [one for one in Path(host.place).rglob("*") if one.is_file() and b"secret" in one.read_bytes()]


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
        if len(his[1].rpartition("$")[2]) > 12:
            assert set(mine[1].rpartition("$")[2]) == {"0"}
        else:
            assert mine[1] == his[1]


def _masked(tmp_path: Path, field: str) -> str:
    """What the script's own masking makes of one password field."""
    program = record_sh.script([], []).partition("awk -F: '")[2].partition("' \"$1\"")[0]
    done = subprocess.run(["awk", "-F:", program], input=f"ann:{field}:1:2:3\n", capture_output=True, text=True,
                          check=True)
    assert done.stdout.startswith("ann:")
    assert done.stdout.endswith(":1:2:3\n")
    return done.stdout.split(":")[1]


@linux
@pytest.mark.parametrize(("field", "kept"), [
    ("", ""), ("*", "*"), ("!", "!"), ("!!", "!!"), ("!*", "!*"),
    ("$6$salt$abc/DEF.123", "$6$salt$00000000000"), ("!$6$salt$abc", "!$6$salt$000"),
    ("$y$j9T$saltsalt$hash.hash", "$y$j9T$saltsalt$000000000"), ("ab3dE/.7xyzQ1", "0000000000000"),
])
def test_a_password_field_is_masked_by_its_kind(tmp_path: Path, field: str, kept: str) -> None:
    assert _masked(tmp_path, field) == kept


@linux
def test_commands_are_recorded_with_how_they_ended(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    for name in ("a.lz4", "b.lz4", "c.txt"):
        (tmp_path / "lists" / name).write_text(name)
    host = recorded(tmp_path, [], ["uname -s", "no-such-program --x", f"cat {tmp_path}/lists/*.lz4", "restic *",
                                   "printf %s\\t%s\\n it's $HOME"])
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
    live, kept = _verdicts(), _verdicts("--recorded", str(tmp_path / "it"))
    assert not {check for check in kept if kept[check] == "pass" != live[check]}
    differ = {check: (live[check], kept[check]) for check in live if live[check] != kept[check]}
    assert len(differ) <= len(live) * 0.05, differ


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

"""What ``LiveHost`` promises, tried on this machine."""

import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.host.live import LiveHost, find_program
from collectors.host.protocol import (
    Denied,
    FileKind,
    Host,
    LookError,
    NotThere,
    Platform,
    TimedOut,
    Truncated,
    Unreadable,
)

HOST: Host = LiveHost()


def processes_with(argument: str) -> list[int]:
    return [
        int(one.name) for one in Path("/proc").iterdir()
        if one.name.isdigit() and (one / "cmdline").exists() and argument.encode() in _cmdline(one)
    ]


def _cmdline(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_files_of_proc_are_read_to_their_end_though_they_claim_to_be_empty():
    assert HOST.stat("/proc/self/status").size == 0
    assert f"Pid:\t{os.getpid()}" in HOST.read("/proc/self/status")
    assert HOST.platform is Platform.LINUX


def test_a_part_of_a_file_is_never_given_as_the_whole(tmp_path):
    (tmp_path / "long").write_bytes(b"x" * 11)
    assert len(HOST.read_bytes(f"{tmp_path}/long", limit=11)) == 11
    with pytest.raises(Truncated):
        HOST.read_bytes(f"{tmp_path}/long", limit=10)
    with pytest.raises(Truncated):
        HOST.read("/dev/../proc/self/environ", limit=1)


def test_a_fifo_a_device_or_a_directory_in_place_of_a_file_is_an_error_and_not_a_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (f"{tmp_path}/pipe", "/dev/zero", str(tmp_path)):
        with pytest.raises(Unreadable, match="not a regular file"):
            HOST.read(path)
    with pytest.raises(Unreadable):
        HOST.list("/etc/passwd")


def test_links_lead_to_the_usual_places_only(tmp_path):
    (tmp_path / "there").symlink_to("/etc/hostname")
    (tmp_path / "device").symlink_to("/dev/shm")
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "loop").symlink_to("loop")
    assert HOST.read(f"{tmp_path}/there") == Path("/etc/hostname").read_text()
    assert HOST.resolve(f"{tmp_path}/there") == "/etc/hostname"
    assert HOST.stat(f"{tmp_path}/there").kind is FileKind.LINK
    assert HOST.stat(f"{tmp_path}/there").target == "/etc/hostname"
    with pytest.raises(Unreadable, match="outside the usual places"):
        HOST.list(f"{tmp_path}/device")
    with pytest.raises(NotThere):
        HOST.read(f"{tmp_path}/nowhere")
    with pytest.raises(LookError):
        HOST.read(f"{tmp_path}/loop")
    with pytest.raises(NotThere):
        HOST.read(f"{tmp_path}/there/below")


def test_undecodable_bytes_do_not_stop_the_reader(tmp_path):
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    assert HOST.read(f"{tmp_path}/latin") == "caf\ufffd"


def test_a_walk_gives_every_entry_and_follows_no_link(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_text("x")
    (tmp_path / "up").symlink_to("..")
    assert sorted(path.removeprefix(str(tmp_path)) for path, _ in HOST.walk(str(tmp_path))) == [
        "/a", "/a/b", "/a/b/file", "/up"]
    with pytest.raises(Truncated):
        list(HOST.walk(str(tmp_path), limit=3))


@pytest.mark.skipif(os.geteuid() == 0, reason="root is denied nothing")
def test_what_an_ordinary_user_may_not_read_is_denied(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(Denied):
        HOST.read("/etc/shadow")
    with pytest.raises(Denied):
        list(HOST.walk(str(tmp_path)))


def test_a_program_gets_an_empty_environment_and_no_terminal(monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    said = HOST.run("env", env={"EXTRA": "1"}).stdout
    assert set(said.splitlines()) == {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "EXTRA=1"}
    assert HOST.run("cat").stdout == ""
    assert HOST.run("cat", stdin=b"x" * 300_000).stdout == "x" * 300_000
    assert HOST.run("true", stdin=b"x" * 300_000).code == 0


def test_arguments_reach_a_program_as_they_are_for_there_is_no_shell():
    assert HOST.run("printf", "%s|", "$(id)", "a b", ";").stdout == "$(id)|a b|;|"


def test_an_exit_code_that_was_not_expected_is_an_error_with_what_was_said():
    with pytest.raises(LookError, match=r"ended with 2: .*ls: cannot access '/nowhere'"):
        HOST.run("ls", "/nowhere")
    assert HOST.run("ls", "/nowhere", ok=(0, 2)).code == 2
    with pytest.raises(NotThere):
        HOST.run("no-such-program")


def test_a_program_that_does_not_end_is_killed_with_all_that_it_started():
    with pytest.raises(TimedOut):
        HOST.run("sh", "-c", "sleep 987654 & sleep 987654; :", timeout=0.3)
    deadline = time.monotonic() + 5
    while processes_with("987654") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_with("987654") == []


def test_a_program_that_floods_is_stopped_at_the_limit():
    with pytest.raises(Truncated):
        HOST.run("cat", "/dev/zero", timeout=10, limit=1 << 16)
    with pytest.raises(Truncated):
        HOST.run("sh", "-c", "cat /dev/zero >&2", timeout=10, limit=1 << 16)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can place a program in /usr/bin")
@pytest.mark.parametrize(("mode", "owner"), [(0o775, 0), (0o757, 0), (0o755, 65534)])
def test_a_program_that_others_than_root_can_change_is_not_run(mode, owner):
    program = Path("/usr/bin/hustings-test-program")
    try:
        program.write_text("#!/bin/sh\necho ran\n")
        program.chmod(0o755)
        assert HOST.run(program.name).stdout == "ran\n"
        os.chown(program, owner, 0)
        program.chmod(mode)
        with pytest.raises(LookError, match="changed by others than root"):
            HOST.run(program.name)
    finally:
        program.unlink()


def test_programs_are_known_by_name_alone():
    assert find_program("env") in ("/usr/bin/env", "/bin/env")
    for name in ("/tmp/env", "../env", ""):
        with pytest.raises(ValueError, match="not the name of a program"):
            find_program(name)


def test_listening_sockets_are_seen_and_connected_ones_are_not():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        with socket.create_connection(server.getsockname()) as client:
            found = {(one.protocol, one.address, one.port): one for one in HOST.sockets()}
            ours = found["tcp", "127.0.0.1", server.getsockname()[1]]
            assert (ours.pid, bool(ours.program)) == (os.getpid(), True)
            assert ("udp", "127.0.0.1", datagrams.getsockname()[1]) in found
            assert ("tcp", "127.0.0.1", client.getsockname()[1]) not in found


def test_now_is_now():
    assert abs((datetime.now(UTC) - HOST.now()).total_seconds()) < 5

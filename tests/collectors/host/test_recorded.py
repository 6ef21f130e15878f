"""A recording answers what was recorded; what was not is unsupported, never absent."""

import pytest

from collectors.host.protocol import (
    Denied,
    FileKind,
    Host,
    LookError,
    NotThere,
    Platform,
    Socket,
    TimedOut,
    Unsupported,
)
from collectors.host.recorded import RecordedHost
from hustings.errors import UsageError
from hustings.times import utc_text

HEAD = '{"schema": "hustings.recording/1", "platform": "linux", "recorded_at": "2026-03-01T10:00:00Z"}'
STATS = """\
/etc\tdirectory\t755\t0\t0\t4096\t1767225600\t
/etc/os-release\tlink\t777\t0\t0\t21\t1767225600\t../usr/lib/os-release
/etc/shadow\tdenied
/etc/nologin\tnone
/etc/ssh\tlisted\t755\t0\t0\t4096\t1767225600\t
/etc/ssh/sshd_config\tfile\t600\t0\t0\t8\t1767225600.25\t
"""


def record(tmp_path, **commands):
    (tmp_path / "host.json").write_text(HEAD)
    (tmp_path / "stats").write_text(STATS)
    for path, text in {"etc/ssh/sshd_config": "Port 22\n", "usr/lib/os-release": "ID=x\n", "C/Windows/a": "w"}.items():
        (tmp_path / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / path).write_text(text)
    for number, (argv, code, stdout) in enumerate(commands.values()):
        folder = tmp_path / "commands" / str(number)
        folder.mkdir(parents=True)
        (folder / "argv").write_text(argv)
        (folder / "code").write_text(f"{code}\n")
        (folder / "stdout").write_text(stdout)
    return str(tmp_path)


def test_files_links_and_permissions_are_as_recorded(tmp_path):
    host: Host = RecordedHost(record(tmp_path))
    assert (host.platform, utc_text(host.now())) == (Platform.LINUX, "2026-03-01T10:00:00Z")
    assert host.read("/etc/os-release") == "ID=x\n"
    assert host.resolve("/etc/os-release") == "/usr/lib/os-release"
    assert host.read("/etc/ssh/sshd_config") == "Port 22\n"
    seen = host.stat("/etc/ssh/sshd_config")
    assert (seen.kind, seen.mode, seen.size) == (FileKind.FILE, 0o600, 8)
    assert host.list("/etc/ssh") == ["sshd_config"]
    assert [path for path, _ in host.walk("/etc/ssh")] == ["/etc/ssh/sshd_config"]
    assert host.read("C:/Windows/a") == "w"


def test_what_was_not_recorded_is_unsupported_and_only_what_was_seen_missing_is_not_there(tmp_path):
    host = RecordedHost(record(tmp_path))
    for path in ("/etc/nologin", "/etc/ssh/ssh_config", "/etc/ssh/sshd_config.d/x", "/etc/nologin/x"):
        with pytest.raises(NotThere):
            host.read(path)
    for look in (lambda: host.read("/etc/passwd"), lambda: host.list("/etc"), lambda: host.stat("/etc/group"),
                 host.sockets, lambda: host.registry("HKLM"), lambda: host.run("uname", "-r")):
        with pytest.raises(Unsupported):
            look()
    with pytest.raises(Denied):
        host.read("/etc/shadow")


def test_programs_say_what_they_said(tmp_path):
    host = RecordedHost(record(
        tmp_path, uname=("uname\n-r\n", 0, "6.1.0\n"), sshd=("sshd\n-T\n", "absent", ""),
        nft=("nft\nlist\nruleset\n", "denied", ""), slow=("slow\n", "timeout", ""), false=("false\n", 1, ""),
    ))
    assert host.run("uname", "-r").stdout == "6.1.0\n"
    for argv, expected in ((("sshd", "-T"), NotThere), (("nft", "list", "ruleset"), Denied),
                           (("slow",), TimedOut), (("false",), LookError), (("uname",), Unsupported)):
        with pytest.raises(expected):
            host.run(*argv)
    assert host.run("false", ok=(1,)).code == 1


def test_sockets_and_registry_come_from_their_files(tmp_path):
    place = record(tmp_path)
    (tmp_path / "sockets.json").write_text(
        '[{"protocol": "tcp", "address": "::", "port": 22, "pid": 1, "program": "sshd"}]')
    (tmp_path / "registry.json").write_text('{"HKLM\\\\A": {"V": 1}, "HKLM\\\\B": null}')
    host = RecordedHost(place)
    assert host.sockets() == [Socket("tcp", "::", 22, 1, "sshd")]
    assert host.registry("HKLM\\A") == {"V": 1}
    with pytest.raises(NotThere):
        host.registry("HKLM\\B")


@pytest.mark.parametrize(("name", "text", "said"), [
    ("host.json", "{}", "missing required field"),
    ("host.json", '{"a":' * 100_000 + "1" + "}" * 100_000, "recursion"),
    ("host.json", HEAD.replace("/1", "/9"), "not a recording of schema"),
    ("host.json", HEAD.replace("2026-03-01T10:00:00Z", "soon"), "recorded_at"),
    ("stats", "/etc\tfile\tx\n", "stats:1"),
    ("stats", "/etc\tshape\t755\t0\t0\t1\t1\t\n", "'shape' is not a valid FileKind"),
    ("sockets.json", "[{}]", "missing required field"),
])
def test_a_malformed_recording_is_refused_with_the_place_of_the_mistake(tmp_path, name, text, said):
    place = record(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=said):
        RecordedHost(place).sockets()


def test_a_directory_that_is_no_recording_is_refused(tmp_path):
    with pytest.raises(UsageError, match="hustings record"):
        RecordedHost(str(tmp_path))

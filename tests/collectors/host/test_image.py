"""An image is read as the machine it is of, and never leads out of itself."""

import os

import pytest

from collectors.host.image import ImageHost
from collectors.host.protocol import FileKind, Host, NotThere, Platform, Unreadable, Unsupported
from hustings.errors import UsageError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "outside").write_text("of the machine that looks")
    top = tmp_path / "root"
    for folder in ("etc/ssh", "usr/lib", "proc", "run", "sys"):
        (top / folder).mkdir(parents=True)
    (top / "usr/lib/os-release").write_text("ID=debian\n")
    (top / "etc/os-release").symlink_to("../usr/lib/os-release")
    (top / "etc/absolute").symlink_to("/usr/lib/os-release")
    (top / "etc/escape").symlink_to("../../../../../../outside")
    (top / "etc/host").symlink_to(str(tmp_path / "outside"))
    (top / "etc/loop").symlink_to("loop")
    (top / "var").symlink_to("run")
    return top


def test_links_are_resolved_inside_the_image(root):
    host: Host = ImageHost(str(root))
    assert host.read("/etc/os-release") == host.read("/etc/absolute") == "ID=debian\n"
    assert host.resolve("/etc/absolute") == "/usr/lib/os-release"
    assert host.stat("/etc/absolute").kind is FileKind.LINK
    for path in ("/etc/escape", "/etc/host"):
        with pytest.raises(NotThere):
            host.read(path)
    with pytest.raises(Unreadable, match="links"):
        host.read("/etc/loop")


def test_what_only_a_running_system_can_say_is_unsupported_and_not_absent(root):
    host = ImageHost(str(root))
    for look in (
        lambda: host.run("uname", "-r"), host.sockets, lambda: host.registry("HKLM"),
        lambda: host.read("/run/reboot-required"), lambda: host.stat("/proc/cmdline"), lambda: host.list("/sys"),
        lambda: host.read("/var/reboot-required"), lambda: host.list("/proc/"),
    ):
        with pytest.raises(Unsupported):
            look()


def test_a_walk_stays_out_of_the_running_parts(root):
    (root / "proc/1").mkdir()
    seen = {path for path, _ in ImageHost(str(root)).walk("/")}
    assert {"/etc/ssh", "/usr/lib/os-release", "/proc"} <= seen
    assert "/proc/1" not in seen


def test_the_platform_is_that_of_the_image(root, tmp_path):
    assert ImageHost(str(root)).platform is Platform.LINUX
    (tmp_path / "win/Windows/System32").mkdir(parents=True)
    assert ImageHost(str(tmp_path / "win")).platform is Platform.WINDOWS
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no operating system"):
        ImageHost(str(tmp_path / "empty"))


def test_a_fifo_in_an_image_is_not_waited_for(root):
    os.mkfifo(root / "etc/fifo")
    with pytest.raises(Unreadable):
        ImageHost(str(root)).read("/etc/fifo")

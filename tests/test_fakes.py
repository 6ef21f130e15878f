import pytest

from collectors.host.protocol import Denied, FileKind, NotThere, Truncated, Unreadable
from tests.fakes import FakeHost


def test_a_fake_machine_has_the_directories_its_files_imply_and_follows_links():
    host = FakeHost({"/etc/ssh/sshd_config": "Port 22\n"}, links={"/etc/alias": "ssh", "/loop": "loop"})
    assert host.list("/") == ["etc", "loop"]
    assert host.list("/etc") == ["alias", "ssh"]
    assert host.read("/etc/alias/sshd_config") == "Port 22\n"
    assert host.resolve("/etc/alias/sshd_config") == "/etc/ssh/sshd_config"
    assert host.stat("/etc/alias").kind is FileKind.LINK
    with pytest.raises(Unreadable):
        host.read("/loop")


def test_what_was_not_given_is_not_there_and_what_is_denied_is_denied():
    host = FakeHost({"/a/b": "x", "/a/c": "y", "/p/q": "z"}, denied={"/a/b", "/p"})
    for look in (lambda: host.read("/a/d"), lambda: host.list("/z"), lambda: host.run("nft", "list")):
        with pytest.raises(NotThere):
            look()
    for look in (lambda: host.read("/a/b"), lambda: host.list("/p"), lambda: host.stat("/p/q")):
        with pytest.raises(Denied):
            look()
    with pytest.raises(Denied):
        list(host.walk("/"))
    assert host.stat("/a/b").size == 1


def test_a_part_is_never_given_as_the_whole():
    with pytest.raises(Truncated):
        FakeHost({"/a": "12345"}).read("/a", limit=4)

import pytest

from collectors import banners
from collectors.base import observe
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import NOW, FakeHost

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'


def issue(text: str, release: str = DEBIAN) -> dict[str, object]:
    host = FakeHost({"/etc/issue": text, "/etc/os-release": release})
    return banners.collect(host, Declared())["banners.texts"].items[0]


@pytest.mark.parametrize(("text", "words", "reveals"), [
    ("Debian GNU/Linux 12 \\n \\l\n\n", 4, True), ("\\S\nKernel \\r on an \\m (\\l)\n", 3, True),
    ("Private. Use is watched and recorded.\n", 6, False), ("\n", 0, False), ("\\n at \\l: private\n", 2, False),
    ("Welcome to bookworm\n", 3, True), ("Welcome to this Linux box\n", 5, True), ("Debianised\n", 1, False),
])
def test_a_banner_is_told_apart_from_the_systems_own_name(text, words, reveals):
    found = issue(text)
    assert (found["words"], found["reveals"]) == (words, reveals)


def test_what_is_missing_or_may_not_be_read_is_not_empty_text():
    host = FakeHost({"/etc/issue": "x", "/etc/issue.net": "y"}, denied={"/etc/issue.net"})
    found = {one["path"]: one for one in banners.collect(host, Declared())["banners.texts"].items}
    assert (found["/etc/motd"]["there"], found["/etc/issue"]["there"]) == (False, True)
    assert found["/etc/issue.net"]["words"].reason is Reason.DENIED


def test_what_it_answers_is_what_it_declares():
    seen = observe(banners.COLLECTOR, banners.collect(FakeHost({"/etc/issue": "x"}), Declared()), NOW, Declared())
    assert [one.missing for one in seen.values()] == [None]

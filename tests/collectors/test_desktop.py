"""What is forced on graphical sessions."""

from pathlib import Path

import pytest

from collectors import _dconf, desktop
from collectors.base import ABSENT, Missing
from collectors.host.protocol import Unreadable
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

NONE = Declared()
COMPILED = (Path(__file__).parent / "captured/desktop/dconf-local.gvdb").read_bytes()
"""What `dconf update` (0.40, Debian 12) made of the key file and locks below."""
KEYFILE = """[org/gnome/desktop/session]
idle-delay=uint32 300

[org/gnome/desktop/screensaver]
lock-enabled=true
lock-delay=uint32 5

[org/gnome/desktop/media-handling]
automount=false
autorun-never=true
"""
LOCKS = {"/org/gnome/desktop/screensaver/lock-enabled", "/org/gnome/desktop/session/idle-delay"}
PROFILE = {"/etc/dconf/profile/user": "user-db:user\nsystem-db:local # ours\n"}
GNOME = {"/usr/share/wayland-sessions/gnome.desktop": "", "/usr/share/xsessions/gnome-classic.desktop": ""}


def look(files, **given):
    return desktop.collect(FakeHost(files, kind="image", **given), NONE)


def rows(files, moment="now", **given):
    return {one["key"].rpartition("/")[2]: (one["value"], one["locked"])
            for one in look(files, **given)["desktop.settings"].items if one["moment"] == moment}


def test_a_compiled_database_says_what_its_key_file_said():
    values, locks = _dconf.parse_compiled(COMPILED)
    assert values == _dconf.parse_keyfile(KEYFILE)
    assert locks == LOCKS


@pytest.mark.parametrize("data", [b"", b"GVariant", b"not a database at all" * 4, COMPILED[:60], COMPILED[:200],
                                  COMPILED[:20] + b"\xff\xff\xff\x7f" + COMPILED[24:]])
def test_a_damaged_database_is_an_error_and_never_an_empty_one(data):
    with pytest.raises(Unreadable):
        _dconf.parse_compiled(data)


def test_in_force_is_what_the_profile_reads():
    database = {"/etc/dconf/db/local": COMPILED}
    assert rows({**database, **PROFILE})["lock-enabled"] == ("true", True)
    assert rows({**database, **PROFILE})["lock-delay"] == ("5", False)
    assert rows(database) == {}
    assert rows({**database, "/etc/dconf/profile/user": "user-db:user\n"}) == {}
    assert look({**database, **PROFILE})["desktop.policy_read"] is True
    assert look({"/etc/dconf/profile/user": "user-db:user\n"})["desktop.policy_read"] is False
    assert look({"/etc/os-release": ""})["desktop.policy_read"] is ABSENT


def test_what_was_written_and_never_compiled_is_not_in_force():
    files = {**PROFILE, "/etc/dconf/db/local.d/00-lock": KEYFILE, "/etc/dconf/db/local.d/locks/a": "\n".join(LOCKS)}
    assert rows(files) == {}
    assert rows(files, "written")["lock-enabled"] == ("true", True)
    later = {**files, "/etc/dconf/db/local.d/10-more": "[org/gnome/desktop/screensaver]\nlock-enabled=false\n"}
    assert rows(later, "written")["lock-enabled"] == ("false", True)


def test_of_two_databases_that_lock_a_setting_the_lower_one_decides():
    first = COMPILED.replace(b"\x01\x00b", b"\x00\x00b", 2)
    files = {"/etc/dconf/profile/user": "user-db:user\nsystem-db:site\nsystem-db:local\n",
             "/etc/dconf/db/site": first, "/etc/dconf/db/local": COMPILED}
    assert rows(files)["lock-enabled"] == ("true", True)


def test_a_desktop_that_is_not_looked_at_leaves_the_settings_incomplete():
    listing = look({**GNOME, "/usr/share/xsessions/plasma.desktop": ""})["desktop.settings"]
    assert not listing.complete
    assert "plasma" in str(listing.why)
    seen = look(GNOME)
    assert seen["desktop.sessions"].items == ["gnome"]
    assert seen["desktop.settings"].complete


def test_a_database_that_may_not_be_read_is_a_reason():
    path = "/etc/dconf/db/local"
    seen = look({**PROFILE, path: COMPILED}, denied={path})["desktop.settings"]
    assert isinstance(seen, Missing)
    assert seen.reason is Reason.DENIED


@pytest.mark.parametrize(("text", "answer"), [
    ("[xdmcp]\nEnable=true\n", True), ("[xdmcp]\nEnable=false\n", False), ("[xdmcp]\n#Enable=true\n", False),
    ("[security]\nEnable=true\n", False), ("", False),
])
def test_gdm_serves_others_only_where_its_file_says_so(text, answer):
    assert look({"/etc/gdm3/daemon.conf": text})["desktop.remote_login"] is answer


def test_without_gdm_nobody_is_served():
    assert look({"/etc/os-release": ""})["desktop.remote_login"] is ABSENT


@pytest.mark.parametrize(("written", "plain"), [
    ("uint32 300", "300"), ("'a'", "a"), ('"a b"', "a b"), ("true", "true"), ("['']", ""), ("['a', 'b']", "a,b"),
    ("@as []", ""), ("300", "300"),
])
def test_values_are_compared_as_plain_text(written, plain):
    assert _dconf.literal(written) == plain


def test_the_lowest_database_that_locks_a_setting_decides_it():
    first, second = ({"/a": "300", "/b": "1"}, frozenset({"/b"})), ({"/a": "0", "/b": "2"}, frozenset({"/a"}))
    assert desktop.decided([first, second]) == {"/a": ("0", True), "/b": ("1", True)}
    assert desktop.decided([first]) == {"/a": ("300", False), "/b": ("1", True)}
    assert desktop.decided([({}, frozenset({"/a"})), ({"/a": "0"}, frozenset())]) == {"/a": ("0", True)}

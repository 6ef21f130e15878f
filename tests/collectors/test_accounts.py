import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors import _passwd, _signins, accounts
from collectors.base import ABSENT, observe
from collectors.host.protocol import Unreadable
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.fakes import NOW, FakeHost

CAPTURED = Path(__file__).parent / "captured" / "access"
HASH = "$y$j9T$himkIJVkhhY80XkAVEpGs.$A8gJvclOr1OgPf1uyyHfk3eBFqrh51Ha1PrnzGpg7R3"
PASSWD = (
    "root:x:0:0:root:/root:/bin/bash\n"
    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
    "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n"
    "alice:x:1000:1000:Alice:/home/alice:/bin/bash\n"
    "bob:x:1001:27::/home/bob:\n"
)
SHADOW = (
    f"root:*:20228:0:99999:7:::\ndaemon:*:20228:0:99999:7:::\npostgres:!:20593::::::\n"
    f"alice:{HASH}:20500:0:90:7::20800:\nbob::20500:0:99999:7:::\n"
)
GROUP = "root:x:0:\nsudo:x:27:alice,corp\\jane\ndocker:x:998:alice\nshadow:x:42:\n"
FILES: dict[str, str | bytes] = {
    "/etc/passwd": PASSWD, "/etc/shadow": SHADOW, "/etc/group": GROUP, "/etc/gshadow": "root:*::\nsudo:!::alice\n",
    "/etc/shells": "# /etc/shells\n/bin/sh\n/bin/bash\n", "/etc/login.defs": "UID_MIN 1000\nUID_MAX\t60000\n",
    "/etc/nsswitch.conf": "passwd:         files systemd [!UNAVAIL=return] sss\n",
    "/var/log/lastlog": (CAPTURED / "lastlog").read_bytes(), "/var/log/wtmp": (CAPTURED / "wtmp").read_bytes(),
}


def look(changes: dict[str, str | bytes | None] | None = None, **host: Any) -> dict[str, Any]:
    files = {path: data for path, data in {**FILES, **(changes or {})}.items() if data is not None}
    return accounts.collect(FakeHost(files, **host), Declared())


def person(name: str, found: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in found["accounts.local"].items if one["name"] == name)


def test_every_account_is_described():
    found = look()
    assert found["accounts.local"].complete
    assert person("alice", found) == {
        "name": "alice", "uid": 1000, "gid": 1000, "home": "/home/alice", "shell": "/bin/bash", "interactive": True,
        "system": False, "password_in_passwd": False, "listed_shell": True, "password": "yescrypt",
        "password_usable": True, "password_changed": "2026-02-16T00:00:00Z", "closes": "2026-12-13T00:00:00Z",
        "password_max_days": 90, "password_min_days": 0, "password_warn_days": 7, "last_signin": "2026-11-20T08:15:00Z",
        "shadowed": True, "in_shadow": True, "group_exists": False,
    }
    assert person("root", found)["last_signin"] == "2026-11-22T03:34:30Z"
    assert person("root", found)["password_usable"] is False
    assert "last_signin" not in person("daemon", found)
    assert (person("postgres", found)["password"], person("postgres", found)["system"]) == ("locked", True)


def test_an_empty_shell_and_an_empty_password_let_somebody_in():
    bob = person("bob", look())
    assert (bob["password"], bob["password_usable"]) == ("empty", True)
    assert (bob["interactive"], bob["listed_shell"]) == (True, True)


def test_groups_know_who_is_in_them_by_their_own_first_group_too():
    groups = {"/etc/passwd": PASSWD, "/etc/group": "root:x:0:\nstaff:x:1000:bob,bob\nshadow:x:42:\n"}
    found = {one["name"]: one for one in look(groups)["groups.local"].items}
    assert found["staff"] == {"name": "staff", "gid": 1000, "members": 2, "listed": 1}
    assert found["shadow"]["members"] == 0
    assert person("alice", look(groups))["group_exists"] is True


def test_numbers_below_those_of_people_and_in_the_range_of_services_are_services():
    low = {"/etc/login.defs": "UID_MIN 1000\nUID_MAX 60000\nSYS_UID_MIN 201\nSYS_UID_MAX 2000\n"}
    assert person("alice", look(low))["system"] is True
    assert person("alice", look())["system"] is False


def test_an_account_that_shadow_does_not_know_says_so():
    found = look({"/etc/passwd": PASSWD + "ghost:x:1009:1009::/:/opt/sh\n"})
    ghost = person("ghost", found)
    assert (ghost["in_shadow"], ghost["password_usable"], ghost["listed_shell"]) == (False, False, False)


@pytest.mark.parametrize(("sssd", "elsewhere"), [
    ({}, []), ({"/etc/sssd/sssd.conf": "[sssd]\n"}, ["sss"]), ({"/etc/sssd/conf.d/a.conf": ""}, ["sss"])])
def test_sssd_counts_where_it_is_told_whom_to_ask(sssd, elsewhere):
    assert look(sssd)["accounts.elsewhere"].items == elsewhere


def test_directories_are_elsewhere():
    found = look({"/etc/nsswitch.conf": "passwd: files winbind ldap\n"})
    assert found["accounts.elsewhere"].items == ["winbind", "ldap"]


def test_without_root_only_what_shadow_holds_is_denied():
    found = look(denied={"/etc/shadow", "/etc/gshadow"})
    alice = person("alice", found)
    assert alice["password"].reason is alice["password_usable"].reason is alice["closes"].reason is Reason.DENIED
    assert (alice["uid"], alice["interactive"], alice["last_signin"]) == (1000, True, "2026-11-20T08:15:00Z")
    assert found["accounts.local"].complete
    assert found["accounts.group_passwords"].reason is Reason.DENIED
    assert found["accounts.legacy_lines"].reason is Reason.DENIED
    assert len(found["accounts.administrators"].items) == 3


def test_an_empty_password_in_passwd_needs_no_shadow_to_be_seen():
    found = look({"/etc/passwd": PASSWD + "eve::1002:1002::/home/eve:/bin/sh\n"}, denied={"/etc/shadow"})
    assert person("eve", found)["password"] == "empty"
    assert person("eve", found)["password_in_passwd"] is False


def test_a_hash_in_passwd_is_seen():
    found = look({"/etc/passwd": f"old:{HASH}:1002:1002::/home/old:/bin/sh\n"})
    assert (person("old", found)["password_in_passwd"], person("old", found)["password"]) == (True, "yescrypt")


@pytest.mark.parametrize(("stored", "exposed"), [
    ("x", False), ("*", False), ("!", False), ("!!", False), ("", False), ("*LOCKED-BY-HAND*", False),
    (f"!{HASH}", True), ("0fcf3792f5fffc4fcd1801fab37e0470c66d46cb0f01", True), ("6ENJKUHt37L/U", True),
])
def test_a_locked_or_unknown_hash_in_passwd_is_still_there_for_everybody(stored, exposed):
    found = look({"/etc/passwd": f"old:{stored}:1002:1002::/home/old:/bin/sh\n"})
    assert person("old", found)["password_in_passwd"] is exposed


@pytest.mark.parametrize("line", ["old:*:19000:0:99999:7::", "old:*:19000:0:99999"])
def test_a_short_line_of_shadow_that_glibc_takes_is_read(line):
    found = look({"/etc/passwd": "old:x:1002:1002::/home/old:/bin/sh\n", "/etc/shadow": line + "\n"})
    assert found["accounts.local"].complete
    assert person("old", found)["password"] == "none"


def test_only_a_line_feed_ends_a_line_of_passwd():
    found = look({"/etc/passwd": "old:x:1002:1002:a\x0cb\u2028c:/home/old:/bin/sh\n  toor:x:0:0::/root:/bin/sh\n"})
    assert found["accounts.local"].complete
    assert person("toor", found)["uid"] == 0


def test_an_account_that_shadow_does_not_know_has_no_usable_password():
    found = look({"/etc/shadow": "root:*:1:0:99999:7:::\n"})
    assert person("alice", found)["password_usable"] is False


def test_administrators_count_by_their_line_and_by_their_first_group():
    found = look()["accounts.administrators"].items
    assert [(one["name"], one["group"], one["local"]) for one in found] == [
        ("alice", "sudo", True), ("corp\\jane", "sudo", False), ("bob", "sudo", True)]
    assert "interactive" not in found[1]
    assert [one["name"] for one in look()["accounts.root_by_group"].items] == ["alice"]


@pytest.mark.parametrize(("path", "text"), [
    ("/etc/passwd", PASSWD + "eve:x:abc:0::/:/bin/sh\n"),
    ("/etc/passwd", PASSWD + "eve:x:0\n"),
    ("/etc/shadow", SHADOW + "eve:*\n"),
])
def test_a_line_nobody_can_read_makes_the_list_incomplete(path, text):
    listing = look({path: text})["accounts.local"]
    assert not listing.complete
    assert "line 6" in listing.why.detail
    assert len(listing.items) == 5


def test_a_machine_that_records_no_sign_in_proves_nothing():
    found = look({"/var/log/lastlog": b"", "/var/log/wtmp": b""})
    assert person("alice", found)["last_signin"].reason is Reason.UNSUPPORTED


def test_a_sign_in_record_that_may_not_be_read_is_a_reason():
    found = look(denied={"/var/log/lastlog"})
    assert person("alice", found)["last_signin"].reason is Reason.DENIED


def test_lastlog_is_read_as_the_lastlog_program_shows_it():
    found = _signins.lastlog((CAPTURED / "lastlog").read_bytes())
    assert {uid: datetime.fromtimestamp(at, UTC).isoformat() for uid, at in found.items()} == {
        0: "2026-11-22T03:34:30+00:00", 101: "2026-11-22T03:34:30+00:00"}


def test_wtmp_counts_sessions_of_people_alone():
    found = _signins.wtmp((CAPTURED / "wtmp").read_bytes())
    assert {name: datetime.fromtimestamp(at, UTC).isoformat() for name, at in found.items()} == {
        "alice": "2026-11-20T08:15:00+00:00", "bob": "2026-10-01T07:00:00+00:00"}


def test_the_latest_of_all_records_counts():
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE Lastlog2"
                     " (Name TEXT PRIMARY KEY, Time INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT)")
    database.execute("INSERT INTO Lastlog2 VALUES ('alice', 1795300000, 'pts/1', '', 'sshd')")
    database.commit()
    found = look({"/var/lib/lastlog/lastlog2.db": database.serialize()})
    database.close()
    assert person("alice", found)["last_signin"] == "2026-11-21T22:26:40Z"


@pytest.mark.parametrize("data", [b"x" * 291, b"not a database", b"SQLite format 3\0" + b"\0" * 100])
def test_a_record_of_an_unknown_layout_is_refused(data):
    read = _signins.lastlog2 if len(data) != 291 else _signins.lastlog
    with pytest.raises(ValueError):
        read(data)


def test_a_broken_record_makes_sign_ins_unknown_and_nothing_else():
    found = look({"/var/log/wtmp": b"\7" * 383})
    assert person("alice", found)["last_signin"].reason is Reason.ERROR
    assert person("alice", found)["password"] == "yescrypt"


@pytest.mark.parametrize(("stored", "kind"), [
    ("", "empty"), ("*", "none"), ("x", "none"), ("!", "locked"), ("!!", "locked"), (f"!{HASH}", "locked"),
    (HASH, "yescrypt"),
    ("$gy$j9T$x4n7x/yDVJDaHyG42mS0n/$gnrjA9tbFh.S7Qq5WDT.p7eE8LhL1sQiSOiq2epYOeC", "gost-yescrypt"),
    ("$7$CU..../....qS.NiX9qw2Mu4XGazErvO0$h6Fl2vmFpogVVKFQ76GDJ4221uhMoY77FaBdVSm/RKB", "scrypt"),
    ("$2b$05$FZbETe.lwRa8f16PBx4SiOewkejTBrFdYegVw.hjXYo5kIUZjJetO", "bcrypt"),
    ("$2y$05$k6qWmob8xsXsPM3jSmceaOL6.bHK9kbbyuJiP20jPyeQ2cLoxVjO6", "bcrypt"),
    ("$2a$05$sYydj9P61NA266o6nLKPee9WrvRem2mvS0DhjSMm9R5Ge93eeKmEa", "bcrypt-2a"),
    ("$6$nQi.YvNXo2BHF426$T1Nv6iGipb1SAWXayKr7Nbp1JJN89.YwM4EjgWC7bujKIffhxqc4HobkKqXT0I4VXmn.hCLiW7P/6p1/UcpAV0",
     "sha512crypt"),
    ("$5$taMoEUkb21/69asF$FLE5p6vKQeKq/eKhhQMWA27ECCtsK5vcUEZwMM/nZC1", "sha256crypt"),
    ("$1$0iB6nj0M$Y9YKR2IG.BfwypPPVt59h1", "md5crypt"),
    ("$sha1$258734$1eC4SwckCKbcnuHaJPUh$NJqksUx8u7wwJyM.64xgdKw.1TCq", "sha1crypt"),
    ("$md5,rounds=86316$iKV88qTw$$yW1LSJ4X9Vfr/29xfrotA.", "sunmd5"),
    ("$3$$44ed290cc1822a881c91b0db71dbfc40", "nthash"),
    ("_J9..pJ3iualsvV2awu6", "bsdicrypt"), ("6ENJKUHt37L/U", "descrypt"), ("$9$new", "unrecognised"),
])
def test_a_stored_password_is_known_by_its_method(stored, kind):
    assert _passwd.hash_kind(stored) == kind


def test_wtmpdb_counts_microseconds_of_peoples_sessions_alone():
    """The table that wtmpdb makes."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE wtmp(ID INTEGER PRIMARY KEY, Type INTEGER, User TEXT NOT NULL, Login INTEGER, "
                     "Logout INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT) STRICT")
    database.executemany("INSERT INTO wtmp(Type, User, Login, TTY) VALUES (?, ?, ?, '~')", [
        (1, "reboot", 1_790_000_000_000_000), (3, "alice", 1_780_000_000_000_000), (3, "alice", 1_785_000_000_500_000)])
    database.commit()
    assert _signins.wtmpdb(database.serialize()) == {"alice": 1_785_000_000}
    with pytest.raises(ValueError, match=r"wtmp\.db"):
        _signins.wtmpdb(b"no database at all")


def test_a_kind_nobody_knows_counts_as_usable():
    assert _passwd.usable("unrecognised")


def test_lines_that_let_nis_in_are_named_by_file():
    found = look({"/etc/passwd": PASSWD + "+::::::\n", "/etc/group": GROUP + "+:::\n"})
    assert found["accounts.legacy_lines"].items == ["/etc/passwd", "/etc/group"]
    assert found["accounts.local"].complete


def test_accounts_come_from_where_nsswitch_says():
    assert look()["accounts.sources"].items == ["files", "systemd", "sss"]
    assert look({"/etc/nsswitch.conf": None})["accounts.sources"].items == ["files"]


def test_group_passwords_are_found_in_both_files():
    found = look({"/etc/group": GROUP + f"staff:{HASH}:50:\n", "/etc/gshadow": f"clerks:{HASH}::\nsudo:!::\n"})
    assert found["accounts.group_passwords"].items == ["staff", "clerks"]
    assert look({"/etc/gshadow": None})["accounts.group_passwords"] is ABSENT


def test_a_machine_without_passwd_is_a_reason():
    found = look({"/etc/passwd": None})
    assert isinstance(found["accounts.local"], Missing)


def test_what_it_answers_is_what_it_declares():
    seen = observe(accounts.COLLECTOR, look(), NOW, Declared())
    assert all(one.missing is None for one in seen.values()), seen
    fields = {one.name for fact in accounts.FACTS if fact.id == "accounts.local" for one in fact.fields}
    assert {name for one in look()["accounts.local"].items for name in one} <= fields


def test_an_unreadable_layout_is_not_a_crash():
    with pytest.raises(Unreadable):
        accounts.last_signins(FakeHost({"/var/log/lastlog": b"123"}), {})

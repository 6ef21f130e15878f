"""What each tool says, as text, turned into backups."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors import _backup_borg as borg
from collectors import _backup_duplicity as duplicity
from collectors import _backup_pgbackrest as pgbackrest
from collectors import _backup_rclone as rclone
from collectors import backup
from collectors._backup import Backup, covers, refusal
from collectors._backup_place import keys_beside, served_append_only
from collectors.host.protocol import Denied, FileKind, LookError, Socket, Unreadable, Unsupported
from hustings.declared import DataPath, Declared, Repository
from hustings.facts import Listing, Missing, Reason
from tests.fakes import NOW, FakeHost

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "backups"
beside = pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not beside this checkout")

# Said by borg 1.2.4: names and ids shortened.
BORG = """{"archives": [
 {"archive": "a1", "barchive": "a1", "command_line": ["/usr/bin/borg", "create", "--exclude", "/srv/data/cache",
  "/backup/r::a1", "/srv/data"], "hostname": "roll-01", "id": "98", "name": "a1",
  "start": "2026-11-21T05:58:59.000000", "time": "2026-11-21T05:58:59.123456"}],
 "encryption": {"mode": "MODE"}, "repository": {"id": "c0", "location": "/backup/r"}}"""


@pytest.mark.parametrize(("mode", "encrypted"), [
    ("none", False), ("authenticated", False), ("authenticated-blake2", False), ("repokey", True), ("keyfile", True),
    ("repokey-blake2", True), ("keyfile-blake2", True)])
def test_only_borgs_kinds_with_a_cipher_are_encrypted(mode, encrypted):
    assert borg.parse_list(BORG.replace("MODE", mode)).encrypted is encrypted


def test_an_archive_of_borg_has_its_machine_its_time_and_its_paths():
    one, = borg.parse_list(BORG).backups
    assert (one.host, one.time, one.name) == ("roll-01", datetime(2026, 11, 21, 5, 58, 59, tzinfo=UTC), "a1")
    assert covers(one, "/srv/data/roll")
    assert not covers(one, "/srv/data/cache/x")
    assert not covers(one, "/srv")


@pytest.mark.parametrize("words", [
    ["borg", "create", "r::a", "/srv", "--exclude", "*.csv"], ["borg", "create", "-e", "srv/data", "r::a", "/srv"],
    ["borg", "create", "--patterns-from=/p", "r::a", "/srv"], ["borg", "create", "--pattern=- /srv", "r::a", "/srv"],
    ["borg", "create", "--exclude-from", "/etc/x", "r::a", "/srv"], ["borg", "create", "r", "/srv"]])
def test_a_command_that_may_leave_out_anything_claims_nothing(words):
    assert borg.paths_of(words) == (None, ())


def test_relative_paths_and_values_of_options_are_no_paths():
    assert borg.paths_of(["borg", "create", "--compression", "lz4", "r::a", "data", "/etc"]) == (("/etc",), ())


@pytest.mark.parametrize(("kind", "name"), [(2, "plaintext"), (3, "repokey"), (7, "authenticated")])
def test_the_kind_of_key_stands_before_each_object_of_a_segment(kind, name):
    entry = bytes(32) + bytes([kind]) + b"x" * 20
    put = bytes(4) + (9 + len(entry)).to_bytes(4, "little") + b"\0" + entry
    commit = bytes(4) + (9).to_bytes(4, "little") + b"\x02"
    assert borg.key_kinds(b"BORG_SEG" + commit + put + commit) == {kind}, name
    assert borg.key_kinds(b"something else") == set()
    assert borg.key_kinds(b"BORG_SEG" + bytes(200)) == {0}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"archives": [{}], "encryption": {"mode": "none"}}'])
def test_what_is_no_answer_of_borg_is_refused(text):
    with pytest.raises(Unreadable):
        borg.parse_list(text)


@beside
def test_borgs_answers_recorded_elsewhere_are_read():
    contents = borg.parse_list((SHARED / "borg-list-none.json").read_text())
    assert contents.encrypted is False
    assert [one.time for one in contents.backups] == [
        datetime(2024, 3, 1, tzinfo=UTC), datetime(2026, 11, 22, 1, 7, 14, tzinfo=UTC)]


INFO = """[{"name": "voters", "backup": [
  {"database": {"repo-key": 1}, "error": ERROR, "label": "20261120-010826F", "timestamp": {"stop": 1795309716}},
  {"database": {"repo-key": 2}, "error": false, "label": "20261122-010837F", "timestamp": {"stop": 1795309724}}],
  "cipher": "mixed", "repo": [{"cipher": "none", "key": 1, "status": {"code": 0, "message": "ok"}},
  {"cipher": "aes-256-cbc", "key": 2, "status": {"code": CODE, "message": "some trouble"}}],
  "status": {"code": 0, "message": "ok"}}]"""


def info(number, error="false", code=0, text=INFO, stanza="voters"):
    return pgbackrest.parse_info(text.replace("ERROR", error).replace("CODE", str(code)), stanza, number, "/var/lib/pg")


def test_each_repository_of_a_stanza_stands_for_itself():
    assert [info(number).encrypted for number in (1, 2)] == [False, True]
    assert [one.name for one in info(2).backups] == ["20261122-010837F"]
    assert info(1).backups[0].paths == ("/var/lib/pg",)


def test_wrong_page_checksums_flaw_a_backup():
    assert (info(1, error="true").flawed, info(1).flawed) == (True, False)


def test_a_stanza_or_repository_in_trouble_is_no_empty_one():
    for given in ({"number": 2, "code": 99}, {"number": 3}, {"number": 1, "stanza": "other"}):
        with pytest.raises(LookError):
            info(**given)
    assert len(info(2, code=2).backups) == 1


@pytest.mark.parametrize("text", ["", "3", "[{}]", '[{"name": "voters", "repo": [{"key": 1}]}]'])
def test_what_is_no_answer_of_pgbackrest_is_refused(text):
    with pytest.raises(Unreadable):
        info(1, text=text)


@beside
def test_pgbackrests_answer_recorded_elsewhere_is_read():
    text = (SHARED / "pgbackrest-info.json").read_text()
    found = [pgbackrest.parse_info(text, "voters", number, "") for number in (1, 2)]
    assert [(one.encrypted, one.flawed, one.backups[0].name) for one in found] == [
        (False, False, "20261122-010826F"), (True, False, "20261122-010837F")]


CONF = """[global]
repo1-path=/backup
repo2-host=nas.example
repo2-path=/srv
repo3-type=s3
repo3-s3-endpoint=s3.example.org
repo4-type=azure
[voters]
pg1-path=/var/lib/pg
"""


@pytest.mark.parametrize(("number", "where"), [
    (1, "/backup"), (2, "sftp:nas.example:/srv"), (3, "s3:s3.example.org/"), (4, "azure:")])
def test_where_a_repository_of_pgbackrest_is_its_configuration_says(number, where):
    host = FakeHost({"/etc/pgbackrest.conf": CONF})
    one = Repository(name="pg", tool="pgbackrest", stanza="voters", repo=number)
    assert pgbackrest.PgBackRest().location(host, one) == where
    assert pgbackrest.data_path(pgbackrest.settings(host, one)) == "/var/lib/pg"


def test_without_a_configuration_nothing_is_known_of_pgbackrest():
    with pytest.raises(LookError, match="no configuration"):
        pgbackrest.settings(FakeHost(), Repository(name="pg", tool="pgbackrest", stanza="voters"))


NAMES = ["duplicity-full.20261120T010000Z.manifest.gpg", "duplicity-full.20261120T010000Z.vol1.difftar.gpg",
         "duplicity-full-signatures.20261120T010000Z.sigtar.gpg",
         "duplicity-inc.20261120T010000Z.to.20261121T010000Z.manifest.gpg",
         "duplicity-inc.20261120T010000Z.to.20261121T010000Z.vol1.difftar.gpg",
         "duplicity-inc.20261121T010000Z.to.20261122T010000Z.vol1.difftar.gpg"]


def test_a_set_of_duplicity_counts_once_its_manifest_is_there():
    contents = duplicity.of_names(NAMES)
    assert [f"{one.time:%d}" for one in contents.backups] == ["20", "21"]
    assert contents.encrypted is True
    assert duplicity.of_names([*NAMES, "duplicity-full.20261122T020000Z.vol1.difftar.gz"]).encrypted is False
    nothing = duplicity.of_names(["notes.txt"])
    assert nothing.backups == ()
    assert isinstance(nothing.encrypted, Missing)


def test_a_chain_elsewhere_is_known_by_what_duplicity_says_of_it():
    said = f"Extracting backup chains from list of files: {NAMES}\nFile {NAMES[0]} is not part of a known set\n"
    from collectors.host.protocol import Output

    host = FakeHost(commands={("duplicity", "collection-status", "-v9", "sftp://nas/x"): Output(0, said, "")})
    one = Repository(name="d", tool="duplicity", location="sftp://nas/x")
    contents = duplicity.Duplicity().contents(host, one, 5.0)
    assert len(contents.backups) == 2
    assert contents.encrypted is True


REMOTES = """[nas]
type = sftp
host = nas.example
[vault]
type = crypt
remote = nas:backups
password = abc
[open]
type = crypt
remote = /srv/copies
no_data_encryption = true
[short]
type = alias
remote = vault:roll
[loop]
type = alias
remote = loop:
"""


@pytest.mark.parametrize(("location", "encrypted", "where"), [
    ("vault:roll", True, "sftp:nas.example:backups"), ("short:x", True, "sftp:nas.example:backups"),
    ("open:roll", False, "/srv/copies"), ("nas:x", False, "sftp:nas.example:x")])
def test_a_remote_encrypts_if_some_remote_on_its_way_does(location, encrypted, where):
    remotes = rclone.parse_config(REMOTES)
    assert rclone.encrypts(remotes, location) is encrypted
    assert rclone.place(remotes, location) == where


def test_remotes_in_a_circle_unknown_ones_and_closed_configurations_are_reasons():
    remotes = rclone.parse_config(REMOTES)
    assert rclone.encrypts(remotes, "loop:") is False
    for look in (lambda: rclone.place(remotes, "loop:"), lambda: rclone.place(remotes, "other:x"),
                 lambda: rclone.parse_config("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc"),
                 lambda: rclone.parse_config("no section = here")):
        with pytest.raises(LookError):
            look()


@pytest.mark.parametrize(("location", "where"), [
    ("file:///srv/x", "here"), ("/srv/x", "here"), ("paramiko+sftp://localhost/x", "here"),
    ("sftp://b@nas.example/x", "elsewhere"), ("s3://bucket/x", "elsewhere"),
    ("par2+file:///srv/x", None), ("multi:///etc/m.json", None), ("sftp:///x", None)])
def test_where_a_chain_is_kept_is_only_said_if_it_is_known(location, where):
    host = FakeHost({"/proc/sys/kernel/hostname": "a\n", "/srv/x/y": "",
                     "/proc/self/mountinfo": "27 1 254:0 / / rw - ext4 /dev/vda rw\n"})
    seen = backup.collect(host, Declared(repositories=(Repository(name="d", tool="duplicity", location=location),)))
    place = seen["backup.location@d"]
    assert (place.reason if where is None else place) == (Reason.UNSUPPORTED if where is None else where)
    assert isinstance(seen["backup.elsewhere"], Missing) if where is None else seen["backup.elsewhere"] in (0, 1)


def test_a_union_of_directories_is_not_taken_for_a_service():
    remotes = rclone.parse_config("[v]\ntype = crypt\nremote = u:\n[u]\ntype = union\nupstreams = /a /b\n")
    with pytest.raises(LookError, match="union"):
        rclone.place(remotes, "v:")


def test_empty_files_of_a_remote_are_no_backups():
    said = '[{"ModTime":"2026-11-22T05:58:58.328251726Z","Size":5},{"ModTime":"2026-11-23T00:00:00Z","Size":0}]'
    assert rclone.parse_list(said) == [Backup(datetime(2026, 11, 22, 5, 58, 58, tzinfo=UTC))]
    with pytest.raises(Unreadable):
        rclone.parse_list("nothing")


@pytest.mark.parametrize(("stderr", "kind"), [
    ("Fatal: wrong password or no key found\n", Denied), ("open /x: permission denied\n", Denied),
    ("passphrase supplied in BORG_PASSPHRASE is incorrect.\n", Denied), ("", LookError), ("ERROR: no\n", LookError)])
def test_a_refusal_is_told_from_trouble(stderr, kind):
    assert type(refusal("tool", stderr)) is kind


def files(entries, **stats):
    host = FakeHost({"/proc/sys/kernel/hostname": "roll-01\n",
                     "/proc/self/mountinfo": "27 1 254:0 / / rw - ext4 /dev/vda rw\n", **entries},
                    stats={path: {"mtime": moment} for path, moment in stats.items()})
    declared = Declared(repositories=(Repository(name="dumps", tool="files", location="/srv/dumps", covers=("roll",)),),
                        data_paths=(DataPath(name="roll", path="/srv/roll"), DataPath(name="other", path="/srv/other")))
    return {name.partition("@")[0] if "dumps" in name else name: value
            for name, value in backup.collect(host, declared).items()}


AGE = b"age-encryption.org/v1\n-> X25519 x\n"


def test_a_directory_of_encrypted_dumps_is_encrypted_whatever_lies_beside_them():
    seen = files({"/srv/dumps/a.dump.age": AGE, "/srv/dumps/a.dump.age.sha256": "abc  a.dump.age\n"})
    assert (seen["backup.encrypted"], seen["backup.readable_files"], seen["backup.flawed"]) == (True, 0, False)
    assert seen["backup.data_path_latest@roll"] == seen["backup.latest_own"]
    assert seen["backup.data_path_latest@other"] is not seen["backup.latest_own"]


def test_a_dump_in_the_clear_is_found_whatever_its_name():
    seen = files({"/srv/dumps/a.dump.age": AGE, "/srv/dumps/b.dump.age": b"PGDMP\x01\x0e"})
    assert (seen["backup.encrypted"], seen["backup.readable_files"]) == (False, 1)


def test_files_of_no_known_kind_and_no_files_at_all_are_not_called_encrypted():
    for entries in ({"/srv/dumps/a": AGE, "/srv/dumps/b": bytes(range(128, 250))}, {"/srv/dumps/a": b""}):
        assert isinstance(files(entries)["backup.encrypted"], Missing)


def test_an_empty_newest_dump_is_a_flaw_and_no_backup():
    old, new = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
    seen = files({"/srv/dumps/a": AGE, "/srv/dumps/b": b""}, **{"/srv/dumps/a": old, "/srv/dumps/b": new})
    assert (seen["backup.flawed"], seen["backup.latest_own"]) == (True, "2026-11-20T00:00:00Z")


def test_keys_are_found_by_name_and_by_content_and_public_ones_are_none():
    host = FakeHost({
        "/srv/store/repo/config": "x", "/srv/store/repo/borg-export": "BORG_KEY 0123",
        "/srv/store/passphrase.txt": "hunter2", "/srv/store/notes": "x\nAGE-SECRET-KEY-1ABC",
        "/srv/store/server.key": "-----BEGIN CERTIFICATE-----", "/srv/store/readme": "the password is not here"})
    assert keys_beside(host, "/srv/store/repo") == Listing([
        "/srv/store/repo/borg-export", "/srv/store/notes", "/srv/store/passphrase.txt"])


def test_keys_beyond_what_is_looked_at_leave_the_answer_open():
    crowd = {f"/srv/store/repo/a{number:04}": "" for number in range(2001)}
    seen = keys_beside(FakeHost(crowd | {"/srv/store/repo/z.key": "k"}), "/srv/store/repo")
    assert (seen.items, seen.complete, seen.why.reason) == ([], False, Reason.TRUNCATED)


def test_only_a_server_that_was_told_so_is_append_only():
    def host(line, pid=7):
        return FakeHost({"/proc/7/cmdline": line}, sockets=[Socket("tcp", "127.0.0.1", 8000, pid, "rest-server")])

    assert served_append_only(host("rest-server\0--append-only\0"), "http://127.0.0.1:8000/x") is True
    assert served_append_only(host("rest-server\0--path\0/x\0"), "http://localhost:8000/x") is False
    for seen, url in ((host("x", pid=None), "http://127.0.0.1:8000"), (host("x"), "http://nas:8000"),
                      (host("x"), "http://127.0.0.1:9000")):
        with pytest.raises(Unsupported):
            served_append_only(seen, url)


def test_another_machines_repository_says_nothing_of_append_only():
    for tool, location in (("restic", "sftp:nas:/x"), ("borg", "ssh://nas/x"), ("duplicity", "sftp://nas/x")):
        with pytest.raises(LookError) as caught:
            backup.READERS[tool].append_only(FakeHost(), Repository(name="a", tool=tool, location=location), None)
        assert caught.value.missing.reason is Reason.UNSUPPORTED


def test_a_configuration_with_a_password_may_be_its_owners_and_its_groups_alone():
    for mode, private in ((0o640, True), (0o600, True), (0o660, False), (0o644, False)):
        host = FakeHost({"/proc/sys/kernel/hostname": "a\n", "/etc/pgbackrest.conf": CONF, "/backup/x": "",
                         "/proc/self/mountinfo": "27 1 254:0 / / rw - ext4 /dev/vda rw\n"},
                        stats={"/etc/pgbackrest.conf": {"mode": mode}})
        one = Repository(name="pg", tool="pgbackrest", stanza="voters", config="/etc/pgbackrest.conf")
        seen = backup.collect(host, Declared(repositories=(one,)))
        assert seen["backup.password_file_private@pg"] is private
        assert seen["backup.encrypted@pg"].reason is Reason.UNSUPPORTED


def test_the_fake_machine_lives_now():
    assert FakeHost({"/a": ""}).stat("/a").mtime == NOW
    assert FakeHost({"/a": ""}).stat("/a").kind is FileKind.FILE

"""A backup holds everything of one moment and comes back as it was, on either database; anything else is refused."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
import zstandard
from pyrage import x25519
from sqlalchemy.exc import DBAPIError

from hustings.errors import BadDocument, CannotFinish, ConfigError, HustingsError, Untrusted, UsageError
from server import config
from server.config import Config, Settings
from server.keeping import backup, framing, restore, sealing
from server.keeping.framing import Packed, Unpacked
from server.keeping.rows import shape
from server.store import audit, audit_check, migrate
from server.store.database import WHOLE_SERVER, Database
from server.store.migrate import head, require_current
from server.store.schema import metadata
from tests.server.keeping.filled import AT, fill, rows

LATER = AT + timedelta(days=1)
NEVER_AGAIN = {"sessions", "links", "tokens", "statement_links", "notices", "audit", "events"}
"""Tables that a restore itself writes to."""
Target = Callable[[str], Path]


@pytest.fixture
def key() -> x25519.Identity:
    return x25519.Identity.generate()


@pytest.fixture
def served(database: Database, tmp_path: Path) -> tuple[Database, Config, str]:
    """A server whose every table has a row of its tenant, and a data directory with keys."""
    data = tmp_path / "data"
    (data / "tls").mkdir(parents=True)
    (data / "tls" / "ca.key").write_bytes(b"secret key" * 1000)
    (data / "form-secret").write_text("form secret\n")
    (data / "empty").write_bytes(b"")
    chosen = Config(data, Settings(("localhost",), 8443, tls=False,
                                   database="sqlite" if database.sqlite else "postgresql"))
    config.settings_file(data).write_bytes(msgspec.json.encode(chosen.settings))
    return database, chosen, fill(database, "Kept").id


@pytest.fixture
def target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Target:
    """Where a server is restored to: an empty place on one kind of database."""
    def choose(kind: str) -> Path:
        monkeypatch.delenv(config.DATABASE_URL, raising=False)
        if kind == "postgresql":
            server = request.getfixturevalue("postgres_server")
            monkeypatch.setenv(config.DATABASE_URL, str(server.dsn(server.create_database())))
        return tmp_path / "restored"

    return choose


def made(served: tuple[Database, Config, str], tmp_path: Path, key: x25519.Identity) -> Path:
    file = tmp_path / "backup.age"
    backup.make(served[0], served[1], file, [key.to_public()], None)
    return file


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_restored_is_what_was_there_from_and_to_either_database(
        served: tuple[Database, Config, str], target: Target, key: x25519.Identity, tmp_path: Path, kind: str) -> None:
    database, _, tenant = served
    before = rows(database, tenant)
    file = made(served, tmp_path, key)
    place = target(kind)
    done = restore.restore(file, place, [key], None, now=LATER, by="console:test")
    again = Database(config.database_url(place))
    require_current(again)
    after = rows(again, tenant)
    for name, found in before.items():
        if name not in NEVER_AGAIN:
            assert after[name] == found, name
    assert (after["sessions"], after["links"], done.ended["sessions"], done.ended["links"]) == ([], [], 1, 1)
    assert {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*")
            if path.is_file() and not path.name.startswith(("hustings.db", "server.json"))} == {
        "tls/ca.key": b"secret key" * 1000, "form-secret": b"form secret\n", "empty": b""}
    assert config.load(place).settings.database == kind
    modes = {stat.S_IMODE(path.stat().st_mode) for path in place.rglob("*") if not path.name.startswith("hustings.db")}
    assert modes <= {0o600, 0o700}
    with again.read(tenant) as connection:
        trail = audit.recent(connection, tenant)
        assert (trail[0].action, trail[0].actor) == ("server.restore", "console:test")
        checked = audit_check.check(connection, tenant)
        assert (checked.lines, checked.broken) == (2, None)
        assert connection.scalar(sa.text("SELECT count(*) FROM events WHERE kind = 'restored'")) == 1
    for name in ("audit", "plans", "holds"):
        with pytest.raises(DBAPIError, match="append-only"), again.write(WHOLE_SERVER) as connection:
            connection.execute(sa.text(f'DELETE FROM "{name}"'))
    fill(again, "New")  # every table's numbers go on after the last one
    again.close()


def test_walls_between_tenants_stand_after_a_restore(
        served: tuple[Database, Config, str], target: Target, key: x25519.Identity, tmp_path: Path) -> None:
    place = target("postgresql")
    other = fill(served[0], "Other").id
    restore.restore(made(served, tmp_path, key), place, [key], None, now=LATER, by="console:test")
    again = Database(config.database_url(place))
    with again.read(other) as connection:
        for table in metadata.sorted_tables:
            own = table.c.id if table.name == "tenants" else table.c.tenant
            assert set(connection.scalars(sa.select(own))) <= {other}, table.name
    again.close()


def test_an_older_backup_is_brought_up_to_date(
        served: tuple[Database, Config, str], target: Target, key: x25519.Identity, tmp_path: Path) -> None:
    """As an older version wrote it: its revision and its tables."""
    _, chosen, _ = served
    older = Database(f"sqlite:///{tmp_path / 'older.db'}")
    with older.owner() as connection:
        migrate.lay(connection, "0008", "test")
        connection.execute(sa.text(
            "INSERT INTO tenants (id, name, created) VALUES ('t1', 'Old', '2025-01-01 00:00:00')"))
        connection.execute(sa.text(
            "INSERT INTO people (tenant, name, role, created) VALUES ('t1', 'ann', 'official', '2025-01-01 00:00:00')"))
        connection.execute(sa.text(
            "INSERT INTO audit (tenant, at, actor, action, subject, detail) "
            "VALUES ('t1', '2025-01-01 00:00:00', 'console:x', 'server.init', 'Old', '{}')"))
        there = sa.MetaData()
        there.reflect(connection)
        shapes = [shape(table) for table in there.sorted_tables if table.name != "alembic_version"]
    file = tmp_path / "old.age"
    packed, tallies = Packed(), {}
    with older.snapshot(WHOLE_SERVER) as connection, file.open("wb") as out:
        head_ = backup.header(connection, older, "server", shapes)
        assert head_.schema == "0008"

        def parts() -> Iterator[bytes]:
            yield packed.start()
            yield packed.document(b"H", head_)
            yield from backup.tables(connection, packed, shapes, tallies)
            body = msgspec.json.encode(chosen.settings)
            yield packed.document(b"F", "server.json")
            yield packed.frame(b"D", body)
            one = framing.File("server.json", len(body), hashlib.sha256(body).hexdigest())
            yield packed.document(b"G", one)
            yield packed.document(b"M", framing.Manifest(tallies, (one,), {}))
            yield packed.end()

        sealing.encrypt(parts(), out, [key.to_public()], None)
    older.close()
    for kind in ("sqlite", "postgresql"):
        place = target(kind)
        done = restore.restore(file, place, [key], None, now=LATER, by="console:test")
        assert (done.proven.header.schema, done.schema) == ("0008", head())
        again = Database(config.database_url(place))
        require_current(again)
        with again.read("t1") as connection:
            assert connection.scalar(sa.text("SELECT name FROM people")) == "ann"
            assert audit_check.check(connection, "t1").broken is None
        again.close()
        shutil.rmtree(place)


def test_a_backup_of_a_newer_version_is_refused(
        served: tuple[Database, Config, str], target: Target, key: x25519.Identity, tmp_path: Path) -> None:
    with served[0].owner() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    file = made(served, tmp_path, key)
    place = target("sqlite")
    with pytest.raises(ConfigError, match="9999") as caught:
        restore.restore(file, place, [key], None, now=LATER, by="x")
    assert "newer" in caught.value.remedy
    assert not place.exists()


def test_a_backup_is_of_one_moment_while_others_write(
        served: tuple[Database, Config, str]) -> None:
    """A row that arrives in a table not read yet is not in it: all tables are of the same moment."""
    database, _, _ = served
    with database.snapshot(WHOLE_SERVER) as connection:
        connection.execute(sa.text("SELECT count(*) FROM tenants")).all()
        late = fill(database, "Late").id
        for table in metadata.sorted_tables:
            own = table.c.id if table.name == "tenants" else table.c.tenant
            assert late not in set(connection.scalars(sa.select(own))), table.name


def test_a_passphrase_locks_and_opens_it(
        served: tuple[Database, Config, str], key: x25519.Identity, tmp_path: Path) -> None:
    file = tmp_path / "locked"
    backup.make(served[0], served[1], file, [], "correct horse battery")
    assert restore.prove(file, [], "correct horse battery").rows > 50
    with pytest.raises(Untrusted, match="passphrase"):
        restore.prove(file, [], "another phrase that is long")
    with pytest.raises(HustingsError, match=r"does not open|locked"):
        restore.prove(file, [key], None)
    with pytest.raises(UsageError, match="not locked"):
        restore.prove(made(served, tmp_path, key), [], "correct horse battery")


def _cut(data: bytes) -> bytes:
    return data[:len(data) * 2 // 3]


def _cut_at_a_chunk(data: bytes) -> bytes:
    header = data.index(b"\n---") + 48 + 16
    return data[:header + 65552]


def _flip(data: bytes) -> bytes:
    middle = len(data) * 2 // 3
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]


def _swap(data: bytes) -> bytes:
    """Two of age's chunks of 64 KiB change places."""
    start = data.index(b"\n---")
    start = data.index(b"\n", start + 1) + 1 + 16
    size = 65552
    one, two = data[start:start + size], data[start + size:start + 2 * size]
    return data[:start] + two + one + data[start + 2 * size:]


@pytest.mark.parametrize("spoil", [
    _cut, _cut_at_a_chunk, _flip, _swap, lambda data: data + b"more", lambda data: b"", lambda data: b"hello\n" * 99,
    lambda data: data[1:]], ids=["cut", "cut at a chunk", "flipped", "swapped", "longer", "empty", "other", "shifted"])
def test_a_damaged_file_is_refused_and_nothing_is_left(
        served: tuple[Database, Config, str], target: Target, key: x25519.Identity, tmp_path: Path,
        spoil: Callable[[bytes], bytes]) -> None:
    (served[1].data / "noise").write_bytes(os.urandom(300_000))
    file = made(served, tmp_path, key)
    file.write_bytes(spoil(file.read_bytes()))
    place = target("sqlite")
    with pytest.raises((BadDocument, Untrusted)) as caught:
        restore.restore(file, place, [key], None, now=LATER, by="x")
    assert caught.value.remedy
    assert not place.exists()
    assert not list(tmp_path.glob(".*restoring"))


def test_another_key_does_not_open_it(
        served: tuple[Database, Config, str], target: Target, key: x25519.Identity, tmp_path: Path) -> None:
    with pytest.raises(Untrusted, match="does not open"):
        restore.restore(made(served, tmp_path, key), target("sqlite"), [x25519.Identity.generate()], None, now=LATER,
                        by="x")


class _Frames:
    """The frames of a backup as a list, to be changed by somebody who knows the recipient's public key."""

    def __init__(self, file: Path, key: x25519.Identity) -> None:
        out = io.BytesIO()
        with file.open("rb") as stream:
            sealing.decrypt(stream, out, [key], None)
        plain = zstandard.ZstdDecompressor().decompressobj().decompress(out.getvalue())
        at = len(framing.MAGIC)
        self.found: list[tuple[bytes, bytes]] = []
        while at < len(plain):
            size = int.from_bytes(plain[at + 1:at + 5])
            self.found.append((plain[at:at + 1], plain[at + 5:at + 5 + size]))
            at += 5 + size

    def write(self, file: Path, key: x25519.Identity) -> None:
        """With a digest at the end that fits."""
        packed = Packed()

        def parts() -> Iterator[bytes]:
            yield packed.start()
            for kind, body in self.found:
                if kind != b"Z":
                    yield packed.frame(kind, body)
            yield packed.end()

        with file.open("wb") as out:
            sealing.encrypt(parts(), out, [key.to_public()], None)

    def place(self, kind: bytes, number: int = 0) -> int:
        return [at for at, one in enumerate(self.found) if one[0] == kind][number]


def _without_rows(frames: _Frames) -> None:
    del frames.found[frames.place(b"R")]


def _rows_elsewhere(frames: _Frames) -> None:
    one, two = frames.place(b"R"), frames.place(b"R", 1)
    frames.found[one], frames.found[two] = frames.found[two], frames.found[one]


def _table_left_out(frames: _Frames) -> None:
    at = frames.place(b"T", 3)
    del frames.found[at:frames.place(b"T", 4)]


def _tables_exchanged(frames: _Frames) -> None:
    first, second, third = (frames.place(b"T", number) for number in (2, 3, 4))
    frames.found[first:third] = frames.found[second:third] + frames.found[first:second]


def _file_changed(frames: _Frames) -> None:
    at = frames.place(b"D")
    frames.found[at] = (b"D", frames.found[at][1] + b"!")


def _without_manifest(frames: _Frames) -> None:
    del frames.found[frames.place(b"M")]


def _file_of_elsewhere(frames: _Frames) -> None:
    for at, (kind, body) in enumerate(frames.found):
        frames.found[at] = (kind, body.replace(b"form-secret", b"../../evil0"))


def _garbage_rows(frames: _Frames) -> None:
    frames.found[frames.place(b"R")] = (b"R", b"\xc1\xff")


@pytest.mark.parametrize("change", [_without_rows, _rows_elsewhere, _table_left_out, _tables_exchanged, _file_changed,
                                    _without_manifest, _file_of_elsewhere, _garbage_rows])
def test_what_was_changed_inside_the_encryption_is_refused(
        served: tuple[Database, Config, str], target: Target, key: x25519.Identity, tmp_path: Path,
        change: Callable[[_Frames], None]) -> None:
    frames = _Frames(made(served, tmp_path, key), key)
    change(frames)
    forged = tmp_path / "forged"
    frames.write(forged, key)
    place = target("sqlite")
    with pytest.raises(BadDocument):
        restore.restore(forged, place, [key], None, now=LATER, by="x")
    assert not place.exists()
    assert not (tmp_path / "evil0").exists()


def test_the_frames_of_a_backup_that_nobody_changed_are_taken(
        served: tuple[Database, Config, str], key: x25519.Identity, tmp_path: Path) -> None:
    file = made(served, tmp_path, key)
    same = tmp_path / "same"
    _Frames(file, key).write(same, key)
    assert restore.prove(same, [key], None) == restore.prove(file, [key], None)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_restored_over_what_is_there(
        served: tuple[Database, Config, str], target: Target, key: x25519.Identity, tmp_path: Path, kind: str) -> None:
    file = made(served, tmp_path, key)
    place = target(kind)
    place.mkdir()
    (place / "something").write_text("x")
    with pytest.raises(UsageError, match="not empty"):
        restore.restore(file, place, [key], None, now=LATER, by="x")
    (place / "something").unlink()
    restore.restore(file, place, [key], None, now=LATER, by="x")
    with pytest.raises(UsageError, match="not empty"):
        restore.restore(file, tmp_path / "other" if kind == "postgresql" else place, [key], None, now=LATER, by="x")
    assert not (tmp_path / "other").exists()


def test_a_backup_is_private_and_never_replaces_anything(
        served: tuple[Database, Config, str], key: x25519.Identity, tmp_path: Path) -> None:
    database, chosen, _ = served
    file = made(served, tmp_path, key)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = file.read_bytes()
    assert b"form secret" not in kept
    assert b"Kept" not in kept
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for place, says in ((file, "already"), (tmp_path / "link", "already"), (tmp_path / "missing" / "b", "no such"),
                        (chosen.data / "b", "inside the data")):
        with pytest.raises(UsageError, match=says):
            backup.make(database, chosen, place, [key.to_public()], None)
    assert file.read_bytes() == kept
    assert not list(tmp_path.glob("**/*.partial"))


def test_a_full_disk_leaves_nothing_and_says_so(
        served: tuple[Database, Config, str], key: x25519.Identity) -> None:
    full = Path("/dev/shm")
    if not full.is_dir():
        pytest.skip("there is no memory file system beside the disk")
    with pytest.raises(CannotFinish, match="room"):
        backup._check_space(full, 1 << 60)


def test_the_recipient_and_the_key_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "key"
    public = sealing.make_identity(file, AT)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [identity] = sealing.identities(file)
    assert str(identity.to_public()) == public
    with pytest.raises(UsageError, match="already"):
        sealing.make_identity(file, AT)
    with pytest.raises(UsageError, match="secret key itself"):
        sealing.recipients([str(identity)])
    with pytest.raises(UsageError, match="no recipient"):
        sealing.recipients(["age1nothing"])
    (tmp_path / "bad").write_text("# only words\n")
    with pytest.raises(UsageError, match="no identity"):
        sealing.identities(tmp_path / "bad")


def test_reading_back_notices_what_the_disk_changed(key: x25519.Identity, tmp_path: Path) -> None:
    """Every single byte of the compressed frames counts."""
    packed = Packed()
    head_ = framing.Header(1, "0", "0016", "sqlite", "now", "server", ())
    whole = b"".join([packed.start(), packed.document(b"H", head_),
                      packed.document(b"M", framing.Manifest({}, (), {})), packed.end()])
    reading = Unpacked()
    reading.write(whole)
    assert reading.close().tables == {}
    for cut in range(len(whole)):
        short = Unpacked()
        with pytest.raises(BadDocument):  # noqa: PT012 - which of the two notices it does not matter
            short.write(whole[:cut])
            short.close()

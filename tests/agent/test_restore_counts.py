"""Counting what came back, and telling any difference from what should have."""

import os
import random
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import restore_archive, restore_counts
from agent.restore_programs import NotRestored
from hustings import restore_record
from hustings.errors import BadDocument
from hustings.restore_record import MANIFEST, Adder, Manifest, Tally


def tally(lines):
    return restore_counts.rows(lines)


@given(st.lists(st.binary(max_size=20), max_size=20), st.randoms())
def test_the_order_of_rows_does_not_matter(lines, chance: random.Random):
    mixed = list(lines)
    chance.shuffle(mixed)
    assert tally(mixed) == tally(lines)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=10), st.binary(max_size=20), st.data())
def test_any_other_row_changes_the_digest(lines, other, data):
    index = data.draw(st.integers(0, len(lines) - 1))
    changed = [*lines[:index], other, *lines[index + 1:]]
    assert (tally(changed) == tally(lines)) == (other == lines[index])


def test_the_digest_is_as_documented():
    """Kept manifests must go on to hold: the value was computed with another program."""
    assert Adder().tally() == Tally(0, "5341e6b2646979a70e57653007a1f310169421ec9bdd9f1a5648f75ade005af1")


def test_files_count_with_their_names_and_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_text("1")
    (tmp_path / "link").symlink_to("a/one")
    first = restore_counts.directory(tmp_path)
    assert first.count == 1
    (tmp_path / "a" / "one").rename(tmp_path / "a" / "two")
    second = restore_counts.directory(tmp_path)
    (tmp_path / "a" / "two").write_text("2")
    third = restore_counts.directory(tmp_path)
    assert len({first, second, third}) == 3
    with pytest.raises(FileNotFoundError):
        restore_counts.directory(tmp_path / "nowhere")


def test_names_that_are_not_text_are_files_too(tmp_path):
    (tmp_path / os.fsdecode(b"\xff\n")).write_text("1")
    assert restore_counts.directory(tmp_path).count == 1


DUMP = [b"SET x = 1;\n", b"COPY vr.voters (id, name) FROM stdin;\n", b"1\tA\n", b"2\tCOPY vr.x FROM stdin;\n", b"\\.\n",
        b"COPY vr.other (id) FROM stdin;\n", b"9\n", b"\\.\n", b'COPY "vr"."Odd.Name" (id) FROM stdin;\n', b"\\.\n"]


def test_rows_of_a_dump_are_those_between_copy_and_its_end():
    found = restore_counts.dumped(DUMP, ["vr.voters", "vr.missing", "vr.Odd.Name"])
    assert found == {"vr.voters": tally([b"1\tA\n", b"2\tCOPY vr.x FROM stdin;\n"]), "vr.Odd.Name": tally([])}


def test_differences_are_told_in_numbers_alone():
    wanted = {"vr.voters": Tally(5, "a")}
    assert restore_record.faults(wanted, {"vr.voters": Tally(5, "a")}, "rows") == []
    assert restore_record.faults(wanted, {}, "rows") == ["vr.voters did not come back"]
    assert restore_record.faults(wanted, {"vr.voters": Tally(4, "a")}, "rows") == [
        "vr.voters came back with 4 rows of 5"]
    assert "changed" in restore_record.faults(wanted, {"vr.voters": Tally(5, "b")}, "rows")[0]
    assert restore_record.faults({}, {}, "rows") != []
    nothing = {"vr.voters": Tally(0, "a")}
    assert restore_record.faults(nothing, nothing, "rows") != []


@pytest.mark.parametrize("change", [{"schema": "other/1"}, {"parts": 3}, {"extra": 1}])
def test_what_is_no_manifest_is_refused(change):
    good = msgspec.to_builtins(Manifest(MANIFEST, datetime(2026, 11, 22, tzinfo=UTC), {"a": Tally(1, "x")}))
    assert restore_record.decode_manifest(msgspec.json.encode(good), "m").parts == {"a": Tally(1, "x")}
    with pytest.raises(BadDocument) as caught:
        restore_record.decode_manifest(msgspec.json.encode(good | change), "/m.json")
    assert caught.value.where == "/m.json"


def test_an_archive_cannot_write_outside_of_the_place(tmp_path):
    import tarfile
    from io import BytesIO

    def packed(name, kind=tarfile.REGTYPE, link=""):
        made = BytesIO()
        with tarfile.open(fileobj=made, mode="w") as archive:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, link
            archive.addfile(entry, BytesIO())
        made.seek(0)
        return made

    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(NotRestored):
        restore_archive.unpack(packed("../outside"), place)
    restore_archive.unpack(packed("/etc/absolute"), place)
    restore_archive.unpack(packed("way", tarfile.SYMTYPE, "/etc"), place)
    restore_archive.unpack(packed("way/in"), place)
    restore_archive.unpack(packed("device", tarfile.CHRTYPE), place)
    assert sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()) == [
        "place/etc/absolute", "place/way/in"]
    with pytest.raises(NotRestored):
        restore_archive.unpack(BytesIO(b"no archive"), place)

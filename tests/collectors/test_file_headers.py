import bz2
import gzip
import lzma
import os
import shutil
import subprocess
import tarfile
from io import BytesIO

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from collectors._file_headers import SIZE, header

SQL = b"--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n" + b"1\tMarie\t\xc3\xa9t\xc3\xa9\n" * 400
NOISE = bytes(range(128, 256))
DUMP = b"PGDMP\x01\x0e\x00\x04\x08\x01\x01\x01\x01\x00\x00" + os.urandom(600)


def tar():
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("roll.csv")
        entry.size = 4
        archive.addfile(entry, BytesIO(b"1,a\n"))
    return made.getvalue()


READABLE = {"a custom dump": DUMP, "an SQL dump": SQL, "a tar archive": tar(),
            "a CSV list": b"1,Tremblay\n2,Roy\n" * 900, "JSON": b'{"voters": [1, 2, 3]}',
            "SQLite": b"SQLite format 3\0" + os.urandom(100)}
PACKERS = {"gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress,
           "zstd": zstandard.ZstdCompressor().compress}


@pytest.mark.parametrize("kind", READABLE)
def test_what_anyone_can_read_is_not_encrypted(kind):
    found = header(READABLE[kind][:SIZE])
    assert found is not None
    assert not found.encrypted


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("kind", ["a custom dump", "an SQL dump", "a tar archive"])
def test_compressing_hides_nothing(packer, kind):
    found = header(PACKERS[packer](READABLE[kind])[:SIZE])
    assert found is not None
    assert not found.encrypted
    assert found.kind.startswith(f"{packer} of ")


def test_what_begins_like_nothing_known_is_neither():
    assert header(bytes(range(128, 160)) * 64) is None
    assert header(b"") is None
    assert header(gzip.compress(bytes(range(128, 160)) * 64)) is None
    assert header(b"\x1f\x8b\x08" + b"\xff" * 200) is None


@pytest.mark.parametrize(("data", "kind"), [
    (b"age-encryption.org/v1\n-> X25519 abc\n", "age"), (b"Salted__" + NOISE, "openssl"),
    (b"RCLONE\0\0" + NOISE, "rclone crypt"), (b"LUKS\xba\xbe\0\x02", "LUKS"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "age"),
    (bytes.fromhex("8c0d040903022547ae208cec5c73"), "OpenPGP"),
])
def test_the_beginnings_of_encrypted_files_are_known(data, kind):
    found = header(data)
    assert found is not None
    assert (found.kind, found.encrypted) == (kind, True)


def test_an_encrypted_file_that_was_compressed_afterwards_is_still_encrypted():
    found = header(gzip.compress(b"age-encryption.org/v1\n" + os.urandom(500)))
    assert found is not None
    assert found.encrypted


def test_a_cut_in_the_middle_of_a_character_is_no_reason_to_doubt_a_text():
    assert [header((b"x" * shift + "é".encode() * SIZE)[:SIZE]).kind for shift in (0, 1)] == ["text", "text"]


def test_a_block_of_base64_may_hold_anything():
    import base64

    assert header(base64.encodebytes(os.urandom(3000))[:SIZE]) is None


def test_an_armoured_message_that_is_only_packed_is_readable(tmp_path):
    if shutil.which("gpg") is None:
        assert os.environ.get("CI") != "true", "gpg must be installed where CI=true"
        pytest.skip("gpg is not installed")
    stored = subprocess.run(["gpg", "--batch", "--store", "--armor"], input=DUMP, capture_output=True, check=True,
                            env={"PATH": "/usr/bin:/bin", "GNUPGHOME": str(tmp_path)}).stdout
    found = header(stored)
    assert found is not None
    assert not found.encrypted


@given(st.binary(max_size=600), st.sampled_from([
    b"", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"\x85",
    b"-----BEGIN PGP MESSAGE-----\n\n"]))
def test_no_bytes_make_it_stumble(data, magic):
    header(magic + data)

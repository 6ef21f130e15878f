"""Public keys no honest signer has, and private keys others could read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hustings import keys
from hustings.errors import BadKey, ConfigError

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SIGN = 1 << 255

Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    """The addition law of edwards25519 (RFC 8032, section 5.1.4), in affine coordinates."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P)


def x_of(y: int) -> int | None:
    """The even square root that RFC 8032, section 5.1.3, recovers; None off the curve."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    return x if x % 2 == 0 else P - x


def small_order_points() -> set[Point]:
    """All points whose order divides 8, found by multiplying curve points by the prime order of the big subgroup."""
    order = 2**252 + 27742317777372353535851937790883648493
    found: set[Point] = set()
    for y in range(2, 40):
        x = x_of(y)
        if x is None:
            continue
        total, doubled, rest = (0, 1), (x, y), order
        while rest:
            if rest & 1:
                total = add(total, doubled)
            doubled, rest = add(doubled, doubled), rest >> 1
        point: Point = total
        for _ in range(8):
            found.add(point)
            point = add(point, total)
    return found


def encoded(x: int, y: int) -> bytes:
    return (y | (SIGN if x & 1 else 0)).to_bytes(32, "little")


SMALL = sorted(small_order_points())


def test_the_curve_has_eight_points_of_small_order() -> None:
    assert len(SMALL) == 8


@pytest.mark.parametrize("point", SMALL)
@pytest.mark.parametrize("flip", [0, SIGN])
def test_no_point_of_small_order_is_a_key_with_either_sign(point: Point, flip: int) -> None:
    raw = (int.from_bytes(encoded(*point), "little") ^ flip).to_bytes(32, "little")
    with pytest.raises(BadKey, match="small order"):
        keys.public_key(raw)


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("flip", [0, SIGN])
def test_no_y_at_or_above_the_prime_is_a_key(y: int, flip: int) -> None:
    with pytest.raises(BadKey, match="canonical"):
        keys.public_key((P + y | flip).to_bytes(32, "little"))


@pytest.mark.parametrize("y", [y for y in range(2, 60) if x_of(y) is None])
def test_a_y_of_no_point_is_no_key(y: int) -> None:
    with pytest.raises(BadKey, match="not a point"):
        keys.public_key(y.to_bytes(32, "little"))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_key_has_32_bytes(size: int) -> None:
    with pytest.raises(BadKey, match="32 bytes"):
        keys.public_key(bytes([9]) * size)


def test_honest_keys_are_accepted() -> None:
    for seed in range(50):
        raw = keys.public_bytes(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))
        assert keys.public_key(raw).public_bytes_raw() == raw


@pytest.mark.parametrize("text", ["", "é", "AAA", "****", "AAAA\n"])
def test_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        keys.public_key(keys.decode(text))


def test_a_key_survives_its_file_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "agent.key"
    made = keys.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.public_bytes(keys.load(path)) == keys.public_bytes(made)


def test_making_a_key_never_overwrites_one(tmp_path: Path) -> None:
    path = tmp_path / "agent.key"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        keys.create(path)
    assert path.read_text() == "mine"


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_key_others_may_reach_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "agent.key"
    keys.create(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        keys.load(path)


@pytest.mark.parametrize("content", [b"", b"AAAA", b"!!!", b"-----BEGIN PRIVATE KEY-----"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "agent.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="not a private key"):
        keys.load(path)

"""Small parts: frames, throttles, the inventory file, certificates, logs, groups."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from hustings.errors import BadDocument, ConfigError, TooLarge, UsageError
from server import inventory_csv, tls
from server.access import passwords
from server.config import Config, Settings, address, is_loopback, load, settings_file
from server.group import Group
from server.logs import JsonLines
from server.store import frames
from server.throttle import MAX_KEYS, Throttle
from tests.sender import NOW


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine run to its end in a thread, whatever loop this one may already run."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()



@given(st.binary(max_size=5000), st.booleans())
def test_a_frame_gives_back_what_went_in(data: bytes, declared: bool) -> None:
    frame = zstandard.ZstdCompressor(write_content_size=declared).compress(data)
    assert frames.unpack(frame, len(data)) == data
    assert frames.unpack(frames.pack(data), len(data)) == data
    for wrong in (frame[:-1], frame + b"\0", frame + frame):
        with pytest.raises(BadDocument):
            frames.unpack(wrong, 10_000)
    if data:
        with pytest.raises(TooLarge):
            frames.unpack(frame, len(data) - 1)


def test_a_frame_that_wants_a_huge_window_is_refused() -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    writer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    streamed = writer.compress(b"x" * 100) + writer.flush()
    with pytest.raises(BadDocument):
        frames.unpack(streamed, 1000)


def test_a_throttle_lets_a_burst_through_and_then_the_rate() -> None:
    now = 0.0
    throttle = Throttle(rate=0.5, burst=3, clock=lambda: now)
    assert [throttle.take("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert throttle.take("a") == 2.0
    assert throttle.take("b") == 0.0
    now = 2.0
    assert throttle.take("a") == 0.0
    assert throttle.take("a") > 0
    throttle.clear("a")
    assert throttle.take("a") == 0.0


def test_a_throttle_forgets_the_innocent_first_and_stays_bounded() -> None:
    throttle = Throttle(rate=0.001, burst=2, clock=lambda: 0.0)
    assert [throttle.take("guilty") for _ in range(3)][-1] > 0
    for number in range(MAX_KEYS + 10):
        throttle.take(str(number))
    assert throttle.take("guilty") > 0
    assert len(throttle._buckets) <= MAX_KEYS


GOOD = "asset,role,site,responsible\nfront-desk,office-workstation,Town hall,us\n"


def test_an_inventory_as_spreadsheets_save_it() -> None:
    for text in (GOOD, "\ufeff" + GOOD, GOOD.replace(",", ";"), GOOD.replace("\n", "\r\n"),
                 "Responsible Party,Site,Role,Asset\nUS,Town hall,office-workstation,front-desk\n\n,,,\n"):
        [asset] = inventory_csv.parse(text.encode(), "x.csv")
        assert (asset.asset, asset.roles, asset.site, asset.responsible, asset.line) == (
            "front-desk", ("office-workstation",), "Town hall", "us", 2)


def test_an_asset_may_have_several_roles_and_a_cell_several_lines() -> None:
    text = 'asset,role,site,responsible\n"db","registration-db|registration-app","x, y",state\n"b",ems,z,county\n'
    first, second = inventory_csv.parse(text.encode(), "x.csv")
    assert first.roles == ("registration-db", "registration-app")
    assert (first.site, second.line) == ("x, y", 3)


@pytest.mark.parametrize(("text", "where", "what"), [
    ("", "x.csv", "no assets"), ("asset,role,site,responsible\n", "x.csv", "no assets"),
    ("asset,role,site\na,ems,b\n", "x.csv:1", "'responsible' is missing"),
    ("asset,role,site,responsible,asset\n", "x.csv:1", "there twice"),
    ("asset,role,site,responsible,note\n", "x.csv:1", "'note' is not known"),
    (GOOD + "b,printer,x,us\n", "x.csv:3", "'printer' is not a role"),
    (GOOD + "b,,x,us\n", "x.csv:3", "is not a role"),
    (GOOD + "b,ems,x,nobody\n", "x.csv:3", "'nobody' is not a responsible party"),
    (GOOD + "b,ems,x\n", "x.csv:3", "3 cells under 4 columns"),
    (GOOD + ",ems,x,us\n", "x.csv:3", "no usable name"),
    (GOOD + "FRONT-DESK,ems,x,us\n", "x.csv:3", "line 2 already"),
    (GOOD + '"b"x,ems,x,us\n', "x.csv:3", "not CSV"),
    (GOOD + "caf\udce9,ems,x,us\n", "x.csv:3", "not UTF-8"),
    (GOOD.replace(",", "\t"), "x.csv:1", "tabs stand between the columns"),
])
def test_a_mistake_in_an_inventory_is_named_with_its_line_and_remedy(text: str, where: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        inventory_csv.parse(text.encode("utf-8", "surrogateescape"), "x.csv")
    assert caught.value.where == where
    assert what in caught.value.what
    assert caught.value.remedy
    assert ("with commas" in caught.value.remedy) == ("tabs" in what)


def authority(path: Path, *addresses: str) -> Config:
    config = Config(path, Settings(addresses or ("hustings.example", "192.0.2.7"), 8443, tls=True))
    tls.create_authority(config, NOW)
    tls.create_certificate(config, NOW)
    return config


def test_a_certificate_names_every_address_and_is_signed_by_the_authority(tmp_path: Path) -> None:
    config = authority(tmp_path)
    ca = x509.load_pem_x509_certificate(config.ca_certificate.read_bytes())
    own = x509.load_pem_x509_certificate(config.certificate.read_bytes())
    own.verify_directly_issued_by(ca)
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "hustings.example" in names.get_values_for_type(x509.DNSName)
    assert "192.0.2.7" in [str(one) for one in names.get_values_for_type(x509.IPAddress)]
    der = ssl.PEM_cert_to_DER_cert(config.ca_certificate.read_text())
    assert tls.pin(config) == "sha256:" + hashlib.sha256(der).hexdigest()


def test_private_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    config = authority(tmp_path)
    for key in (config.ca_key, config.key):
        assert key.stat().st_mode & 0o777 == 0o600


def test_a_certificate_is_renewed_before_it_ends_and_the_pin_stays(tmp_path: Path) -> None:
    config = authority(tmp_path)
    pin, before = tls.pin(config), config.certificate.read_bytes()
    assert not tls.renew_if_due(config, NOW + timedelta(days=30))
    assert config.certificate.read_bytes() == before
    assert tls.renew_if_due(config, NOW + timedelta(days=350))
    assert config.certificate.read_bytes() != before
    assert tls.pin(config) == pin


def test_a_missing_authority_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        tls.pin(Config(tmp_path, Settings(("x",), 1, tls=True)))


@pytest.mark.parametrize(("text", "what"), [
    (None, "no server is set up"), ("{", "not the settings"), ('{"addresses":[],"port":1,"tls":true}', "empty"),
    ('{"addresses":["a"],"port":"x","tls":true}', "not the settings")])
def test_a_data_directory_that_is_none_says_what_to_do(tmp_path: Path, text: str | None, what: str) -> None:
    if text is not None:
        settings_file(tmp_path).write_text(text)
    with pytest.raises(ConfigError, match=what) as caught:
        load(tmp_path)
    assert caught.value.remedy


@pytest.mark.parametrize(("host", "loopback"), [
    ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("::ffff:127.0.0.1", True),
    ("0.0.0.0", False), ("::", False), ("192.0.2.1", False), ("localhost.example", False), ("", False)])
def test_what_is_this_machine_alone(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_addresses_are_written_as_urls() -> None:
    assert address("::1", 1, tls=True) == "https://[::1]:1"
    assert address("a.example", 8443, tls=False) == "http://a.example:8443"


def test_passwords_are_checked_against_their_hash_alone() -> None:
    kept = passwords.hashed("a long enough password")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "a long enough password")
    assert not passwords.matches(kept, "a long enough passwort")
    assert not passwords.matches(None, "no person has this password")
    assert not passwords.matches("not a hash", "x")
    for bad in ("short", "", "x" * 300):
        with pytest.raises(UsageError, match="characters"):
            passwords.hashed(bad)


def test_a_log_line_is_one_json_object() -> None:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "two\nlines %s", "args": ("é",),
                                    "path": "/"})
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["event"] == "two\nlines é"
    assert json.loads(line)["path"] == "/"


def test_one_that_fails_does_not_take_its_group_down() -> None:
    began = threading.Event()

    def settle(jobs: list[int]) -> list[int | Exception]:
        began.wait(5)
        if 13 in jobs:
            raise RuntimeError("the transaction failed")
        return [ValueError(str(job)) if job == 7 else job * 2 for job in jobs]

    async def run() -> list[int | BaseException]:
        group: Group[int, int] = Group(settle)
        waiting = [asyncio.ensure_future(group.submit(job)) for job in (1, 7, 13, 2, 3)]
        await asyncio.sleep(0)
        began.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.to_thread(group.close)
        return answers

    one, seven, thirteen, *rest = finished(run())
    assert (one, rest) == (2, [4, 6])
    assert isinstance(seven, ValueError)
    assert isinstance(thirteen, RuntimeError)


def test_what_waits_is_settled_together_up_to_a_size() -> None:
    sizes: list[int] = []
    began = threading.Event()

    def settle(jobs: list[int]) -> list[int | Exception]:
        began.wait(5)
        sizes.append(len(jobs))
        return list(jobs)

    async def run() -> None:
        group: Group[int, int] = Group(settle, size=4)
        waiting = [asyncio.ensure_future(group.submit(job)) for job in range(11)]
        await asyncio.sleep(0)
        began.set()
        assert await asyncio.gather(*waiting) == list(range(11))
        await asyncio.to_thread(group.close)

    finished(run())
    assert sum(sizes) == 11
    assert max(sizes) == 4


def test_an_inventory_may_name_what_an_asset_mirrors() -> None:
    text = "asset,role,site,responsible,mirror of\ndb1,registration-db,a,us,\ndb2,registration-db,b,us,DB1\n"
    assert [(one.asset, one.mirror_of) for one in inventory_csv.parse(text.encode(), "x.csv")] == [
        ("db1", ""), ("db2", "DB1")]
    for other in ("db3", "db2"):
        with pytest.raises(ConfigError, match="no other line"):
            inventory_csv.parse(text.replace("DB1", other).encode(), "x.csv")

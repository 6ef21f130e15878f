"""A certificate from elsewhere: what is refused, and taking a renewed one up while the server runs."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import requests

from hustings.errors import ConfigError
from server import certificates, tls
from server.certificates import Renewal
from server.config import Config, OwnCertificate, Settings, load, save
from tests.flow.served import served

NOW = datetime.now(UTC)


def issued(place: Path, *names: str, at: datetime = NOW) -> Config:
    """An authority elsewhere, with a certificate for these names."""
    place.mkdir(exist_ok=True)
    made = Config(place, Settings(names, 8443, tls=True))
    tls.create_authority(made, at)
    tls.create_certificate(made, at)
    return made


def test_a_certificate_for_every_address_is_good(tmp_path: Path) -> None:
    made = issued(tmp_path, "votes.example", "192.0.2.7")
    found = certificates.check(made.certificate, made.key, ("VOTES.example", "192.0.2.7"), NOW)
    assert found.not_valid_after_utc > NOW
    assert certificates.authority(made.ca_certificate).subject


def test_a_wildcard_is_good_for_one_label(tmp_path: Path) -> None:
    made = issued(tmp_path, "*.county.example")
    certificates.check(made.certificate, made.key, ("votes.county.example",), NOW)
    with pytest.raises(ConfigError, match="is not for"):
        certificates.check(made.certificate, made.key, ("a.votes.county.example",), NOW)
    with pytest.raises(ConfigError, match="is not for"):
        certificates.check(made.certificate, made.key, ("county.example",), NOW)


def _other_key(made: Config, other: Config) -> tuple[Path, Path]:
    return made.certificate, other.key


def _no_pem(made: Config, _other: Config) -> tuple[Path, Path]:
    made.certificate.write_text("hello")
    return made.certificate, made.key


def _key_for_key(made: Config, _other: Config) -> tuple[Path, Path]:
    return made.key, made.key


def _no_key(made: Config, _other: Config) -> tuple[Path, Path]:
    made.key.write_text("hello")
    return made.certificate, made.key


def _open_key(made: Config, _other: Config) -> tuple[Path, Path]:
    made.key.chmod(0o644)
    return made.certificate, made.key


def _missing(made: Config, _other: Config) -> tuple[Path, Path]:
    return made.data / "none.pem", made.key


@pytest.mark.parametrize(("spoil", "what"), [
    (_other_key, "not this certificate's"), (_no_pem, "not a certificate"), (_key_for_key, "not a certificate"),
    (_no_key, "not a private key"), (_open_key, "others than its owner"), (_missing, "cannot be read")])
def test_what_is_wrong_is_said(tmp_path: Path, spoil: Callable[[Config, Config], tuple[Path, Path]],
                               what: str) -> None:
    pair = spoil(issued(tmp_path / "a", "votes.example"), issued(tmp_path / "b", "votes.example"))
    with pytest.raises(ConfigError, match=what) as caught:
        certificates.check(*pair, ("votes.example",), NOW)
    assert caught.value.where
    assert caught.value.remedy


@pytest.mark.parametrize("days", [-2, 400])
def test_one_that_does_not_hold_now_is_refused(tmp_path: Path, days: int) -> None:
    made = issued(tmp_path, "votes.example")
    with pytest.raises(ConfigError, match="holds from"):
        certificates.check(made.certificate, made.key, ("votes.example",), NOW + timedelta(days=days))


def test_an_authority_is_one(tmp_path: Path) -> None:
    made = issued(tmp_path, "votes.example")
    with pytest.raises(ConfigError, match="not an authority"):
        certificates.authority(made.certificate)


def test_a_renewed_certificate_is_shown_to_the_next_who_connects(tmp_path: Path) -> None:
    made = issued(tmp_path, "localhost")
    own = OwnCertificate(str(made.certificate), str(made.key), str(made.ca_certificate))
    config = Config(tmp_path / "server", Settings(("localhost",), 8443, tls=True, own=own))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config.chain, config.chain_key)
    renewal = Renewal(config, context, lambda: NOW)
    assert not renewal.look()
    before = shown(context)
    good = made.certificate.read_bytes()
    made.certificate.write_text("half a fi")
    assert not renewal.look()
    assert shown(context) == before, "what cannot be read changes nothing"
    made.certificate.write_bytes(good)
    tls.create_certificate(made, NOW)
    assert renewal.look()
    assert shown(context) == ssl.PEM_cert_to_DER_cert(made.certificate.read_text())
    assert not renewal.look()


def shown(context: ssl.SSLContext) -> bytes:
    """The certificate that a server with this context shows."""
    ours, theirs = socket.socketpair()
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE

    def answer() -> None:
        with context.wrap_socket(ours, server_side=True) as channel:
            channel.recv(1)

    thread = threading.Thread(target=answer)
    thread.start()
    with asking.wrap_socket(theirs) as channel:
        found = channel.getpeercert(binary_form=True)
        channel.send(b"x")
    thread.join()
    assert found is not None
    return found


def test_a_server_with_a_certificate_from_elsewhere(tmp_path: Path) -> None:
    made = issued(tmp_path / "elsewhere", "localhost")
    with served(tmp_path / "server", tls=True) as server:
        server.run("tls", "own", "--certificate", str(made.certificate), "--key", str(made.key), "--authority",
                   str(made.ca_certificate))
        assert tls.pin(made) in server.run("token").stdout
        assert str(made.certificate) in server.run("tls", "show").stdout
        server.start()
        place = f"https://localhost:{server.url.rpartition(':')[2]}"
        answer = requests.get(f"{place}/v1/enrollments/ca", verify=str(made.ca_certificate), timeout=10)
        assert answer.content == made.ca_certificate.read_bytes()
        server.stop()
        server.run("tls", "own", "--certificate", str(made.certificate), "--key", str(made.key))
        assert "--ca-pin" not in server.run("token").stdout
        server.run("tls", "builtin")
        assert tls.pin(load(server.data)) in server.run("token").stdout


def test_a_server_behind_a_proxy(tmp_path: Path) -> None:
    with served(tmp_path / "server", tls=True) as server:
        server.run("proxy", "set", "--trust", "127.0.0.1", "--port", "443")
        config = load(server.data)
        assert config.url == "https://localhost:443"
        assert "--ca-pin" not in server.run("token").stdout
        server.start()
        place = f"http://127.0.0.1:{server.url.rpartition(':')[2]}/sign-in"
        said = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https", "host": "localhost"}
        answer = requests.get(place, headers=said, timeout=10)
        assert answer.status_code == 200
        assert "__Host-hustings-form" in answer.headers["set-cookie"]
        assert requests.get(place, headers={**said, "x-forwarded-proto": "http"}, timeout=10).status_code == 400
        server.stop()
        save(Config(server.data, msgspec.structs.replace(config.settings, proxy=None, port=8443)))
        for wrong in (["--trust", "0.0.0.0/0"], ["--trust", "proxy"], ["--trust", "10.0.0.1", "--listen", "8080"]):
            done = server.run("proxy", "set", *wrong, ok=False)
            assert done.returncode == 2, done.stderr
            assert "Traceback" not in done.stderr

"""Signing in to a tenant over real HTTP and TLS: certificates, secrets, codes, the encrypted cache, every refusal."""

from __future__ import annotations

import ctypes
import json
import os
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.directory.cli import directory
from collectors import _secret_file, graph_token_cache, no_core
from collectors._graph_places import CLOUDS, place
from collectors._web import Web, origin, retry_after
from collectors.graph_device_code import DeviceSignIn
from collectors.graph_errors import GraphError, NotSignedIn, Throttled, Unreachable
from collectors.graph_sign_in import connect, permissions
from collectors.host.live import LiveHost
from collectors.host.protocol import Denied, LookError, Unreadable, Unsupported
from hustings.declared import Tenant
from hustings.errors import HustingsError
from hustings.facts import Reason
from tests.directory.signing_in import (
    Time,
    application_key,
    application_pem,
    authority,
    connected,
    host,
    registered,
    tenant,
)
from tests.fakes import FakeHost
from tests.graph_server import CLIENT, SECRET, TENANT, Fault, GraphServer, serve

READ = ("User.Read.All", "Policy.Read.All")


@pytest.fixture
def server() -> Iterator[GraphServer]:
    with serve(permissions=READ) as running:
        registered(running)
        running.app.delegated = {"User.Read.All", "Directory.Read.All"}
        running.entra.interval = 1
        yield running


def refused(server: GraphServer, files: dict[str, str] | None = None, **declared: Any) -> str:
    """The sentence of a sign-in that is refused."""
    one = tenant(server, **declared)
    with pytest.raises(LookError) as error:
        connect(host(**(files or {})), one, within=60, patience=Time().patience(60))
    assert error.value.missing.reason in (Reason.DENIED, Reason.ERROR)
    return error.value.missing.detail


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("declared", [{"certificate_file": "/app.pem"}, {"secret_file": "/secret"}])
def test_an_application_signs_in_with_its_certificate_or_its_secret(tmp_path, secure, declared):
    certificate = authority().issue("127.0.0.1") if secure else None
    with serve(permissions=READ, certificate=certificate) as server:
        registered(server)
        graph = connected(server, tls_ca=str(authority().file) if secure else "", **declared)
        assert (graph.granted, graph.delegated) == (frozenset(READ), False)
        assert [one.path.partition("/")[2].partition("/")[2] for one in server.log] == [
            "v2.0/.well-known/openid-configuration", "oauth2/v2.0/token"]
        assert not [name for one in server.log for name in one.headers if name.startswith("x-client")]


def test_a_tenant_may_be_named_by_its_domain_and_asked_in_any_cloud(server):
    assert connected(server, id="office.example").granted == frozenset(READ)
    for cloud, at in CLOUDS.items():
        declared = Tenant("x", kind="entra", id=TENANT, cloud=cloud)
        assert place(declared) == at
        assert at.scope == at.graph + "/.default"
        assert origin(at.authority) != origin(at.graph)
        server.entra.resource = at.graph
        assert connected(server, cloud=cloud).granted == frozenset(READ)
    with pytest.raises(Unreadable, match="no cloud"):
        place(Tenant("x", kind="entra", id=TENANT, cloud="moon"))
    for wrong in ("", "common", "organizations", "a/b", "a?b", "..", "-x"):
        with pytest.raises(Unreadable, match="no id"):
            place(Tenant("x", kind="entra", id=wrong))


def test_each_refusal_of_the_sign_in_says_what_to_mend_and_quotes_nothing(server):
    wrong = refused(server, {"/secret": "Zq7~another-canary"})
    assert "AADSTS7000215" in wrong
    assert "value" in wrong
    assert "canary" not in wrong
    assert "AADSTS90002" in (said := refused(server, id="elsewhere.example")) or "no such tenant" in said
    assert "AADSTS700016" in refused(server, client_id=TENANT)
    assert "no client_id" in refused(server, client_id="")
    server.app.certificates.clear()
    assert "AADSTS700027" in refused(server, certificate_file="/app.pem")
    server.faults.append(Fault(f"/{TENANT}/oauth2", 400, body={"error": "Some thing\x1b", "error_description": SECRET}))
    assert "(no token)" in refused(server)
    for body in (b"<html>", b"[]", b'{"error": "a", "error": "b"}'):
        server.faults.append(Fault(f"/{TENANT}/oauth2", 200, body=body, times=4))
        assert "JSON" in refused(server)
        server.faults.clear()
    server.faults.append(Fault(f"/{TENANT}/v2.0", 404, body=b"<html>nothing here"))
    assert "answered 404" in refused(server)
    server.faults.append(Fault(f"/{TENANT}/v2.0", 200, body={"issuer": "x"}))
    assert "names no token_endpoint" in refused(server)


def test_a_certificate_that_cannot_work_is_refused_here_with_the_reason(server):
    def file(text: str) -> str:
        return refused(server, {"/app.pem": text}, certificate_file="/app.pem")

    pem = application_pem()
    key, certificate = pem[:pem.index("-----BEGIN CERT")], pem[pem.index("-----BEGIN CERT"):]
    other = authority().issue("other", itself=True).read_text()
    locked = application_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                             serialization.BestAvailableEncryption(b"x")).decode()
    curve = authority().issue("curve", key=ec.generate_private_key(ec.SECP256R1()), itself=True).read_text()
    said = {"no private key": file(certificate), "2 private keys": file(pem + key),
            "no certificate of its key": file(key + other[other.index("-----BEGIN CERT"):]),
            "passphrase": file(locked + certificate), "not RSA": file(curve),
            "cannot be read as PEM": file(pem.replace("MII", "???", 1)),
            "only: register a new one": file(application_pem(-60, -1))}
    for words, sentence in said.items():
        assert words in sentence
        assert "/app.pem" in sentence
        assert "BEGIN" not in sentence
    both = other[other.index("-----BEGIN CERT"):] + pem
    assert connect(host(**{"/app.pem": both}), tenant(server, certificate_file="/app.pem"), within=60).granted


def test_a_file_with_a_secret_that_others_may_read_is_not_used(tmp_path):
    path = tmp_path / "secret"
    path.write_text("word\r\n")
    for mode in (0o640, 0o604, 0o620, 0o601):
        path.chmod(mode)
        with pytest.raises(Denied, match=f"mode {mode:04o}.*chmod 600"):
            _secret_file.read(LiveHost(), str(path))
    path.chmod(0o600)
    assert _secret_file.read(LiveHost(), str(path)) == "word"
    for text, words in (("\n", "empty"), ("  ", "empty"), ("a\0b", "no text")):
        path.write_text(text)
        with pytest.raises(Unreadable, match=words):
            _secret_file.read(LiveHost(), str(path))
    path.write_bytes(b"\xff\xfe\x41")
    with pytest.raises(Unreadable, match="no text"):
        _secret_file.read(LiveHost(), str(path))
    with pytest.raises(Unreadable, match="does not exist"):
        _secret_file.read(LiveHost(), str(path) + "x")
    with pytest.raises(Unreadable, match="not a regular file"):
        _secret_file.read(LiveHost(), str(tmp_path))


def test_only_a_live_machine_asks_and_only_with_something_to_sign_in_with(server):
    with pytest.raises(Unsupported):
        connect(FakeHost(kind="image"), tenant(server), within=60)
    assert "nothing to sign in with" in refused(server, secret_file="")
    assert "more than one line" in refused(server, {"/secret": "id\nvalue"})


def test_an_authority_that_is_not_trusted_or_that_sends_us_elsewhere_learns_nothing(server):
    with serve(certificate=authority().issue("127.0.0.1")) as secure:
        assert "authority that is trusted" in refused(secure)
        assert "authorities cannot be read" in refused(secure, tls_ca="/nowhere.pem")
        assert secure.log == []
    with serve(certificate=authority().issue("other.example")) as named:
        assert "another name" in refused(named, tls_ca=str(authority().file))
    with serve(certificate=authority().issue("127.0.0.1", ends=-1)) as old:
        assert "not valid at this time" in refused(old, tls_ca=str(authority().file))
    with serve(permissions=READ) as elsewhere:
        status, document = server.entra.discovery(TENANT)
        for name in ("token_endpoint", "device_authorization_endpoint"):
            moved = {**document, name: document[name].replace(server.url, elsewhere.url)}
            server.faults[:] = [Fault(f"/{TENANT}/v2.0", status, body=moved)]
            assert "names another host" in refused(server)
        server.faults[:] = [Fault(f"/{TENANT}/oauth2", 307, {"Location": elsewhere.url})]
        assert "redirect" in refused(server)
        assert elsewhere.log == []
    assert "plain http" in refused(server, url="http://office.example")
    assert "path" in refused(server, url=server.url + "/x")


def test_a_sign_in_service_that_is_busy_or_broken_is_asked_again_until_the_run_is_over(server):
    time = Time()
    server.faults += [Fault(f"/{TENANT}/v2.0"), Fault(f"/{TENANT}/oauth2", 503, {"Retry-After": "9"}),
                      Fault(f"/{TENANT}/oauth2", 500)]
    assert connected(server, time).granted
    assert any(9 <= slept <= 10 for slept in time.slept)
    server.faults += [Fault(f"/{TENANT}/oauth2", 429, {"Retry-After": "900"})]
    with pytest.raises(Throttled, match="go on after"):
        connected(server)
    server.faults[:] = [Fault(f"/{TENANT}/oauth2", 503, times=99)]
    with pytest.raises(Unreachable, match="answered 503"):
        connected(server)
    with pytest.raises(LookError, match="refused the connection") as unreachable:
        connected(server, url="http://127.0.0.1:1")
    assert unreachable.value.missing.reason is Reason.TIMEOUT


def test_the_environment_names_proxies_and_authorities_but_no_credentials(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    netrc.chmod(0o600)
    for name, value in {"NETRC": str(netrc), "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1",
                        "MSAL_FORCE_REGION": "westus", "REGION_NAME": "westus"}.items():
        monkeypatch.setenv(name, value)
    graph = connected(server)
    with pytest.raises(LookError):
        graph.get("/nothing")
    assert server.log[-1].headers["authorization"].startswith("Bearer ")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority().file))
    with serve(permissions=READ, certificate=authority().issue("127.0.0.1")) as secure:
        assert connected(secure).granted == frozenset(READ)


def signed_in(server: GraphServer, directory: Path, **declared: Any) -> Tenant:
    """The tenant, with a person signed in."""
    one = tenant(server, token_cache=str(directory / "cache"), **declared)
    server.entra.approves_after = 1
    begun = DeviceSignIn(one, Time().patience())
    server.entra.interval = 0
    assert begun.finish(begun.begin()) == frozenset(server.app.delegated)
    return one


def test_a_person_signs_in_once_with_a_code_and_is_read_with_what_was_delegated(server, tmp_path):
    one = signed_in(server, tmp_path)
    graph = connect(LiveHost(), one, within=60)
    assert (graph.granted, graph.delegated) == (frozenset(server.app.delegated), True)
    kept = {path.name: path for path in tmp_path.iterdir()}
    assert set(kept) == {"cache", "cache.key"}
    assert {path.stat().st_mode & 0o777 for path in kept.values()} == {0o600}
    for token in server.entra.issued:
        assert token.encode() not in kept["cache"].read_bytes()
    opened = graph_token_cache.load(LiveHost(), one)
    assert set(json.loads(opened)) == {"Account", "RefreshToken", "AppMetadata"}
    assert not any(token in opened for token in server.entra.issued if token.startswith("ey"))
    for _ in range(3):
        before, opened = opened, graph_token_cache.load(LiveHost(), one)
        assert connect(LiveHost(), one, within=60).delegated
        assert graph_token_cache.load(LiveHost(), one) != before
    assert len(json.loads(opened)["RefreshToken"]) == 1
    server.entra.revoke_refresh()
    with pytest.raises(NotSignedIn, match=r"AADSTS50173.*sign in again"):
        connect(LiveHost(), one, within=60)


def test_a_cache_that_was_changed_moved_or_opened_to_others_is_refused(server, tmp_path):
    one = signed_in(server, tmp_path)
    cache, key = tmp_path / "cache", tmp_path / "cache.key"
    sealed = cache.read_bytes()
    for changed in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:40] + sealed[41:], sealed[:30], b"", b"x" * 200):
        cache.write_bytes(changed)
        with pytest.raises(NotSignedIn, match="sign in again: hustings directory sign-in office"):
            connect(LiveHost(), one, within=60)
    cache.write_bytes(sealed)
    for other in ({"id": "office.example"}, {"client_id": TENANT}, {"cloud": "china"}):
        moved = Tenant(**{**{name: getattr(one, name) for name in ("name", "kind", "id", "client_id", "url",
                                                                   "token_cache")}, **other})
        with pytest.raises(NotSignedIn, match="belongs to another"):
            graph_token_cache.load(LiveHost(), moved)
    for path in (cache, key):
        path.chmod(0o640)
        with pytest.raises(Denied, match="chmod 600"):
            connect(LiveHost(), one, within=60)
        path.chmod(0o600)
    secret = key.read_bytes()
    key.write_bytes(bytes(32))
    with pytest.raises(NotSignedIn, match="another key"):
        connect(LiveHost(), one, within=60)
    key.write_bytes(secret)
    assert connect(LiveHost(), one, within=60).delegated
    key.unlink()
    with pytest.raises(NotSignedIn, match="does not exist"):
        connect(LiveHost(), one, within=60)


@pytest.mark.parametrize(("state", "words"), [("declined", "declined"), ("late", "not entered in time")])
def test_a_code_that_is_declined_or_never_entered_signs_nobody_in(server, tmp_path, state, words):
    one = tenant(server, token_cache=str(tmp_path / "cache"))
    server.entra.code_lasts = 0 if state == "late" else 900
    server.entra.interval = 0
    begun = DeviceSignIn(one, Time().patience())
    code = begun.begin()
    if state == "declined":
        server.entra.approve(code.code, "declined")
    with pytest.raises(NotSignedIn, match=words):
        begun.finish(code)
    assert list(tmp_path.iterdir()) == []
    assert code.flow["device_code"] not in repr(code)


def test_waiting_for_a_code_ends_with_the_run_and_slows_down_when_it_is_told_to(server, tmp_path):
    one = tenant(server, token_cache=str(tmp_path / "cache"))
    server.entra.interval = 2
    time = Time()
    begun = DeviceSignIn(one, time.patience(30))
    with pytest.raises(Throttled, match="nobody has signed in"):
        begun.finish(begun.begin())
    assert time.slept[0] == 2.0
    assert time.slept[1:] == [2.0, 7.0, 12.0][: len(time.slept) - 1] or 7.0 in time.slept


def test_the_command_shows_the_code_waits_and_keeps_the_cache(server, tmp_path):
    config = tmp_path / "machine.yaml"
    config.write_text(f"tenants:\n  - name: office\n    kind: entra\n    id: {TENANT}\n    client_id: {CLIENT}\n"
                      f"    url: {server.url}\n    token_cache: {tmp_path}/cache\n")

    def approve() -> None:
        while not server.entra.devices:
            pass
        server.entra.approve(next(iter(server.entra.devices.values())).user_code)

    person = threading.Thread(target=approve)
    person.start()
    done = CliRunner().invoke(directory, ["sign-in", "office", "--config", str(config)])
    person.join()
    assert done.exception is None, done.output
    code = next(iter(server.entra.devices.values())).user_code
    assert f"open https://microsoft.com/devicelogin and enter the code {code}" in done.output
    assert "Directory.Read.All, User.Read.All" in done.output
    assert not any(token in done.output for token in server.entra.issued)
    assert (tmp_path / "cache").exists()
    server.app.public = False
    again = CliRunner().invoke(directory, ["sign-in", "--config", str(config)])
    assert isinstance(again.exception, HustingsError)
    assert "Allow public client flows" in str(again.exception)
    config.write_text(config.read_text().replace("token_cache: ", "secret_file: "))
    for arguments, words in ((["office"], "signs in as an application"), (["other"], "no tenant 'other'")):
        wrong = CliRunner().invoke(directory, ["sign-in", *arguments, "--config", str(config)])
        assert isinstance(wrong.exception, HustingsError)
        assert words in str(wrong.exception)


def test_no_text_of_an_object_shows_a_secret(server):
    graph = connected(server, certificate_file="/app.pem")
    token = server.entra.issued[-1]
    graph._token(False)
    for one in (graph._token(False), graph._token, graph, graph._web, GraphError("x")):
        assert token not in repr(one)
        assert token not in str(one)


def test_permissions_are_read_from_a_token_if_they_can_be(server):
    connected(server)
    assert permissions(server.entra.issued[-1]) == frozenset(READ)
    for opaque in ("", "a.b.c", "a.W10.c", "abc", "é.é.é", "a.eyJyb2xlcyI6IDd9.c"):
        assert permissions(opaque) == frozenset()


def test_addresses_and_waits_are_read_strictly():
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert [retry_after(one, now) for one in ("5", " 120 ", "Sun, 22 Nov 2026 00:02:00 GMT", "0",
                                              "Sat, 21 Nov 2026 00:00:00 GMT")] == [5, 120, 120, 0, 0]
    assert {retry_after(one, now) for one in ("", "soon", "-5", "1.5", "9" * 12, "٣")} == {None}
    assert origin("https://Graph.Microsoft.com/v1.0") == origin("https://graph.microsoft.com:443") != origin(
        "https://graph.microsoft.com:444")
    for wrong in ("http://graph.microsoft.com", "https://a@b", "ftp://127.0.0.1", "https://", "//x", "https://a b",
                  "https://a:99999", "https://graph.microsoft.com\\@evil.example/", "http://127.0.0.1.evil.example"):
        with pytest.raises(LookError):
            origin(wrong)
    assert Web("http://[::1]:8080").origins == {"http://[::1]:8080"}


def test_this_process_leaves_no_core():
    child = os.fork()
    if child == 0:
        no_core.forbid()
        status = Path("/proc/self/limits").read_text()
        dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
        os._exit(0 if re.search(r"Max core file size +0 ", status) and dumpable == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

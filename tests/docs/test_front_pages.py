"""The pages on certificates, proxies and single sign-on do what they say, command by command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization

from server.cli import server
from server.config import load
from tests import oidc_server
from tests.docs.documents import ROOT
from tests.oidc_server import CLIENT, DIRECTORY, SECRET
from tests.tls_servers import Authority

Run = Callable[..., Result]


def commands(name: str) -> list[str]:
    page = (ROOT / "docs" / name).read_text("utf-8")
    return [line.removeprefix("$ ") for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL)
            for line in block.splitlines()]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """``hustings server …`` on a new office that speaks TLS."""
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)

    def command(*words: str) -> Result:
        return CliRunner().invoke(server, [*words, "--data", str(tmp_path / "server")])

    with chdir(tmp_path):
        assert command("init", "--address", "votes.example", "--no-password").exit_code == 0
        yield command


def test_a_certificate_and_a_proxy_as_the_page_says(run: Run, tmp_path: Path) -> None:
    both = Authority(tmp_path).issue("votes.example").read_text()
    (tmp_path / "fullchain.pem").write_text(both[both.index("-----BEGIN CERTIFICATE"):])
    key = tmp_path / "privkey.pem"
    key.write_text(both[:both.index("-----BEGIN CERTIFICATE")])
    key.chmod(0o600)
    ran = commands("running-a-server.md")
    assert len(ran) == 5
    for line in ran:
        done = run(*shlex.split(line)[2:])
        assert done.exit_code == 0, (line, done.output)
    settings = load(tmp_path / "server").settings
    assert (settings.own, settings.proxy, settings.port) == (None, None, 443)


def test_a_provider_as_the_page_says(run: Run, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(f"{SECRET}\n")
    with oidc_server.provider(tmp_path, entra=True) as provider:
        trusted = tmp_path / "authority.pem"
        trusted.write_text(provider.authorities)
        for line in commands("single-sign-on.md"):
            words = shlex.split(line.replace("https://login.microsoftonline.com/DIRECTORY-ID", provider.authority)
                                .replace("CLIENT-ID", CLIENT))[2:]
            done = run(*words, *(("--authorities", str(trusted)) if "add" in words else ()))
            assert done.exit_code == 0, (line, done.output)
            assert SECRET not in done.output
    assert DIRECTORY in provider.authority
    assert "disabled" in run("sso", "list").output


@pytest.mark.parametrize(("words", "said"), [
    (["--authority", "http://a.example/x"], "https address"), (["--map", "g=king"], "GROUP=ROLE"),
    (["--authority", "https://localhost:1/x"], "cannot be reached"), (["--authorities", "secret.txt"], "certificate")])
def test_a_wrong_provider_is_refused_and_nothing_is_kept(run: Run, tmp_path: Path, words: list[str],
                                                        said: str) -> None:
    (tmp_path / "secret.txt").write_text("x\n")
    good = {"--kind": "oidc", "--authority": "https://localhost:1", "--client-id": "c", "--secret-file": "secret.txt",
            "--map": "g=staff"} | dict(zip(words[::2], words[1::2], strict=True))
    done = run("sso", "add", "County account", *(part for pair in good.items() for part in pair))
    assert done.exit_code != 0
    assert said in f"{done.output} {done.exception}"
    assert "County" not in run("sso", "list").output


def test_a_key_in_the_certificates_place_is_refused(run: Run, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    key = tmp_path / "key.pem"
    key.write_bytes(authority.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                serialization.NoEncryption()))
    done = run("tls", "own", "--certificate", str(key), "--key", str(key))
    assert done.exit_code != 0
    assert "not a certificate" in f"{done.output} {done.exception}"
    assert load(tmp_path / "server").settings.own is None

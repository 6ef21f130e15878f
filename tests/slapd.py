"""A real OpenLDAP server for tests, from Debian's own package: each with its own data, rules of access and overlays.

``running(entries, …)`` starts one on loopback, with ldap and ldaps, and stops it at the end. Entries are put in
offline, so that operational attributes may be planted too.
"""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.postgres import _free_port
from tests.tls_servers import Authority

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SUFFIX = "dc=office,dc=test"
READER, PASSWORD = f"cn=hustings,{SUFFIX}", "canary-ldap-password"
READ_ALL = ("to attrs=userPassword by anonymous auth by * none",
            f'to * by dn.exact="{READER}" read by anonymous auth by * none')
"""Rules of access: one account reads everything but passwords, nobody else anything."""
_SCHEMAS = ("core", "cosine", "inetorgperson", "nis", "namedobject")
_START_SECONDS = 20.0

Values = Sequence[str | bytes] | str | bytes
Entries = Iterable[tuple[str, Mapping[str, Values]]]


@dataclass(frozen=True)
class Slapd:
    """A running server."""

    port: int
    tls_port: int
    authority: Path
    directory: Path

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://localhost:{self.tls_port}"


@contextmanager
def running(entries: Entries, *, access: Sequence[str] = READ_ALL, schema: str = "", overlays: str = "",
            limits: str = "", suffix: str = SUFFIX, config_access: str = "",
            head: Mapping[str, Values] | None = None) -> Iterator[Slapd]:
    """A server that holds ``entries`` below ``suffix``, whose own entry (with ``head``) and the reading account's are
    added.

    ``overlays`` and ``limits`` are lines of slapd.conf for the database, ``config_access`` a rule for cn=config.
    """
    programs = {name: shutil.which(name, path=SYSTEM_PATH) for name in ("slapd", "slapadd")}
    if not all(programs.values()):
        pytest.skip("slapd is not installed (package slapd)")
    directory = Path(tempfile.mkdtemp(prefix="hustings-ldap-"))
    process = None
    try:
        (directory / "data").mkdir()
        (directory / "schema").write_text(schema, encoding="utf-8")
        authority = Authority(directory)
        certificate = authority.issue("localhost", "127.0.0.1")
        port, tls_port = _free_port(), _free_port()
        configuration = directory / "slapd.conf"
        configuration.write_text(_configuration(directory, certificate, access, overlays, limits, suffix,
                                                config_access), encoding="utf-8")
        _load(str(programs["slapadd"]), configuration, [*_own(suffix, head or {}), *entries])
        process = subprocess.Popen(
            [str(programs["slapd"]), "-f", str(configuration), "-d", "0",
             "-h", f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _wait(port, process)
        yield Slapd(port, tls_port, authority.file, directory)
    finally:
        if process is not None:
            process.kill()
            process.wait(_START_SECONDS)
            if process.stderr is not None:
                process.stderr.close()
        shutil.rmtree(directory)


def ldif(entries: Entries) -> str:
    """The entries as LDIF (RFC 2849), every value in base64."""
    blocks = []
    for dn, attributes in entries:
        lines = [f"dn:: {_base64(dn)}"]
        for name, values in attributes.items():
            for value in [values] if isinstance(values, str | bytes) else values:
                lines.append(f"{name}:: {_base64(value)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _base64(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def _own(suffix: str, head: Mapping[str, Values]) -> Entries:
    name = suffix.partition(",")[0].partition("=")[2]
    yield suffix, {"objectClass": ["top", "dcObject", "organization"], "dc": name, "o": name, **head}
    yield f"cn=hustings,{suffix}", {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": "hustings",
                                    "userPassword": PASSWORD}


def _configuration(directory: Path, certificate: Path, access: Sequence[str], overlays: str, limits: str, suffix: str,
                   config_access: str) -> str:
    modules = ["back_mdb", *(line.split()[1] for line in overlays.splitlines() if line.startswith("overlay "))]
    return "\n".join([
        *(f"include /etc/ldap/schema/{one}.schema" for one in _SCHEMAS),
        f"include {directory}/schema",
        "modulepath /usr/lib/ldap",
        *(f"moduleload {one}" for one in dict.fromkeys(modules)),
        f"TLSCACertificateFile {directory}/Throwaway.pem",
        f"TLSCertificateFile {certificate}", f"TLSCertificateKeyFile {certificate}",
        f"pidfile {directory}/pid", "threads 4",
        "database config", *([f"access {config_access}"] if config_access else []),
        "database mdb", f"suffix {suffix}", f"directory {directory}/data", "maxsize 536870912", "dbnosync",
        f"rootdn cn=root,{suffix}", f"rootpw {PASSWORD}-root", "index objectClass eq", limits or "sizelimit unlimited",
        *(f"access {one}" for one in access), overlays, ""])


def _load(program: str, configuration: Path, entries: Entries) -> None:
    done = subprocess.run([program, "-q", "-f", str(configuration), "-b", _suffix(configuration)], check=False,
                          input=ldif(entries).encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"slapadd: {done.stdout.decode(errors='replace')[-2000:]}")


def _suffix(configuration: Path) -> str:
    text = configuration.read_text(encoding="utf-8")
    return next(line.partition(" ")[2] for line in text.splitlines() if line.startswith("suffix "))


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    process.kill()
    said = process.stderr.read() if process.stderr is not None else b""
    raise RuntimeError(f"slapd did not start: {said.decode(errors='replace')[-2000:]}")

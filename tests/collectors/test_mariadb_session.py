"""The door to MariaDB: one session that only reads, under TLS to other machines, with messages that show no secret."""

from __future__ import annotations

import datetime
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collectors.access_mariadb import state_of
from collectors.access_reader import read
from collectors.database_dsn import NotReached, mariadb_address
from collectors.host.protocol import LookError
from collectors.mariadb_session import Asking, arguments, connect
from hustings.errors import Exit, UsageError
from hustings.facts import Reason
from tests.mariadb import MariadbServer, running
from tests.postgres import _free_port

SECRET = "p@ss/w#rd:ü"


def _authority(directory: Path, name: str) -> None:
    """An authority and a certificate of it for 127.0.0.1: ``NAME-ca.pem``, ``NAME.pem`` and ``NAME.key``."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} authority")])

    def begin(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
                .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=2)))

    signs = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = begin(issuer, ca_key.public_key()).add_extension(
        x509.BasicConstraints(True, None), critical=True).add_extension(signs, critical=True).sign(
        ca_key, hashes.SHA256())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "database")])
    leaf = begin(subject, key.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False).sign(
        ca_key, hashes.SHA256())
    (directory / f"{name}-ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (directory / f"{name}.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    (directory / f"{name}.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    for made in directory.iterdir():
        made.chmod(0o644)


@pytest.fixture(scope="module")
def keys() -> Iterator[Path]:
    """In a place of its own: the account that the server runs as cannot look into pytest's."""
    directory = Path(tempfile.mkdtemp(prefix="hustings-my-keys-"))
    try:
        directory.chmod(0o755)
        _authority(directory, "good")
        _authority(directory, "other")
        yield directory
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def server(keys: Path) -> Iterator[MariadbServer]:
    own = {f"ssl_{what}": str(keys / name) for what, name in
           {"cert": "good.pem", "key": "good.key", "ca": "good-ca.pem"}.items()}
    with running(**own, plugin_load="auth_ed25519") as one:
        one.execute(f"create user reader@'127.0.0.1' identified by '{SECRET}'", "create database vr",
                    "create table vr.voters (id int)", "grant all on *.* to reader@'127.0.0.1'",
                    "create user tight@'127.0.0.1' identified by 'x' require ssl",
                    "create user edward@'127.0.0.1' identified via ed25519 using password('x')",
                    "create user shut@'127.0.0.1' identified by 'x' account lock")
        yield one


def test_the_session_reads_and_nothing_else(server: MariadbServer) -> None:
    with connect(mariadb_address(server.dsn(user="reader", password=SECRET), "V"), within=2) as session:
        assert session.rows("select 1, %s", "x") == [(1, "x")]
        for sql in ("insert into vr.voters values (1)", "delete from vr.voters", "drop table vr.voters",
                    "create table vr.more (id int)", "grant select on vr.voters to reader@'127.0.0.1'"):
            with pytest.raises(LookError, match=r"(?i)read.only"):
                session.rows(sql)
        with pytest.raises(LookError) as slow:
            session.rows("select count(*) from vr.seq_1_to_999999 a, vr.seq_1_to_999999 b where a.seq * b.seq % 7 = 8")
        assert slow.value.missing.reason is Reason.TIMEOUT
    assert server.query("select * from vr.voters") == []


def test_tls_is_verified_where_an_authority_is_given(server: MariadbServer, keys: Path) -> None:
    dsn = server.dsn(user="tight", password="x")
    with connect(mariadb_address(f"{dsn}?ssl_ca={keys / 'good-ca.pem'}", "V")) as session:
        assert session.rows("show status like 'ssl_cipher'")[0][1]
    with pytest.raises(NotReached, match="no encrypted connection") as refused, connect(
            mariadb_address(f"{dsn}?ssl_ca={keys / 'other-ca.pem'}", "V")):
        pass
    assert refused.value.exit_code == Exit.CANNOT


def test_another_machine_is_spoken_to_under_verified_tls_only() -> None:
    known = arguments(mariadb_address("mariadb://a:b@db.example.org/vr", "V"), 5)
    assert isinstance(known["ssl"], ssl.SSLContext)
    assert known["ssl"].check_hostname
    assert known["ssl"].verify_mode is ssl.CERT_REQUIRED
    assert "ssl" not in arguments(mariadb_address("mariadb://a:b@127.0.0.1/vr", "V"), 5)
    with pytest.raises(UsageError):
        mariadb_address("mariadb://a:b@db.example.org/vr?ssl_disabled=1", "V")


@pytest.mark.parametrize(("dsn", "words"), [
    ("mariadb://nobody:{secret}@127.0.0.1:{port}/vr", "refused the sign-in"),
    ("mariadb://reader:wrong{secret}@127.0.0.1:{port}/vr", "refused the sign-in"),
    ("mariadb://shut:x@127.0.0.1:{port}/vr", "refused the sign-in"),
    ("mariadb://edward:x@127.0.0.1:{port}/vr", "cannot sign in the way"),
    ("mariadb://reader:{secret}@127.0.0.1:{unused}/vr", "cannot be reached"),
    ("mariadb://reader:{secret}@localhost/vr?unix_socket=/nowhere/at/all", "cannot be reached"),
    ("mariadb://reader:{secret}@127.0.0.1:{port}/vr?ssl_ca=/no/such/file", "cannot be reached"),
])
def test_what_cannot_be_reached_is_said_with_the_variable_and_no_secret(
        server: MariadbServer, dsn: str, words: str) -> None:
    filled = dsn.format(secret="p%40ss%2Fw%23rd", port=server.port, unused=_free_port())
    with pytest.raises(NotReached, match=words) as refused:
        read("mariadb", filled, variable="ROLL_DSN")
    assert refused.value.exit_code == Exit.CANNOT
    text = str(refused.value)
    assert "ROLL_DSN" in text
    assert not any(part in text for part in ("p%40ss", "p@ss", "wrong", "reader", "nobody"))


@pytest.mark.parametrize("dsn", [
    "mariadb://", "mariadb://127.0.0.1/vr", "mariadb://a:p@ss@h/vr", "mariadb://a:p@h:port/vr", "mariadb://a:p#x@h/vr",
    "postgresql://a:p@h/vr", "mariadb://a:p@h/vr/more", "mariadb://a:p@h/vr?unknown=1", "mariadb://a:p@h:99999/vr",
])
def test_an_address_that_can_be_none_is_wrong_usage(dsn: str) -> None:
    with pytest.raises(UsageError) as refused:
        read("mariadb", dsn, variable="ROLL_DSN")
    assert refused.value.exit_code == Exit.USAGE
    assert "ROLL_DSN" in str(refused.value)


def test_a_database_of_the_address_that_is_not_there_is_wrong_usage(server: MariadbServer) -> None:
    with pytest.raises(UsageError, match="absent"):
        read("mariadb", server.dsn("absent", "reader", SECRET), variable="ROLL_DSN")


def test_each_fact_is_one_query_however_many_objects_there_are(server: MariadbServer) -> None:
    asked: list[str] = []

    class Counting:
        """Hands on to a real session."""

        def __init__(self, session: Asking) -> None:
            self._session = session

        def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
            asked.append(sql)
            return self._session.rows(sql, *parameters)

    server.execute("create database many", *(f"create table many.t{number} (a int)" for number in range(30)),
                   *(f"create procedure many.p{number}() select 1" for number in range(30)))
    try:
        with connect(mariadb_address(server.dsn(), "V")) as session:
            for schemas in (("vr",), ("many",)):
                state_of(Counting(session), engine="mariadb", where="V", schemas=schemas)
        assert asked[:len(asked) // 2] == asked[len(asked) // 2:]
        assert len(asked) == len(set(asked)) * 2
    finally:
        server.execute("drop database many")

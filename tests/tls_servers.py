"""Servers on loopback addresses that show over TLS what public hosts do, well and badly: web sites on ports 80 and 443,
mail hosts on 25, with certificates of a throwaway authority.

Ports below 1024 take root (or a system that gives them to anybody); without it ``listening`` skips the test.
"""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Handler: TypeAlias = Callable[[socket.socket], None]
Answer: TypeAlias = tuple[int, Mapping[str, str], bytes]
GOOD_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin",
}
CONTACT = b"Contact: mailto:security@office.example\r\nExpires: 2099-01-01T00:00:00Z\r\n"


class Authority:
    """A certificate authority that nobody trusts but who is given its file."""

    def __init__(self, directory: Path, name: str = "Throwaway") -> None:
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} authority")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder().subject_name(self.name).issuer_name(self.name).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .sign(self.key, hashes.SHA256()))
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, *names: str, starts: int = -30, ends: int = 60, key: Any = None, itself: bool = False,
              chain: bool = True) -> Path:
        """A file with a certificate for these names and its key, good from ``starts`` to ``ends`` days from now;
        signed by itself if so said, with the authority's own behind it if ``chain``."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:60])])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(subject if itself else self.name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=starts)).not_valid_after(now + timedelta(days=ends))
            .add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(key if itself else self.key, hashes.SHA256()))
        pem = serialization.Encoding.PEM
        text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        text += made.public_bytes(pem)
        if chain and not itself:
            text += self.certificate.public_bytes(pem)
        file = self.directory / f"{names[0].replace('*', 'any')}-{made.serial_number:x}.pem"
        file.write_bytes(text)
        return file


def weak_key() -> Any:
    """An RSA key of 1024 bits."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def server_context(certificate: Path, lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
                   highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A server's side with these versions."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(certificate)
    return context


@contextmanager
def listening(address: str, port: int, handle: Handler) -> Iterator[None]:
    """Answer every connection to an address in a thread of its own. Skips the test where it may not."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except PermissionError:
        listener.close()
        pytest.skip(f"listening on port {port} takes root")
    listener.listen(64)
    stop, threads, opened = threading.Event(), [], []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError, ssl.SSLError):
            connection.settimeout(20)
            handle(connection)

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            opened.append(connection)
            thread = threading.Thread(target=serve, args=(connection,), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield
    finally:
        stop.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for connection in opened:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


@dataclass
class Site:
    """A web site at one address; ``answers`` by path, ``*`` for any other."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    context: ssl.SSLContext | None = None

    def __call__(self, connection: socket.socket) -> None:
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection:
            asked = b""
            while b"\r\n\r\n" not in asked:
                part = connection.recv(4096)
                if not part:
                    return
                asked += part
            path = asked.split(b" ")[1].decode()
            status, headers, body = self.answers.get(path) or self.answers.get("*") or (404, {}, b"nothing")
            head = {"Content-Length": str(len(body)), "Connection": "close", **headers}
            lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in head.items()), "", ""]
            connection.sendall("\r\n".join(lines).encode() + body)


def page(headers: Mapping[str, str] | None = None, body: bytes = b"<!doctype html><title>Office</title>") -> Answer:
    return 200, GOOD_HEADERS if headers is None else headers, body


def redirect(target: str, status: int = 301, **headers: str) -> Answer:
    return status, {"Location": target, **headers}, b""


def text(body: bytes, kind: str = "text/plain; charset=utf-8") -> Answer:
    return 200, {"Content-Type": kind}, body


def good_answers(host: str) -> dict[str, Answer]:
    """What a good site says by HTTPS."""
    return {"/": page(), "/.well-known/security.txt": text(CONTACT)}


def hang(connection: socket.socket) -> None:
    """Take the connection and say nothing."""
    connection.recv(1 << 16)
    connection.recv(1 << 16)


def reset(connection: socket.socket) -> None:
    """End every connection with a reset."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def flood(connection: socket.socket) -> None:
    """Headers without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"x" * 8192 + b"\r\n")


@dataclass
class MailHost:
    """A mail host on port 25. ``starttls``: offered; ``masked``: hidden by something on the way; ``refused``: offered,
    then answered with 454; ``missing``: not offered."""

    context: ssl.SSLContext | None
    starttls: str = "offered"
    greeting: bytes = b"220-mail.example ESMTP\r\n220 ready\r\n"

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self.greeting)
        lines = connection.makefile("rb")
        for line in lines:
            word = line.strip().upper().split(b" ")[0]
            if word == b"EHLO":
                offer = {"missing": b"", "masked": b"250-XXXXXXXA\r\n"}.get(self.starttls, b"250-STARTTLS\r\n")
                connection.sendall(b"250-mail.example\r\n250-SIZE 1000\r\n" + offer + b"250 HELP\r\n")
            elif word == b"STARTTLS" and self.starttls == "offered" and self.context is not None:
                connection.sendall(b"220 go ahead\r\n")
                with self.context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(4096)
                return
            elif word == b"STARTTLS":
                connection.sendall(b"454 TLS not available\r\n")
            elif word == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"500 what\r\n")


@contextmanager
def all_of(*servers: tuple[str, int, Handler]) -> Iterator[None]:
    """Several at once."""
    with ExitStack() as stack:
        for address, port, handle in servers:
            stack.enter_context(listening(address, port, handle))
        yield

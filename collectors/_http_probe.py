"""One HTTP request on a connection of ours, and no more of the answer than is wanted. Nothing is followed."""

from __future__ import annotations

import io
import re
import socket
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import Any, cast
from urllib.parse import urlsplit

from collectors._connection import Deadline, Dropped, receive, send
from collectors.host.protocol import LookError, TimedOut, Unreadable
from hustings import __version__
from hustings.facts import Reason

HEAD_LIMIT = 64 << 10
SECONDS = 10.0
"""For one answer."""
_INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)[0-9][0-9][ \r\n]")
_SLASHES = re.compile(r"(https?):(/*)", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """An answer. Names of headers are compared without regard to case."""

    status: int
    headers: HTTPMessage
    body: bytes

    def header(self, name: str) -> str:
        """The first of a name, "" if there is none."""
        return str(self.headers.get(name, "")).strip()

    def every(self, name: str) -> str:
        """All of a name, joined as HTTP allows."""
        return ", ".join(str(one).strip() for one in self.headers.get_all(name) or ())

    @property
    def redirects(self) -> bool:
        return self.status in (301, 302, 303, 307, 308) and bool(self.header("Location"))


def get(connection: socket.socket, host: str, path: str, deadline: Deadline, where: str, *,
        body: int = 0) -> Page:
    """Ask for a path; of the body at most ``body`` bytes, more is ``truncated``. Raises ``LookError``."""
    request = (f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: hustings/{__version__} (audit of our own site)\r\n"
               "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n")
    own = Deadline(deadline.left(SECONDS))
    send(connection, request.encode("ascii"), own, where)
    said = bytearray()
    while not _whole(said[_final(said):], body):
        part = receive(connection, 1 << 14, own, where)
        if not part:
            break
        said += part
        if len(said) > HEAD_LIMIT + body:
            if not _head_ends(said[_final(said):]):
                raise LookError(Reason.TRUNCATED, f"{where}: the head of the answer has more than {HEAD_LIMIT} bytes")
            break
    return parse(bytes(said), body, where)


def parse(said: bytes, body: int, where: str) -> Page:
    """An answer from its bytes. Raises ``LookError`` for what is no HTTP, and a body longer than ``body`` wanted."""
    said = said[_final(said):]
    if not said:
        raise Dropped(where)
    try:
        answer = HTTPResponse(cast(socket.socket, _Heard(said)), method="GET")
        answer.begin()
        content = answer.read(body + 1) if body else b""
    except (HTTPException, ValueError) as error:
        raise Unreadable(f"{where}: the answer is no HTTP ({type(error).__name__})") from error
    if len(content) > body:
        raise LookError(Reason.TRUNCATED, f"{where}: more than {body} bytes")
    if body and answer.length:
        raise TimedOut(f"{where}: the answer ended before its end")
    return Page(answer.status, answer.headers, content)


class _Heard:
    """Bytes as the standard library's reader of answers wants them."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._said)


def _final(said: bytes | bytearray) -> int:
    """Where the answer itself begins, behind interim ones: 100 and 103 announce it and are none (RFC 9110, 15.2)."""
    at = 0
    while _INTERIM.match(said, at) and (length := _head_ends(said[at:])):
        at += length
    return at


def _head_ends(said: bytes | bytearray) -> int:
    """Where the body begins, 0 while the head is not whole."""
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := said.find(mark)) >= 0]
    return min(ends, default=0)


def _whole(said: bytes | bytearray, body: int) -> bool:
    """Whether no more is to be waited for."""
    start = _head_ends(said)
    if not start:
        return False
    if not body:
        return True
    head = bytes(said[:start]).lower()
    if b"transfer-encoding: chunked" in head:
        return said.endswith(b"0\r\n\r\n")
    marks = [line.partition(b":")[2].strip() for line in head.splitlines() if line.startswith(b"content-length:")]
    return bool(marks) and marks[0].isdigit() and len(said) - start >= min(int(marks[0]), body + 1)


def target(location: str, host: str, scheme: str) -> tuple[str, str, str]:
    """Scheme, host and path (with its query) that a redirect from ``scheme://host/`` leads to. Raises
    ``Unreadable``."""
    try:
        parts = urlsplit(_as_browsers(location, scheme))
        named, port = parts.hostname, parts.port
    except ValueError as error:
        raise Unreadable(f"{host}: a redirect to what is no address") from error
    chosen = parts.scheme.lower() or scheme
    there = named.rstrip(".").lower() if named else host
    if named and port not in (None, {"https": 443, "http": 80}.get(chosen)):
        there = f"{there}:{port}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return chosen, there, path if path.startswith("/") else f"/{path}"


def _as_browsers(location: str, scheme: str) -> str:
    """An address spelled as its standard has it. Browsers take backslashes for slashes, and too many slashes or too
    few before a host for two (URL standard of WHATWG, 4.4)."""
    end = min((at for mark in "?#" if (at := location.find(mark)) >= 0), default=len(location))
    place, rest = location[:end].strip().replace("\\", "/"), location[end:]
    named = _SLASHES.match(place)
    if named is not None and (named[1].lower() != scheme or len(named[2]) > 1):
        place = f"{named[1]}://{place[named.end():]}"
    elif named is not None:
        place = place[len(named[1]) + 1:]
    elif place.startswith("//"):
        place = f"//{place.lstrip('/')}"
    return place + rest

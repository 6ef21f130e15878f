"""Answers that are cut, drip, swell or never end, from raw sockets."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from collectors._web import LIMIT, NoAnswer, Web
from collectors.host.protocol import LookError
from hustings.facts import Reason

Handler = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answering(handler: Handler) -> Iterator[tuple[Web, str, list[int]]]:
    """A session with a server of this kind, its address, and a note for every connection."""
    connections: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while connection.recv(65536):
                    handler(connection)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    connections.append(1)
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield Web(base), base + "/v1.0/x", connections


def sized(body: bytes, *more: bytes) -> bytes:
    return HEAD + b"".join(one + b"\r\n" for one in more) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_whole_answers_are_read_packed_and_in_chunks_over_one_connection():
    turns = iter([sized(gzip.compress(b"x" * 300_000), b"Content-Encoding: gzip"),
                  HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n", sized(b"")])
    with answering(lambda connection: connection.sendall(next(turns))) as (web, url, connections):
        bodies = [web.ask("GET", url, headers={}).body for _ in range(3)]
    assert bodies == [b"x" * 300_000, b"helloabc", b""]
    assert len(connections) == 1


def _drip(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def _cut(start: bytes) -> Handler:
    def handler(connection: socket.socket) -> None:
        connection.sendall(HEAD + start)
        connection.shutdown(socket.SHUT_RDWR)

    return handler


@pytest.mark.parametrize("handler", [
    _drip, _cut(b"Content-Length: 10\r\n\r\nhalf"), _cut(b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n8\r\nab"),
    lambda connection: connection.shutdown(socket.SHUT_RDWR), lambda connection: time.sleep(0.6),
    lambda connection: connection.sendall(sized(b"no gzip", b"Content-Encoding: gzip"))])
def test_an_answer_that_drips_or_is_cut_is_none(handler):
    with answering(handler) as (web, url, _), pytest.raises(NoAnswer):
        web.ask("GET", url, headers={}, timeout=0.4)


def test_a_packed_answer_that_swells_beyond_the_limit_is_not_unpacked():
    packed = sized(gzip.compress(b"\0" * (2 * LIMIT)), b"Content-Encoding: gzip")
    with answering(lambda connection: connection.sendall(packed)) as (web, url, _), \
            pytest.raises(LookError) as swollen:
        web.ask("GET", url, headers={})
    assert swollen.value.missing.reason is Reason.TRUNCATED

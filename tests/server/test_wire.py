"""What a stranger may leave unfinished on the wire, over real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from server.wire import Bounded

WHOLE = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"


class Hurried(Bounded):
    head_seconds = body_seconds = 0.2


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the bytes of the body."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def listening(protocol: type[Bounded]) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(
            echo, loop="uvloop", http=protocol, ws="none", lifespan="off", log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def hurried() -> Iterator[tuple[str, int]]:
    with listening(Hurried) as place:
        yield place


@pytest.fixture(scope="module")
def usual() -> Iterator[tuple[str, int]]:
    with listening(Bounded) as place:
        yield place


def closed(connection: socket.socket) -> bool:
    """Whether the server closes a connection that we leave as it is."""
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("unfinished", [
    b"", b"\r\n", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\n", WHOLE[:-1],
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"])
def test_a_request_that_does_not_become_whole_is_let_go(hurried: tuple[str, int], unfinished: bytes) -> None:
    with socket.create_connection(hurried, timeout=10) as connection:
        connection.sendall(unfinished)
        assert closed(connection)


@pytest.mark.parametrize("unfinished", [b"\r\n", b"GET / HTT", WHOLE[:-1]])
def test_nor_may_a_later_request_hang(hurried: tuple[str, int], unfinished: bytes) -> None:
    with socket.create_connection(hurried, timeout=10) as connection:
        connection.sendall(WHOLE)
        assert connection.recv(1000).endswith(b"ab")
        connection.sendall(unfinished)
        assert closed(connection)


def test_a_connection_between_whole_requests_is_kept(hurried: tuple[str, int]) -> None:
    with socket.create_connection(hurried, timeout=10) as connection:
        for _ in range(3):
            connection.sendall(WHOLE)
            assert connection.recv(1000).endswith(b"ab")
            time.sleep(2 * Hurried.head_seconds)


def test_endless_headers_are_refused(usual: tuple[str, int]) -> None:
    with socket.create_connection(usual, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        sent = 0
        try:
            while sent < 64 << 20:
                sent += connection.send(b"a" * 65536)
        except ConnectionError:
            pass  # refused while we were still sending
        assert sent < 64 << 20


def test_long_bodies_are_not_long_headers(usual: tuple[str, int]) -> None:
    body = b"a" * (3 * Bounded.head_bytes)
    with socket.create_connection(usual, timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        answer = b""
        while not answer.endswith(b"\r\n\r\n" + body):
            part = connection.recv(65536)
            assert part
            answer += part
        assert answer.startswith(b"HTTP/1.1 200")

"""A tiny LDAP server that gives one attribute in ranges, as Active Directory does for long ones."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


def ber(tag: int, *parts: bytes) -> bytes:
    """A value of BER with its tag and length."""
    body = b"".join(parts)
    length = len(body)
    if length < 128:
        return bytes([tag, length]) + body
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + body


@contextmanager
def ranged(attribute: str, values: Sequence[str], step: int) -> Iterator[str]:
    """Serves one entry whose ``attribute`` comes ``step`` values at a time; yields the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, attribute, list(values), step))
    thread.start()
    try:
        yield f"ldap://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _serve(listener: socket.socket, attribute: str, values: list[str], step: int) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                while asked := connection.recv(65536):
                    connection.sendall(_answer(asked, attribute, values, step))


def _answer(asked: bytes, attribute: str, values: list[str], step: int) -> bytes:
    at = 2 if asked[1] < 128 else 2 + (asked[1] & 0x7F)
    number = asked[at:at + 2 + asked[at + 1]]
    operation = asked[at + len(number)]
    done = ber(0x0A, b"\0") + ber(4) + ber(4)
    if operation == 0x60:
        return ber(0x30, number, ber(0x61, done))
    entry = b""
    if attribute.encode() in asked:
        wanted = re.search(rb";range=([0-9]+)-", asked)
        first = int(wanted[1]) if wanted else 0
        part = values[first:first + step]
        last = "*" if first + step >= len(values) else str(first + step - 1)
        name = f"{attribute};range={first}-{last}".encode()
        held = ber(0x30, ber(4, name), ber(0x31, *(ber(4, one.encode()) for one in part)))
        entry = ber(0x30, number, ber(0x64, ber(4, b"dc=office,dc=test"), ber(0x30, held)))
    return entry + ber(0x30, number, ber(0x65, done))

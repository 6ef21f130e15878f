"""Asking a TLS server for one old version, without the help of a TLS library.

Libraries of today refuse to offer TLS 1.0 and 1.1, or offer them without the ciphers of their time, so that their
failure proves nothing. A ClientHello of our own offers one version and every cipher that was in use with it; a
ServerHello in that version is proof that it is spoken, an alert or a closed connection that it is not. Formats: RFC
5246, 7.4.1; RFC 6066, 3 (server name); RFC 8422, 5.1 (curves).
"""

from __future__ import annotations

import os
from struct import pack

OLD_VERSIONS = {"TLS 1.1": 0x0302, "TLS 1.0": 0x0301, "SSL 3.0": 0x0300}
_CIPHERS = (
    0xC014, 0xC013, 0xC00A, 0xC009, 0xC012, 0xC008, 0xC011, 0xC007,  # ECDHE with AES, 3DES, RC4
    0x0039, 0x0033, 0x0038, 0x0032, 0x0088, 0x0045, 0x0087, 0x0044, 0x0016, 0x0013,  # DHE
    0x0035, 0x002F, 0x0084, 0x0041, 0x0096, 0x0007, 0x000A, 0x0005, 0x0004, 0x0009,  # RSA
    0xC00F, 0xC00E, 0xC005, 0xC004, 0xC00D, 0xC003, 0x0015, 0x0012, 0x003A, 0x0034, 0xC019, 0xC018,
    0x00FF,  # renegotiation, RFC 5746
)
_HANDSHAKE, _ALERT = 22, 21
_SERVER_HELLO = 2
_CLOSE_NOTIFY, _WHOLE_ALERT = 0, 7


def client_hello(version: int, host: str) -> bytes:
    """A ClientHello, in its record, that offers ``version`` alone."""
    ciphers = b"".join(pack("!H", one) for one in _CIPHERS)
    body = pack("!H", version) + os.urandom(32) + b"\0" + pack("!H", len(ciphers)) + ciphers + b"\1\0"
    if version > OLD_VERSIONS["SSL 3.0"]:
        name = host.encode("ascii")
        names = pack("!HBH", len(name) + 3, 0, len(name)) + name
        curves = pack("!HHHHH", 8, 29, 23, 24, 25)
        extensions = _extension(0, names) + _extension(10, curves) + _extension(11, b"\1\0")
        body += pack("!H", len(extensions)) + extensions
    message = b"\1" + pack("!I", len(body))[1:] + body
    return pack("!BHH", _HANDSHAKE, min(version, 0x0301), len(message)) + message


def warned(answer: bytes) -> bool:
    """Whether an answer begins with a warning other than that the connection ends (RFC 5246, 7.2)."""
    return len(answer) >= _WHOLE_ALERT and answer[0] == _ALERT and answer[1] == 3 and answer[3:6] == b"\0\2\1" \
        and answer[6] != _CLOSE_NOTIFY


def _extension(number: int, content: bytes) -> bytes:
    return pack("!HH", number, len(content)) + content


def accepted(answer: bytes, version: int) -> bool | None:
    """Whether the first bytes of an answer accept ``version``; None while they do not say, and for what is no TLS.

    A warning, such as that the name is not known, may come before the ServerHello (RFC 6066, 3) and says nothing."""
    while warned(answer):
        answer = answer[_WHOLE_ALERT:]
    if len(answer) < 7:
        return None
    kind = answer[0]
    if kind == _ALERT and answer[1] == 3:
        return False
    if kind != _HANDSHAKE or answer[1] != 3 or answer[5] != _SERVER_HELLO:
        return None
    if len(answer) < 11:
        return None
    return int.from_bytes(answer[9:11], "big") == version

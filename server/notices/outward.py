"""Requests that leave the server for an address that somebody typed: to public addresses alone.

The name is resolved once, every address it has is looked at, and the connection goes to the very address that was
looked at, so that a name cannot answer one thing to the question and another to the connection. Nothing is followed.

Sources: OWASP, "Server Side Request Forgery Prevention"; RFC 6890 and IANA's registries of special addresses, as
``ipaddress`` knows them; RFC 6052, RFC 3056 and RFC 4380 for addresses that hold another one.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from urllib.parse import quote, urlsplit

from hustings.errors import UsageError
from server.notices.clean import plain
from server.notices.outcome import Undelivered

TIMEOUT = 10.0
WHOLE = 20.0
"""Seconds for all of a request: a receiver that answers one byte at a time is cut off."""
LONGEST = 500

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOLDERS = tuple(ipaddress.IPv6Network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32",
                                                        "::ffff:0:0/96", "::/96"))
"""IPv6 addresses that stand for an IPv4 address: which one would have to be guessed at."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    secure: bool
    host: str
    port: int
    path: str


def target(url: str) -> Target:
    """An address as it was typed. Raises ``UsageError`` for what is not one plain web address."""
    wrong = UsageError(f"{plain(url)!r} is not an address that can be used", where="url",
                       remedy="write it as https://example.org/path, without a user name or a fragment")
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None or parts.fragment:
        raise wrong
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


def public(address: ipaddress.IPv4Address | ipaddress.IPv6Address, reachable: Sequence[Network] = ()) -> bool:
    """Whether a request may go to an address: it is anybody's, or the host's administrator allowed it."""
    if any(address.version == network.version and address in network for network in reachable):
        return True
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _HOLDERS):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolved(to: Target, reachable: Sequence[Network]) -> str:
    """The address to connect to. Raises ``Undelivered`` if the name has none, or one that is nobody's business."""
    try:
        found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Undelivered(plain(f"{to.host} cannot be found: {error}", 200)) from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    allowed = False
    for text in addresses:
        if "%" in text or not public(ipaddress.ip_address(text), reachable):
            raise Undelivered(f"{to.host} is not a public address")
        allowed = allowed or any(ipaddress.ip_address(text) in one for one in reachable
                                 if one.version == ipaddress.ip_address(text).version)
    if not to.secure and not allowed:
        raise Undelivered("only https:// is used on the open network")
    return addresses[0]


def post(to: Target, body: bytes, headers: Mapping[str, str], reachable: Sequence[Network],
         trust: ssl.SSLContext | None = None) -> tuple[int, str]:
    """Send one request. The status and what ``Retry-After`` says. Raises ``Undelivered``."""
    address = resolved(to, reachable)
    connection = _Pinned(to, address, (trust or ssl.create_default_context()) if to.secure else None)
    cut = Timer(WHOLE, connection.cut)
    cut.daemon = True
    cut.start()
    try:
        connection.request("POST", to.path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.getheader("Retry-After") or ""
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Undelivered(plain(f"{type(error).__name__}: {error}", 200)) from error
    finally:
        cut.cancel()
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, under the name it was looked up by."""

    def __init__(self, to: Target, address: str, trust: ssl.SSLContext | None) -> None:
        super().__init__(to.host, to.port, timeout=TIMEOUT)
        self.default_port = 443 if to.secure else 80
        self._address = address
        self._trust = trust

    def connect(self) -> None:
        plain_socket = socket.create_connection((self._address, self.port), TIMEOUT)
        self.sock = plain_socket
        if self._trust is not None:
            self.sock = self._trust.wrap_socket(plain_socket, server_hostname=self.host)

    def cut(self) -> None:
        """End it from another thread."""
        sock = self.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

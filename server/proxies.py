"""Who really asks, when a reverse proxy stands in front.

A forwarded address is believed from the declared proxies alone, and of a list only the last address that is not one
of theirs: everything before it was written by whoever asks.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any, TypeAlias

from hustings.errors import ConfigError
from server.problems import Refused

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
FOR = b"x-forwarded-for"
SCHEME = b"x-forwarded-proto"
MOST = 32
"""Addresses in one list, at most."""


class Proxies:
    """The declared proxies. Without any, nothing forwarded is ever believed."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        """Raises ``ConfigError`` for what is neither an address nor a network."""
        self._networks = tuple(network(one) for one in trusted)

    def seen(self, scope: Any) -> Any:
        """The request with the address it really comes from.

        Raises ``Refused``: ``forbidden`` for what comes from elsewhere than a proxy, this very machine excepted;
        ``bad_request`` where a proxy does not say whom it speaks for, or that they spoke TLS.
        """
        if not self._networks or not scope.get("client"):
            return scope
        peer = _address(scope["client"][0])
        values = [value for key, value in scope["headers"] if key == FOR]
        if not self._ours(peer) and not peer.is_loopback:
            raise Refused("forbidden", "requests come through the proxy alone")
        if peer.is_loopback and not values and not _forwarded(scope):
            return scope
        if not self._ours(peer):
            raise Refused("forbidden", "requests come through the proxy alone")
        if [value.strip().lower() for key, value in scope["headers"] if key == SCHEME] != [b"https"]:
            raise Refused("bad_request", "the proxy must say X-Forwarded-Proto: https, once")
        client = self._client(b",".join(values))
        return {**scope, "client": (str(client), 0), "scheme": "https"}

    def _client(self, header: bytes) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        parts = [part.strip() for part in header.decode("latin-1").split(",") if part.strip()]
        if not parts or len(parts) > MOST:
            raise Refused("bad_request", "the proxy must say X-Forwarded-For")
        for part in reversed(parts):
            try:
                found = _address(part)
            except ValueError:
                raise Refused("bad_request", "X-Forwarded-For holds something else than addresses") from None
            if not self._ours(found):
                return found
        return _address(parts[0])

    def _ours(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return any(address.version == one.version and address in one for one in self._networks)


def network(text: str) -> Network:
    """An address or a network. Raises ``ConfigError``."""
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is neither an address nor a network: {error}", where="--trust",
                          remedy="write for example 10.0.0.5 or 10.0.0.0/24") from error
    if found.prefixlen == 0:
        raise ConfigError(f"{text} is everybody", where="--trust", remedy="name the proxy's own address")
    return found


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as ``X-Forwarded-For`` writes it: IPv6 perhaps in brackets, without a port."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    found = ipaddress.ip_address(bare.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _forwarded(scope: Any) -> bool:
    return any(key in (b"forwarded", b"via") or key.startswith(b"x-forwarded") for key, _ in scope["headers"])

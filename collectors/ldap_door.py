"""The door to an LDAP server (RFC 4511): one session that only searches, and cannot hang.

A server on another machine is spoken to under TLS with its name verified, or not at all. Referrals are not followed.
Answers come in pages (RFC 2696). The library's own errors may quote the bind, so that none of them leaves.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from collectors import _ldap_errors as codes
from collectors import _ldap_wire as wire
from collectors.host.protocol import Host, NotThere, TimedOut, Truncated, Unreadable, Unsupported
from hustings.declared import Tenant

SECONDS = 480.0
"""For a whole session."""
PAGE = 500
VALUES = 4 << 20
"""Values of one attribute, in how many ranges they come."""
PAGED, DESCRIPTOR_FLAGS = "1.2.840.113556.1.4.319", "1.2.840.113556.1.4.801"
_RANGE = re.compile(r"(?P<name>[^;]+);range=(?P<first>[0-9]+)-(?P<last>[0-9]+|\*)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: its name, and the values of the attributes that the server gave, by name in lower case."""

    dn: str
    values: dict[str, list[bytes]]

    def text(self, attribute: str) -> str:
        """The first value as text; "" for none."""
        found = self.values.get(attribute)
        return found[0].decode("utf-8", "replace") if found else ""

    def texts(self, attribute: str) -> tuple[str, ...]:
        return tuple(one.decode("utf-8", "replace") for one in self.values.get(attribute, ()))

    def number(self, attribute: str) -> int | None:
        """The first value as a whole number; None for none. Raises ``Unreadable`` for one that is no number."""
        said = self.text(attribute)
        if not said:
            return None
        try:
            return int(said)
        except ValueError as error:
            raise Unreadable(f"the directory's {attribute} is no number") from error

    def has(self, attribute: str) -> bool:
        return attribute in self.values


class Ldap:
    """A session that is signed in."""

    def __init__(self, connection: Any, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self.requests = 0
        """How many searches were sent, each page being one."""
        self.elsewhere = 0
        """How many times the server said that a part of what was asked for is on another one."""
        self.root = self._root()
        """The server's own entry: what it holds, and what it can do."""
        self.controls = frozenset(self.root.texts("supportedcontrol"))

    def search(self, base: str, wanted: str, attributes: Sequence[str], *, scope: str = "SUBTREE", page: int = PAGE,
               what: str = "the directory", descriptors: bool = False, types_only: bool = False,
               limit: int = 0) -> Iterator[Entry]:
        """The entries below ``base`` that the filter ``wanted`` finds, with these attributes and whole ranges.

        Raises ``LookError`` when the server refuses; those given before it are good, and more may exist.
        """
        cookie = b""
        seen: set[bytes] = set()
        while True:
            controls = self._controls(page if not limit else 0, cookie, descriptors)
            code, cookie, found = self._ask(base, wanted, scope, attributes, controls, what, types_only, limit)
            for one in found:
                yield self._whole(one, what, descriptors)
            if code == codes.SIZE_LIMIT and limit:
                return
            if code != codes.SUCCESS:
                raise codes.of_search(code, what)
            if not cookie:
                return
            if cookie in seen and not found:
                raise Unreadable(f"the directory gives the same empty page of {what} for ever")
            seen.add(cookie)

    def entry(self, dn: str, attributes: Sequence[str], *, what: str = "", descriptors: bool = False) -> Entry | None:
        """One entry by its name, or None if there is none (or none that this account may know of)."""
        try:
            return next(self.search(dn, "(objectClass=*)", attributes, scope="BASE", what=what or "an entry",
                                    descriptors=descriptors, page=0), None)
        except NotThere:
            return None

    def _root(self) -> Entry:
        code, _, found = self._ask("", "(objectClass=*)", "BASE", ["*", "+"], None, "the server's own entry", False, 0)
        if code not in (codes.SUCCESS, codes.NO_SUCH_OBJECT):
            raise codes.of_search(code, "the server's own entry")
        return found[0] if found else Entry("", {})

    def _controls(self, page: int, cookie: bytes, descriptors: bool) -> list[Any] | None:
        from ldap3.protocol.microsoft import security_descriptor_control
        from ldap3.protocol.rfc2696 import paged_search_control

        controls: list[Any] = []
        if page and PAGED in self.controls:
            controls.append(paged_search_control(False, page, cookie or None))
        if descriptors and DESCRIPTOR_FLAGS in self.controls:
            controls += security_descriptor_control(criticality=False, sdflags=7)
        return controls or None

    def _ask(self, base: str, wanted: str, scope: str, attributes: Sequence[str], controls: list[Any] | None,
             what: str, types_only: bool, limit: int) -> tuple[int, bytes, list[Entry]]:
        """The result code, where the next page begins, and the entries."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(f"the directory was not done within {SECONDS:.0f} s; {what} is not read")
        self.requests += 1

        def send() -> tuple[int, bytes, list[Entry]]:
            self._connection.search(base, wanted, search_scope=scope, attributes=list(attributes) or ["1.1"],
                                    controls=controls, time_limit=max(1, min(300, int(left))), size_limit=limit,
                                    types_only=types_only)
            result, found = self._connection.result, []
            for one in self._connection.response or []:
                if one["type"] == "searchResEntry":
                    found.append(Entry(one["dn"], {name.lower(): values or []
                                                   for name, values in one["raw_attributes"].items()}))
                elif one["type"] == "searchResRef":
                    self.elsewhere += 1
            paged = (result.get("controls") or {}).get(PAGED)
            return int(result["result"]), bytes(paged["value"]["cookie"]) if paged and paged["value"] else b"", found

        answered: tuple[int, bytes, list[Entry]] = wire.guarded(send, what)
        return answered

    def _whole(self, entry: Entry, what: str, descriptors: bool) -> Entry:
        """The entry with every value of attributes that come in ranges ([MS-ADTS] 3.1.1.3.1.3.3)."""
        for name in [one for one in entry.values if ";" in one]:
            ranged = _RANGE.match(name)
            if ranged is None:
                continue
            values, plain = entry.values.pop(name), ranged["name"]
            while ranged["last"] != "*":
                following = int(ranged["last"]) + 1
                code, _, more = self._ask(entry.dn, "(objectClass=*)", "BASE", [f"{plain};range={following}-*"], None,
                                          what, False, 0)
                if code != codes.SUCCESS or len(more) != 1:
                    raise Truncated(f"{what}: the values of {plain} could not all be read")
                step = next((one for one in map(_RANGE.match, more[0].values) if one), None)
                if step is None or int(step["first"]) != following or len(values) > VALUES:
                    raise Truncated(f"{what}: the values of {plain} could not all be read")
                values += more[0].values[step.string]
                ranged = step
            entry.values[plain] = values
        return entry


@contextmanager
def connect(host: Host, tenant: Tenant, *, within: float = SECONDS, anonymous: bool = False) -> Iterator[Ldap]:
    """A session with a declared directory, as the account it names. Raises ``LookError``.

    ``anonymous`` leaves the account out, to see what everybody sees.
    """
    if host.kind not in ("live", "network"):
        raise Unsupported("a directory is asked over a connection, which an image or a recording does not have")
    name, port, secured, upgrade = address(tenant)
    password = ""
    if tenant.bind and not anonymous:
        from collectors import _secret_file

        if not tenant.password_file:
            raise Unreadable("the tenant names an account to bind as and no password_file")
        password = _secret_file.read(host, tenant.password_file)
    deadline = time.monotonic() + within
    connection = wire.guarded(
        lambda: wire.open_connection(name, port, secured, upgrade, tenant.tls_ca, deadline), f"{name}:{port}")
    try:
        wire.guarded(lambda: wire.bind(connection, "" if anonymous else tenant.bind, password), "the sign-in")
        password = ""
        yield Ldap(connection, deadline)
    finally:
        wire.guarded(connection.strategy.close, "the end of the session")


def address(tenant: Tenant) -> tuple[str, int, bool, bool]:
    """Host, port, whether the connection begins with TLS, and whether it becomes so (StartTLS).

    Raises ``Unreadable`` for what is no address, ``Unsupported`` for a connection that would not be protected.
    """
    try:
        parts = urlsplit(tenant.url)
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Unreadable(f"{tenant.url!r} is not the address of a directory server") from error
    if parts.scheme not in ("ldap", "ldaps") or not name or parts.username is not None:
        raise Unreadable("url must be ldaps://host:port, or ldap://host for one that speaks StartTLS")
    secured = parts.scheme == "ldaps"
    upgrade = not secured and (bool(tenant.tls_ca) or not _loopback(name))
    return name, port or (636 if secured else 389), secured, upgrade


def _loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name.lower() == "localhost"

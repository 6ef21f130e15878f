"""The door to an LDAP server (RFC 4511): one session that only searches, and cannot hang.

A server on another machine is spoken to under TLS with its name verified, or not at all. Referrals are not followed.
Answers come in pages (RFC 2696). The library's own errors may quote the bind, so that none of them leaves.
"""

from __future__ import annotations

import re
import ssl
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from collectors import _ldap_errors as codes
from collectors.host.protocol import Denied, Host, LookError, NotThere, TimedOut, Truncated, Unreadable, Unsupported
from hustings.declared import Tenant
from hustings.facts import Reason

CONNECT_SECONDS = 10
IDLE_SECONDS = 60.0
"""How long a server may say nothing."""
SECONDS = 480.0
"""For a whole session."""
PAGE = 500
BYTES = 64 << 20
"""Of one answer: a page of entries, or one entry with all its values."""
_TOO_MUCH = f"the directory said more than {BYTES >> 20} MiB at once"
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

        answered: tuple[int, bytes, list[Entry]] = _guarded(send, what)
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
    connection = _guarded(lambda: _open(name, port, secured, upgrade, tenant, deadline), f"{name}:{port}")
    try:
        _guarded(lambda: _bind(connection, "" if anonymous else tenant.bind, password), "the sign-in")
        password = ""
        yield Ldap(connection, deadline)
    finally:
        _guarded(connection.strategy.close, "the end of the session")


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


def _open(name: str, port: int, secured: bool, upgrade: bool, tenant: Tenant, deadline: float) -> Any:
    ldap3 = _library()
    tls = _verified(tenant.tls_ca, name, deadline) if secured or upgrade else None
    server = ldap3.Server(name, port=port, use_ssl=secured, tls=tls, get_info=ldap3.NONE,
                          connect_timeout=CONNECT_SECONDS)
    connection = ldap3.Connection(server, receive_timeout=_whole_seconds(deadline), auto_referrals=False,
                                  check_names=False, raise_exceptions=False, auto_range=False, read_only=True,
                                  return_empty_attributes=False)
    connection.strategy = _lean()(connection)
    for name_of in ("send", "open", "get_response", "post_send_single_response", "post_send_search"):
        setattr(connection, name_of, getattr(connection.strategy, name_of))  # as the library's own constructor does
    connection.open(read_server_info=False)
    if not secured:
        connection.socket = _Paced(connection.socket, deadline)
    if upgrade:
        try:
            connection.start_tls(read_server_info=False)
        finally:
            if not connection.tls_started:
                connection.strategy.close()
    return connection


def _whole_seconds(deadline: float) -> int:
    """How long one wait may take, as the library takes it."""
    return max(1, int(min(IDLE_SECONDS, deadline - time.monotonic())))


def _bind(connection: Any, who: str, password: str) -> None:
    ldap3 = _library()
    if who:
        connection.user, connection.password, connection.authentication = who, password.encode(), ldap3.SIMPLE
    else:
        connection.authentication = ldap3.ANONYMOUS
    try:
        connection.bind(read_server_info=False)
    finally:
        connection.password = None
        connection.request = None
    result = connection.result or {}
    if int(result.get("result", -1)) != codes.SUCCESS:
        raise codes.of_bind(int(result.get("result", -1)), str(result.get("message", "")))


class _Paced:
    """A socket of which every wait ends by the session's deadline, and which takes no more than ``BYTES`` for
    one question."""

    def __init__(self, under: Any, deadline: float) -> None:
        self.under = under
        self._deadline = deadline
        self._taken = 0

    def recv(self, size: int) -> bytes:
        self._wait()
        data: bytes = self.under.recv(size)
        self._taken += len(data)
        if self._taken > BYTES:
            raise Truncated(_TOO_MUCH)
        return data

    def sendall(self, data: bytes) -> None:
        self._wait()
        self._taken = 0
        self.under.sendall(data)

    def shutdown(self, how: int) -> None:
        self.under.shutdown(how)

    def close(self) -> None:
        self.under.close()

    def _wait(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimedOut("the directory was not done in time")
        self.under.settimeout(min(IDLE_SECONDS, left))


def _verified(authority: str, name: str, deadline: float) -> Any:
    """TLS as Python's own library verifies it: the chain, the name or address, the dates."""
    from ldap3 import Tls

    try:
        context = ssl.create_default_context(cafile=authority or None)
    except (OSError, ssl.SSLError) as error:
        raise Unreadable(f"tls_ca: {authority} holds no certificate in PEM") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2

    class Verified(Tls):  # type: ignore[misc]
        def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
            plain = connection.socket.under if isinstance(connection.socket, _Paced) else connection.socket
            connection.socket = _Paced(context.wrap_socket(plain, server_hostname=name), deadline)

    return Verified(validate=ssl.CERT_REQUIRED)


def _library() -> Any:
    """ldap3, which still uses old names of pyasn1."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import ldap3
            import ldap3.strategy.sync
    except ImportError as error:
        raise Unsupported("install hustings[directory] to read directories") from error
    return ldap3


def _lean() -> Any:
    """The library's own way to wait for answers, without its second, decoded copy of every value, and without the
    sockets that it leaves open."""
    ldap3 = _library()

    class Lean(ldap3.strategy.sync.SyncStrategy):  # type: ignore[misc, name-defined]
        def __init__(self, connection: Any) -> None:
            super().__init__(connection)
            self.socket_size = 1 << 16

        def receiving(self) -> list[bytes]:
            """Whole messages, each joined once however many pieces it comes in; none when the server is gone."""
            waiting, messages = bytearray(), []
            while data := self.connection.socket.recv(self.socket_size):
                waiting += data
                at = 0
                while (length := self.compute_ldap_message_size(bytes(waiting[at:at + 132]))) != -1:
                    if length > BYTES:
                        raise Truncated(_TOO_MUCH)
                    if at + length > len(waiting):
                        break
                    messages.append(bytes(waiting[at:at + length]))
                    at += length
                del waiting[:at]
                if not waiting:
                    return messages
            return []

        def _open_socket(self, address: Any, use_ssl: bool = False, unix_socket: bool = False) -> None:
            try:
                super()._open_socket(address, use_ssl, unix_socket)
            except Exception:
                if self.connection.socket is not None:
                    self.connection.socket.close()
                raise

        def decode_response_fast(self, message: Any) -> Any:
            if message["protocolOp"] != 4 or message["controls"]:
                return super().decode_response_fast(message)
            name, attributes = message["payload"][0][3], message["payload"][1][3]
            values = {str(one[3][0][3], "utf-8", "replace"): [bytes(value[3]) for value in one[3][1][3] or ()]
                      for one in attributes or ()}
            return {"type": "searchResEntry", "dn": str(name, "utf-8", "replace"), "raw_attributes": values}

    return Lean


_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, AssertionError)
"""What the library raises for answers that are no LDAP."""


def _guarded(ask: Callable[[], Any], what: str) -> Any:
    """What ``ask`` answers; the library's errors as reasons, with nothing of their own words."""
    _library()
    from ldap3.core import exceptions as wrong
    from pyasn1.error import PyAsn1Error  # type: ignore[import-untyped]

    try:
        return ask()
    except LookError:
        raise
    except wrong.LDAPInvalidFilterError:
        raise Unreadable(f"{what}: the filter is not understood") from None
    except (wrong.LDAPException, PyAsn1Error, OSError, *_NONSENSE) as error:
        raise _reason(error, what) from None


_CLOCK = ("timed out", "timeout", "not done in time")


def _reason(error: BaseException, what: str) -> LookError:
    """The reason behind an error, which the library may have wrapped in its own, keeping the words alone."""
    said = f"{type(error).__name__} {error}".lower()
    if "said more than" in said:
        return Truncated(f"{what}: {_TOO_MUCH}")
    if "certificate" in said:
        why = "its name does not match" if "hostname mismatch" in said or "ip address mismatch" in said else \
            "it has expired" if "expired" in said else "no known authority signed it (see tls_ca)"
        return Denied(f"{what}: the server's certificate is not accepted: {why}")
    if any(one in said for one in _CLOCK):
        return TimedOut(f"{what}: the directory did not answer in time")
    if "starttls" in said or "start_tls" in said:
        return Unsupported(f"{what}: the directory does not speak StartTLS: write ldaps:// in url")
    if "ssl" in said:
        return Unreadable(f"{what}: no TLS with this server (is the port the one for ldaps?)")
    if "messageid" in said:
        return Unreadable(f"{what}: the directory answers what was not asked")
    if "terminated" in said or "reset" in said or "broken pipe" in said or "socketreceive" in said:
        return LookError(Reason.ERROR, f"{what}: the directory ended the connection")
    if "socketopen" in said or "refused" in said or "unreachable" in said or "invalidserver" in said:
        return LookError(Reason.ERROR, f"{what}: the directory cannot be reached")
    return Unreadable(f"{what}: the directory's answer is not understood ({type(error).__name__})")

"""The connection beneath ``ldap_door``: ldap3, with TLS that Python verifies, waits that end, and silent errors."""

from __future__ import annotations

import ssl
import time
import warnings
from collections.abc import Callable
from typing import Any

from collectors import _ldap_errors as codes
from collectors.host.protocol import Denied, LookError, TimedOut, Truncated, Unreadable, Unsupported
from hustings.facts import Reason

CONNECT_SECONDS = 10
IDLE_SECONDS = 60.0
"""How long a server may say nothing."""
BYTES = 64 << 20
"""Of one answer: a page of entries, or one entry with all its values."""
_TOO_MUCH = f"the directory said more than {BYTES >> 20} MiB at once"


def open_connection(name: str, port: int, secured: bool, upgrade: bool, authority: str, deadline: float) -> Any:
    """A connection of the library's that is open, and protected where it is ``secured`` or ``upgrade`` asks for
    StartTLS; nobody has signed in. Call it through ``guarded``."""
    ldap3 = _library()
    tls = _verified(authority, name, deadline) if secured or upgrade else None
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


def bind(connection: Any, who: str, password: str) -> None:
    """Signs in, as nobody without a name. The password goes as it is: RFC 4513 leaves its preparation to whoever
    set it. Raises ``LookError``; call it through ``guarded``."""
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
            except BaseException:
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


def guarded(ask: Callable[[], Any], what: str) -> Any:
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

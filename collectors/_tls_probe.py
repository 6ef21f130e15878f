"""What a server shows over TLS: certificate, whether it is trusted, versions of the protocol.

The certificate is examined as it is; whether its chain leads to an authority that this system trusts is asked of
OpenSSL (``SSL_CERT_FILE`` is honoured). Versions before 1.2 are asked for by a greeting of our own (``_tls_hello``).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from collectors._certificate import Certificate, matches, parse
from collectors._connection import Deadline, Dropped, reasons, receive, send
from collectors._domain_fields import TLS
from collectors._tls_hello import OLD_VERSIONS, accepted, client_hello, warned
from collectors.host.protocol import LookError, Unreadable, Unsupported
from hustings.facts import Missing
from hustings.times import utc_text

Open: TypeAlias = Callable[[], socket.socket]
"""Opens a connection of its own on which TLS may begin."""

TRUST = {9: "not-yet-valid", 10: "expired", 18: "self-signed", 19: "unknown-issuer", 20: "unknown-issuer",
         21: "unknown-issuer", 2: "unknown-issuer", 23: "revoked", 26: "wrong-purpose", 66: "weak", 67: "weak",
         68: "weak"}
"""What OpenSSL's numbers say of a chain (X509_STORE_CTX_get_error(3)); others are ``invalid``, none is ``ok``."""

class NoHandshake(Unreadable):
    """A server answered, and no handshake succeeds with it."""


@dataclass(frozen=True)
class Shown:
    """One server's certificate and how it came."""

    certificate: Certificate
    chain: tuple[bytes, ...] | None
    """Every certificate sent, in DER, leaf first; None where this Python does not say."""
    trust: str | Missing
    version: str


def record(open_: Open, host: str, deadline: Deadline, where: str) -> dict[str, Any]:
    """``TLS`` for a server; each that could not be learnt is its reason."""
    try:
        shown = examine(open_, host, deadline, where)
    except LookError as error:
        return dict.fromkeys((one.name for one in TLS), error.missing)
    return {**of(shown, host), "old_versions": old_versions(open_, host, deadline, where)}


def of(shown: Shown, host: str) -> dict[str, Any]:
    """What a server showed, as fields of a record."""
    leaf = shown.certificate
    return {
        "trust": shown.trust, "name_matches": matches(leaf.names, host), "not_after": utc_text(leaf.not_after),
        "renew_by": utc_text(leaf.renew_by), "key": leaf.key, "strong": leaf.strong, "version": shown.version,
        "modern": shown.version in ("TLSv1.2", "TLSv1.3"),
    }


def examine(open_: Open, host: str, deadline: Deadline, where: str) -> Shown:
    """A handshake, and another where the first is not to be had. Raises ``LookError`` where none succeeds."""
    context, why = _trusting()
    try:
        return _shown(open_, context, host, deadline, where, why)
    except ssl.SSLCertVerificationError as error:
        trust = TRUST.get(error.verify_code, "invalid")
    except (ssl.SSLError, Dropped) as first:
        context = _permissive(context)
        try:
            return _shown(open_, context, host, deadline, where, why)
        except ssl.SSLCertVerificationError as verification:
            trust = TRUST.get(verification.verify_code, "invalid")
        except (ssl.SSLError, Dropped):
            raise NoHandshake(f"{where}: no TLS handshake succeeds ({_said(first)})") from first
    context.verify_mode = ssl.CERT_NONE
    try:
        shown = _shown(open_, context, host, deadline, where, None)
    except ssl.SSLError as error:
        raise Unreadable(f"{where}: {_said(error)}") from error
    return replace(shown, trust=trust)


def _shown(open_: Open, context: ssl.SSLContext, host: str, deadline: Deadline, where: str,
           why: Missing | None) -> Shown:
    with shake(open_(), context, host, deadline, where) as connection:
        der = connection.getpeercert(binary_form=True)
        if der is None:
            raise Unreadable(f"{where}: no certificate was sent")
        return Shown(parse(der), _chain(connection), why or "ok", connection.version() or "")


def shake(connection: socket.socket, context: ssl.SSLContext, host: str, deadline: Deadline,
          where: str) -> ssl.SSLSocket:
    """TLS on a connection, which is closed if it fails. Raises ``ssl.SSLError`` as it is, and ``LookError``."""
    try:
        connection.settimeout(deadline.left())
        with reasons_of_tls(where):
            return context.wrap_socket(connection, server_hostname=host, suppress_ragged_eofs=True)
    except BaseException:
        connection.close()
        raise


class reasons_of_tls:  # noqa: N801 - a context manager that reads like a function
    """``reasons``, but what TLS itself says passes; a connection that ends within it is ``Dropped``."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            raise Dropped(self._where) from error
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            with reasons(self._where):
                raise error


def verifying() -> ssl.SSLContext:
    """A context that takes nothing but a valid certificate for the name. Raises ``Unsupported`` where this system
    trusts nobody."""
    context, why = _trusting()
    if why is not None:
        raise Unsupported(why.detail)
    context.check_hostname = True
    return context


def _trusting() -> tuple[ssl.SSLContext, Missing | None]:
    """Verification of the chain alone; without any authority, a context that verifies nothing, and why."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if _has_authorities(context):
        return context, None
    context.verify_mode = ssl.CERT_NONE
    return context, Unsupported("this system holds no certificate authorities: install its ca-certificates").missing


def unverified() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts for looking at what anybody may see, first as of today, then with all that this library has."""
    modern, _ = _trusting()
    modern.verify_mode = ssl.CERT_NONE
    return modern, _permissive(modern)


def _has_authorities(context: ssl.SSLContext) -> bool:
    if context.cert_store_stats()["x509_ca"]:
        return True
    places = ssl.get_default_verify_paths()
    return bool(places.capath and Path(places.capath).is_dir() and any(Path(places.capath).iterdir()))


def _permissive(like: ssl.SSLContext) -> ssl.SSLContext:
    """The same, with every version and cipher that this library has."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = like.verify_mode
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:!aNULL:!eNULL:@SECLEVEL=0")
    return context


def _chain(connection: ssl.SSLSocket) -> tuple[bytes, ...] | None:
    """Public from Python 3.13 on; before, the same call of the object within."""
    ask = getattr(connection, "get_unverified_chain", None)
    if ask is None:
        ask = getattr(getattr(connection, "_sslobj", None), "get_unverified_chain", None)
    if ask is None:
        return None
    return tuple(one if isinstance(one, bytes) else _der(one) for one in ask() or ())


def _der(certificate: Any) -> bytes:
    text: str | bytes = certificate.public_bytes()
    return ssl.PEM_cert_to_DER_cert(text) if isinstance(text, str) else text


def old_versions(open_: Open, host: str, deadline: Deadline, where: str) -> str | Missing:
    """The versions before 1.2 that a server speaks, of which another handshake is known to succeed."""
    spoken = []
    for name, version in OLD_VERSIONS.items():
        try:
            if _speaks(open_, host, version, deadline, where):
                spoken.append(name)
        except LookError as error:
            if not spoken:
                return Missing(error.missing.reason, f"whether {name} is spoken: {error.missing.detail}")
    return ", ".join(spoken)


def _speaks(open_: Open, host: str, version: int, deadline: Deadline, where: str) -> bool:
    """Whether a greeting in a version is taken up. Twice dropped without a word is a no, as some servers say it."""
    for _ in range(2):
        connection = open_()
        try:
            said, own = b"", Deadline(deadline.left())
            send(connection, client_hello(version, host), own, where)
            while (answer := accepted(said, version)) is None:
                part = receive(connection, 4096, own, where)
                said += part
                if not part or len(said) > 16384:
                    break
            if answer is not None:
                return answer
            if said and not warned(said):
                raise Unreadable(f"{where}: the answer is no TLS")
        except Dropped:
            continue
        finally:
            connection.close()
    return False


def _said(error: Exception) -> str:
    """What went wrong in TLS, in OpenSSL's short words."""
    reason = getattr(error, "reason", None)
    return str(reason).replace("_", " ").lower() if reason else str(error)
